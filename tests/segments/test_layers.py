"""Layers hold everybody once, cuts are where scores change, picks come out the same again, means carry their interval."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.conftest import NOW as TODAY
from tests.invites.asking import order, person, shop_of
from tests.invites.asking import say as said
from tests.segments.crowds import NOW, Crowd, empty_ledger
from waconsole import catalogue
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.policy import library
from waconsole.segments import (
    estimate,
    focus,
    histogram,
    layers,
    rfm,
    service_asking,
    service_layers,
    service_values,
    store_layers,
)
from waconsole.segments.focus import Response
from waconsole.segments.overlap import overlap
from waconsole.segments.service_asking import Asking, Sql

ASKED_AT = NOW + 2 * HOUR


@pytest.fixture(scope="module")
def tx() -> Iterator[Transaction]:
    """A crowd at random: ties, merges, refunds, an open import, facts to come; read by all tests here."""
    with empty_ledger() as found:
        library.seed(found, now=0)
        made = Crowd(found, 11)
        made.add_members(80)
        made.add_facts(160)
        for _ in range(9):
            made.change()
        yield found


def asking() -> Asking:
    return Asking(catalogue.vocabulary(), ASKED_AT, ZoneInfo("UTC"))


def counted(tx: Transaction, rule: str) -> int:
    return Sql().matches(tx, service_asking.read(tx, rule, asking())).count


def test_every_member_is_in_exactly_one_layer(tx: Transaction) -> None:
    for window in ("365d", "30d", "ever"):
        found = service_layers.layered(tx, window, asking(), currency="HKD")
        by_name = {row["layer"]: row["count"] for row in found["layers"]}
        assert by_name == {name: counted(tx, f"rfm_layer({window}) = {name}") for name in rfm.LAYERS}
        assert sum(by_name.values()) == found["count"] == counted(tx, "not tag:nobody")
    cut = found["cut_points"]
    assert (cut["policy"], cut["kind"]) == ("segments.rfm", "quantile")
    assert cut["version"] >= 1
    with pytest.raises(Refused, match="no window"):
        service_layers.layered(tx, "0d", asking())


def test_a_cut_is_the_least_value_of_its_score() -> None:
    chosen = random.Random(3)
    for _ in range(300):
        values = [chosen.randrange(8) for _ in range(chosen.randrange(1, 30))]
        scores = {one: rfm.score(sum(other < one for other in values), len(values)) for one in values}
        wanted = [min((one for one in values if scores[one] == score), default=None) for score in range(1, 6)]
        assert layers.edges(values) == wanted
    assert layers.edges([]) == [None] * 5


def test_a_measure_has_the_value_that_rules_compare(tx: Transaction) -> None:
    everybody = store_layers.everybody(tx)
    for of, sign in (
        ("orders(90d)", ">= 2"), ("spend(ever)", ">= 100 HKD"), ("coupon_share(ever)", "> 40%"), ("last_order", "> 30d"),
        ("rfm_f(365d)", ">= 3"), ("unit_price(ever, currency=HKD)", "> 1x avg"), ("avg_order(ever)", ">= 50 HKD"),
    ):  # fmt: skip
        found = service_values.measured(tx, of, asking(), currency="HKD")
        values = service_values.of_members(found, everybody)
        limit = {"%": 40.0, "d": 30 * DAY, "D": 10_000 if "100" in sign else 5_000, "g": 1.0}.get(
            sign[-1], float(sign[-1]) if sign[-1].isdigit() else 0
        )
        above = sum(
            (one is None and found.kind == "span")
            or (isinstance(one, int | float) and (one > limit if sign[1] == " " else one >= limit))
            for one in values
        )
        assert above == counted(tx, f"{of} {sign}"), of
    for wrong in ("tag", "orders", "nonsense(3d)", "orders(30d) >= 1 or clicks(3d)", "is"):
        with pytest.raises(Refused):
            service_values.measured(tx, wrong, asking())
    with pytest.raises(Refused, match="--currency"):
        service_values.measured(tx, "spend(ever)", asking())


def test_bars_hold_every_value_once() -> None:
    chosen = random.Random(5)
    for size in (0, 1, 5, 40, 400):
        values: list[float | int | str | None] = [
            chosen.choice(
                (None, chosen.randrange(20), chosen.random() * 1000, int(chosen.expovariate(0.001)), -3)
            )
            for _ in range(size)
        ]
        found = histogram.bins(values)
        assert sum(one.count for one in found) == size
        numbers = [one for one in found if one.begin is not None]
        assert len(numbers) <= histogram.BINS_MAX + 1
        for one in numbers:
            inside = sum(
                isinstance(value, int | float) and one.begin is not None and (
                    value == one.begin if one.begin == one.end else value >= one.begin and (one.end is None or value < one.end)
                )
                for value in values
            )  # fmt: skip
            assert inside == one.count
    assert [(one.word, one.count) for one in histogram.bins(["fr", "ja", "fr", None])] == [
        ("fr", 2),
        ("ja", 1),
        ("", 1),
    ]
    assert histogram.bar(0, 9) == "" and histogram.bar(1, 10_000) == "█" and len(histogram.bar(9, 9)) == 40
    assert [histogram.nice_step(one, whole=True) for one in (0, 0.3, 3, 11, 600)] == [1, 1, 5, 20, 1000]


def test_overlaps_are_those_of_sets() -> None:
    found = overlap({"a": frozenset({1, 2, 3}), "b": frozenset({2, 3}), "c": frozenset({3, 9})})
    assert (found.counts, found.only) == ({"a": 3, "b": 2, "c": 2}, {"a": 1, "b": 0, "c": 1})
    assert [(one.a, one.b, one.both, one.either) for one in found.pairs] == [
        ("a", "b", 2, 3),
        ("a", "c", 1, 4),
        ("b", "c", 1, 3),
    ]
    assert (found.everywhere, found.anywhere) == (1, 4)


def test_a_response_is_a_sign_in_time() -> None:
    chosen = random.Random(7)
    within = 3 * HOUR
    for _ in range(60):
        rows = {
            kind: sorted(
                (chosen.randrange(1, 6), chosen.randrange(20) * HOUR) for _ in range(chosen.randrange(12))
            )
            for kind in ("pushed", "signs")
        }
        arrays = {kind: np.array(found, np.int64).reshape(-1, 2) for kind, found in rows.items()}
        found = focus.responses(arrays["pushed"], arrays["signs"], within=within)
        for member in range(1, 6):
            signs = [at for one, at in rows["signs"] if one == member]
            sent = [at for one, at in rows["pushed"] if one == member]
            answered = sum(any(0 <= sign - at <= within for sign in signs) for at in sent)
            assert found.get(member, Response()) == Response(len(sent), answered, len(signs))


def test_a_pick_comes_out_the_same_and_keeps_some_others() -> None:
    refs = {one: f"m-{one}" for one in range(1, 41)}
    known = {one: Response(4, one % 5, one) for one in range(1, 31)}
    pick = focus.picked(refs, known, seed=9, focus_percent=25, random_percent=5)
    assert (len(pick.focused), len(pick.at_random)) == (10, 2)
    assert not set(pick.focused) & set(pick.at_random)
    least = min(known[one].share for one in pick.focused)
    assert all(known.get(one, Response()).share <= least for one in refs if one not in pick.focused)
    backwards = dict(reversed(list(refs.items())))
    assert focus.picked(backwards, known, seed=9, focus_percent=25, random_percent=5) == pick
    assert focus.picked(refs, known, seed=10, focus_percent=25, random_percent=5).at_random != pick.at_random
    assert focus.picked({}, known, seed=9, focus_percent=25, random_percent=5) == focus.Pick((), ())
    assert len(focus.picked({1: "a"}, {}, seed=1, focus_percent=25, random_percent=5).focused) == 1, (
        "a part is rounded up"
    )


def test_prices_losses_and_time_are_counted_or_not_known() -> None:
    assert estimate.price_list("none") is None
    prices = estimate.price_list("eur; +33 marketing 0.0859; +3361 marketing 0.05; * utility 0.01")
    assert prices is not None and prices.currency == "EUR"
    assert prices.of("+33612345678", "marketing") == Fraction("0.05")
    assert prices.of("+33712345678", "marketing") == Fraction("0.0859")
    assert prices.of("+15551234567", "marketing") is None
    assert estimate.cost_minor(["+33712345678"] * 3 + ["+1555", None], "marketing", prices, 2) == (26, 2)
    for wrong in (
        "EUR",
        "EUR; 33 marketing 1",
        "EUR; +33 marketing x",
        "EUR; +33 marketing -1",
        "EUR; +33 1",
        "EUR; * m 1/0",
    ):
        with pytest.raises(Refused):
            estimate.price_list(wrong)
    assert estimate.interval(0, 0, 95) is None
    low, high = estimate.interval(5, 100, 95) or (0.0, 0.0)
    assert (round(low, 4), round(high, 4)) == (0.0215, 0.1118), "Wilson's own figures"
    assert estimate.mean_interval([5], 95) is None
    mean, low, high = estimate.mean_interval([0, 10], 95) or (0.0, 0.0, 0.0)
    assert (mean, round(low, 1), round(high, 1)) == (5.0, -4.8, 14.8)
    assert estimate.seconds(800, 80, day_max=None, day_seconds=86_400) == 10
    assert estimate.seconds(501, 1, day_max=250, day_seconds=86_400) == 2 * 86_400 + 1


def shop(tx: Transaction) -> None:
    shop_of(tx)
    for place in range(1, 9):
        order(tx, person(tx, place), place, f"{place}0.00 EUR")
    person(tx, 9)
    tx.execute(
        "INSERT INTO template (waba_id, name, language, category, status, told_at) VALUES ('2', 'promo', 'en', 'MARKETING', 'APPROVED', 0)"
    )


async def test_they_are_asked_for_as_they_are_typed(database: Database) -> None:
    async def say(*words: str) -> Mapping[str, Any]:
        return (await said(database, *words, now=TODAY)).document

    nobody = (await said(database, "segments", "layers", by=None, now=TODAY)).document
    assert (nobody["count"], nobody["currency"], nobody["cut_points"]["f"]) == (0, None, [None] * 5)
    await database.write(shop)

    found = await say("segments", "layers", "--window", "30d")
    assert (found["count"], found["currency"], sum(row["count"] for row in found["layers"])) == (9, "EUR", 9)
    assert found["cut_points"]["m"][0] == 1000
    fixed = ("recency=180d,90d,5d,2d", "frequency=1,2,3,4")
    await say("policy", "set", "segments.rfm", *fixed, "--reason", "our own figures")
    cut = (await said(database, "segments", "layers", "--window", "30d", now=TODAY)).document["cut_points"]
    assert (cut["kind"], cut["kinds"]) == ("mixed", {"r": "fixed", "f": "fixed", "m": "quantile"})
    assert (cut["f"], cut["version"]) == ([None, 1, 2, 3, 4], 3)
    why = await said(database, "segments", "explain", "rfm_r(30d) = 5", "+33639980001", now=TODAY)
    leaf = why.document["leaves"][0]
    assert (leaf["value"], leaf["true"], leaf["cut_points"]["kind"]) == (5, True, "fixed")
    assert leaf["cut_points"]["r"][4] == "2026-11-24T12:00:00Z"
    assert any("score 5: last order from 2026-11-24T12:00:00Z" in line for line in why.lines)
    names = {row["preset"] for row in (await say("segments", "presets"))["rows"]}
    assert names >= {
        "price-sensitive",
        "quality-minded",
        "hesitant",
        "high-frequency-low-value",
        "low-frequency-high-value",
    }
    for name in names:
        kept = await say("segments", "save", f"P {name}", "--preset", name)
        assert kept["version"] == 1 and "{" not in kept["rule"]
    with pytest.raises(NotFound):
        await say("segments", "save", "x", "--preset", "nothing")
    with pytest.raises(Refused):
        await say("segments", "save", "x")

    ltv = await say("segments", "ltv", "orders(30d) >= 1", "--window", "30d")
    assert (ltv["n"], ltv["mean"], ltv["median"], ltv["few"]) == (
        8,
        {"minor": 4500, "currency": "EUR"},
        {"minor": 4500, "currency": "EUR"},
        True,
    )
    assert ltv["interval"]["low"]["minor"] < 4500 < ltv["interval"]["high"]["minor"]
    assert (await say("segments", "ltv", "tag:nobody"))["interval"] is None

    pick = await say(
        "segments", "focus", "orders(30d) >= 1", "--seed", "5", "--random", "25", "--save", "Best"
    )
    again = await say("segments", "focus", "orders(30d) >= 1", "--seed", "5", "--random", "25")
    assert (pick["focused"], pick["random"], pick["digest"]) == (2, 2, again["digest"])
    assert len(await database.read(store_layers.picks)) == 2
    shared = await say("segments", "overlap", "Best", "orders(30d) >= 1", "tag:nobody")
    assert [row["count"] for row in shared["segments"]] == [4, 8, 0]
    assert shared["pairs"][0] == {"a": "Best", "b": "orders(30d) >= 1", "both": 4, "either": 8}

    bars = await say("segments", "histogram", "not tag:nobody", "--of", "last_order")
    assert (bars["count"], bars["unit"], bars["bins"][-1]["none"], bars["bins"][-1]["count"]) == (
        9,
        "days",
        True,
        1,
    )
    sample = await say("segments", "sample", "orders(30d) >= 1 and not tag:vip", "--size", "3")
    assert (sample["match"], len(sample["rows"]), len(sample["rows"][0]["leaves"])) == (8, 3, 2)

    guess = await say("segments", "estimate", "not tag:nobody", "--template", "promo")
    assert (guess["match"], guess["messages"], guess["money"], guess["losses"]["low"]) == (9, 9, None, None)
    assert guess["seconds"] == pytest.approx(0.1)
