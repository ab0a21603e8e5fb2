"""What a shop's webhook says, in the words that orders and refunds files use, whichever shop wrote it. Pure.

An order is said in the cells of an orders file, a refund in those of a refunds file: the same reader then
judges both, so that a fact is read alike whichever way it comes. The same thing in two bodies has one key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from waconsole.errors import Refused
from waconsole.money import EXPONENTS
from waconsole.sync.shop_columns import Plan
from waconsole.text import stored
from waconsole.whatsapp.webhook import Unreadable

ITEMS_MAX: Final = 10_000
LINES_MAX: Final = 1_000
RAW_CHARACTERS_MAX: Final = 200_000
RAW_UNKNOWN_MAX: Final = 2_000

_AMOUNT: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)")

ORDER_CELLS: Final = (
    "reference", "phone", "ordered_at", "currency", "total", "coupon", "category", "product", "quantity", "unit_price",
)  # fmt: skip
REFUND_CELLS: Final = ("reference", "refunded_at", "amount", "refund_id", "currency")
ORDERS: Final = Plan(
    "orders", (*ORDER_CELLS, "country", "line_total"), {name: (place,) for place, name in enumerate(ORDER_CELLS)},
    country=(len(ORDER_CELLS),), line_total=(len(ORDER_CELLS) + 1,),
)  # fmt: skip
REFUNDS: Final = Plan("refunds", REFUND_CELLS, {name: (place,) for place, name in enumerate(REFUND_CELLS)})

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order that counts: a row of `ORDERS` for each of its lines."""

    rows: tuple[Cells, ...]


@dataclass(frozen=True, slots=True)
class OrderStanding:
    """How a shop says an order stands at an instant: it counts, not yet, or it was taken back.

    `shop_key` is what the shop itself calls the order, empty where that is its reference. `total` and
    `paid_back` (refund ids and amounts) are of one that was taken back; texts as in a file.
    """

    shop: str
    shop_key: str
    reference: str
    state: str  # counts, waits, taken_back
    told_at: str
    currency: str = ""
    total: str = ""
    paid_back: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RefundTold:
    """Money that went back: a row of `REFUNDS`. Its reference is empty where the shop names the order by `shop_key`."""

    shop: str
    shop_key: str
    row: Cells


@dataclass(frozen=True, slots=True)
class NothingTold:
    """Nothing that would be a fact; `says` is why it is kept to be looked at, empty where nobody needs to."""

    says: str = ""


HookEvent = OrderTold | OrderStanding | RefundTold | NothingTold


@dataclass(frozen=True, slots=True)
class HookItem:
    """One thing of a shop's body; see `whatsapp.events.Item`."""

    key: str
    event: HookEvent | None
    fault: str
    raw: str
    number: None = None


