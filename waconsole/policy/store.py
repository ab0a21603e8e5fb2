"""Policy rows: every version of every number, and which one is in force."""

from __future__ import annotations

import json
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound

BY_PRESET: Final = "preset"
POLICIES_MAX: Final = 100_000


def latest_versions(tx: Transaction) -> dict[str, tuple[int, str]]:
    """The newest version of each policy and who set it."""
    rows = tx.rows(
        """
        SELECT name, max(version) AS version, set_by
          FROM policy_version
         GROUP BY name
         LIMIT :limit
        """,
        {"limit": POLICIES_MAX},
    )
    return {row["name"]: (row["version"], row["set_by"]) for row in rows}


def add_version(
    tx: Transaction, *, name: str, version: int, value: str, says: str, valid_from: int, set_by: str, now: int
) -> None:
    """Write one version; versions are never changed."""
    tx.execute(
        """
        INSERT INTO policy_version (name, version, value, says, valid_from, set_by, set_at)
        VALUES (:name, :version, :value, :says, :valid_from, :set_by, :now)
        """,
        {
            "name": name,
            "version": version,
            "value": value,
            "says": says,
            "valid_from": valid_from,
            "set_by": set_by,
            "now": now,
        },
    )


def in_force(tx: Transaction, name: str, *, now: int) -> tuple[Any, int]:
    """The value of policy `name` at `now` and its version. Raises NotFound."""
    row = tx.one(
        """
        SELECT value, version
          FROM policy_version
         WHERE name = :name AND valid_from <= :now
         ORDER BY valid_from DESC, version DESC
         LIMIT 1
        """,
        {"name": name, "now": now},
    )
    if row is None:
        raise NotFound(f"There is no policy called {name}.")
    return json.loads(row["value"]), row["version"]


def all_in_force(tx: Transaction, prefix: str, *, now: int) -> list[tuple[str, Any, int]]:
    """(name, value, version) of every policy whose name begins with `prefix`, at `now`."""
    return [(name, json.loads(text), version) for name, text, version in texts_in_force(tx, prefix, now=now)]


def texts_in_force(tx: Transaction, prefix: str, *, now: int) -> tuple[tuple[str, str, int], ...]:
    """As `all_in_force`, with the values as the JSON they are kept in: whoever asks often keeps what he made of them."""
    rows = tx.rows(
        """
        SELECT name, value, version
          FROM (SELECT name, value, version,
                       row_number() OVER (PARTITION BY name ORDER BY valid_from DESC, version DESC) AS place
                  FROM policy_version
                 WHERE name >= :prefix AND name < :beyond AND valid_from <= :now) AS dated
         WHERE place = 1
         ORDER BY name
         LIMIT :limit
        """,
        {"prefix": prefix, "beyond": prefix + "\U0010ffff", "now": now, "limit": POLICIES_MAX},
    )
    return tuple((row["name"], row["value"], row["version"]) for row in rows)
