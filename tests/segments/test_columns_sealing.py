from __future__ import annotations

import pytest

from tests.segments.columns_against_rows import by_rows, question
from tests.segments.crowds import NOW, Crowd, empty_ledger
from waconsole.clock import SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.segments import service_columns_sealing as sealing
from waconsole.segments import store_columns as store
from waconsole.segments import store_columns_due
from waconsole.segments.columns import FACTS
from waconsole.segments.service_columns import Columns
from waconsole.segments.service_columns_sealing import seal_within

RULES = (
    "orders(ever)>=2", "spend(365d)>100 HKD", "clicks(category=serum, ever)>=1", "coupon_share(ever)>30%",
    "last_push>36h", "inbound(ever)>=1", "lang:pt", "is:referred", "refunds(ever)>=1", "units(category=mask, ever)>=2",
)  # fmt: skip


def crowd_of(tx: Transaction, seed: int = 3) -> Crowd:
    crowd = Crowd(tx, seed)
    crowd.add_members(30)
    crowd.add_products()
    crowd.add_facts(80)
    crowd.seal_import()
    return crowd


def wrong(tx: Transaction, engine: Columns | None = None) -> list[str]:
    engine = engine or Columns()
    return [
        rule
        for rule in RULES
        if engine.matches(tx, question(tx, rule)).ids() != by_rows(tx, question(tx, rule))
    ]


def test_what_is_sealed_is_read_from_columns_and_counts_the_same() -> None:
    with empty_ledger() as tx:
        crowd_of(tx)
        done = seal_within(tx, now=NOW, rows_min=1)
        tx.execute("PRAGMA foreign_keys = OFF")
        before = {rule: by_rows(tx, question(tx, rule)) for rule in RULES}

        assert {"order", "line", "click", "push", "member"} <= done.keys()
        assert wrong(tx) == []
        assert seal_within(tx, now=NOW, rows_min=1) == {}
        assert all(before.values())


def test_what_comes_later_is_read_above_what_is_sealed() -> None:
    with empty_ledger() as tx:
        crowd = crowd_of(tx)
        seal_within(tx, now=NOW, rows_min=1)
        engine = Columns()
        assert wrong(tx, engine) == []
        crowd.add_members(5)
        crowd.add_facts(30)

        assert wrong(tx, engine) == []
        assert wrong(tx) == []
        seal_within(tx, now=NOW, rows_min=1)
        assert wrong(tx) == []
        assert wrong(tx, engine) == []


def test_a_sealed_row_that_is_changed_or_taken_out_is_read_from_the_rows() -> None:
    with empty_ledger() as tx:
        crowd_of(tx)
        seal_within(tx, now=NOW, rows_min=1)
        engine = Columns()
        assert wrong(tx, engine) == []
        tx.execute("DELETE FROM click WHERE id % 3 = 0")
        tx.execute("UPDATE refund SET refusal = 'too much' WHERE id % 2 = 0")
        tx.execute("UPDATE member SET language = 'pt' WHERE id % 5 = 0")

        assert store.touched(tx, "click")
        assert wrong(tx, engine) == []
        assert wrong(tx) == []


def test_a_fact_with_many_changed_rows_is_sealed_anew() -> None:
    with empty_ledger() as tx:
        crowd_of(tx)
        seal_within(tx, now=NOW, rows_min=1)
        tx.execute("DELETE FROM click WHERE id % 2 = 0")
        done = seal_within(tx, now=NOW, rows_min=1_000)

        assert list(done) == ["click"]
        assert store.touched(tx, "click") == []
        assert len(store.runs(tx, "click")) == 1
        assert wrong(tx) == []


def test_an_id_that_comes_again_after_the_highest_rows_were_taken_out_counts() -> None:
    def click(tx: Transaction) -> None:
        tx.execute(
            "INSERT INTO click (member_id, clicked_at, category, recorded_at) VALUES (1, ?, 'serum', 0)",
            (NOW,),
        )

    with empty_ledger() as tx:
        crowd_of(tx)
        seal_within(tx, now=NOW, rows_min=1)
        engine = Columns()
        assert wrong(tx, engine) == []
        tx.execute("DELETE FROM click WHERE id > 5")
        assert wrong(tx, engine) == []
        click(tx)
        assert wrong(tx, engine) == wrong(tx) == []
        tx.execute("DELETE FROM click WHERE id > 4")
        seal_within(tx, now=NOW, rows_min=1)
        click(tx)
        assert wrong(tx, engine) == wrong(tx) == []


def test_runs_become_one_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "RUNS_MAX", 3)
    with empty_ledger() as tx:
        crowd = crowd_of(tx)
        for _ in range(5):
            crowd.add_facts(20)
            seal_within(tx, now=NOW, rows_min=1)
            assert len(store.runs(tx, "order")) <= 3

        assert wrong(tx) == []
        assert not tx.value("SELECT 1 FROM column_run WHERE state <> 'sealed'")


def test_two_people_who_become_one_change_no_column() -> None:
    with empty_ledger() as tx:
        crowd_of(tx)
        tx.execute("UPDATE member SET import_run_id = 0")
        seal_within(tx, now=NOW, rows_min=1)
        engine = Columns()
        assert wrong(tx, engine) == []
        for row, into in ((1, 2), (5, 7), (7, 9)):
            tx.execute("INSERT INTO merge (member_id, into_id, merged_at) VALUES (?, ?, 0)", (row, into))
            tx.execute("UPDATE member SET merged_into = ? WHERE id = ? OR merged_into = ?", (into, row, row))
            tx.execute(
                "UPDATE alias SET moved_from = coalesce(moved_from, member_id), member_id = ? WHERE member_id = ?",
                (into, row),
            )

        assert store.touched(tx, "order") == []
        assert wrong(tx, engine) == []
        assert wrong(tx) == []


