"""What deciding and paying have sealed, for `verify`: each row as it stands, each line's standing derived again.

A decision has to have moved the books as it says, a batch to hold what its figures and its hash say, and words and numbers
kept beside the chain to be those whose salted hash was sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from waconsole.cashback import model, store_verify_deciding
from waconsole.cashback.deciding import (
    DECISION,
    KINDS,
    UNDONE,
    DecisionRow,
    Standing,
    after_decision,
    after_reversal,
    begins,
    sealed,
    words_hash,
)
from waconsole.cashback.model import APPROVED, CONFIRMED, EXPORTED, FAILED, REJECTED, RETURNED
from waconsole.cashback.paying import BATCH, BatchRow, plain, sha256
from waconsole.cashback.paying import sealed as sealed_paying
from waconsole.cashback.store_verify_deciding import Reversed
from waconsole.chain.seal import Unsound
from waconsole.chain.service_verify import Sealed, SealedRow
from waconsole.database.connection import Transaction

VOID: Final = "void"


def sealed_rows() -> Sealed:
    """The sealed rows of this half of the room, by kind."""
    return {
        **{(model.ROOM, kind): partial(_rows, kind=kind) for kind in store_verify_deciding.KINDS},
        (model.ROOM, DECISION): _decisions,
    }


def _rows(tx: Transaction, after: int, *, kind: str) -> Iterator[SealedRow]:
    for link, row in store_verify_deciding.rows_after(tx, kind, after):
        yield SealedRow(link, row.id, sealed_paying(row))
        if isinstance(row, BatchRow):
            _check_batch(tx, row)
    if kind == BATCH and not after:
        _check_payees(tx)


def _check_batch(tx: Transaction, row: BatchRow) -> None:
    rows = store_verify_deciding.payouts(tx, row.id)
    if (len(rows), sum(one[2] for one in rows)) != (row.payout_count, row.sum_minor):
        raise Unsound("batch", row.id, f"Batch {row.ref} does not hold what its figures say.")
    payouts = store_verify_deciding.as_payouts(rows, row.currency)
    if payouts is not None and sha256(plain(payouts)) != row.sha256:
        raise Unsound("batch", row.id, f"Batch {row.ref} does not hold what its hash says.")


def _check_payees(tx: Transaction) -> None:
    for row_id, salt, phone, hashed in store_verify_deciding.payees(tx):
        if not _is_what_was_hashed(salt, phone, hashed):
            raise Unsound("batch_payee", row_id, f"The number of payout {row_id} was changed.")


def _is_what_was_hashed(salt: object, words: object, hashed: str | None) -> bool:
    """A page that was edited may hold values of another type."""
    return isinstance(salt, bytes) and isinstance(words, str) and words_hash(salt, words) == hashed


def _decisions(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for link, line, batch, row in store_verify_deciding.decisions_after(tx, after):
        yield SealedRow(link, row.id, sealed(row))
        _check_decision(tx, line, batch, row)
    _check_standings(tx, after)
    if not after:
        _check_words(tx)
        _check_strays(tx)


def _check_decision(tx: Transaction, line: str, batch: str | None, row: DecisionRow) -> None:
    if row.kind not in KINDS:
        raise Unsound("line_decision", row.id, f"Decision {row.id} is of no kind there is.")
    is_alone = row.approved_by == row.proposed_by
    if row.kind == APPROVED and is_alone != bool(row.solo):
        raise Unsound("line_decision", row.id, f"Decision {row.id} was made by the one who proposed it.")
    wanted = _movement(line, batch, row)
    if wanted is None:
        return
    ref, kind = wanted
    found = store_verify_deciding.moved(tx, ref)
    if (
        found is None
        or found[0] != kind
        or (found[1] != row.amount_minor and row.kind not in {REJECTED, UNDONE})
    ):
        raise Unsound("line_decision", row.id, f"The books did not move as decision {row.id} says.")


def _movement(line: str, batch: str | None, row: DecisionRow) -> tuple[str, str] | None:
    """(ref, kind) of the transfer that a decision made, or None for one that moves nothing."""
    if row.kind == APPROVED:
        return model.post_ref(line, row.round), "post"
    if row.kind == REJECTED:
        return (model.void_ref(line, row.round), VOID) if row.amount_minor else None
    if row.kind == UNDONE:
        return (model.accrual_ref(line, row.round), "pending") if row.amount_minor else None
    if batch is None:
        return None
    if row.kind == EXPORTED:
        return model.payout_ref(batch, line), "pending"
    if row.kind == CONFIRMED:
        return model.payout_result_ref(batch, line, CONFIRMED), "post"
    if row.kind == RETURNED and row.state_before == CONFIRMED:
        return model.payout_result_ref(batch, line, RETURNED), "reversal"
    if row.kind in {FAILED, RETURNED}:
        return model.payout_result_ref(batch, line, VOID), VOID
    return None


def _check_standings(tx: Transaction, after: int) -> None:
    """Derive how each line stands again from all it went through."""
    history = store_verify_deciding.histories(tx, after)
    event = next(history, None)
    for line_id, minor, accrued_at, standing in store_verify_deciding.standings(tx, after):
        mine: list[DecisionRow | Reversed] = []
        while event is not None and event.line_id == line_id:
            mine.append(event)
            event = next(history, None)
        if _derived(begins(line_id, minor, accrued_at), mine) != standing:
            raise Unsound(
                "line_state", line_id, f"How line {line_id} stands does not follow from its decisions."
            )
    if event is not None:
        table = "line_decision" if isinstance(event, DecisionRow) else "line_reversal"
        raise Unsound(table, event.id, f"Row {event.id} of {table} is of a line that is not there.")


def _derived(standing: Standing, events: list[DecisionRow | Reversed]) -> Standing:
    made = {one.id: one for one in events if isinstance(one, DecisionRow)}
    solo: set[int] = set()
    earned = standing.open_minor
    for one in events:
        if isinstance(one, Reversed):
            standing = after_reversal(standing, one.id, one.amount_minor, one.total_minor, earned=earned)
            continue
        if one.kind == APPROVED and one.solo:
            solo.add(one.id)
        solo.discard(one.undoes_id or 0)
        undone = None if one.undoes_id is None else made.get(one.undoes_id)
        if one.kind == UNDONE and undone is None:
            raise Unsound("line_decision", one.id, f"Decision {one.id} undoes none of its line.")
        standing = after_decision(standing, one, undone, solo=int(bool(solo)))
    return standing


def _check_words(tx: Transaction) -> None:
    for kind, row_id, salt, words, hashed in store_verify_deciding.words(tx):
        if not _is_what_was_hashed(salt, words, hashed):
            raise Unsound("decision_words", row_id, f"The words of {kind} {row_id} were changed.")


def _check_strays(tx: Transaction) -> None:
    odd = store_verify_deciding.stray_standing(tx)
    if odd is not None:
        raise Unsound("line_state", odd, f"Line {odd} is not there, and yet it stands.")
    odd = store_verify_deciding.undecided_transfer(tx)
    if odd is not None:
        raise Unsound("transfer", odd, f"Transfer {odd} pays cashback that nobody exported.")
