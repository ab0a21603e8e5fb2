"""Caps over any orders, in any imports, caught up with at any time, against a plain model in decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cashback.earnings import (
    AMARA,
    LIN,
    NOW,
    ambassador,
    amounts,
    catch_up,
    first_bad,
    import_run,
    order,
    scheme,
    shop_ledger,
)

CAP = Decimal("20.00")


class Bought(NamedTuple):
    """An order of a test."""

    buyer: str
    month: int
    day: int
    currency: str
    cents: int


BOUGHT = st.builds(
    Bought,
    st.sampled_from([LIN, AMARA]),
    st.integers(8, 10),
    st.integers(1, 3),
    st.sampled_from(["HKD", "HKD", "EUR"]),
    st.integers(0, 60_000),
)


def expected(imports: list[list[Bought]]) -> dict[str | None, str]:
    """What each order earns: 3 %, and a cap of 20.00 HKD for each person and month, used up import by import."""
    used: dict[tuple[str, int], Decimal] = {}
    found: dict[str | None, str] = {}
    for number, orders in enumerate(imports):
        named = [(one, f"{number}-{place}") for place, one in enumerate(orders)]
        for one, name in sorted(named, key=lambda pair: (pair[0].month, pair[0].day, pair[1])):
            earned = (Decimal(one.cents) * 3 / 10_000).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
            if one.currency == "HKD":
                earned = min(earned, CAP - used.get((one.buyer, one.month), Decimal(0)))
                used[one.buyer, one.month] = used.get((one.buyer, one.month), Decimal(0)) + earned
            found[name] = f"{earned:.2f} {one.currency}"
    return found


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.lists(BOUGHT, max_size=9), st.booleans()), max_size=3), st.sampled_from([1, 3, 8])
)
def test_a_cap_is_used_up_as_a_plain_model_says(imports: list[tuple[list[Bought], bool]], step: int) -> None:
    with shop_ledger() as tx:
        scheme(tx, cap="20.00 HKD")
        for who in (LIN, AMARA):
            ambassador(tx, who)
        for number, (orders, looks) in enumerate(imports):
            run = import_run(tx, str(number), sealed_at=NOW - 100 + number)
            for place, one in enumerate(orders):
                day = f"2026-{one.month:02}-{one.day:02}"
                total = f"{one.cents / 100:.2f} {one.currency}"
                order(tx, f"{number}-{place}", one.buyer, day, total, run=run)
            if looks:
                catch_up(tx, step=step)
        catch_up(tx, step=step)

        assert amounts(tx) == expected([orders for orders, _ in imports])
        assert first_bad(tx) is None
