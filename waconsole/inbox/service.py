"""What a moderator does in the inbox: every act is one transaction, recorded so that it can be undone.

Each verb takes conversations, items or a message by id, the operator's name (None: whoever the
ledger belongs to) and the instant. It answers a `Done`: how many things changed, and what the
undo will do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from waconsole.clock import HOUR, MINUTE
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.inbox import store_conversations as conversations
from waconsole.inbox import store_items as items
from waconsole.inbox import store_messages as messages
from waconsole.inbox.model import BY_HAND, ITEM_KINDS, item_ref
from waconsole.inbox.service_acting import Change, each
from waconsole.inbox.service_acting import Done as Done  # noqa: PLC0414
from waconsole.operators import service as operators
from waconsole.operators import store as operator_rows
from waconsole.operators.store import Act, Operator
from waconsole.policy import store as policy


def _close(state: str) -> Change:
    def change(tx: Transaction, _: Operator, item_id: int) -> list[Act]:
        item = items.item_by_id(tx, item_id)
        if item["state"] == state:
            return []
        items.set_states(tx, [(state, item_id)])
        conversations.refresh_clocks(tx, item["conversation_id"])
        return [Act("work_item", item_id, {"state": item["state"]}, {"state": state}, rule=item["rule"],
                    rule_version=item["rule_version"])]  # fmt: skip

    return change


async def done(database: Database, item_ids: Sequence[int], *, operator: str | None, now: int) -> Done:
    """The items have been dealt with. Already done ones are left alone."""
    return await each(database, operator, "done", item_ids, _close("done"), now=now)


async def drop(database: Database, item_ids: Sequence[int], *, operator: str | None, now: int) -> Done:
    """The items were none: the rule drew too much."""
    return await each(database, operator, "drop", item_ids, _close("dropped"), now=now)


async def done_with(
    database: Database, conversation_ids: Sequence[int], *, operator: str | None, now: int
) -> Done:
    """Every open item of these conversations has been dealt with."""

    def change(tx: Transaction, _: Operator, conversation_id: int) -> list[Act]:
        open_now = items.open_items(tx, conversation_id)
        items.set_states(tx, [("done", item["id"]) for item in open_now])
        if open_now:
            conversations.refresh_clocks(tx, conversation_id)
        return [
            Act("work_item", item["id"], {"state": "open"}, {"state": "done"}, rule=item["rule"],
                rule_version=item["rule_version"])
            for item in open_now
        ]  # fmt: skip

    return await each(database, operator, "done", conversation_ids, change, now=now)


async def make_item(
    database: Database, message_id: int, kind: str, *, operator: str | None, now: int
) -> Done:
    """Make a work item of a message by hand, or open one again. Raises Refused for an unknown kind."""
    if kind not in ITEM_KINDS:
        raise Refused(f"There is no kind {kind}: choose one of {', '.join(ITEM_KINDS)}.")

    def work(tx: Transaction) -> Done:
        acting = operators.acting(tx, operator, now=now)
        message = messages.place_of(tx, message_id)
        known = next((item for item in items.items_of_message(tx, message_id) if item["kind"] == kind), None)
        if known is not None and known["state"] == "open":
            return Done("item", 0, known["id"])
        if known is None:
            hours = policy.in_force(tx, "inbox.answer_target", now=now)[0]["hours"]
            conversation = conversations.conversation(tx, message["conversation_id"])
            ref = item_ref(
                conversation["ref"], message["sent_at"], BY_HAND, message["text"], kind, message_id
            )
            items.add_items(tx, [items.ItemRow(ref, message["conversation_id"], message_id, kind, BY_HAND, 1, "", message["sent_at"],
                                               now + hours * HOUR, "live", 0)])  # fmt: skip
            known = next(item for item in items.items_of_message(tx, message_id) if item["kind"] == kind)
            before = "dropped"
        else:
            before = known["state"]
            items.set_states(tx, [("open", known["id"])])
        conversations.refresh_clocks(tx, message["conversation_id"])
        act = Act(
            "work_item", known["id"], {"state": before}, {"state": "open"}, rule=BY_HAND, rule_version=1
        )
        operators.record(tx, acting, "item", [act], now=now)
        return Done("item", 1, known["id"])

    return await database.write(work)


def _changing(columns: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """A change of a conversation's own columns, kept before and after."""

    def change(tx: Transaction, _: Operator, conversation_id: int) -> list[Act]:
        before = conversations.changeable(tx, conversation_id)
        wanted = columns(before)
        changed = {name: value for name, value in wanted.items() if before[name] != value}
        if not changed:
            return []
        conversations.change(tx, conversation_id, changed)
        return [Act("conversation", conversation_id, {name: before[name] for name in changed}, changed)]

    return change


async def snooze(
    database: Database, conversation_ids: Sequence[int], until: int, *, operator: str | None, now: int
) -> Done:
    """Put conversations out of sight until an instant; a new message wakes them before."""
    if until <= now:
        raise Refused("A snooze ends after now: choose a later time.")
    change = _changing(lambda _: {"snoozed_until": until})
    return await each(database, operator, "snooze", conversation_ids, change, now=now)


async def mute(
    database: Database, conversation_ids: Sequence[int], muted: bool, *, operator: str | None, now: int
) -> Done:
    """Leave conversations out of “next that needs me”, or take them in again."""
    change = _changing(lambda _: {"muted": int(muted)})
    return await each(database, operator, "mute" if muted else "unmute", conversation_ids, change, now=now)


