"""What is known of the past to hold a rule against: items and what was decided, what hung on them, how often rules fired."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.fraud.stakes import Amounts

ITEMS_MAX: Final = 1_000_000
ROWS_MAX: Final = 10_000_000


class Past(NamedTuple):
    """An item of the past; `people` are (row that stands for the person, role), `outcome` '' where nothing is decided."""

    id: int
    ref: str
    kind: str
    state: str
    happened_at: int
    outcome: str
    people: tuple[tuple[int, str], ...]


def items(tx: Transaction) -> list[Past]:
    """Every item there is, the oldest first, with the decision that stands."""
    people: dict[int, list[tuple[int, str]]] = {}
    for row in tx.execute(
        """
        SELECT m.review_id, r.root_id, m.role
          FROM review_member AS m JOIN member_root AS r ON r.id = m.member_id
         ORDER BY m.review_id, m.place LIMIT ?
        """,
        (ROWS_MAX,),
    ):
        people.setdefault(row["review_id"], []).append((row["root_id"], row["role"]))
    rows = tx.rows(
        """
        SELECT v.id, v.ref, v.kind, v.state, v.happened_at, CASE v.state WHEN 'decided' THEN d.outcome ELSE '' END AS outcome
          FROM review AS v LEFT JOIN review_decision AS d ON d.id = v.decision_id
         ORDER BY v.id LIMIT ?
        """,
        (ITEMS_MAX,),
    )
    return [
        Past(row["id"], row["ref"], row["kind"], row["state"], row["happened_at"], row["outcome"] or "",
             tuple(people.get(row["id"], ())))
        for row in rows
    ]  # fmt: skip


def given(tx: Transaction, invite_ids: Iterable[int]) -> Amounts:
    """What these invites earned or hold, and what of it was taken back: all that was ever at stake."""
    rows = tx.rows(
        """
        SELECT money, sum(minor) AS minor
          FROM (SELECT CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.currency ELSE w.cost_currency END AS money,
                       max(CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.amount_minor ELSE w.cost_minor END)
                           AS minor
                  FROM invite_reward AS w
                 WHERE w.invite_id IN (SELECT value FROM json_each(:ids))
                 GROUP BY w.invite_id, w.side, w.slot, money) AS once
         GROUP BY money LIMIT :limit
        """,
        {"ids": json.dumps(sorted(set(invite_ids))), "limit": ROWS_MAX},
    )
    return {row["money"]: row["minor"] for row in rows if row["money"] not in ("", "days") and row["minor"]}


def named(tx: Transaction, member_ids: Iterable[int]) -> dict[int, Row]:
    """(id, ref, phone) of these people."""
    rows = tx.rows(
        """
        SELECT m.id, m.ref, (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone
          FROM member AS m WHERE m.id IN (SELECT value FROM json_each(:ids)) LIMIT :limit
        """,
        {"ids": json.dumps(sorted(set(member_ids))), "limit": ROWS_MAX},
    )
    return {row["id"]: row for row in rows}


def fired(tx: Transaction, *, day: int, month: int) -> list[Row]:
    """(rule, items, open, today, of_month, bad, honest, last_at) of every rule that has a signal; gone items aside."""
    return tx.rows(
        """
        SELECT s.rule, count(*) AS items, sum(v.state <> 'decided') AS open, sum(s.found_at >= :day) AS today,
               sum(s.found_at >= :month) AS of_month,
               coalesce(sum(v.state = 'decided' AND d.outcome IN ('void', 'block')), 0) AS bad,
               coalesce(sum(v.state = 'decided' AND d.outcome IN ('release', 'unfreeze')), 0) AS honest,
               max(s.found_at) AS last_at
          FROM signal AS s
          JOIN review AS v ON v.id = s.review_id
          LEFT JOIN review_decision AS d ON d.id = v.decision_id
         WHERE v.state = 'decided' OR v.gone_at IS NULL
         GROUP BY s.rule ORDER BY s.rule LIMIT :limit
        """,
        {"day": day, "month": month, "limit": ITEMS_MAX},
    )
