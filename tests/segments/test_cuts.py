"""Fixed cut points: read strictly, and cut the same in columns, in SQL and by plain counting."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from tests.segments.columns_against_rows import by_rows, question
from tests.segments.crowds import NOW, Crowd, empty_ledger
from tests.segments.rules_at_random import Rules
from waconsole.clock import DAY, HOUR, SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.segments import fields, rfm
from waconsole.segments.service_asking import Question
from waconsole.segments.service_columns import Columns

LAYERS: list[dict[str, Any]] = [{"name": "champions", "r_min": 4, "f_min": 4}]
CUTS = (
    {"recency": "180d 90d 30d 7d", "frequency": "2 3 5 8", "money": "HKD 100 500 1000 5000; EUR 10 50 100 500"},
    {"recency": "365d,60d,36h,1h"},
    {"frequency": "1, 2, 3, 4", "money": "EUR: 0 1.50 20 300"},
)  # fmt: skip


def cutting(value: dict[str, str]) -> rfm.Cutting:
    return rfm.cutting_of({"layers": LAYERS, **value}, 2)


def test_cut_points_are_four_that_rise_in_score() -> None:
    read = cutting(CUTS[0])
    assert read.recency == tuple(days * DAY for days in (180, 90, 30, 7))
    assert (read.frequency, read.version) == ((2, 3, 5, 8), 2)
    assert read.money_in("EUR") == (1_000, 5_000, 10_000, 50_000)
    assert read.money_in("JPY") == () == cutting({"money": "Quantile"}).money
    for wrong in (
        {"frequency": "2 3 5"}, {"frequency": "2 3 3 8"}, {"frequency": "8 5 3 2"}, {"frequency": "2 3 5 x"}, {"frequency": ""},
        {"frequency": "2 3 5 ²"}, {"recency": "7d 30d 90d 180d"}, {"recency": "180 90 30 7"}, {"recency": "180d 90d 30d 0d"},
        {"money": "HKD"}, {"money": "100 500 1000 5000"}, {"money": "HKD 1 2 3 4; HKD 1 2 3 5"}, {"money": "JPY 1 2 3 4.5"},
        {"money": "HKD 1 2 3 9999999999999999999"}, {"money": "HKD -1 2 3 4"}, {"money": "HKD 1 2 3 4;"},
    ):  # fmt: skip
        with pytest.raises(Refused):
            cutting(wrong)


def asked(tx: Transaction, rule: str, cuts: rfm.Cutting, now: int = NOW) -> Question:
    found = question(tx, rule, now=now)
    return replace(found, known={**found.known, fields.RFM: cuts})


def test_both_engines_cut_alike_at_fixed_points() -> None:
    chance, rules, engine = random.Random(8), Rules(8), Columns()
    with empty_ledger() as tx:
        crowd = Crowd(tx, 8)
        crowd.add_members(40)
        crowd.add_facts(80)
        for place in range(60):
            rule, cuts = rules._rfm(), cutting(chance.choice(CUTS))
            now = NOW + chance.choice((0, 0, SECOND, HOUR, -DAY, 5 * DAY))
            found = engine.matches(tx, asked(tx, rule, cuts, now))
            assert found.ids() == by_rows(tx, asked(tx, rule, cuts, now)), (rule, cuts)
            if found.changes_at is not None and found.changes_at > now + SECOND:
                then = found.changes_at - SECOND
                assert by_rows(tx, asked(tx, rule, cuts, then)) == found.ids(), (rule, cuts)
            if place % 20 == 0:
                crowd.change()


def test_a_fixed_point_belongs_to_the_higher_score() -> None:
    with empty_ledger() as tx:
        Crowd(tx, 1).add_members(4)
        tx.execute("UPDATE member SET import_run_id = 0")
        for who, ages in {1: (7 * DAY,), 2: (7 * DAY + SECOND, 8 * DAY), 3: (200 * DAY,)}.items():
            for place, age in enumerate(ages):
                tx.execute(
                    'INSERT INTO "order" (reference, member_id, ordered_at, currency, total_minor, origin, recorded_at)'
                    " VALUES (?, ?, ?, 'HKD', 10000, 'import', 0)",
                    (f"{who} {place}", who, NOW - age),
                )
        cuts, engine = cutting(CUTS[0]), Columns()
        scores: dict[str, dict[int, int]] = defaultdict(dict)
        for name, brackets in (("rfm_r", "365d"), ("rfm_f", "365d"), ("rfm_m", "365d, currency=HKD")):
            for score in range(1, 6):
                for who in engine.matches(tx, asked(tx, f"{name}({brackets}) = {score}", cuts)).ids():
                    scores[name][who] = score

        assert scores["rfm_r"] == {1: 5, 2: 4, 3: 1}
        assert scores["rfm_f"] == {1: 1, 2: 2, 3: 1}
        assert scores["rfm_m"] == {1: 2, 2: 2, 3: 2}
        lapse = engine.matches(tx, asked(tx, "rfm_r(365d) = 5", cuts))
        assert lapse.changes_at == NOW + SECOND
        assert engine.matches(tx, asked(tx, "rfm_r(365d) = 5", cuts, NOW + SECOND)).ids() == []
