"""The receiver's way for a gateway: what is signed with its key is kept as its own, everything else refused."""

from __future__ import annotations

import asyncio
import hashlib
import hmac

import httpx
import pytest

from tests.conftest import NOW
from tests.sync.gateway_events import envelope, said
from waconsole.database.connection import Database
from waconsole.settings.secrets import Secret
from waconsole.sync.receive import Keeper, application
from waconsole.whatsapp.webhook import BODY_BYTES_MAX

KEY = "gwhmac0123456789"


def signed(body: bytes, key: str = KEY) -> dict[str, str]:
    made = hmac.new(key.encode(), body, hashlib.sha512).hexdigest()
    return {"X-Webhook-Hmac": made, "X-Webhook-Hmac-Algorithm": "sha512"}


async def posted(database: Database, body: bytes, headers: dict[str, str], *, keys: tuple[str, ...]) -> int:
    """What the receiver answers."""
    keeper = Keeper(database, clock=lambda: NOW)
    known = tuple(map(Secret, keys))
    app = application(keeper, secrets=(Secret("app"),), verify_token=Secret("word"), gateway_keys=known)
    keeping = asyncio.create_task(keeper.run())
    await asyncio.sleep(0)  # it runs before anything comes
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://receiver"
        ) as client:
            return (await client.post("/gateway", content=body, headers=headers)).status_code
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_what_the_gateway_signed_is_kept_as_its_own(database: Database) -> None:
    body = envelope("message.any", said("AAAA", "Hello"), id="evt_1")

    assert await posted(database, body, signed(body), keys=(KEY,)) == 200

    row = await database.read(lambda tx: tx.one("SELECT source, body FROM inbound"))
    assert row is not None and (row["source"], row["body"]) == ("gateway", body)


async def test_while_a_key_replaces_another_both_count(database: Database) -> None:
    for key in (KEY, "the-key-before"):
        assert await posted(database, BODY, signed(BODY, key), keys=(KEY, "the-key-before")) == 200


BODY = envelope("message.any", said("AAAA", "Hello"), id="evt_1")


@pytest.mark.parametrize(
    ("body", "headers", "keys", "status"),
    [
        (BODY, signed(BODY, "another"), (KEY, "old-key"), 401),
        (BODY, {}, (KEY,), 401),
        (BODY, signed(BODY, ""), ("", ""), 401),
        (BODY, signed(BODY), (), 401),
        (BODY + b" ", signed(BODY), (KEY,), 401),
        (b"x" * (BODY_BYTES_MAX + 1), {}, (KEY,), 413),
    ],
)
async def test_what_is_not_the_gateways_is_refused_and_counted(
    database: Database, body: bytes, headers: dict[str, str], keys: tuple[str, ...], status: int
) -> None:
    assert await posted(database, body, headers, keys=keys) == status

    counted = await database.read(lambda tx: tx.value("SELECT sum(times) FROM inbound_refusal"))
    kept = await database.read(lambda tx: tx.value("SELECT count(*) FROM inbound"))
    assert (counted, kept) == (1, 0)
