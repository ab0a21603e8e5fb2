"""Mules: referrers most of whose invitees ordered once, at the minimum, and sent it all back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from waconsole.clock import SECOND
from waconsole.fraud.edges import Column, Edges
from waconsole.fraud.model import INVITEE, MULE, REFERRER, Counted, Evidence, Finding
from waconsole.fraud.rules import Minimums, Rules, is_near
from waconsole.fraud.sweeping import finding, grouped, needed, signal
from waconsole.money import Money
from waconsole.query.weigh import Arguments, Exact, Measure

NEAR: Final[Arguments] = (1,)  # percent from the minimum, where the `when` does not say how near


class Returned(NamedTuple):
    """An order that was sent back in full: row id, whose, its total, when it was made (second)."""

    id: int
    member: int
    minor: int
    currency: str
    at: int


def mules(
    edges: Edges, orders: Column, returned: list[Returned], minimums: Minimums, rules: Rules
) -> list[Finding]:
    """Referrers most of whose invitees ordered once, at the minimum, and sent it all back. `orders` counts each person's."""
    rule = rules.signal(MULE)
    single = {one.member: one for one in returned if one.member < len(orders) and orders[one.member] == 1}
    if not single:
        return []
    is_single = np.zeros(len(orders), bool)
    is_single[list(single)] = True
    places = np.flatnonzero(is_single[edges.invitees] & (edges.referrers != edges.invitees))
    share, least = needed(rules, MULE, "mules", 1)
    near_to = share or NEAR
    near = _near(edges, places, single, minimums, percent=near_to[0])
    found = []
    for who, own in grouped(edges.referrers[near], near):
        people = list(dict.fromkeys(edges.invitees[own].tolist()))
        if len(people) < least:
            continue
        everybody = edges.invitees[(edges.referrers == who) & (edges.invitees != who)]
        count = len(np.unique(everybody))
        back = [single[one] for one in people]
        more = [("order", one.id) for one in back]
        members = [(who, REFERRER), *((one, INVITEE) for one in people)]
        one = finding(MULE, edges, own, members, anchor=[who], more=more, at=max(order.at for order in back))
        says = f"{len(people)} of {count} invitees ordered once, at the minimum, and sent all of it back"
        one.signals.append(signal(rule, says, [ordered(order) for order in back]))
        one.given = {Measure("mules", near_to): Counted(len(people), count, one.tells)}
        found.append(one)
    return found


def ordered(order: Returned) -> Evidence:
    """An order that was sent back as evidence."""
    return Evidence(
        "order", order.id, order.at * SECOND, f"{Money(order.minor, order.currency)}, all of it sent back"
    )


def _near(
    edges: Edges, places: Column, single: Mapping[int, Returned], minimums: Minimums, *, percent: Exact
) -> Column:
    kept = [
        place
        for place, whom, programme in zip(
            places.tolist(), edges.invitees[places].tolist(), edges.programmes[places].tolist(), strict=True
        )
        if is_near(
            single[whom].minor,
            single[whom].currency,
            minimums.at(programme, single[whom].at),
            percent=percent,
        )
    ]
    return np.array(kept, np.int64)
