"""What speaks for and against a line, each with its figure, what it is held against and how many it is over. Pure.

Nothing here decides: somebody who looks at the line does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from waconsole.clock import DAY, iso

FOR, AGAINST, NOTE = "for", "against", "note"
MONTH: Final = 30 * DAY


class Evidence(NamedTuple):
    """One thing to know: `speaks` for or against, or is a note. `value` is compared with `threshold`; `n` is the sample."""

    name: str
    speaks: str
    value: str
    comparator: str
    threshold: str
    n: int | None
    says: str


class Share(NamedTuple):
    """How many of a payee's orders were refunded."""

    refunded: int
    orders: int


class Facts(NamedTuple):
    """What is known about a line when somebody looks; instants in microseconds UTC."""

    now: int
    matures_at: int
    ordered_at: int
    here_since: int | None
    is_own_order: bool
    is_credit: bool
    shared_groups: int
    paid_before: int
    other_ambassadors: int
    before_cap_minor: int
    amount_minor: int
    share: Share
    median: Fraction | None
    payees: int
    disputes: int


class Bounds(NamedTuple):
    """The policy in force: what figures are held against."""

    months: int
    refund_factor: Fraction
    refund_sample_min: int
    shared_groups: int
    paid_before: int


def median(shares: Sequence[Share], sample_min: int) -> tuple[Fraction | None, int]:
    """(the median share of refunded orders, over how many payees) of those with enough orders; None over nobody."""
    found = sorted(Fraction(one.refunded, one.orders) for one in shares if one.orders >= max(sample_min, 1))
    if not found:
        return None, 0
    middle = len(found) // 2
    if len(found) % 2:
        return found[middle], len(found)
    return (found[middle - 1] + found[middle]) / 2, len(found)


def weighed(facts: Facts, bounds: Bounds) -> list[Evidence]:
    """Everything there is to say about a line, what speaks for it first."""
    found: list[Evidence | None] = [_window(facts), _months(facts, bounds)]
    if not facts.is_credit:
        found += [
            _refunds(facts, bounds),
            _own(facts),
            _groups(facts, bounds),
            _attribution(facts),
            _cap(facts),
        ]
    found.append(_first_time(facts, bounds))
    if facts.disputes:
        found.append(_plain("disputed", AGAINST, facts.disputes, ">", 0, "Somebody disputes it."))
    turn: Mapping[str, int] = {FOR: 0, AGAINST: 1, NOTE: 2}
    return sorted((one for one in found if one is not None), key=lambda one: turn[one.speaks])


def _plain(name: str, speaks: str, value: object, comparator: str, threshold: object, says: str) -> Evidence:
    return Evidence(name, speaks, str(value), comparator, str(threshold), None, says)


def _window(facts: Facts) -> Evidence:
    is_past = facts.now >= facts.matures_at
    says = (
        "Past its return window." if is_past else f"It can still be returned until {iso(facts.matures_at)}."
    )
    return _plain(
        "return_window", FOR if is_past else AGAINST, iso(facts.now), ">=", iso(facts.matures_at), says
    )


def _months(facts: Facts, bounds: Bounds) -> Evidence:
    months = 0 if facts.here_since is None else max(facts.now - facts.here_since, 0) // MONTH
    is_old = months >= bounds.months
    return _plain(
        "months_here",
        FOR if is_old else AGAINST,
        months,
        ">=",
        bounds.months,
        _here_words(months),
    )


def _here_words(months: int) -> str:
    if months < 1:
        return "The payee has been here for less than a month."
    return f"The payee has been here for {months} month{'s' * (months > 1)}."


def _refunds(facts: Facts, bounds: Bounds) -> Evidence:
    share, said = (
        facts.share,
        f"{facts.share.refunded} of the payee's {facts.share.orders} orders were refunded",
    )
    if share.orders < bounds.refund_sample_min or facts.median is None:
        return Evidence(
            "refunds", NOTE, str(share.refunded), ">", "", share.orders, f"{said}: too few to compare."
        )
    value, limit = Fraction(share.refunded, share.orders), facts.median * bounds.refund_factor
    return Evidence(
        "refunds", AGAINST if value > limit else FOR, share_words(value), ">", share_words(limit), share.orders,
        f"{said} ({share_words(value)}); the median of {facts.payees} payees is {share_words(facts.median)}.",
    )  # fmt: skip


def _own(facts: Facts) -> Evidence | None:
    if not facts.is_own_order:
        return None
    return _plain("own_order", NOTE, 1, "=", 1, "The payee bought it.")


def _groups(facts: Facts, bounds: Bounds) -> Evidence | None:
    if facts.is_own_order or facts.shared_groups <= bounds.shared_groups:
        return None
    says = f"Buyer and payee are in {facts.shared_groups} other groups together."
    return _plain("shared_groups", AGAINST, facts.shared_groups, ">", bounds.shared_groups, says)


def _attribution(facts: Facts) -> Evidence | None:
    if not facts.other_ambassadors:
        return None
    says = f"{facts.other_ambassadors} other ambassadors of the scheme could have had it."
    return _plain("attribution", NOTE, facts.other_ambassadors, ">", 0, says)


def _cap(facts: Facts) -> Evidence | None:
    if facts.amount_minor >= facts.before_cap_minor:
        return None
    return _plain("cap", NOTE, facts.amount_minor, "<", facts.before_cap_minor, "The month's cap cut it.")


def _first_time(facts: Facts, bounds: Bounds) -> Evidence:
    is_known = facts.paid_before >= bounds.paid_before
    says = (
        f"The payee was paid for {facts.paid_before} lines before."
        if is_known
        else "The payee is paid for the first time."
    )
    return _plain(
        "paid_before", FOR if is_known else AGAINST, facts.paid_before, ">=", bounds.paid_before, says
    )


def share_words(share: Fraction) -> str:
    """A share as a percentage with one decimal, half-even: `6.5 %`."""
    tenths = round(share * 1000)
    return f"{tenths // 10}.{tenths % 10} %"
