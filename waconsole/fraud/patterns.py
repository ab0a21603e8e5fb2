"""Whom it is worth looking at more closely though nothing has a name yet: haste that stays below the limit, and
referrers whose invitees send back what they bought at the minimum. Pure.

Referrers of the second sort are looked at together where they or those invitees share a payment handle or a device.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from waconsole.fraud import bursts, clusters
from waconsole.fraud.edges import Column, Edges
from waconsole.fraud.fields_case import SIGNALS, WEIGHT
from waconsole.fraud.measuring import Measures
from waconsole.fraud.model import INVITEE, PATTERN, REFERRER, Counted, Finding, Signal
from waconsole.fraud.mules import Returned
from waconsole.fraud.people import ADDRESS
from waconsole.fraud.rules import Minimums, Rules, is_near
from waconsole.fraud.whens import BURST, NEAR_MINIMUM
from waconsole.query.weigh import Exact, Measure

CASES_MAX: Final = 5_000
PEOPLE_MAX: Final = 2_000  # of one case
NEAR: Final[Exact] = 5  # percent from the minimum, where no rule says how near


def hurried(edges: Edges, rules: Rules, *, without: Iterable[int]) -> list[Column]:
    """The attempts of everybody whose haste is worth a look, without whom it is known of already."""
    known = set(without)
    attempts, seconds = rules.haste_asked(BURST)
    spans = bursts.hasty(edges.referrers, edges.invited, attempts=attempts, seconds=seconds)
    return [places for who, places in sorted(spans.items()) if who not in known][:CASES_MAX]


def returning(
    edges: Edges, orders: Column, returned: Sequence[Returned], minimums: Minimums, rules: Rules
) -> Column:
    """The attempts at invitees who ordered once, at about the minimum, and sent all of it back."""
    asked = rules.when(rules.signal(NEAR_MINIMUM)).measures
    percent = next((one.arguments[0] for one in asked if one.field.startswith(NEAR_MINIMUM)), NEAR)
    single = {one.member: one for one in returned if one.member < len(orders) and orders[one.member] == 1}
    is_single = np.zeros(len(orders), bool)
    is_single[list(single)] = True
    places = np.flatnonzero(is_single[edges.invitees] & (edges.referrers != edges.invitees))
    kept = [
        place
        for place in places.tolist()
        if is_near(
            (order := single[int(edges.invitees[place])]).minor,
            order.currency,
            minimums.at(int(edges.programmes[place]), order.at),
            percent=percent,
        )
    ]
    return np.array(kept, np.int64)


def pooled(
    edges: Edges, places: Column, shared: Mapping[int, frozenset[str]], *, without: Iterable[int]
) -> list[Column]:
    """All attempts of the referrers of `places`, together where they or those invitees share a handle or a device."""
    known = set(without)
    keys: dict[str, int] = {}
    bearers: list[tuple[int, int]] = []
    for who, whom in zip(edges.referrers[places].tolist(), edges.invitees[places].tolist(), strict=True):
        if who in known:
            continue
        bearers.append((who, keys.setdefault(f"own={who}", len(keys) + 1)))
        for word in (*shared.get(who, ()), *shared.get(whom, ())):
            if not word.startswith(ADDRESS):
                bearers.append((who, keys.setdefault(word, len(keys) + 1)))
    if not bearers:
        return []
    pairs = np.array(bearers, np.int64)
    count = int(pairs[:, 0].max()) + 1
    ones, others = clusters.stars(pairs[:, 0], pairs[:, 1])
    first_of = clusters.smallest_in_reach(ones, others, count)
    pool_of = np.full(max(count, int(edges.referrers.max()) + 1), -1, np.int64)
    referrers = np.unique(pairs[:, 0])
    pool_of[referrers] = first_of[referrers]
    mine = np.flatnonzero((pool_of[edges.referrers] >= 0) & (edges.referrers != edges.invitees))
    pools = pool_of[edges.referrers[mine]]
    order = np.argsort(pools, kind="stable")
    mine, pools = mine[order], pools[order]
    return np.split(mine, np.flatnonzero(np.diff(pools)) + 1)[:CASES_MAX]


def judged(measures: Measures, speaks: list[Signal], against: list[Signal], rules: Rules) -> Finding | None:
    """An item where what speaks for it weighs enough, less what speaks against it; None otherwise."""
    weight = sum(one.weight for one in speaks) + sum(one.weight for one in against)
    measures.give({Measure(WEIGHT): Counted(weight), Measure(SIGNALS): Counted(len(speaks))})
    if not rules.when(rules.signal(PATTERN)).holds(measures):
        return None
    case = measures.case
    ids = tuple(case.edges.ids[case.places].tolist())
    members = [(who, REFERRER) for who in case.referrers]
    members += [(who, INVITEE) for who in case.invitees if who not in case.referrers]
    facts = {("invite", one) for one in ids}
    facts |= {(row.kind, row.id) for one in speaks for row in one.evidence if row.kind == "order"}
    last = max(int(case.edges.invited[case.places].max()) * 1_000_000, *_times(speaks))
    return Finding(PATTERN, case.referrers, members, ids, frozenset(facts), last, signals=[*speaks, *against])


def _times(speaks: Iterable[Signal]) -> list[int]:
    return [row.at for one in speaks for row in one.evidence] or [0]
