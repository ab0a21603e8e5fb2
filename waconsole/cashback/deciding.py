"""What people decide about a line, and how it stands after that. Pure: no clock, no SQL.

The database derives the same by its views (`line_after_decision`, `line_after_reversal`) and refuses what does not
follow; `verify` derives it here again. Amounts are minor units of the line's currency, times microseconds UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from waconsole.cashback.model import (
    ACCRUED,
    APPROVED,
    BATCHED,
    CONFIRMED,
    EXPORTED,
    FAILED,
    PROPOSED,
    REJECTED,
    RETURNED,
)
from waconsole.chain.seal import body_hash

DECISION: Final = "decision"
HELD, ASKED, RELEASED, UNDONE = "held", "asked", "released", "undone"
NETTED, AGAIN = "netted", "again"
KINDS: Final = (
    PROPOSED, APPROVED, REJECTED, HELD, ASKED, RELEASED, UNDONE, BATCHED, NETTED, EXPORTED, CONFIRMED, FAILED, RETURNED,
    AGAIN,
)  # fmt: skip

_WAITING: Final = frozenset({ACCRUED, PROPOSED, APPROVED, FAILED, RETURNED})
# From which states a line may go by a kind of decision. What else is asked stands in `why_not` and in the triggers.
FROM: Final[Mapping[str, frozenset[str]]] = {
    PROPOSED: frozenset({ACCRUED, APPROVED, CONFIRMED}),  # what a split left is proposed again
    APPROVED: frozenset({PROPOSED}),
    REJECTED: frozenset({ACCRUED, PROPOSED}),
    HELD: _WAITING,
    ASKED: _WAITING,
    RELEASED: frozenset(_WAITING),
    BATCHED: frozenset({APPROVED}),
    NETTED: frozenset({APPROVED}),
    EXPORTED: frozenset({BATCHED}),
    CONFIRMED: frozenset({EXPORTED}),
    FAILED: frozenset({EXPORTED}),
    RETURNED: frozenset({EXPORTED, CONFIRMED}),
    AGAIN: frozenset({FAILED, RETURNED}),
}
UNDOABLE: Final = frozenset({PROPOSED, APPROVED, REJECTED, HELD, ASKED, RELEASED})
STAYS: Final = frozenset({HELD, ASKED, RELEASED})
SALT_BYTES: Final = 16


class DecisionRow(NamedTuple):
    """One decision. `amount_minor` is what it is about: proposed, approved, rejected, put into a batch, come back."""

    id: int
    line_id: int
    kind: str
    state_before: str
    held_before: int
    round: int
    amount_minor: int
    netted_minor: int
    batch_id: int | None
    undoes_id: int | None
    operator_id: int
    proposed_by: int | None
    proposed_at: int | None
    approved_by: int | None
    approved_at: int | None
    solo: int
    solo_version: int | None
    cooling_off: int
    words_hash: str | None
    decided_at: int


class Standing(NamedTuple):
    """A row of `line_state`."""

    id: int
    state: str
    held: int
    reversed_minor: int
    proposed_by: int | None
    proposed_at: int | None
    approved_by: int | None
    approved_at: int | None
    batch_id: int | None
    round: int
    decided_at: int
    open_minor: int
    unpaid_minor: int
    clawed_minor: int
    paid_minor: int
    rejected_minor: int
    solo: int
    decision_id: int
    reversal_id: int


def sealed(row: DecisionRow) -> bytes:
    """The hash the chain seals of a decision: everything it says."""
    return body_hash(row)


def words_hash(salt: bytes, words: str) -> str:
    """The salted hash that stands for words that can be erased."""
    return hashlib.sha256(salt + words.encode("utf-8", "surrogatepass")).hexdigest()


def begins(line_id: int, amount_minor: int, accrued_at: int) -> Standing:
    """How a line stands that nobody decided on yet."""
    return Standing(
        line_id, ACCRUED, 0, 0, None, None, None, None, None, 1, accrued_at, amount_minor, 0, 0, 0, 0, 0, 0, 0
    )


def why_not(now: Standing, kind: str) -> str:
    """Why a line as it stands does not go that way, or nothing where it does."""
    if kind == RELEASED:
        return "" if now.held else "It is not held."
    if now.state not in FROM[kind] or (kind == PROPOSED and now.state != ACCRUED and not now.open_minor):
        return _not_from(now.state, kind)
    if now.held and kind in {APPROVED, BATCHED, NETTED, AGAIN}:
        return "It is held: release it first."
    if kind == HELD and now.held:
        return "It is held already."
    if kind in {PROPOSED, APPROVED} and not now.open_minor:
        return "Nothing of it is left to decide on: it was refunded, earned nothing, or all of it is decided."
    if kind in {BATCHED, NETTED, AGAIN} and not now.unpaid_minor:
        return "Nothing of it is left to pay: it was refunded."
    return ""


def _not_from(state: str, kind: str) -> str:
    if kind == APPROVED and state == ACCRUED:
        return "Nobody has proposed it yet: `waconsole cashback propose` does."
    if kind == REJECTED and state == APPROVED:
        return "It is approved: whoever approved it may undo that until it is in a batch."
    if state == kind or (kind == AGAIN and state == APPROVED):
        return f"It is {state} already."
    return f"It is {state}: it cannot be {_WORDS.get(kind, kind)} from there."


_WORDS: Final[Mapping[str, str]] = {ASKED: "asked about", AGAIN: "paid again", BATCHED: "put into a batch"}


def after_decision(now: Standing, one: DecisionRow, undone: DecisionRow | None, *, solo: int) -> Standing:
    """How a line stands after a decision. `undone` is the one it takes back, `solo` whether an approval of solo mode stands."""
    kind, back = one.kind, "" if undone is None else undone.kind
    changed: dict[str, object] = {
        "state": now.state if kind in STAYS else kind,
        "round": one.round,
        "decided_at": one.decided_at,
        "solo": solo,
        "decision_id": one.id,
    }
    if kind == PROPOSED:
        changed |= {"proposed_by": one.operator_id, "proposed_at": one.decided_at}
        if one.state_before == CONFIRMED:
            changed |= {"clawed_minor": 0}
    elif kind == APPROVED:
        changed |= {
            "approved_by": one.operator_id,
            "approved_at": one.decided_at,
            "open_minor": now.open_minor - one.amount_minor,
            "unpaid_minor": now.unpaid_minor + one.amount_minor,
        }
    elif kind == REJECTED:
        changed |= {
            "state": APPROVED if now.unpaid_minor else REJECTED if now.batch_id is None else CONFIRMED,
            "open_minor": 0,
            "rejected_minor": now.rejected_minor + one.amount_minor,
        }
    elif kind in STAYS:
        changed |= {"held": int(kind != RELEASED)}
    elif undone is not None:
        changed |= _after_undoing(now, one, undone)
    elif kind in {BATCHED, NETTED}:
        changed |= {
            "batch_id": one.batch_id,
            "unpaid_minor": 0,
            "state": BATCHED if kind == BATCHED else CONFIRMED,
        }
    elif kind == CONFIRMED:
        changed |= {"paid_minor": now.paid_minor + one.amount_minor}
    elif kind in {FAILED, RETURNED}:
        paid = one.amount_minor if one.state_before == CONFIRMED else 0
        changed |= {
            "clawed_minor": 0,
            "unpaid_minor": now.unpaid_minor + one.amount_minor - one.netted_minor,
            "paid_minor": now.paid_minor - paid,
        }
    elif kind == AGAIN:
        changed |= {"state": APPROVED, "batch_id": None}
    assert kind != UNDONE or back
    return now._replace(**changed)  # type: ignore[arg-type]


def _after_undoing(now: Standing, one: DecisionRow, undone: DecisionRow) -> dict[str, object]:
    changed: dict[str, object] = {"state": undone.state_before, "held": undone.held_before}
    if undone.kind == PROPOSED:
        changed |= {"proposed_by": None, "proposed_at": None}
        if undone.state_before != ACCRUED:
            changed |= {"round": one.round - 1}
    elif undone.kind == APPROVED:
        changed |= {
            "approved_by": None,
            "approved_at": None,
            "open_minor": now.open_minor + one.amount_minor,
            "unpaid_minor": now.unpaid_minor - one.amount_minor,
        }
    elif undone.kind == REJECTED:
        changed |= {
            "open_minor": now.open_minor + one.amount_minor,
            "rejected_minor": now.rejected_minor - one.amount_minor,
        }
    return changed


class Taken(NamedTuple):
    """From where a reversal takes, in minor units; the clawback account stands in for what left the wallet (`away`)."""

    open: int
    unpaid: int
    away: int
    rejected: int


def taken(
    amount_minor: int, *, earned: int, before: int, open_minor: int, unpaid_minor: int, rejected_minor: int
) -> Taken:
    """Where a reversal of `amount_minor` takes from a line that earned `earned` and of which `before` was reversed already.

    What is open gives first, then the wallet, then what left it, and last what was rejected, which nobody has.
    """
    from_open = min(amount_minor, open_minor)
    from_unpaid = min(amount_minor - from_open, unpaid_minor)
    beyond = amount_minor - from_open - from_unpaid
    from_away = min(beyond, max(earned - before - open_minor - unpaid_minor - rejected_minor, 0))
    return Taken(from_open, from_unpaid, from_away, beyond - from_away)


def after_reversal(
    now: Standing, reversal_id: int, amount_minor: int, total_minor: int, *, earned: int
) -> Standing:
    """How a line that earned `earned` stands after a reversal."""
    parts = taken(
        amount_minor,
        earned=earned,
        before=now.reversed_minor,
        open_minor=now.open_minor,
        unpaid_minor=now.unpaid_minor,
        rejected_minor=now.rejected_minor,
    )
    return now._replace(
        reversed_minor=total_minor,
        reversal_id=reversal_id,
        open_minor=now.open_minor - parts.open,
        unpaid_minor=now.unpaid_minor - parts.unpaid,
        clawed_minor=now.clawed_minor + parts.away,
        rejected_minor=now.rejected_minor - parts.rejected,
    )
