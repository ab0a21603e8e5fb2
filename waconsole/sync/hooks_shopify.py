"""Shopify's order webhooks as orders and refunds (shopify.dev, REST resources Order and Refund, 2026-04). Pure.

`name` is the order's reference, as in Shopify's own export; amounts are the shop's money, never the
buyer's presentment currency. A refund's own webhook names its order by id alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.sync import hooks_words as words
from waconsole.sync.hooks_signed import SHOPIFY_ORDERS, SHOPIFY_REFUNDS
from waconsole.sync.hooks_words import (
    HookItem,
    NothingTold,
    OrderStanding,
    OrderTold,
    RefundTold,
    part,
    parts,
    word,
)

SOURCE: Final = "shopify"
NOT_ORDERS: Final = frozenset({"voided", "expired"})
TEST: Final = "It is an order of the shop's test mode: it counts nowhere."


def items(body: bytes, topic: str) -> list[HookItem]:
    """Everything a body says. Raises Unreadable."""
    content = words.document(body)
    if topic == SHOPIFY_REFUNDS and "order_id" in content and "transactions" in content:
        return [_refund(content, "", word(content.get("order_id")), "")]
    if topic in SHOPIFY_ORDERS and "financial_status" in content and "line_items" in content:
        return words.bounded(_order(content), SOURCE, body)
    return words.unknown(SOURCE, topic, content, body)


def _order(order: Mapping[str, Any]) -> Iterator[HookItem]:
    reference, shop_key = word(order.get("name")), word(order.get("id"))
    if order.get("test") is True:
        yield HookItem(
            words.key(SOURCE, "test", shop_key, reference), NothingTold(TEST), "", words.raw(order)
        )
        return
    if not reference or not shop_key:
        yield words.faulty(SOURCE, "order", order, "The order has no name or no id.")
        return
    currency = word(order.get("currency"))
    refunds = []
    try:
        refunds = [_refund(one, reference, shop_key, currency) for one in parts(order.get("refunds"))]
        yield words.standing_item(_standing(order, reference, shop_key, currency, refunds), order)
        if not _is_taken_back(order):
            yield words.order_items(SOURCE, OrderTold(tuple(_rows(order, reference, currency))), order)
    except Refused as fault:
        yield words.faulty(SOURCE, "order", order, str(fault))
    yield from refunds


def _is_taken_back(order: Mapping[str, Any]) -> bool:
    return bool(word(order.get("cancelled_at"))) or word(order.get("financial_status")) in NOT_ORDERS


def _standing(
    order: Mapping[str, Any], reference: str, shop_key: str, currency: str, refunds: list[HookItem]
) -> OrderStanding:
    told_at = word(order.get("cancelled_at")) or word(order.get("updated_at"))
    if not _is_taken_back(order):
        return OrderStanding(SOURCE, shop_key, reference, "counts", told_at)
    paid_back = tuple(
        (one.event.row[3], one.event.row[2]) for one in refunds if isinstance(one.event, RefundTold)
    )
    total = words.amount(word(order.get("total_price")), currency)
    return OrderStanding(SOURCE, shop_key, reference, "taken_back", told_at, currency, total, paid_back)


def _rows(order: Mapping[str, Any], reference: str, currency: str) -> Iterator[words.Cells]:
    customer, billing, shipping = (
        part(order.get(name)) for name in ("customer", "billing_address", "shipping_address")
    )
    home = part(customer.get("default_address"))
    phone = _first(order, "phone") or _first(billing, "phone") or _first(shipping, "phone")
    phone = phone or _first(customer, "phone") or _first(home, "phone")
    country = next((code for one in (billing, shipping, home) if (code := word(one.get("country_code")))), "")
    coupon = ", ".join(code for one in parts(order.get("discount_codes")) if (code := word(one.get("code"))))
    total = words.amount(word(order.get("total_price")), currency)
    words.must_be_plain(total, "total")
    at = word(order.get("created_at"))
    words.must_be_instant(at, "created_at")
    head = (reference, phone, at, currency, total, coupon)
    lines = [line for line in parts(order.get("line_items")) if word(line.get("quantity")) != "0"]
    for line in lines:
        price = words.amount(word(line.get("price")), currency)
        name = word(line.get("name")) or word(line.get("title"))
        yield (*head, "", name, word(line.get("quantity")), price, country, "")
    if not lines:
        yield (*head, "", "", "", "", country, "")


def _first(content: Mapping[str, Any], name: str) -> str:
    return word(content.get(name))


def _refund(refund: Mapping[str, Any], reference: str, shop_key: str, currency: str) -> HookItem:
    """A refund, of an order of `currency` where that is known. Nothing where no money went back yet."""
    refund_id, at = word(refund.get("id")), word(refund.get("created_at"))
    try:
        if not refund_id or not shop_key:
            raise Refused("The refund has no id, or names no order.")
        words.must_be_instant(at, "created_at")
        paid, currency = _paid_back(refund, currency)
    except Refused as fault:
        return words.faulty(SOURCE, "refund", refund, str(fault))
    if not paid:
        return HookItem(
            words.key(SOURCE, "restocked", shop_key, refund_id, words.raw(refund)), NothingTold(), "", ""
        )
    text = words.amount(words.plain(paid), currency)
    told = RefundTold(SOURCE, shop_key, (reference, at, text, refund_id, currency))
    return words.refund_item(told, shop_key, refund)


def _paid_back(refund: Mapping[str, Any], currency: str) -> tuple[Fraction, str]:
    """(what went back, its currency), in the shop's money. Raises Refused where that cannot be told.

    Transactions are in the currency the buyer paid in. Where that is another than the shop's, the parts
    of the refund say both: they are believed when they add up to the transactions.
    """
    done = [
        one
        for one in parts(refund.get("transactions"))
        if word(one.get("kind")) == "refund" and word(one.get("status")) == "success"
    ]
    paid = sum((words.fraction(word(one.get("amount"))) for one in done), Fraction(0))
    paid_in = {word(one.get("currency")) for one in done}
    theirs, their_currency = _added_up(refund, "presentment_money")
    ours, our_currency = _added_up(refund, "shop_money")
    currency = currency or our_currency
    if not done or paid_in == {currency} or (not currency and len(paid_in) == 1):
        return paid, next(iter(paid_in), currency)
    if paid_in == {their_currency} and theirs == paid and our_currency == currency:
        return ours, currency
    raise Refused(
        f"Refund {word(refund.get('id'))} was paid in {', '.join(sorted(paid_in))}, and what that is in"
        f" {currency or 'the order’s currency'} is not said: write it into a file of refunds."
    )


def _added_up(refund: Mapping[str, Any], which: str) -> tuple[Fraction, str]:
    """What the parts of a refund add up to in one of its two currencies."""
    added, currencies = Fraction(0), set()
    signed = [(line, ("subtotal_set", "total_tax_set"), 1) for line in parts(refund.get("refund_line_items"))]
    signed += [(one, ("amount_set", "tax_amount_set"), -1) for one in parts(refund.get("order_adjustments"))]
    for content, names, sign in signed:
        for name in names:
            money = part(part(content.get(name)).get(which))
            if text := word(money.get("amount")):
                added += sign * words.fraction(text)
                currencies.add(word(money.get("currency_code")))
    return added, currencies.pop() if len(currencies) == 1 else ""