def test_nothing_is_sealed_while_an_import_is_open() -> None:
    with empty_ledger() as tx:
        crowd = Crowd(tx, 4)
        crowd.add_members(10)
        crowd.add_facts(20)

        assert not store_columns_due.is_due(tx)
        assert seal_within(tx, now=NOW, rows_min=1) == {}
        assert wrong(tx) == []


def test_what_an_erased_person_spoke_leaves_the_columns_at_once() -> None:
    with empty_ledger() as tx:
        crowd_of(tx)
        seal_within(tx, now=NOW, rows_min=1)
        engine = Columns()
        assert wrong(tx, engine) == []
        tx.execute("UPDATE member SET erased_at = 1, language = '', timezone = '' WHERE id = 3")

        assert store.chunks(tx, "member", "language") == []
        assert wrong(tx, engine) == []
        seal_within(tx, now=NOW, rows_min=1)
        assert wrong(tx) == []


def test_an_instant_that_no_column_holds_is_left_to_the_rows() -> None:
    with empty_ledger() as tx:
        crowd_of(tx)
        tx.execute(
            "INSERT INTO cart (member_id, changed_at, state, recorded_at) VALUES (1, ?, 'open', 0)",
            (-(10**16),),
        )
        asked = question(tx, "carts(ever)>=1 and first_cart>30d")

        assert Columns().matches(tx, asked).ids() == by_rows(tx, asked) != []
        assert "cart" not in seal_within(tx, now=NOW, rows_min=1)


def test_an_instant_between_two_seconds_is_left_to_the_rows() -> None:
    with empty_ledger() as tx:
        crowd_of(tx)
        tx.execute(
            "INSERT INTO cart (member_id, changed_at, state, recorded_at) VALUES (1, ?, 'open', 0)",
            (NOW + 1,),
        )
        asked = question(tx, "last_cart>=0s")

        assert Columns().matches(tx, asked).ids() == by_rows(tx, asked)


def test_every_table_of_a_fact_tells_when_a_row_is_changed_or_taken_out() -> None:
    with empty_ledger() as tx:
        told = {
            (row["name"], row["tbl_name"])
            for row in tx.rows("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'trigger' LIMIT 10000")
        }
    for fact in (*FACTS, "member"):
        table = store_columns_due.TABLES[fact].strip('"')
        assert {(f"column_{fact}_changed", table), (f"column_{fact}_removed", table)} <= told


async def test_a_sealing_that_ends_half_way_counts_for_nobody_and_is_taken_out(database: Database) -> None:
    def fill(tx: Transaction) -> None:
        for place in range(1, 9):
            tx.execute(
                "INSERT INTO member (id, ref, origin, added_at) VALUES (?, ?, 'import', 0)",
                (place, f"m{place}"),
            )
            tx.execute(
                "INSERT INTO click (member_id, clicked_at, category, recorded_at) VALUES (?, ?, 'serum', 0)",
                (place, NOW - place * SECOND),
            )

    def state(tx: Transaction) -> list[tuple[str, str]]:
        return [
            (row["fact"], row["state"])
            for row in tx.rows("SELECT fact, state FROM column_run ORDER BY id LIMIT 99")
        ]

    def count(tx: Transaction) -> int:
        return Columns().matches(tx, question(tx, "clicks(ever)>=1")).count

    await database.write(fill)
    asked_to_stop = iter((False, True))
    await sealing.seal(database, now=NOW, stop=lambda: next(asked_to_stop, True), rows_min=1)
    assert await database.read(state) == [("member", "open")]
    assert await database.read(count) == 8

    later = NOW + 2 * sealing.DEAD_AFTER
    assert await sealing.seal(database, now=later, rows_min=1) == {"member": 8, "click": 8}
    assert await database.read(state) == [("member", "sealed"), ("click", "sealed")]
    assert await database.read(count) == 8


async def test_a_row_that_changes_while_it_is_sealed_lets_the_sealing_go(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = sealing._begin

    def fill(tx: Transaction) -> None:
        tx.execute("INSERT INTO member (id, ref, origin, added_at) VALUES (1, 'm1', 'import', 0)")
        tx.execute(
            "INSERT INTO click (member_id, clicked_at, category, recorded_at) VALUES (1, ?, 'serum', 0)",
            (NOW,),
        )

    def change_too(tx: Transaction, plan: sealing.Plan, now: int) -> int:
        if plan.fact.name == "click":
            tx.execute("UPDATE click SET category = 'mask'")
        return begin(tx, plan, now)

    await database.write(fill)
    monkeypatch.setattr(sealing, "_begin", change_too)
    done = await sealing.seal(database, now=NOW, rows_min=1)

    assert "click" not in done
    asked = "clicks(category=mask, ever)>=1 and clicks(category=serum, ever)=0"
    assert await database.read(lambda tx: Columns().matches(tx, question(tx, asked)).ids()) == [1]


def test_a_word_that_holds_what_parts_words_is_read_whole() -> None:
    with empty_ledger() as tx:
        crowd_of(tx)
        tx.execute("UPDATE click SET category = 'a' || char(31) || 'b' WHERE id % 4 = 0")
        asked = question(tx, 'clicks(category="serum", ever)>=1 and not clicks(ever)>=3')
        before = by_rows(tx, asked)
        seal_within(tx, now=NOW, rows_min=1)

        assert Columns().matches(tx, asked).ids() == before
        words = {
            row["word"] for row in tx.rows("SELECT word FROM column_word WHERE kind = 'category' LIMIT 99")
        }
        assert "a\x1fb" in words
        assert not {"a", "b"} & words
