"""Take back of a line what refunds took back of its order: in proportion, by what stands, under the version that earned it.

A line's reversals go by the running total, so that their sum is the same in whatever order refunds come. What money
stands where decides what moves: before approval nothing is owed yet; after it the transfer is reversed; once a batch
holds it, or it was paid out, the member's clawback account stands in for it.
"""

from __future__ import annotations

from typing import Final

from waconsole.cashback import model, store_lines
from waconsole.cashback.earning import reversed_minor
from waconsole.cashback.lines import REVERSAL, LineRow, ReversalRow, clawed_ref, reversal_ref, sealed
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.ledger import service as ledger
from waconsole.ledger import store as books
from waconsole.ledger.model import CLAWBACK, PAYABLE, PENDING, Transfer, Wanted, member_account
from waconsole.money import Money

ACTOR: Final = "rule"
# The line's money is promised to a batch or left the house: it is not the wallet that gives it back.
GONE: Final = frozenset({model.BATCHED, model.EXPORTED, model.CONFIRMED})


def reverse(tx: Transaction, line_id: int, *, now: int) -> int:
    """Reverse what the refunds of a line's order left to reverse; answers how many refunds. Repeating it changes nothing."""
    left = store_lines.refunds_left(tx, line_id)
    if not left:
        return 0
    line = store_lines.line_by_id(tx, line_id)
    before = store_lines.reversals(tx, line_id)
    refunded, total = (before[-1].refunded_minor, before[-1].total_minor) if before else (0, 0)
    for place, refund in enumerate(left, len(before)):
        refunded += refund["amount_minor"]
        after = reversed_minor(line.amount_minor, line.basis_minor, refunded)
        row = ReversalRow(
            next_id(tx, "line_reversal"), line.id, refund["id"], refunded, after - total, after, refund["refunded_at"], now
        )  # fmt: skip
        link = chain.append(tx, model.ROOM, REVERSAL, row.id, sealed(row))
        store_lines.add_reversal(tx, row, link)
        if row.amount_minor:
            _give_back(tx, line, row, place, now=now)
        total = after
    return len(left)


def _give_back(tx: Transaction, line: LineRow, row: ReversalRow, place: int, *, now: int) -> None:
    state, number = store_lines.standing(tx, line.id)
    posted = _transfer(tx, model.post_ref(line.ref, number))
    if posted is None:
        held = _transfer(tx, model.accrual_ref(line.ref, number))
        is_open = held is not None and held.kind == PENDING and books.resolution_of(tx, held.seq) is None
        if is_open and row.total_minor == line.amount_minor:
            ledger.void(
                tx,
                model.void_ref(line.ref, number),
                model.accrual_ref(line.ref, number),
                effective_at=row.refunded_at,
                actor=ACTOR,
                now=now,
                reason="wholly refunded",
            )
        return
    ref = reversal_ref(line.ref, place)
    if state in GONE:
        wallet = books.account_name(tx, posted.credit_id)[0]
        owner = wallet.removeprefix("member:").rpartition(":")[0]
        clawed = Wanted(
            ref=clawed_ref(line.ref, place),
            debit=member_account(owner, CLAWBACK),
            credit=member_account(owner, PAYABLE),
            money=Money(row.amount_minor, line.currency),
            purpose="clawback",
            effective_at=row.refunded_at,
            actor=ACTOR,
            journal=posted.journal,
            source=posted.source,
            rule=line.rule,
            rule_version=line.rule_version,
            reason="refunded after it went into a payout",
        )
        ledger.post(tx, clawed, now=now)
    ledger.reverse(
        tx,
        ref,
        model.post_ref(line.ref, number),
        effective_at=row.refunded_at,
        actor=ACTOR,
        now=now,
        amount_minor=row.amount_minor,
        reason="refunded",
        rule=line.rule,
        rule_version=line.rule_version,
    )


def _transfer(tx: Transaction, ref: str) -> Transfer | None:
    try:
        return ledger.transfer(tx, ref)
    except NotFound:
        return None
