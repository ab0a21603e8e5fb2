"""What people decide about an item of the review desk, and how it stands after that. Pure: no clock, no SQL.

The database derives the same by its view `review_derived` and refuses what does not follow; `verify` derives it here
again. Times are microseconds UTC. Silence never pays: what a time-out may do is `TIMEOUTS`, and nothing else exists.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from waconsole.chain.seal import body_hash

ROOM: Final = "fraud"
DECISION, STANDING = "decision", "standing"
RELEASE, VOID, FREEZE, UNFREEZE, BLOCK = "release", "void", "freeze", "unfreeze", "block"
ASK, ESCALATE, SNOOZE, APPEAL, UNDO = "ask", "escalate", "snooze", "appeal", "undo"
# What `fraud decide --outcome` takes; an appeal and an undo are verbs of their own.
OUTCOMES: Final = (RELEASE, VOID, FREEZE, UNFREEZE, BLOCK, ASK, ESCALATE, SNOOZE)
OPEN, DECIDED, ESCALATED, SNOOZED = "open", "decided", "escalated", "snoozed"
STATES: Final = (OPEN, DECIDED, ESCALATED, SNOOZED)
FROZEN, BLOCKED = "frozen", "blocked"
HOLD: Final = "hold"
TIMEOUTS: Final = (HOLD, ESCALATE, VOID)
TIMEOUT_RULE: Final = "fraud.timeout"
# These move money, or let it move: above a limit a second person confirms them.
MOVING: Final = frozenset({RELEASE, UNFREEZE, VOID, BLOCK})
TAKING_BACK: Final = frozenset({VOID, BLOCK})  # of what moves money, what reaches what was paid already
PAYING: Final = frozenset({RELEASE, UNFREEZE})
# An escalated item is the owners' to decide on; others may still keep it from harm and ask.
BY_ANYBODY: Final = frozenset({FREEZE, ASK})
SALT_BYTES: Final = 16


class DecisionRow(NamedTuple):
    """One decision, as its row holds it and as the chain seals it."""

    id: int
    ref: str
    review_id: int
    outcome: str
    reason: str
    note: str
    rule: str
    rule_version: int
    held_minor: str
    stamp: str
    state_before: str
    until_at: int | None
    inputs: str
    words_hash: str | None
    proposed_by: int | None
    is_proposal: int
    undoes_id: int | None
    cascade_of: int | None
    operator_id: int | None
    decided_at: int
    recorded_at: int


class StandingRow(NamedTuple):
    """Somebody is frozen or blocked from `began_at` on; how it ends follows from decisions and is not sealed."""

    id: int
    member_id: int
    review_id: int
    kind: str
    rule: str
    rule_version: int
    decision_id: int | None
    began_at: int
    recorded_at: int


class Standing(NamedTuple):
    """How an item stands: its state, the decision that made it so (0: none), and until when it is put off."""

    state: str
    decision_id: int
    snoozed_until: int | None


def sealed(row: DecisionRow | StandingRow) -> bytes:
    """The hash the chain seals: every column but those that may still change."""
    return body_hash(row)


def words_hash(salt: bytes, words: str) -> str:
    """The salted hash that stands for words that can be erased."""
    return hashlib.sha256(salt + words.encode("utf-8", "surrogatepass")).hexdigest()


def evidence_hash(text: str) -> str:
    """The hash by which a decision keeps what a signal's evidence was."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def standing_of(decisions: Sequence[DecisionRow], stamp: str) -> Standing:
    """How an item stands after its `decisions`, in order; `stamp` is that of its evidence now.

    The last one that says so counts: no proposal, no question, nothing undone. Evidence that grew since a decision opens
    the item again.
    """
    undone = {one.undoes_id for one in decisions if one.undoes_id is not None}
    last = None
    for one in decisions:
        if one.outcome not in {UNDO, ASK} and not one.is_proposal and one.id not in undone:
            last = one
    if last is None:
        return Standing(OPEN, 0, None)
    if last.outcome == SNOOZE:
        return Standing(SNOOZED, last.id, last.until_at)
    state = {APPEAL: OPEN, ESCALATE: ESCALATED}.get(last.outcome, DECIDED if last.stamp == stamp else OPEN)
    return Standing(state, last.id, None)


def why_not(state: str, last: str, outcome: str, *, is_frozen: bool, is_blocked: bool) -> str:
    """Why an item in `state`, whose last decision was `last`, does not go that way; nothing where it does."""
    if state == DECIDED and outcome != APPEAL and not (last == FREEZE and outcome not in {FREEZE, SNOOZE}):
        if last == FREEZE:
            return "It is frozen already: release, unfreeze, void or block it."
        return f"It is decided already ({last}): `waconsole fraud appeal` opens it again."
    if outcome == APPEAL:
        return "" if state == DECIDED else "Nobody has decided on it yet: there is nothing to appeal against."
    if outcome == FREEZE and is_blocked:  # whom a rule froze, a person may confirm
        return "Its people are blocked already."
    if outcome == UNFREEZE and not is_frozen:
        return "Nobody is frozen by it: `--outcome release` lets its rewards go on."
    if outcome == BLOCK and is_blocked:
        return "Its people are blocked already."
    if outcome == ESCALATE and state == ESCALATED:
        return "It is with the owners already."
    return ""


def allowed(state: str, last: str, *, is_frozen: bool, is_blocked: bool) -> list[str]:
    """What may be decided about an item as it stands, in the order in which it is offered."""
    return [
        outcome
        for outcome in (*OUTCOMES, APPEAL)
        if not why_not(state, last, outcome, is_frozen=is_frozen, is_blocked=is_blocked)
    ]


def ends(outcome: str, kind: str) -> bool:
    """Whether a decision ends the freezes or blocks (`kind`) that its item began."""
    return outcome in PAYING or (kind == FROZEN and outcome in {VOID, BLOCK})


def reason_code(text: str) -> str:
    """A reason as it is compared: small letters, one `_` between words."""
    return "_".join("".join(sign if sign.isalnum() else " " for sign in text.casefold()).split())


def over_limit(held: Mapping[str, int], limits: Mapping[str, int]) -> str | None:
    """The first currency of which more is held than one person decides on alone; None where all is below.

    Amounts are minor units by currency. In a currency without a limit any money is more.
    """
    return next((one for one in sorted(held) if held[one] > limits.get(one, 0)), None)


def ended_by(row: StandingRow, link: int, decisions: Iterable[tuple[int, DecisionRow]]) -> DecisionRow | None:
    """Which of an item's decisions, as (link, decision) in order, ended what began with `row` under `link`; None: none."""
    for at, one in decisions:
        if at <= link or one.is_proposal:
            continue
        if ends(one.outcome, row.kind) or (
            one.outcome == UNDO and row.decision_id is not None and one.undoes_id == row.decision_id
        ):
            return one
    return None
