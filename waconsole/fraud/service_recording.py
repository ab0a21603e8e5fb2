"""Write a decision of the desk: sealed, with its words beside it, its freezes and its act, all of it or nothing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.chain import service as chain
from waconsole.clock import SECOND
from waconsole.database.connection import Row, Transaction
from waconsole.fraud import service_standings, store_decisions, store_reviews, store_stakes
from waconsole.fraud.deciding import (
    BLOCK,
    BLOCKED,
    DECISION,
    FREEZE,
    FROZEN,
    ROOM,
    DecisionRow,
    StandingRow,
    evidence_hash,
    sealed,
)
from waconsole.fraud.store_reviews import Item, Person
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator

OBJECT: Final = store_reviews.OBJECT
INVITEE: Final = "invitee"
_KINDS: Final = {FREEZE: FROZEN, BLOCK: BLOCKED}


class Deciding(NamedTuple):
    """A decision that is being made on an item; `actor` is None for a rule."""

    tx: Transaction
    actor: Operator | None
    item: Item
    now: int

    @property
    def at(self) -> int:
        """When it is decided: never before the item's last decision, whatever a clock does."""
        last = self.tx.value(
            "SELECT max(decided_at) FROM review_decision WHERE review_id = ?", (self.item.id,)
        )
        return max(self.now, int(last or 0))


def blank(one: Deciding, outcome: str, reason: str) -> DecisionRow:
    """A decision on an item as it stands, with what was seen: its signals, and the money that hung on it."""
    tx, item = one.tx, one.item
    inputs: list[list[str | int]] = [["", 0, 0, evidence_hash(store_reviews.identity(tx, item.id))]]
    inputs += [
        [row["rule"], row["rule_version"], row["weight"], evidence_hash(row["evidence"])]
        for row in store_reviews.signals(tx, item.id)
    ]
    held = store_stakes.held_together(tx, [item.id])
    return DecisionRow(
        id=store_decisions.next_id(tx, "review_decision"),
        ref=f"rd-{secrets.token_hex(6)}",
        review_id=item.id,
        outcome=outcome,
        reason=reason,
        note="",
        rule="",
        rule_version=0,
        held_minor=json.dumps(held, sort_keys=True),
        stamp=item.stamp,
        state_before=item.state,
        until_at=None,
        inputs=json.dumps(inputs, separators=(",", ":")),
        words_hash=None,
        proposed_by=None,
        is_proposal=0,
        undoes_id=None,
        cascade_of=None,
        operator_id=None if one.actor is None else one.actor.id,
        decided_at=one.at,
        recorded_at=one.now,
    )


def seal(tx: Transaction, row: DecisionRow, words: str) -> DecisionRow:
    """Seal and write a decision, with its words beside it. Raises Refused with what the tables say against it."""
    salt, hashed = store_decisions.draw_words(words)
    row = row._replace(words_hash=hashed)
    link = chain.append(tx, ROOM, DECISION, row.id, sealed(row))
    store_decisions.add_decision(tx, row, link)
    store_decisions.add_words(tx, row.id, salt, words)
    return row


def begin(one: Deciding, row: DecisionRow, people: Sequence[Person], *, again: Sequence[Row] = ()) -> None:
    """Freeze or block whom a decision says; `again` are those whose freeze an undone decision had ended."""
    first = store_decisions.next_id(one.tx, "standing")
    began = row.decided_at - row.decided_at % SECOND
    found: list[StandingRow] = []
    for was in again:
        found.append(
            StandingRow(
                *(
                    first + len(found),
                    was["member_id"],
                    row.review_id,
                    was["kind"],
                    was["rule"],
                    was["rule_version"],
                ),
                *(row.id, was["began_at"], one.now),
            )
        )
    kind = _KINDS.get(row.outcome)
    if kind is not None:
        found += [
            StandingRow(first + place, member_id, row.review_id, kind, "", 0, row.id, began, one.now)
            for place, member_id in enumerate(_struck(people, kind))
        ]
    service_standings.write(one.tx, found)


def _struck(people: Sequence[Person], kind: str) -> list[int]:
    """Whom a freeze or block is for: all an item names, but for friends who only came where it names who invited them."""
    alike = [one for one in people if one.role != INVITEE] or list(people)
    return [one.member_id for one in alike if one.standing != kind]


def record(one: Deciding, row: DecisionRow, words: str, *, stroke: str | None) -> str:
    """Write a decision's act; answers the stroke."""
    assert one.actor is not None
    before = {"state": row.state_before, "item": one.item.ref}
    after = {"decision": row.id, "outcome": row.outcome, "reason": row.reason, "proposal": row.is_proposal}
    act = Act(OBJECT, row.review_id, before, after)
    verb = f"propose to {row.outcome}" if row.is_proposal else row.outcome
    return operators.record(one.tx, one.actor, f"{verb} review", [act], now=one.now, stroke=stroke)
