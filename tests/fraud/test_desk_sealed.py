"""What the tables cannot refuse to a file's owner, verification tells; and what they do refuse."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from tests.cashback.earnings import first_bad
from tests.fraud.desk import NOW, desk_ledger, done, item, operator, person, undo
from waconsole.clock import HOUR
from waconsole.database.connection import Transaction
from waconsole.fraud import attacks, service_deciding, service_standings
from waconsole.fraud.deciding import DecisionRow, StandingRow
from waconsole.fraud.service_attack import stage
from waconsole.fraud.service_standings import Frozen


def decided(tx: Transaction) -> None:
    """Items in many states, a freeze that ended, a cascade, an undo, words."""
    first = item(tx, "a", [2, 3])
    service_standings.freeze(tx, [Frozen(first, person(tx, 2), "velocity", 1, NOW - HOUR)], now=NOW)
    item(tx, "b", [4, 5])
    item(tx, "c", [6, 7])
    item(tx, "d", [6, 8])
    done(tx, "kim", "release", "a", note="a family")
    done(tx, "kim", "freeze", "b")
    undo(tx, "kim")
    done(tx, "kim", "freeze", "b")
    done(tx, "zoe", "block", "b", note="again")
    done(tx, "kim", "snooze", "c", until=NOW + HOUR, cascade=True)
    service_deciding.appeal(tx, operator(tx, "ann"), "a", "new_evidence", "a bill", now=NOW)
    done(tx, "kim", "void", "a", note="no family")


@pytest.fixture(scope="module")
def laid() -> Iterator[Transaction]:
    """The same, without the guards."""
    with desk_ledger() as tx:
        decided(tx)
        for trigger in tx.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
            tx.execute(f"DROP TRIGGER {trigger['name']}")
        yield tx


def test_what_was_decided_is_sound(laid: Transaction) -> None:
    assert first_bad(laid) is None


COLUMNS = [
    *(("review_decision", name) for name in (*DecisionRow._fields, "chain_seq")),
    *(("standing", name) for name in (*StandingRow._fields, "chain_seq", "ended_at", "ended_by")),
    *(
        ("review", name)
        for name in ("id", "ref", "kind", "state", "found_at", "snoozed_until", "decision_id")
    ),
    *(("signal", name) for name in ("review_id", "rule", "rule_version", "weight", "evidence")),
    *(("review_member", name) for name in ("review_id", "member_id")),
    *(("review_invite", name) for name in ("review_id", "invite_id")),
    *(("review_words", name) for name in ("id", "salt", "words")),
]


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=".".join)
def test_every_column_that_was_changed_is_told(laid: Transaction, table: str, column: str) -> None:
    change = f"CASE typeof({column}) WHEN 'blob' THEN randomblob(16) WHEN 'text' THEN {column} || 'x' ELSE coalesce({column}, 0) + 97 END"
    where = (
        "WHERE id = (SELECT min(id) FROM {})"
        if table in ("review", "signal", "review_member", "review_invite")
        else "WHERE id = (SELECT max(id) FROM {})"
    )
    laid.execute("PRAGMA ignore_check_constraints = ON")
    laid.execute("PRAGMA defer_foreign_keys = ON")
    laid.execute("SAVEPOINT tampering")
    try:
        laid.execute(f"UPDATE {table} SET {column} = {change} {where.format(table)}")
        assert first_bad(laid) is not None
    finally:
        laid.execute("ROLLBACK TO tampering")
        laid.execute("RELEASE tampering")


@pytest.mark.parametrize(
    "table", ["review_decision", "standing", "signal", "review_member", "review_invite", "review"]
)
def test_every_row_that_was_taken_out_is_told(laid: Transaction, table: str) -> None:
    laid.execute("PRAGMA defer_foreign_keys = ON")
    laid.execute("SAVEPOINT tampering")
    try:
        laid.execute(f"DELETE FROM {table} WHERE id = (SELECT min(id) FROM {table})")
        assert first_bad(laid) is not None
    finally:
        laid.execute("ROLLBACK TO tampering")
        laid.execute("RELEASE tampering")


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_the_tables_refuse_what_is_known_to_be_tried(recursive: str) -> None:
    with desk_ledger() as tx:
        stage(tx, now=NOW)
        tx.execute("COMMIT")
        tx.execute(f"PRAGMA recursive_triggers = {recursive}")
        tx.execute("PRAGMA foreign_keys = OFF")
        tx.execute("PRAGMA ignore_check_constraints = ON")
        found: list[str] = []
        for attack in attacks.attacks():
            tx.execute("BEGIN")
            try:
                for before in attack.statements[:-1]:
                    tx.execute(before)
                try:
                    tx.execute(attack.statements[-1])
                except sqlite3.DatabaseError as error:
                    if not str(error).startswith(attack.says):
                        found.append(f"{attack.name}: {error}")
                else:
                    found.append(f"{attack.name}: let through")
            finally:
                tx.execute("ROLLBACK")
        tx.execute("BEGIN")
        assert found == []