async def mark_read(
    database: Database, conversation_ids: Sequence[int], *, operator: str | None, now: int
) -> Done:
    """Everything in these conversations has been seen here; WhatsApp's blue tick is another thing."""

    def change(tx: Transaction, acting: Operator, conversation_id: int) -> Sequence[Act]:
        last = tx.one(
            "SELECT sent_at, id FROM visible_message WHERE conversation_id = :id ORDER BY sent_at DESC, id DESC LIMIT 1",
            {"id": conversation_id},
        )
        if last is None or conversations.conversation(tx, conversation_id)["unread"] == 0:
            return []
        mark = {"read_through_at": last["sent_at"], "read_through_id": last["id"]}
        return _changing(lambda _: mark)(tx, acting, conversation_id)

    return await each(database, operator, "mark read", conversation_ids, change, now=now)


async def read_to(database: Database, message_id: int) -> bool:
    """A message and those before it have been seen; the mark never goes back by this.

    Resting on a message is no decision: it is no act, and `undo` goes on to the act before.
    """

    def work(tx: Transaction) -> bool:
        place = messages.place_of(tx, message_id)
        before = conversations.changeable(tx, place["conversation_id"])
        mark = {"read_through_at": place["sent_at"], "read_through_id": place["id"]}
        if (before["read_through_at"], before["read_through_id"]) >= tuple(mark.values()):
            return False
        conversations.change(tx, place["conversation_id"], mark)
        return True

    return await database.write(work)


async def mark_unread(
    database: Database, message_ids: Sequence[int], *, operator: str | None, now: int
) -> Done:
    """Each message and what follows it in its thread counts as unread again."""

    def change(tx: Transaction, acting: Operator, message_id: int) -> Sequence[Act]:
        place = messages.place_of(tx, message_id)
        mark = {"read_through_at": place["sent_at"], "read_through_id": place["id"] - 1}
        return _changing(lambda _: mark)(tx, acting, place["conversation_id"])

    return await each(database, operator, "mark unread", message_ids, change, now=now)


async def take(
    database: Database, conversation_ids: Sequence[int], *, operator: str | None, now: int
) -> Done:
    """Take conversations for a time, so that two people do not answer at once. Raises Refused."""

    def change(tx: Transaction, acting: Operator, conversation_id: int) -> list[Act]:
        conversations.conversation(tx, conversation_id)
        minutes = policy.in_force(tx, "inbox.lease", now=now)[0]["minutes"]
        taken = operator_rows.put_lease(
            tx, kind="conversation", object_id=conversation_id, operator_id=acting.id, now=now,
            expires_at=now + minutes * MINUTE,
        )  # fmt: skip
        if not taken:
            holder = operator_rows.lease_on(tx, kind="conversation", object_id=conversation_id, now=now)
            raise Refused(
                f"{holder[0] if holder else 'Somebody'} has taken this conversation: nothing was changed."
            )
        return [Act("lease", conversation_id, {"taken": 0}, {"taken": 1, "operator_id": acting.id})]

    return await each(database, operator, "take", conversation_ids, change, now=now)


async def give_back(
    database: Database, conversation_ids: Sequence[int], *, operator: str | None, now: int
) -> Done:
    """Let others have conversations that were taken."""

    def change(tx: Transaction, acting: Operator, conversation_id: int) -> list[Act]:
        if not operator_rows.end_lease(
            tx, kind="conversation", object_id=conversation_id, operator_id=acting.id
        ):
            return []
        return [Act("lease", conversation_id, {"taken": 1, "operator_id": acting.id}, {"taken": 0})]

    return await each(database, operator, "give back", conversation_ids, change, now=now)


async def assign(
    database: Database, conversation_ids: Sequence[int], to: str | None, *, operator: str | None, now: int
) -> Done:
    """Make conversations somebody's, or nobody's. Raises NotFound for an unknown operator."""

    def change(tx: Transaction, acting: Operator, conversation_id: int) -> Sequence[Act]:
        found = None if to is None else operator_rows.operator_by_name(tx, to)
        if to is not None and found is None:
            raise NotFound(f"No operator is called {to}: `waconsole operators list` shows them.")
        return _changing(lambda _: {"assigned_to": found.id if found else None})(tx, acting, conversation_id)

    return await each(database, operator, "assign", conversation_ids, change, now=now)


def restore_item(
    tx: Transaction, item_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for work items; False when the item has changed since."""
    if items.state_of(tx, item_id) != expected:
        return False
    items.set_states(tx, [(str(values["state"]), item_id)])
    conversations.refresh_clocks(tx, items.item_by_id(tx, item_id)["conversation_id"])
    return True


def restore_conversation(
    tx: Transaction, conversation_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for a conversation's columns; False when one of them has changed since."""
    stands = conversations.changeable(tx, conversation_id)
    if any(stands[name] != value for name, value in expected.items()):
        return False
    conversations.change(tx, conversation_id, values)
    return True


def restore_lease(
    tx: Transaction, conversation_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for take and give back; a lease that ended meanwhile is no hindrance."""
    if expected["taken"]:
        operator_rows.end_lease(
            tx, kind="conversation", object_id=conversation_id, operator_id=int(str(expected["operator_id"]))
        )
    return True


RESTORES: Final[dict[str, operators.Restore]] = {
    "work_item": restore_item,
    "conversation": restore_conversation,
    "lease": restore_lease,
}
