"""An imported group and the same group of a linked phone: one group from now on, history and live in one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused
from waconsole.groups import service_link, store_live, store_standing
from waconsole.groups import store as groups
from waconsole.groups.service_doors import GATEWAY, first_number
from waconsole.inbox import service_threads, store_messages
from waconsole.inbox import store_conversations as conversations
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.outbox import store as outbox
from waconsole.whatsapp.gateway.addresses import is_group

HUMAN: Final = "human"


@dataclass(frozen=True, slots=True)
class Linked:
    """The group, what it is called, and how many messages of its other thread stand in its own now."""

    group: str
    name: str
    messages: int


async def link(database: Database, name: str, whatsapp_id: str, *, operator: str | None, now: int) -> Linked:
    """Say that the imported group `name` is the linked phone's group `whatsapp_id`. Raises Refused and NotFound."""
    if not is_group(whatsapp_id):
        raise Refused(
            f"{whatsapp_id} is no group of a linked phone: `waconsole groups list` shows their ids (…@g.us)."
        )

    def work(tx: Transaction) -> Linked:
        acting = operators.acting(tx, operator, now=now)
        group = groups.group_named(tx, name)
        if group.driver != HUMAN:
            raise Refused(
                f"{group.name} is reached already ({group.driver}): only an imported group is linked."
            )
        other = store_live.group_by_whatsapp_id(tx, whatsapp_id)
        number_id = _number_of(tx, other)
        own = conversations.conversation_of_group(tx, group.id)
        moved = 0
        if other is not None:
            theirs = conversations.conversation_of_group(tx, other["id"])
            if theirs is not None:
                own, moved = _one_thread(tx, own, theirs, group)
            service_link.absorb(tx, other["id"], group.id)
        service_link.link(tx, group.id, whatsapp_id, number_id)
        if own is not None:
            conversations.hang_on(tx, own, number_id)
        act = Act("group_link", group.id, {"driver": HUMAN}, {"driver": GATEWAY, "whatsapp_id": whatsapp_id})
        operators.record(tx, acting, "link group", [act], now=now)
        return Linked(group.ref, group.name, moved)

    return await database.write(work)


def _number_of(tx: Transaction, other: Row | None) -> int:
    """The linked phone's number that reaches the group. Raises Refused."""
    if other is not None:
        standing = store_standing.standing(tx, other["id"])
        if standing["driver"] != GATEWAY:
            raise Refused(f"{standing['name']} is no group of a linked phone.")
        if standing["number_id"] is not None:
            return int(standing["number_id"])
    return int(first_number(tx, GATEWAY)["id"])


def _one_thread(tx: Transaction, own: int | None, theirs: int, group: groups.Group) -> tuple[int, int]:
    """(the thread that stays, how many messages moved into it). Raises Refused where both are live."""
    if own is None:
        raise Refused(f"{group.name} has no thread: import its chat first.")
    counts = [store_messages.live_count(tx, one) for one in (own, theirs)]
    if all(counts):
        raise Refused(
            f"Both have live messages, {counts[0]:,} and {counts[1]:,}: what was answered in which thread would be"
            " lost. Keep them apart."
        )
    outbox.move_thread(tx, theirs, own)
    return own, service_threads.move(tx, theirs, own)
