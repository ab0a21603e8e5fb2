"""Coupons as they are typed: `coupons import|pools|list|show|withdraw|reinstate|redeem`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.operators.store import Operator
from waconsole.shop import service_coupon_lists, service_coupons, store_coupons
from waconsole.shop.coupons import STATES, Line, read_codes
from waconsole.text import safe

STDIN: Final = "-"
FILE_BYTES_MAX: Final = 128 * 1024 * 1024
REJECTS_TOLD_MAX: Final = 20


def _staff(tx: Transaction, call: Invocation, act: str) -> Operator:
    actor = authority.deciding(tx, call.operator, now=call.now)
    authority.authorize(tx, actor, act, now=call.now)
    return actor


def _lines(name: str) -> list[Line]:
    """The codes of a file, or of what is handed in. Raises Refused."""
    try:
        if name == STDIN:
            raw = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
        else:
            with Path(name).expanduser().open("rb") as opened:
                raw = opened.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror}.") from None
    if len(raw) > FILE_BYTES_MAX:
        raise Refused(f"{name} is larger than {FILE_BYTES_MAX // 1024 // 1024} MiB: split it.")
    try:
        return list(read_codes(raw.decode("utf-8-sig").splitlines()))
    except UnicodeDecodeError:
        raise Refused(f"{name} is not UTF-8 text: save it as that, one code a line.") from None


async def _import(database: Database, call: Invocation) -> Answer:
    values = call.values
    await database.read(lambda tx: _staff(tx, call, "coupons.add"))
    lines = await asyncio.to_thread(_lines, values["file"])

    def work(tx: Transaction) -> service_coupons.Filled:
        return service_coupons.fill(
            tx, _staff(tx, call, "coupons.add"), values["pool"], lines, face=values["face"], cost=values["cost"],
            valid_days=values["valid_days"], now=call.now,
        )  # fmt: skip

    filled = await database.write(work)
    rejected = [{"line": line, "reason": reason} for line, reason in filled.rejected]
    document = {
        "pool": filled.pool.name,
        "rows": filled.rows,
        "new": filled.new,
        "unchanged": filled.unchanged,
        "rejected": rejected,
    }
    told = [
        safe(
            f"{filled.pool.name}: {filled.rows:,} codes: {filled.new:,} new, {filled.unchanged:,} unchanged,"
            f" {len(rejected):,} rejected."
        )
    ]
    told += [
        safe(f"line {line} was rejected: {reason}") for line, reason in filled.rejected[:REJECTS_TOLD_MAX]
    ]
    return Answer(document, tuple(told), EXIT_PARTLY if rejected else EXIT_DONE)


async def _pools(database: Database, call: Invocation) -> Answer:
    document = listed(await database.read(service_coupon_lists.pools), call.limit)
    lines = tuple(safe(_pool_line(row)) for row in document["rows"])
    return Answer(document, lines or ("No pools yet: `waconsole coupons import POOL FILE` fills one.",))


def _pool_line(row: dict[str, Any]) -> str:
    worth = f"  worth {row['face']}" if row["face"] else ""
    cost = "" if row["cost"] is None else f"  costs {Money(row['cost']['minor'], row['cost']['currency'])}"
    figures = "  ".join(f"{row[state]:,} {state}" for state in STATES)
    return f"{row['pool']}{worth}{cost}  {row['valid_days']} days  {figures}"


async def _list(database: Database, call: Invocation) -> Answer:
    count, rows = await database.read(
        lambda tx: service_coupon_lists.listed(
            tx, call.values["pool"], call.values["state"], limit=call.limit
        )
    )
    document: dict[str, Any] = {"count": count, "rows": rows}
    if len(rows) < count:
        document["truncated"] = True
    return Answer(document, tuple(safe(_line(row)) for row in rows) or ("No codes.",))


def _line(row: dict[str, Any]) -> str:
    who = f"  {row['phone'] or row['member']}" if row["member"] else ""
    until = f"  until {row['expires_at']}" if row["expires_at"] else ""
    order = f"  in {row['order']}" if row["order"] else ""
    return f"{row['code']}  {row['state']}{who}{until}{order}"


def _shown(row: dict[str, Any]) -> Answer:
    lines = [safe(_line(row))]
    lines += [
        safe(
            f"  {one['step']} {one['at']}{'  by ' + one['by'] if one['by'] else ''}  {one['reason']}".rstrip()
        )
        for one in row["steps"]
    ]
    return Answer(row, tuple(lines))


async def _show(database: Database, call: Invocation) -> Answer:
    return _shown(
        await database.read(
            lambda tx: service_coupon_lists.shown(tx, store_coupons.coupon_coded(tx, call.values["code"]))
        )
    )


async def _withdraw(database: Database, call: Invocation) -> Answer:
    code, pool = call.values["code"], call.values["pool"]
    if (code is None) == (pool is None):
        raise Refused("Say what to withdraw: a code, or --pool POOL for all its free codes.")

    def work(tx: Transaction) -> dict[str, Any]:
        actor, reason = _staff(tx, call, "coupons.withdraw"), call.values["reason"]
        if pool is not None:
            return {"withdrawn": service_coupons.withdraw_free(tx, actor, pool, reason=reason, now=call.now)}
        coupon = store_coupons.coupon_coded(tx, code)
        gone = service_coupons.withdraw(tx, coupon, reason=reason, actor=actor, now=call.now)
        return service_coupon_lists.shown(tx, gone)

    document = await database.write(work)
    if pool is None:
        return _shown(document)
    return Answer(document, (f"{document['withdrawn']:,} codes are withdrawn.",))


async def _reinstate(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> dict[str, Any]:
        actor = _staff(tx, call, "coupons.add")
        coupon = store_coupons.coupon_coded(tx, call.values["code"])
        days = call.values["days"] or service_coupons.days_max(tx, now=call.now)
        again = service_coupons.reinstate(
            tx, coupon, days, reason=call.values["reason"], actor=actor, now=call.now
        )
        return service_coupon_lists.shown(tx, again)

    return _shown(await database.write(work))


async def _redeem(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> dict[str, Any]:
        actor = _staff(tx, call, "coupons.add")
        coupon, is_new = service_coupons.redeem(
            tx, actor, call.values["code"], call.values["order"], now=call.now
        )
        return service_coupon_lists.shown(tx, coupon) | {"changed": is_new}

    return _shown(await database.write(work))


_CODE: Final = Argument("code", "the code")
_REASON: Final = Argument("--reason", "why", required=True)

COMMANDS: Final[list[Command]] = [
    Command(("coupons", "import"), "Put a shop's codes into a pool, to be given away.", _import, (
        Argument("pool", "what the pool is called"),
        Argument("file", "one code a line; - reads what is handed in"),
        Argument("--face", "what a code is worth: '50.00 HKD', '20 %'", metavar="WORTH"),
        Argument("--cost", "what one costs us: '7.50 HKD'", metavar="MONEY"),
        Argument("--valid-days", "days a code is valid once it was given", kind="integer", metavar="N"),
    )),
    Command(("coupons", "pools"), "Every pool, and how many of its codes stand where.", _pools, writes=False),
    Command(("coupons", "list"), "The codes of a pool.", _list, (
        Argument("pool", "the pool's name"),
        Argument("--state", "only these", choices=STATES),
    ), writes=False),
    Command(("coupons", "show"), "One code, and what became of it.", _show, (_CODE,), writes=False),
    Command(("coupons", "withdraw"), "Take back a code nobody used, or all free ones of a pool.", _withdraw, (
        Argument("code", "the code", optional=True),
        Argument("--pool", "every code of this pool that nobody has", metavar="POOL"),
        _REASON,
    )),
    Command(("coupons", "reinstate"), "Let an expired code be used again.", _reinstate, (
        _CODE,
        Argument("--days", "for so many days from now", kind="integer", metavar="N"),
        _REASON,
    )),
    Command(("coupons", "redeem"), "Say that a code was used in an order.", _redeem, (
        _CODE,
        Argument("--order", "the order's reference", required=True, metavar="REFERENCE"),
    )),
]  # fmt: skip
