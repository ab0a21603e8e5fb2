"""The receiver's paths for shops: what is taken, what is refused, and that there is none without a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.conftest import NOW
from tests.sync.shop_hooks import INES, SECRET, encoded, shopify_order, signed64, signed_hex, woo_order
from tests.sync.test_receive import started
from waconsole import catalogue
from waconsole.clock import HOUR
from waconsole.database.connection import Database
from waconsole.settings import Settings, ShopSettings
from waconsole.settings.secrets import Secret
from waconsole.shop import service
from waconsole.sync.hooks_check import shop_check
from waconsole.sync.metrics_rows import families
from waconsole.sync.process import process_waiting
from waconsole.sync.receive import Keeper, application

BODY = encoded(shopify_order())
BEFORE = "the-secret-before"
SHOPS = {
    "shopify": (Secret(SECRET), Secret(BEFORE)),
    "woocommerce": (Secret(SECRET),),
    "generic": (Secret(SECRET),),
}
Request = tuple[str, bytes, dict[str, str]]


async def posted(
    database: Database, *requests: Request, shops: dict[str, Sequence[Secret]] | None = None
) -> list[int]:
    """What the receiver answers to each request in turn."""
    keeper = Keeper(database, clock=lambda: NOW)
    app = application(
        keeper, secrets=(Secret("app"),), verify_token=Secret("word"), shops=SHOPS if shops is None else shops
    )
    keeping = asyncio.create_task(keeper.run())
    await asyncio.sleep(0)  # it runs before anything comes
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://receiver"
        ) as client:
            return [
                (await client.post(f"/webhook/shop/{path}", content=body, headers=headers)).status_code
                for path, body, headers in requests
            ]
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_what_a_shop_signed_is_kept_as_its_own(database: Database) -> None:
    ours = {"X-Shopify-Hmac-Sha256": signed64(BODY), "X-Shopify-Topic": "Orders/Create"}
    delivery = ours | {"X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"}
    woo = encoded(woo_order())

    answers = await posted(
        database,
        ("shopify", BODY, delivery),
        ("shopify", BODY, ours | {"X-Shopify-Hmac-Sha256": signed64(BODY, BEFORE)}),
        ("woocommerce", woo, {"X-WC-Webhook-Signature": signed64(woo), "X-WC-Webhook-Topic": "order.created"}),
        ("generic", b'{"orders": []}', {"X-Waconsole-Signature": signed_hex(b'{"orders": []}').upper().replace("SHA", "sha")}),
        ("woocommerce", b"webhook_id=5", {"User-Agent": "WooCommerce/9.0 Hookshot (WordPress/6.8)"}),
    )  # fmt: skip

    assert answers == [200] * 5
    rows = await database.read(lambda tx: tx.rows("SELECT source, topic, delivery, times FROM inbound"))
    assert [tuple(row) for row in rows] == [
        ("shopify", "orders/create", delivery["X-Shopify-Webhook-Id"], 2),
        ("woocommerce", "order.created", "", 1),
        ("generic", "", "", 1),
    ]


async def test_a_signed_body_sent_again_under_other_headers_is_no_other_body(database: Database) -> None:
    signed = {"X-Shopify-Hmac-Sha256": signed64(BODY)}
    topics = ("orders/create", "orders/a", "orders/b", "x" * 200)

    answers = await posted(
        database,
        *(("shopify", BODY, signed | {"X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": str(n)}) for n, topic in enumerate(topics)),
    )  # fmt: skip

    assert answers == [200] * len(topics)
    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM inbound")) == 2


FORGED: list[Request] = [
    ("shopify", BODY, {}),
    ("shopify", BODY, {"X-Shopify-Hmac-Sha256": ""}),
    ("shopify", BODY, {"X-Shopify-Hmac-Sha256": signed64(BODY, "another")}),
    ("shopify", BODY, {"X-Shopify-Hmac-Sha256": signed64(BODY, "")}),
    ("shopify", BODY + b" ", {"X-Shopify-Hmac-Sha256": signed64(BODY)}),
    ("shopify", BODY, {"X-Shopify-Hmac-Sha256": signed_hex(BODY)}),
    ("shopify", BODY, {"X-WC-Webhook-Signature": signed64(BODY)}),
    ("shopify", b"webhook_id=5", {}),
    ("woocommerce", b"webhook_id=5&x=1", {}),
    ("woocommerce", BODY, {"X-WC-Webhook-Topic": "order.created"}),
    ("woocommerce", b"webhook_id=5", {"X-WC-Webhook-Signature": "AAAA"}),
    ("generic", BODY, {"X-Waconsole-Signature": signed64(BODY)}),
    ("generic", BODY, {"X-Waconsole-Signature": signed_hex(BODY).removeprefix("sha256=")}),
    ("generic", BODY, {"X-Waconsole-Signature": "sha256="}),
]


async def test_what_no_shop_signed_is_refused_and_counted(database: Database) -> None:
    assert await posted(database, *FORGED) == [401] * len(FORGED)

    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM inbound")) == 0
    assert await database.read(lambda tx: tx.value("SELECT sum(times) FROM inbound_refusal")) == len(FORGED)


@pytest.mark.parametrize("shops", [{}, {"shopify": (Secret(), Secret())}])
async def test_without_a_secret_there_is_no_path(
    database: Database, shops: dict[str, Sequence[Secret]]
) -> None:
    signed = {"X-Shopify-Hmac-Sha256": signed64(BODY, "")}
    assert await posted(database, ("shopify", BODY, signed), ("generic", BODY, {}), shops=shops) == [404, 404]


async def test_doctor_and_a_monitor_are_told_which_shops_post_here(database: Database) -> None:
    await posted(database, ("shopify", BODY, {"X-Shopify-Hmac-Sha256": signed64(BODY)}))
    settings = Settings()
    settings = replace(settings, shop=ShopSettings(shopify_secret=Secret(SECRET)))

    check = await database.read(lambda tx: shop_check(tx, settings))
    told = await database.read(lambda tx: {it.name: it.samples for it in families(tx, now=NOW + HOUR)})

    assert check.ok and not check.advice and SECRET not in check.says
    assert "/webhook/shop/shopify is open (last heard 2026-11-26T12:00:00Z)" in check.says
    assert "because not set: shop.woocommerce_secret, shop.generic_secret" in check.says
    assert told["shop_bodies_total"] == [({"shop": "shopify"}, 1.0)]
    assert told["shop_last_seconds"] == [({"shop": "shopify"}, 3600.0)]


def answered(url: str, content: bytes, headers: dict[str, str]) -> int:
    """What a running receiver answers."""
    return httpx.post(url, content=content, headers=headers).status_code


async def test_a_shop_posts_to_a_running_receiver_and_its_order_is_there(ledger_path: Path) -> None:
    with started(
        ledger_path, WACONSOLE_CLOUD__APP_SECRET="", WACONSOLE_CLOUD__APP_SECRET_PREVIOUS="",
        WACONSOLE_SHOP__SHOPIFY_SECRET="new-secret", WACONSOLE_SHOP__SHOPIFY_SECRET_PREVIOUS=SECRET,
    ) as receiver:  # fmt: skip
        signed = {"X-Shopify-Hmac-Sha256": signed64(BODY), "X-Shopify-Topic": "orders/create"}
        answers = [
            await asyncio.to_thread(answered, f"{receiver.url}/webhook/shop/{path}", content, headers)
            for path, content, headers in (
                ("shopify", BODY, signed), ("shopify", BODY, signed), ("shopify", BODY, {}),
                ("woocommerce", b"webhook_id=5", {}),
            )
        ]  # fmt: skip
        assert receiver.stop() == 0
        assert answers == [200, 200, 401, 404]
        assert SECRET not in receiver.told and "new-secret" not in receiver.told

    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        assert (await process_waiting(database, clock=lambda: NOW)).processed == 2
        found = await database.read(lambda tx: service.order(tx, "#1001"))
    assert (found["total"], found["phone"]) == ("30.00", INES)
