"""Invites as rows: written in bulk, found by name. Facts only come; how an invite stands is `store_rewards`' to say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.invites.model import InviteRow

KNOWN_AT_ONCE_MAX: Final = 10_000


def add_invites(tx: Transaction, rows: Sequence[InviteRow]) -> int:
    """Write invites; one that is known is left as it is. Answers how many were written."""
    return tx.executemany(
        """
        INSERT INTO invite (ref, programme_id, referrer_id, invitee_id, invited_at, arrived_at, channel, confidence,
                            address, payment, device, origin, recorded_at, import_run_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
        """,
        rows,
    ).rowcount


def invites_by_ref(tx: Transaction, refs: Sequence[str]) -> dict[str, InviteRow]:
    """The known ones among these names."""
    rows = tx.rows(
        f"""
        SELECT {", ".join(f"i.{name}" for name in InviteRow._fields)}
          FROM json_each(:refs) AS wanted
         CROSS JOIN invite AS i ON i.ref = wanted.value
         LIMIT :limit
        """,
        {"refs": json.dumps(list(refs)), "limit": KNOWN_AT_ONCE_MAX},
    )
    return {row["ref"]: InviteRow(*row) for row in rows}


def programme_named(tx: Transaction, name: str) -> tuple[int, str] | None:
    """(id, ref) of the programme of that folded name, or None."""
    row = tx.one("SELECT id, ref FROM known_programme WHERE folded = :name", {"name": name})
    return None if row is None else (row["id"], row["ref"])


def remove_run(tx: Transaction, run_id: int, *, limit: int) -> int:
    """Take out up to `limit` invites that only an unsealed run knew; answers how many."""
    return tx.execute(
        """
        DELETE FROM invite WHERE id IN (
            SELECT id FROM invite WHERE import_run_id = :run_id ORDER BY id DESC LIMIT :limit)
        """,
        {"run_id": run_id, "limit": limit},
    ).rowcount
