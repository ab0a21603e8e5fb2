"""Importing what a shop knows, as it is typed: `import orders FILE` and its sisters."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from waconsole.clock import iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Argument, Command, Invocation, Work
from waconsole.database import facts
from waconsole.database.connection import Database
from waconsole.database.store_exports import note_export
from waconsole.errors import Refused
from waconsole.money import Money
from waconsole.text import SafeText, safe

if TYPE_CHECKING:
    from waconsole.sync.intake_shop import ShopImport, ShopImported

REJECTS_TOLD_MAX: Final = 20
HELPS: Final = {
    "orders": "Import orders: a CSV or JSONL of line items, or an export of Shopify or WooCommerce.",
    "refunds": "Import refunds: reference, refunded_at, amount.",
    "products": "Import products: product, name, category, currency, price.",
    "clicks": "Import clicks: phone, clicked_at, category, product, url.",
    "carts": "Import carts: phone, at, state (open, abandoned, recovered).",
    "costs": "Import costs: at, group, kind, currency, amount.",
    "pushes": "Import what was sent elsewhere: phone, sent_at, purpose (marketing, utility).",
    "inbound": "Import that members wrote elsewhere: phone, at, group (empty: to us).",
    "invites": "Import invites: referrer_phone, invitee_phone, invited_at, programme, channel.",
}


async def _zone(database: Database, call: Invocation) -> ZoneInfo:
    """`--timezone`, else the shop's: as it is set, else as the ledger keeps it."""
    name = call.values["timezone"] or call.settings.shop.timezone
    name = name or await database.read(lambda tx: facts.fact(tx, facts.SHOP_ZONE)) or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"There is no time zone {name}: write one like Europe/Paris.") from None


async def _mapping(database: Database, call: Invocation, kind: str) -> dict[str, str]:
    """The saved mapping, with what `--map` says on top; saved under a new name when asked."""
    from waconsole.shop import store_mappings

    mapping: dict[str, str] = {}
    if name := call.values["mapping"]:
        saved = await database.read(lambda tx: store_mappings.mapping(tx, kind, name))
        if saved is None:
            names = await database.read(lambda tx: store_mappings.names(tx, kind))
            known = f"there are {', '.join(names)}" if names else "none is saved yet"
            raise Refused(f"There is no mapping {name} for {kind}: {known}.")
        mapping |= saved
    for word in call.values["map"] or ():
        ours, equals, theirs = word.partition("=")
        if not equals or not theirs.strip():
            raise Refused(f"{word} maps nothing: write it like total=Summe, or currency==EUR for every row.")
        mapping[ours.strip()] = theirs.strip()
    return mapping


async def _save(database: Database, call: Invocation, kind: str, mapping: dict[str, str]) -> None:
    from waconsole.shop import store_mappings

    if name := call.values["save_mapping"]:
        if not mapping:
            raise Refused("There is no mapping to save: say which column is which with --map.")
        await database.write(lambda tx: store_mappings.save(tx, kind, name, mapping, now=call.now))


async def _import(kind: str, database: Database, call: Invocation) -> Answer:
    from waconsole.money import currency_of
    from waconsole.sync.intake_chat import Talk
    from waconsole.sync.intake_shop import ShopImport, import_shop, write_rejects

    region = call.values["region"] or call.settings.shop.region or None
    mapping = await _mapping(database, call, kind)
    wanted = ShopImport(
        kind, Path(call.values["file"]).expanduser(), await _zone(database, call),
        region=region.upper() if region else None,
        currency=currency_of(call.values["currency"]) if call.values["currency"] else "",
        date_order=call.values["date_order"], encoding=call.values["encoding"], mapping=mapping,
        dry_run=call.values["dry_run"],
    )  # fmt: skip
    if call.values["preview"]:
        answer = await asyncio.to_thread(_preview, wanted, call)
        await _save(database, call, kind, mapping)
        return answer
    result = await import_shop(database, wanted, Talk(call.say, call.progress, call.cancelled), now=call.now)
    await _save(database, call, kind, mapping)
    for told in result.told[:REJECTS_TOLD_MAX]:
        call.say(f"A refund that waited does not count: {told.rstrip('.')}.")
    if call.values["rejects"] and result.rejected:
        path = Path(call.values["rejects"]).expanduser()
        await asyncio.to_thread(write_rejects, path, result)
        if not call.values["dry_run"]:
            await database.write(lambda tx: note_export(tx, "rejects", str(path), now=call.now))
        count = len(result.rejected)
        said = f"{count:,} rejected rows are" if count > 1 else "One rejected row is"
        call.say(f"{said} in {path}: correct and import that file.")
    return _answer(result, wanted.dry_run)


