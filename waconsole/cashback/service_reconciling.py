"""Hold a provider's results against a batch: every row is told, what is new moves the books, a repeat changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from waconsole.cashback import model, store_batches, store_deciding
from waconsole.cashback.deciding import Standing
from waconsole.cashback.model import CONFIRMED, FAILED, RETURNED
from waconsole.cashback.paying import RESULT, BatchRow, ResultRow, sealed
from waconsole.cashback.reconciling import Told, contradicts
from waconsole.cashback.service_decisions import Deciding, blank, whole, write
from waconsole.cashback.service_paying import OBJECT, lacking, named
from waconsole.cashback.store_deciding import Decidable
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.database.connection import Row, Transaction
from waconsole.errors import Refused
from waconsole.ledger import service as ledger
from waconsole.ledger.model import PAYABLE, Wanted, member_account
from waconsole.money import Money, parse
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator

VOID: Final = "void"


class Unmatched(NamedTuple):
    """A row of a result file that changed nothing, and why; `row` counts the head as 1."""

    row: int
    line: str
    reason: str


@dataclass(slots=True)
class Reconciled:
    """What came of a result file."""

    rows: int = 0
    done: dict[str, int] = field(default_factory=lambda: dict.fromkeys((CONFIRMED, FAILED, RETURNED), 0))
    unchanged: int = 0
    refused: list[Unmatched] = field(default_factory=list)
    open: int = 0


def reconcile(
    tx: Transaction, actor: Operator, ref: str, rows: Sequence[Told], *, now: int, stroke: str | None = None
) -> tuple[Reconciled, str | None]:
    """Take a provider's results in; answers what came of each, and the stroke of the act log. Raises Refused."""
    authority.authorize(tx, actor, "cashback.reconcile", now=now)
    row = named(tx, ref)
    lines = store_batches.lines_of(tx, row.id)
    by_line = {one["line"]: one for one in lines if one["amount_minor"]}
    by_reference = {one["reference"]: one for one in lines if one["amount_minor"]}
    known = {one["id"]: one["result"] for one in lines}
    answer = Reconciled(rows=len(rows))
    acts: list[Act] = []
    for told in rows:
        try:
            one = _matched(tx, told, row, by_line, by_reference)
            if known[one["id"]] == told.result:
                answer.unchanged += 1
                continue
            with whole(tx):
                decision = _take_in(tx, actor, row, one, told, known[one["id"]], now=now)
        except Refused as refused:
            answer.refused.append(Unmatched(told.number, told.line or told.reference, str(refused)))
            continue
        known[one["id"]] = told.result
        answer.done[told.result] += 1
        acts.append(
            Act(OBJECT, row.id, {}, {"line": one["line"], "result": told.result, "decision": decision})
        )
    answer.open = sum(known[one["id"]] is None for one in by_line.values())
    if acts:
        stroke = operators.record(tx, actor, "reconcile cashback", acts, now=now, stroke=stroke)
    return answer, stroke


def _matched(
    tx: Transaction, told: Told, row: BatchRow, by_line: dict[str, Row], by_reference: dict[str, Row]
) -> Row:
    """The payout that a row of the file speaks of. Raises Refused."""
    one = by_line.get(told.line) if told.line else by_reference.get(told.reference)
    if one is None:
        elsewhere = store_batches.batch_of_line(tx, told.line)
        if elsewhere is not None and elsewhere != row.ref:
            raise Refused(f"It is in another batch: {elsewhere}.")
        raise Refused("There is no such payout in this batch.")
    other = by_reference.get(told.reference)
    if other is not None and other["line"] != one["line"]:
        raise Refused(f"Its reference is that of {other['line']}.")
    if told.currency and told.currency.casefold() != row.currency.casefold():
        raise Refused(f"It was paid in {row.currency}, not in {told.currency}.")
    if told.amount:
        said = parse(told.amount, row.currency)
        if said.minor != one["amount_minor"]:
            raise Refused(f"{Money(one['amount_minor'], row.currency)} was to be paid, not {said}.")
    return one


def _take_in(
    tx: Transaction, actor: Operator, row: BatchRow, one: Row, told: Told, known: str | None, *, now: int
) -> int:
    """Move the books as a result says, and write the decision down; answers its row. Raises Refused."""
    line = store_deciding.decidable(tx, one["line"])
    assert line is not None
    stands = line.standing
    why = contradicts(stands.state if stands.batch_id == row.id else "elsewhere by now", known, told.result)
    if why:
        raise Refused(why)
    deciding = Deciding(tx, actor, line, now)
    netted = _move(deciding, row.ref, told.result, one["amount_minor"])
    decision = blank(deciding, told.result)._replace(
        amount_minor=one["amount_minor"], netted_minor=netted, batch_id=row.id
    )
    write(tx, decision)
    salt, hashed = store_deciding.draw_words(told.reference)
    result = ResultRow(next_id(tx, "payout_result"), one["id"], decision.id, told.result, hashed, now)
    store_batches.add_result(tx, result, chain.append(tx, model.ROOM, RESULT, result.id, sealed(result)))
    store_deciding.add_words(tx, RESULT, result.id, salt, told.reference)
    return decision.id


def _move(one: Deciding, batch: str, result: str, minor: int) -> int:
    """Confirm a payout in the books, or let its money come back; answers what of that goes to the clawback account."""
    tx, line, stands = one.tx, one.line, one.line.standing
    payout = model.payout_ref(batch, line.ref)
    said: dict[str, Any] = {
        "effective_at": one.effective_at,
        "actor": one.actor.name,
        "now": one.now,
        "reason": result,
    }
    if result == CONFIRMED:
        ledger.settle(tx, model.payout_result_ref(batch, line.ref, CONFIRMED), payout, **said)
        return 0
    if stands.state == CONFIRMED:
        confirmed = model.payout_result_ref(batch, line.ref, CONFIRMED)
        ledger.reverse(tx, model.payout_result_ref(batch, line.ref, RETURNED), confirmed, **said)
    else:
        ledger.void(tx, model.payout_result_ref(batch, line.ref, VOID), payout, **said)
    return _give_back(one, batch, stands, minor)


def _give_back(one: Deciding, batch: str, stands: Standing, minor: int) -> int:
    """What was refunded while it was away goes to the clawback account that stood in for it, as far as that lacks it."""
    tx, line = one.tx, one.line
    left = min(stands.clawed_minor, minor)
    accounts, lacks = lacking(tx, store_batches.payee_root(tx, line.id), line.currency)
    given = 0
    for place, (account, lack) in enumerate(zip(accounts, lacks, strict=True), 1):
        part = min(left - given, lack)
        if part > 0:
            _post_back(one, model.payout_result_ref(batch, line.ref, f"given-back:{place}"), account, part)
            given += part
    return given


def _post_back(one: Deciding, ref: str, account: str, minor: int) -> None:
    line: Decidable = one.line
    wanted = Wanted(
        ref=ref,
        debit=member_account(line.wallet, PAYABLE),
        credit=account,
        money=Money(minor, line.currency),
        purpose="clawback",
        effective_at=one.effective_at,
        actor=one.actor.name,
        source=line.ref,
        reason="refunded while it was paid out",
    )
    ledger.post(one.tx, wanted, now=one.now)
