"""A group known from its export that is also one of a linked phone: two rows become one, with all that hangs on them."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.groups import store, store_joins, store_live, store_moderation, store_requests, store_subjects

PEOPLE_MAX: Final = 100_000
# What a gateway told of the group goes with its id.
_TOLD: Final = (
    "description", "approval", "invite_link", "people_count", "suspended_at", "suspension_told_at", "subject_told_at",
    "description_told_at", "approval_told_at", "link_told_at", "ended_at", "looked_at",
)  # fmt: skip


def link(tx: Transaction, group_id: int, whatsapp_id: str, number_id: int) -> None:
    """A group is reached by a linked phone from now on, under WhatsApp's id of it."""
    store.set_columns(tx, group_id, {"whatsapp_id": whatsapp_id, "driver": "gateway", "number_id": number_id})


def absorb(tx: Transaction, other_id: int, group_id: int) -> None:
    """The group `other_id` is `group_id`: its people, requests and rungs go over, and its row ends.

    Its conversation must have gone before. What an export knew of somebody's time stays as the export told it.
    """
    told = tx.one(f'SELECT {", ".join(_TOLD)} FROM "group" WHERE id = :id', {"id": other_id})
    assert told is not None
    store.set_columns(tx, other_id, {"whatsapp_id": None})
    store.set_columns(tx, group_id, dict(told))
    roles = tx.rows(
        "SELECT member_id, role FROM present_membership WHERE group_id = :id LIMIT :limit",
        {"id": other_id, "limit": PEOPLE_MAX},
    )
    for room in (store_live, store_joins, store_moderation, store_requests):
        room.move_group(tx, other_id, group_id)
    store_subjects.forget(tx, other_id)
    for row in roles:
        store.set_role(tx, group_id, row["member_id"], row["role"])
    store.end_row(tx, other_id)
