"""Files and reactions in a thread: ours and theirs, here or not, and how one gets at them."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from tests.inbox.ledger_builder import NOW
from tests.inbox.pane_app import inbox, press
from tests.outbox import road
from waconsole.clock import HOUR, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.inbox import pane_copy, service_live, service_reply, store_files, store_thread
from waconsole.inbox.pane_detail import detail_lines
from waconsole.inbox.pane_rows import Voice, line_text
from waconsole.inbox.service_live import File, Received
from waconsole.inbox.store_live import Change
from waconsole.operators import service as operators
from waconsole.outbox import store as outbox
from waconsole.whatsapp.content import (
    Buttons,
    Content,
    ListMessage,
    Media,
    Poll,
    Reaction,
    Row,
    Template,
)
from waconsole.whatsapp.files import Keeping, folder_of

VOICE = Voice(UTC, "Ana", True)
SHA = "ab" * 32


def thread(tx: Transaction) -> int:
    """A conversation with a member whose window is open."""
    return road.add_thread(tx, road.add_number(tx), 42, window_until=NOW + 20 * HOUR)


def say(tx: Transaction, conversation: int, content: Content, answers: int | None = None) -> int:
    """Write it; its outgoing row."""
    ana = operators.acting(tx, None, now=NOW)
    return service_reply.write_out(tx, ana, conversation, content, answers=answers, verb="send", now=NOW)


def received(tx: Transaction, conversation: int, file: File | None = None) -> int:
    """A message came; its id."""
    alias = int(tx.value("SELECT min(id) FROM alias"))
    message = Received(conversation, "c", alias, "wamid.IN", NOW, "image" if file else "text", "Look", file)
    found = service_live.receive(tx, message, now=NOW)
    assert found is not None
    return found


def entries(tx: Transaction, conversation: int) -> list[store_thread.Entry]:
    return store_thread.by_keys(tx, list(store_thread.keys(tx, conversation)))


def in_full(tx: Transaction, entry: store_thread.Entry) -> str:
    lines = detail_lines(tx, entry, NOW, VOICE)
    return "\n".join("".join(cell.text for cell in line) for line in lines)


async def test_what_we_send_stands_in_the_thread_as_what_it_is(database: Database) -> None:
    contents: list[tuple[Content, str, str]] = [
        (Media("image", SHA, mime="image/jpeg", size=2048, caption="Bill"), "image", "queued · [picture]  Bill"),
        (Media("document", link="https://x.example/b.pdf", name="b.pdf"), "document", "queued · [document]  b.pdf"),
        (Template("paid", "en", (("", "Ana"),), text="Hello Ana"), "template", "queued  Hello Ana"),
        (Template("paid", "en", (("", "Ana"),)), "template", "queued  paid: Ana"),
        (Buttons("Accept?", (("y", "Yes"),)), "interactive", "queued  Accept? [Yes]"),
        (ListMessage("Slot?", "Open", (Row("", "a", "09:00"),)), "interactive", "queued  Slot? - 09:00"),
        (Poll("Which?", ("a", "b")), "poll", "queued  Which? - a - b"),
    ]  # fmt: skip

    def work(tx: Transaction) -> None:
        conversation = thread(tx)
        for content, _, _ in contents:
            say(tx, conversation, content)
        found = entries(tx, conversation)
        assert [(it.type, line_text(it, VOICE)) for it in found] == [
            (kind, line) for _, kind, line in contents
        ]
        assert "kept beside the ledger · image/jpeg · 2 KB" in in_full(tx, found[0])
        assert "no copy kept" in in_full(tx, found[1])

    await database.write(work)


async def test_reactions_stand_under_their_message_ours_among_them(database: Database) -> None:
    def work(tx: Transaction) -> None:
        conversation = thread(tx)
        target = received(tx, conversation)
        alias = int(tx.value("SELECT min(id) FROM alias"))
        service_live.change(tx, Change("wamid.R", "wamid.IN", "reaction", alias, "👍", NOW))
        ours = say(tx, conversation, Reaction("wamid.IN", "👍"), target)
        found = entries(tx, conversation)
        assert len(found) == 1
        assert "reactions: 👍 2 (ours)" in in_full(tx, found[0])
        say(tx, conversation, Reaction("wamid.IN", "🎉"), target)
        assert "reactions: 🎉 (ours)  👍" in in_full(tx, found[0])
        later = say(tx, conversation, Reaction("wamid.IN", ""), target)
        assert in_full(tx, found[0]).endswith("reactions: 👍\nLook")
        outbox.set_outgoing_state(tx, later, "refused", "no")
        assert "🎉 (ours)" in in_full(tx, found[0])
        assert tx.value("SELECT message_id FROM outgoing WHERE id = :id", {"id": ours}) is None

    await database.write(work)


async def test_a_task_for_a_hand_says_that_a_file_goes_with_it(database: Database) -> None:
    def work(tx: Transaction) -> None:
        conversation = road.add_thread(tx, outbox.hand_number_id(tx), 42)
        say(tx, conversation, Media("image", SHA, mime="image/jpeg", caption="Bill"))
        (entry,) = entries(tx, conversation)
        assert line_text(entry, VOICE).endswith("[picture]  Bill")
        assert "[picture]   kept beside the ledger: send it with the words" in in_full(tx, entry)

    await database.write(work)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("waiting", "WhatsApp has it: it is being fetched · image/png"),
        ("again", "being fetched · image/png · The file came only in part."),
        ("gone", "it cannot be fetched any more · image/png · Too large."),
        ("kept", "kept beside the ledger · image/jpeg · 5.0 MB"),
    ],
)
async def test_a_file_is_here_or_it_is_said_why_not(database: Database, state: str, says: str) -> None:
    def work(tx: Transaction) -> None:
        conversation = thread(tx)
        received(tx, conversation, File("image", "3", "image/png", None, ""))
        if state == "again":
            store_files.in_vain(tx, 1, due_at=NOW + SECOND, reason="The file came only in part.")
        elif state == "gone":
            store_files.gone(tx, 1, "Too large.")
        elif state == "kept":
            store_files.kept(tx, 1, sha256=SHA, mime="image/jpeg", size=5 << 20, now=NOW)
        (entry,) = entries(tx, conversation)
        assert says in in_full(tx, entry)

    await database.write(work)


async def test_the_path_of_a_file_is_copied_and_a_viewer_gets_what_cannot_run(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.delenv("SSH_TTY", raising=False)
    opened: list[str] = []

    def viewer(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(pane_copy, "_browse", viewer)

    def fill(tx: Transaction) -> None:
        conversation = thread(tx)
        with Keeping(folder_of(ledger_path), 100) as keeping:
            keeping.write(b"\xff\xd8\xff\xe0")
            copy = keeping.finish()
        say(tx, conversation, Media("image", copy.sha256, mime=copy.mime, size=copy.size, caption="Bill"))

    async with inbox(ledger_path, fill, size=(120, 30)) as (app, pilot):
        await press(pilot, "enter")
        await app.pane.copy("path")
        (path,) = folder_of(ledger_path).iterdir()
        assert (app.clipboard, path.suffix) == (str(path), ".jpg")
        await press(pilot, "b", "f")
        assert opened == [path.as_uri()]
