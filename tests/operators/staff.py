"""A ledger in memory with operators who have passphrases, made the way the program makes them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from tests.conftest import NOW
from waconsole import catalogue
from waconsole.chain import service_keys
from waconsole.chain.seal import Unsound
from waconsole.chain.service_verify import check
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.database.migrate import migrate
from waconsole.money import parse
from waconsole.operators import service_attack, service_known, service_passphrase, service_sealing
from waconsole.operators.service_known import Wanted
from waconsole.operators.store import Operator
from waconsole.policy import library, store
from waconsole.policy.model import version_of
from waconsole.policy.service_sealing import write
from waconsole.settings.secrets import Secret

INSTALLATION: Final = "fedcba9876543210"
WORDS: Final = "words that nobody guesses"


@cache
def _image() -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    tx = Transaction(connection, lambda: False)
    connection.execute("BEGIN")
    migrate(tx, catalogue.migrations())
    facts.set_fact(tx, facts.INSTALLATION, INSTALLATION)
    library.seed(tx, now=0)
    connection.execute("COMMIT")
    return connection.serialize()


@cache
def _staged() -> bytes:
    with staff() as tx:
        service_attack.stage(tx, now=NOW)
        tx.execute("COMMIT")
        return tx._connection.serialize()


@contextmanager
def staff(*, staged: bool = False) -> Iterator[Transaction]:
    """An empty ledger, or the one that is attacked, within one transaction, with a key of this process's own."""
    service_keys._found[service_keys.folder(), f"{INSTALLATION}-1"] = b"k" * 32
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_staged() if staged else _image())
    connection.row_factory = sqlite3.Row
    for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    try:
        yield Transaction(connection, lambda: False)
    finally:
        connection.close()


def add(
    tx: Transaction,
    name: str,
    role: str = "owner",
    *limits: str,
    by: str | None = "Ana",
    member: str | None = None,
    now: int = NOW,
) -> Operator:
    """An operator with a passphrase; the first one is added by nobody."""
    wanted = Wanted(name, role, member, tuple(parse(one) for one in limits))
    kept = service_passphrase.hashed(Secret(WORDS))
    return service_known.add(tx, by, wanted, kept, now=now)[0].operator


def add_member(tx: Transaction, ref: str, *, merged_into: int | None = None) -> int:
    """A member; merged into another one when it is given."""
    return tx.insert(
        "INSERT INTO member (ref, origin, added_at, merged_into) VALUES (:ref, 'import', :now, :into)",
        {"ref": ref, "now": NOW, "into": merged_into},
    )


def set_solo(tx: Transaction, *, on: bool, hours: int = 24, at: int = NOW) -> None:
    """A version of solo mode as it comes to stand in the ledger."""
    name, value = "operators.solo", {"on": on, "cooling_off_hours": hours, "second": True}
    row = version_of(
        store.next_id(tx),
        name,
        value,
        version=store.latest_version(tx, name) + 1,
        says="Solo.",
        valid_from=at + hours * 3_600_000_000,
        set_by="op-ana",
        set_at=at,
        reason="alone",
    )
    write(tx, [row])


def told(tx: Transaction) -> tuple[str, dict[str, Any]]:
    """(verb, what stands after it) of the newest act."""
    row = tx.one("SELECT verb, after FROM act ORDER BY id DESC LIMIT 1")
    assert row is not None
    return row["verb"], json.loads(row["after"])


def first_bad(tx: Transaction) -> tuple[str, int | None] | None:
    """What verification of this room says first: (table, row), or None."""
    from waconsole.policy import service_sealing as policy

    try:
        check(tx, {**service_sealing.sealed(), **policy.sealed()})
    except Unsound as unsound:
        return unsound.table, unsound.row_id
    return None


def tampered(tx: Transaction, sql: str) -> None:
    """Do what only the owner of the file can: take a table's guards out, and change something."""
    found = re.match(r"(?:UPDATE|DELETE FROM|INSERT INTO) (\w+)", sql)
    assert found is not None
    guards = tx.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", (found[1],))
    for row in guards:
        tx.execute(f"DROP TRIGGER {row['name']}")
    for pragma in ("defer_foreign_keys", "ignore_check_constraints"):
        tx.execute(f"PRAGMA {pragma} = ON")
    tx.execute(sql)
