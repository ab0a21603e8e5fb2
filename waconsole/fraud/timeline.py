"""Going to and fro in what happened to an item's people, by when it happened: what is in sight, and how far it had come. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from waconsole.fraud.stakes import Amounts

INVITED, JOINED, ORDERED, REFUNDED = "invited", "joined", "ordered", "refunded"
COUNTED: Final = (INVITED, JOINED, ORDERED, REFUNDED)


class Reached(NamedTuple):
    """How far things had come at an event: how often each kind had happened, and what was ordered and refunded."""

    counts: Mapping[str, int]
    ordered: Amounts
    refunded: Amounts


def place(at: int | None, count: int) -> int:
    """Where one stands among `count` events: at the last one until one goes elsewhere."""
    return count - 1 if at is None else max(0, min(at, count - 1))


def window(at: int, count: int, shown: int) -> range:
    """The places in sight around `at`, at most `shown` of them."""
    first = max(0, min(at - shown // 2, count - shown))
    return range(first, min(first + shown, count))


def reached(events: Sequence[Mapping[str, Any]], at: int) -> Reached:
    """What had happened up to and with the event at `at`. An event is one of `fraud show`: kind, amount or None."""
    counts: Counter[str] = Counter()
    sums: dict[str, Amounts] = {ORDERED: {}, REFUNDED: {}}
    for one in events[: at + 1]:
        counts[one["kind"]] += 1
        amount, into = one["amount"], sums.get(one["kind"])
        if amount is not None and into is not None:
            into[amount["currency"]] = into.get(amount["currency"], 0) + amount["minor"]
    return Reached({kind: counts[kind] for kind in COUNTED}, sums[ORDERED], sums[REFUNDED])
