"""Measures of the rules, worked out for all members at once from columns. Pure.

Each means what the SQL of the room that declares it means (`shop.fields` and the like); a differential test holds
the two equal. What is not here is asked of SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import numpy as np

from waconsole.errors import Refused
from waconsole.money import currency_of
from waconsole.query.fields import Asked
from waconsole.query.values import Amount, Number
from waconsole.segments.aggregates import Timeline
from waconsole.segments.aggregates_strips import Whole, added
from waconsole.segments.columns import UNPRICED
from waconsole.segments.evaluate_exact import Values
from waconsole.segments.evaluate_facts import Facts, NotHeld, When
from waconsole.segments.masks import Flags
from waconsole.text import stored

Measure = Callable[[Facts, Asked, When], Values]
CURRENCY: Final = "currency"
_WHETHER: Final[Mapping[tuple[str, Decimal], bool]] = {
    (">=", Decimal(1)): True,
    (">", Decimal(0)): True,
    ("!=", Decimal(0)): True,
    ("<", Decimal(1)): False,
    ("<=", Decimal(0)): False,
    ("=", Decimal(0)): False,
}


def word_of(asked: Asked, name: str) -> str | None:
    """An argument as the ledger keeps it, or None where it was not said."""
    said = asked.arguments.get(name)
    return None if said is None else stored(said)


def changes_at(timeline: Timeline, asked: Asked, when: When) -> int | None:
    """The second at which a window's rows can next be others by themselves."""
    places = timeline.places(*when.bounds(asked.window))
    found = (timeline.next_after(places, when.span(asked), when.second), when.midnight(asked))
    return min((second for second in found if second is not None), default=None)


def earliest(*several: int | None) -> int | None:
    """The earliest of some seconds; None never comes."""
    return min((one for one in several if one is not None), default=None)


def ordered(facts: Facts, asked: Asked, *, once: bool = False) -> Timeline:
    """Orders: all of them, or the lines of a category and a product, `once` for each order."""
    category, product = word_of(asked, "category"), word_of(asked, "product")
    if category is None and product is None:
        return facts.timeline("order")
    return facts.bought(category=category, product=product, once=once)


def clicked(facts: Facts, asked: Asked) -> Timeline:
    """Clicks: all of them, or those on a category and a product."""
    return facts.timeline("click", part=word_of(asked, "category"), product=word_of(asked, "product"))


def _inbound(facts: Facts, asked: Asked) -> Timeline:
    if asked.arguments:
        raise NotHeld
    return facts.heard()


COUNTS: Final[Mapping[str, Callable[[Facts, Asked], Timeline]]] = {
    "orders": ordered,
    "clicks": clicked,
    "carts": lambda facts, asked: facts.timeline("cart", part=asked.arguments.get("state")),
    "refunds": lambda facts, _: facts.timeline("refund"),
    "pushes": lambda facts, _: facts.sent(),
    "referrals": lambda facts, _: facts.timeline("invite"),
    "inbound": _inbound,
}
"""What rows a measure counts that is nothing but how many there are; an order may have several."""


def _counted(facts: Facts, asked: Asked, when: When) -> Values:
    assert asked.field is not None
    name = asked.field.name
    timeline = ordered(facts, asked, once=True) if name == "orders" else COUNTS[name](facts, asked)
    places = timeline.places(*when.bounds(asked.window))
    return Values(timeline.counts(places), changes_at=changes_at(timeline, asked, when))


def whether(facts: Facts, asked: Asked, when: When) -> tuple[Flags, int | None] | None:
    """Who meets a count that only asks whether there is a row at all, and when that can next change; None for another leaf."""
    assert asked.field is not None
    rows, operand = COUNTS.get(asked.field.name), asked.operand
    if rows is None or not isinstance(operand, Number):
        return None
    is_some = _WHETHER.get((asked.sign, operand.value))
    if is_some is None:
        return None
    timeline = rows(facts, asked)
    flags = timeline.any(timeline.places(*when.bounds(asked.window)))
    return (flags if is_some else ~flags), changes_at(timeline, asked, when)


