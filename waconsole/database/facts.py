"""Facts about the ledger itself: its installation id, whether it has a test clock."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction

INSTALLATION: Final = "installation"
TEST_CLOCK: Final = "test_clock"
PRESETS: Final = "presets"
HOME: Final = "home"
SHOP_ZONE: Final = "shop_zone"


def fact(tx: Transaction, name: str) -> str | None:
    """The fact called `name`, or None."""
    value = tx.value("SELECT value FROM ledger_fact WHERE name = :name", {"name": name})
    return None if value is None else str(value)


def set_fact(tx: Transaction, name: str, value: str) -> None:
    """Write the fact called `name`."""
    tx.execute(
        """
        INSERT INTO ledger_fact (name, value) VALUES (:name, :value)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """,
        {"name": name, "value": value},
    )


def ensure_installation(tx: Transaction) -> str:
    """The installation id of this copy of the ledger; drawn at random when it has none yet."""
    known = fact(tx, INSTALLATION)
    if known is None:
        import secrets

        known = secrets.token_hex(8)
        set_fact(tx, INSTALLATION, known)
    return known
