"""The acts of a moderator: each is recorded, shows at once, and is undone exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOW
from tests.sync.imports import found, imported, written
from waconsole import catalogue
from waconsole.clock import DAY, HOUR, MINUTE, iso
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused, Undone
from waconsole.inbox import (
    service,
    service_reply,
    store_conversations,
    store_items,
    store_list,
    store_messages,
    store_thread,
)
from waconsole.members import service as members
from waconsole.operators import service as operators
from waconsole.outbox import service as outbox_service
from waconsole.outbox import store as outbox

LINES = (
    "26/11/2026, 09:12 - Inès: Quelqu'un a essayé la taille 2 ?",
    "26/11/2026, 09:20 - Ana: Et c'est quand le prochain arrivage ?",
    "26/11/2026, 09:30 - Ana: merci",
)


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """A short chat with two questions."""
    return written(tmp_path / "a.txt", *LINES)


def everything(tx: Transaction) -> dict[str, list[Any]]:
    """The ledger but for the log and for what an undo leaves behind on purpose."""
    tables = ("conversation", "work_item", "tag", "lease", "message", "member")
    return {table: [tuple(row) for row in tx.rows(f"SELECT * FROM {table} ORDER BY id")] for table in tables}


async def _row(database: Database, now: int = NOW) -> store_list.ConversationRow:
    return (await database.read(lambda tx: store_list.first_page(tx, "1 = 1", {}, now=now)))[0]


async def test_every_act_is_undone_exactly(database: Database, chat: Path) -> None:
    await imported(database, chat)
    items = [row["item"] for row in await found(database, subject="items")]
    assert len(items) == 2
    as_before = await database.read(everything)
    who: dict[str, Any] = {"operator": None, "now": NOW}
    acts = [
        service.done(database, [1], **who),
        service.drop(database, [2], **who),
        service.done_with(database, [1], **who),
        service.snooze(database, [1], NOW + HOUR, **who),
        service.mute(database, [1], True, **who),
        service.mark_read(database, [1], **who),
        service.take(database, [1], **who),
        service.assign(database, [1], operators.account_name(), **who),
    ]
    for act in acts:
        did = await act
        assert did.count > 0, did
        assert await database.read(everything) != as_before, did

        assert (await catalogue.undo(database, operator=None, now=NOW))[1] == did.count

        assert await database.read(everything) == as_before, did
    with pytest.raises(Undone, match="nothing to undo"):
        await catalogue.undo(database, operator=None, now=NOW)


async def test_undo_goes_back_through_several_acts(database: Database, chat: Path) -> None:
    await imported(database, chat)
    as_before = await database.read(everything)
    await service.done(database, [1], operator=None, now=NOW)
    await service.mute(database, [1], True, operator=None, now=NOW)
    await members.tag(database, [1, 2], "vip", True, operator=None, now=NOW)

    for verb in ("tag", "mute", "done"):
        assert (await catalogue.undo(database, operator=None, now=NOW))[0] == verb

    assert await database.read(everything) == as_before


async def test_undo_refuses_what_somebody_changed_since(database: Database, chat: Path) -> None:
    await imported(database, chat)
    await database.write(lambda tx: operators.add(tx, "Kim", "owner", now=NOW))
    await database.write(lambda tx: operators.add(tx, "Lee", "moderator", now=NOW))
    await service.done(database, [1], operator="Kim", now=NOW)
    await service.drop(database, [1], operator="Lee", now=NOW)

    with pytest.raises(Undone, match="changed again"):
        await catalogue.undo(database, operator="Kim", now=NOW)

    assert (await database.read(lambda tx: store_items.state_of(tx, 1)))["state"] == "dropped"


async def test_done_takes_the_item_off_the_clocks(database: Database, chat: Path) -> None:
    await imported(database, chat)
    before = await _row(database)
    await service.done(database, [before.item_id or 0], operator=None, now=NOW)

    row = await _row(database)

    assert (before.owed, row.owed, row.item_id) == (2, 1, 2)
    assert row.owed_until == before.owed_until + 8 * MINUTE if before.owed_until else False


async def test_next_leaves_out_muted_and_snoozed_and_comes_back(
    database: Database, chat: Path, tmp_path: Path
) -> None:
    await imported(database, chat)
    other = written(tmp_path / "b.txt", "26/11/2026, 09:15 - Kim: when will it ship?")
    await imported(database, other, "Other")

    async def upcoming(now: int = NOW) -> int | None:
        row = await database.read(lambda tx: store_items.next_open_item(tx, now=now))
        return None if row is None else row["conversation_id"]

    assert await upcoming() == 1
    await service.mute(database, [1], True, operator=None, now=NOW)
    assert await upcoming() == 2
    await service.snooze(database, [2], NOW + HOUR, operator=None, now=NOW)
    assert await upcoming() is None
    assert await upcoming(NOW + HOUR) == 2


async def test_a_new_message_ends_a_snooze(database: Database, chat: Path, tmp_path: Path) -> None:
    await imported(database, chat)
    await service.snooze(database, [1], NOW + DAY, operator=None, now=NOW)

    await imported(database, written(tmp_path / "b.txt", *LINES, "26/11/2026, 10:00 - Ana: allo ?"))

    assert (await _row(database)).snoozed_until == 0


async def test_a_reply_by_hand_becomes_a_task_in_the_thread(database: Database, chat: Path) -> None:
    await imported(database, chat)

    did = await service_reply.reply(database, 1, "Jeudi matin.", operator=None, now=NOW, answers=2)

    tasks = await database.read(lambda tx: outbox.tasks(tx, only_open=True))
    assert [(task.text, task.state, task.group, task.deadline_at) for task in tasks] == [
        ("Jeudi matin.", "offered", "Mamans", NOW + DAY)
    ]
    keys = await database.read(lambda tx: store_thread.keys(tx, 1))
    entry = (await database.read(lambda tx: store_thread.by_keys(tx, keys[-1:])))[0]
    assert (entry.source, entry.id, entry.text, entry.state) == (
        store_thread.OUTGOING,
        did.id,
        "Jeudi matin.",
        "offered",
    )
    assert list(await database.read(lambda tx: store_thread.last_keys(tx, 1, 2))) == list(keys[-2:])


async def test_a_task_is_copied_then_done_by_whom_and_when(database: Database, chat: Path) -> None:
    await imported(database, chat)
    await service_reply.reply(database, 1, "Jeudi matin.", operator=None, now=NOW)

    def move(state: str, now: int, reason: str = "") -> Any:
        return lambda tx: outbox_service.move_task(
            tx, operators.acting(tx, None, now=now), 1, state, now=now, reason=reason
        )

    copied = await database.write(move("copied", NOW + 1))
    done = await database.write(move("done", NOW + 2))
    assert (copied.state, copied.copied_at, done.state, done.decided_at) == (
        "copied",
        NOW + 1,
        "done",
        NOW + 2,
    )
    assert done.decided_by == operators.account_name()
    with pytest.raises(Refused, match="done already"):
        await database.write(move("refused", NOW + 3, "late"))
    assert (await catalogue.undo(database, operator=None, now=NOW + 4))[0] == "task done"
    with pytest.raises(Refused, match="why"):
        await database.write(move("refused", NOW + 5, " "))


async def test_an_undone_reply_is_withdrawn_unless_it_was_sent(database: Database, chat: Path) -> None:
    await imported(database, chat)
    await service_reply.reply(database, 1, "Jeudi.", operator=None, now=NOW)
    await catalogue.undo(database, operator=None, now=NOW)
    task = await database.read(lambda tx: outbox.task_by_id(tx, 1))
    assert (task.state, task.reason) == ("refused", "undone")

    await service_reply.reply(database, 1, "Vendredi.", operator=operators.account_name(), now=NOW)
    await database.write(lambda tx: operators.add(tx, "Kim", "moderator", now=NOW))
    await database.write(
        lambda tx: outbox_service.move_task(tx, operators.acting(tx, "Kim", now=NOW), 2, "done", now=NOW)
    )
    with pytest.raises(Undone):
        await catalogue.undo(database, operator=operators.account_name(), now=NOW)


async def test_a_taken_conversation_is_not_answered_by_another(database: Database, chat: Path) -> None:
    await imported(database, chat)
    await database.write(lambda tx: operators.add(tx, "Kim", "owner", now=NOW))
    await database.write(lambda tx: operators.add(tx, "Lee", "moderator", now=NOW))
    await service.take(database, [1], operator="Kim", now=NOW)

    for act in (
        service.take(database, [1], operator="Lee", now=NOW),
        service_reply.reply(database, 1, "salut", operator="Lee", now=NOW),
    ):
        with pytest.raises(Refused, match="Kim has taken"):
            await act
    assert (await service.take(database, [1], operator="Lee", now=NOW + HOUR)).count == 1


async def test_an_item_is_made_and_dropped_by_hand(database: Database, chat: Path) -> None:
    await imported(database, chat)

    did = await service.make_item(database, 3, "complaint", operator=None, now=NOW)

    rows = await found(database, "kind:complaint", subject="items")
    assert [(row["message"], row["state"], row["rule"]) for row in rows] == [(3, "open", "hand")]
    assert rows[0]["owed_until"] == iso(NOW + DAY)
    await service.drop(database, [did.id or 0], operator=None, now=NOW)
    assert [row["state"] for row in await found(database, "kind:complaint", subject="items")] == ["dropped"]
    with pytest.raises(Refused, match="choose one of"):
        await service.make_item(database, 3, "gossip", operator=None, now=NOW)


async def test_marking_unread_starts_at_the_message(database: Database, chat: Path) -> None:
    await imported(database, chat)
    await service.mark_read(database, [1], operator=None, now=NOW)
    assert (await _row(database)).unread == 0

    await service.mark_unread(database, [2], operator=None, now=NOW)

    assert (await _row(database)).unread == 2
    assert len(await found(database, "is:unread")) == 2


async def test_a_note_stands_in_the_thread_and_is_sent_to_nobody(database: Database, chat: Path) -> None:
    await imported(database, chat)

    await service_reply.note(database, 1, "demande déjà faite en mars", operator=None, now=NOW)

    keys = await database.read(lambda tx: store_thread.keys(tx, 1))
    entry = (await database.read(lambda tx: store_thread.by_keys(tx, keys[-1:])))[0]
    assert (entry.kind, entry.text) == ("note", "demande déjà faite en mars")
    assert await database.read(lambda tx: outbox.tasks(tx, only_open=False)) == []
    await catalogue.undo(database, operator=None, now=NOW)
    assert len(await database.read(lambda tx: store_thread.keys(tx, 1))) == 3


async def test_a_draft_is_kept_and_used_up_by_the_reply(database: Database, chat: Path) -> None:
    await imported(database, chat)
    await service_reply.keep_draft(database, 1, "Jeu")
    assert (await _row(database)).draft

    await service_reply.reply(database, 1, "Jeudi.", operator=None, now=NOW)

    assert not (await _row(database)).draft


async def test_who_is_no_operator_cannot_act(database: Database, chat: Path) -> None:
    await imported(database, chat)

    with pytest.raises(NotFound, match="No operator is called Mallory"):
        await service.done(database, [1], operator="Mallory", now=NOW)


async def test_resting_on_a_message_is_no_act(database: Database, chat: Path) -> None:
    await imported(database, chat)
    await service.done(database, [1], operator=None, now=NOW)

    assert await service.read_to(database, 2)
    assert not await service.read_to(database, 1)

    assert (await _row(database)).unread == 1
    assert (await catalogue.undo(database, operator=None, now=NOW))[0] == "done"


async def test_a_tag_taken_off_comes_back_with_its_date(database: Database, chat: Path) -> None:
    await imported(database, chat)
    await members.tag(database, [1], "vip", True, operator=None, now=NOW)
    await members.tag(database, [1], "vip", False, operator=None, now=NOW + DAY)

    await catalogue.undo(database, operator=None, now=NOW + 2 * DAY)

    assert await database.read(lambda tx: tx.value("SELECT tagged_at FROM tag")) == NOW


async def test_the_later_reaction_counts_even_if_it_came_first(database: Database, chat: Path) -> None:
    await imported(database, chat)

    def react(tx: Transaction) -> None:
        for emoji, at in (("👍", 2), ("❤️", 1), ("🎉", 3)):
            store_messages.add_reaction(tx, message_id=1, alias_id=1, emoji=emoji, reacted_at=NOW + at)

    await database.write(react)

    assert (await found(database))[-1]["reactions"] == [{"from": "Inès", "emoji": "🎉"}]


async def test_a_conversation_with_a_member_stands_in_the_list(database: Database, chat: Path) -> None:
    await imported(database, chat)

    def begin(tx: Transaction) -> int:
        number = outbox.hand_number_id(tx)
        return store_conversations.add_member_conversation(
            tx, number_id=number, member_id=1, member_ref="m-1"
        )

    conversation = await database.write(begin)

    rows = await database.read(lambda tx: store_list.by_ids(tx, [conversation], now=NOW))
    assert [(row.name, row.member_id, row.group_id) for row in rows] == [("Inès", 1, None)]
