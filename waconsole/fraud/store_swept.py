"""What a sweep answers: every item that is not decided, with its people, money, signals and counter-signals. Reads only."""

from __future__ import annotations

import json
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.fraud.stakes import most, shown

ROWS_MAX: Final = 10_000_000
_OPEN: Final = "SELECT id FROM review WHERE state <> 'decided' AND gone_at IS NULL"


def items(tx: Transaction) -> list[dict[str, Any]]:
    """Every undecided item as it stands in JSON, the oldest first."""
    people = _people(tx)
    held, frozen, signals = _held(tx), _frozen(tx), _signals(tx)
    rows = tx.rows(
        """
        SELECT id, ref, kind, state, weight FROM review
         WHERE state <> 'decided' AND gone_at IS NULL ORDER BY id LIMIT :limit
        """,
        {"limit": ROWS_MAX},
    )
    return [
        {
            "id": row["ref"],
            "kind": row["kind"],
            "state": row["state"],
            "weight": row["weight"],
            "members": people.get(row["id"], []),
            "held": most(held.get(row["id"], {})),
            "held_all": shown(held.get(row["id"], {})),
            "frozen": frozen.get(row["id"], []),
            "signals": [one for one in signals.get(row["id"], []) if one["weight"] >= 0],
            "counter": [one for one in signals.get(row["id"], []) if one["weight"] < 0],
        }
        for row in rows
    ]


def _people(tx: Transaction) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = tx.rows(
        f"""
        SELECT p.review_id, m.ref, (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone, p.role
          FROM review_member AS p
          JOIN member_root AS r ON r.id = p.member_id
          JOIN member AS m ON m.id = r.root_id
         WHERE p.review_id IN ({_OPEN})
         GROUP BY p.review_id, m.id
         ORDER BY p.review_id, min(p.place)
         LIMIT :limit
        """,
        {"limit": ROWS_MAX},
    )
    for row in rows:
        one = {"member": row["ref"], "phone": row["phone"], "role": row["role"]}
        found.setdefault(row["review_id"], []).append(one)
    return found


def _frozen(tx: Transaction) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = tx.rows(
        f"""
        SELECT DISTINCT s.review_id, m.ref, (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone
          FROM standing AS s
          JOIN member_root AS r ON r.id = s.member_id
          JOIN member AS m ON m.id = r.root_id
         WHERE s.ended_at IS NULL AND s.kind = 'frozen' AND s.review_id IN ({_OPEN})
         ORDER BY s.review_id, s.id
         LIMIT :limit
        """,
        {"limit": ROWS_MAX},
    )
    for row in rows:
        found.setdefault(row["review_id"], []).append({"member": row["ref"], "phone": row["phone"]})
    return found


def _held(tx: Transaction) -> dict[int, dict[str, int]]:
    """What is held by each item: cashback and points at what they are, the rest at what it costs."""
    found: dict[int, dict[str, int]] = {}
    rows = tx.rows(
        f"""
        SELECT i.review_id, CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.currency ELSE w.cost_currency END AS money,
               sum(CASE WHEN w.kind = 'cashback' OR w.cost_currency = '' THEN w.amount_minor ELSE w.cost_minor END) AS minor
          FROM review_invite AS i
          JOIN invite_reward AS w ON w.invite_id = i.invite_id AND w.state = 'pending'
         WHERE i.review_id IN ({_OPEN})
         GROUP BY i.review_id, money
         LIMIT :limit
        """,
        {"limit": ROWS_MAX},
    )
    for row in rows:
        if row["money"] and row["money"] != "days":
            found.setdefault(row["review_id"], {})[row["money"]] = row["minor"]
    return found


def _signals(tx: Transaction) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = tx.rows(
        f"""
        SELECT review_id, rule, rule_version, weight, says, evidence FROM signal
         WHERE review_id IN ({_OPEN}) ORDER BY review_id, weight DESC, rule LIMIT :limit
        """,
        {"limit": ROWS_MAX},
    )
    for row in rows:
        found.setdefault(row["review_id"], []).append(
            {
                "rule": row["rule"],
                "version": row["rule_version"],
                "weight": row["weight"],
                "says": row["says"],
                "evidence": json.loads(row["evidence"]),
            }
        )
    return found
