"""Comparators at their bounds: `>` and `>=` differ by exactly one number, and the articles differ in just that."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from waconsole.errors import Refused
from waconsole.money import Money
from waconsole.policy import library
from waconsole.policy.bounds import amount, bound, holds, share

BUNDLED = dict(library.bundled())
COMPARED = {name: value for name, value in BUNDLED.items() if "comparator" in value and "value" in value}


def _step(wanted: Fraction | Money, by: int) -> Fraction | Money:
    """The number next to a bound: a minor unit, or a ten-thousandth."""
    if isinstance(wanted, Money):
        return Money(wanted.minor + by, wanted.currency)
    return wanted + Fraction(by, 10_000)


def test_each_policy_holds_on_the_side_its_comparator_says_and_not_beyond() -> None:
    assert len(COMPARED) > 90
    for name, value in COMPARED.items():
        wanted = bound(value)
        below, at, above = (holds(value, _step(wanted, by), 10**9) for by in (-1, 0, 1))
        assert (below, at, above) == {
            ">": (False, False, True),
            ">=": (False, True, True),
            "<": (True, False, False),
            "<=": (True, True, False),
        }[value["comparator"]], name


@pytest.mark.parametrize(
    ("name", "measured", "answer"),
    [
        ("fraud.minimum_order", Money(19_899, "HKD"), False),
        ("fraud.minimum_order", Money(19_900, "HKD"), True),  # 000 says exceeds, the others or more
        ("fraud.velocity_attempts", 50, False),  # 003 says 50 or more
        ("fraud.velocity_attempts", 51, True),
        ("fraud.velocity_seconds", 3_599, True),
        ("fraud.velocity_seconds", 3_600, False),
        ("fraud.rewarded_invites_max", 10, True),
        ("fraud.rewarded_invites_max", 11, False),
        ("referral.churn_advice", Fraction(40, 100), False),  # 003 says 40 % or more
        ("referral.churn_advice", Fraction(401, 1000), True),
        ("segments.price_sensitive_share", Fraction(70, 100), False),  # 003 says 70 % or more
        ("segments.price_sensitive_share", Fraction(71, 100), True),
        ("alerts.layer_ctr_drop", Fraction(20, 100), False),  # 003 says 20 % or more
        ("alerts.layer_ctr_drop", Fraction(201, 1000), True),
        ("ltv.send_cost_threshold", Money(800_000, "HKD"), False),
        ("ltv.send_cost_threshold", Money(800_001, "HKD"), True),
        ("promotion.code_days_max", 7, True),
        ("promotion.code_days_max", 8, False),
        ("promotion.price_gap_low", Fraction(10, 100), False),
        ("promotion.price_gap_min", Fraction(15, 100), True),
        ("triggers.carts_abandoned", 2, False),
        ("triggers.carts_abandoned", 3, True),
        ("send.group_posts_warn", 3, False),
        ("send.group_posts_stop", 6, True),
        ("groups.join_cost_high", Money(300, "USD"), False),
        ("groups.join_cost_high", Money(301, "USD"), True),
        ("budget.reactivation_cost_rebuild", Money(500, "USD"), False),
        ("loyalty.leaderboard_members_min", 4, False),
        ("loyalty.leaderboard_members_min", 5, True),
    ],
)
def test_the_bounds_the_articles_disagree_about(name: str, measured: Any, answer: bool) -> None:
    assert holds(BUNDLED[name], measured, 10**9) is answer


def test_a_sample_that_is_too_small_says_nothing() -> None:
    value = BUNDLED["referral.churn_advice"]
    assert [holds(value, Fraction(1), sample) for sample in (None, 29, 30)] == [None, None, True]


def test_amounts_of_two_currencies_and_an_amount_and_a_number_are_not_compared() -> None:
    with pytest.raises(Refused, match="not in HKD, and nothing is converted"):
        holds(BUNDLED["fraud.minimum_order"], Money(1, "USD"))
    with pytest.raises(Refused, match="cannot be compared"):
        holds(BUNDLED["fraud.minimum_order"], 5)
    with pytest.raises(Refused, match="cannot be compared"):
        holds(BUNDLED["fraud.velocity_attempts"], Money(1, "USD"))


def test_shares_and_amounts_are_exact() -> None:
    assert share({"value": 2.5}) == Fraction(1, 40) and share({"value": 0.1}) == Fraction(1, 1000)
    assert amount(BUNDLED["fraud.minimum_order"]) == Money(19_900, "HKD")
