"""Orders, as they are asked for: `orders list`, `orders show REFERENCE`; with them the coupons."""

from __future__ import annotations

from typing import Any, Final

from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.database.connection import Database
from waconsole.shop import commands_coupons
from waconsole.text import SafeText, safe


async def _list(database: Database, call: Invocation) -> Answer:
    from waconsole.shop import service

    count, rows = await database.read(lambda tx: service.orders(tx, call.values["member"], limit=call.limit))
    document: dict[str, Any] = {"count": count, "rows": rows}
    if len(rows) < count:
        document["truncated"] = True
    if not rows:
        return Answer(document, ("No orders.",))
    return Answer(document, tuple(_line(row) for row in rows))


async def _show(database: Database, call: Invocation) -> Answer:
    from waconsole.shop import service

    found = await database.read(lambda tx: service.order(tx, call.values["reference"]))
    lines: list[str] = [_line(found)]
    for item in found["lines"]:
        price = "" if item["unit_price"] is None else f" at {item['unit_price']}"
        coupon = f", coupon {item['coupon']}" if item["coupon"] else ""
        what = item["product"] or item["category"] or "no item"
        lines.append(safe(f"  {item['quantity']} × {what}{price}{coupon}"))
    lines += [f"  refunded {refund['amount']} on {refund['refunded_at']}" for refund in found["refunds"]]
    return Answer(found, tuple(lines))


def _line(row: dict[str, Any]) -> SafeText:
    refunded = f", {row['refunded']} refunded" if row["refunded_minor"] else ""
    who = row["phone"] or row["member"]
    return safe(f"{row['reference']}  {row['ordered_at']}  {who}  {row['total']} {row['currency']}{refunded}")


COMMANDS: Final[list[Command]] = [
    Command(("orders", "list"), "Orders, newest first.", _list, (
        Argument("--member", "only of this member: a ref, a phone number or a name", metavar="MEMBER"),
    ), writes=False),
    Command(("orders", "show"), "One order with its items and refunds.", _show, (
        Argument("reference", "the order's reference"),
    ), writes=False),
    *commands_coupons.COMMANDS,
]  # fmt: skip
