"""Who sent a body, and who takes in what it says: WhatsApp's own webhooks, a gateway, or a shop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.outbox import store as outbox
from waconsole.sync import gateway_intake, intake_live, intake_shop_hooks
from waconsole.sync.hooks_words import HookItem
from waconsole.sync.process_rules import Rules
from waconsole.whatsapp import webhook
from waconsole.whatsapp.events import Item
from waconsole.whatsapp.gateway import events as gateway

GATEWAY: Final = "gateway"


def items(body: bytes, source: str, topic: str) -> Sequence[Item | HookItem]:
    """Everything a body says, in its order. Raises webhook.Unreadable when it is not of its source at all.

    `topic` is what a shop says its body is about, empty elsewhere.
    """
    if source in intake_shop_hooks.OF_SOURCE:
        return intake_shop_hooks.OF_SOURCE[source](body, topic)
    return gateway.items(body) if source == GATEWAY else webhook.items(body)


def number_of(tx: Transaction, named: str) -> int | None:
    """The id of our number that an item names: by Meta's id, or a gateway's by its ref; None: none of ours."""
    if named.startswith(gateway.number_ref("")):
        return gateway_intake.number_of(tx, named)
    return outbox.number_by_phone_number_id(tx, named)


def take(tx: Transaction, item: Item | HookItem, number_id: int | None, rules: Rules, *, now: int) -> str:
    """Take an item in by the way of its source; see `intake_live.take`."""
    if isinstance(item, HookItem):
        return intake_shop_hooks.take(tx, item, now=now)
    assert item.event is not None
    if number_id is not None and (item.number or "").startswith(gateway.number_ref("")):
        return gateway_intake.take(tx, item.event, number_id, rules, now=now)
    return intake_live.take(tx, item.event, number_id, rules, now=now)
