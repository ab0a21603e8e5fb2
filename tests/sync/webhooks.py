"""Webhook bodies as WhatsApp posts them, for tests: every number, name and id is invented."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, Final

from tests.conftest import NOW
from waconsole.clock import SECOND
from waconsole.database.connection import Database
from waconsole.outbox import store as outbox
from waconsole.sync import receive_rows
from waconsole.sync.process import Processed, process_waiting
from waconsole.sync.receive_rows import Body

NUMBER: Final = "100000000000001"
GROUP: Final = "R1JPVVAtRkFLRS0wMDE"
ANA: Final = "15550001111"
BO: Final = "15550002222"
SECRET: Final = "an-app-secret"
AT: Final = NOW // SECOND - 600


def body(
    *, field: str = "messages", number: str = NUMBER, names: Sequence[tuple[str, str]] = (), **value: Any
) -> bytes:
    """One POST body; `names` are (phone, profile name) of its contacts, `value` holds messages, statuses, …"""
    inside: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550009999", "phone_number_id": number},
    }
    if names:
        inside["contacts"] = [
            {"profile": {"name": name}, "wa_id": phone, "user_id": f"US.{phone}"} for phone, name in names
        ]
    changes = [{"field": field, "value": {**inside, **value}}]
    whole = {"object": "whatsapp_business_account", "entry": [{"id": "200000000000002", "changes": changes}]}
    return json.dumps(whole).encode()


def text(wamid: str, words: str, *, sender: str = ANA, at: int = AT, **more: Any) -> dict[str, Any]:
    """A text message; `at` in seconds, as WhatsApp writes it."""
    return message(wamid, "text", {"body": words}, sender=sender, at=at, **more)


def message(
    wamid: str, kind: str, part: dict[str, Any], *, sender: str = ANA, at: int = AT, **more: Any
) -> dict[str, Any]:
    """A message of any type."""
    return {
        "from": sender, "from_user_id": f"US.{sender}", "id": wamid, "timestamp": str(at), "type": kind, kind: part, **more
    }  # fmt: skip


def signature(content: bytes, secret: str = SECRET) -> str:
    """The header that signs a body."""
    return "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


async def our_number(database: Database, number: str = NUMBER) -> None:
    """The ledger knows the number the webhooks are for."""
    await database.write(
        lambda tx: outbox.ensure_number(
            tx, phone_number_id=number, waba_id="200000000000002", name="shop", phone=None, now=NOW
        )
    )


async def keep(database: Database, *contents: bytes) -> None:
    """Bodies come in, as the receiver stores them."""
    bodies = [Body(content, NOW) for content in contents]
    await database.write(lambda tx: receive_rows.keep_bodies(tx, bodies))


async def take_in(database: Database, *contents: bytes, now: int = NOW) -> Processed:
    """Bodies come in and are taken apart."""
    await keep(database, *contents)
    return await process_waiting(database, clock=lambda: now)
