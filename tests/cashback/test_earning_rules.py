"""What an order earns, as figures that were computed by hand."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waconsole.cashback import earning
from waconsole.cashback.earning import Terms, Version
from waconsole.clock import DAY, parse_iso
from waconsole.errors import Refused
from waconsole.money import Money

JANUARY = parse_iso("2026-01-01")


def terms(**said: Any) -> Terms:
    """3 % of own orders since January."""
    plain: dict[str, Any] = {
        "basis": "own", "rate": Fraction(3, 100), "return_days": 14, "starts_at": JANUARY,
    }  # fmt: skip
    return Terms(**(plain | said))


@pytest.mark.parametrize(
    ("rate", "total", "earned"),
    [
        (Fraction(3, 100), 33300, 999),  # 3 % of 333.00 HKD
        (Fraction(3, 100), 1650, 50),  # 49.5: to the even one, up
        (Fraction(3, 100), 1750, 52),  # 52.5: to the even one, down
        (Fraction(3, 100), 1050, 32),  # 31.5 yen
        (Fraction(3, 100), 950, 28),  # 28.5 yen
        (Fraction(3, 100), 10500, 315),  # 10.500 KWD
        (Fraction(3, 100), 16, 0),  # 0.48
        (Fraction(3, 100), 17, 1),  # 0.51
        (Fraction(1, 3), 100, 33),
        (Fraction(1), 12345, 12345),
        (Fraction(3, 100), 0, 0),
        (Fraction(25, 1000), 9_007_199_254_740_991, 225_179_981_368_525),
    ],
)
def test_an_order_earns_its_share_half_even_to_the_minor_unit(
    rate: Fraction, total: int, earned: int
) -> None:
    assert earning.full_minor(rate, total) == earned


@pytest.mark.parametrize(
    ("full", "cap", "used", "earned"),
    [
        (999, None, 0, 999),
        (999, 1200, 0, 999),
        (999, 1200, 300, 900),
        (999, 1200, 1200, 0),
        (5, 4, 9, 0),
        (0, 10, 0, 0),
    ],
)
def test_the_line_that_crosses_a_cap_is_cut(full: int, cap: int | None, used: int, earned: int) -> None:
    assert earning.cut(full, cap, used) == earned


@pytest.mark.parametrize(
    ("amount", "total", "refunds", "running"),
    [
        (999, 33300, [11100, 11100, 11100], [333, 666, 999]),
        (50, 1650, [550, 550, 550], [17, 33, 50]),  # 16.67, 33.33, 50
        (1, 100, [25, 25, 25, 25], [0, 0, 1, 1]),  # 0.25, 0.5 to the even one, 0.75, 1
        (3, 100, [50, 50], [2, 3]),  # 1.5 to the even one
        (32, 1050, [1], [0]),
        (900, 33300, [33300], [900]),  # a line that was cut goes back whole
        (0, 100, [100], [0]),
    ],
)
def test_refunds_take_back_their_part_of_the_running_total(
    amount: int, total: int, refunds: list[int], running: list[int]
) -> None:
    assert [
        earning.reversed_minor(amount, total, sum(refunds[: place + 1])) for place in range(len(refunds))
    ] == running


@given(
    st.integers(0, 10**12), st.integers(1, 10**12), st.lists(st.integers(1, 10**11), min_size=1, max_size=6)
)
def test_what_is_reversed_grows_to_the_line_and_never_above(
    amount: int, total: int, parts: list[int]
) -> None:
    running, refunded = 0, 0
    for part in parts:
        refunded = min(refunded + part, total)
        after = earning.reversed_minor(amount, total, refunded)
        exact = Decimal(amount) * Decimal(refunded) / Decimal(total)
        assert running <= after <= amount
        if exact == exact.quantize(Decimal("0.000001")):  # else a decimal cannot say it
            assert after == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))
        running = after
    assert earning.reversed_minor(amount, total, total) == amount


def test_a_cap_limits_its_own_currency_only() -> None:
    capped = terms(cap=Money(50000, "HKD"))

    assert (earning.cap_minor(capped, "HKD"), earning.cap_minor(capped, "JPY")) == (50000, None)


def test_months_and_return_windows_are_counted_in_utc() -> None:
    assert earning.month_of(parse_iso("2026-10-31T23:59:59Z")) == "2026-10"
    assert earning.month_of(parse_iso("2026-10-31T23:59:59-01:00")) == "2026-11"
    assert earning.month_bounds("2026-12") == (parse_iso("2026-12-01"), parse_iso("2027-01-01"))
    assert earning.matures_at(terms(), JANUARY) == JANUARY + 14 * DAY


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        ("2026-01-01", "2026-03-31", ["2026-01", "2026-02"]),
        ("2026-01-02", "2026-03-01", ["2026-02"]),
        ("2026-01-02", "2026-02-28T23:59:59Z", []),
        ("2026-11-15", "2027-02-01", ["2026-12", "2027-01"]),
    ],
)
def test_a_credit_is_for_whole_months(since: str, until: str, months: list[str]) -> None:
    assert earning.whole_months(parse_iso(since), parse_iso(until)) == months


def test_an_order_earns_under_the_version_that_began_to_count_last() -> None:
    one, two = terms(), terms(rate=Fraction(4, 100), starts_at=parse_iso("2026-03-01"))
    late = terms(rate=Fraction(5, 100), starts_at=parse_iso("2026-02-15"))
    versions = [
        Version(1, JANUARY, JANUARY, one),
        Version(2, two.starts_at, parse_iso("2026-02-01"), two),
        Version(3, late.starts_at, parse_iso("2026-03-10"), late),  # set afterwards, for the past
    ]

    found = [
        earning.in_force(versions, parse_iso(day))
        for day in ("2025-12-31", "2026-01-20", "2026-02-20", "2026-04-01")
    ]

    assert [None if one is None else one.version for one in found] == [None, 1, 3, 3]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"rate": Fraction(101, 100)}, "A rate is more than 0 % and at most 100 %."),
        ({"rate": Fraction(0)}, "A rate is more than 0 % and at most 100 %."),
        ({"rate": None}, "A scheme pays a share of orders"),
        ({"credit": Money(50, "points")}, "A scheme pays a share of orders"),
        ({"cap": Money(0, "HKD")}, "A cap of 0.00 HKD leaves nothing to earn"),
        ({"budget": Money(-1, "HKD")}, "A budget of -0.01 HKD leaves nothing"),
        ({"return_days": -1}, "A return window has 0 to 3,650 days."),
        ({"return_days": 4000}, "A return window has 0 to 3,650 days."),
        ({"ends_at": JANUARY}, "A scheme ends after it began"),
        ({"basis": "friends"}, "There is no basis friends"),
        ({"rate": None, "credit": Money(5, "HKD"), "cap": Money(9, "HKD")}, "A monthly credit needs no cap"),
    ],
)
def test_terms_that_nobody_can_mean_are_refused(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence.replace("(", r"\(")):
        earning.check_terms(terms(**said))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"cap": Money(50000, "HKD"), "budget": Money(4_000_000, "HKD"), "basis": "group"},
        {"rate": None, "credit": Money(50, "points"), "ends_at": parse_iso("2026-12-31")},
        {"rate": Fraction(1, 3)},
    ],
)
def test_policy_keeps_terms_exactly(said: dict[str, Any]) -> None:
    assert earning.terms_of(earning.to_policy(terms(**said))) == terms(**said)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (Fraction(3, 100), "3 %"),
        (Fraction(25, 1000), "2.5 %"),
        (Fraction(1), "100 %"),
        (Fraction(1, 3), "100/3 %"),
        (Fraction(1, 2000), "0.05 %"),
    ],
)
def test_a_rate_is_said_exactly(rate: Fraction, words: str) -> None:
    assert earning.percent(rate) == words


def test_a_policy_that_says_no_terms_is_refused() -> None:
    for value in ({}, {"basis": "own"}, {**earning.to_policy(terms()), "rate": "x"}):
        with pytest.raises(Refused, match="does not say what a scheme pays"):
            earning.terms_of(value)
