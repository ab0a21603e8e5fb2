"""What a replay of `send.*` reads: messages to people and when they left, and when those people wrote. Reads only."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.outbox.store_facts import LEFT, WAITED_MAX

MESSAGES_MAX: Final = 1_000_000
# Refused, or put off, for a reason the numbers of `send.*` give.
_PUT_OFF: Final = "('capped', 'gap', 'quiet_hours')"


def messages(tx: Transaction, *, since: int, ends: int) -> list[Row]:
    """Messages to people that left or were put off between two instants, in the order of their instants.

    Rows of (ref, root_id, member, timezone, number_id, purpose, kind, driver, template_category, by_itself, by_operator,
    left, at, price_minor, price_currency).
    """
    return tx.rows(
        f"""
        SELECT ref, root_id, member, timezone, number_id, purpose, kind, driver, template_category, by_itself,
               by_operator, has_left, at, price_minor, price_currency
          FROM (SELECT o.id, o.ref, e.root_id, p.ref AS member, p.timezone, o.number_id, o.purpose, o.kind, o.driver,
                       o.template_category,
                       o.campaign = '' AND o.programme = '' AND o.segment = '' AND o.batch_id = 0 AS by_itself,
                       o.operator_id IS NOT NULL AS by_operator, o.state IN {LEFT} AS has_left,
                       coalesce((SELECT max(started_at) FROM attempt WHERE outgoing_id = o.id), o.written_at) AS at,
                       o.price_minor, o.price_currency
                  FROM outgoing AS o
                  JOIN conversation AS d ON d.id = o.conversation_id
                  JOIN member_root AS e ON e.id = d.member_id
                  JOIN member AS p ON p.id = e.root_id
                 WHERE o.written_at > :written_since AND o.written_at < :ends
                   AND (o.state IN {LEFT} OR o.state_reason IN {_PUT_OFF})) AS told
         WHERE at >= :since AND at < :ends
         ORDER BY at, id
         LIMIT {MESSAGES_MAX}
        """,
        {"since": since, "written_since": since - WAITED_MAX, "ends": ends},
    )


def heard(tx: Transaction, *, since: int, ends: int) -> list[Row]:
    """(root_id, number_id, sent_at) of what people wrote to our numbers between two instants, in order."""
    return tx.rows(
        f"""
        SELECT e.root_id, d.number_id, m.sent_at
          FROM visible_message AS m
          JOIN conversation AS d ON d.id = m.conversation_id
          JOIN member_root AS e ON e.id = d.member_id
         WHERE m.direction = 'in' AND m.sent_at >= :since AND m.sent_at < :ends
         ORDER BY m.sent_at
         LIMIT {MESSAGES_MAX}
        """,
        {"since": since, "ends": ends},
    )
