"""What is at stake: money held now, what was given already, and the worst an item could come to. Pure.

Amounts are minor units by currency (ISO 4217, or points); nothing is converted. The worst case reads a programme's terms
as their policy holds them: `reward.each`, `reward.N`, `invitee.each`, `cost.…`, `cap`, `mode`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from waconsole import money
from waconsole.errors import Refused
from waconsole.money import EXPONENTS, Money

_RUNG: Final = re.compile(r"reward\.([0-9]{1,7})")
UPGRADE: Final = "upgrade"
AMOUNTS_MAX: Final = 200  # of a list of limits

Amounts = dict[str, int]


class Stakes(NamedTuple):
    """What hangs on an item: `held` waits, `paid` was given, `worst` is the most its invites can come to."""

    held: Amounts
    paid: Amounts
    worst: Amounts


def shown(amounts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Amounts as every answer says them, the largest first."""
    rows = sorted(amounts.items(), key=lambda one: (-major(*one), one[0]))
    return [as_json(Money(minor, currency)) for currency, minor in rows if minor]


def most(amounts: Mapping[str, int]) -> dict[str, int | str]:
    """The largest amount as money stands in JSON everywhere; nothing at all is 0 of no currency."""
    rows = sorted(amounts.items(), key=lambda one: (-major(*one), one[0]))
    return {"minor": rows[0][1], "currency": rows[0][0]} if rows else {"minor": 0, "currency": ""}


def as_json(amount: Money) -> dict[str, Any]:
    """An amount with its text beside it: `{"amount", "amount_minor", "minor", "currency"}`."""
    return {"amount": str(amount), "amount_minor": amount.minor, **amount.as_json()}


def said(amounts: Mapping[str, int]) -> str:
    """Amounts in a line: `1800.00 HKD, 40.00 EUR`; `nothing` for none."""
    rows = sorted(amounts.items(), key=lambda one: (-major(*one), one[0]))
    return ", ".join(str(Money(minor, currency)) for currency, minor in rows if minor) or "nothing"


def major(currency: str, minor: int) -> float:
    """An amount in whole units, to order by: what is first in a queue is never computed with."""
    return float(minor / 10 ** EXPONENTS.get(currency, 0))


def size(amounts: Mapping[str, int]) -> float:
    """The largest amount in whole units, to order by."""
    return max((major(*one) for one in amounts.items()), default=0.0)


def added(*all_of: Mapping[str, int]) -> Amounts:
    """The sum, currency by currency."""
    total: Counter[str] = Counter()
    for one in all_of:
        total.update(one)
    return {currency: minor for currency, minor in total.items() if minor}


def limits_of(value: Mapping[str, Any]) -> Amounts:
    """The policy `fraud.second_above` by currency. Raises Refused for what is no amount."""
    found = value["value"]
    texts = found if isinstance(found, list) else [found]
    amounts = [money.parse(str(text)) for text in texts[:AMOUNTS_MAX]]
    return {one.currency: one.minor for one in amounts}


def worst_of(terms: Mapping[str, Any], counts: Mapping[int, int]) -> Amounts:
    """The most that invites of one programme can cost; `counts` is how many there are by referrer."""
    cap = terms.get("cap")
    most = cap if isinstance(cap, int) and not isinstance(cap, bool) else None
    rewarded = Counter(count if most is None else min(count, most) for count in counts.values())
    total: Counter[str] = Counter()
    for each, times in rewarded.items():
        for currency, minor in _of_one(terms, each).items():
            total[currency] += minor * times
    return dict(total)


def _of_one(terms: Mapping[str, Any], rewarded: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for key, slot in (("reward.each", "each"), ("invitee.each", "invitee")):
        cost = _cost(terms, key, slot)
        if cost is not None:
            found[cost.currency] += cost.minor * rewarded
    rungs: list[Money] = []
    for key in terms:
        rung = _RUNG.fullmatch(key)
        if rung is not None and int(rung[1]) <= rewarded:
            cost = _cost(terms, key, rung[1])
            rungs += [] if cost is None else [cost]
    best: Counter[str] = Counter()
    for cost in rungs:
        best[cost.currency] = (
            max(best[cost.currency], cost.minor)
            if terms.get("mode") == UPGRADE
            else best[cost.currency] + cost.minor
        )
    found.update(best)
    return found


def _cost(terms: Mapping[str, Any], key: str, slot: str) -> Money | None:
    """What one reward costs us: as the terms say, else its own amount of money; None where it is none."""
    for text in (terms.get(f"cost.{slot}"), str(terms.get(key) or "").partition(" ")[2]):
        if not text or key not in terms:
            continue
        try:
            return money.parse(str(text))
        except Refused:
            continue
    return None
