"""Rows of who let the rewards of which invite go out, and what such a word is asked against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from waconsole.clock import DAY
from waconsole.database.connection import Transaction

ISSUES_MAX: Final = 10_000_000
CURRENCIES_MAX: Final = 1_000
GIVEN: Final = "('posted', 'issued', 'redeemed', 'expired')"


class Waiting(NamedTuple):
    """An invite as it stands, with the rows of its two people and whoever wrote it by hand, if anybody did."""

    id: int
    state: str
    reason: str
    referrer_id: int
    invitee_id: int
    written_by: int | None


def waiting(tx: Transaction, ref: str) -> Waiting | None:
    """The invite of that name, or None."""
    row = tx.one(
        """
        SELECT i.id, s.state, s.reason, i.referrer_id, i.invitee_id,
               (SELECT w.operator_id FROM invite_word AS w
                 WHERE coalesce(w.instead_id, w.invite_id) = i.id AND w.word IN ('added', 'corrected')
                 ORDER BY w.id DESC LIMIT 1) AS written_by
          FROM invite_standing AS s
          JOIN invite AS i ON i.id = s.id
         WHERE i.ref = :ref
        """,
        {"ref": ref},
    )
    return None if row is None else Waiting(*row)


def amounts(tx: Transaction, invite_id: int) -> dict[str, int]:
    """What would move in the books, in minor units by currency: points and days cost what the terms say, or nothing."""
    rows = tx.rows(
        """
        SELECT CASE kind WHEN 'cashback' THEN currency ELSE cost_currency END AS money,
               sum(CASE kind WHEN 'cashback' THEN amount_minor ELSE cost_minor END) AS minor
          FROM reward
         WHERE invite_id = :invite AND state = 'pending'
         GROUP BY money
        HAVING money <> '' AND minor > 0
         ORDER BY money LIMIT :limit
        """,
        {"invite": invite_id, "limit": CURRENCIES_MAX},
    )
    return {row["money"]: row["minor"] for row in rows}


def issued_today(tx: Transaction, operator_id: int, currency: str, *, at: int) -> int:
    """What an operator let go out in a currency on the day (UTC) of `at`, without what was taken back; minor units."""
    return int(
        tx.value(
            """
            SELECT coalesce(sum(m.value), 0)
              FROM invite_issue AS w, json_each(w.amounts) AS m
             WHERE w.operator_id = :operator AND w.recorded_at >= :begins AND w.recorded_at < :ends AND w.withdrawn = 0
               AND m.key = :currency
            """,
            {"operator": operator_id, "currency": currency, "begins": at - at % DAY, "ends": at - at % DAY + DAY},
        )
    )  # fmt: skip


def add(
    tx: Transaction, invite_id: int, amounts: Mapping[str, int], *, solo: bool, operator_id: int, now: int
) -> int:
    """Write that somebody let it go out; answers the row."""
    return tx.insert(
        """
        INSERT INTO invite_issue (invite_id, amounts, solo, operator_id, recorded_at)
        VALUES (:invite, :amounts, :solo, :operator, :now)
        """,
        {
            "invite": invite_id, "amounts": json.dumps(dict(amounts), sort_keys=True), "solo": int(solo),
            "operator": operator_id, "now": now,
        },
    )  # fmt: skip


def is_withdrawn(tx: Transaction, issue_id: int) -> bool | None:
    """Whether a word was taken back; None where something went out since, so that it stays."""
    row = tx.one(
        f"""
        SELECT withdrawn, EXISTS (SELECT 1 FROM reward AS r WHERE r.invite_id = w.invite_id AND r.state IN {GIVEN}) AS given
          FROM invite_issue AS w WHERE id = :id
        """,
        {"id": issue_id},
    )
    return None if row is None or row["given"] else bool(row["withdrawn"])


def set_withdrawn(tx: Transaction, issue_id: int, withdrawn: bool) -> None:
    """Take a word back, or let it stand again."""
    tx.execute(
        "UPDATE invite_issue SET withdrawn = :withdrawn WHERE id = :id",
        {"withdrawn": int(withdrawn), "id": issue_id},
    )


def issued(tx: Transaction, programme_id: int) -> frozenset[int]:
    """The invites of a programme that somebody let go out."""
    rows = tx.rows(
        """
        SELECT w.invite_id FROM invite_issue AS w
          JOIN invite AS i ON i.id = w.invite_id
         WHERE i.programme_id = :programme AND w.withdrawn = 0 LIMIT :limit
        """,
        {"programme": programme_id, "limit": ISSUES_MAX},
    )
    return frozenset(row["invite_id"] for row in rows)


def issued_by(tx: Transaction, invite_id: int) -> tuple[str, int] | None:
    """Who let the rewards of an invite go out, and when; or None."""
    row = tx.one(
        """
        SELECT o.name, w.recorded_at FROM invite_issue AS w JOIN known_operator AS o ON o.id = w.operator_id
         WHERE w.invite_id = :invite AND w.withdrawn = 0
        """,
        {"invite": invite_id},
    )
    return None if row is None else (row["name"], row["recorded_at"])
