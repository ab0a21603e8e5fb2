"""Templates and ratings are fetched anew once a day by whoever syncs, and what goes wrong disturbs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from tests.conftest import NOW
from tests.outbox.road import PHONE_NUMBER_ID
from tests.whatsapp.graph import Graph, http, serving
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Database
from waconsole.outbox import service_templates
from waconsole.settings import CloudSettings, Settings
from waconsole.settings.secrets import Secret
from waconsole.sync import refreshing
from waconsole.sync.refreshing import refresh_when_due

WABA: Final = "200000000000002"


def settings_at(url: str) -> Settings:
    cloud = CloudSettings(
        base_url=url, phone_number_id=PHONE_NUMBER_ID, waba_id=WABA, token=Secret("a-token")
    )
    return Settings(cloud=cloud)


@asynccontextmanager
async def far() -> AsyncIterator[tuple[Graph, Settings]]:
    async with serving(Graph(described=False)) as graph:
        yield graph, settings_at(graph.url)


def tells(graph: Graph, status: str, quality: str) -> None:
    """The next two answers: how the number is rated, and the one template."""
    graph.answer(200, {"id": PHONE_NUMBER_ID, "quality_rating": quality})
    one = {"name": "tour", "language": "de", "status": status, "category": "MARKETING", "id": "5"}
    graph.answer(200, {"data": [one]})


async def look(database: Database, settings: Settings, *, now: int, once: bool = True) -> str:
    return await refresh_when_due(database, settings, clock=lambda: now, once=once)


async def value(database: Database, sql: str) -> Any:
    return await database.read(lambda tx: tx.value(sql))


async def test_it_is_done_a_day_after_the_first_run_and_then_once_a_day(database: Database) -> None:
    async with far() as (graph, settings):
        for now in (NOW, NOW + HOUR, NOW + DAY - 1):
            assert await look(database, settings, now=now) == ""
        assert graph.asked == []

        tells(graph, "APPROVED", "GREEN")
        said = await look(database, settings, now=NOW + DAY)
        assert said == "Asked WhatsApp anew: templates 1, changed 1, numbers rated 1."
        assert await value(database, "SELECT status FROM template") == "APPROVED"
        assert await value(database, "SELECT quality FROM number WHERE driver = 'cloud'") == "GREEN"
        assert await value(database, "SELECT count(*) FROM notice") == 0  # the first time nothing was missed

        assert await look(database, settings, now=NOW + 2 * DAY - 1) == ""
        tells(graph, "PAUSED", "YELLOW")
        await look(database, settings, now=NOW + 2 * DAY)

    assert await value(database, "SELECT status FROM template") == "PAUSED"
    assert await value(database, "SELECT group_concat(subject) FROM notice") == "template,number"


async def test_a_console_that_knows_none_fetches_at_once(database: Database) -> None:
    async with far() as (graph, settings):
        tells(graph, "APPROVED", "GREEN")

        assert await look(database, settings, now=NOW, once=False) != ""


async def test_what_was_typed_counts_and_what_is_missing_stays(database: Database) -> None:
    async with far() as (graph, settings):
        tells(graph, "APPROVED", "GREEN")
        graph.answers.pop(0)  # no rating is asked for
        await service_templates.sync(database, settings, now=NOW)
        assert await look(database, settings, now=NOW + DAY - 1) == ""

        graph.answer(200, {"id": PHONE_NUMBER_ID})
        graph.answer(200, {"data": []})
        await look(database, settings, now=NOW + DAY)

    assert await value(database, "SELECT deleted_at FROM template") is None


@pytest.mark.parametrize("fault", ["refused", "silent", "offline"])
async def test_what_goes_wrong_is_one_sentence_and_waits_an_hour(
    database: Database, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    async with far() as (graph, settings):
        if fault == "silent":
            monkeypatch.setattr(refreshing, "SECONDS_MAX", 0.05)

            async def never(*_: Any, **__: Any) -> None:
                await asyncio.Event().wait()

            monkeypatch.setattr(service_templates, "sync", never)
        there = settings_at("http://127.0.0.1:9") if fault == "offline" else settings
        graph.answers += [http(400, b'{"error": {"code": 190, "message": "expired"}}')] * 4

        said = await look(database, there, now=NOW, once=False)
        assert said.endswith(".") and "later" in said and "\n" not in said
        asked = len(graph.asked)
        assert await look(database, there, now=NOW + HOUR - 1, once=False) == ""
        assert len(graph.asked) == asked
        assert await look(database, there, now=NOW + HOUR, once=False) != ""


async def test_without_a_number_or_a_token_nobody_is_asked(database: Database) -> None:
    assert await look(database, Settings(), now=NOW, once=False) == ""
    assert await value(database, "SELECT count(*) FROM ledger_fact WHERE name LIKE 'standing%'") == 0
