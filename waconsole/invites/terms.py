"""What a programme asks for and gives, and what the n-th friend earns under it. Pure: no clock, no SQL.

Terms are a policy's value, whose keys are those of `--set KEY=VALUE`. Spans are microseconds, amounts whole minor
units, instants microseconds UTC. Sources: mission REF-01 to REF-05, REF-08, REF-10, REF-13, BUD-02, FRD-01, FRD-02.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from waconsole.clock import iso
from waconsole.errors import Refused
from waconsole.invites.rewards import CASHBACK, Reward
from waconsole.invites.terms_words import EACH, INVITEE, Reader, span_said
from waconsole.members.model import folded
from waconsole.money import Money

PREFIX: Final = "invites.programme."
NO_POOLS: Final[Mapping[str, Money | None]] = MappingProxyType({})
FIRST_ORDER, JOINED_GROUP, MESSAGED = "first_order", "joined_group", "messaged"
ACTIONS: Final = (FIRST_ORDER, JOINED_GROUP, MESSAGED)
CUMULATIVE, UPGRADE = "cumulative", "upgrade"
MODES: Final = (CUMULATIVE, UPGRADE)
FIRST, LAST = "first", "last"
TOUCHES: Final = (FIRST, LAST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A programme's terms. None in `minimum`, `cap`, `attribution_window`, `budget` means that there is no such limit.

    `cap` is how many invitees of one referrer are rewarded. `rungs` are (number, reward), lowest first; `each` is what
    every counted invite earns its referrer, `invitee` what it earns the friend. `costs` says by slot (`each`, `5`,
    `invitee`) what one reward costs us where that is not its own amount. From `ends_at` on nothing counts.
    """

    counted_action: str
    return_window: int
    mode: str
    attribution: str
    minimum: Money | None = None
    cap: int | None = None
    attribution_window: int | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    budget: Money | None = None
    disclosure: str = ""
    text: str = ""
    steps: tuple[str, ...] = ()
    ltv: Money | None = None
    each: Reward | None = None
    rungs: tuple[tuple[int, Reward], ...] = ()
    invitee: Reward | None = None
    costs: tuple[tuple[str, Money], ...] = ()

    @property
    def currency(self) -> str | None:
        """The one currency of its budget, rewards and costs; None where it names none."""
        return next((one.currency for one in _amounts(self)), None)

    @property
    def slots(self) -> list[tuple[str, Reward]]:
        """Every reward by its slot: `each`, the rungs' numbers, `invitee`."""
        found = [] if self.each is None else [(EACH, self.each)]
        found += [(str(number), reward) for number, reward in self.rungs]
        return found if self.invitee is None else [*found, (INVITEE, self.invitee)]

    @property
    def top(self) -> int:
        """The highest rung's number; 0 without a ladder."""
        return self.rungs[-1][0] if self.rungs else 0


class Version(NamedTuple):
    """Terms as policy holds them: in force for what happens from `valid_from` on, set at `set_at`."""

    version: int
    valid_from: int
    set_at: int
    terms: Terms


class Earned(NamedTuple):
    """What one counted invite earns its referrer in one slot: `each`, or a rung's number."""

    slot: str
    reward: Reward


def terms_of(value: Mapping[str, Any]) -> Terms:
    """The terms a policy's value says. Raises Refused with the key and what is wrong with it.

    Words about a value (`says`, `version`, …) are passed over; so is a key that is not the programme's.
    """
    read = Reader(value)
    terms = Terms(
        counted_action=read.word("counted_action", ACTIONS),
        mode=read.word("mode", MODES),
        attribution=read.word("attribution", TOUCHES),
        return_window=read.span("return_window") or 0,
        attribution_window=read.span("attribution_window"),
        minimum=read.money("minimum", zero=True),
        cap=read.cap(),
        starts_at=read.instant("starts_at"),
        ends_at=read.instant("ends_at"),
        budget=read.money("budget"),
        disclosure=read.text("disclosure"),
        text=read.text("terms"),
        steps=read.steps(),
        ltv=read.money("ltv"),
        each=read.reward("reward.each"),
        invitee=read.reward("invitee.each"),
        rungs=read.rungs(),
        costs=read.costs(),
    )
    _check(terms)
    return terms


