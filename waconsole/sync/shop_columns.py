"""Which column of a shop's file says what: by our own names, by a known shop's, or by a mapping.

The headers of Shopify's order export (help.shopify.com, "Exporting orders") and of three order exports
for WooCommerce, which has none of its own: Order Export & Import (WebToffee, woocommerce.com document
"import-and-export-of-woocommerce-orders"), Customer/Order/Coupon Export (woocommerce.com document
"ordercustomer-csv-export-developer-documentation"), Advanced Order Export (AlgolPlus).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from waconsole.errors import Refused
from waconsole.sync.shop_file import ShopFile


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its columns, and those without which nothing can be told."""

    columns: tuple[str, ...]
    required: tuple[str, ...]


KINDS: Final[dict[str, Kind]] = {
    "orders": Kind(
        ("reference", "phone", "ordered_at", "currency", "total", "coupon", "category", "product", "quantity",
         "unit_price"),
        ("reference", "phone", "ordered_at", "total"),
    ),
    "refunds": Kind(("reference", "refunded_at", "amount", "refund_id", "currency"), ("reference", "refunded_at", "amount")),
    "products": Kind(("product", "name", "category", "currency", "price"), ("product",)),
    "clicks": Kind(("phone", "clicked_at", "category", "product", "url"), ("phone", "clicked_at")),
    "carts": Kind(("phone", "at", "state"), ("phone", "at", "state")),
    "costs": Kind(("at", "group", "kind", "currency", "amount"), ("at", "amount")),
    "pushes": Kind(("phone", "sent_at", "purpose"), ("phone", "sent_at", "purpose")),
    "inbound": Kind(("phone", "at", "group"), ("phone", "at")),
    "invites": Kind(
        ("referrer_phone", "invitee_phone", "invited_at", "programme", "channel", "arrived_at", "address", "payment",
         "device"),
        ("referrer_phone", "invitee_phone", "invited_at", "programme"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shop:
    """An order export that is known by its header."""

    name: str
    known_by: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]  # ours to theirs; the first that is not empty is taken
    status: tuple[str, ...] = ()
    not_orders: frozenset[str] = frozenset()  # what the status says of an order that never came about
    country: tuple[str, ...] = ()
    line_total: str = ""  # a line's price for all of its units
    filled: bool = False  # an order's further rows leave its own columns empty
    item_columns: str = ""  # one column per item: their names begin so


_WOO_NOT_ORDERS: Final = frozenset(
    {"cancelled", "failed", "pending", "pending payment", "trash", "checkout-draft", "draft", "auto-draft"}
)
SHOPS: Final = (
    Shop(
        "Shopify",
        frozenset({"name", "created at", "total", "lineitem name", "lineitem quantity"}),
        {
            "reference": ("name",), "phone": ("phone", "billing phone", "shipping phone"), "ordered_at": ("created at",),
            "currency": ("currency",), "total": ("total",), "coupon": ("discount code",), "product": ("lineitem name",),
            "quantity": ("lineitem quantity",), "unit_price": ("lineitem price",),
        },
        ("financial status",), frozenset({"voided", "expired"}), ("billing country", "shipping country"), filled=True,
    ),
    Shop(
        "WooCommerce (Order Export & Import)",
        frozenset({"order_date", "order_total", "order_currency", "line_item_1"}),
        {
            "reference": ("order_number", "order_id"), "phone": ("billing_phone", "shipping_phone"),
            "ordered_at": ("order_date",), "currency": ("order_currency",), "total": ("order_total",),
            "coupon": ("coupon_items",),
        },
        ("status",), _WOO_NOT_ORDERS, ("billing_country", "shipping_country"), item_columns="line_item_",
    ),
    Shop(
        "WooCommerce (Customer/Order/Coupon Export)",
        frozenset({"order_id", "order_total", "order_currency", "billing_phone", "date"}),
        {
            "reference": ("order_number_formatted", "order_number", "order_id"), "phone": ("billing_phone", "shipping_phone"),
            "ordered_at": ("date",), "currency": ("order_currency",), "total": ("order_total",),
            "coupon": ("coupons", "coupon_items"), "product": ("item_name",), "quantity": ("item_quantity",),
        },
        ("status",), _WOO_NOT_ORDERS, ("billing_country", "shipping_country"), line_total="item_total",
        item_columns="line_items",
    ),
    Shop(
        "WooCommerce (Advanced Order Export)",
        frozenset({"order number", "order date", "order total amount", "phone (billing)"}),
        {
            "reference": ("order number",), "phone": ("phone (billing)", "phone (shipping)"),
            "ordered_at": ("order date",), "currency": ("currency", "order currency"), "total": ("order total amount",),
            "coupon": ("coupon code",), "category": ("category",), "product": ("item name", "product name"),
            "quantity": ("quantity", "quantity (- refund)"), "unit_price": ("item cost",),
        },
        ("order status",), _WOO_NOT_ORDERS, ("country code (billing)", "country code (shipping)"), filled=True,
    ),
)  # fmt: skip

_ITEM_PART: Final = re.compile(r"(?:^|\|)\s*(name|quantity|total|sub_total|subtotal|sku)\s*:", re.I)
ITEMS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """Where each of our columns stands in a file: cell places, or a word for every row."""

    kind: str
    header: tuple[str, ...]
    places: Mapping[str, tuple[int, ...]]
    words: Mapping[str, str] = field(default_factory=dict)
    shop: str = ""
    status: tuple[int, ...] = ()
    not_orders: frozenset[str] = frozenset()
    country: tuple[int, ...] = ()
    line_total: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    filled: bool = False

    def shown(self) -> dict[str, str]:
        """Our columns to what is read for them, for a preview."""
        said = {
            name: " / ".join(self.header[place] for place in self.places[name])
            for name in KINDS[self.kind].columns
            if self.places.get(name)
        }
        return said | {name: f"={word}" for name, word in self.words.items()}


def plan(file: ShopFile, kind: str, mapping: Mapping[str, str]) -> Plan:
    """Find the columns of a file. Raises Refused when one that is needed is nowhere."""
    about = KINDS[kind]
    names = [_folded(name) for name in file.header]
    at = {name: place for place, name in reversed(list(enumerate(names))) if name}
    if mapping:
        return _mapped(file, kind, mapping, at)
    if kind == "orders" and not set(about.required) <= at.keys():
        for shop in SHOPS:
            if shop.known_by <= at.keys():
                return _of_shop(file, shop, at)
    missing = [name for name in about.required if name not in at]
    if missing:
        raise Refused(
            f"{file.path.name} has no column called {missing[0]}: its first line must name {', '.join(about.required)},"
            f" or say which of its columns it is with --map {missing[0]}=COLUMN."
        )
    _check_once(file, names, about.columns)
    return Plan(kind, file.header, {name: (at[name],) for name in about.columns if name in at})


def _check_once(file: ShopFile, names: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise Refused where two columns have the name of one that is read: nobody knows which is meant."""
    for name in wanted:
        if names.count(_folded(name)) > 1:
            raise Refused(f"{file.path.name} has more than one column called {name}: give one another name.")


def _folded(name: str) -> str:
    return " ".join(name.replace("\ufeff", "").casefold().split())


def _mapped(file: ShopFile, kind: str, mapping: Mapping[str, str], at: Mapping[str, int]) -> Plan:
    about = KINDS[kind]
    places: dict[str, tuple[int, ...]] = {}
    words: dict[str, str] = {}
    for name, theirs in mapping.items():
        if name not in about.columns:
            raise Refused(f"{kind} have no column {name}: they have {', '.join(about.columns)}.")
        if theirs.startswith("="):
            words[name] = theirs[1:].strip()
        elif _folded(theirs) not in at:
            raise Refused(f"{file.path.name} has no column called {theirs}.")
        else:
            places[name] = (at[_folded(theirs)],)
    for name in about.columns:  # what is called by our own name needs no mapping
        if name not in places and name not in words and name in at:
            places[name] = (at[name],)
    _check_once(
        file, [_folded(name) for name in file.header], [file.header[place] for (place,) in places.values()]
    )
    for name in about.required:
        if name not in places and name not in words:
            raise Refused(
                f"Nothing says which column of {file.path.name} is {name}: add --map {name}=COLUMN."
            )
    return Plan(kind, file.header, places, words)


def _of_shop(file: ShopFile, shop: Shop, at: Mapping[str, int]) -> Plan:
    def places(names: Sequence[str]) -> tuple[int, ...]:
        return tuple(at[name] for name in names if name in at)

    items = (
        tuple(place for name, place in at.items() if name.startswith(shop.item_columns))
        if shop.item_columns
        else ()
    )
    return Plan(
        "orders", file.header, {ours: found for ours, names in shop.columns.items() if (found := places(names))},
        shop=shop.name, status=places(shop.status), not_orders=shop.not_orders, country=places(shop.country),
        line_total=places((shop.line_total,)), items=() if "item_name" in at else tuple(sorted(items)), filled=shop.filled,
    )  # fmt: skip


def items_of(cell: str) -> list[dict[str, str]]:
    """The items of a `name:…|quantity:…|total:…` cell; several are parted by `;`."""
    found = []
    for text in cell.split(";")[:ITEMS_MAX] if cell.count("name:") > 1 else [cell]:
        marks = list(_ITEM_PART.finditer(text))
        parts = {}
        for place, mark in enumerate(marks):
            end = marks[place + 1].start() if place + 1 < len(marks) else len(text)
            value = text[mark.end() : end]
            parts[mark[1].casefold()] = value.partition("|")[0].strip()
        if parts.get("name") or parts.get("sku"):
            found.append(parts)
    return found


def coupon_of(cell: str) -> str:
    """The code in a `code:SUMMER|amount:5` cell; any other cell is the code itself."""
    marked = re.search(r"(?:^|\|)\s*code:\s*([^|;]*)", cell)
    return marked[1].strip() if marked else cell
