"""Rows of an orders file become orders: rows of one reference are one order, the same row again is the same fact.

A part of rows is written with two statements. That a reference is known is what the insert itself finds
out, so an import of new orders looks nothing up.
"""

from __future__ import annotations

from collections.abc import Sequence

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.money import Money
from waconsole.shop import store
from waconsole.shop.store import LineRow, OrderRow
from waconsole.sync.shop_buyers import ORIGIN, Buyers
from waconsole.sync.shop_rows import OrderFact

Refusal = tuple[OrderFact, str]


class OrderWriter:
    """Writes the orders of one run."""

    def __init__(self, *, run_id: int, now: int, origin: str = ORIGIN) -> None:
        """`run_id` is the run they are hidden under until it is sealed; 0: none, they are seen at once."""
        self.run_id, self.now, self.origin = run_id, now, origin
        self.buyers = Buyers(run_id=run_id, now=now, origin=origin)

    def write(self, tx: Transaction, facts: Sequence[OrderFact]) -> tuple[int, list[Refusal]]:
        """Write some rows; answers how many were new, and those that are refused with the reason."""
        buyers = self.buyers.of(tx, [fact.phone for fact in facts])
        first: dict[str, OrderFact] = {}
        refused: list[Refusal] = []  # unless the ledger knows the order, and its word counts
        taken: list[OrderFact] = []
        for fact in facts:
            before = first.setdefault(fact.reference, fact)
            if before is not fact and (reason := _other(before, fact, buyers)):
                refused.append((fact, reason))
            else:
                taken.append(fact)
        id_ = store.next_order_id(tx)
        ids = dict(zip(first, range(id_, id_ + len(first)), strict=True))
        run_id, now, origin = self.run_id, self.now, self.origin
        orders = [
            OrderRow(
                ids[ref],
                ref,
                buyers[it.phone][0],
                it.ordered_at,
                it.currency,
                it.total_minor,
                origin,
                now,
                run_id,
            )
            for ref, it in first.items()
        ]
        if store.add_orders(tx, orders) < len(orders):
            taken, refused = self._known(tx, taken, refused, ids)
        return self._lines(tx, taken, ids), refused

    def _lines(self, tx: Transaction, facts: Sequence[OrderFact], ids: dict[str, int]) -> int:
        """Write the items of rows; a row is new when one of its items is."""
        run_id = self.run_id
        if all(len(fact.items) == 1 for fact in facts):
            return store.add_lines(tx, [LineRow(ids[it.reference], *it.items[0], run_id) for it in facts])
        return sum(
            store.add_lines(tx, [LineRow(ids[fact.reference], *item, run_id) for item in fact.items]) > 0
            for fact in facts
        )

    def _known(
        self, tx: Transaction, facts: list[OrderFact], doubted: list[Refusal], ids: dict[str, int]
    ) -> tuple[list[OrderFact], list[Refusal]]:
        """The rows that agree with the orders the ledger has, and the others; `ids` then names those orders."""
        known = {
            reference: row
            for reference, row in store.orders_by_reference(tx, list(ids)).items()
            if row["id"] != ids[reference]
        }
        ids.update({reference: row["id"] for reference, row in known.items()})
        earlier = [row["id"] for row in known.values() if row["import_run_id"] != self.run_id]
        prices: dict[tuple[int, str, str], set[tuple[int, int | None]]] = {}
        for line in store.lines_of(tx, earlier) if earlier else ():
            if line["import_run_id"] != self.run_id:
                key = (line["order_id"], line["category"], line["product"])
                prices.setdefault(key, set()).add((line["quantity"], line["unit_price_minor"]))
        taken: list[OrderFact] = []
        refused: list[Refusal] = []
        for fact, doubt in sorted([*((fact, "") for fact in facts), *doubted], key=_line):
            row = known.get(fact.reference)
            reason = doubt if row is None else self.differs(row, fact) or _other_price(row, fact, prices)
            if reason:
                refused.append((fact, reason))
            else:
                taken.append(fact)
        return taken, refused

    def differs(self, row: Row, fact: OrderFact) -> str:
        """Why a row is not of the order the ledger has under its reference, or nothing. Its buyer is known to `buyers`."""
        before = (row["total_minor"], row["currency"], row["root_id"], row["ordered_at"])
        return _difference(fact, before, self.buyers.root_id(fact.phone))


def _line(row: Refusal) -> int:
    return row[0].line


def _other(before: OrderFact, fact: OrderFact, buyers: dict[str, tuple[int, int]]) -> str:
    """Why a row is not of the order that an earlier row of its reference told, or nothing."""
    told = (before.total_minor, before.currency, buyers[before.phone][1], before.ordered_at)
    return _difference(fact, told, buyers[fact.phone][1])


def _difference(fact: OrderFact, told: tuple[int, str, int, int], root_id: int) -> str:
    total_minor, currency, member_id, ordered_at = told
    if (total_minor, currency) != (fact.total_minor, fact.currency):
        known, said = Money(total_minor, currency), Money(fact.total_minor, fact.currency)
        return f"order {fact.reference} is known with a total of {known}, not {said}"
    if member_id != root_id:
        return f"order {fact.reference} is known of another buyer"
    if ordered_at != fact.ordered_at:
        return f"order {fact.reference} is known of {iso(ordered_at)}, not {iso(fact.ordered_at)}"
    return ""


def _other_price(
    row: Row, fact: OrderFact, prices: dict[tuple[int, str, str], set[tuple[int, int | None]]]
) -> str:
    """Why an item contradicts what an earlier file said of the same product of that order, or nothing."""
    for category, product, _coupon, quantity, price in fact.items:
        told = prices.get((row["id"], category, product))
        if told and (quantity, price) not in told:
            was = " and ".join(_item_words(*it, row["currency"]) for it in sorted(told, key=str))
            now = _item_words(quantity, price, row["currency"])
            return f"order {fact.reference} is known with {was} of {product or 'that'}, not {now}"
    return ""


def _item_words(quantity: int, price: int | None, currency: str) -> str:
    return str(quantity) if price is None else f"{quantity} × {Money(price, currency)}"
