"""A shop of one's own: `{"orders": […], "refunds": […]}` with the columns of the files, signed. Pure.

An order has its lines in `lines`, or is one line itself. Amounts are written like `1234.50`, times with
their offset: what is made by a machine for a machine need not be guessed at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.sync import hooks_words as words
from waconsole.sync.hooks_words import HookItem, OrderTold, RefundTold, parts, word
from waconsole.whatsapp.webhook import Unreadable

SOURCE: Final = "generic"
LINE: Final = ("category", "product", "quantity", "unit_price")


def items(body: bytes, topic: str) -> list[HookItem]:
    """Everything a body says. Raises Unreadable."""
    content = words.document(body)
    if "orders" not in content and "refunds" not in content:
        raise Unreadable('The webhook has neither "orders" nor "refunds".')
    for name in ("orders", "refunds"):
        found = content.get(name, [])
        if not isinstance(found, list) or any(not isinstance(one, dict) for one in found):
            raise Unreadable(f'"{name}" is no list of objects.')
    return words.bounded(_all(content), SOURCE, body)


def _all(content: Mapping[str, Any]) -> Iterator[HookItem]:
    for order in content.get("orders", []):
        try:
            yield words.order_items(SOURCE, OrderTold(tuple(_rows(order))), order)
        except Refused as fault:
            yield words.faulty(SOURCE, "order", order, str(fault))
    for refund in content.get("refunds", []):
        try:
            yield _refund(refund)
        except Refused as fault:
            yield words.faulty(SOURCE, "refund", refund, str(fault))


def _rows(order: Mapping[str, Any]) -> Iterator[words.Cells]:
    said = {name: word(order.get(name)) for name in words.ORDER_CELLS}
    currency = said["currency"]
    total = words.amount(said["total"], currency)
    words.must_be_plain(total, "total")
    words.must_be_instant(said["ordered_at"], "ordered_at")
    for line in parts(order.get("lines")) or [order]:
        category, product, quantity, price = (word(line.get(name)) for name in LINE)
        words.must_be_plain(price, "unit_price")
        head = (said["reference"], said["phone"], said["ordered_at"], currency, total)
        coupon = word(line.get("coupon")) or said["coupon"]
        yield (*head, coupon, category, product, quantity, words.amount(price, currency), "", "")


def _refund(refund: Mapping[str, Any]) -> HookItem:
    reference, at, paid, refund_id, currency = (word(refund.get(name)) for name in words.REFUND_CELLS)
    words.must_be_plain(paid, "amount")
    words.must_be_instant(at, "refunded_at")
    told = RefundTold(SOURCE, "", (reference, at, words.amount(paid, currency), refund_id, currency))
    return words.refund_item(told, reference, refund)
