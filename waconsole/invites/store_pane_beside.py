"""What stands above and beside the lists of the invites pane: money that is held, a ladder's counts, an invite's order. Reads only."""

from __future__ import annotations

from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.invites.verdict import RETURNS
from waconsole.members.model import folded

SUMS_MAX: Final = 200
SHOWN_MAX: Final = 50


class Slot(NamedTuple):
    """How often a slot of a programme's ladder was earned, by side: what is held, what was given, what was taken back."""

    side: str
    slot: str
    held: int
    given: int
    back: int
    people: int


def held_sums(tx: Transaction) -> list[tuple[str, int, int]]:
    """(currency, rewards, minor units) of cashback that is held, the largest sum first."""
    rows = tx.rows(
        """
        SELECT w.currency, count(*) AS rewards, sum(w.amount_minor) AS minor
          FROM invite_state AS s
          JOIN reward AS w ON w.invite_id = s.id
         WHERE s.state = 'held' AND w.state = 'pending' AND w.kind = 'cashback'
         GROUP BY w.currency
         ORDER BY 3 DESC
         LIMIT :limit
        """,
        {"limit": SUMS_MAX},
    )
    return [(row["currency"], row["rewards"], row["minor"]) for row in rows]


def next_due(tx: Transaction, *, now: int) -> tuple[int | None, int]:
    """(when the next return window ends, how many have ended and wait to be settled)."""
    row = tx.one(
        """
        SELECT min(CASE WHEN due_at > :now THEN due_at END) AS next_at,
               coalesce(sum(due_at <= :now AND reason IN ('', :waits)), 0) AS late
          FROM invite_state
         WHERE state IN ('qualified', 'held') AND due_at IS NOT NULL
        """,
        {"now": now, "waits": RETURNS},
    )
    assert row is not None
    return row["next_at"], row["late"]


def ladder(tx: Transaction, programme_id: int) -> list[Slot]:
    """How a programme's rewards stand, slot by slot."""
    rows = tx.rows(
        """
        SELECT side, slot, sum(state = 'pending') AS held,
               sum(state IN ('posted', 'issued', 'redeemed', 'expired')) AS given,
               sum(state IN ('voided', 'reversed')) AS back,
               count(DISTINCT CASE WHEN state NOT IN ('voided', 'reversed') THEN member_id END) AS people
          FROM reward
         WHERE programme_id = :programme
         GROUP BY side, slot
         LIMIT :limit
        """,
        {"programme": programme_id, "limit": SUMS_MAX},
    )
    return [Slot._make(row) for row in rows]


def order_of(tx: Transaction, invite_id: int) -> Row | None:
    """(reference, ordered_at, currency, total_minor, refunded_minor) of the order that qualified an invite, or None.

    What was bought is nobody's business here.
    """
    return tx.one(
        """
        SELECT o.reference, o.ordered_at, o.currency, o.total_minor,
               (SELECT coalesce(sum(f.amount_minor), 0) FROM visible_refund AS f WHERE f.order_id = o.id) AS refunded_minor
          FROM invite_state AS s
          JOIN visible_order AS o ON o.id = s.order_id
         WHERE s.id = :id
        """,
        {"id": invite_id},
    )


def gates(tx: Transaction, invite_id: int) -> list[Row]:
    """(review_ref, kind, verdict, reason) of every item of the review desk on an invite."""
    return tx.rows(
        """
        SELECT review_ref, kind, verdict, coalesce(reason, '') AS reason
          FROM invite_gate WHERE invite_id = :id ORDER BY review_ref LIMIT :limit
        """,
        {"id": invite_id, "limit": SHOWN_MAX},
    )


def standing_of(tx: Transaction, invite_id: int) -> list[Row]:
    """(kind, review_ref): whether its referrer is frozen or blocked, and by which item."""
    return tx.rows(
        """
        SELECT g.kind, g.review_ref
          FROM invite AS i
          JOIN member_root AS r ON r.id = i.referrer_id
          JOIN member_gate AS g ON g.member_id = r.root_id
         WHERE i.id = :id ORDER BY g.kind LIMIT :limit
        """,
        {"id": invite_id, "limit": SHOWN_MAX},
    )


def words(tx: Transaction, invite_id: int) -> list[Row]:
    """(word, reason, operator, recorded_at) of what operators said of an invite, the first one first."""
    return tx.rows(
        """
        SELECT w.word, w.reason, o.name AS operator, w.recorded_at
          FROM invite_word AS w
          JOIN known_operator AS o ON o.id = w.operator_id
         WHERE w.invite_id = :id ORDER BY w.id LIMIT :limit
        """,
        {"id": invite_id, "limit": SHOWN_MAX},
    )


def code_of(tx: Transaction, invite_id: int) -> str:
    """The code an invite came by; "" where it came without one."""
    found = tx.value(
        "SELECT c.code FROM invite AS i JOIN code AS c ON c.id = i.code_id WHERE i.id = :id",
        {"id": invite_id},
    )
    return "" if found is None else str(found)


def last_transfer(tx: Transaction, invite_id: int) -> int | None:
    """The ledger's number of the last transfer that an invite moved; None where nothing moved."""
    found = tx.value(
        """
        SELECT max(t.seq)
          FROM reward AS w
          JOIN reward_step AS p ON p.reward_id = w.id
          JOIN transfer AS t ON t.ref = p.transfer_ref
         WHERE w.invite_id = :id AND p.transfer_ref <> ''
        """,
        {"id": invite_id},
    )
    return None if found is None else int(found)


def picture_of(tx: Transaction, message_id: int) -> Row | None:
    """(conversation_id, sha256, mime, state) of the message a proof came in, and of its file; None once it is gone."""
    return tx.one(
        """
        SELECT x.conversation_id, f.sha256, f.mime
          FROM visible_message AS x
          LEFT JOIN media AS f ON f.message_id = x.id
         WHERE x.id = :id
        """,
        {"id": message_id},
    )


def people_of(tx: Transaction, invite_id: int) -> Row | None:
    """(referrer_id, referrer_phone, invitee_id, invitee_phone) of an invite, as persons."""
    return tx.one(
        """
        SELECT e.referrer_id, (SELECT phone FROM member_phone WHERE member_id = e.referrer_id) AS referrer_phone,
               e.invitee_id, (SELECT phone FROM member_phone WHERE member_id = e.invitee_id) AS invitee_phone
          FROM invite_edge AS e WHERE e.id = :id
        """,
        {"id": invite_id},
    )


def id_of(tx: Transaction, table: str, column: str, name: str) -> int | None:
    """The id of what is called so in one of the tables of this room, or None."""
    wanted = folded(name) if column == "folded" else name
    found = tx.value(f"SELECT id FROM {table} WHERE {column} = ?", (wanted,))
    return None if found is None else int(found)


def states(tx: Transaction) -> dict[str, int]:
    """How many invites stand in each state."""
    rows = tx.rows("SELECT state, count(*) AS number FROM invite_standing GROUP BY state ORDER BY state")
    return {row["state"]: row["number"] for row in rows}


def channel_keys(tx: Transaction) -> dict[str, int]:
    """A key for each channel that stays: its first invite, or below 0 its first invitation where there is none."""
    rows = tx.rows(
        """
        SELECT channel, -min(id) AS key FROM group_invitation GROUP BY channel
         UNION ALL
        SELECT channel, min(id) FROM invite GROUP BY channel
        """
    )
    return {row["channel"]: row["key"] for row in rows}