def document(body: bytes) -> dict[str, Any]:
    """A body as a JSON object whose numbers stand as they are written. Raises Unreadable."""
    try:
        found = json.loads(body, parse_float=str, parse_int=str, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable("The shop's webhook is no JSON, or was cut off on its way.") from None
    if not isinstance(found, dict):
        raise Unreadable("The shop's webhook is no JSON object.")
    return found


def _no_number(word: str) -> str:
    raise ValueError(word)  # NaN and Infinity are no JSON


def word(value: object) -> str:
    """A text or a number as a cell; anything else says nothing."""
    return stored(value).strip() if isinstance(value, str) else ""


def part(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def parts(value: object, limit: int = LINES_MAX) -> list[Mapping[str, Any]]:
    """The objects of a list. Raises Refused where there are more than `limit`."""
    found: list[Mapping[str, Any]] = (
        [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    )
    if len(found) > limit:
        raise Refused(f"It holds more than {limit:,} parts of one kind.")
    return found


def amount(text: str, currency: str) -> str:
    """A machine's amount with no zeros beyond its currency's digits: `1000.00` yen are `1000`.

    It stays as it is where it is none, or more than zeros: its reader says what is wrong.
    """
    digits = EXPONENTS.get(currency.upper())
    if digits is None or not _AMOUNT.fullmatch(text):
        return text
    whole, _, fraction = text.partition(".")
    kept = fraction[:digits] + fraction[digits:].rstrip("0")
    return f"{whole}.{kept}" if kept else whole


def must_be_plain(text: str, name: str) -> None:
    """Raise Refused for an amount that is not written as machines write them."""
    if text and not _AMOUNT.fullmatch(text):
        raise Refused(f"{name} {text!r} is no amount as a webhook writes it: like 1234.50.")


def must_be_instant(text: str, name: str) -> None:
    """Raise Refused for a time without its offset."""
    if text and not _INSTANT.fullmatch(text):
        raise Refused(
            f"{name} {text!r} is no instant: write it with its offset, like 2026-11-20T09:12:00+01:00."
        )


def fraction(text: str) -> Fraction:
    """An amount to reckon with. Raises Refused."""
    if not _AMOUNT.fullmatch(text):
        raise Refused(f"{text!r} is no amount.")
    return Fraction(text)


def plain(value: Fraction) -> str:
    """The decimal text of a sum of decimal amounts."""
    scaled = value * 10**9
    whole, rest = divmod(abs(int(scaled)), 10**9)
    decimals = f"{rest:09}".rstrip("0")
    return f"{'-' * (value < 0)}{whole}{'.' * bool(decimals)}{decimals}"


def key(*words: str) -> str:
    """A thing's key: the plain beginning says what it is, the rest is hashed."""
    source, kind, *rest = words
    told = json.dumps(rest).encode("utf-8", "replace")
    return f"{source}|{kind}|{hashlib.sha256(told).hexdigest()}"


def raw(value: object, limit: int = RAW_CHARACTERS_MAX) -> str:
    """A thing as JSON, to be shown."""
    return json.dumps(value, ensure_ascii=False)[:limit]


def unknown(source: str, topic: str, content: Mapping[str, Any], body: bytes) -> list[HookItem]:
    """A body this version does not take: it is kept and counted."""
    digest = hashlib.sha256(body).hexdigest()
    says = f"{topic or 'A body without a topic'} tells nothing this version takes: it is kept as it came."
    return [
        HookItem(key(source, "other", topic, digest), NothingTold(says), "", raw(content, RAW_UNKNOWN_MAX))
    ]


def faulty(source: str, kind: str, content: object, reason: str) -> HookItem:
    """A thing that cannot be read; it stands aside with its reason."""
    return HookItem(key(source, kind, raw(content)), None, reason, raw(content))


def order_items(source: str, told: OrderTold, content: object) -> HookItem:
    """An order as an item: whoever tells the same of it once more tells nothing new."""
    return HookItem(key(source, "order", *map("\x1f".join, told.rows)), told, "", raw(content))


def standing_item(told: OrderStanding, content: object) -> HookItem:
    """How an order stands, as an item: one for each instant it was told of."""
    words = (told.shop_key or told.reference, told.reference, told.state, told.told_at)
    return HookItem(key(told.shop, "standing", *words), told, "", raw(content))


def refund_item(told: RefundTold, order: str, content: object) -> HookItem:
    """A refund as an item: the order's webhook and its own tell the same one. `order` is what both call the order."""
    _, at, paid, refund_id, currency = told.row
    words = (order, refund_id, paid, currency) if refund_id else (order, at, paid, currency)
    return HookItem(key(told.shop, "refund", *words), told, "", raw(content))


def bounded(items: Iterable[HookItem], source: str, body: bytes) -> list[HookItem]:
    """At most `ITEMS_MAX` items, and one that says so where there were more."""
    found: list[HookItem] = []
    for item in items:
        if len(found) == ITEMS_MAX:
            fault = f"The body holds more than {ITEMS_MAX:,} things: the rest was not read."
            found.append(HookItem(key(source, "rest", hashlib.sha256(body).hexdigest()), None, fault, ""))
            break
        found.append(item)
    return found
