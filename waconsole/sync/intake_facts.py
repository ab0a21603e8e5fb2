"""Rows of products, clicks, carts and costs files. The same row again is the same fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from waconsole.database.connection import Transaction
from waconsole.shop import store_facts
from waconsole.sync.shop_buyers import Buyers
from waconsole.sync.shop_rows import PlainFact


class FactWriter:
    """Writes the rows of one run that stand for themselves."""

    def __init__(self, kind: str, *, run_id: int, now: int) -> None:
        """`kind` is one of products, clicks, carts, costs."""
        self.kind, self.run_id, self.now = kind, run_id, now
        self.buyers = Buyers(run_id=run_id, now=now)

    def write(self, tx: Transaction, facts: Sequence[PlainFact]) -> tuple[int, list[tuple[PlainFact, str]]]:
        """Write some rows; answers how many were new, and those that are refused with the reason."""
        tail = (self.now, self.run_id)
        if self.kind == "products":
            return self._products(tx, facts)
        if self.kind == "costs":
            return store_facts.add_costs(tx, [cast("Any", (*fact.values, *tail)) for fact in facts]), []
        buyers = self.buyers.of(tx, [fact.phone for fact in facts])
        rows: list[Any] = [(buyers[fact.phone][0], *fact.values, *tail) for fact in facts]
        add = store_facts.add_clicks if self.kind == "clicks" else store_facts.add_carts
        return cast("Any", add)(tx, rows), []

    def _products(
        self, tx: Transaction, facts: Sequence[PlainFact]
    ) -> tuple[int, list[tuple[PlainFact, str]]]:
        known = {
            name: tuple(row)
            for name, row in store_facts.products_known(tx, [str(fact.values[0]) for fact in facts]).items()
        }
        refused, new = [], []
        for fact in facts:
            before = known.get(str(fact.values[0]))
            if before is None:
                known[str(fact.values[0])] = fact.values
                new.append(fact)
            elif before != fact.values:
                refused.append(
                    (fact, f"product {fact.values[0]} is known with another name, category or price")
                )
        rows: list[Any] = [(*fact.values, self.now, self.run_id) for fact in new]
        return store_facts.add_products(tx, rows), refused
