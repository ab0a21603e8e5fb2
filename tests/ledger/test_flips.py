"""Single bytes turned over on the pages of everything that is proved, and every column changed behind its guards."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cashback import earnings
from tests.cashback.ledger_lines import NOW, approved, done, lines_ledger, operator, ref
from waconsole import catalogue
from waconsole.cashback import service_evidence, service_exporting, service_paying, service_reconciling
from waconsole.cashback.reconciling import Told
from waconsole.chain.seal import Unsound
from waconsole.cli.verify import TABLES
from waconsole.database import schema
from waconsole.database.connection import Transaction
from waconsole.ledger.service_verify import verify
from waconsole.policy import service_attack as policy

# Rows that say what somebody saw or is told, and move nothing: they are guarded, and not sealed.
NOT_SEALED: Final = frozenset({"line_conflict", "store_credit"})
# What may stand otherwise than it was sealed, each with its reason.
FREE: Final = frozenset(
    {
        # numbers that nothing refers to, and that are no order
        *(
            (table, "id")
            for table in ("act_seal", "currency", "decision_words", "operator_seal", "policy_seal")
        ),
    }
)
BEHIND_THE_HEAD: Final = 100


@cache
def image() -> bytes:
    """A ledger in which everything happened once, as its file."""
    with lines_ledger() as tx:
        policy.stage(tx, now=NOW)
        approved(tx, 1, 2, 3)
        service_evidence.dispute(tx, operator(tx, "ann"), ref(tx, 7), reason="not hers", now=NOW)
        done(tx, "kim", "propose", 7, 4)
        done(tx, "zoe", "reject", 7)
        done(tx, "zoe", "split", 4, amount="1000 JPY")
        done(tx, "kim", "hold", 5)
        row = service_paying.batch(tx, operator(tx, "kim"), "HKD", now=NOW).row
        service_exporting.export(
            tx, operator(tx, "zoe"), row.ref, count=3, sum_minor=row.sum_minor, file=Path("x"), now=NOW
        )
        told = [Told(2, ref(tx, 1), "confirmed", "R1", "", ""), Told(3, ref(tx, 2), "failed", "R2", "", "")]
        service_reconciling.reconcile(tx, operator(tx, "kim"), row.ref, told, now=NOW)
        earnings.refund(tx, "A1", "100.00")
        earnings.refund(tx, "A4", "10000")
        earnings.catch_up(tx)
        tx.execute("COMMIT")
        found = tx._connection.serialize()
        tx.execute("BEGIN")
    return found


@cache
def unguarded() -> bytes:
    """The same without its triggers: a byte asks none, and reading three hundred takes longer than to verify."""
    with closing(_opened(image())) as connection:
        for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {row['name']}")
        connection.execute("VACUUM")
        return connection.serialize()


def _opened(content: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(content)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _told(tx: Transaction) -> str:
    """What `verify` says first of rows, or nothing."""
    try:
        verify(tx, catalogue.sealed())
    except Unsound as unsound:
        return unsound.says
    except (sqlite3.DatabaseError, ValueError, TypeError, OverflowError) as error:
        return str(error) or type(error).__name__
    return ""


def _judged(tx: Transaction, before: dict[str, list[tuple[Any, ...]]]) -> tuple[str, list[str]]:
    """`told`, `harmless` (no value changed), or `missed` with the tables that changed.

    The engine's own look at the pages takes longest, and is only asked where it decides.
    """
    if _told(tx):
        return "told", []
    try:
        after = _values(tx)
        changed = [table for table in TABLES if after[table] != before[table]]
        if not changed:
            return "harmless", []
        return ("told", []) if schema.faults(tx, TABLES) else ("missed", changed)
    except (sqlite3.DatabaseError, ValueError, TypeError, OverflowError):
        return "told", []


def _values(tx: Transaction) -> dict[str, list[tuple[Any, ...]]]:
    return {table: [tuple(row) for row in tx.rows(f"SELECT * FROM {table}")] for table in TABLES}


def pages(connection: sqlite3.Connection) -> dict[str, list[int]]:
    """The pages of each table and of its indexes, walked from their roots, as offsets in the file."""
    content = connection.serialize()
    size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    found: dict[str, list[int]] = {}
    for row in connection.execute("SELECT tbl_name, rootpage FROM sqlite_schema WHERE rootpage > 0"):
        if row["tbl_name"] in TABLES:
            found.setdefault(row["tbl_name"], []).extend(_below(content, size, row["rootpage"]))
    return found


def _below(content: bytes, size: int, page: int) -> Iterator[int]:
    begins = (page - 1) * size
    yield begins
    kind, cells = content[begins], int.from_bytes(content[begins + 3 : begins + 5], "big")
    if kind not in (2, 5):
        return
    for cell in range(cells):
        at = begins + 12 + 2 * cell
        place = begins + int.from_bytes(content[at : at + 2], "big")
        yield from _below(content, size, int.from_bytes(content[place : place + 4], "big"))
    yield from _below(content, size, int.from_bytes(content[begins + 8 : begins + 12], "big"))


def _flip(places: list[int], chosen: random.Random) -> tuple[Counter[str], list[str]]:
    """Turn one bit at each place over, each by itself: told, harmless (no value changed), or missed."""
    content = bytearray(unguarded())
    with closing(_opened(unguarded())) as connection:
        tx = Transaction(connection, lambda: False)
        assert _told(tx) == ""
        before = _values(tx)
    found: Counter[str] = Counter()
    missed: list[str] = []
    for place in places:
        bit = 1 << chosen.randrange(8)
        content[place] ^= bit
        with closing(_opened(bytes(content))) as connection:
            word, changed = _judged(Transaction(connection, lambda: False), before)
        found[word] += 1
        if changed:
            missed.append(f"{place} bit {bit}: {', '.join(changed)}")
        content[place] ^= bit
    return found, missed


def _chosen(count: int, chosen: random.Random) -> list[int]:
    """Places on the pages of every table, as many of each: small tables are as much worth as large ones."""
    with closing(_opened(unguarded())) as connection:
        size = int(connection.execute("PRAGMA page_size").fetchone()[0])
        by_table = pages(connection)
    assert set(by_table) == set(TABLES)
    names = sorted(by_table)
    content = unguarded()
    found: list[int] = []
    while len(found) < count:
        begins = chosen.choice(by_table[names[len(found) % len(names)]])
        used = [at for at in range(begins, begins + size) if content[at]]
        found.append(
            chosen.choice(used) if used and chosen.random() < 0.9 else begins + chosen.randrange(size)
        )
    return found


def test_a_bit_turned_over_on_any_page_is_told_or_changes_nothing() -> None:
    chosen = random.Random(5)
    found, missed = _flip(_chosen(2 * len(TABLES), chosen), chosen)

    assert missed == []
    assert found["told"] > found.total() // 4


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_many_bits_turned_over_are_told_or_change_nothing(seed: int) -> None:
    chosen = random.Random(seed)
    _, missed = _flip(_chosen(1_000, chosen), chosen)

    assert missed == []


@pytest.mark.slow
@pytest.mark.parametrize("table", sorted(set(TABLES) - NOT_SEALED))
def test_every_byte_of_a_small_table_is_told_or_changes_nothing(table: str) -> None:
    content = unguarded()
    with closing(_opened(content)) as connection:
        size = int(connection.execute("PRAGMA page_size").fetchone()[0])
        begins = pages(connection)[table][:2]
    places = [at for page in begins for at in range(page, page + size) if content[at]]
    _, missed = _flip(places[:2_000], random.Random(7))

    assert missed == []


@pytest.fixture(scope="module")
def opened() -> Iterator[Transaction]:
    """The ledger in which everything happened, in one transaction that is never committed."""
    with closing(_opened(image())) as connection:
        connection.execute("BEGIN")
        yield Transaction(connection, lambda: False)


def _changed(kind: str, column: str) -> str:
    if kind == "BLOB":
        return "randomblob(32)"
    return f"coalesce(\"{column}\", '') || 'x'" if kind == "TEXT" else f'coalesce("{column}", 0) + 1000'


EVERY_DAY: Final = ("account", "balance", "chain_link", "entry", "policy_version", "transfer")


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(one, marks=[] if one in EVERY_DAY else pytest.mark.slow)
        for one in sorted(set(TABLES) - NOT_SEALED)
    ],
)
def test_every_column_changed_behind_its_guards_is_told(opened: Transaction, table: str) -> None:
    tx = opened
    guards = tx.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", (table,))
    last = tx.value(f"SELECT max(rowid) FROM {table}")
    if last is None:
        pytest.skip("nothing of it happened here")
    missed = []
    for row in tx.rows(f"PRAGMA table_info({table})"):
        column, change = row["name"], _changed(row["type"], row["name"])
        tx.execute("SAVEPOINT changed")
        for guard in guards:
            tx.execute(f"DROP TRIGGER {guard['name']}")
        for pragma in ("defer_foreign_keys", "ignore_check_constraints"):
            tx.execute(f"PRAGMA {pragma} = ON")
        tx.execute(f'UPDATE {table} SET "{column}" = {change} WHERE rowid = ?', (last,))
        tx.execute("PRAGMA ignore_check_constraints = OFF")
        for guard in guards:
            tx.execute(guard["sql"])
        if not _told_with_a_row(tx) and not schema.faults(tx, [table]):
            missed.append(column)
        tx.execute("ROLLBACK TO changed")
        tx.execute("RELEASE changed")
    assert [one for one in missed if (table, one) not in FREE] == []


def _told_with_a_row(tx: Transaction) -> bool:
    try:
        verify(tx, catalogue.sealed())
    except Unsound as unsound:
        return unsound.row_id is not None
    except (ValueError, TypeError, OverflowError):
        return True
    return False
