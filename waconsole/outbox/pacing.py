"""How fast messages may leave: a number's rate, what one person gets, whom a portfolio reaches. Pure.

Instants and spans are microseconds. A rate is kept as one instant, from which on the next message
may leave: a process that takes a bundle moves it on once. An instant that lies further ahead than
the rules can have put it was written by a clock that has been set back since, and counts as past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from waconsole.clock import HOUR, MINUTE, SECOND
from waconsole.outbox.pace import WAIT_MAX

REST_MAX: Final = HOUR  # no rest that WhatsApp asks for is longer
LOOK_AGAIN: Final = SECOND // 4  # what waits for something that has no instant
_MILLISECOND: Final = SECOND // 1000


@dataclass(frozen=True, slots=True)
class Rules:
    """The policies `sending.*` in force."""

    per_second: int
    shared_per_second: int
    ahead: int
    slow_percent: int
    slow_span: int
    pair_span: int
    pair_burst: int
    portfolio_span: int
    portfolio_first_max: int
    reach_span: int
    rest_min: int
    rest_max: int
    lease_span: int
    renew_span: int
    ordered: frozenset[str]
    order_span: int
    strikes_max: int
    missed_codes: frozenset[int]
    missed_percent: int
    tried_min: int
    operator_codes: frozenset[int]
    closed_purposes: frozenset[str]
    close_span: int


def rules_of(policies: Mapping[str, Mapping[str, Any]]) -> Rules:
    """The rules of the policies, by their names without `sending.`."""
    rate, pair, portfolio = policies["throughput"], policies["pair"], policies["portfolio"]
    lease, order, breaker = policies["lease"], policies["order"], policies["breaker"]
    gateway, unknown = policies["gateway"], policies["unknown"]
    return Rules(
        per_second=rate["per_second"],
        shared_per_second=rate["shared_per_second"],
        ahead=rate["ahead_milliseconds"] * _MILLISECOND,
        slow_percent=rate["slow_percent"],
        slow_span=rate["slow_seconds"] * SECOND,
        pair_span=pair["seconds"] * SECOND,
        pair_burst=pair["burst"],
        portfolio_span=portfolio["hours"] * HOUR,
        portfolio_first_max=portfolio["steps"][0],
        reach_span=portfolio["span_minutes"] * MINUTE,
        rest_min=gateway["rest_seconds_min"] * SECOND,
        rest_max=gateway["rest_seconds_max"] * SECOND,
        lease_span=lease["seconds"] * SECOND,
        renew_span=lease["renew_seconds"] * SECOND,
        ordered=frozenset(order["purposes"]),
        order_span=order["wait_seconds"] * SECOND,
        strikes_max=breaker["strikes"],
        missed_codes=frozenset(breaker["missed_codes"]),
        missed_percent=breaker["missed_percent"],
        tried_min=breaker["tried_min"],
        operator_codes=frozenset(breaker["operator_codes"]),
        closed_purposes=frozenset(unknown["close_purposes"]),
        close_span=unknown["close_hours"] * HOUR,
    )


@dataclass(frozen=True, slots=True)
class Rate:
    """One number's rate: the span between two messages, and how far ahead of their instant they are taken.

    `rest_max` above 0 says that the span is random, up to that.
    """

    every: int
    ahead: int
    rest_max: int = 0

    def opens_at(self, free_at: int, now: int) -> int:
        """When a message may be taken next, from what the ledger keeps."""
        return max(self._believed(free_at, now) - self.ahead, 0)

    def wants_at(self, free_at: int, now: int) -> int:
        """When more should be taken, so that none of the rate is lost and many are taken together."""
        return max(self._believed(free_at, now) - self.ahead // 2, 0)

    def slots(self, free_at: int, now: int, count: int, chance: float) -> list[int]:
        """The instants at which up to `count` messages may leave, from now to `ahead` of it."""
        at = max(self._believed(free_at, now), now)
        found: list[int] = []
        while len(found) < count and at <= now + self.ahead:
            found.append(at)
            at = self.after(at, chance)
        return found

    def after(self, at: int, chance: float) -> int:
        """When the next may leave after one at `at`; `chance` (0 to 1) draws a random span."""
        return at + self.every + round(max(self.rest_max - self.every, 0) * chance)

    def _believed(self, free_at: int, now: int) -> int:
        longest = self.ahead + max(self.every, self.rest_max) + SECOND
        return free_at if free_at <= now + longest else now


def rate_of(
    rules: Rules, *, driver: str, told: int | None, is_shared: bool, slowed_at: int, now: int
) -> Rate:
    """The rate of a number at `now`; `told` is what WhatsApp told it takes a second, `slowed_at` when it last was too fast."""
    if driver == "gateway":
        return Rate(rules.rest_min, 0, rules.rest_max)
    per_second = told or (rules.shared_per_second if is_shared else rules.per_second)
    every = max(SECOND // per_second, 1)
    if slowed_at <= now < slowed_at + rules.slow_span:
        every = every * 100 // rules.slow_percent
    return Rate(every, rules.ahead)


def pair_wait(rules: Rules, free_at: int, now: int) -> int:
    """How long a person is left alone before the next message, `free_at` being when what was borrowed is paid back."""
    wait = free_at - now - (rules.pair_burst - 1) * rules.pair_span
    return wait if 0 < wait <= WAIT_MAX + rules.pair_span else 0


def pair_after(rules: Rules, free_at: int, now: int) -> int:
    """When what was borrowed is paid back, after one more message at `now`."""
    furthest = now + (rules.pair_burst - 1) * rules.pair_span + WAIT_MAX + rules.pair_span
    return (max(free_at, now) if free_at <= furthest else now) + rules.pair_span


def pair_punished(rules: Rules, wait: int, now: int) -> int:
    """The same after WhatsApp refused the pair: nothing is left to borrow, and nothing leaves for `wait`."""
    return now + (rules.pair_burst - 1) * rules.pair_span + wait


def is_resting(rest_until: int, now: int) -> bool:
    """Whether WhatsApp asked for a rest that is not over."""
    return now < rest_until <= now + REST_MAX


def span_of(rules: Rules, at: int) -> int:
    """The beginning of the span of minutes in which a person reached at `at` is counted."""
    return at - at % rules.reach_span
