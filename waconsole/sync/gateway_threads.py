"""The conversations of a gateway's number, made when they are new."""

from __future__ import annotations

from waconsole.database.connection import Row, Transaction
from waconsole.inbox import store_conversations as conversations
from waconsole.sync.intake_people import Person


def with_member(tx: Transaction, number_id: int, who: Person) -> tuple[int, str]:
    """(id, ref) of the conversation with a member alone."""
    known = conversations.with_member(tx, number_id=number_id, member_id=who.member_id)
    if known is None:
        known = conversations.add_member_conversation(
            tx, number_id=number_id, member_id=who.member_id, member_ref=who.ref
        )
    return known, str(conversations.conversation(tx, known)["ref"])


def with_group(tx: Transaction, number_id: int, group: Row) -> tuple[int, str]:
    """(id, ref) of the conversation with a group."""
    known = conversations.with_group(tx, number_id=number_id, group_id=group["id"])
    if known is None:
        known = conversations.add_group_conversation(
            tx, number_id=number_id, group_id=group["id"], group_ref=group["ref"], read_through_at=0, run_id=0
        )
    return known, str(conversations.conversation(tx, known)["ref"])
