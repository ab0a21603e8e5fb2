"""Who asks to come into a group that no driver reaches is let in on the phone: a task for a human hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.groups import store
from waconsole.members import store as members
from waconsole.members.store import Member
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.outbox import service as sending
from waconsole.outbox import store as outbox
from waconsole.text import stored
from waconsole.whatsapp.content import Text

HUMAN: Final = "human"
TASKS_AT_ONCE_MAX: Final = 200


class Offered(NamedTuple):
    """A task to let somebody in, or to decline them."""

    member: str
    task: str


async def is_by_hand(database: Database, name: str) -> bool:
    """Whether a group is reached by a human hand alone. Raises NotFound."""
    return await database.read(lambda tx: store.group_named(tx, name).driver == HUMAN)


async def offer(
    database: Database,
    name: str,
    who: Sequence[str] | None,
    *,
    approve: bool,
    reason: str,
    operator: str | None,
    now: int,
) -> list[Offered]:
    """Offer a task for each of these people; undoing takes them back until they are done. Raises Refused, NotFound."""
    if not who:
        raise Refused("Nobody here can see who asks to come into this group: name them.")
    if len(who) > TASKS_AT_ONCE_MAX:
        raise Refused(f"At most {TASKS_AT_ONCE_MAX} people at once.")
    if not approve and not reason.strip():
        raise Refused("Say why they are declined: --reason.")

    def work(tx: Transaction) -> list[Offered]:
        group = store.group_named(tx, name)
        thread = tx.one(
            "SELECT id, number_id FROM visible_conversation WHERE group_id = :id ORDER BY id LIMIT 1",
            {"id": group.id},
        )
        if thread is None:
            raise Refused(f"{group.name} has no chat here to put a task into: `waconsole import chat` first.")
        acting = operators.acting(tx, operator, now=now)
        found, acts = [], []
        for member in dict.fromkeys(members.member_named(tx, one) for one in who):
            outgoing_id = sending.enqueue(
                tx, number_id=outbox.hand_number_id(tx), conversation_id=thread["id"], message_id=None, driver=HUMAN,
                content=Text(stored(_words(member, group.name, approve=approve, reason=reason.strip()))),
                purpose="service", answers_id=None, operator_id=acting.id, now=now,
            )  # fmt: skip
            task_id = outbox.task_of_outgoing(tx, outgoing_id)
            assert task_id is not None
            offered = outbox.task_columns(tx, task_id)
            undone = {"state": "refused", "decided_at": now, "decided_by": acting.id, "reason": "undone"}
            cancelled = {"state": "cancelled", "state_reason": "undone"}
            acts.append(Act("outgoing", outgoing_id, cancelled, outbox.outgoing_columns(tx, outgoing_id)))
            acts.append(Act("task", task_id, {**offered, **undone}, offered))
            found.append(Offered(member.ref, outbox.task_by_id(tx, task_id).ref))
        operators.record(tx, acting, "approve" if approve else "decline", acts, now=now)
        return found

    return await database.write(work)


def _words(member: Member, group: str, *, approve: bool, reason: str) -> str:
    who = " ".join(part for part in (member.name, member.phone or "") if part) or member.ref
    verb = "Let in" if approve else "Decline"
    because = f" Why: {reason}" if reason else ""
    return f"{verb} on the phone: {who}, who asks to come into {group}. Send nothing.{because}"
