"""Decide on items of the desk: release, void, freeze, unfreeze, block, ask, escalate, snooze. Each item by itself.

Each decision is sealed and written to the act log in one transaction; who is frozen follows. It moves no money: invites
settle by what the views `invite_gate` and `member_gate` say. Above a limit one operator proposes and another confirms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from waconsole.clock import HOUR, iso
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.fraud import service_second, store_decisions, store_reviews, store_stakes
from waconsole.fraud.deciding import (
    APPEAL,
    BLOCKED,
    BY_ANYBODY,
    DECIDED,
    ESCALATED,
    FROZEN,
    HOLD,
    OUTCOMES,
    SNOOZE,
    TAKING_BACK,
    TIMEOUT_RULE,
    UNDO,
    DecisionRow,
    reason_code,
    why_not,
)
from waconsole.fraud.service_recording import OBJECT, Deciding, begin, blank, record, seal
from waconsole.fraud.stakes import Amounts
from waconsole.fraud.store_reviews import Item
from waconsole.operators import authority
from waconsole.operators import store as leases
from waconsole.operators.authority import Forbidden
from waconsole.operators.service import Restore
from waconsole.operators.store import Operator
from waconsole.policy import store as policy

ITEMS_AT_ONCE_MAX: Final = 10_000
NOTE_LENGTH_MAX: Final = 2_000
TIMED_OUT_AT_ONCE: Final = 200
TIMED_OUT_REASON: Final = "time_out"
SNOOZE_DAYS_MAX: Final = 366


class Refusal(NamedTuple):
    """An item that was not decided on, why, and the rule that says so."""

    id: str
    reason: str
    rule: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of deciding: items decided, those now proposed to another operator, those refused; whom and what it concerns."""

    done: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    member_ids: set[int] = field(default_factory=set)
    review_ids: list[int] = field(default_factory=list)
    held: Amounts = field(default_factory=dict)
    taken_back: Amounts = field(default_factory=dict)
    stroke: str | None = None


class Wanted(NamedTuple):
    """What somebody decides: an outcome, a reason's code, words, and until when where it is put off."""

    outcome: str
    reason: str
    note: str = ""
    until: int | None = None


def decide(
    tx: Transaction,
    actor: Operator,
    wanted: Wanted,
    refs: Sequence[str],
    *,
    now: int,
    cascade: bool = False,
    stroke: str | None = None,
) -> Outcome:
    """Decide on items, each by itself: what is refused leaves nothing, and the others stand.

    With `cascade` every undecided item goes along that names the same people, or people who share an address, payment
    or device with them. Raises Refused for what concerns no single item.
    """
    wanted = check(tx, wanted, len(refs), now=now)
    authority.authorize(tx, actor, f"fraud.{wanted.outcome}", now=now)
    outcome = Outcome(stroke=stroke)
    first: int | None = None
    for place, ref in enumerate(_with_connected(tx, refs, now=now) if cascade else dict.fromkeys(refs)):
        found = store_reviews.item(tx, ref, now=now)
        if found is None:
            outcome.refused.append(Refusal(ref, "There is no such item: `waconsole fraud queue` names them."))
            continue
        try:
            with whole(tx):
                one = Deciding(tx, actor, found, now)
                row = _decide_one(one, wanted, cascade_of=first if cascade and place else None)
                outcome.stroke = record(one, row, wanted.note, stroke=outcome.stroke)
        except Refused as refused:
            outcome.refused.append(Refusal(ref, str(refused), getattr(refused, "rule", "")))
        else:
            first = first or (None if row.is_proposal else row.id)
            (outcome.proposed if row.is_proposal else outcome.done).append(ref)
            outcome.review_ids.append(found.id)
    outcome.held = store_stakes.held_together(tx, outcome.review_ids)
    if wanted.outcome in TAKING_BACK:
        outcome.taken_back = store_stakes.given_together(tx, outcome.review_ids)
    outcome.member_ids = {one.root_id for one in store_reviews.people(tx, outcome.review_ids)}
    return outcome


