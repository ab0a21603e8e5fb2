"""The rules of suspicion as they were before they had a `when`: thresholds in code. The other side of a differential test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from waconsole.clock import SECOND
from waconsole.fraud import bursts
from waconsole.fraud.model import Evidence, Rule, Signal
from waconsole.fraud.people import ADDRESS, DEVICE, PAYMENT, Case, Order, alike
from waconsole.fraud.rules import Minimums, Rules, is_near
from waconsole.fraud.sweeping import invites, signal
from waconsole.money import Money

DAY_SECONDS: Final = 86_400
Measured = tuple[str, list[Evidence]] | None


def signals(case: Case, rules: Rules, minimums: Minimums) -> list[Signal]:
    """Everything that speaks for it."""
    found = [_shared(case, rules.signal(f"shared_{what}"), what) for what in (DEVICE, PAYMENT, ADDRESS)]
    for name, measure in _FIELDS.items():
        found.append(_said(rules.signal(name), measure(case, rules.signal(name))))
    found.append(_said(rules.signal("near_minimum"), _near(case, rules.signal("near_minimum"), minimums)))
    return [one for one in found if one is not None]


def counters(case: Case, rules: Rules) -> list[Signal]:
    """Everything that speaks against it: households, offices, old customers, clean orders, time between."""
    found = [
        _said(rules.counter(name), measure(case, rules.counter(name))) for name, measure in _COUNTERS.items()
    ]
    return [one for one in found if one is not None]


def _said(rule: Rule, measured: Measured) -> Signal | None:
    return signal(rule, *measured) if measured and measured[1] else None


def _enough(rule: Rule, count: int, of: int) -> bool:
    return count >= rule.number("people_min") and count * 100 >= of * rule.number("share_percent")


def _members(people: Iterable[int], says: str) -> list[Evidence]:
    return [Evidence("member", who, 0, says) for who in people]


def _order(order: Order) -> Evidence:
    back = f", {Money(order.returned, order.currency)} of it sent back" if order.returned else ""
    return Evidence(
        "order", order.id, order.at * SECOND, f"ordered {Money(order.minor, order.currency)}{back}"
    )


def _shared(case: Case, rule: Rule, what: str) -> Signal | None:
    people = sorted({who for bearers in case.bearers(what) for who in bearers})
    if not _enough(rule, len(people), len(case.people)):
        return None
    return _said(rule, (f"{len(people)} share an {what}" if what == ADDRESS else f"{len(people)} share a {what}",
                        _members(people, f"the same {what}")))  # fmt: skip


def _burst(case: Case, rule: Rule) -> Measured:
    best: Measured = None
    most = rule.number("attempts_min") - 1
    for who in case.referrers:
        places = case.places[case.edges.referrers[case.places] == who]
        places = places[np.argsort(case.edges.invited[places], kind="stable")]
        count, first = bursts.most_within(case.edges.invited[places], rule.number("span_seconds"))
        if count > most:
            most, span = count, rule.number("span_seconds") // 60
            best = (f"{count} attempts within {span} min", invites(case.edges, places[first : first + count]))
    return best


def _first_arrivals(case: Case) -> dict[int, int]:
    found: dict[int, int] = {}
    edges, places = case.edges, case.places
    for who, row in zip(edges.invitees[places].tolist(), edges.ids[places].tolist(), strict=True):
        if at := case.arrived.get(row, 0):
            found[who] = min(found.get(who, at), at)
    return found


def _fast(case: Case, rule: Rule) -> Measured:
    came = _first_arrivals(case)
    orders = []
    for who, at in came.items():
        order = next((one for one in case.of(who).orders if one.at >= at), None)
        if order is not None and order.at - at < rule.number("seconds"):
            orders.append(order)
    if not _enough(rule, len(orders), len(case.invitees)):
        return None
    return f"{len(orders)} ordered within {rule.number('seconds') // 60} min", [_order(one) for one in orders]


def _silent(case: Case, rule: Rule) -> Measured:
    if not case.has_threads:
        return None
    days = rule.number("days") * DAY_SECONDS
    silent = [
        who
        for who, at in _first_arrivals(case).items()
        if not case.of(who).wrote_at and case.now - at >= days
    ]
    if not _enough(rule, len(silent), len(case.invitees)):
        return None
    return f"{len(silent)} of {len(case.invitees)} invitees never wrote", _members(silent, "never wrote")


def _same_words(case: Case, rule: Rule) -> Measured:
    texts = {who: alike(case.of(who).words) for who in case.invitees}
    common = Counter(text for text in texts.values() if text).most_common(1)
    if not common or not _enough(rule, common[0][1], len(case.invitees)):
        return None
    rows = [
        Evidence("message", case.of(who).message, case.of(who).wrote_at * SECOND, "the same first words")
        for who, text in texts.items()
        if text == common[0][0]
    ]
    return f"{len(rows)} began with the same words", rows


def _woken(case: Case, rule: Rule) -> Measured:
    quiet = rule.number("days") * DAY_SECONDS
    woke = sorted(
        (one.wrote_at, who)
        for who in case.invitees
        if (one := case.of(who)).wrote_at and one.quiet_since and one.wrote_at - one.quiet_since >= quiet
    )
    count, first = bursts.most_within(np.array([at for at, _ in woke], np.int64), rule.number("span_seconds"))
    if not _enough(rule, count, len(case.invitees)):
        return None
    rows = [
        Evidence("message", case.of(who).message, at * SECOND, "wrote again")
        for at, who in woke[first : first + count]
    ]
    return f"{count} who were silent for long wrote again together", rows


def _refunded(case: Case, rule: Rule) -> Measured:
    back = {who: [one for one in case.of(who).orders if one.is_returned] for who in case.invitees}
    people = [who for who, orders in back.items() if orders]
    if not _enough(rule, len(people), len(case.invitees)):
        return None
    rows = [_order(one) for who in people for one in back[who]]
    return f"{len(people)} of {len(case.invitees)} invitees sent all of an order back", rows


def _near(case: Case, rule: Rule, minimums: Minimums) -> Measured:
    programmes = np.unique(case.edges.programmes[case.places]).tolist()
    rows = []
    for who in case.invitees:
        orders = case.of(who).orders
        if len(orders) == 1 and any(
            is_near(
                orders[0].minor,
                orders[0].currency,
                minimums.at(programme, orders[0].at),
                percent=rule.number("near_percent"),
            )
            for programme in programmes
        ):
            rows.append(_order(orders[0]))
    if not _enough(rule, len(rows), len(case.invitees)):
        return None
    return f"{len(rows)} of {len(case.invitees)} invitees ordered once, just at the minimum", rows


_FIELDS: Final[dict[str, Callable[[Case, Rule], Measured]]] = {
    "burst": _burst,
    "fast_orders": _fast,
    "silent": _silent,
    "same_words": _same_words,
    "woken": _woken,
    "refunded": _refunded,
}


def _household(case: Case, rule: Rule) -> Measured:
    """One address, few people, and days between their orders."""
    if len(case.people) > rule.number("people_max"):
        return None
    for people in case.bearers(ADDRESS):
        days = {one.at // DAY_SECONDS for who in people for one in case.of(who).orders}
        ordering = [who for who in people if case.of(who).orders]
        if len(people) == len(case.people) and len(ordering) > 1 and len(days) > rule.number("days_min"):
            return f"{len(people)} of one address who order apart", _members(people, "the same address")
    return None


def _office(case: Case, rule: Rule) -> Measured:
    """One address, many people, each with their own handle and device."""
    alike_by = {who for what in (PAYMENT, DEVICE) for people in case.bearers(what) for who in people}
    for people in case.bearers(ADDRESS):
        own = [who for who in people if who not in alike_by]
        if _enough(rule, len(own), len(case.people)) and len(people) <= rule.number("people_max"):
            return f"{len(own)} of one address with handles and devices of their own", _members(
                own, "own device"
            )
    return None


def _old(case: Case, rule: Rule) -> Measured:
    days = rule.number("days") * DAY_SECONDS
    firsts = [one.orders[0] for who in case.people if (one := case.of(who)).orders]
    rows = [_order(one) for one in firsts if case.now - one.at >= days and not one.is_returned]
    if len(rows) < rule.number("people_min"):
        return None
    return f"{len(rows)} have bought here for more than {rule.number('days')} days", rows


def _clean(case: Case, rule: Rule) -> Measured:
    buyers = [who for who in case.people if case.of(who).orders]
    clean = [who for who in buyers if not any(one.returned for one in case.of(who).orders)]
    if len(buyers) != len(clean) or not _enough(rule, len(clean), len(case.people)):
        return None
    return f"{len(clean)} ordered and sent nothing back", [_order(case.of(who).orders[0]) for who in clean]


def _spread(case: Case, rule: Rule) -> Measured:
    at = np.sort(case.edges.invited[case.places])
    if len(at) < rule.number("invites_min"):
        return None
    days = int(at[-1] - at[0]) // DAY_SECONDS
    middle = int(at[3 * len(at) // 4] - at[len(at) // 4]) // DAY_SECONDS
    if middle < rule.number("days"):
        return None
    return f"the invites lie over {days} days", invites(case.edges, case.places)


_COUNTERS: Final[dict[str, Callable[[Case, Rule], Measured]]] = {
    "household": _household,
    "office": _office,
    "old_customers": _old,
    "clean_orders": _clean,
    "spread_times": _spread,
}


def makes_item(case: Case, speaks: list[Signal], against: list[Signal], rule: Rule) -> bool:
    """Whether signals without a name make an item together."""
    weight = sum(one.weight for one in speaks) + sum(one.weight for one in against)
    return (
        weight >= rule.weight
        and len(speaks) >= rule.number("signals_min")
        and len(case.invitees) >= rule.number("people_min")
    )
