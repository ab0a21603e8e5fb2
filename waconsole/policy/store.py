"""Policy rows: every version of every number, which one is in force, and what seals them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.policy.model import Version

POLICIES_MAX: Final = 100_000
COLUMNS: Final = ", ".join(Version._fields)


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


def latest_version(tx: Transaction, name: str) -> int:
    """The number of the newest version of policy `name`, in force or not; 0 when there is none."""
    found = tx.value("SELECT max(version) FROM policy_version WHERE name = :name", {"name": name})
    return int(found or 0)


def next_id(tx: Transaction) -> int:
    """The id the next version's row will have."""
    return int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM policy_version"))


def add_versions(tx: Transaction, rows: Sequence[Version]) -> None:
    """Write versions, in order; versions are never changed."""
    tx.executemany(
        """
        INSERT INTO policy_version (id, name, version, value, says, valid_from, set_by, set_at, reason, proposal_id,
                                    confirmed_by, solo, second, solo_seconds)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        rows,
    )


def in_force(tx: Transaction, name: str, *, now: int) -> tuple[Any, int]:
    """The value of policy `name` at `now` and its version. Raises NotFound.

    Of what counts from `now` or before, the last that began or was set: one that is set with a date in the past is in
    force at once, one that was scheduled takes its turn on its day.
    """
    row = tx.one(
        """
        SELECT value, version
          FROM policy_in_force_row
         WHERE name = :name AND valid_from <= :now
         ORDER BY begins_at DESC, version DESC
         LIMIT 1
        """,
        {"name": name, "now": now},
    )
    if row is None:
        raise NotFound(f"There is no policy called {name}.")
    return json.loads(row["value"]), row["version"]


def version(tx: Transaction, name: str, number: int) -> Any:
    """The value of one version of policy `name`. Raises NotFound."""
    text = tx.value(
        "SELECT value FROM policy_version WHERE name = :name AND version = :number",
        {"name": name, "number": number},
    )
    if text is None:
        raise NotFound(f"There is no version {number} of a policy called {name}.")
    return json.loads(text)


def versions(tx: Transaction, name: str) -> list[Version]:
    """Every version of policy `name`, oldest first."""
    sql = f"SELECT {COLUMNS} FROM policy_version WHERE name = :name ORDER BY version LIMIT :limit"
    return [Version(*row) for row in tx.rows(sql, {"name": name, "limit": POLICIES_MAX})]


def versions_beginning(tx: Transaction, prefix: str) -> list[Version]:
    """Every version of every policy whose name begins with `prefix`, by name, oldest first."""
    rows = tx.rows(
        f"""
        SELECT {COLUMNS} FROM policy_version
         WHERE name >= :prefix AND name < :beyond ORDER BY name, version LIMIT :limit
        """,
        {"prefix": prefix, "beyond": prefix + "\U0010ffff", "limit": POLICIES_MAX},
    )
    return [Version(*row) for row in rows]


def all_in_force(tx: Transaction, prefix: str, *, now: int) -> list[tuple[str, Any, int]]:
    """(name, value, version) of every policy whose name begins with `prefix`, at `now`."""
    return [(name, json.loads(text), number) for name, text, number in texts_in_force(tx, prefix, now=now)]


def texts_in_force(tx: Transaction, prefix: str, *, now: int) -> tuple[tuple[str, str, int], ...]:
    """As `all_in_force`, with the values as the JSON they are kept in: whoever asks often keeps what he made of them."""
    rows = tx.rows(
        """
        SELECT name, value, version
          FROM (SELECT name, value, version,
                       row_number() OVER (PARTITION BY name ORDER BY begins_at DESC, version DESC) AS place
                  FROM policy_in_force_row
                 WHERE name >= :prefix AND name < :beyond AND valid_from <= :now) AS dated
         WHERE place = 1
         ORDER BY name
         LIMIT :limit
        """,
        {"prefix": prefix, "beyond": prefix + "\U0010ffff", "now": now, "limit": POLICIES_MAX},
    )
    return tuple((row["name"], row["value"], row["version"]) for row in rows)


def add_seal(tx: Transaction, *, first_id: int, last_id: int, chain_seq: int) -> None:
    """Write down which link covers the versions from `first_id` to `last_id`."""
    tx.execute(
        """
        INSERT INTO policy_seal (id, first_id, last_id, chain_seq)
        VALUES ((SELECT coalesce(max(id), 0) + 1 FROM policy_seal), :first_id, :last_id, :chain_seq)
        """,
        {"first_id": first_id, "last_id": last_id, "chain_seq": chain_seq},
    )


def unsealed(tx: Transaction) -> list[Version]:
    """The versions no seal covers, in order."""
    rows = tx.rows(
        f"""
        SELECT {COLUMNS} FROM policy_version
         WHERE id > (SELECT coalesce(max(last_id), 0) FROM policy_seal)
         ORDER BY id LIMIT :limit
        """,
        {"limit": POLICIES_MAX},
    )
    return [Version(*row) for row in rows]


def versions_between(tx: Transaction, first_id: int, last_id: int) -> list[Version]:
    """The versions with these ids, in order; fewer than asked for when some are gone."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM policy_version WHERE id BETWEEN :first AND :last ORDER BY id LIMIT :limit",
        {"first": first_id, "last": last_id, "limit": POLICIES_MAX},
    )
    return [Version(*row) for row in rows]


def seals_after(tx: Transaction, link_seq: int) -> Iterator[tuple[int, int, int, int]]:
    """(link, id, first, last) of every seal after a link, in order."""
    cursor = tx.execute(
        "SELECT chain_seq, id, first_id, last_id FROM policy_seal WHERE chain_seq > ? ORDER BY id",
        (link_seq,),
    )
    cursor.row_factory = None
    return iter(cursor)
