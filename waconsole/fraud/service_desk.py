"""The desk as it is read: the queue by what is at stake, and one item with all that speaks for and against it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from waconsole.clock import HOUR, SECOND, iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound, UsageError
from waconsole.fraud import service_acts, store_decisions, store_panel, store_reviews, store_stakes
from waconsole.fraud.deciding import DECIDED, ESCALATED, FREEZE, HOLD, SNOOZED
from waconsole.fraud.drawing import drawn, letter
from waconsole.fraud.stakes import Stakes, as_json, most, shown, size
from waconsole.fraud.store_reviews import Item, Person
from waconsole.money import Money
from waconsole.policy import store as policy

TAKEN, ALL, OPEN, FROZEN = "taken", "all", "open", "frozen"
STATES: Final = (OPEN, TAKEN, ESCALATED, SNOOZED, FROZEN, DECIDED, ALL)
ORDERS: Final = ("money", "age", "left")
PRECEDENTS_SHOWN: Final = 10


def queue(
    tx: Transaction,
    *,
    state: str = OPEN,
    order: str = "money",
    operator_id: int | None = None,
    kind: str | None = None,
    now: int,
) -> list[dict[str, Any]]:
    """Items as rows of `fraud queue`, by what is at stake, by age or by the time left.

    `open` is all that is not decided; with `operator_id` only what that operator has taken.
    """
    if state not in STATES:
        raise UsageError(f"There is no state {state!r}: {', '.join(STATES)}.")
    found = [
        one
        for one in store_reviews.items(tx, now=now)
        if _is(one, state, now)
        and (kind is None or one.kind == kind)
        and (operator_id is None or one.taken_by_id == operator_id)
    ]
    ids = [one.id for one in found]
    stakes = store_stakes.stakes(tx, ids, now=now)
    people: dict[int, list[Person]] = {}
    for person in store_reviews.people(tx, ids):
        people.setdefault(person.review_id, []).append(person)
    ends = timing(tx, now=now)
    keys = {
        "money": lambda one: (-size(stakes[one.id].held), -size(stakes[one.id].worst), one.found_at, one.id),
        "age": lambda one: (one.found_at, one.id),
        "left": lambda one: (ends.at(one) or one.found_at * 2, one.id),
    }
    found.sort(key=keys[order])
    return [row(one, stakes[one.id], people.get(one.id, []), ends, now=now) for one in found]


def _is(item: Item, state: str, now: int) -> bool:
    if state == TAKEN:
        return item.taken_by is not None and item.state != DECIDED
    if state == OPEN:
        return item.state != DECIDED
    if state == FROZEN:
        return item.state == DECIDED and item.outcome == FREEZE
    if state == SNOOZED:
        return item.state == SNOOZED and not item.is_waiting(now)
    return state in (ALL, item.state)


class Timing:
    """When an item's time is over, and what happens then."""

    def __init__(self, word: str, waits: int) -> None:
        """`word` is hold, escalate or void; `waits` microseconds from when it was found."""
        self.word, self.waits = word, waits

    def at(self, item: Item) -> int | None:
        """The instant, or None where nothing waits: decided, or with the owners."""
        if item.state in (DECIDED, ESCALATED):
            return None
        begins = max(item.snoozed_until or 0, item.decided_at or 0)
        return max(item.timeout_at or item.found_at + self.waits, begins + self.waits if begins else 0)


def timing(tx: Transaction, *, now: int) -> Timing:
    """The time-out in force."""
    word = policy.in_force(tx, "fraud.timeout", now=now)[0]["value"]
    hours = policy.in_force(tx, "fraud.timeout_hours", now=now)[0]["value"]
    return Timing(str(word), int(hours * HOUR))


def row(item: Item, stakes: Stakes, people: Sequence[Person], ends: Timing, *, now: int) -> dict[str, Any]:
    """An item as a row of `fraud queue`."""
    over = ends.at(item)
    held, held_all = most(stakes.held), shown(stakes.held)
    return {
        "id": item.ref,
        "kind": item.kind,
        "state": "open" if item.is_waiting(now) else item.state,
        "outcome": item.outcome or None,
        "reason": item.reason or None,
        "weight": item.weight,
        "held": held,
        "held_all": held_all,
        "if_released": held,
        "if_released_all": held_all,
        "worst": most(stakes.worst),
        "worst_all": shown(stakes.worst),
        "members": [_member(one, place) for place, one in enumerate(people)],
        "frozen": [one.ref for one in people if one.standing == FROZEN],
        "happened_at": iso(item.happened_at),
        "found_at": iso(item.found_at),
        "age_seconds": max(now - item.found_at, 0) // SECOND,
        "times_out_at": None if over is None else iso(over),
        "time_left_seconds": None if over is None else (over - now) // SECOND,
        "on_timeout": None if over is None else ends.word or HOLD,
        "snoozed_until": None if item.snoozed_until is None else iso(item.snoozed_until),
        "taken_by": item.taken_by,
        "taken_until": None if item.taken_until is None else iso(item.taken_until),
    }


def _member(one: Person, place: int) -> dict[str, Any]:
    return {
        "member": one.ref,
        "phone": one.phone,
        "name": one.name,
        "role": one.role,
        "letter": letter(place),
        "standing": one.standing or None,
    }


