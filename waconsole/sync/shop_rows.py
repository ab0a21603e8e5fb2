"""A row of a shop's file as a fact: its cells read, or refused in a few words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from waconsole import money
from waconsole.clock import iso
from waconsole.errors import Refused
from waconsole.sync.shop_amounts import try_amount, whole_quantity
from waconsole.sync.shop_columns import Plan, coupon_of, items_of
from waconsole.sync.shop_dates import Dates
from waconsole.sync.shop_phones import Phones
from waconsole.text import stored

KEPT_MAX: Final = 50_000
REFERENCE_CHARACTERS_MAX: Final = 200
CART_STATES: Final = ("open", "abandoned", "recovered")
_COUNTRY: Final = re.compile("[A-Za-z]{2}")

Item = tuple[str, str, str, int, int | None]
"""category, product, coupon, quantity, unit price in minor units"""


class OrderFact(NamedTuple):
    """A row of an orders file; `cells` as they stood (an order's own ones filled in)."""

    line: int
    cells: list[str]
    reference: str
    phone: str
    ordered_at: int
    currency: str
    total_minor: int
    items: tuple[Item, ...]


class RefundFact(NamedTuple):
    """A row of a refunds file; its amount is read once its order tells the currency."""

    line: int
    cells: list[str]
    reference: str
    refund_ref: str
    refunded_at: int
    amount: str


class PlainFact(NamedTuple):
    """A row of another file; `phone` is empty where the row names nobody."""

    line: int
    cells: list[str]
    phone: str
    values: tuple[object, ...]


Fact = OrderFact | RefundFact | PlainFact
Reading = Callable[[int, list[str]], Fact]


@dataclass(slots=True)
class Reader:
    """Reads the rows of one file by its plan. `currency` stands where a row names none."""

    plan: Plan
    dates: Dates
    phones: Phones
    now: int
    currency: str = ""
    _amounts: dict[tuple[str, str], int] = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)
    _currencies: dict[str, str] = field(default_factory=dict)
    _before: list[str] = field(default_factory=list)

    def reading(self) -> Reading:
        """The function that reads a row: (line, cells) to a fact. It raises Refused for a reject."""
        readings: dict[str, Reading] = {
            "orders": self._order, "refunds": self._refund, "products": self._product, "clicks": self._click,
            "carts": self._cart, "costs": self._cost,
        }  # fmt: skip
        return readings[self.plan.kind]

    def pad(self, cells: list[str]) -> list[str]:
        """Cells as many as the header's; an order's further row has the order's own columns filled in."""
        missing = len(self.plan.header) - len(cells)
        if missing > 0:
            cells = cells + [""] * missing
        if self.plan.filled:
            cells = self._filled(cells)
        return cells

    def _filled(self, cells: list[str]) -> list[str]:
        places = self.plan.places
        reference, total = places["reference"][0], places["total"][0]
        before = self._before
        if (
            before
            and (cells[reference] or before[reference]) == before[reference]
            and not cells[total].strip()
        ):
            own = {
                place
                for name in ("product", "quantity", "unit_price", "category")
                for place in places.get(name, ())
            }
            cells = [
                cell if cell or place in own or self._is_of_item(place) else before[place]
                for place, cell in enumerate(cells)
            ]
        self._before = cells
        return cells

    def _is_of_item(self, place: int) -> bool:
        return self.plan.header[place].casefold().startswith(("lineitem", "item "))

    def cell(self, cells: list[str], name: str) -> str:
        """What a row says in one of our columns; the first place that is not empty."""
        for place in self.plan.places.get(name, ()):
            if text := cells[place].strip():
                return text
        return self.plan.words.get(name, "")

    def word(self, cells: list[str], name: str) -> str:
        """A cell as the ledger keeps it."""
        text = self.cell(cells, name)
        found = self._words.get(text)
        if found is None:
            if len(self._words) >= KEPT_MAX:
                self._words.clear()
            found = self._words[text] = stored(text)
        return found

    def reference(self, cells: list[str]) -> str:
        """The order's reference. Raises Refused."""
        text = self.cell(cells, "reference")
        if not text:
            raise Refused("no reference")
        if len(text) > REFERENCE_CHARACTERS_MAX:
            raise Refused("the reference is too long")
        return text if text.isascii() and text.isprintable() else stored(text)

    def phone(self, cells: list[str]) -> str:
        """The member's number as E.164. Raises Refused."""
        text = self.cell(cells, "phone")
        if not text:
            raise Refused("no phone")
        region = None
        for place in self.plan.country:
            if _COUNTRY.fullmatch(country := cells[place].strip()):
                region = country.upper()
                break
        found = self.phones.e164(text, region)
        if found is None:
            national = "" if text.startswith(("+", "00", "(+")) or region or self.phones.region else (
                "; a national number needs --region"
            )  # fmt: skip
            raise Refused(f"phone {text!r} cannot be read{national}")
        return found

    def at(self, cells: list[str], name: str) -> int:
        """The instant in a column. Raises Refused for none, an unreadable or a future one."""
        text = self.cell(cells, name)
        if not text:
            raise Refused(f"no {name}")
        at = self.dates.instant(text)
        if at > self.now:
            read_as = f" ({iso(at)})" if text != iso(at) else ""
            raise Refused(f"{name} {text} lies in the future{read_as}")
        return at

    def currency_named(self, cells: list[str]) -> str:
        """The currency a row names, or the one that stands for all of them, or nothing. Raises Refused."""
        text = self.cell(cells, "currency")
        if not text:
            return self.currency
        found = self._currencies.get(text)
        if found is None:
            found = self._currencies[text] = money.currency_of(text)
        return found

    def amount(self, text: str, currency: str, name: str) -> tuple[int, str]:
        """(minor units, currency) of an amount that is not below zero. Raises Refused."""
        known = self._amounts.get((text, currency))
        if known is not None:
            return known, currency
        found = money.parse(text, currency or None)
        if found.minor < 0:
            raise Refused(f"{name} {text} is negative")
        if len(self._amounts) >= KEPT_MAX:
            self._amounts.clear()
        if currency:
            self._amounts[text, currency] = found.minor
        return found.minor, found.currency

    def _order(self, line: int, cells: list[str]) -> OrderFact:
        for place in self.plan.status:
            if (status := cells[place].strip().casefold()) in self.plan.not_orders:
                raise Refused(f"the order is {status}: it is none that counts")
        reference, phone, at = self.reference(cells), self.phone(cells), self.at(cells, "ordered_at")
        total = self.cell(cells, "total")
        if not total:
            raise Refused("no total")
        minor, currency = self.amount(total, self.currency_named(cells), "total")
        items = self._items(cells, currency) if self.plan.items else ()
        return OrderFact(
            line, cells, reference, phone, at, currency, minor, items or (self._item(cells, currency),)
        )

    def _item(self, cells: list[str], currency: str) -> Item:
        category, product = self.word(cells, "category"), self.word(cells, "product")
        price, units = self.cell(cells, "unit_price"), self.cell(cells, "quantity")
        coupon = self.word(cells, "coupon")
        quantity = whole_quantity(units) if units else int(bool(category or product or price))
        if price:
            return category, product, coupon, quantity, self.amount(price, currency, "unit_price")[0]
        for place in self.plan.line_total:
            return category, product, coupon, quantity, self._share(cells[place].strip(), quantity, currency)
        return category, product, coupon, quantity, None

    def _items(self, cells: list[str], currency: str) -> tuple[Item, ...]:
        coupon = stored(coupon_of(self.cell(cells, "coupon")))
        return tuple(
            ("", stored(item.get("name") or item["sku"]), coupon, quantity, self._share(item.get("total", ""), quantity, currency))
            for place in self.plan.items
            for item in items_of(cells[place])
            for quantity in (whole_quantity(item.get("quantity") or "1"),)
        )  # fmt: skip

    def _share(self, text: str, quantity: int, currency: str) -> int | None:
        """The price of one of `quantity` units, where it comes out even."""
        if not text:
            return None
        try:
            minor, _ = self.amount(text, currency, "total")
        except Refused:  # shops keep these with more decimals than the currency has
            return None
        return minor // quantity if quantity and minor % quantity == 0 else None

    def _refund(self, line: int, cells: list[str]) -> RefundFact:
        reference, at = self.reference(cells), self.at(cells, "refunded_at")
        text = self.cell(cells, "amount")
        if not text:
            raise Refused("no amount")
        if currency := self.currency_named(cells):
            self.amount(text, currency, "amount")
            text = f"{text} {currency}" if text[-1].isdigit() else text
        try_amount(text)
        return RefundFact(line, cells, reference, self.word(cells, "refund_id"), at, stored(text))

    def _product(self, line: int, cells: list[str]) -> PlainFact:
        product = self.word(cells, "product")
        if not product:
            raise Refused("no product")
        currency, price = self.currency_named(cells), self.cell(cells, "price")
        minor: int | None = None
        if price:
            minor, currency = self.amount(price, currency, "price")
        values = (product, self.word(cells, "name"), self.word(cells, "category"), currency, minor)
        return PlainFact(line, cells, "", values)

    def _click(self, line: int, cells: list[str]) -> PlainFact:
        phone, at = self.phone(cells), self.at(cells, "clicked_at")
        values = (at, self.word(cells, "category"), self.word(cells, "product"), self.word(cells, "url"))
        return PlainFact(line, cells, phone, values)

    def _cart(self, line: int, cells: list[str]) -> PlainFact:
        phone, at, state = self.phone(cells), self.at(cells, "at"), self.cell(cells, "state").casefold()
        if state not in CART_STATES:
            raise Refused(f"state {state!r} is none of {', '.join(CART_STATES)}" if state else "no state")
        return PlainFact(line, cells, phone, (at, state))

    def _cost(self, line: int, cells: list[str]) -> PlainFact:
        at, text = self.at(cells, "at"), self.cell(cells, "amount")
        if not text:
            raise Refused("no amount")
        minor, currency = self.amount(text, self.currency_named(cells), "amount")
        return PlainFact(
            line, cells, "", (at, self.word(cells, "group"), self.word(cells, "kind"), currency, minor)
        )
