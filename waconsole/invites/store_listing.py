"""Invites as they are listed: who brought whom, how it stands, what it earns; and every step of one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.invites.settling import RewardRow

EVERY: Final = -1
STEPS_MAX: Final = 10_000
ASKED_AT_ONCE: Final = 500
_FROM: Final = """
      FROM invite_standing AS s
      JOIN invite AS i ON i.id = s.id
      JOIN known_programme AS p ON p.id = i.programme_id
      JOIN member_root AS ar ON ar.id = i.referrer_id
      JOIN member AS a ON a.id = ar.root_id
      JOIN member_root AS br ON br.id = i.invitee_id
      JOIN member AS b ON b.id = br.root_id
     WHERE (:state IS NULL OR s.state = :state) AND (:programme IS NULL OR i.programme_id = :programme)
       AND (:invite IS NULL OR i.ref = :invite)
"""


def count(tx: Transaction, state: str | None, programme_id: int | None) -> int:
    """How many invites there are."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM invite_standing
             WHERE (:state IS NULL OR state = :state) AND (:programme IS NULL OR programme_id = :programme)
            """,
            {"state": state, "programme": programme_id},
        )
    )


def invites(
    tx: Transaction,
    *,
    state: str | None = None,
    programme_id: int | None = None,
    ref: str | None = None,
    limit: int | None = None,
) -> list[Row]:
    """Invites with their people, the latest first; every one of them without `limit`."""
    return tx.rows(
        f"""
        SELECT i.id, i.ref, p.name AS programme, i.invited_at, i.arrived_at, i.channel, i.confidence, i.origin,
               s.state, CASE s.reason WHEN '' THEN i.refusal ELSE s.reason END AS reason, s.qualified_at, s.due_at,
               s.rule_version, a.ref AS referrer, b.ref AS invitee,
               (SELECT phone FROM member_phone WHERE member_id = a.id) AS referrer_phone,
               (SELECT phone FROM member_phone WHERE member_id = b.id) AS invitee_phone
        {_FROM}
         ORDER BY i.invited_at DESC, i.ref
         LIMIT :limit
        """,
        {
            "state": state, "programme": programme_id, "invite": ref,
            "limit": EVERY if limit is None else limit,
        },
    )  # fmt: skip


def rewards_of(tx: Transaction, invite_ids: Sequence[int]) -> dict[int, list[RewardRow]]:
    """The rewards of some invites, every round of them."""
    found: dict[int, list[RewardRow]] = {}
    for start in range(0, len(invite_ids), ASKED_AT_ONCE):
        rows = tx.rows(
            f"""
            SELECT {", ".join(f"w.{name}" for name in RewardRow._fields)}
              FROM json_each(:ids) AS wanted
             CROSS JOIN reward AS w ON w.invite_id = wanted.value
             ORDER BY w.id LIMIT :limit
            """,
            {"ids": json.dumps(list(invite_ids[start : start + ASKED_AT_ONCE])), "limit": EVERY},
        )
        for row in rows:
            found.setdefault(row["invite_id"], []).append(RewardRow(*row))
    return found


def steps(tx: Transaction, invite_id: int) -> list[Row]:
    """Every step of an invite, oldest first."""
    return tx.rows(
        """
        SELECT t.before, t.after, t.gate, t.reason, t.rule, t.rule_version, t.inputs, o.name AS operator, t.effective_at,
               t.recorded_at
          FROM invite_step AS t
          LEFT JOIN known_operator AS o ON o.id = t.operator_id
         WHERE t.invite_id = ?
         ORDER BY t.id LIMIT ?
        """,
        (invite_id, STEPS_MAX),
    )


def reward_steps(tx: Transaction, reward_id: int) -> list[Row]:
    """Every step of a reward, oldest first."""
    return tx.rows(
        """
        SELECT step, transfer_ref, reason, effective_at, recorded_at
          FROM reward_step WHERE reward_id = ? ORDER BY id LIMIT ?
        """,
        (reward_id, STEPS_MAX),
    )
