"""The inbox's verbs as they are typed: the acts of the screen. What finds stands in `commands_find`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

from waconsole.clock import iso
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database, Transaction
from waconsole.inbox import service, service_find, service_reply
from waconsole.inbox.model import ITEM_KINDS, snooze_until


def _answer(done: service.Done, what: str) -> Answer:
    if not done.count:
        return Answer({"verb": done.verb, "count": 0}, (f"Nothing to do: {what} stands so already.",))
    document: dict[str, Any] = {"verb": done.verb, "count": done.count}
    if done.id is not None:
        document["id"] = done.id
    return Answer(document, (f"{done.verb}: {done.count}. `waconsole undo` takes it back.",))


ItemVerb = Callable[..., Awaitable[service.Done]]


def _on_items(verb: ItemVerb) -> Callable[[Database, Invocation], Awaitable[Answer]]:
    async def work(database: Database, call: Invocation) -> Answer:
        names = call.values["item"]
        ids = await database.read(lambda tx: [service_find.item_named(tx, name) for name in names])
        return _answer(await verb(database, ids, operator=call.operator, now=call.now), "the item")

    return work


def _on_conversations(
    verb: Callable[[Database, list[int], Invocation], Awaitable[service.Done]],
) -> Callable[[Database, Invocation], Awaitable[Answer]]:
    async def work(database: Database, call: Invocation) -> Answer:
        names = call.values["conversation"]
        ids = await database.read(lambda tx: [service_find.conversation_named(tx, name) for name in names])
        return _answer(await verb(database, ids, call), "the conversation")

    return work


async def _snooze(database: Database, ids: list[int], call: Invocation) -> service.Done:
    zone = ZoneInfo(call.settings.shop.timezone or "UTC")
    until = snooze_until(call.values["until"], call.now, zone)
    call.say(f"Snoozed until {iso(until)}.")
    return await service.snooze(database, ids, until, operator=call.operator, now=call.now)


async def _reply(database: Database, call: Invocation) -> Answer:
    name, text = call.values["conversation"], call.values["text"]
    conversation = await database.read(lambda tx: service_find.conversation_named(tx, name))
    done = await service_reply.reply(database, conversation, text, operator=call.operator, now=call.now)

    def task_of(tx: Transaction) -> Any:
        return tx.one(
            "SELECT o.ref AS outgoing, o.state, o.state_reason AS reason, t.ref AS task, t.state AS task_state FROM outgoing AS o "
            "LEFT JOIN task AS t ON t.outgoing_id = o.id WHERE o.id = :id",
            {"id": done.id},
        )

    row = dict(await database.read(task_of))
    how = "a task for a human hand: `waconsole tasks list`" if row["task"] else row["state"]
    if row["reason"] == "template_needed":
        how += (
            ": the service window is closed, and then only a template can go."
            f" It goes as it is once they write; `waconsole outbox convert {row['outgoing']}` sends a template in its place"
        )
    return Answer(row, (f"The reply is {how}.",))


async def _note(database: Database, call: Invocation) -> Answer:
    name, text = call.values["conversation"], call.values["text"]
    conversation = await database.read(lambda tx: service_find.conversation_named(tx, name))
    return _answer(
        await service_reply.note(database, conversation, text, operator=call.operator, now=call.now),
        "the note",
    )


async def _make_item(database: Database, call: Invocation) -> Answer:
    done = await service.make_item(
        database, call.values["message"], call.values["kind"], operator=call.operator, now=call.now
    )
    return _answer(done, "the item")


_ITEM = Argument("item", "a work item's ref, or its message's id", many=True)
_CONVERSATION = Argument("conversation", "a group's name or ref, or a conversation's ref", many=True)
_ONE = Argument("conversation", "a group's name or ref, or a conversation's ref")


def _simple(
    verb: str, help: str, call: Callable[[Database, list[int], Invocation], Awaitable[service.Done]]
) -> Command:
    return Command((verb,), help, _on_conversations(call), (_CONVERSATION,))


COMMANDS: Final[list[Command]] = [
    Command(("done",), "Work items have been dealt with.", _on_items(service.done), (_ITEM,)),
    Command(("drop",), "Work items were none.", _on_items(service.drop), (_ITEM,)),
    Command(("item",), "Make a work item of a message by hand.", _make_item,
            (Argument("message", "the message's id", kind="integer"), Argument("kind", "what it is", choices=ITEM_KINDS))),
    Command(("reply",), "Reply in a conversation; where the API cannot reach it becomes a task.", _reply,
            (_ONE, Argument("text", "what to say"))),
    Command(("note",), "Write a private note into a conversation.", _note, (_ONE, Argument("text", "the note"))),
    Command(("snooze",), "Put conversations out of sight until a time; a new message wakes them.",
            _on_conversations(_snooze),
            (_CONVERSATION, Argument("--until", "2h, 3d, 18:30 or 2026-11-28", required=True))),
    _simple("take", "Take conversations, so that nobody else answers meanwhile.",
            lambda db, ids, call: service.take(db, ids, operator=call.operator, now=call.now)),
    _simple("give-back", "Let others have conversations that were taken.",
            lambda db, ids, call: service.give_back(db, ids, operator=call.operator, now=call.now)),
    _simple("mute", "Leave conversations out of “next that needs me”.",
            lambda db, ids, call: service.mute(db, ids, True, operator=call.operator, now=call.now)),
    _simple("unmute", "Take muted conversations in again.",
            lambda db, ids, call: service.mute(db, ids, False, operator=call.operator, now=call.now)),
    _simple("read", "Everything in these conversations has been seen here.",
            lambda db, ids, call: service.mark_read(db, ids, operator=call.operator, now=call.now)),
    Command(("assign",), "Make conversations an operator's, or nobody's.",
            _on_conversations(lambda db, ids, call: service.assign(
                db, ids, call.values["to"], operator=call.operator, now=call.now)),
            (_CONVERSATION, Argument("--to", "the operator's name; without it nobody's"))),
]  # fmt: skip
