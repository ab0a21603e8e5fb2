"""Who has been active: what ambassadors are chosen from."""

from __future__ import annotations

from typing import Final

from waconsole.clock import DAY
from waconsole.database.connection import Row, Transaction

CANDIDATES_MAX: Final = 10_000


def active(tx: Transaction, *, group_id: int | None, since: int, now: int, messages_min: int) -> list[Row]:
    """Members who wrote enough since an instant (in one group) and are no ambassadors, the most active first.

    Rows of (id, ref, name, phone, messages, active_days, orders): days are counted in UTC, orders ever.
    """
    where = "" if group_id is None else (
        "AND m.conversation_id IN (SELECT id FROM visible_conversation WHERE group_id = :group)"
    )  # fmt: skip
    return tx.rows(
        f"""
        WITH written AS (
            SELECT a.member_id, count(*) AS messages, count(DISTINCT m.sent_at / {DAY}) AS active_days
              FROM visible_message AS m
              JOIN alias AS a ON a.id = m.alias_id
             WHERE m.direction = 'in' AND m.kind <> 'system' AND m.sent_at >= :since AND m.sent_at <= :now {where}
             GROUP BY a.member_id
            HAVING count(*) >= :messages)
        SELECT v.id, v.ref, v.name, p.phone, w.messages, w.active_days,
               (SELECT count(*)
                  FROM member_root AS r
                 CROSS JOIN "order" AS o ON o.member_id = r.id
                 WHERE r.root_id = v.id AND o.ordered_at <= :now
                   AND o.import_run_id NOT IN (SELECT id FROM open_run)) AS orders
          FROM written AS w
          JOIN visible_member AS v ON v.id = w.member_id
          LEFT JOIN member_phone AS p ON p.member_id = v.id
         WHERE NOT EXISTS (SELECT 1
                             FROM member_root AS r
                            CROSS JOIN ambassador_stay AS s ON s.member_id = r.id
                            WHERE r.root_id = v.id AND coalesce(s.ended_at, :now + 1) > :now)
         ORDER BY w.messages DESC, v.id
         LIMIT :limit
        """,
        {"group": group_id, "since": since, "now": now, "messages": messages_min, "limit": CANDIDATES_MAX},
    )
