"""Rules at random, over every field that members have: as text, so that reading them is tried too."""

from __future__ import annotations

import random
from typing import Final

from tests.segments.crowds import CATEGORIES, PRODUCTS

WINDOWS: Final = (
    "1h",
    "24h",
    "1d",
    "7d",
    "30d",
    "60d",
    "180d",
    "365d",
    "ever",
    "today",
    "this_week",
    "this_month",
    "since 2026-10-01",
)
SIGNS: Final = ("<", "<=", ">", ">=", "=", "!=")
SPANS: Final = ("1s", "1h", "36h", "1d", "7d", "30d", "60d", "90d", "26w")
LAYERS: Final = ("never", "champions", "new", "loyal", "at_risk", "hibernating")
FORMS: Final = (
    "lang:pt", "lang:fr", "lang:pt-BR", "zone:europe/paris", "zone:Asia/Tokyo", "tag:vip", "tag:nobody", "is:new",
    "is:dormant", "is:silent", "is:referred", "review:open", "consent:marketing", "consent:stop", "shared:device",
)  # fmt: skip


class Rules:
    """Makes rules."""

    def __init__(self, seed: int) -> None:
        """The same seed makes the same rules."""
        self.random = random.Random(seed)

    def tree(self, depth: int = 3) -> str:
        """A rule of a few leaves."""
        kind = self.random.random()
        if depth == 0 or kind < 0.3:
            return self.leaf()
        if kind < 0.45:
            return f"not ({self.tree(depth - 1)})"
        joined = self.random.choice((" and ", " or ", " "))
        return f"({joined.join(self.tree(depth - 1) for _ in range(self.random.randint(2, 3)))})"

    def leaf(self) -> str:
        """One leaf."""
        return self.random.choice((self._count, self._count, self._money, self._age, self._rfm, self._form))()

    def _window(self, *arguments: str) -> str:
        return ", ".join([*(one for one in arguments if one), self.random.choice(WINDOWS)])

    def _filter(self, name: str, values: tuple[str, ...]) -> str:
        value = self.random.choice(("", *values, "nowhere"))
        return f'{name}="{value}"' if value else ""

    def _count(self) -> str:
        sign, number = self.random.choice(SIGNS), self.random.choice(("0", "1", "2", "3", "1.5"))
        category, product = self._filter("category", CATEGORIES[1:]), self._filter("product", PRODUCTS[1:])
        measure = self.random.choice(
            (
                f"orders({self._window(category, product)})",
                f"orders({self._window()})",
                f"units({self._window(category or 'category=mask', product)})",
                f"clicks({self._window(category, product)})",
                f"clicks({self._window()})",
                f"carts({self._window(self.random.choice(('', 'state=open', 'state=abandoned')))})",
                f"pushes({self._window()})",
                f"inbound({self._window()})",
                f"referrals({self._window()})",
                f"refunds({self._window()})",
                f"distinct({self._window(self.random.choice(('orders.category', 'orders.product', 'clicks.category', 'clicks.product')))})",
            )
        )
        return f"{measure} {sign} {number}"

    def _money(self) -> str:
        sign = self.random.choice(SIGNS)
        amount = self.random.choice(("0", "1", "2.50", "199", "100.005", "10000000000"))
        currency = self.random.choice(("HKD", "HKD", "EUR", "USD"))
        return self.random.choice(
            (
                f"spend({self._window()}) {sign} {amount} {currency}",
                f"avg_order({self._window()}) {sign} {amount} {currency}",
                f"coupon_share({self._window()}) {sign} {self.random.choice(('0%', '33.3%', '50%', '70%', '100%'))}",
                f"unit_price({self._window()}, currency={currency}) {sign} {self.random.choice(('0.5', '1', '1.333', '2'))}x avg",
            )
        )

    def _age(self) -> str:
        what = self.random.choice(("order", "click", "cart", "push", "inbound"))
        brackets = self._filter("category", CATEGORIES[1:]) if what == "order" else ""
        name = f"{self.random.choice(('first', 'last'))}_{what}{f'({brackets})' if brackets else ''}"
        if self.random.random() < 0.15:
            return f"{name} {self.random.choice(('=', '!='))} never"
        return f"{name} {self.random.choice(SIGNS)} {self.random.choice(SPANS)}"

    def _rfm(self) -> str:
        sign, number = self.random.choice(SIGNS), self.random.randint(0, 5)
        return self.random.choice(
            (
                f"rfm_r({self._window()}) {sign} {number}",
                f"rfm_f({self._window()}) {sign} {number}",
                f"rfm_m({self._window()}, currency={self.random.choice(('HKD', 'EUR'))}) {sign} {number}",
                f"rfm_layer({self._window()}) {self.random.choice(('=', '!='))} {self.random.choice(LAYERS)}",
            )
        )

    def _form(self) -> str:
        return self.random.choice(FORMS)
