"""Take back of a line what refunds took back of its order: in proportion, by what stands, under the version that earned it.

A line's reversals go by the running total, so that their sum is the same in whatever order refunds come. What money
stands where decides what moves: what nobody approved yet is owed to nobody, so nothing moves, and once nothing of it is
left it is released; what is in the member's wallet is reversed from there; for what a batch holds or was paid out, the
member's clawback account stands in.
"""

from __future__ import annotations

from typing import Final

from waconsole.cashback import model, store_lines
from waconsole.cashback.deciding import taken
from waconsole.cashback.earning import reversed_minor
from waconsole.cashback.lines import REVERSAL, LineRow, ReversalRow, clawed_ref, reversal_ref, sealed
from waconsole.cashback.store_lines import Standing
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.database.connection import Transaction
from waconsole.ledger import service as ledger
from waconsole.ledger import store as books
from waconsole.ledger.model import CLAWBACK, PAYABLE, PENDING, Transfer, Wanted, member_account
from waconsole.money import Money

ACTOR: Final = "rule"


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
        stands = store_lines.standing(tx, line_id)
        link = chain.append(tx, model.ROOM, REVERSAL, row.id, sealed(row))
        store_lines.add_reversal(tx, row, link)
        _give_back(tx, line, row, stands, place, now=now)
        total = after
    return len(left)


def _give_back(
    tx: Transaction, line: LineRow, row: ReversalRow, stands: Standing, place: int, *, now: int
) -> None:
    """Move what a reversal moves: what is open gives first, then the wallet, then the clawback account."""
    parts = taken(
        row.amount_minor,
        earned=line.amount_minor,
        before=row.total_minor - row.amount_minor,
        open_minor=stands.open_minor,
        unpaid_minor=stands.unpaid_minor,
        rejected_minor=stands.rejected_minor,
    )
    if parts.open and parts.open == stands.open_minor:
        _release(tx, line, row, stands, now=now)
    if parts.away:
        _stand_in(tx, line, row, parts.away, clawed_ref(line.ref, place), now=now)
    rest, ref = parts.unpaid + parts.away, reversal_ref(line.ref, place)
    for number in range(stands.round, 0, -1):
        posted = books.transfer_by_ref(tx, model.post_ref(line.ref, number))
        if posted is None or not rest:
            continue
        part = min(rest, posted.amount - books.reversed_amount(tx, posted.seq))
        if part:
            ledger.reverse(
                tx,
                ref,
                posted.ref,
                effective_at=row.refunded_at,
                actor=ACTOR,
                now=now,
                amount_minor=part,
                reason="refunded",
                rule=line.rule,
                rule_version=line.rule_version,
            )
            rest, ref = rest - part, f"{ref}:{number}"


def _release(tx: Transaction, line: LineRow, row: ReversalRow, stands: Standing, *, now: int) -> None:
    """Nothing of what was not decided on is left: it is not held any more."""
    for number in range(stands.round + 1, 0, -1):
        held = books.transfer_by_ref(tx, model.accrual_ref(line.ref, number))
        if held is not None and _is_open(tx, held):
            ledger.void(
                tx,
                model.void_ref(line.ref, number),
                held.ref,
                effective_at=row.refunded_at,
                actor=ACTOR,
                now=now,
                reason="wholly refunded",
            )


def _is_open(tx: Transaction, held: Transfer) -> bool:
    return held.kind == PENDING and books.resolution_of(tx, held.seq) is None


def _stand_in(tx: Transaction, line: LineRow, row: ReversalRow, minor: int, ref: str, *, now: int) -> None:
    """Let the member's clawback account give what the wallet gave away already."""
    owner = store_lines.payee_ref(tx, line.id)
    wanted = Wanted(
        ref=ref,
        debit=member_account(owner, CLAWBACK),
        credit=member_account(owner, PAYABLE),
        money=Money(minor, line.currency),
        purpose="clawback",
        effective_at=row.refunded_at,
        actor=ACTOR,
        source=line.ref,
        rule=line.rule,
        rule_version=line.rule_version,
        reason="refunded after it went into a payout",
    )
    ledger.post(tx, wanted, now=now)
