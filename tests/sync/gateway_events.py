"""A gateway's envelopes as they come, for tests: every number, name and id is invented."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.conftest import NOW
from waconsole.clock import SECOND
from waconsole.database.connection import Database
from waconsole.outbox import store_numbers
from waconsole.sync import receive_rows
from waconsole.sync.process import Processed, process_waiting
from waconsole.sync.receive_rows import Body

GROUP: Final = "120000000000000001@g.us"
ANA: Final = "15550001111@c.us"
BO: Final = "15550002222@c.us"
HIDDEN: Final = "9000000001@lid"
AT: Final = NOW // SECOND - 600
ME: Final = {"id": "15550009999@c.us", "lid": "9000000009@lid", "pushName": "Shop"}


def envelope(event: str, payload: dict[str, Any], *, id: str, at: int = AT) -> bytes:
    """One event as the gateway sends it; `at` in seconds."""
    told = {
        "id": id,
        "timestamp": at * 1000,
        "event": event,
        "session": "default",
        "me": ME,
        "payload": payload,
    }
    return json.dumps({**told, "engine": "GOWS"}).encode()


def said(
    short: str, words: str, *, by: str = ANA, group: str = "", ours: bool = False, at: int = AT, **more: Any
) -> dict[str, Any]:
    """A message's payload: to us alone, or in a group."""
    start = "true" if ours else "false"
    return {
        "id": f"{start}_{group}_{short}_{by}" if group else f"{start}_{by}_{short}",
        "timestamp": at, "from": group or by, "fromMe": ours, "participant": by if group else None,
        "body": words, "hasMedia": False, "ack": 1 if ours else 2, **more,
    }  # fmt: skip


async def our_phone(database: Database) -> int:
    """The ledger knows the gateway's phone as a number."""
    return await database.write(
        lambda tx: store_numbers.add_gateway(tx, session="default", name="gateway", phone=None, now=NOW)
    )


async def hear(database: Database, *contents: bytes, now: int = NOW) -> Processed:
    """Events come in and are taken apart."""
    bodies = [Body(content, now, "gateway") for content in contents]
    await database.write(lambda tx: receive_rows.keep_bodies(tx, bodies))
    return await process_waiting(database, clock=lambda: now)
