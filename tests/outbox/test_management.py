"""A number's rating, links and blocks: what WhatsApp answers is written, its no is a sentence."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.conftest import NOW
from waconsole.database.connection import Database, Row
from waconsole.errors import Refused
from waconsole.members import store as members
from waconsole.outbox import service_history, store_numbers
from waconsole.outbox import service_management as management
from waconsole.settings import Settings
from waconsole.settings.secrets import Secret
from waconsole.whatsapp.cloud.client import Client
from waconsole.whatsapp.cloud.driver import CloudDriver
from waconsole.whatsapp.cloud.history import Recorded


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, dict[str, Any]]]:
    """What the far side answers next."""
    found: list[tuple[int, dict[str, Any]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        status, document = found.pop(0)
        return httpx.Response(status, content=json.dumps(document))

    @asynccontextmanager
    async def opened(settings: Settings, number: Row) -> AsyncIterator[CloudDriver]:
        client = Client("https://graph.example", Secret("EAAfake"))
        client._client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        yield CloudDriver(
            client, client, graph_version="v26.0", phone_number_id="100000000000001", waba_id="2"
        )

    monkeypatch.setattr(management, "opened", opened)
    return found


async def our_number(database: Database) -> None:
    await database.write(
        lambda tx: store_numbers.ensure_number(
            tx, phone_number_id="100000000000001", waba_id="2", name="shop", phone=None, now=NOW
        )
    )


async def test_a_rating_is_written_to_the_number(
    database: Database, answers: list[tuple[int, dict[str, Any]]]
) -> None:
    await our_number(database)
    answers.append(
        (200, {"quality_rating": "YELLOW", "throughput": {"level": "HIGH"}, "whatsapp_business_manager_messaging_limit": "TIER_10K"})
    )  # fmt: skip
    number, seen = await management.rate(database, Settings(), None, now=NOW)
    assert (number["quality"], number["per_second_max"], seen.limit_people) == ("YELLOW", 1_000, 10_000)
    assert await database.read(lambda tx: tx.value("SELECT limit_max FROM portfolio")) == 10_000


async def test_who_is_blocked_gets_nothing_until_unblocked(
    database: Database, answers: list[tuple[int, dict[str, Any]]]
) -> None:
    await our_number(database)
    await database.write(
        lambda tx: members.ensure_member(
            tx, phone=None, bsuid="DE.9", name="Bo", origin="live", now=NOW, seen_at=NOW
        )
    )
    answers += [
        (200, {"block_users": {"added_users": [{"input": "DE.9"}]}}),
        (200, {"block_users": {"removed_users": [{"input": "DE.9"}]}}),
        (400, {"error": {"code": 139101, "message": "limit"}}),
    ]
    suppressed = "SELECT count(*) FROM suppression WHERE reason = 'blocked' AND lifted_at IS NULL"
    counts = []
    for on in (True, False):
        await management.block(database, Settings(), None, ["Bo"], on=on, operator=None, now=NOW)
        counts.append(await database.read(lambda tx: tx.value(suppressed)))
    assert counts == [1, 0]
    with pytest.raises(Refused, match="139101"):
        await management.block(database, Settings(), None, ["Bo"], on=True, operator=None, now=NOW)


async def test_a_link_is_made_and_a_long_text_is_not_asked_for(
    database: Database, answers: list[tuple[int, dict[str, Any]]]
) -> None:
    await our_number(database)
    answers.append(
        (200, {"code": "C1", "prefilled_message": "Hi", "deep_link_url": "https://wa.me/message/C1"})
    )
    link = await management.set_link(database, Settings(), None, "Hi", operator=None, now=NOW)
    assert link.url == "https://wa.me/message/C1"
    with pytest.raises(Refused, match="140"):
        await management.set_link(database, Settings(), None, "x" * 141, operator=None, now=NOW)


async def test_a_history_is_taken_in_like_statuses(database: Database) -> None:
    found = [
        Recorded("accepted", NOW),
        Recorded("failed", NOW + 9, "no"),
        Recorded("delivered", NOW + 5),
        Recorded("sent", NOW + 1),
    ]
    await database.write(lambda tx: service_history.take_in(tx, "wamid.1", found, now=NOW))
    row = await database.read(
        lambda tx: tx.one("SELECT status, sent_at, delivered_at, error_code, error_detail FROM delivery")
    )
    assert row is not None
    assert tuple(row) == ("delivered", NOW + 1, NOW + 5, 0, "no")
