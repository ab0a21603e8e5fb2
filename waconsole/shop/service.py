"""What the shop told, as it is asked for: a member's orders, one order with its items and refunds."""

from __future__ import annotations

from typing import Any

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.members import store as members
from waconsole.money import decimal
from waconsole.shop import store, store_refunds


def orders(tx: Transaction, who: str | None, *, limit: int | None) -> tuple[int, list[dict[str, Any]]]:
    """(how many there are, the newest `limit` of them) of everybody, or of the member `who` names. Raises NotFound."""
    member_id = None if who is None else members.member_named(tx, who).id
    count = store.count_orders(tx, member_id)
    return count, [_order(row) for row in store.orders(tx, member_id, limit=limit)]


def order(tx: Transaction, reference: str) -> dict[str, Any]:
    """One order with `lines` and `refunds`. Raises NotFound."""
    row = store.order_named(tx, reference)
    if row is None:
        raise NotFound(f"There is no order {reference} here.")
    currency = row["currency"]
    return _order(row) | {
        "lines": [
            {
                "category": line["category"],
                "product": line["product"],
                "coupon": line["coupon"],
                "quantity": line["quantity"],
                "unit_price": _decimal(line["unit_price_minor"], currency),
                "unit_price_minor": line["unit_price_minor"],
            }
            for line in store.lines(tx, row["id"])
        ],
        "refunds": [
            {
                "refunded_at": iso(refund["refunded_at"]),
                "amount": _decimal(refund["amount_minor"], currency),
                "amount_minor": refund["amount_minor"],
                "refund_id": refund["refund_ref"],
            }
            for refund in store_refunds.refunds(tx, row["id"])
        ],
    }


def _order(row: Row) -> dict[str, Any]:
    return {
        "reference": row["reference"],
        "member": row["member"],
        "phone": row["phone"],
        "ordered_at": iso(row["ordered_at"]),
        "currency": row["currency"],
        "total": _decimal(row["total_minor"], row["currency"]),
        "total_minor": row["total_minor"],
        "refunded": _decimal(row["refunded_minor"], row["currency"]),
        "refunded_minor": row["refunded_minor"],
    }


def _decimal(minor: int | None, currency: str) -> str | None:
    return None if minor is None else decimal(minor, currency)
