"""Whom a portfolio reaches by templates outside a service window, in a moving day: Meta's messaging limit.

A person is counted once, in the span of minutes they were last reached in. The count moves when they
are written to again, and goes back when the message reached nobody.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from waconsole.database.connection import Transaction
from waconsole.outbox import store_attempts, store_flights, store_pacing
from waconsole.outbox.pacing import Rules, span_of


@dataclass(slots=True)
class Reach:
    """One transaction's look at a portfolio; `write` ends it."""

    tx: Transaction
    portfolio: str
    rules: Rules
    now: int
    people: Counter[int] = field(default_factory=Counter)
    room: int | None = None
    is_known: bool = False

    def admits(self, recipient: str) -> int | None:
        """The span in which this person is counted from now on; None when the portfolio has reached its limit."""
        if not self.is_known:
            self._look()
        known = store_flights.counting(self.tx, recipient, self.portfolio, after=self.after)
        if known is None and self.room is not None and self.room <= 0:
            return None
        span = span_of(self.rules, self.now)
        if known is not None:
            self.people[known["counted_at"]] -= 1
        elif self.room is not None:
            self.room -= 1
        self.people[span] += 1
        return span

    @property
    def after(self) -> int:
        """Spans that begin after this instant count: a span that counts in part counts in full."""
        return self.now - self.rules.portfolio_span - self.rules.reach_span

    def write(self) -> None:
        """Write what was counted."""
        if self.people:
            store_pacing.count(self.tx, self.portfolio, self.people)

    def _look(self) -> None:
        known = store_pacing.portfolio(self.tx, self.portfolio)
        limit = known.limit_max if known.is_told else self.rules.portfolio_first_max
        people, first = store_pacing.reached(
            self.tx, self.portfolio, after=self.after, through=self.now + self.rules.reach_span
        )
        self.room, self.is_known = None if limit is None else limit - people, True
        if first and first < self.after + self.rules.reach_span:
            store_pacing.forget(self.tx, self.portfolio, before=self.after - self.rules.portfolio_span)


def give_back(
    tx: Transaction, attempt_id: int, recipient: str, portfolio: str, rules: Rules, *, now: int
) -> None:
    """An attempt was not sent: whoever it counted is counted as before it."""
    span = store_attempts.uncount(tx, attempt_id)
    if span is None:
        return
    people: Counter[int] = Counter({span: -1})
    after = now - rules.portfolio_span - rules.reach_span
    earlier = store_flights.counting(tx, recipient, portfolio, after=after)
    if earlier is not None:
        people[earlier["counted_at"]] += 1
    store_pacing.count(tx, portfolio, people)
