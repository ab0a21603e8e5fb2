"""A ledger in memory with every table and preset, two owners and a moderator: what the tests of programmes and coupons stand on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from tests.cashback.earnings import order, person
from tests.conftest import NOW
from waconsole import catalogue
from waconsole.chain import service_keys
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.database.migrate import migrate
from waconsole.operators import service_known
from waconsole.operators import service_sealing as operators
from waconsole.operators import store as operator_rows
from waconsole.operators.service_known import Wanted
from waconsole.operators.store import Operator
from waconsole.operators.store_sign_in import Hashed
from waconsole.policy import library
from waconsole.policy import service_sealing as policy

__all__ = ["AMARA", "BETO", "LIN", "NOW", "invite_ledger", "order", "person", "who"]

INSTALLATION: Final = "0f1e2d3c4b5a6978"
PASSPHRASE: Final = Hashed(bytes(16), 16_384, 8, 1, bytes(32))
LIN, AMARA, BETO = "+85291234567", "+85298765432", "+85291110000"


@cache
def _image(*, alone: bool) -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    tx = Transaction(connection, lambda: False)
    connection.execute("BEGIN")
    migrate(tx, catalogue.migrations())
    facts.set_fact(tx, facts.INSTALLATION, INSTALLATION)
    library.seed(tx, now=NOW)
    operators.seal_standing(tx)
    policy.seal_standing(tx)
    service_known.add(tx, None, Wanted("ann", "owner"), PASSPHRASE, now=NOW)
    if not alone:
        service_known.add(tx, "ann", Wanted("bob", "owner"), PASSPHRASE, now=NOW)
        service_known.add(tx, "ann", Wanted("mia", "moderator"), PASSPHRASE, now=NOW)
    connection.execute("COMMIT")
    return connection.serialize()


@contextmanager
def invite_ledger(*, alone: bool = False) -> Iterator[Transaction]:
    """The ledger, within one transaction; `alone` with one owner."""
    service_keys._found[service_keys.folder(), f"{INSTALLATION}-1"] = b"i" * 32
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_image(alone=alone))
    connection.row_factory = sqlite3.Row
    for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    try:
        yield Transaction(connection, lambda: False)
    finally:
        connection.close()


def who(tx: Transaction, name: str = "ann") -> Operator:
    """An operator by name."""
    found = operator_rows.operator_by_name(tx, name)
    assert found is not None
    return found
