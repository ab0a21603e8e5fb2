"""Files that came with messages: fetched as they come, tried again, given up in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import NOW
from tests.sync.webhooks import AT, body, message, our_number, take_in
from waconsole.clock import DAY, MINUTE
from waconsole.database.connection import Database
from waconsole.inbox import store_files
from waconsole.settings import Settings
from waconsole.settings.secrets import Secret
from waconsole.sync import media_fetching
from waconsole.sync.media_fetching import Fetching, fetch_files, keep_fetching
from waconsole.whatsapp.cloud.media_down import Fetched
from waconsole.whatsapp.files import Copy

SHA = "ab" * 32
COPY = Copy(SHA, 7, "image/jpeg", ".jpg")


class Desk:
    """A number of the Cloud API that has these answers about files, in turn."""

    def __init__(self, *answers: Fetched) -> None:
        self.answers, self.asked, self.opened = (
            list(answers),
            list[tuple[str, str | None, str]](),
            list[dict[str, Any]](),
        )

    async def fetch(self, media_id: str, *, declared_sha256: str | None = None, name: str = "") -> Fetched:
        self.asked.append((media_id, declared_sha256, name))
        return self.answers.pop(0)

    @asynccontextmanager
    async def open(self, _: Any, **more: Any) -> AsyncIterator[Desk]:
        self.opened.append(more)
        yield self


async def came(database: Database, *pictures: dict[str, Any]) -> None:
    await our_number(database)
    await take_in(database, body(messages=list(pictures)))


def settings() -> Settings:
    found = Settings()
    return replace(found, cloud=replace(found.cloud, phone_number_id="100000000000001", token=Secret("t")))


async def fetched(
    database: Database, monkeypatch: pytest.MonkeyPatch, *answers: Fetched, now: int = NOW
) -> tuple[Desk, Fetching]:
    desk = Desk(*answers)
    monkeypatch.setattr(media_fetching, "open_cloud", desk.open)
    done = await fetch_files(database, settings(), clock=lambda: now, chance=lambda: 1.0)
    return desk, done


async def file(database: Database, wamid: str) -> store_files.FileState:
    found = await database.read(
        lambda tx: store_files.file_of(
            tx, int(tx.value("SELECT id FROM message WHERE wamid = :w", {"w": wamid}))
        )
    )
    assert found is not None
    return found


def picture(wamid: str, media_id: str, **more: Any) -> dict[str, Any]:
    return message(wamid, "image", {"id": media_id, "mime_type": "image/png", "sha256": SHA, **more})


async def test_files_are_fetched_once_the_newest_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_fetching, "TOGETHER_MAX", 1)
    await came(database, picture("wamid.A", "1"), picture("wamid.B", "2", caption="Bill"))

    desk, done = await fetched(database, monkeypatch, Fetched("kept", COPY), Fetched("kept", COPY))

    assert (done, desk.asked) == (Fetching(kept=2), [("2", SHA, ""), ("1", SHA, "")])
    assert desk.opened[0]["phone_number_id"] == "100000000000001"
    assert desk.opened[0]["media_folder"].name == database.path.name + "-media"
    kept = await file(database, "wamid.A")
    assert (kept.state, kept.sha256, kept.mime, kept.byte_count) == ("kept", SHA, "image/jpeg", 7)
    assert (await fetched(database, monkeypatch))[0].opened == []


async def test_what_cannot_be_fetched_waits_ever_longer_and_is_given_up_in_words(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await came(database, picture("wamid.A", "1"))
    again = Fetched("again", reason="The file came only in part.")

    now = NOW
    for wait in (2, 4, 8):
        _, done = await fetched(database, monkeypatch, again, now=now)
        assert done == Fetching(again=1)
        assert (await fetched(database, monkeypatch, now=now + (wait - 1) * 1_000_000))[1] == Fetching()
        now += wait * 1_000_000
    assert (await file(database, "wamid.A"))[-2:] == ("waiting", "The file came only in part.")

    _, done = await fetched(database, monkeypatch, now=AT * 1_000_000 + 7 * DAY + 1)
    assert done == Fetching(gone=1)
    assert (await file(database, "wamid.A"))[-2:] == (
        "gone", "WhatsApp kept it for 7 days, and it was not fetched in time.",
    )  # fmt: skip


async def test_offline_ends_the_look_and_the_others_are_asked_for_soon(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_fetching, "TOGETHER_MAX", 1)
    await came(database, picture("wamid.A", "1"), picture("wamid.B", "2"))

    desk, done = await fetched(database, monkeypatch, Fetched("offline", reason="x"))
    assert (len(desk.asked), done) == (1, Fetching(again=1))

    _, done = await fetched(
        database, monkeypatch, Fetched("kept", COPY), Fetched("gone", reason="Too large."), now=NOW + MINUTE
    )
    assert done == Fetching(kept=1, gone=1)


async def test_the_wrong_file_is_not_asked_for_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await came(database, picture("wamid.A", "1"))

    for turn in range(media_fetching.WRONG_MAX):
        wrong = Fetched("wrong", reason="It is not the one.")
        await fetched(database, monkeypatch, wrong, now=NOW + turn * MINUTE)

    assert (await file(database, "wamid.A"))[-2:] == ("gone", "It is not the one.")


async def test_without_a_token_nothing_is_opened(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await came(database, picture("wamid.A", "1"))
    desk = Desk()
    monkeypatch.setattr(media_fetching, "open_cloud", desk.open)

    assert await fetch_files(database, Settings(), clock=lambda: NOW) == Fetching()
    assert desk.opened == []


async def test_a_file_is_fetched_as_its_message_comes_and_a_slow_one_ends_with_us(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_fetching, "LOOK_SECONDS", 0.005)
    monkeypatch.setattr(media_fetching, "IDLE_SECONDS", 0.05)
    desk, begun, stopped = Desk(Fetched("kept", COPY)), asyncio.Event(), asyncio.Event()
    quick = desk.fetch

    async def fetch(media_id: str, **more: Any) -> Fetched:
        if desk.answers:
            return await quick(media_id, **more)
        begun.set()
        await asyncio.sleep(60)
        raise AssertionError("it waited for a file")

    monkeypatch.setattr(desk, "fetch", fetch)
    monkeypatch.setattr(media_fetching, "open_cloud", desk.open)
    running = asyncio.create_task(keep_fetching(database, settings(), clock=lambda: NOW, stop=stopped.is_set))
    await came(database, picture("wamid.A", "1"))
    async with asyncio.timeout(10):
        while (await file(database, "wamid.A")).state != "kept":  # noqa: ASYNC110 - the ledger is asked
            await asyncio.sleep(0.005)
        await take_in(database, body(messages=[picture("wamid.B", "2")]))
        await begun.wait()
        stopped.set()
        await running

    assert (await file(database, "wamid.B")).state == "waiting"
