"""Pictures as proof: queued while a programme runs, known again by their bytes, deleted once decided on."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOW
from tests.invites.asking import person, programme, say, shop_of
from tests.policy.ledgers import OWNER, SECOND
from tests.sync import webhooks
from waconsole import catalogue
from waconsole.clock import HOUR
from waconsole.clock import SECOND as A_SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.database.traces import Erased
from waconsole.errors import NotFound, Refused, Undone
from waconsole.inbox import service_live, store_files
from waconsole.inbox.service_live import File, Received
from waconsole.invites import store_proofs
from waconsole.invites.proofs import Running, running_at
from waconsole.members import store_erasing as people
from waconsole.members.store import member_by_id
from waconsole.sync.proofs_arriving import catch_up_proofs
from waconsole.whatsapp.files import folder_of

BEGAN = NOW - 10 * HOUR
SAME, OTHER = b"the same picture", b"another picture"


def test_the_programme_that_began_last_is_meant_and_ends_count_out() -> None:
    spans = [Running(1, 10, None), Running(2, 20, 30)]
    assert [running_at(spans, at) for at in (9, 10, 20, 29, 30)] == [None, 1, 2, 2, 1]
    assert running_at([], 5) is None


def picture(
    tx: Transaction, member_id: int, wamid: str, content: bytes, *, at: int, folder: Path, kind: str = "image",
    reply_to: str | None = None, is_here: bool = True,
) -> None:  # fmt: skip
    """A file that came live; `is_here`: it was fetched."""
    thread = tx.one("SELECT id, ref FROM conversation WHERE member_id = ?", (member_id,))
    alias = tx.value("SELECT id FROM alias WHERE member_id = ? AND kind = 'phone'", (member_id,))
    assert thread is not None
    sha256 = hashlib.sha256(content).hexdigest()
    message_id = service_live.receive(
        tx,
        Received(
            thread["id"], thread["ref"], alias, wamid, at, kind, "", File(kind, f"m-{wamid}", "image/png", None, "x.png"),
            reply_to,
        ),
        now=NOW,
    )  # fmt: skip
    assert message_id is not None
    if is_here:
        folder.mkdir(exist_ok=True)
        (folder / f"{sha256}.png").write_bytes(content)  # with its ending, as what WhatsApp sent is kept
        row = tx.value("SELECT id FROM media WHERE message_id = ?", (message_id,))
        store_files.kept(tx, row, sha256=sha256, mime="image/png", size=len(content), now=NOW)


async def proofs(database: Database) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await say(database, "invites", "proofs", "list")).document["rows"]
    return rows


async def test_pictures_that_answer_nothing_wait_while_a_programme_runs(database: Database) -> None:
    folder = folder_of(database.path)

    def work(tx: Transaction) -> None:
        shop_of(tx)
        programme(tx, "friends", at=BEGAN)
        first, second = person(tx, 1), person(tx, 2)
        pictures: list[tuple[int, bytes, int, dict[str, Any]]] = [
            (first, SAME, BEGAN - A_SECOND, {}),  # nothing ran yet
            (first, SAME, BEGAN, {}),
            (first, OTHER, BEGAN + HOUR, {"reply_to": "wamid.1"}),
            (first, OTHER, BEGAN + HOUR, {"kind": "document"}),
            (second, SAME, BEGAN + 2 * HOUR, {"is_here": False}),
        ]  # fmt: skip
        for place, (who, content, at, more) in enumerate(pictures):
            picture(tx, who, f"wamid.{place}", content, at=at, folder=folder, **more)

    await database.write(work)
    assert await catch_up_proofs(database, now=NOW) == 2
    assert await catch_up_proofs(database, now=NOW) == 0
    first, second = await proofs(database)
    assert (first["name"], first["state"], first["programme"], first["bytes"]) == (
        "Person 1",
        "waiting",
        "friends",
        16,
    )
    assert first["duplicate_of"] is None and first["picture"].endswith(f"{first['sha256']}.png")
    assert (second["sha256"], second["picture"], second["duplicate_of"]) == (None, None, None)

    def fetched(tx: Transaction) -> None:
        row = tx.value("SELECT max(id) FROM media")
        store_files.kept(tx, row, sha256=first["sha256"], mime="image/png", size=16, now=NOW)

    await database.write(fetched)
    await catch_up_proofs(database, now=NOW)
    assert [(one["duplicate_of"], one["duplicate_is_own"]) for one in await proofs(database)] == [
        (None, None), (first["proof"], False),
    ]  # fmt: skip


async def test_once_decided_the_picture_is_gone_and_its_hash_stays(database: Database) -> None:
    folder = folder_of(database.path)

    def work(tx: Transaction) -> None:
        shop_of(tx)
        programme(tx, "friends", at=BEGAN)
        for place in range(2):
            picture(tx, person(tx, place), f"wamid.{place}", SAME, at=BEGAN + place * HOUR, folder=folder)

    await database.write(work)
    await catch_up_proofs(database, now=NOW)
    first, second = await proofs(database)
    file = Path(first["picture"])

    async def decide(proof: str, *words: str, by: str | None = OWNER) -> Any:
        return await say(database, "invites", "proofs", "decide", proof, *words, by=by)

    for words, who in (((), None), ((), "Nobody")):
        with pytest.raises((Refused, NotFound)):
            await decide(first["proof"], "--outcome", "accept", "--reason", "seen", *words, by=who)
    with pytest.raises(Refused, match="--reason"):
        await decide(first["proof"], "--outcome", "accept", "--reason", " ")

    (one,) = (await decide(first["proof"], "--outcome", "accept", "--reason", "seen", by=SECOND)).document[
        "done"
    ]
    assert (one["state"], one["reason"], one["decided_by"], one["deleted_at"]) == (
        "accepted",
        "seen",
        SECOND,
        None,
    )
    assert file.exists(), "it stands in the other's message"
    again = await decide(first["proof"], "--outcome", "refuse", "--reason", "x")
    assert (again.exit_code, again.document["refused"][0]["reason"]) == (1, "It is accepted already.")

    assert (
        "deleted" in (await decide(second["proof"], "--outcome", "refuse", "--reason", "the same")).lines[0]
    )
    assert not file.exists()
    rows = await proofs(database)
    assert all(
        row["deleted_at"] and row["picture"] is None and row["sha256"] == first["sha256"] for row in rows
    )

    def message(tx: Transaction) -> Any:
        row = tx.one("SELECT state, sha256, reason FROM media ORDER BY id LIMIT 1")
        return tuple(row or ())

    assert (await database.read(message))[:2] == ("gone", None)
    assert await database.read(lambda tx: member_by_id(tx, 1).name) == "Person 0"
    with pytest.raises(Undone):
        await catalogue.undo(database, operator=SECOND, now=NOW)


async def test_who_is_erased_leaves_no_picture_no_hash_and_no_word(database: Database) -> None:
    folder = folder_of(database.path)

    def work(tx: Transaction) -> tuple[int, int]:
        shop_of(tx)
        programme(tx, "friends", at=BEGAN)
        first, second = person(tx, 0), person(tx, 1)
        for place, who in enumerate((first, first, second)):
            picture(tx, who, f"wamid.{place}", b"%d" % place, at=BEGAN + place, folder=folder)
        return first, second

    first, _ = await database.write(work)
    await catch_up_proofs(database, now=NOW)
    rows = await proofs(database)
    for place in (0, 2):
        words = ("--outcome", "refuse", "--reason", "Person 0 again")
        await say(database, "invites", "proofs", "decide", rows[place]["proof"], *words)

    def erase(tx: Transaction) -> None:
        traces = people.traces_of(tx, first)
        store_proofs.erase(tx, traces, Erased())

    await database.write(erase)
    left = await proofs(database)
    assert len(left) == 2 and "Person 0" not in " ".join(row["reason"] for row in left)
    assert {row["sha256"] is None for row in left} == {True, False}


async def test_a_picture_of_a_webhook_waits_by_the_hash_whatsapp_told(database: Database) -> None:
    def work(tx: Transaction) -> None:
        shop_of(tx)
        programme(tx, "friends", at=BEGAN)

    await database.write(work)
    await webhooks.our_number(database)
    told = base64.b64encode(hashlib.sha256(SAME).digest()).decode()
    at = BEGAN // A_SECOND + 60
    files = [
        webhooks.message(f"wamid.{kind}", kind, {"id": f"m-{kind}", "mime_type": mime, "sha256": told}, at=at)
        for kind, mime in (("image", "image/png"), ("sticker", "image/webp"))
    ]
    await webhooks.take_in(database, webhooks.body(messages=files))
    assert await catch_up_proofs(database, now=NOW) == 1
    (row,) = await proofs(database)
    assert (row["sha256"], row["bytes"]) == (hashlib.sha256(SAME).hexdigest(), None)
