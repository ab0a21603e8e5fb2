"""What cannot be asked is said at its place, and never answered with a number."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.segments import behaviour
from tests.segments.behaviour import NOW
from waconsole import catalogue
from waconsole.database.connection import Transaction
from waconsole.query.compile import check
from waconsole.query.mistakes import QueryError
from waconsole.segments import service_asking, store_segments
from waconsole.segments.service_asking import Asking, Rows


@pytest.fixture(scope="module")
def tx() -> Iterator[Transaction]:
    """Three members."""
    with behaviour.empty() as tx:
        behaviour.add_people(tx, 3)
        yield tx


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ("frobs(7d) >= 1", "frobs"),
        ("orders(7d) >= 1 and frobs >= 1", "frobs"),
        ("orders() >= 1", "orders"),
        ("orders(category=serum) >= 1", "orders"),
        ("orders(colour=red, 7d) >= 1", "colour=red"),
        ("orders(0d) >= 1", "0d"),
        ("clicks(0h) = 0", "0h"),
        ("orders(7w) >= 1", "7w"),
        ("orders(7d, 30d) >= 1", "30d"),
        ("orders(since 2026-13-01) >= 1", "since 2026-13-01"),
        ("orders(7d) >= 7d", "7d"),
        ("spend(7d) >= 500", "500"),
        ("spend(7d) >= 500 XYZ", "500 XYZ"),
        ("spend(category=serum, 7d) >= 500 HKD", "category=serum"),
        ("avg_order(7d) >= 50%", "50%"),
        ("coupon_share(7d) > 70", "70"),
        ("coupon_share(7d) > 100.000001%", "100.000001%"),
        ("unit_price(ever, currency=XYZ) > 2x avg", "unit_price(ever, currency=XYZ) > 2x avg"),
        ("unit_price(ever, currency=HKD) > 200 HKD", "200 HKD"),
        ("rfm_r(365d) >= 6", "6"),
        ("rfm_m(365d, currency=HKD) > 5.5", "5.5"),
        ("rfm_layer(365d) = gold", "gold"),
        ("rfm_layer(365d) >= new", "new"),
        ("carts(state=lost, 7d) >= 1", "state=lost"),
        ("distinct(7d) >= 1", "distinct"),
        ("distinct(orders.colour, 7d) >= 1", "orders.colour"),
        ("is:unknown", "unknown"),
        ("review:closed", "closed"),
        ("consent:perhaps", "perhaps"),
        ("shared:phone", "phone"),
        ("last_push > 36", "36"),
        ("last_push > never", "never"),
        ("orders(7d) = never", "never"),
        ("last_click(category=serum) > 7d", "category=serum"),
        ("segment:nobody", "nobody"),
        ("zone:Europe/Pariss", "Europe/Pariss"),
        ("zone:../../etc/passwd", "../../etc/passwd"),
        ("orders(7d)", "orders(7d"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_at_its_place(tx: Transaction, rule: str, place: str) -> None:
    with pytest.raises(QueryError) as raised:
        service_asking.read(tx, rule, Asking(catalogue.vocabulary(), NOW))

    error = raised.value
    assert rule[error.place.start : error.place.stop] == place
    assert error.underlined()
    if place != "nobody":  # what is saved is known to whoever asks, not to a check of words
        assert check(rule, "member", catalogue.vocabulary())


@pytest.mark.parametrize(
    "rule", ["(" * 41 + "orders(7d)=0" + ")" * 41, "not " * 41 + "is:new", "x" * (10 << 20), "is:new or " * 5_000 + "is:new"],
    ids=["brackets", "nots", "ten megabytes", "too many"],
)  # fmt: skip
def test_what_is_too_deep_or_too_long_is_refused(tx: Transaction, rule: str) -> None:
    with pytest.raises(QueryError):
        service_asking.read(tx, rule, Asking(catalogue.vocabulary(), NOW))


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ('orders(category=") or 1=1 --", 7d) >= 1', 0),
        ('orders(category=") or 1=1 --", 7d) = 0', 3),
        ('clicks(product="\'; DROP TABLE member; --", ever) >= 1', 0),
        ('inbound(group="nobody\'s", ever) = 0', 3),
        ("tag:nobody or in:nowhere or zone:utc", 0),
        ("orders(7d) < 999999999999999.999999", 3),
        ("spend(7d) < 999999999999999.999999 CLF", 3),
        ("units(7d) = 0.5", 0),
        ("units(7d) != 0.5", 3),
        ("orders(999999d) = 0", 3),
        ("(" * 40 + "orders(7d)=0" + ")" * 40, 3),
        ("not " * 40 + "orders(7d)=0", 3),
    ],
)
def test_what_looks_odd_is_asked_as_it_is_written(tx: Transaction, rule: str, count: int) -> None:
    question = service_asking.read(tx, rule, Asking(catalogue.vocabulary(), NOW))

    assert Rows(tx, question).count == count


def test_segments_stand_within_each_other_so_deep_and_one_sentence_says_so(tx: Transaction) -> None:
    for place in range(42):
        name = f"s{place}"
        segment_id = store_segments.add_segment(tx, ref=name, name=name, folded=name, now=0)
        rule = f"segment:s{place - 1}" if place else "orders(ever) = 0"
        store_segments.add_version(tx, segment_id, 1, rule=rule, operator_id=None, now=0)
    asking = Asking(catalogue.vocabulary(), NOW)

    assert Rows(tx, service_asking.read(tx, "segment:s39", asking)).count == 3
    with pytest.raises(
        QueryError, match=r"^The segment s2 cannot be asked: .* at most 40 deep: s1 is deeper.$"
    ):
        service_asking.read(tx, "segment:s41", asking)