def _units(facts: Facts, asked: Asked, when: When) -> Values:
    lines = facts.bought(category=word_of(asked, "category"), product=word_of(asked, "product"), once=False)
    places = lines.places(*when.bounds(asked.window))
    return Values(lines.sums("quantity", places), changes_at=changes_at(lines, asked, when))


def currency_asked(facts: Facts, asked: Asked, when: When) -> str:
    """The currency an amount is counted in; '' counts none. Raises Refused where it must be said."""
    if isinstance(asked.operand, Amount):
        return asked.operand.currency
    if said := asked.arguments.get("currency"):
        return currency_of(said)
    if CURRENCY in when.known:
        only: str = when.known[CURRENCY]()
        if not only:
            assert asked.field is not None
            raise Refused(f"Orders are in several currencies: say which one, as in {asked.field.example}.")
        return only
    return facts.only_currency()


def spent(facts: Facts, asked: Asked, when: When) -> tuple[Whole, Callable[[], Whole], int | None]:
    """What each person spent in one currency within a window, less refunds; how many orders that was; until when it holds."""
    currency = currency_asked(facts, asked, when)
    orders, refunds = facts.timeline("order", part=currency), facts.timeline("refund", part=currency)
    since, until = when.bounds(asked.window)
    places = orders.places(since, until)
    known = refunds.places(-(1 << 40), until)
    net = orders.sums("total", places)
    if refunds.row_count(known):
        then = refunds.column("ordered", known)
        back = (then >= since) & (then <= until)
        net = net - added(refunds.who(known)[back], refunds.column("amount", known)[back], facts.size)
    changes = earliest(changes_at(orders, asked, when), refunds.next_after(known, None, when.second))
    return net, lambda: orders.counts(places), changes


def _spend(facts: Facts, asked: Asked, when: When) -> Values:
    net, _, changes = spent(facts, asked, when)
    return Values(net, changes_at=changes)


def _avg_order(facts: Facts, asked: Asked, when: When) -> Values:
    net, orders, changes = spent(facts, asked, when)
    return Values(net, per=orders(), changes_at=changes)


def _coupon_share(facts: Facts, asked: Asked, when: When) -> Values:
    orders, couponed = facts.timeline("order"), facts.couponed()
    bounds = when.bounds(asked.window)
    return Values(
        couponed.counts(couponed.places(*bounds)),
        per=orders.counts(orders.places(*bounds)),
        changes_at=changes_at(orders, asked, when),
    )


def _unit_price(facts: Facts, asked: Asked, when: When) -> Values:
    currency = currency_asked(facts, asked, when)
    lines = facts.timeline("line.priced", part=currency)
    places = lines.places(*when.bounds(asked.window))
    who, quantity = lines.who(places), lines.column("quantity", places).astype(np.int64)
    price = lines.column("price", places)
    assert not price.size or price.min() > UNPRICED
    value, per = added(who, quantity * price, facts.size), added(who, quantity, facts.size)
    return Values(
        value, per=per, all_value=int(value.sum()), all_per=int(per.sum()),
        changes_at=changes_at(lines, asked, when),
    )  # fmt: skip


def _distinct(facts: Facts, asked: Asked, when: When) -> Values:
    kind, _, column = asked.arguments["what"].partition(".")
    timeline = facts.timeline("click" if kind == "clicks" else "line")
    places = timeline.places(*when.bounds(asked.window))
    word = timeline.column(column, places).astype(np.int64)
    named = word != 0
    pair = timeline.who(places)[named].astype(np.int64) << 32 | (word[named] & 0xFFFFFFFF)
    who = np.unique(pair) >> 32
    return Values(np.bincount(who, minlength=facts.size), changes_at=changes_at(timeline, asked, when))


MEASURES: Final[Mapping[str, Measure]] = {
    **dict.fromkeys(COUNTS, _counted),
    "units": _units,
    "spend": _spend,
    "avg_order": _avg_order,
    "coupon_share": _coupon_share,
    "unit_price": _unit_price,
    "distinct": _distinct,
}
