"""What a scheme's terms are, and what an order or a month earns under them. Pure: no clock, no SQL.

Amounts are whole minor units and every product is exact before it is rounded once, half-even: the sum of a line's
parts is the line. Sources: mission CBK-01, CBK-02, CBK-06, CBK-07.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final, NamedTuple

from waconsole.clock import DAY, instant, iso, moment, parse_iso
from waconsole.errors import Refused
from waconsole.money import Money, parse, rounded

OWN, GROUP, REFERRED = "own", "group", "referred"
BASES: Final = (OWN, GROUP, REFERRED)
BASIS_WORDS: Final[Mapping[str, str]] = {
    OWN: "their own orders",
    GROUP: "the orders of their group's members",
    REFERRED: "the orders of those they referred",
}
RETURN_DAYS_MAX: Final = 3_650
MONTHS_MAX: Final = 1_200  # of fixed credits that one ambassador may be owed at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a scheme pays: a share of orders (`rate`), or `credit` for each whole calendar month.

    `cap` limits what one ambassador earns in a calendar month (UTC) in its currency, and in no other; `budget` what
    the scheme may owe and pay in its currency. Orders at or after `ends_at` earn nothing.
    """

    basis: str
    return_days: int
    starts_at: int
    ends_at: int | None = None
    rate: Fraction | None = None
    credit: Money | None = None
    cap: Money | None = None
    budget: Money | None = None


class Version(NamedTuple):
    """Terms as policy holds them: in force for orders from `valid_from` on, set at `set_at`."""

    version: int
    valid_from: int
    set_at: int
    terms: Terms


def check_terms(terms: Terms) -> None:
    """Raise Refused, in words, for terms that nobody can mean."""
    if terms.basis not in BASES:
        raise Refused(f"There is no basis {terms.basis}: choose one of {', '.join(BASES)}.")
    if (terms.rate is None) == (terms.credit is None):
        raise Refused(
            "A scheme pays a share of orders (--rate '3 %') or a monthly credit (--credit '50 HKD'): say one."
        )
    if terms.rate is not None and not 0 < terms.rate <= 1:
        raise Refused("A rate is more than 0 % and at most 100 %.")
    if not 0 <= terms.return_days <= RETURN_DAYS_MAX:
        raise Refused(f"A return window has 0 to {RETURN_DAYS_MAX:,} days.")
    for word, money in (("cap", terms.cap), ("budget", terms.budget), ("credit", terms.credit)):
        if money is not None and money.minor <= 0:
            raise Refused(
                f"A {word} of {money} leaves nothing to earn: write more than nothing, or leave it out."
            )
    if terms.credit is not None and terms.cap is not None:
        raise Refused("A monthly credit needs no cap: it is what it is each month.")
    if terms.ends_at is not None and terms.ends_at <= terms.starts_at:
        raise Refused("A scheme ends after it began: --to is the last day, --from the first.")


def said(terms: Terms) -> str:
    """One sentence for a person."""
    if terms.credit is not None:
        words = f"{terms.credit} of credit for each whole calendar month"
    else:
        assert terms.rate is not None
        words = f"{percent(terms.rate)} of {BASIS_WORDS[terms.basis]}"
    if terms.cap is not None:
        words += f", at most {terms.cap} a month for each ambassador"
    return f"{words}; decided on after {terms.return_days} days."


def percent(rate: Fraction) -> str:
    """`3/100` as `3 %`, exactly."""
    share = rate * 100
    digits = 0
    while digits < 9 and (share * 10**digits).denominator != 1:
        digits += 1
    if (share * 10**digits).denominator != 1:
        return f"{share} %"
    text = f"{int(share * 10**digits):0{digits + 1}}"
    return f"{text[:-digits]}.{text[-digits:]} %" if digits else f"{text} %"


