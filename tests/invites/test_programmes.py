"""Terms as they are typed, what the n-th friend earns, the worst case and the warnings: pure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waconsole.clock import DAY, HOUR
from waconsole.errors import Refused
from waconsole.invites.days import with_instants
from waconsole.invites.exposure import Dearest, dearest, exposure
from waconsole.invites.lints import TYPED, Bounds, Ltv, band, observed, warnings
from waconsole.invites.rewards import parse_reward
from waconsole.invites.terms import Terms, Version, cost_of, in_force, rewards_for, runs, terms_of, to_policy
from waconsole.invites.terms_words import parse_set, parse_span, span_said
from waconsole.money import Money, parse

LADDER = (
    "reward.1=coupon 50.00 HKD from invites",
    "reward.5=sample 8.00 HKD",
    "reward.10=product 60.00 HKD full size",
)
BOUNDS = Bounds(steps_max=3, floor=parse("30.00 HKD"), band_low=Fraction(1, 10), band_high=Fraction(3, 20))
POOLS: Mapping[str, Money | None] = {"invites": parse("7.50 HKD"), "silent": None}


def terms(*words: str) -> Terms:
    return terms_of(parse_set(words))


def earned(of: Terms, number: int) -> list[tuple[str, str]]:
    return [(one.slot, one.reward.told()) for one in rewards_for(of, number)]


@pytest.mark.parametrize(
    ("typed", "kept", "told"),
    [
        ("cashback 8 HKD", "cashback 8.00 HKD", "8.00 HKD"),
        ("Cashback  HK$8.00", "cashback 8.00 HKD", "8.00 HKD"),
        ("cashback 500 JPY", "cashback 500 JPY", "500 JPY"),
        ("coupon spring sale", "coupon spring sale", "coupon"),
        ("coupon 50 HKD from spring sale", "coupon 50.00 HKD from spring sale", "coupon 50.00 HKD"),
        ("coupon 20% from spring", "coupon 20 % from spring", "coupon 20 %"),
        ("points 50", "points 50", "50 points"),
        ("points 50 points", "points 50", "50 points"),
        ("membership 7d", "membership 7d", "7 days of membership"),
        ("trial 1 day", "trial 1d", "1 day of trial"),
        ("sample 8.00 HKD", "sample 8.00 HKD", "sample"),
        ("product 60 HKD full size", "product 60.00 HKD full size", "product: full size"),
        ("service 30 HKD consultation", "service 30.00 HKD consultation", "service: consultation"),
        ("service 2nd consultation", "service 2nd consultation", "service: 2nd consultation"),
    ],
)
def test_a_reward_is_read_kept_and_told(typed: str, kept: str, told: str) -> None:
    reward = parse_reward(typed)
    assert (str(reward), reward.told()) == (kept, told)
    assert parse_reward(str(reward)) == reward


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "gold",
            "cashback",
            "cashback 0 HKD",
            "cashback -5 HKD",
            "cashback 5",
            "cashback 5.001 HKD",
            "cashback 20 %",
        ),
        *(
            "coupon",
            "coupon 120 % from x",
            "coupon 0 HKD from x",
            "points 0",
            "points 5.5",
            "points",
            "membership 0d",
        ),
        *(
            "membership 7w",
            "trial",
            "sample 8",
            f"service {'x' * 121}",
            "service a\x1bb",
            "service a\u202eb",
        ),
    ],
)
def test_what_is_no_reward_is_refused_in_words(typed: str) -> None:
    with pytest.raises(Refused, match=r"\.$|\?$"):
        parse_reward(typed)


def test_typed_terms_are_kept_and_read_again() -> None:
    found = terms(
        "counted_action=first_order", "minimum=199.00 HKD", "return_window=14d", "cap=10", "mode=upgrade",
        "attribution=last", "attribution_window=none", "starts_at=2026-11-01T00:00:00Z", "ends_at=2026-12-01", "budget=4000 HKD",
        "disclosure=I get a reward when you order.", "steps=click, message, order", "ltv=500 HKD", "terms=One each.",
        "reward.each=cashback 8.00 HKD", "reward.05=points 50", "invitee.each=membership 7d", "cost.5=1 HKD", *LADDER[2:],
    )  # fmt: skip
    assert (found.cap, found.return_window, found.attribution_window, found.top) == (10, 14 * DAY, None, 10)
    assert found.steps == ("click", "message", "order") and found.currency == "HKD"
    assert terms_of(to_policy(found)) == found
    assert terms_of({**to_policy(found), "says": "x", "version": 3, "second": True}) == found
    assert (found.minimum, terms("minimum=none").minimum, terms("minimum=0 HKD").minimum) == (
        parse("199 HKD"),
        None,
        None,
    )
    assert parse_set(["reward.5=cashback", "8.00", "HKD"]) == {"reward.5": "cashback 8.00 HKD"}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("cap=0", "cap: "),
        ("cap=ten", "cap: "),
        ("minimum=-1 HKD", "minimum: "),
        ("minimum=199", "names no currency"),
        ("return_window=14", "return_window: "),
        ("return_window=9999d", "at most 3,650 days"),
        ("mode=both", "mode: "),
        ("counted_action=order", "counted_action: "),
        ("attribution=middle", "attribution: "),
        ("rewrd.each=points 5", "did you mean reward.each"),
        ("colour=red", "there are counted_action"),
        ("reward.0=points 5", "from 1 to"),
        ("reward.each=cashback none", "reward.each: "),
        ("budget=5 USD", "one currency"),
        ("cost.7=5 HKD", "cost of nothing"),
        ("cost.5=5 HKD", "costs what it gives"),
        ("starts_at=soon", "no day"),
        ("starts_at", "sets nothing"),
        (f"terms={'x' * 2001}", "at most 2,000"),
    ],
)
def test_terms_that_nobody_can_mean_name_their_key(typed: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        with_instants(parse_set([typed]), "UTC")
        terms(typed, "reward.5=cashback 8.00 HKD")


def test_days_are_the_shops_and_the_last_one_counts_whole() -> None:
    found = with_instants({"starts_at": "2026-11-01", "ends_at": "2026-11-30", "cap": "3"}, "Asia/Hong_Kong")
    assert found == {"starts_at": "2026-10-31T16:00:00Z", "ends_at": "2026-11-30T16:00:00Z", "cap": "3"}
    of = terms_of(found)
    assert of.starts_at is not None and of.ends_at is not None
    assert [runs(of, at) for at in (of.starts_at - 1, of.starts_at, of.ends_at - 1, of.ends_at)] == [
        False,
        True,
        True,
        False,
    ]


@given(st.integers(0, 3_650 * 24))
def test_a_span_is_said_as_it_is_read(hours: int) -> None:
    assert parse_span(span_said(hours * HOUR)) == hours * HOUR


def test_the_ladder_gives_each_rung_once_up_to_the_cap() -> None:
    of = terms(
        "reward.each=cashback 8.00 HKD", "reward.5=cashback 40.00 HKD", "reward.10=points 50", "cap=10"
    )
    assert earned(of, 0) == earned(of, 11) == []
    assert earned(of, 4) == [("each", "8.00 HKD")]
    assert earned(of, 5) == [("each", "8.00 HKD"), ("5", "40.00 HKD")]
    assert earned(of, 10) == [("each", "8.00 HKD"), ("10", "50 points")]
    assert earned(terms("reward.3=membership 7d", "cap=none"), 1_000_000) == []


def test_an_upgrade_gives_what_is_more_and_a_thing_whole() -> None:
    of = terms(
        "mode=upgrade", "reward.1=cashback 8 HKD", "reward.3=cashback 5 HKD", "reward.5=cashback 20 HKD",
        "reward.6=sample 8 HKD", "reward.7=sample 9 HKD", "reward.8=points 5",
    )  # fmt: skip
    assert [earned(of, number) for number in (1, 3, 5, 6, 7, 8)] == [
        [("1", "8.00 HKD")], [], [("5", "12.00 HKD")], [("6", "sample")], [("7", "sample")], [("8", "5 points")],
    ]  # fmt: skip


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=8))
def test_upgrades_add_up_to_the_best_rung(amounts: list[int]) -> None:
    rungs = [f"reward.{place}=cashback {Money(minor, 'HKD')}" for place, minor in enumerate(amounts, 1)]
    of = terms("mode=upgrade", *rungs)
    got = [one.reward.amount_minor for number in range(1, 10) for one in rewards_for(of, number)]
    assert sum(got) == max(amounts)


def test_the_worst_case_of_the_ladder_is_the_articles() -> None:
    of = terms(*LADDER, "cap=10", "budget=1180 HKD")
    shown = exposure(of, 10)
    assert (str(shown.per_referrer), str(shown.total), shown.is_over) == ("118.00 HKD", "1180.00 HKD", False)
    assert exposure(of, 11).is_over and str(exposure(of, 0).total) == "118.00 HKD"
    assert str(exposure(of, 1, POOLS).per_referrer) == "75.50 HKD"
    assert str(exposure(terms(*LADDER, "cap=9"), 1).per_referrer) == "58.00 HKD"
    assert cost_of(of, "1", of.rungs[0][1], POOLS) == parse("7.50 HKD")


def test_without_a_cap_there_is_no_end_but_to_rungs() -> None:
    each = exposure(terms("reward.each=cashback 8 HKD", "cap=none", "budget=9999 HKD"), 1)
    assert (each.is_endless, each.per_referrer, each.is_over) == (True, None, True)
    assert str(exposure(terms(*LADDER, "cap=none"), 1).per_referrer) == "118.00 HKD"
    free = exposure(terms("reward.each=points 5", "cap=10", "budget=1 HKD"), 100)
    assert (free.per_referrer, free.unsaid, free.is_over) == (None, ("each",), False)
    silent = exposure(terms("reward.each=coupon silent", "cap=10"), 1, POOLS)
    assert (silent.currency, silent.per_referrer, silent.unsaid) == (None, None, ("each",))
    both = exposure(terms("reward.each=cashback 8 HKD", "invitee.each=cashback 2 HKD", "cap=10"), 3)
    assert (str(both.per_referrer), str(both.total)) == ("100.00 HKD", "300.00 HKD")


def test_a_friend_is_dearest_where_the_ladder_gives_most_for_one() -> None:
    assert dearest(terms(*LADDER)) == Dearest(1, Fraction(5000), "HKD")
    assert dearest(terms("reward.each=cashback 8 HKD", "reward.5=cashback 100 HKD")) == Dearest(
        5, Fraction(2800), "HKD"
    )
    assert dearest(terms("reward.each=points 5")) is None


def test_each_warning_has_both_sides() -> None:
    sound = (
        "reward.each=cashback 30.00 HKD",
        "disclosure=I get a reward.",
        "cap=10",
        "steps=3",
        "ltv=200 HKD",
    )
    assert warnings(terms(*sound), BOUNDS, Ltv(TYPED, Fraction(20_000), "HKD"), POOLS) == []
    for word, says in (
        ("steps=4", "4 steps"),
        ("reward.each=cashback 29.99 HKD", "under the floor of 30.00 HKD"),
        ("reward.11=points 5", "nobody reaches it"),
        ("disclosure=", "incentive"),
        ("reward.2=coupon other", "no pool of coupons other"),
    ):
        found = warnings(terms(*sound, word), BOUNDS, None, POOLS)
        assert len(found) == 1 and says in found[0], word
    of = terms("reward.each=coupon invites", "disclosure=x")
    assert [
        len(warnings(of, BOUNDS, None, POOLS, {"invites": parse(worth)})) for worth in ("30 HKD", "29 HKD")
    ] == [0, 1]
    assert warnings(terms("disclosure=x"), BOUNDS, None)[0].startswith("It gives nothing")
    dear = warnings(terms(*sound), BOUNDS, Ltv(TYPED, Fraction(19_999), "HKD"), POOLS)
    assert dear[0].startswith(
        "A friend costs 30.00 HKD after 1 of them, dearer than the band of 20.00 HKD to 30.00 HKD"
    )
    assert dear[0].endswith("for an LTV of 199.99 HKD (typed).") and len(dear) == 1


def test_an_observed_ltv_says_how_many_and_how_sure() -> None:
    assert observed([], "HKD") is None
    one = observed([500], "HKD")
    assert one is not None and one.said() == "5.00 HKD (1 buyer)"
    many = observed([10_000, 20_000, 30_000], "HKD")
    assert many is not None and (many.n, many.mean) == (3, Fraction(20_000))
    assert (
        many.low is not None and abs(many.low - (20_000 - Fraction(196, 100) * Fraction("5773.502691"))) < 1
    )
    shown = band(terms("reward.each=cashback 31 HKD"), BOUNDS, many)
    assert shown is not None and shown["over"] and shown["n"] == 3 and len(shown["band_of_interval"]) == 2
    assert band(terms("reward.each=cashback 31 USD"), BOUNDS, many) is None


def test_what_was_set_later_for_the_past_counts_from_then() -> None:
    versions = [
        Version(1, 0, 10, terms("cap=1")),
        Version(2, 50, 50, terms("cap=2")),
        Version(3, 20, 60, terms("cap=3")),
    ]
    found = [in_force(versions, at) for at in (0, 19, 20, 55)]
    assert [one and one.version for one in found] == [1, 1, 3, 3]
    assert in_force(versions[1:], 10) is None
