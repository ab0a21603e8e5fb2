"""Pictures that may be meant as proof: kept until decided, then only their hash and what was decided. Their only writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.database.traces import Erased, Traces, marks
from waconsole.errors import NotFound

PROOFS_MAX: Final = 1_000_000
KEPT_MAX: Final = 10_000
_COLUMNS: Final = """
    p.id, p.ref, p.message_id, p.sha256, p.byte_count, p.came_at, p.state, p.reason, p.decided_at, p.deleted_at,
    m.ref AS member_ref, m.name AS member_name, (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone,
    g.name AS programme, o.name AS operator,
    d.ref AS duplicate_of, e.root_id = r.root_id AS is_same_member
"""
# The earliest other picture with the same bytes, whoever sent it and whatever was decided on it.
_FROM: Final = """
      FROM proof AS p
      JOIN member_root AS r ON r.id = p.member_id
      JOIN member AS m ON m.id = r.root_id
      JOIN programme AS g ON g.id = p.programme_id
      LEFT JOIN operator AS o ON o.id = p.operator_id
      LEFT JOIN proof AS d
        ON d.id = (SELECT f.id FROM proof AS f
                    WHERE f.sha256 = p.sha256 AND (f.came_at, f.id) < (p.came_at, p.id)
                    ORDER BY f.came_at, f.id LIMIT 1)
      LEFT JOIN member_root AS e ON e.id = d.member_id
"""


def mark(tx: Transaction) -> int:
    """How far the files that came were looked through."""
    return int(tx.value("SELECT coalesce(max(media_id), 0) FROM proof_mark"))


def keep_mark(tx: Transaction, media_id: int) -> None:
    """Keep how far."""
    tx.execute(
        """
        INSERT INTO proof_mark (id, media_id) VALUES (1, :media_id)
            ON CONFLICT (id) DO UPDATE SET media_id = excluded.media_id
        """,
        {"media_id": media_id},
    )


def add(
    tx: Transaction,
    *,
    ref: str,
    member_id: int,
    message_id: int,
    programme_id: int,
    sha256: str | None,
    byte_count: int | None,
    came_at: int,
    now: int,
) -> bool:
    """Write that a picture may be a proof; False when it was here."""
    cursor = tx.execute(
        """
        INSERT INTO proof (ref, member_id, message_id, programme_id, sha256, byte_count, came_at, recorded_at, state)
        VALUES (:ref, :member_id, :message_id, :programme_id, :sha256, :byte_count, :came_at, :now, 'waiting')
            ON CONFLICT DO NOTHING
        """,
        {
            "ref": ref, "member_id": member_id, "message_id": message_id, "programme_id": programme_id,
            "sha256": sha256, "byte_count": byte_count, "came_at": came_at, "now": now,
        },
    )  # fmt: skip
    return cursor.rowcount > 0


def fetched(tx: Transaction, proof_id: int, *, sha256: str, byte_count: int | None) -> None:
    """The picture is here: its bytes say what its hash is."""
    tx.execute(
        "UPDATE proof SET sha256 = :sha256, byte_count = :size WHERE id = :id AND state = 'waiting'",
        {"sha256": sha256, "size": byte_count, "id": proof_id},
    )


def proofs(tx: Transaction, *, state: str | None) -> list[Row]:
    """Proofs, those that wait before the others and the oldest first."""
    return tx.rows(
        f"""
        SELECT {_COLUMNS} {_FROM} WHERE (:state IS NULL OR p.state = :state)
         ORDER BY p.state <> 'waiting', p.came_at, p.id LIMIT :limit
        """,
        {"state": state, "limit": PROOFS_MAX},
    )


def proof_named(tx: Transaction, ref: str) -> Row:
    """One of them. Raises NotFound."""
    row = tx.one(f"SELECT {_COLUMNS} {_FROM} WHERE p.ref = :ref", {"ref": ref})
    if row is None:
        raise NotFound(f"There is no proof {ref}: `waconsole invites proofs list` shows them.")
    return row


def decide(tx: Transaction, proof_id: int, state: str, *, reason: str, operator_id: int, now: int) -> None:
    """Write what was decided."""
    tx.execute(
        """
        UPDATE proof SET state = :state, reason = :reason, operator_id = :operator_id, decided_at = :now
         WHERE id = :id AND state = 'waiting'
        """,
        {"state": state, "reason": reason, "operator_id": operator_id, "now": now, "id": proof_id},
    )


def kept(tx: Transaction) -> list[Row]:
    """(id, sha256) of decided proofs whose picture is not gone yet."""
    return tx.rows(
        """
        SELECT id, sha256 FROM proof WHERE decided_at IS NOT NULL AND deleted_at IS NULL ORDER BY id LIMIT :limit
        """,
        {"limit": KEPT_MAX},
    )


def deleted(tx: Transaction, proof_ids: Sequence[int], *, at: int) -> None:
    """Their pictures are gone."""
    tx.executemany("UPDATE proof SET deleted_at = ? WHERE id = ?", [(at, one) for one in proof_ids])


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget a person: what waits goes, of what was decided no hash and no words stay. Their files go with their messages."""
    ids = {"ids": marks(traces.member_ids)}
    among = "member_id IN (SELECT value FROM json_each(:ids))"
    waited = tx.execute(f"DELETE FROM proof WHERE state = 'waiting' AND {among}", ids).rowcount
    gone = [row["id"] for row in tx.execute(f"SELECT id FROM proof WHERE {among}", ids)]
    tx.execute(f"UPDATE proof SET sha256 = NULL, byte_count = NULL, reason = 'erased' WHERE {among}", ids)
    named, wanted = traces.condition("reason")
    words = [
        (traces.without(row["reason"]), row["id"])
        for row in tx.execute(f"SELECT id, reason FROM proof WHERE {named}", wanted)
        if traces.found_in(row["reason"])
    ]
    tx.executemany("UPDATE proof SET reason = ? WHERE id = ?", words)
    erased.count("proof", waited + len(gone) + len(words))
    erased.touched("proof", [*gone, *(row_id for _, row_id in words)])