@contextmanager
def whole(tx: Transaction) -> Iterator[None]:
    """All of one decision or nothing of it, also for a caller who goes on with the next item."""
    tx.execute("SAVEPOINT deciding")
    try:
        yield
    except BaseException:
        tx.execute("ROLLBACK TO deciding")
        tx.execute("RELEASE deciding")
        raise
    tx.execute("RELEASE deciding")


def check(tx: Transaction, wanted: Wanted, count: int, *, now: int) -> Wanted:
    """What is wanted, with its reason as a code. Raises Refused for what concerns no single item, and tells the reasons there are."""
    if wanted.outcome not in (*OUTCOMES, APPEAL):
        raise Refused(f"Nobody can {wanted.outcome} an item: an outcome is {', '.join(OUTCOMES)}.")
    known = reasons(tx, wanted.outcome, now=now)
    code = reason_code(wanted.reason)
    if code not in known:
        said = f"{wanted.reason.strip()!r} is no reason" if code else "Say why: --reason CODE"
        raise Refused(
            f"{said}. For {wanted.outcome} there are {', '.join(known)}; --note takes words of your own."
        )
    if len(wanted.note) > NOTE_LENGTH_MAX:
        raise Refused(f"A note has at most {NOTE_LENGTH_MAX:,} signs.")
    if count > ITEMS_AT_ONCE_MAX:
        raise Refused(f"At most {ITEMS_AT_ONCE_MAX:,} items are decided on at once.")
    if (wanted.outcome == SNOOZE) != (wanted.until is not None):
        raise Refused(
            "Say until when it is put off: --until 2026-12-01 or --until 3d."
            if wanted.until is None
            else "--until is for --outcome snooze alone."
        )
    if wanted.until is not None and not now < wanted.until <= now + SNOOZE_DAYS_MAX * 24 * HOUR:
        raise Refused(f"An item is put off to a time to come, at most {SNOOZE_DAYS_MAX} days ahead.")
    return wanted._replace(reason=code)


def reasons(tx: Transaction, outcome: str, *, now: int) -> list[str]:
    """The closed reasons for an outcome, as policy says."""
    value = policy.in_force(tx, f"fraud.reasons_{outcome}", now=now)[0]
    return [reason_code(str(one)) for one in value["value"]]


def _with_connected(tx: Transaction, refs: Sequence[str], *, now: int) -> list[str]:
    """The items named, then every undecided one that hangs together with them, however far."""
    named = [one for ref in dict.fromkeys(refs) if (one := store_reviews.item(tx, ref, now=now)) is not None]
    seen = {one.id for one in named}
    fresh = set(seen)
    while fresh and len(seen) <= ITEMS_AT_ONCE_MAX:
        fresh = store_reviews.beside(tx, sorted(fresh)) - seen
        seen |= fresh
    others = sorted(seen - {one.id for one in named})
    found = [store_reviews.item_by_id(tx, one, now=now) for one in others]
    return [*dict.fromkeys(refs), *(one.ref for one in found if one is not None)]


def _decide_one(one: Deciding, wanted: Wanted, *, cascade_of: int | None) -> DecisionRow:
    assert one.actor is not None
    check_hands(one, one.actor, wanted.outcome)
    item = one.item
    people = store_reviews.people(one.tx, [item.id])
    stands = {person.standing for person in people}
    why = why_not(
        item.state, item.outcome, wanted.outcome, is_frozen=FROZEN in stands, is_blocked=BLOCKED in stands
    )
    if why:
        raise Refused(f"{why} {_last(one)}".strip())
    row = blank(one, wanted.outcome, wanted.reason)._replace(until_at=wanted.until, cascade_of=cascade_of)
    row = service_second.seconded(one, row)
    row = seal(one.tx, row, wanted.note)
    if not row.is_proposal:
        begin(one, row, people)
    leases.end_lease(one.tx, kind=OBJECT, object_id=item.id, operator_id=one.actor.id)
    return row


