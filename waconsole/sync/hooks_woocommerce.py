"""WooCommerce's order webhooks as orders and refunds (its REST API v3, "Order properties"). Pure.

`number` is the order's reference, as in its exports. Refunds stand inside their order, with an id and
an amount and without a time: theirs is that of the order's change that told of them first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.sync import hooks_words as words
from waconsole.sync.hooks_signed import WOOCOMMERCE_ORDERS
from waconsole.sync.hooks_words import HookItem, OrderStanding, OrderTold, RefundTold, part, parts, word

SOURCE: Final = "woocommerce"
NOT_YET: Final = frozenset({"pending", "checkout-draft", "draft", "auto-draft"})
TAKEN_BACK: Final = frozenset({"cancelled", "failed", "trash"})


def items(body: bytes, topic: str) -> list[HookItem]:
    """Everything a body says. Raises Unreadable."""
    content = words.document(body)
    if topic in WOOCOMMERCE_ORDERS and "line_items" in content and "status" in content:
        return words.bounded(_order(content), SOURCE, body)
    return words.unknown(SOURCE, topic, content, body)


def _order(order: Mapping[str, Any]) -> Iterator[HookItem]:
    shop_key = word(order.get("id"))
    reference = word(order.get("number")) or shop_key
    if not shop_key:
        yield words.faulty(SOURCE, "order", order, "The order has no id.")
        return
    currency, status = word(order.get("currency")), word(order.get("status")).lower()
    told_at = _utc(order, "date_modified")
    refunds: list[HookItem] = []
    try:
        refunds = [
            _refund(one, reference, shop_key, currency, told_at) for one in parts(order.get("refunds"))
        ]
        state = "waits" if status in NOT_YET else "taken_back" if status in TAKEN_BACK else "counts"
        standing = OrderStanding(SOURCE, shop_key, reference, state, told_at)
        if state == "taken_back":
            paid_back = tuple(
                (one.event.row[3], one.event.row[2]) for one in refunds if isinstance(one.event, RefundTold)
            )
            total = words.amount(word(order.get("total")), currency)
            standing = OrderStanding(SOURCE, shop_key, reference, state, told_at, currency, total, paid_back)
        yield words.standing_item(standing, order)
        if state == "counts":
            yield words.order_items(SOURCE, OrderTold(tuple(_rows(order, reference, currency))), order)
    except Refused as fault:
        yield words.faulty(SOURCE, "order", order, str(fault))
    yield from refunds


def _utc(order: Mapping[str, Any], name: str) -> str:
    """A time of an order: it stands in UTC without saying so."""
    text = word(order.get(f"{name}_gmt"))
    return f"{text}Z" if text and not text.endswith("Z") else text


def _rows(order: Mapping[str, Any], reference: str, currency: str) -> Iterator[words.Cells]:
    billing, shipping = part(order.get("billing")), part(order.get("shipping"))
    phone = word(billing.get("phone")) or word(shipping.get("phone"))
    country = word(billing.get("country")) or word(shipping.get("country"))
    coupon = next((code for one in parts(order.get("coupon_lines")) if (code := word(one.get("code")))), "")
    total = words.amount(word(order.get("total")), currency)
    words.must_be_plain(total, "total")
    at = _utc(order, "date_created")
    words.must_be_instant(at, "date_created_gmt")
    head = (reference, phone, at, currency, total, coupon)
    lines = [line for line in parts(order.get("line_items")) if word(line.get("quantity")) != "0"]
    for line in lines:
        price = words.amount(word(line.get("total")), currency)
        yield (*head, "", word(line.get("name")), word(line.get("quantity")), "", country, price)
    if not lines:
        yield (*head, "", "", "", "", country, "")


def _refund(refund: Mapping[str, Any], reference: str, shop_key: str, currency: str, at: str) -> HookItem:
    refund_id = word(refund.get("id"))
    text = words.amount(word(refund.get("total")).removeprefix("-"), currency)
    try:
        if not refund_id:
            raise Refused("The refund has no id.")
        words.must_be_plain(text, "the refund's total")
        words.must_be_instant(at, "date_modified_gmt")
    except Refused as fault:
        return words.faulty(SOURCE, "refund", refund, str(fault))
    told = RefundTold(SOURCE, shop_key, (reference, at, text, refund_id, currency))
    return words.refund_item(told, shop_key, refund)
