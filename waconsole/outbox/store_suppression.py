"""Suppressions: whom WhatsApp takes nothing for, of which kind, and until when. Their only writer."""

from __future__ import annotations

from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound

ROWS_MAX: Final = 1_000_000


def suppress(
    tx: Transaction,
    *,
    member_id: int | None,
    region: str = "",
    number_id: int | None,
    scope: str,
    reason: str,
    code: int | None,
    outgoing_id: int | None,
    since: int,
    until: int | None,
) -> int | None:
    """Write that nothing (`scope` all) or no marketing goes to a member, or to everybody of a region; answers its id.

    `number_id` None: by none of our numbers; `until` None: it does not end by itself. None when one
    that says as much stands already.
    """
    values = {
        "member_id": member_id,
        "region": region,
        "number_id": number_id,
        "scope": scope,
        "reason": reason,
        "code": code,
        "outgoing_id": outgoing_id,
        "since": since,
        "until": until,
    }
    row = tx.one(
        """
        INSERT INTO suppression (member_id, region, number_id, scope, reason, code, outgoing_id, since, until)
        SELECT :member_id, :region, :number_id, :scope, :reason, :code, :outgoing_id, :since, :until
         WHERE NOT EXISTS (SELECT 1 FROM suppression
                            WHERE member_id IS :member_id AND region = :region AND number_id IS :number_id AND scope = :scope
                              AND reason = :reason AND lifted_at IS NULL
                              AND (until IS NULL OR (:until IS NOT NULL AND until >= :until)))
        RETURNING id
        """,
        values,
    )
    return None if row is None else int(row["id"])


def end(tx: Transaction, *, member_id: int, number_id: int | None, reason: str, at: int) -> int:
    """End what stands for a member because of `reason` (since before `at`); answers how many."""
    return tx.execute(
        """
        UPDATE suppression SET lifted_at = :at
         WHERE member_id IN (SELECT o.id FROM member_root AS r CROSS JOIN member_root AS o
                              WHERE r.id = :member_id AND o.root_id = r.root_id)
           AND reason = :reason AND number_id IS :number_id AND since <= :at AND lifted_at IS NULL
        """,
        {"member_id": member_id, "number_id": number_id, "reason": reason, "at": at},
    ).rowcount


def set_lifted(tx: Transaction, suppression_id: int, lifted_at: int | None) -> None:
    """Let one stand again (None), or end it."""
    tx.execute(
        "UPDATE suppression SET lifted_at = :at WHERE id = :id", {"at": lifted_at, "id": suppression_id}
    )


def lifted_at(tx: Transaction, suppression_id: int) -> int | None:
    """When one was lifted; None while it stands. Raises NotFound."""
    row = tx.one("SELECT lifted_at FROM suppression WHERE id = :id", {"id": suppression_id})
    if row is None:
        raise NotFound(f"There is no suppression {suppression_id}: `waconsole suppressions list` shows them.")
    return None if row["lifted_at"] is None else int(row["lifted_at"])


def suppressions(tx: Transaction, *, now: int) -> list[dict[str, Any]]:
    """Those that stand at `now`, newest first, as the command line answers them."""
    rows = tx.rows(
        """
        SELECT s.id AS suppression,
               CASE WHEN s.member_id IS NULL THEN s.region
                    ELSE coalesce((SELECT phone FROM member_phone WHERE member_id = r.root_id), m.name, '') END AS "to",
               m.ref AS member, nullif(s.region, '') AS region, n.name AS number, s.scope, s.reason, s.code,
               o.ref AS outgoing, s.since, s.until
          FROM suppression AS s
          LEFT JOIN member_root AS r ON r.id = s.member_id
          LEFT JOIN member AS m ON m.id = r.root_id
          LEFT JOIN number AS n ON n.id = s.number_id
          LEFT JOIN outgoing AS o ON o.id = s.outgoing_id
         WHERE s.lifted_at IS NULL AND (s.until IS NULL OR s.until > :now)
         ORDER BY s.since DESC, s.id DESC
         LIMIT :limit
        """,
        {"now": now, "limit": ROWS_MAX},
    )
    return [
        {
            **dict(row),
            "since": iso(row["since"]),
            "until": None if row["until"] is None else iso(row["until"]),
        }
        for row in rows
    ]
