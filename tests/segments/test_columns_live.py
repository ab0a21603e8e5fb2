from __future__ import annotations

import time

from tests.segments.columns_against_rows import by_rows, question
from tests.segments.crowds import NOW, Crowd, empty_ledger
from waconsole.database.connection import Database, Transaction
from waconsole.database.engine import connect
from waconsole.segments.service_asking import Asking, engine_named
from waconsole.segments.service_columns import Columns

SEEN_SECONDS_MAX = 0.15


def _members(tx: Transaction) -> None:
    for place in range(1, 6):
        tx.execute(
            "INSERT INTO member (id, ref, origin, added_at) VALUES (?, ?, 'import', 0)", (place, f"m{place}")
        )


async def test_a_click_that_another_process_commits_is_counted_at_the_next_look(database: Database) -> None:
    await database.write(_members)
    engine = Columns()

    def count(tx: Transaction) -> int:
        return engine.matches(tx, question(tx, "clicks(7d)>=1")).count

    assert await database.read(count) == 0
    other = connect(database.path, read_only=False)
    other.execute(
        "INSERT INTO click (member_id, clicked_at, category, recorded_at) VALUES (2, ?, 'serum', 0)", (NOW,)
    )
    other.close()
    begun = time.perf_counter()

    assert await database.read(count) == 1
    assert (
        time.perf_counter() - begun < 10 * SEEN_SECONDS_MAX
    )  # a busy machine; the benchmark holds the goal itself
    assert not await database.read(engine.refresh)


async def test_rows_of_an_open_import_come_to_count_when_it_is_sealed(database: Database) -> None:
    await database.write(_members)
    engine = Columns()

    def begin(tx: Transaction) -> None:
        tx.execute(
            "INSERT INTO import_run (id, ref, kind, target, source, sha256, state, worker, begun_at, pulse_at)"
            " VALUES (1, 'r', 'clicks', 'clicks', 'x', 'x', 'open', 'released', 0, 0)"
        )
        tx.execute(
            "INSERT INTO click (member_id, clicked_at, category, recorded_at, import_run_id) VALUES (3, ?, 'serum', 0, 1)",
            (NOW,),
        )

    def ids(tx: Transaction) -> list[int]:
        return engine.matches(tx, question(tx, "clicks(7d)>=1")).ids()

    await database.write(begin)
    assert await database.read(ids) == []
    await database.write(lambda tx: tx.execute("UPDATE import_run SET state = 'sealed'").rowcount)
    assert await database.read(ids) == [3]


def test_an_edit_of_one_leaf_leaves_the_others_as_they_are() -> None:
    with empty_ledger() as tx:
        crowd = Crowd(tx, 8)
        crowd.add_members(20)
        crowd.add_facts(40)
        engine = Columns()
        for number in range(1, 6):
            asked = question(tx, f"clicks(30d)>={number} or is:silent and not orders(ever)=0")
            assert engine.matches(tx, asked).ids() == by_rows(tx, asked)

        assert len(engine._known) == 5 + 2


def test_columns_answer_by_default_and_rows_when_asked() -> None:
    assert engine_named(None)[0] == "columns"
    assert engine_named("sql")[0] == "sql"
    with empty_ledger() as tx:
        crowd = Crowd(tx, 9)
        crowd.add_members(9)
        _, engine = engine_named("columns")
        engine.load(tx, Asking(question(tx, "lang:pt").asking.vocabulary, NOW))

        assert engine.matches(tx, question(tx, "")).ids() == by_rows(tx, question(tx, ""))