def _answer(result: ShopImported, dry_run: bool) -> Answer:
    rejected = [{"line": line, "reason": reason} for line, reason, _ in result.rejected]
    document = {"rows": result.rows, "new": result.new, "unchanged": result.unchanged, "rejected": rejected}
    would = " would be" if dry_run else ""
    lines = [
        f"{result.rows:,} rows: {result.new:,}{would} new, {result.unchanged:,} unchanged, {len(rejected):,} rejected."
    ]
    lines += [
        safe(f"line {line} was rejected: {reason}") for line, reason, _ in result.rejected[:REJECTS_TOLD_MAX]
    ]
    if len(rejected) > REJECTS_TOLD_MAX:
        lines.append(f"… and {len(rejected) - REJECTS_TOLD_MAX:,} more: --rejects FILE keeps them all.")
    return Answer(document, tuple(lines), EXIT_PARTLY if rejected else EXIT_DONE)


def _preview(wanted: ShopImport, call: Invocation) -> Answer:
    from waconsole.sync.intake_shop import preview

    plan, rows, rejected = preview(wanted, now=call.now)
    shown = [{name: _told(name, value) for name, value in row.items()} for row in rows]
    document = {
        "shop": plan.shop,
        "columns": plan.shown(),
        "rows": shown,
        "rejected": [{"line": line, "reason": reason} for line, reason, _ in rejected],
    }
    lines = [f"It is an order export of {plan.shop}."] if plan.shop else []
    lines += [safe(f"{ours} is read from {theirs}") for ours, theirs in plan.shown().items()]
    lines += [_read_line(wanted.kind, row) for row in rows]
    lines += [safe(f"line {line} would be rejected: {reason}") for line, reason, _ in rejected]
    return Answer(document, (*lines, "Nothing was imported."))


def _read_line(kind: str, row: dict[str, Any]) -> SafeText:
    """A row as it would be understood, for a person."""
    hidden = ("items", "total_minor", "values", "currency" if "total_minor" in row else "")
    parts = [
        f"{name} {_told(name, value)}" for name, value in row.items() if name not in hidden and value != ""
    ]
    if "total_minor" in row:
        parts.append(f"total {Money(row['total_minor'], row['currency'])}")
    for category, product, coupon, quantity, price in row.get("items", ()):
        if quantity:
            each = "" if price is None else f" at {Money(price, row['currency'])}"
            with_coupon = f", coupon {coupon}" if coupon else ""
            parts.append(f"{quantity} × {product or category or 'no name'}{each}{with_coupon}")
    for place, value in enumerate(row.get("values", ())):
        if value not in ("", None):
            is_instant = (place == 0 and kind != "products") or (kind == "invites" and isinstance(value, int))
            parts.append(iso(value) if is_instant else str(value))
    return safe(", ".join(parts))


def _told(name: str, value: Any) -> Any:
    return iso(value) if name.endswith("_at") and isinstance(value, int) else value


def _work(kind: str) -> Work:
    async def work(database: Database, call: Invocation) -> Answer:
        return await _import(kind, database, call)

    return work


_ARGUMENTS: Final = (
    Argument("file", "a CSV whose first line names its columns, or JSONL"),
    Argument("--mapping", "a saved mapping of its columns", metavar="NAME"),
    Argument("--map", "our columns and theirs: total=Summe, or currency==EUR for every row", many=True, metavar="OURS=THEIRS"),
    Argument("--save-mapping", "keep what --map says under this name", metavar="NAME"),
    Argument("--preview", "show how the first rows are understood and import nothing", kind="flag"),
    Argument("--dry-run", "say what it would do and keep nothing", kind="flag"),
    Argument("--rejects", "write rejected rows here, to be corrected and imported again", metavar="FILE"),
    Argument("--currency", "the currency of rows that name none, like EUR", metavar="CUR"),
    Argument("--region", "the country of numbers written without one, like FR", metavar="CC"),
    Argument("--timezone", "the zone of times without one, like Europe/Paris; else the shop's", metavar="TZ"),
    Argument("--date-order", "how dates are written, where the file does not tell", choices=("dmy", "mdy")),
    Argument("--encoding", "the file's encoding, where it cannot be told", metavar="NAME"),
)  # fmt: skip

COMMANDS: Final[list[Command]] = [
    Command(("import", kind), help_, _work(kind), _ARGUMENTS) for kind, help_ in HELPS.items()
]
