"""A statement: what somebody earned, what was taken back, what was paid and what is due. Pure.

Rejected lines, and what of a line was rejected after a split, are left out. Due = earned − reversed − paid; so it is what
the books hold for the payee: what is pending, in their wallet, and on their clawback account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from waconsole.cashback.model import ACCRUED, CONFIRMED
from waconsole.money import Money

SOLO: Final = "approved in solo mode, by one person"


class StatedLine(NamedTuple):
    """A line of a statement; amounts are minor units of its currency, `netted_minor` is what went to give back earlier ones."""

    line: str
    scheme: str
    version: int
    period: str
    order: str | None
    ordered_at: int
    state: str
    held: bool
    solo: bool
    currency: str
    earned_minor: int
    reversed_minor: int
    paid_minor: int
    netted_minor: int

    @property
    def due_minor(self) -> int:
        """What is still to come of it; below zero where it was refunded after it was paid."""
        return self.earned_minor - self.reversed_minor - self.paid_minor

    @property
    def what(self) -> str:
        """The order, or the month of a credit."""
        return f"order {self.order}" if self.order else f"credit of {self.period}"

    @property
    def word(self) -> str:
        """How it stands, for who earned it."""
        if self.held:
            return "being looked at"
        return {ACCRUED: "earned", CONFIRMED: "paid"}.get(self.state, self.state)


class Total(NamedTuple):
    """The totals of one currency, in minor units."""

    currency: str
    earned_minor: int
    reversed_minor: int
    paid_minor: int

    @property
    def due_minor(self) -> int:
        """What is still to come."""
        return self.earned_minor - self.reversed_minor - self.paid_minor


@dataclass(frozen=True, slots=True)
class Statement:
    """A person's statement, of one month or of all; `clawback` is (currency, minor units) of what they have to give back."""

    member: str
    payee: str
    name: str
    period: str | None
    lines: tuple[StatedLine, ...]
    clawback: tuple[tuple[str, int], ...]
    at: int

    @property
    def totals(self) -> list[Total]:
        """What it sums up to, by currency."""
        return totals(self.lines)

    @property
    def is_solo(self) -> bool:
        """Whether some line was approved in solo mode."""
        return any(one.solo for one in self.lines)


def totals(lines: Sequence[StatedLine]) -> list[Total]:
    """The totals of lines, by currency in the order of their codes."""
    found: dict[str, Total] = {}
    for one in lines:
        before = found.get(one.currency, Total(one.currency, 0, 0, 0))
        found[one.currency] = Total(
            one.currency,
            before.earned_minor + one.earned_minor,
            before.reversed_minor + one.reversed_minor,
            before.paid_minor + one.paid_minor,
        )
    return [found[currency] for currency in sorted(found)]


def as_text(said: Statement) -> list[str]:
    """A statement as lines to read, in plain text; they hold no number and no name but those asked for."""
    when = f" for {said.period}" if said.period else ""
    found = [f"Cashback{when}"]
    for total in said.totals:
        found.append(
            f"{total.currency}: earned {_money(total.earned_minor, total.currency)},"
            f" taken back {_money(total.reversed_minor, total.currency)},"
            f" paid {_money(total.paid_minor, total.currency)}, due {_money(total.due_minor, total.currency)}"
        )
    if not said.totals:
        found.append("Nothing yet.")
    found += [
        f"To be netted from the next payout: {Money(-minor, currency)}, refunded after it was paid."
        for currency, minor in said.clawback
        if minor < 0
    ]
    if said.is_solo:
        found.append(f"* {SOLO}")
    return [*found, *(_line(one) for one in said.lines)]


def _line(one: StatedLine) -> str:
    back = f", {_money(one.reversed_minor, one.currency)} taken back" if one.reversed_minor else ""
    netted = f", {_money(one.netted_minor, one.currency)} netted" if one.netted_minor else ""
    return f"{one.what}: {Money(one.earned_minor, one.currency)}{back}{netted}, {one.word}{' *' if one.solo else ''}"


def _money(minor: int, currency: str) -> str:
    return str(Money(minor, currency)).removesuffix(f" {currency}")
