"""Saved mappings: how the columns of a shop's own file are called."""

from __future__ import annotations

import json
from typing import Final

from waconsole.database.connection import Transaction

NAMES_SHOWN_MAX: Final = 100


def save(tx: Transaction, kind: str, name: str, fields: dict[str, str], *, now: int) -> None:
    """Keep a mapping of `kind` under `name`; one of that name is replaced."""
    tx.execute(
        """
        INSERT INTO file_mapping (kind, name, fields, saved_at)
        VALUES (:kind, :name, :fields, :now)
            ON CONFLICT (kind, name) DO UPDATE SET fields = excluded.fields, saved_at = excluded.saved_at
        """,
        {
            "kind": kind,
            "name": name,
            "fields": json.dumps(fields, ensure_ascii=False, sort_keys=True),
            "now": now,
        },
    )


def mapping(tx: Transaction, kind: str, name: str) -> dict[str, str] | None:
    """Our columns to theirs, or None."""
    text = tx.value(
        "SELECT fields FROM file_mapping WHERE kind = :kind AND name = :name", {"kind": kind, "name": name}
    )
    return None if text is None else dict(json.loads(text))


def names(tx: Transaction, kind: str) -> list[str]:
    """The names of the saved mappings of a kind."""
    rows = tx.rows(
        "SELECT name FROM file_mapping WHERE kind = :kind ORDER BY name LIMIT :limit",
        {"kind": kind, "limit": NAMES_SHOWN_MAX},
    )
    return [row["name"] for row in rows]
