"""`doctor --attack`: replay every known attack on a copy of the ledger, in every position of the pragmas."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from waconsole.cashback import service_attack as cashback
from waconsole.cashback.attacks import attacks as cashback_attacks
from waconsole.chain import service_keys
from waconsole.database import facts
from waconsole.database.check import Check
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.fraud import service_attack as fraud
from waconsole.fraud.attacks import attacks as fraud_attacks
from waconsole.ledger import service_attack
from waconsole.ledger.attacks import POSITIONS, Attack, attacks
from waconsole.operators import service_attack as operators
from waconsole.operators.attacks import attacks as operators_attacks
from waconsole.policy import service_attack as policy
from waconsole.policy.attacks import attacks as policy_attacks

LEAKS_TOLD_MAX: Final = 5


def attack_check(path: Path, cancelled: Callable[[], bool], *, now: int) -> Check:
    """Whether the tables of the ledger at `path` refuse all that is known to be tried. The ledger itself is only read.

    The copy is an installation of its own with a key that is kept nowhere, and it is thrown away.
    """
    more = [Attack(*one) for one in (*policy_attacks(), *operators_attacks())]
    more += [Attack(one.name, one.statements) for one in cashback_attacks()]
    more += [Attack(one.name, one.statements) for one in fraud_attacks()]
    with tempfile.TemporaryDirectory(prefix="waconsole-attack-") as folder:
        copied = Path(folder, "copy.db")
        with (
            contextlib.closing(connect(path, read_only=True)) as source,
            contextlib.closing(sqlite3.connect(copied, isolation_level=None)) as target,
        ):
            source.backup(target)
        with contextlib.closing(connect(copied, read_only=False)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN IMMEDIATE")
            tx = Transaction(connection, lambda: False)
            installation = secrets.token_hex(8)
            service_keys.lend(f"{installation}-1")
            facts.set_fact(tx, facts.INSTALLATION, installation)
            service_attack.stage(tx, now=now)
            policy.stage(tx, now=now)
            operators.stage(tx, now=now)
            cashback.stage(tx, now=now)
            fraud.stage(tx, now=now)
            connection.execute("COMMIT")
            found = service_attack.leaks(connection, cancelled, more)
    if found:
        named = "; ".join(found[:LEAKS_TOLD_MAX])
        return Check(
            "attack", False, f"{len(found)} attacks got through: {named}. `waconsole verify` says more."
        )
    return Check(
        "attack",
        True,
        f"All {len(attacks()) + len(more)} attacks are refused in {len(POSITIONS)} positions of the pragmas.",
    )