def show(
    tx: Transaction,
    ref: str,
    *,
    now: int,
    operator: str | None = None,
    only: str | None = None,
    hidden: str | None = None,
) -> dict[str, Any]:
    """One item with its evidence panel. `only` isolates an attribute that people share, `hidden` leaves one out.

    Raises NotFound.
    """
    item = store_reviews.item(tx, ref.strip(), now=now)
    if item is None:
        raise NotFound(f"There is no item {ref}: `waconsole fraud queue` names them.")
    people = store_reviews.people(tx, [item.id])
    stakes = store_stakes.stakes(tx, [item.id], now=now)[item.id]
    letters = {one.root_id: letter(place) for place, one in reversed(list(enumerate(people)))}
    roots = list(letters)
    signals = [_signal(one) for one in store_reviews.signals(tx, item.id)]
    return row(item, stakes, people, timing(tx, now=now), now=now) | {
        "paid": shown(stakes.paid),
        "signals": [one for one in signals if one["weight"] >= 0],
        "counter": [one for one in signals if one["weight"] < 0],
        "drawn": drawn(store_panel.among(tx, roots), letters),
        "linked": _linked(tx, roots, letters, only=only, hidden=hidden),
        "invites": [_invite(one, letters) for one in store_panel.invites(tx, item.id)],
        "timeline": [_event(one, letters) for one in store_panel.events(tx, item.id, roots)],
        "precedents": _precedents(tx, item),
        "decisions": [decision(one) for one in store_decisions.decisions(tx, item.id)],
        "acts": service_acts.acts(tx, item, people, stakes, operator, now=now),
    }


def _signal(one: Row) -> dict[str, Any]:
    return {
        "rule": one["rule"],
        "version": one["rule_version"],
        "weight": one["weight"],
        "says": one["says"],
        "evidence": json.loads(one["evidence"]),
    }


def _linked(
    tx: Transaction, roots: Sequence[int], letters: Mapping[int, str], *, only: str | None, hidden: str | None
) -> list[dict[str, Any]]:
    """People by what they share: those of the item by letter, and whoever else carries the same."""
    found: dict[tuple[str, str], list[int]] = {}
    for one in store_panel.carried(tx, roots):
        if one["attribute"] != hidden and only in (None, one["attribute"]):
            found.setdefault((one["attribute"], one["value"]), []).append(one["root_id"])
    carried: dict[tuple[str, str], list[Row]] = {}
    for attribute in {attribute for attribute, _ in found}:
        wanted = [value for of, value in found if of == attribute]
        for one in store_panel.carriers(tx, attribute, wanted):
            carried.setdefault((attribute, one["value"]), []).append(one)
    rows: list[dict[str, Any]] = []
    for (attribute, value), mine in found.items():
        carriers = carried.get((attribute, value), [])
        others = [one for one in carriers if one["root_id"] not in letters]
        if len(mine) < 2 and not others:
            continue
        is_too_many = len(carriers) > store_reviews.SHARING_MAX
        rows.append(
            {
                "attribute": attribute,
                "value": value,
                "people": [letters[one] for one in mine],
                "others": []
                if is_too_many
                else [{"member": one["ref"], "phone": one["phone"]} for one in others],
                "too_many": is_too_many,
            }
        )
    return sorted(rows, key=lambda one: (-len(one["people"]), one["attribute"], one["value"]))


def _invite(one: Row, letters: Mapping[int, str]) -> dict[str, Any]:
    return {
        "invite": one["ref"],
        "programme": one["programme"],
        "referrer": letters.get(one["referrer_id"]),
        "invitee": letters.get(one["invitee_id"]),
        "invited_at": iso(one["invited_at"]),
        "arrived_at": None if one["arrived_at"] is None else iso(one["arrived_at"]),
        "channel": one["channel"],
        "refusal": one["refusal"] or None,
    }


def _event(one: Row, letters: Mapping[int, str]) -> dict[str, Any]:
    return {
        "at": iso(one["at"]),
        "kind": one["kind"],
        "who": letters.get(one["root_id"]),
        "whom": letters.get(one["other_id"]),
        "id": one["ref"] or None,
        "amount": None if one["minor"] is None else as_json(Money(one["minor"], one["currency"])),
        "says": one["says"] or None,
    }


def _precedents(tx: Transaction, item: Item) -> dict[str, Any]:
    rows = store_panel.precedents(tx, item.kind, item.id)
    return {
        "count": len(rows),
        "outcomes": dict(Counter(one["outcome"] for one in rows)),
        "rows": [
            {
                "id": one["ref"],
                "outcome": one["outcome"],
                "reason": one["reason"],
                "by": one["by"],
                "at": iso(one["decided_at"]),
            }
            for one in rows[:PRECEDENTS_SHOWN]
        ],
    }


def decision(one: Row) -> dict[str, Any]:
    """A decision as it is told; what was at stake as it was then."""
    return {
        "outcome": one["outcome"],
        "reason": one["reason"],
        "note": one["words"],
        "by": one["by"] or one["rule"],
        "proposed_by": one["proposed_by"],
        "proposal": bool(one["is_proposal"]),
        "held": most(json.loads(one["held_minor"])),
        "held_all": shown(json.loads(one["held_minor"])),
        "until": None if one["until_at"] is None else iso(one["until_at"]),
        "at": iso(one["decided_at"]),
    }
