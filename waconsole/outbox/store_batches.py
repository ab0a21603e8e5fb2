"""Batches of outgoing rows: written in chunks, visible together. Their only writer."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Row, Transaction

BATCHES_MAX: Final = 1_000


def batch_by_ref(tx: Transaction, ref: str) -> Row | None:
    """(id, number_id, purpose, campaign, content, through_id, row_count, opened_at, withdrawn) of a batch, or None."""
    return tx.one(
        """
        SELECT id, number_id, purpose, campaign, content, through_id, row_count, opened_at, withdrawn
          FROM outgoing_batch WHERE ref = :ref
        """,
        {"ref": ref},
    )


def begin(
    tx: Transaction, *, ref: str, number_id: int, purpose: str, campaign: str, content: str, now: int,
    not_before: int | None = None,
) -> int:  # fmt: skip
    """Begin a batch, of which nothing is queued before `not_before`; answers its id."""
    return tx.insert(
        """
        INSERT INTO outgoing_batch (ref, number_id, purpose, campaign, content, begun_at, not_before)
        VALUES (:ref, :number_id, :purpose, :campaign, :content, :now, :not_before)
        """,
        {
            "ref": ref,
            "number_id": number_id,
            "purpose": purpose,
            "campaign": campaign,
            "content": content,
            "now": now,
            "not_before": not_before,
        },
    )


def through(tx: Transaction, batch_id: int) -> int:
    """The last member that a batch was written to."""
    return int(tx.value("SELECT through_id FROM outgoing_batch WHERE id = :id", {"id": batch_id}))


def went_on(tx: Transaction, batch_id: int, *, through_id: int, count: int) -> None:
    """`count` more rows of a batch are written, up to that member."""
    tx.execute(
        "UPDATE outgoing_batch SET through_id = :through_id, row_count = row_count + :count WHERE id = :id",
        {"through_id": through_id, "count": count, "id": batch_id},
    )


def open_batch(tx: Transaction, batch_id: int, *, now: int) -> None:
    """Let all rows of a batch be seen and sent."""
    tx.execute(
        "UPDATE outgoing_batch SET opened_at = :now WHERE id = :id AND opened_at IS NULL",
        {"now": now, "id": batch_id},
    )


def waiting(tx: Transaction, number_id: int, *, now: int | None = None) -> list[int]:
    """The open batches of a number of which something may wait, oldest first; with `now`, those whose hour has come."""
    rows = tx.rows(
        """
        SELECT id FROM outgoing_batch
         WHERE waiting = 1 AND number_id = :id AND opened_at IS NOT NULL AND withdrawn = 0
           AND (not_before IS NULL OR :now IS NULL OR not_before <= :now)
         ORDER BY id LIMIT :limit
        """,
        {"id": number_id, "limit": BATCHES_MAX, "now": now},
    )
    return [int(row["id"]) for row in rows]


def is_withdrawn(tx: Transaction, batch_id: int) -> bool:
    """Whether a batch was withdrawn."""
    return bool(tx.value("SELECT withdrawn FROM outgoing_batch WHERE id = :id", {"id": batch_id}))


def set_withdrawn(tx: Transaction, batch_id: int) -> None:
    """Nothing more of a batch leaves."""
    tx.execute("UPDATE outgoing_batch SET withdrawn = 1, waiting = 1 WHERE id = :id", {"id": batch_id})


def withdrawn(tx: Transaction) -> list[Row]:
    """(id, ref) of every batch that was withdrawn and of which something may still wait."""
    return tx.rows(
        "SELECT id, ref FROM outgoing_batch WHERE withdrawn = 1 AND waiting = 1 ORDER BY id LIMIT :limit",
        {"limit": BATCHES_MAX},
    )


def withdrawn_of(tx: Transaction, number_id: int) -> list[int]:
    """The same of one number."""
    rows = tx.rows(
        """
        SELECT id FROM outgoing_batch
         WHERE waiting = 1 AND number_id = :id AND withdrawn = 1 ORDER BY id LIMIT :limit
        """,
        {"id": number_id, "limit": BATCHES_MAX},
    )
    return [int(row["id"]) for row in rows]


def outcome(tx: Transaction, batch_id: int, reason: str) -> tuple[int, int]:
    """(messages of a withdrawn batch that do not leave any more, those that left or may have)."""
    row = tx.one(
        """
        SELECT coalesce(sum(state IN ('draft', 'scheduled', 'queued', 'held')
                            OR (state = 'cancelled' AND state_reason = :reason)), 0) AS cancelled,
               coalesce(sum(state IN ('sending', 'accepted', 'unknown', 'closed')), 0) AS gone
          FROM outgoing WHERE batch_id <> 0 AND batch_id = :id
        """,
        {"id": batch_id, "reason": reason},
    )
    assert row is not None
    return int(row["cancelled"]), int(row["gone"])


def set_waiting(tx: Transaction, batch_id: int, is_waiting: bool) -> None:
    """Whether something of a batch may still wait for its turn."""
    tx.execute(
        "UPDATE outgoing_batch SET waiting = :waiting WHERE id = :id",
        {"waiting": int(is_waiting), "id": batch_id},
    )


def wait_again(tx: Transaction, outgoing_id: int) -> None:
    """An outgoing row is scheduled again: its batch, if it has one, is not through."""
    tx.execute(
        "UPDATE outgoing_batch SET waiting = 1 WHERE id = (SELECT batch_id FROM outgoing WHERE id = :id)",
        {"id": outgoing_id},
    )


def unopened(tx: Transaction) -> list[Row]:
    """(id, ref, row_count, begun_at) of every batch that nobody sees yet."""
    return tx.rows(
        "SELECT id, ref, row_count, begun_at FROM outgoing_batch WHERE opened_at IS NULL ORDER BY id LIMIT :limit",
        {"limit": BATCHES_MAX},
    )
