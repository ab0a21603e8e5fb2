"""What an operator must see from every pane: that something is paused, and how much nobody can say of. Reads only."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.outbox import store_breakers
from waconsole.outbox.alarms import Alarm, Alarms
from waconsole.text import ForeignText

NUMBERS_MAX: Final = 100


def alarms(tx: Transaction) -> Alarms:
    """What is paused now, and how many messages are unknown."""
    breakers = [
        Alarm(
            row["scope"],
            name=ForeignText(row["key"]),
            reason=ForeignText(row["reason"]),
            detail=ForeignText(row["detail"]),
            since=row["since"],
            operator=row["operator"],
        )
        for row in store_breakers.paused(tx)
        if row["scope"] != store_breakers.NUMBER
    ]
    everything = [one for one in breakers if one.scope == store_breakers.ALL]
    campaigns = [one for one in breakers if one.scope == store_breakers.CAMPAIGN]
    return Alarms((*everything, *_numbers(tx), *campaigns), unknown_count(tx))


def unknown_count(tx: Transaction) -> int:
    """How many messages may have been sent or not."""
    return int(tx.value("SELECT count(*) FROM outgoing WHERE state = 'unknown'"))


def is_paused(tx: Transaction, phone_number_id: str) -> bool:
    """Whether nothing leaves by the number with that id of Meta's, else by the first of the Cloud API."""
    return store_breakers.is_all_paused(tx) or bool(
        tx.value(
            """
            SELECT paused_at IS NOT NULL FROM number
             WHERE driver = 'cloud' ORDER BY phone_number_id = :id DESC, id LIMIT 1
            """,
            {"id": phone_number_id},
        )
    )


def _numbers(tx: Transaction) -> list[Alarm]:
    rows = tx.rows(
        """
        SELECT n.name, n.phone, n.paused_reason, n.paused_at, o.name AS operator,
               coalesce((SELECT b.detail FROM breaker AS b
                          WHERE b.scope = 'number' AND b.key = CAST(n.id AS TEXT) AND b.state = 'paused'), '') AS detail
          FROM number AS n LEFT JOIN operator AS o ON o.id = n.paused_by
         WHERE n.paused_at IS NOT NULL
         ORDER BY n.paused_at DESC, n.id
         LIMIT :limit
        """,
        {"limit": NUMBERS_MAX},
    )
    return [
        Alarm(
            store_breakers.NUMBER,
            name=ForeignText(row["name"]),
            phone=row["phone"],
            reason=ForeignText(row["paused_reason"]),
            detail=ForeignText(row["detail"]),
            since=row["paused_at"],
            operator=row["operator"],
        )
        for row in rows
    ]
