"""Books in memory, with a key of their own: what the tests of chain and ledger stand on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from waconsole import catalogue
from waconsole.chain import service_keys
from waconsole.chain.seal import Unsound
from waconsole.clock import SECOND
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.database.migrate import migrate
from waconsole.ledger import service, service_attack
from waconsole.ledger.model import Wanted
from waconsole.ledger.service_verify import verify
from waconsole.money import Money

INSTALLATION: Final = "0123456789abcdef"
NOW: Final = 1_000 * SECOND
ROOMS: Final = ("database", "chain", "ledger")


@cache
def _image() -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    tx = Transaction(connection, lambda: False)
    connection.execute("BEGIN")
    migrate(tx, [one for one in catalogue.migrations() if one.room in ROOMS])
    facts.set_fact(tx, facts.INSTALLATION, INSTALLATION)
    connection.execute("COMMIT")
    return connection.serialize()


@cache
def _staged() -> bytes:
    with books() as tx:
        service_attack.stage(tx, now=NOW)
        tx.execute("COMMIT")
        return raw(tx).serialize()


def raw(tx: Transaction) -> sqlite3.Connection:
    """The connection behind a transaction."""
    return tx._connection


@contextmanager
def books(*, staged: bool = False) -> Iterator[Transaction]:
    """Empty books, or those that are attacked, within one transaction; the key is this process's own."""
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


def wanted(ref: str, debit: str, credit: str, minor: int, **more: object) -> Wanted:
    """A transfer of points, or of `currency`, with everything else filled in."""
    currency = str(more.pop("currency", "points"))
    said: dict[str, object] = {"purpose": "test", "effective_at": SECOND, "actor": "asha", **more}
    return Wanted(ref=ref, debit=debit, credit=credit, money=Money(minor, currency), **said)  # type: ignore[arg-type]


def first_bad(tx: Transaction) -> tuple[str, int | None] | None:
    """What verification says first: (table, row), or None."""
    try:
        verify(tx, {})
    except Unsound as unsound:
        return unsound.table, unsound.row_id
    return None


def tampered(tx: Transaction, sql: str) -> None:
    """Do what nobody but the owner of the file can: take the guards out, change something, put them back."""
    guards = tx.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    for row in guards:
        tx.execute(f"DROP TRIGGER {row['name']}")
    tx.execute(sql)
    for row in guards:
        tx.execute(row["sql"])


def fill(tx: Transaction, count: int, post: Callable[..., object] = service.post) -> None:
    """`count` transfers to three wallets."""
    for place in range(count):
        post(tx, wanted(f"fill-{place}", "issuer", f"member:{place % 3}:points", 10 + place), now=NOW)


def key_file(key_id: str) -> Path:
    """Where a key would lie."""
    return service_keys.folder() / f"{key_id}.key"
