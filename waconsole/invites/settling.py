"""From what an invite earns now to what must move, given what was moved before. Pure.

What stands in the books and is no longer earned is released or taken back; what is earned and does not stand is held
again, under a round of its own, so that no name is ever used for two movements.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from waconsole.invites.model import (
    EARNED,
    EXPIRED,
    HELD,
    ISSUED,
    PENDING,
    POSTED,
    REDEEMED,
    REFUSED,
    REVERSED,
    VOIDED,
)
from waconsole.invites.verdict import EARNS, Given, Verdict

PEND, POST, VOID, REVERSE = "pend", "post", "void", "reverse"
SPENT: Final = frozenset({REDEEMED, EXPIRED})  # what was used, or is over, is not taken back
STANDS: Final = frozenset({PENDING, POSTED, ISSUED, REDEEMED, EXPIRED})


class RewardRow(NamedTuple):
    """A row of `reward`; the ledger's transfers bear its ref."""

    id: int
    ref: str
    programme_id: int
    invite_id: int
    member_id: int
    side: str
    slot: str
    kind: str
    amount_minor: int
    currency: str
    cost_minor: int
    cost_currency: str
    rule: str
    rule_version: int
    coupon_id: int | None
    state: str
    round: int
    expires_at: int | None
    effective_at: int
    recorded_at: int


class StateRow(NamedTuple):
    """How an invite stands, as it was written last."""

    state: str
    reason: str = ""
    order_id: int | None = None
    qualified_at: int | None = None
    due_at: int | None = None
    rule_version: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do: pend what is given (in a round), or post, void or reverse a row. `why` is told in the books."""

    what: str
    given: Given | None = None
    row: RewardRow | None = None
    round: int = 1
    why: str = ""


def moves(verdict: Verdict, rows: Iterable[RewardRow], strayed: Container[int] = frozenset()) -> list[Move]:
    """What must be done about the rewards of an invite; empty when all stands as it should.

    `strayed` are rewards that somebody else holds: they are taken from there and held again for whom they are.
    """
    last: dict[tuple[str, str], RewardRow] = {}
    for row in rows:
        key = (row.side, row.slot)
        if key not in last or row.round > last[key].round:
            last[key] = row
    found: list[Move] = []
    wanted = {(given.side, given.slot): given for given in verdict.gives}
    for key, row in sorted(last.items()):
        if row.state in STANDS and (row.id in strayed or not _is_as(row, wanted.get(key), verdict)):
            if row.state == PENDING:
                found.append(Move(VOID, row=row, why=verdict.reason or "changed"))
            elif row.state not in SPENT:
                found.append(Move(REVERSE, row=row, why=verdict.reason or "changed"))
    for key, given in wanted.items():
        known = last.get(key)
        if (
            known is None
            or known.state not in STANDS
            or not (_is_as(known, given, verdict) or known.state in SPENT)
            or known.id in strayed
        ):
            found.append(Move(PEND, given=given, round=1 if known is None else known.round + 1))
            if not given.waits:
                found.append(Move(POST, given=given))
        elif known.state == PENDING and not given.waits:
            found.append(Move(POST, given=given, row=known))
    return found


def _is_as(row: RewardRow, given: Given | None, verdict: Verdict) -> bool:
    """Whether a row is what is earned: the same reward under the same version."""
    return (
        given is not None
        and verdict.version is not None
        and (row.kind, row.amount_minor, row.currency, row.rule_version)
        == (given.reward.kind, given.reward.amount_minor, given.reward.currency, verdict.version.version)
    )


def stands(verdict: Verdict, rows: Sequence[RewardRow], short: str = "") -> StateRow:
    """How an invite stands by its verdict and its rewards as they are now; `short` says what could not be held or given."""
    state, reason = verdict.state, verdict.reason
    states = {row.state for row in rows if row.side == "referrer"}
    if state == REFUSED and REVERSED in {row.state for row in rows}:
        state = REVERSED
    elif short and state in (EARNED, HELD):
        state, reason = HELD, short
    elif state == EARNED:
        state = next((one for one in (ISSUED, REDEEMED, EXPIRED) if one in states), EARNED)
    event = verdict.event
    return StateRow(
        state,
        reason,
        None if event is None else event.order_id,
        None if event is None else event.at,
        verdict.due_at,
        0 if verdict.version is None else verdict.version.version,
    )


def arrows(before: str, after: str) -> list[tuple[str, str]]:
    """The steps from one state to another, those between them that nobody stopped at included."""
    road = ["open", "joined", "qualified", HELD, EARNED]
    if after in (ISSUED, REDEEMED, EXPIRED):
        return [*arrows(before, EARNED), (EARNED, after)] if before in road else [(before, after)]
    if before in road and after in road and road.index(before) < road.index(after):
        way = road[road.index(before) : road.index(after) + 1]
        return list(pairwise(way))
    return [(before, after)]


__all__ = (
    "EARNS", "PEND", "POST", "REVERSE", "STANDS", "VOID", "VOIDED", "Move", "RewardRow", "StateRow", "arrows", "moves",
    "stands",
)  # fmt: skip