def _last(one: Deciding) -> str:
    """Who decided last and when, for whoever came second."""
    row = None if one.item.state != DECIDED else store_decisions.decision(one.tx, one.item.decision_id)
    if row is None:
        return ""
    name = row.rule if row.operator_id is None else store_decisions.operator_name(one.tx, row.operator_id)
    return f"By {name} at {iso(row.decided_at)}."


def check_hands(one: Deciding, actor: Operator, outcome: str) -> None:
    """Raise Refused where the item is in other hands: their own matter, another's lease, the owners'."""
    tx, item = one.tx, one.item
    if store_reviews.is_about(tx, item.id, actor.id):
        raise Forbidden(
            "four_eyes.member", f"{actor.name} is a member of this item: somebody else decides on it."
        )
    if item.taken_by_id is not None and item.taken_by_id != actor.id and item.taken_until is not None:
        raise Forbidden("lease", f"{item.taken_by} has taken it until {iso(item.taken_until)}.")
    if item.state == ESCALATED and outcome not in BY_ANYBODY | {UNDO, APPEAL}:
        authority.authorize(tx, actor, "fraud.rules", now=one.now)  # an owner's


def appeal(tx: Transaction, actor: Operator, ref: str, reason: str, evidence: str, *, now: int) -> Outcome:
    """Open a decided item again, with what speaks for its people now. Raises Refused."""
    if not evidence.strip():
        raise Refused("Say what is new: --evidence TEXT.")
    return decide(tx, actor, Wanted(APPEAL, reason, evidence.strip()), [ref], now=now)


def time_out(tx: Transaction, now: int) -> list[str]:
    """Do to items whose time is over what policy `fraud.timeout` says: hold (nothing), escalate or void; answers their refs.

    Silence never pays: no other word is obeyed, here and in the tables. Call it until it answers nothing.
    """
    value, version = policy.in_force(tx, TIMEOUT_RULE, now=now)
    items = timed_out(tx, now=now, limit=TIMED_OUT_AT_ONCE)
    for item in items:
        one = Deciding(tx, None, item, now)
        row = blank(one, value["value"], TIMED_OUT_REASON)._replace(rule=TIMEOUT_RULE, rule_version=version)
        seal(tx, row, "")
    return [item.ref for item in items]


def timed_out(tx: Transaction, *, now: int, limit: int = 1) -> list[Item]:
    """Items whose time is over; none where policy says that they are held."""
    if policy.in_force(tx, TIMEOUT_RULE, now=now)[0]["value"] == HOLD:
        return []
    waits = int(policy.in_force(tx, "fraud.timeout_hours", now=now)[0]["value"] * HOUR)
    return store_reviews.due(tx, now=now, waits=waits, limit=limit)


def restores(operator: str | None, *, now: int) -> dict[str, Restore]:
    """How a decision is taken back: what `undo` works with. `operator` is who was named."""

    def restore(tx: Transaction, review_id: int, before: dict[str, object], after: dict[str, object]) -> bool:
        return undo(tx, operator, review_id, int(str(after["decision"])), now=now)

    return {OBJECT: restore}


def undo(tx: Transaction, operator: str | None, review_id: int, decision_id: int, *, now: int) -> bool:
    """Take a decision back: the item stands as before, and whom it had let go or frozen too.

    Answers False when it is not the last on its item any more. Raises Refused when nobody who may is named.
    """
    actor = authority.deciding(tx, operator, now=now)
    authority.authorize(tx, actor, "fraud.undo", now=now)
    found = store_reviews.item_by_id(tx, review_id, now=now)
    last = store_decisions.last_standing(tx, review_id)
    if found is None or last is None or last.id != decision_id:
        return False
    one = Deciding(tx, actor, found, now)
    check_hands(one, actor, UNDO)
    row = seal(tx, blank(one, UNDO, "undone")._replace(undoes_id=decision_id), "")
    begin(one, row, [], again=store_decisions.ended_with(tx, decision_id))
    return True
