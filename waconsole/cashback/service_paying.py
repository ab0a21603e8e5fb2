"""Make batches: what is approved, with what a payee has to give back netted first, sealed as one list."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from waconsole.cashback import model, store_batches, store_deciding
from waconsole.cashback.deciding import DECISION, NETTED, DecisionRow, words_hash
from waconsole.cashback.deciding import sealed as sealed_decision
from waconsole.cashback.model import BATCHED
from waconsole.cashback.paying import (
    BATCH,
    BATCH_LINE,
    BatchLineRow,
    BatchRow,
    Payout,
    batch_ref,
    checked_phone,
    netted,
    plain,
    reference,
    sealed,
    sha256,
)
from waconsole.cashback.service_deciding import Refusal
from waconsole.cashback.service_decisions import Deciding, blank
from waconsole.cashback.store_deciding import Decidable
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.ledger import service as ledger
from waconsole.ledger import store as books
from waconsole.ledger import store_balances
from waconsole.ledger.model import CLAWBACK, PAYABLE, Wanted, member_account
from waconsole.money import Money, exponent
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator

OBJECT: Final = "batch"
SALT_BYTES: Final = 16


@dataclass(slots=True)
class Batched:
    """A batch that was made: its row, what was netted before by line, and what stayed out of it and why."""

    row: BatchRow
    netted: dict[str, int] = field(default_factory=dict)
    left_out: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class _Line:
    """A line on its way into a batch; `parts` are what goes to which clawback account."""

    line: Decidable
    phone: str
    parts: list[tuple[str, int]]

    @property
    def netted_minor(self) -> int:
        return sum(minor for _, minor in self.parts)

    @property
    def amount_minor(self) -> int:
        return self.line.standing.unpaid_minor - self.netted_minor


def batch(tx: Transaction, actor: Operator, currency: str, *, now: int) -> Batched:
    """Put what is approved, not held and not refunded into a batch, in the order of the lines' names.

    What a payee was paid and has to give back is netted first. Raises Refused when nothing is left to pay.
    """
    exponent(currency)
    authority.authorize(tx, actor, "cashback.batch", now=now)
    left_out: list[Refusal] = []
    found: dict[int, list[_Line]] = {}
    for one in store_batches.ready(tx, currency):
        line = store_deciding.decidable(tx, one.ref)
        assert line is not None
        try:
            found.setdefault(one.root_id, []).append(_Line(line, checked_phone(one.phone), []))
        except Refused as refused:
            left_out.append(Refusal(one.ref, str(refused)))
    for root_id, lines in found.items():
        _net(tx, root_id, lines, currency)
    chosen = sorted((one for lines in found.values() for one in lines), key=lambda one: one.line.ref)
    if not chosen:
        more = f" {left_out[0].line}: {left_out[0].reason}" if left_out else ""
        raise Refused(f"Nothing in {currency} is approved and waits to be paid.{more}")
    row = _add(tx, actor, currency, chosen, now=now)
    act = Act(OBJECT, row.id, {}, {"batch": row.ref, "count": row.payout_count, "sum_minor": row.sum_minor})
    operators.record(tx, actor, "batch cashback", [act], now=now)
    return Batched(row, {one.line.ref: one.netted_minor for one in chosen if one.parts}, left_out)


def _net(tx: Transaction, root_id: int, lines: Sequence[_Line], currency: str) -> None:
    """Say what of a payee's lines goes to their clawback accounts."""
    accounts, lacks = lacking(tx, root_id, currency)
    parts = netted([one.line.standing.unpaid_minor for one in lines], lacks)
    for one, part in zip(lines, parts, strict=True):
        one.parts = [(accounts[place], minor) for place, minor in part]


def lacking(tx: Transaction, root_id: int, currency: str) -> tuple[list[str], list[int]]:
    """The clawback accounts of one person, under all the rows that are them, and what each lacks."""
    accounts, lacks = [], []
    for wallet in store_batches.wallets(tx, root_id):
        name = member_account(wallet, CLAWBACK)
        account = books.account_id(tx, name, currency)
        if account is not None and (posted := store_balances.balance(tx, account).posted) < 0:
            accounts.append(name)
            lacks.append(-posted)
    return accounts, lacks


def _add(tx: Transaction, actor: Operator, currency: str, chosen: Sequence[_Line], *, now: int) -> BatchRow:
    batch_id = next_id(tx, "batch")
    ref = batch_ref(currency, batch_id, [(one.line.ref, one.amount_minor) for one in chosen])
    payouts = [
        Payout(one.line.ref, one.phone, currency, one.amount_minor, reference(ref, place))
        for place, one in enumerate(chosen, 1)
        if one.amount_minor
    ]
    row = BatchRow(
        batch_id, ref, currency, len(chosen), len(payouts), sum(one.amount_minor for one in payouts),
        sha256(plain(payouts)), actor.id, now,
    )  # fmt: skip
    store_batches.add_batch(tx, row, chain.append(tx, model.ROOM, BATCH, row.id, sealed(row)))
    _net_in_the_books(tx, actor, ref, chosen, now=now)
    first = next_id(tx, "batch_line")
    kept = [(secrets.token_bytes(SALT_BYTES), one.phone) for one in chosen]
    rows = [
        BatchLineRow(
            first + place, batch_id, one.line.id, reference(ref, place + 1), words_hash(*kept[place]), one.amount_minor,
            one.netted_minor,
        )
        for place, one in enumerate(chosen)
    ]  # fmt: skip
    link = chain.append_many(tx, model.ROOM, BATCH_LINE, [(one.id, sealed(one)) for one in rows])
    for place, (batch_line, words) in enumerate(zip(rows, kept, strict=True)):
        store_batches.add_batch_line(tx, batch_line, link + place, *words)
    decisions = [
        blank(Deciding(tx, actor, one.line, now), BATCHED if one.amount_minor else NETTED)._replace(
            amount_minor=one.amount_minor, netted_minor=one.netted_minor, batch_id=batch_id
        )
        for one in chosen
    ]
    write_many(tx, decisions)
    return row


def _net_in_the_books(
    tx: Transaction, actor: Operator, ref: str, chosen: Sequence[_Line], *, now: int
) -> None:
    for one in chosen:
        for place, (account, minor) in enumerate(one.parts, 1):
            ledger.post(
                tx,
                Wanted(
                    ref=model.netting_ref(ref, one.line.ref, place),
                    debit=member_account(one.line.wallet, PAYABLE),
                    credit=account,
                    money=Money(minor, one.line.currency),
                    purpose="clawback",
                    effective_at=now - now % SECOND,
                    actor=actor.name,
                    source=one.line.ref,
                    reason="netted from the next payout",
                ),
                now=now,
            )


def write_many(tx: Transaction, decisions: Sequence[DecisionRow]) -> None:
    """Seal and write decisions on different lines, made together."""
    first = next_id(tx, "line_decision")
    rows = [row._replace(id=first + place) for place, row in enumerate(decisions)]
    link = chain.append_many(tx, model.ROOM, DECISION, [(row.id, sealed_decision(row)) for row in rows])
    for place, row in enumerate(rows):
        store_deciding.add_decision(tx, row, link + place)


def named(tx: Transaction, ref: str) -> BatchRow:
    """The batch called `ref`. Raises NotFound."""
    found = store_batches.batch_named(tx, ref)
    if found is None:
        raise NotFound(f"There is no batch {ref}: `waconsole cashback batches` names them.")
    return found
