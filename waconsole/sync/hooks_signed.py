"""Whose a shop's webhook is: its signature over the bytes as they came, and what its headers say beside them.

Shopify (shopify.dev, "Verify webhook deliveries") and WooCommerce (developer.woocommerce.com, "Working with
webhooks") sign with HMAC-SHA256 in base64; whoever writes a sender of their own signs in hex. None of them
signs a time or a header: the same bytes again are one body, so a replay changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.settings import Settings
from waconsole.settings.secrets import Secret

HEX: Final = "sha256="
WORD_CHARACTERS_MAX: Final = 100
_HELLO: Final = re.compile(rb"webhook_id=\d{1,20}")


# What a body may be about for us. A header is not signed: any other word in it makes no other body of the same bytes.
SHOPIFY_ORDERS: Final = frozenset(
    {
        "orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/fulfilled",
        "orders/partially_fulfilled",
    }
)  # fmt: skip
SHOPIFY_REFUNDS: Final = "refunds/create"
WOOCOMMERCE_ORDERS: Final = frozenset({"order.created", "order.updated", "order.restored"})
TOPICS: Final = SHOPIFY_ORDERS | WOOCOMMERCE_ORDERS | {SHOPIFY_REFUNDS}


@dataclass(frozen=True, slots=True)
class Door:
    """A kind of shop that posts here: `source` is also the end of its path."""

    source: str
    name: str
    signature: str  # the header
    is_hex: bool = False
    topic: str = ""
    delivery: str = ""  # unique for each delivery, a repeated one keeps it
    says_hello: bool = False

    @property
    def path(self) -> str:
        """Where it posts."""
        return f"/webhook/shop/{self.source}"


# WooCommerce's X-WC-Webhook-Delivery-ID is made of the webhook's id and the second: two orders of one second share it.
DOORS: Final = (
    Door(
        "shopify",
        "Shopify",
        "x-shopify-hmac-sha256",
        topic="x-shopify-topic",
        delivery="x-shopify-webhook-id",
    ),
    Door("woocommerce", "WooCommerce", "x-wc-webhook-signature", topic="x-wc-webhook-topic", says_hello=True),
    Door("generic", "the shop", "x-waconsole-signature", is_hex=True),
)


def secrets_of(settings: Settings) -> dict[str, tuple[Secret, Secret]]:
    """What each kind of shop signs with, and signed with before; by source. A kind without any has no path."""
    shop = settings.shop
    return {
        "shopify": (shop.shopify_secret, shop.shopify_secret_previous),
        "woocommerce": (shop.woocommerce_secret, shop.woocommerce_secret_previous),
        "generic": (shop.generic_secret, shop.generic_secret_previous),
    }


def signature_ok(door: Door, body: bytes, given: str | None, secrets: Sequence[str]) -> bool:
    """Whether the header `given` signs exactly these bytes with one of the secrets; an empty one signs nothing."""
    if not given or not given.isascii():
        return False
    told = given.strip()
    if door.is_hex:
        if not told.startswith(HEX):
            return False
        told = told.removeprefix(HEX).lower()
    good = False
    for secret in secrets:
        if secret:
            digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
            made = digest.hex().encode() if door.is_hex else base64.b64encode(digest)
            good |= hmac.compare_digest(made, told.encode())
    return good


def is_hello(door: Door, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether it is the unsigned greeting WooCommerce sends when a webhook is made: it wants a 200 and tells nothing."""
    return door.says_hello and door.signature not in headers and _HELLO.fullmatch(body.strip()) is not None


def beside(door: Door, headers: Mapping[str, str]) -> tuple[str, str]:
    """(topic, delivery) as the headers say, plain and short; empty where they say nothing."""
    return _word(headers, door.topic).lower(), _word(headers, door.delivery)


def _word(headers: Mapping[str, str], name: str) -> str:
    text = headers.get(name, "").strip() if name else ""
    return text if text.isascii() and text.isprintable() and len(text) <= WORD_CHARACTERS_MAX else ""
