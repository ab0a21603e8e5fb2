"""How invites stand and what they earn: states, steps, rewards and their steps. Steps only grow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from waconsole.database.connection import Row, Transaction
from waconsole.invites.settling import RewardRow, StateRow

ROWS_MAX: Final = 10_000_000
STEPS_MAX: Final = 10_000
_REWARD: Final = ", ".join(RewardRow._fields)


def states(tx: Transaction, programme_id: int) -> dict[int, StateRow]:
    """How every invite of a programme stands that was decided on."""
    rows = tx.rows(
        """
        SELECT s.id, s.state, s.reason, s.order_id, s.qualified_at, s.due_at, s.rule_version
          FROM invite_state AS s
          JOIN invite AS i ON i.id = s.id
         WHERE i.programme_id = :programme
         LIMIT :limit
        """,
        {"programme": programme_id, "limit": ROWS_MAX},
    )
    return {row[0]: StateRow(*tuple(row)[1:]) for row in rows}


def state_of(tx: Transaction, invite_id: int) -> StateRow | None:
    """How one invite stands; None where nothing was decided on it yet."""
    row = tx.one(
        "SELECT state, reason, order_id, qualified_at, due_at, rule_version FROM invite_state WHERE id = ?",
        (invite_id,),
    )
    return None if row is None else StateRow(*row)


def rewards(tx: Transaction, programme_id: int) -> dict[int, list[RewardRow]]:
    """Every reward of a programme, by invite."""
    found: dict[int, list[RewardRow]] = {}
    rows = tx.rows(
        f"SELECT {_REWARD} FROM reward WHERE programme_id = ? ORDER BY id LIMIT ?", (programme_id, ROWS_MAX)
    )
    for row in rows:
        found.setdefault(row["invite_id"], []).append(RewardRow(*row))
    return found


def rewards_of(tx: Transaction, invite_id: int) -> list[RewardRow]:
    """The rewards of one invite, every round of them, oldest first."""
    rows = tx.rows(
        f"SELECT {_REWARD} FROM reward WHERE invite_id = ? ORDER BY id LIMIT ?", (invite_id, STEPS_MAX)
    )
    return [RewardRow(*row) for row in rows]


def reward_by_ref(tx: Transaction, ref: str) -> RewardRow | None:
    """The reward of that name, or None."""
    row = tx.one(f"SELECT {_REWARD} FROM reward WHERE ref = ?", (ref,))
    return None if row is None else RewardRow(*row)


def sides_of(tx: Transaction, invite_id: int) -> Mapping[str, tuple[int, str]]:
    """(row an invite names, ref of who stands for that person now) of the referrer and of the invitee."""
    row = tx.one(
        """
        SELECT i.referrer_id, a.ref AS referrer, i.invitee_id, b.ref AS invitee
          FROM invite AS i
          JOIN member_root AS ar ON ar.id = i.referrer_id
          JOIN member AS a ON a.id = ar.root_id
          JOIN member_root AS br ON br.id = i.invitee_id
          JOIN member AS b ON b.id = br.root_id
         WHERE i.id = ?
        """,
        (invite_id,),
    )
    assert row is not None
    return {
        "referrer": (row["referrer_id"], row["referrer"]),
        "invitee": (row["invitee_id"], row["invitee"]),
    }


def strayed(tx: Transaction) -> frozenset[int]:
    """Rewards that stand in the wallet of somebody else: of whom their member was taken for, until a merge was undone."""
    rows = tx.rows(
        """
        SELECT w.id
          FROM merge AS g
          JOIN member_root AS p ON p.id IN (g.member_id, g.into_id)
          JOIN member_root AS r ON r.root_id = p.root_id
         CROSS JOIN reward AS w ON w.member_id = r.id
          JOIN transfer AS t ON t.ref = w.ref
          JOIN account AS a ON a.id = t.credit_id
          JOIN member AS o ON o.ref = substr(a.name, 8, instr(substr(a.name, 8), ':') - 1)
          JOIN member_root AS its ON its.id = o.id
         WHERE g.parted_at IS NOT NULL AND w.kind IN ('cashback', 'points') AND w.state IN ('pending', 'posted')
           AND its.root_id <> r.root_id
         LIMIT :limit
        """,
        {"limit": ROWS_MAX},
    )
    return frozenset(row["id"] for row in rows)


def put_state(tx: Transaction, invite_id: int, state: StateRow, step_id: int, *, now: int) -> None:
    """Write how an invite stands now, by its last step."""
    tx.execute(
        """
        INSERT INTO invite_state (id, state, reason, order_id, qualified_at, due_at, rule_version, decided_at, step_id)
        VALUES (:id, :state, :reason, :order_id, :qualified_at, :due_at, :version, :now, :step)
            ON CONFLICT (id) DO UPDATE
           SET state = excluded.state, reason = excluded.reason, order_id = excluded.order_id,
               qualified_at = excluded.qualified_at, due_at = excluded.due_at, rule_version = excluded.rule_version,
               decided_at = excluded.decided_at, step_id = excluded.step_id
        """,
        {
            "id": invite_id, "state": state.state, "reason": state.reason, "order_id": state.order_id,
            "qualified_at": state.qualified_at, "due_at": state.due_at, "version": state.rule_version, "now": now,
            "step": step_id,
        },
    )  # fmt: skip


def add_step(
    tx: Transaction,
    invite_id: int,
    arrow: tuple[str, str],
    *,
    gate: str,
    reason: str,
    rule: str,
    version: int,
    inputs: Mapping[str, Any],
    effective_at: int,
    now: int,
    operator_id: int | None = None,
) -> int:
    """Write one step of an invite; answers its id."""
    return tx.insert(
        """
        INSERT INTO invite_step (invite_id, before, after, gate, reason, rule, rule_version, inputs, operator_id,
                                 effective_at, recorded_at)
        VALUES (:invite, :before, :after, :gate, :reason, :rule, :version, :inputs, :operator, :effective_at, :now)
        """,
        {
            "invite": invite_id, "before": arrow[0], "after": arrow[1], "gate": gate, "reason": reason, "rule": rule,
            "version": version, "inputs": json.dumps(inputs, sort_keys=True, ensure_ascii=False),
            "operator": operator_id, "effective_at": effective_at, "now": now,
        },
    )  # fmt: skip


def add_reward(tx: Transaction, row: RewardRow) -> RewardRow:
    """Write a reward; answers it with its id."""
    names = RewardRow._fields[1:]
    made = tx.insert(
        f"INSERT INTO reward ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", row[1:]
    )
    return row._replace(id=made)


def move_reward(
    tx: Transaction, row: RewardRow, state: str, *, coupon_id: int | None = None, until: int | None = None
) -> RewardRow:
    """Bring a reward to another state; answers it."""
    moved = row._replace(
        state=state,
        coupon_id=row.coupon_id if coupon_id is None else coupon_id,
        expires_at=row.expires_at if until is None else until,
    )
    tx.execute(
        "UPDATE reward SET state = :state, coupon_id = :coupon, expires_at = :until WHERE id = :id",
        {"state": state, "coupon": moved.coupon_id, "until": moved.expires_at, "id": row.id},
    )
    return moved


def add_reward_step(
    tx: Transaction,
    reward_id: int,
    step: str,
    *,
    transfer: str = "",
    reason: str = "",
    effective_at: int,
    now: int,
) -> None:
    """Write what became of a reward, with the transfer that moved it, if any."""
    tx.execute(
        """
        INSERT INTO reward_step (reward_id, step, transfer_ref, reason, effective_at, recorded_at)
        VALUES (:reward, :step, :transfer, :reason, :effective_at, :now)
        """,
        {
            "reward": reward_id, "step": step, "transfer": transfer, "reason": reason, "effective_at": effective_at,
            "now": now,
        },
    )  # fmt: skip


def coupons_moved(tx: Transaction, *, limit: int) -> list[Row]:
    """(id, ref, invite_id, state, coupon_state, expires_at, steps) of rewards whose coupon became something else."""
    return tx.rows(
        """
        SELECT w.ref, w.invite_id, c.state AS coupon_state, c.expires_at, c.redeemed_at,
               (SELECT count(*) FROM reward_step AS s WHERE s.reward_id = w.id) AS steps
          FROM reward AS w
          JOIN coupon AS c ON c.id = w.coupon_id
         WHERE w.state IN ('issued', 'redeemed', 'expired')
           AND w.state <> CASE c.state WHEN 'withdrawn' THEN 'expired' ELSE c.state END
         ORDER BY w.id
         LIMIT :limit
        """,
        {"limit": limit},
    )


def counts(tx: Transaction) -> dict[str, int]:
    """How many invites stand in each state."""
    rows = tx.rows("SELECT state, count(*) AS number FROM invite_standing GROUP BY state ORDER BY state")
    return {row["state"]: row["number"] for row in rows}


def untold(tx: Transaction, since: int, *, limit: int) -> list[Row]:
    """(id, invite_id, member_id, side, rule, rule_version, slot, due) of rewards earned since, that nobody was told of."""
    return tx.rows(
        """
        SELECT w.id, w.ref, w.invite_id, w.side, w.slot, w.rule, w.rule_version, w.coupon_id, s.effective_at
          FROM reward_step AS s
         CROSS JOIN reward AS w ON w.id = s.reward_id
         WHERE s.step IN ('posted', 'issued') AND s.effective_at >= :since AND w.state IN ('posted', 'issued')
           AND NOT EXISTS (SELECT 1 FROM reward_step AS t WHERE t.reward_id = w.id AND t.step = 'told')
         GROUP BY w.id
         ORDER BY w.id
         LIMIT :limit
        """,
        {"since": since, "limit": limit},
    )


def is_told(tx: Transaction, reward_id: int) -> bool:
    """Whether it was told of, or why it could not be is written down."""
    row = tx.one(
        "SELECT 1 FROM reward_step WHERE reward_id = :id AND step = 'told' LIMIT 1", {"id": reward_id}
    )
    return row is not None
