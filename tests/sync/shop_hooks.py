"""Bodies as shops post them, for tests: fields by the shops' public documentation, every value invented."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, Final

from tests.conftest import NOW
from waconsole.database.connection import Database
from waconsole.sync import receive_rows
from waconsole.sync.process import Processed, process_waiting
from waconsole.sync.receive_rows import Body

SECRET: Final = "a-shop-s-secret"
INES: Final = "+33639981217"
HOSTILE: Final = "Robe\x1b]52;c;aGk=\x07 [@click=app.quit]\u202eevil[/] '; DROP TABLE member;--"


def shopify_order(
    *,
    name: str = "#1001",
    order_id: int = 450789469,
    total: str = "30.00",
    currency: str = "EUR",
    lines: tuple[tuple[str, int, str], ...] = (("Robe - S", 1, "20.00"), ("Foulard", 2, "5.00")),
    refunds: tuple[dict[str, Any], ...] = (),
    updated: str = "2026-11-20T10:00:00+01:00",
    **more: Any,
) -> dict[str, Any]:
    """An order as `orders/*` tell it."""
    money = {"amount": total, "currency_code": currency}
    return {
        "id": order_id, "admin_graphql_api_id": f"gid://shopify/Order/{order_id}", "name": name, "order_number": 1001,
        "cancelled_at": None, "cancel_reason": None, "confirmed": True, "test": False, "phone": None,
        "created_at": "2026-11-20T09:12:00+01:00", "processed_at": "2026-11-20T09:11:58+01:00", "updated_at": updated,
        "currency": currency, "presentment_currency": currency, "financial_status": "paid", "fulfillment_status": None,
        "total_price": total, "current_total_price": total, "subtotal_price": total,
        "total_price_set": {"shop_money": money, "presentment_money": money},
        "discount_codes": [{"code": "SUMMER", "amount": "5.00", "type": "fixed_amount"}],
        "email": "ines@shop.example", "note": HOSTILE, "source_name": "web",
        "customer": {"id": 115310627314723954, "first_name": HOSTILE, "last_name": "[/oops]", "phone": None},
        "billing_address": {"name": HOSTILE, "phone": "06 39 98 12 17", "country_code": "FR"},
        "shipping_address": {"name": HOSTILE, "phone": None, "country_code": "FR"},
        "line_items": [
            {"id": 866550311766439020 + n, "name": product, "title": product, "quantity": quantity, "price": price,
             "current_quantity": quantity, "sku": f"S-{n}"}
            for n, (product, quantity, price) in enumerate(lines)
        ],
        "refunds": list(refunds), **more,
    }  # fmt: skip


def shopify_refund(
    refund_id: int = 929361463,
    *transactions: tuple[str, str, str],
    order_id: int = 450789469,
    at: str = "2026-11-22T08:00:00+01:00",
    **more: Any,
) -> dict[str, Any]:
    """A refund, alone (`refunds/create`) or inside its order; transactions are (amount, currency, status)."""
    return {
        "id": refund_id, "order_id": order_id, "created_at": at, "processed_at": at, "note": None, "restock": True,
        "refund_line_items": [], "order_adjustments": [],
        "transactions": [
            {"id": 179259969 + n, "order_id": order_id, "kind": "refund", "status": status, "gateway": "bogus",
             "amount": amount, "currency": currency}
            for n, (amount, currency, status) in enumerate(transactions)
        ], **more,
    }  # fmt: skip


def woo_order(
    *,
    number: int = 727,
    status: str = "processing",
    total: str = "29.35",
    currency: str = "EUR",
    modified: str = "2026-11-20T08:13:00",
    refunds: tuple[tuple[int, str], ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """An order as WooCommerce's REST API v3 tells it; refunds are (id, amount)."""
    return {
        "id": number, "parent_id": 0, "number": str(number), "status": status, "currency": currency, "total": total,
        "date_created": "2026-11-20T09:12:00", "date_created_gmt": "2026-11-20T08:12:00",
        "date_modified": modified, "date_modified_gmt": modified, "date_paid_gmt": None,
        "billing": {"first_name": HOSTILE, "phone": "0639981217", "country": "FR", "email": "ines@shop.example"},
        "shipping": {"first_name": HOSTILE, "phone": "", "country": "FR"},
        "line_items": [
            {"id": 315, "name": "Woo Single #1", "quantity": 2, "subtotal": "6.00", "total": "6.00", "price": 3},
            {"id": 316, "name": HOSTILE, "quantity": 1, "subtotal": "12.00", "total": "12.00", "price": 12},
        ],
        "coupon_lines": [{"id": 1, "code": "SUMMER", "discount": "10"}], "fee_lines": [], "tax_lines": [],
        "refunds": [{"id": refund, "reason": "", "total": f"-{amount}"} for refund, amount in refunds], **more,
    }  # fmt: skip


def generic(*, orders: object = (), refunds: object = ()) -> dict[str, Any]:
    """A body of a shop of one's own."""
    return {"orders": orders, "refunds": refunds}


ORDER: Final = {
    "reference": "A-1", "phone": INES, "ordered_at": "2026-11-20T09:12:00+01:00", "currency": "KWD", "total": 12.345,
    "lines": [{"category": "dress", "product": "Robe", "quantity": 1, "unit_price": "12.345"}],
}  # fmt: skip


def signed64(content: bytes, secret: str = SECRET) -> str:
    """As Shopify and WooCommerce sign."""
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def signed_hex(content: bytes, secret: str = SECRET) -> str:
    """As a shop of one's own signs."""
    return "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def encoded(content: object) -> bytes:
    """As JSON."""
    return json.dumps(content).encode()


Told = tuple[str, str, object]
"""source, topic, content"""


async def take_in(database: Database, *told: Told, now: int = NOW) -> Processed:
    """Bodies come in, as the receiver keeps them, and are taken apart."""
    bodies = [Body(encoded(content), now, source, topic) for source, topic, content in told]
    await database.write(lambda tx: receive_rows.keep_bodies(tx, bodies))
    return await process_waiting(database, clock=lambda: now)
