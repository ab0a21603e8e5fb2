from __future__ import annotations

import random

import pytest

from tests.segments.columns_against_rows import by_rows, differences, question
from tests.segments.crowds import NOW, Crowd, empty_ledger
from tests.segments.rules_at_random import Rules
from waconsole.clock import DAY, SECOND
from waconsole.segments.service_columns import Columns


@pytest.mark.parametrize("seed", range(2))
def test_columns_name_whom_rows_name(seed: int) -> None:
    assert differences(seed, 60) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 200))
def test_columns_name_whom_rows_name_in_ten_thousand_trees(seed: int) -> None:
    assert differences(seed, 100) == []


def test_an_answer_holds_until_it_says_it_can_change() -> None:
    chance, rules, engine = random.Random(5), Rules(5), Columns()
    with empty_ledger() as tx:
        crowd = Crowd(tx, 5)
        crowd.add_members(20)
        crowd.add_facts(40)
        tried = 0
        for _ in range(60):
            rule = rules.leaf()
            now = NOW - chance.randrange(20) * DAY
            found = engine.matches(tx, question(tx, rule, now=now))
            if found.changes_at is None or found.changes_at > now + SECOND:
                tried += 1
                until = now + 400 * DAY if found.changes_at is None else found.changes_at - SECOND
                for later in (until, now + (until - now) // 2 // SECOND * SECOND):
                    assert by_rows(tx, question(tx, rule, now=later)) == found.ids(), rule
        assert tried > 20


def test_a_window_tells_the_second_at_which_a_click_leaves_it() -> None:
    with empty_ledger() as tx:
        Crowd(tx, 1).add_members(2)
        tx.execute("UPDATE member SET import_run_id = 0")
        tx.execute(
            "INSERT INTO click (member_id, clicked_at, category, recorded_at) VALUES (1, ?, 'serum', 0)",
            (NOW - DAY,),
        )
        engine = Columns()
        found = engine.matches(tx, question(tx, "clicks(7d)>=1"))

        assert found.ids() == [1]
        assert found.changes_at == NOW + 6 * DAY + SECOND
        assert engine.matches(tx, question(tx, "clicks(7d)>=1", now=NOW + 6 * DAY)).ids() == [1]
        assert engine.matches(tx, question(tx, "clicks(7d)>=1", now=NOW + 6 * DAY + SECOND)).ids() == []