def to_policy(terms: Terms) -> dict[str, Any]:
    """The terms as a policy's value; `terms_of` reads it."""
    return {
        "basis": terms.basis,
        "rate": None if terms.rate is None else str(terms.rate),
        "credit": None if terms.credit is None else str(terms.credit),
        "cap": None if terms.cap is None else str(terms.cap),
        "cap_per": "ambassador and calendar month (UTC)",
        "budget": None if terms.budget is None else str(terms.budget),
        "return_days": terms.return_days,
        "from": iso(terms.starts_at),
        "to": None if terms.ends_at is None else iso(terms.ends_at),
        "rounding": "half-even, per line",
    }


def terms_of(value: Mapping[str, Any]) -> Terms:
    """The terms a policy's value says. Raises Refused for one that says none."""
    try:
        terms = Terms(
            basis=value["basis"],
            rate=None if value.get("rate") is None else Fraction(value["rate"]),
            credit=_money(value.get("credit")),
            cap=_money(value.get("cap")),
            budget=_money(value.get("budget")),
            return_days=int(value["return_days"]),
            starts_at=parse_iso(value["from"]),
            ends_at=None if value.get("to") is None else parse_iso(value["to"]),
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        raise Refused(
            "This policy does not say what a scheme pays: set it by `cashback schemes add`."
        ) from None
    check_terms(terms)
    return terms


def _money(text: str | None) -> Money | None:
    return None if text is None else parse(text)


def in_force(versions: Sequence[Version], at: int) -> Version | None:
    """The version whose terms an order at `at` earns under; None before the first.

    A version counts from its `valid_from`; where several do, the one that began to count last: what was set later for
    the past takes the place of what was set before.
    """
    return max(
        (one for one in versions if one.valid_from <= at),
        key=lambda one: (max(one.valid_from, one.set_at), one.version),
        default=None,
    )


def earns(terms: Terms, at: int) -> bool:
    """Whether an order at `at` falls into the terms' time."""
    return terms.starts_at <= at and (terms.ends_at is None or at < terms.ends_at)


def full_minor(rate: Fraction, total_minor: int) -> int:
    """What an order of `total_minor` earns before any cap, half-even to the minor unit."""
    return rounded(rate * total_minor)


def cap_minor(terms: Terms, currency: str) -> int | None:
    """The cap on lines of `currency`, or None: a cap limits its own currency only."""
    return terms.cap.minor if terms.cap is not None and terms.cap.currency == currency else None


def cut(full: int, cap: int | None, used: int) -> int:
    """What is left of `full` under a cap of which `used` is gone: the line that crosses it is cut."""
    return full if cap is None else min(full, max(cap - used, 0))


def reversed_minor(amount: int, total: int, refunded: int) -> int:
    """How much of a line of `amount` is reversed once `refunded` of the order's `total` went back: never above it."""
    if total <= 0:
        return 0
    return rounded(Fraction(amount * min(refunded, total), total))


def matures_at(terms: Terms, ordered_at: int) -> int:
    """The end of the return window: nothing is approved before."""
    return ordered_at + terms.return_days * DAY


def month_of(at: int) -> str:
    """The calendar month (UTC) of an instant: `2026-11`."""
    return f"{moment(at):%Y-%m}"


def month_bounds(month: str) -> tuple[int, int]:
    """The first instant of a calendar month (UTC), and that of the next one."""
    year, number = (int(part) for part in month.split("-"))
    after = (year + number // 12, number % 12 + 1)
    return instant(datetime(year, number, 1, tzinfo=UTC)), instant(datetime(*after, 1, tzinfo=UTC))


def whole_months(begins_at: int, ends_at: int) -> list[str]:
    """Every calendar month (UTC) that lies wholly between two instants, oldest first; at most `MONTHS_MAX`."""
    found: list[str] = []
    month = month_of(begins_at)
    if month_bounds(month)[0] < begins_at:
        month = month_of(month_bounds(month)[1])
    while month_bounds(month)[1] <= ends_at and len(found) < MONTHS_MAX:
        found.append(month)
        month = month_of(month_bounds(month)[1])
    return found
