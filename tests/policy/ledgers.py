"""A ledger in memory with the tables below and every preset, an owner and a moderator: what the tests of policy stand on."""

from __future__ import annotations

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
from waconsole.operators import authority, service_known
from waconsole.operators import service_sealing as operators
from waconsole.operators.service_known import Wanted
from waconsole.operators.store import Operator
from waconsole.operators.store_sign_in import Hashed
from waconsole.policy import library, service_attack, service_setting
from waconsole.policy import service_sealing as policy
from waconsole.policy.service_proposals import Outcome

INSTALLATION: Final = "fedcba9876543210"
PASSPHRASE: Final = Hashed(bytes(16), 16_384, 8, 1, bytes(32))
ROOMS: Final = ("database", "chain", "operators", "policy")
OWNER, SECOND, THIRD = "Ana", "Bo", "Cleo"


@cache
def _image(*, staged: bool, alone: bool, installed: bool) -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    tx = Transaction(connection, lambda: False)
    connection.execute("BEGIN")
    migrate(tx, [one for one in catalogue.migrations() if one.room in ROOMS])
    if installed:
        facts.set_fact(tx, facts.INSTALLATION, INSTALLATION)
    library.seed(tx, now=NOW)
    if not installed:
        connection.execute("COMMIT")
        return connection.serialize()
    operators.seal_standing(tx)
    service_known.add(tx, None, Wanted(OWNER, "owner"), PASSPHRASE, now=NOW)
    if not alone:
        service_known.add(tx, OWNER, Wanted(SECOND, "moderator"), PASSPHRASE, now=NOW)
        service_known.add(tx, OWNER, Wanted(THIRD, "ambassador"), PASSPHRASE, now=NOW)
    if staged:
        service_attack.stage(tx, now=NOW)
    connection.execute("COMMIT")
    return connection.serialize()


def raw(tx: Transaction) -> sqlite3.Connection:
    """The connection behind a transaction."""
    return tx._connection


@contextmanager
def ledger(*, staged: bool = False, alone: bool = False, installed: bool = True) -> Iterator[Transaction]:
    """A ledger within one transaction; `staged` with what attacks name, `alone` with one operator."""
    service_keys._found[service_keys.folder(), f"{INSTALLATION}-1"] = b"p" * 32
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_image(staged=staged, alone=alone, installed=installed))
    connection.row_factory = sqlite3.Row
    for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    try:
        yield Transaction(connection, lambda: False)
    finally:
        connection.close()


def who(tx: Transaction, name: str = OWNER, *, now: int = NOW) -> Operator:
    """An operator who has proved who they are."""
    return authority.deciding(tx, name, now=now)


def set_value(
    tx: Transaction,
    name: str,
    *words: str,
    by: str = OWNER,
    valid_from: int | None = None,
    now: int = NOW,
    **more: Any,
) -> Outcome:
    """`policy set NAME WORDS`."""
    return service_setting.set_value(
        tx, who(tx, by, now=now), name, words, more.get("checks", {}), reason=more.get("reason", "a test"),
        valid_from=valid_from, now=now,
    )  # fmt: skip


def first_bad(tx: Transaction) -> tuple[str, int | None] | None:
    """What verification of the chain says first: (table, row), or None."""
    try:
        check(tx, {**operators.sealed(), **policy.sealed()})
    except Unsound as unsound:
        return unsound.table, unsound.row_id
    return None


def tampered(tx: Transaction, sql: str) -> None:
    """Do what nobody but the owner of the file can: take the guards out, change something, put them back."""
    guards = tx.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    for row in guards:
        tx.execute(f"DROP TRIGGER {row['name']}")
    assert tx.execute(sql).rowcount
    for row in guards:
        tx.execute(row["sql"])
