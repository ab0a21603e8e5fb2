"""What the desk has sealed, for `verify`: each decision and freeze as it stands, each item's state derived again.

What a decision saw is sealed with it, so evidence that was changed afterwards is told while the item stands by that
decision; how a freeze ended has to follow from a decision too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from waconsole.chain.seal import Unsound
from waconsole.chain.service_verify import Sealed, SealedRow
from waconsole.database.connection import Transaction
from waconsole.fraud import store_reviews, store_verify
from waconsole.fraud.deciding import (
    DECIDED,
    DECISION,
    OPEN,
    ROOM,
    STANDING,
    DecisionRow,
    Standing,
    ended_by,
    evidence_hash,
    sealed,
    standing_of,
    words_hash,
)

Linked = tuple[int, DecisionRow]


def sealed_rows() -> Sealed:
    """The sealed rows of this room, by kind."""
    return {(ROOM, DECISION): _decisions, (ROOM, STANDING): _standings}


def _decisions(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for link, row in store_verify.decisions_after(tx, after):
        yield SealedRow(link, row.id, sealed(row))
    _check_items(tx, after)
    if not after:
        _check_words(tx)
        if (odd := store_verify.stray(tx)) is not None:
            raise Unsound(*odd, f"Row {odd[1]} of {odd[0]} is of an item that is not there.")


def _standings(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for link, row in store_verify.standings_after(tx, after):
        yield SealedRow(link, row.id, sealed(row))
    _check_endings(tx, after)


def _by_item(tx: Transaction, after: int) -> dict[int, list[Linked]]:
    found: dict[int, list[Linked]] = {}
    for link, row in store_verify.history(tx, after):
        found.setdefault(row.review_id, []).append((link, row))
    return found


def _check_items(tx: Transaction, after: int) -> None:
    """Derive how each item stands again from its decisions."""
    history = _by_item(tx, after)
    for review_id, stamp, stands in store_verify.items(tx, after):
        mine = [row for _, row in history.pop(review_id, [])]
        derived = standing_of(mine, stamp)
        grew = derived.state == OPEN and stands == Standing(DECIDED, derived.decision_id, None)
        if stands != derived and not (grew and _was_decided(mine, stands.decision_id)):
            raise Unsound(
                "review", review_id, f"How item {review_id} stands does not follow from its decisions."
            )
        if stands.state == DECIDED:
            _check_evidence(tx, review_id, next(one for one in mine if one.id == stands.decision_id), stamp)
    if history:
        odd = next(iter(history.values()))[0][1]
        raise Unsound("review_decision", odd.id, f"Decision {odd.id} is of an item that is not there.")


def _was_decided(decisions: list[DecisionRow], decision_id: int) -> bool:
    """A sweep may note that the evidence grew without opening the item again; an appeal does open it."""
    return any(
        one.id == decision_id and one.outcome not in {"appeal", "escalate", "snooze"} for one in decisions
    )


def _check_evidence(tx: Transaction, review_id: int, decision: DecisionRow, stamp: str) -> None:
    """What a decision was taken on has to be there as it was, unless it grew or somebody was erased since."""
    if decision.stamp != stamp:
        return
    identity, *inputs = json.loads(decision.inputs)
    if identity[-1] != evidence_hash(store_reviews.identity(tx, review_id)):
        raise Unsound("review", review_id, f"Item {review_id} is not about what was decided on.")
    stands = [[*said, evidence_hash(evidence)] for *said, evidence in store_verify.signals(tx, review_id)]
    if stands != inputs and not store_verify.has_erased(tx, review_id):
        raise Unsound("signal", None, f"The evidence of item {review_id} is not what was decided on.")


def _check_endings(tx: Transaction, after: int) -> None:
    """Every freeze has ended with the decision that ends it, and with no other."""
    history = _by_item(tx, after)
    for one in store_verify.endings(tx, after):
        ending = ended_by(one.row, one.link, history.get(one.row.review_id, []))
        wanted = (None, None) if ending is None else (ending.decided_at, ending.id)
        if (one.ended_at, one.ended_by) != wanted:
            raise Unsound(
                "standing", one.row.id, f"When freeze {one.row.id} ended does not follow from a decision."
            )


def _check_words(tx: Transaction) -> None:
    for row_id, salt, words, hashed in store_verify.words(tx):
        is_sound = isinstance(salt, bytes) and isinstance(words, str) and words_hash(salt, words) == hashed
        if not is_sound:
            raise Unsound("review_words", row_id, f"The words of decision {row_id} were changed.")
