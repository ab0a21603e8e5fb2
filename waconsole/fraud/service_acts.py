"""What may be done with an item: acts come from the item itself, each with its key, its reasons and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.fraud import service_deciding, store_decisions
from waconsole.fraud.deciding import (
    APPEAL,
    ASK,
    BLOCK,
    BLOCKED,
    ESCALATE,
    FREEZE,
    FROZEN,
    MOVING,
    RELEASE,
    SNOOZE,
    TAKING_BACK,
    UNFREEZE,
    VOID,
    allowed,
    over_limit,
)
from waconsole.fraud.service_recording import Deciding
from waconsole.fraud.service_second import ABOVE
from waconsole.fraud.stakes import Stakes, added, limits_of, said
from waconsole.fraud.store_reviews import Item, Person
from waconsole.operators import authority
from waconsole.policy import store as policy

# The keys of the pane; a block and an appeal are rare, and typed.
KEYS: Final[Mapping[str, str]] = {
    RELEASE: "a",
    VOID: "x",
    FREEZE: "p",
    UNFREEZE: "p",
    ASK: "q",
    ESCALATE: "E",
    SNOOZE: "s",
}


def acts(
    tx: Transaction, item: Item, people: Sequence[Person], stakes: Stakes, operator: str | None, *, now: int
) -> list[dict[str, Any]]:
    """What an item lets be done: `{"outcome", "key", "consequence", "second", "reasons", "why_not"}`.

    `why_not` says why `operator` may not, where one is named; `second` whether another has to confirm.
    """
    stands = {one.standing for one in people}
    words = allowed(item.state, item.outcome, is_frozen=FROZEN in stands, is_blocked=BLOCKED in stands)
    limits = limits_of(policy.in_force(tx, ABOVE, now=now)[0])
    above = {
        takes_back: over_limit(added(stakes.held, stakes.paid) if takes_back else stakes.held, limits)
        is not None
        for takes_back in (False, True)
    }
    waiting = store_decisions.proposal(tx, item.id, item.stamp)
    return [
        {
            "outcome": outcome,
            "key": KEYS.get(outcome),
            "consequence": consequence(outcome, people, stakes),
            "second": outcome in MOVING and above[outcome in TAKING_BACK],
            "proposed_by": store_decisions.operator_name(tx, waiting.operator_id)
            if waiting is not None and waiting.outcome == outcome
            else None,
            "reasons": service_deciding.reasons(tx, outcome, now=now),
            "why_not": _why_not(tx, item, outcome, operator, now=now),
        }
        for outcome in words
    ]


def _why_not(tx: Transaction, item: Item, outcome: str, operator: str | None, *, now: int) -> str | None:
    if operator is None:
        return None
    try:
        actor = authority.deciding(tx, operator, now=now)
        authority.authorize(tx, actor, f"fraud.{outcome}", now=now)
        service_deciding.check_hands(Deciding(tx, actor, item, now), actor, outcome)
    except WaconsoleError as error:
        return str(error)
    return None


def consequence(outcome: str, people: Sequence[Person], stakes: Stakes) -> str:
    """What follows from an outcome, in one line."""
    held, is_held = said(stakes.held), any(stakes.held.values())
    kept = sum(1 for one in people if one.standing == FROZEN)
    count = len(people)
    s = "s" if count == 1 else ""
    freed = f" {kept} {_people(kept)} {'goes' if kept == 1 else 'go'} on." if kept else ""
    goes_on = f"{held} is paid when it is due.{freed}"
    if not is_held:
        goes_on = f"Nothing is held: what comes is paid when it is due.{freed}"
    ends = f"{held} is void, and" if is_held else "Nothing is held;"
    stays = f"{held} stays held, and" if is_held else "Nothing is held now;"
    words = {
        RELEASE: goes_on,
        UNFREEZE: goes_on,
        VOID: f"{ends} what was paid is taken back.{freed}",
        FREEZE: f"{stays} nothing of {count} {_people(count)} becomes payable; nothing is lost.",
        BLOCK: f"{ends} {count} {_people(count)} earn{s} nothing from now on.",
        ASK: f"{count} {_people(count)} get{s} a neutral question; the item stays open.",
        ESCALATE: "An owner decides.",
        SNOOZE: "It comes back at the time you name; what is held stays held.",
        APPEAL: "It is open again with the new evidence; what is held stays held.",
    }
    return words[outcome]


def _people(count: int) -> str:
    return "person" if count == 1 else "people"