def to_policy(terms: Terms) -> dict[str, Any]:
    """The terms as a policy's value, every key there; `terms_of` reads it."""
    value: dict[str, Any] = {
        "counted_action": terms.counted_action,
        "minimum": _said(terms.minimum),
        "return_window": span_said(terms.return_window),
        "cap": terms.cap,
        "mode": terms.mode,
        "attribution": terms.attribution,
        "attribution_window": None
        if terms.attribution_window is None
        else span_said(terms.attribution_window),
        "starts_at": None if terms.starts_at is None else iso(terms.starts_at),
        "ends_at": None if terms.ends_at is None else iso(terms.ends_at),
        "budget": _said(terms.budget),
        "disclosure": terms.disclosure,
        "terms": terms.text,
        "steps": ", ".join(terms.steps),
        "ltv": _said(terms.ltv),
    }
    for slot, reward in terms.slots:
        value["invitee.each" if slot == INVITEE else f"reward.{slot}"] = str(reward)
    return value | {f"cost.{slot}": str(cost) for slot, cost in terms.costs}


def rewards_for(terms: Terms, number: int) -> list[Earned]:
    """What the `number`-th counted invite (from 1 on) earns its referrer: `each`, and the rung it reaches.

    Beyond the cap nothing. In `upgrade` a rung gives what it is worth above the best rung of its kind below it, where
    a part can be given; a coupon, a thing or a slot is given whole.
    """
    if number < 1 or (terms.cap is not None and number > terms.cap):
        return []
    found = [] if terms.each is None else [Earned(EACH, terms.each)]
    for at, reward in terms.rungs:
        if at == number:
            given = reward if terms.mode == CUMULATIVE else _upgraded(terms, at, reward)
            if given is not None:
                found.append(Earned(str(at), given))
    return found


def _upgraded(terms: Terms, at: int, reward: Reward) -> Reward | None:
    if not reward.is_divisible:
        return reward
    below = [
        one.amount_minor
        for number, one in terms.rungs
        if number < at and (one.kind, one.currency) == (reward.kind, reward.currency)
    ]
    more = reward.amount_minor - max(below, default=0)
    if more <= 0:
        return None
    return Reward(kind=reward.kind, amount_minor=more, currency=reward.currency)


def cost_of(
    terms: Terms, slot: str, reward: Reward, pools: Mapping[str, Money | None] = NO_POOLS
) -> Money | None:
    """What one `reward` of `slot` costs us: as the terms say, as its own words or its pool say, else its face value.

    `pools` are what a code costs by the pool's folded name, None where the pool does not say. None where nobody said (points, days, a slot).
    """
    said = dict(terms.costs).get(slot)
    if said is not None:
        return said
    if reward.cost is not None:
        return reward.cost
    return pools.get(folded(reward.pool)) or reward.face


def in_force(versions: Sequence[Version], at: int) -> Version | None:
    """The version that holds for what happened at `at`; None before the first.

    Of several, the one that began to count last: what was set later for the past takes the place of what was before.
    """
    return max(
        (one for one in versions if one.valid_from <= at),
        key=lambda one: (max(one.valid_from, one.set_at), one.version),
        default=None,
    )


def runs(terms: Terms, at: int) -> bool:
    """Whether `at` falls into the programme's own time."""
    return (terms.starts_at is None or terms.starts_at <= at) and (
        terms.ends_at is None or at < terms.ends_at
    )


def _said(money: Money | None) -> str | None:
    return None if money is None else str(money)


def _amounts(terms: Terms) -> list[Money]:
    """Everything that is paid or spent; what is only compared (`minimum`, `ltv`) may be in another currency."""
    found = [] if terms.budget is None else [terms.budget]
    for _, reward in terms.slots:
        found += [one for one in (reward.face, reward.cost) if one is not None]
    return found + [cost for _, cost in terms.costs]


def _check(terms: Terms) -> None:
    if terms.starts_at is not None and terms.ends_at is not None and terms.ends_at <= terms.starts_at:
        raise Refused("A programme ends after it began: ends_at is its last day, starts_at its first.")
    currencies = list(dict.fromkeys(one.currency for one in _amounts(terms)))
    if len(currencies) > 1:
        raise Refused(
            f"A programme spends one currency, not {' and '.join(currencies)}: make one programme for each."
        )
    for slot, _ in terms.costs:
        if all(slot != known for known, _ in terms.slots):
            raise Refused(f"cost.{slot} is the cost of nothing: there is no such reward.")
        if dict(terms.slots)[slot].kind == CASHBACK:
            raise Refused(f"cost.{slot} is not needed: a cashback costs what it gives.")
