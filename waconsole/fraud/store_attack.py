"""The items that attacks are tried on. Only on a copy."""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.fraud.store_decisions import next_id


def is_staged(tx: Transaction, ref: str) -> bool:
    """Whether an item of that name is there already."""
    return tx.value("SELECT 1 FROM review WHERE ref = ?", (ref,)) is not None


def add_item(tx: Transaction, ref: str, member_id: int, *, now: int) -> int:
    """An open item about one person, with one signal; answers its id."""
    review_id = next_id(tx, "review")
    tx.execute(
        "INSERT INTO review (id, ref, kind, stamp, state, happened_at, found_at) VALUES (?, ?, 'attack', 's', 'open', ?, ?)",
        (review_id, ref, now, now),
    )
    tx.execute("INSERT INTO review_member (review_id, member_id) VALUES (?, ?)", (review_id, member_id))
    tx.execute("INSERT INTO review_invite (review_id, invite_id) VALUES (?, 0)", (review_id,))
    tx.execute(
        """
        INSERT INTO signal (review_id, rule, rule_version, weight, evidence, found_at)
        VALUES (?, 'attack', 1, 1, '[{"kind": "member", "id": 1}]', ?)
        """,
        (review_id, now),
    )
    return review_id
