"""What decides whether a message may leave, read for a whole bundle of messages at once. Reads only."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from waconsole.clock import DAY
from waconsole.database.connection import Row, Transaction
from waconsole.outbox.store_rows import RECIPIENT

AT_ONCE: Final = 500
SENDS_MAX: Final = 100_000
PAUSES_MAX: Final = 10_000
# A message may have waited so long between being written and being sent; what was written before is not looked at.
WAITED_MAX: Final = 30 * DAY
# Their messages have reached somebody, or may have.
LEFT: Final = "('sending', 'accepted', 'unknown', 'closed')"

# A person's threads are found by each row that was merged into them (`visible_conversation` knows only who stands for it).
# The window of a person is that of whichever of their merged rows wrote last to this number.
_FACTS: Final = f"""
    SELECT o.id, o.purpose, o.kind, o.driver, o.expires_at, o.number_id, o.campaign, o.template_name, o.template_language,
           o.template_category, o.campaign = '' AND o.programme = '' AND o.segment = '' AND o.batch_id = 0 AS by_itself,
           o.operator_id IS NOT NULL AS by_operator,
           c.id IS NULL OR (c.member_id IS NOT NULL AND r.root_id IS NULL) AS is_erased,
           r.root_id, m.timezone, p.value AS phone, b.value AS bsuid, g.whatsapp_id AS group_id,
           CASE WHEN coalesce(r.one_since, 0) = 0 THEN c.window_until
                ELSE (SELECT max(d.window_until)
                        FROM member_root AS e CROSS JOIN conversation AS d
                       WHERE e.root_id = r.root_id AND d.number_id = o.number_id AND d.member_id = e.id) END AS window_until,
           (SELECT state FROM consent_in_force WHERE member_id = r.root_id AND purpose = 'marketing') AS consent,
           (SELECT s.reason || ' ' || s.scope
              FROM member_root AS e CROSS JOIN suppression AS s
             WHERE e.root_id = r.root_id AND s.member_id = e.id AND s.lifted_at IS NULL
               AND (s.number_id IS NULL OR s.number_id = o.number_id) AND (s.until IS NULL OR s.until > :now)
             ORDER BY s.scope, s.until IS NULL DESC, s.until DESC LIMIT 1) AS suppression,
           n.waba_id, n.paused_at IS NOT NULL AS number_paused,
           CASE WHEN o.campaign = '' AND o.programme = '' AND o.segment = '' AND o.batch_id = 0 THEN 0
                ELSE EXISTS (SELECT 1 FROM open_review_member WHERE member_id = r.root_id) END AS in_review,
           m.ref AS member_ref
      FROM outgoing AS o
      JOIN number AS n ON n.id = o.number_id
      {RECIPIENT}
      LEFT JOIN member AS m ON m.id = r.root_id
"""


def facts_rows(tx: Transaction, outgoing_ids: Sequence[int], *, now: int) -> list[Row]:
    """A row of `_FACTS` for each of these messages that is there; at most `AT_ONCE` of them."""
    return tx.rows(
        f"{_FACTS} WHERE o.id IN (SELECT value FROM json_each(:ids)) LIMIT {AT_ONCE}",
        {"ids": json.dumps(list(outgoing_ids)), "now": now},
    )


def _listed(keys: Iterable[int]) -> str:
    """Our own ids, as they stand in SQL."""
    return ", ".join(str(int(key)) for key in keys)


def sends(tx: Transaction, root_ids: Collection[int], *, since: int) -> list[Row]:
    """(root_id, outgoing_id, is_marketing, at) of every message that counts against the caps of these people since then.

    Marketing and utility, by whichever of our numbers: a template of any purpose, and whatever wins over.
    A reply does not count, nor does a code somebody waited for. What was sent elsewhere has no outgoing_id.
    """
    return tx.rows(
        f"""
        SELECT root_id, outgoing_id, is_marketing, at
          FROM (SELECT e.root_id, s.id AS outgoing_id,
                       s.purpose IN ('marketing', 'invitation') OR s.template_category = 'MARKETING' AS is_marketing,
                       coalesce((SELECT max(started_at) FROM attempt WHERE outgoing_id = s.id), s.written_at) AS at
                  FROM member_root AS e
                 CROSS JOIN number AS n
                 CROSS JOIN conversation AS d ON d.number_id = n.id AND d.member_id = e.id
                 CROSS JOIN outgoing AS s ON s.conversation_id = d.id AND s.written_at > :written_since
                 WHERE e.root_id IN ({_listed(root_ids)}) AND s.state IN {LEFT}
                   AND s.template_category <> 'AUTHENTICATION'
                   AND (s.kind = 'template' OR s.purpose IN ('marketing', 'invitation', 'points'))
                UNION ALL
                SELECT e.root_id, NULL, s.purpose = 'marketing', s.sent_at
                  FROM member_root AS e
                 CROSS JOIN elsewhere_push AS s ON s.member_id = e.id AND s.sent_at > :written_since
                 WHERE e.root_id IN ({_listed(root_ids)})
                   AND s.import_run_id NOT IN (SELECT id FROM open_run)) AS left_ones
         WHERE at >= :since
         LIMIT {SENDS_MAX}
        """,
        {"since": since, "written_since": since - WAITED_MAX},
    )


def heard_since(tx: Transaction, root_ids: Collection[int], *, since: int) -> set[int]:
    """Which of these people gave a sign since then: wrote to us or in a group, clicked, filled a cart or ordered."""
    rows = tx.rows(
        f"""
        SELECT DISTINCT e.root_id
          FROM member_root AS e
         WHERE e.root_id IN ({_listed(root_ids)})
           AND (EXISTS (SELECT 1 FROM heard_message WHERE member_id = e.root_id AND said_at >= :since)
                OR EXISTS (SELECT 1 FROM click WHERE member_id = e.id AND clicked_at >= :since
                              AND import_run_id NOT IN (SELECT id FROM open_run))
                OR EXISTS (SELECT 1 FROM cart WHERE member_id = e.id AND changed_at >= :since
                              AND import_run_id NOT IN (SELECT id FROM open_run))
                OR EXISTS (SELECT 1 FROM "order" WHERE member_id = e.id AND ordered_at >= :since
                              AND import_run_id NOT IN (SELECT id FROM open_run)))
         LIMIT {AT_ONCE}
        """,
        {"since": since},
    )
    return {int(row["root_id"]) for row in rows}


def suppressed_regions(tx: Transaction, *, now: int) -> list[Row]:
    """(region, number_id, scope, reason) of every region that a message is not taken for."""
    return tx.rows(
        """
        SELECT region, number_id, scope, reason FROM suppression
         WHERE member_id IS NULL AND lifted_at IS NULL AND (until IS NULL OR until > :now)
         LIMIT :limit
        """,
        {"now": now, "limit": PAUSES_MAX},
    )


def pauses(tx: Transaction) -> set[tuple[str, str]]:
    """(scope, key) of what is paused as a whole: `all`, or a campaign by its name."""
    rows = tx.rows(
        "SELECT scope, key FROM breaker WHERE state = 'paused' AND scope IN ('all', 'campaign') LIMIT :limit",
        {"limit": PAUSES_MAX},
    )
    return {(row["scope"], row["key"]) for row in rows}
