"""What is on its way and was lately: to a recipient, of a campaign, of a number, in a portfolio. Reads only."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.outbox.store_attempts import REFUSALS_COUNTED_MAX

IN_FLIGHT_MAX: Final = 10_000
LOOKED_UP_MAX: Final = 20
DELIVERED: Final = 2  # the rank of WhatsApp's word for it


def last_of_pairs(tx: Transaction, number_id: int, recipients: Collection[str]) -> dict[str, Row]:
    """(recipient, outcome, pair_free_at) of the newest attempt of a number for each recipient that has one, by recipient."""
    rows = tx.rows(
        """
        SELECT a.recipient, a.outcome, a.pair_free_at
          FROM json_each(:recipients) AS j CROSS JOIN attempt AS a
         WHERE a.id = (SELECT id FROM attempt WHERE recipient = j.value AND recipient <> '' AND number_id = :id
                        ORDER BY id DESC LIMIT 1)
         LIMIT :limit
        """,
        {"recipients": json.dumps(list(recipients)), "id": number_id, "limit": len(recipients)},
    )
    return {row["recipient"]: row for row in rows}


def pair_refusals(tx: Transaction, number_id: int, recipient: str, code: int | None) -> int:
    """How many attempts for a recipient in a row, up to now, were refused with `code`."""
    rows = tx.rows(
        """
        SELECT outcome, code FROM attempt
         WHERE recipient = :recipient AND recipient <> '' AND number_id = :id ORDER BY id DESC LIMIT :limit
        """,
        {"recipient": recipient, "id": number_id, "limit": REFUSALS_COUNTED_MAX},
    )
    count = 0
    for row in rows:
        if row["outcome"] != "refused" or row["code"] != code:
            break
        count += 1
    return count


def is_anything_in_flight(tx: Transaction, number_id: int) -> bool:
    """Whether any message of a number is on its way, whoever sends it."""
    return (
        tx.value("SELECT 1 FROM attempt WHERE number_id = :id AND outcome = '' LIMIT 1", {"id": number_id})
        is not None
    )


def is_campaign_in_flight(tx: Transaction, number_id: int, campaign: str) -> bool:
    """Whether any message of a campaign is on its way by a number."""
    return (
        tx.value(
            """
            SELECT 1 FROM attempt AS a JOIN outgoing AS o ON o.id = a.outgoing_id
             WHERE a.number_id = :id AND a.outcome = '' AND o.campaign = :campaign LIMIT 1
            """,
            {"id": number_id, "campaign": campaign},
        )
        is not None
    )


def undelivered_since(tx: Transaction, conversation_id: int) -> int | None:
    """When the newest accepted message of a conversation was sent, while WhatsApp has not said that it was delivered."""
    row = tx.one(
        """
        SELECT a.started_at, d.rank, d.failed_at
          FROM outgoing AS o
          JOIN attempt AS a ON a.outgoing_id = o.id AND a.outcome = 'accepted'
          LEFT JOIN delivery AS d ON d.wamid = o.wamid
         WHERE o.conversation_id = :id AND o.state = 'accepted'
         ORDER BY o.written_at DESC, o.id DESC LIMIT 1
        """,
        {"id": conversation_id},
    )
    if row is None or (row["rank"] or 0) >= DELIVERED or row["failed_at"] is not None:
        return None
    return int(row["started_at"])


def counting(tx: Transaction, recipient: str, portfolio: str, *, after: int) -> Row | None:
    """(id, counted_at) of the newest attempt by which a portfolio counts a recipient in the spans after `after`, or None."""
    return tx.one(
        """
        SELECT a.id, a.counted_at
          FROM number AS n CROSS JOIN attempt AS a
         WHERE n.portfolio = :portfolio AND a.recipient = :recipient AND a.recipient <> '' AND a.number_id = n.id
           AND a.counted_at > :after
         ORDER BY a.id DESC LIMIT 1
        """,
        {"recipient": recipient, "portfolio": portfolio, "after": after},
    )


def on_their_way(tx: Transaction, number_id: int) -> list[Row]:
    """(attempt_id, outgoing_id, owner, lease_until) of every message of a number whose sending nobody has ended."""
    return tx.rows(
        """
        SELECT a.id AS attempt_id, o.id AS outgoing_id, a.owner, a.lease_until
          FROM outgoing AS o
          JOIN attempt AS a ON a.id = (SELECT id FROM attempt WHERE outgoing_id = o.id ORDER BY n DESC LIMIT 1)
         WHERE o.state = 'sending' AND o.number_id = :number_id
         LIMIT :limit
        """,
        {"number_id": number_id, "limit": IN_FLIGHT_MAX},
    )


def way_of(tx: Transaction, outgoing_id: int) -> tuple[int, str]:
    """(the number, the campaign) an outgoing row belongs to."""
    row = tx.one("SELECT number_id, campaign FROM outgoing WHERE id = :id", {"id": outgoing_id})
    assert row is not None
    return int(row["number_id"]), str(row["campaign"])


def lost(tx: Transaction, number_id: int, *, since: int, limit: int = LOOKED_UP_MAX) -> list[Row]:
    """(outgoing_id, attempt_id, opaque, chosen_id) of messages whose answer was lost, where their id was chosen before sending.

    Those whose attempt ended at or after `since`, oldest first.
    """
    return tx.rows(
        """
        SELECT o.id AS outgoing_id, a.id AS attempt_id, a.opaque, a.chosen_id
          FROM outgoing AS o
          JOIN attempt AS a ON a.id = (SELECT id FROM attempt WHERE outgoing_id = o.id ORDER BY n DESC LIMIT 1)
         WHERE o.state = 'unknown' AND o.number_id = :id AND a.outcome = 'unknown' AND a.chosen_id IS NOT NULL
           AND a.ended_at >= :since
         ORDER BY a.id LIMIT :limit
        """,
        {"id": number_id, "since": since, "limit": limit},
    )


def unanswered(tx: Transaction, number_id: int, *, before: int, limit: int) -> list[Row]:
    """(id, purpose) of messages that may have been sent, and whose last attempt ended before that instant."""
    return tx.rows(
        """
        SELECT o.id, o.purpose
          FROM outgoing AS o
         WHERE o.state = 'unknown' AND o.number_id = :id
           AND (SELECT ended_at FROM attempt WHERE outgoing_id = o.id ORDER BY n DESC LIMIT 1) <= :before
         ORDER BY o.id LIMIT :limit
        """,
        {"id": number_id, "before": before, "limit": limit},
    )


def in_flight_count(tx: Transaction) -> int:
    """How many messages are on their way, by whatever number."""
    return int(tx.value("SELECT count(*) FROM attempt WHERE outcome = ''"))
