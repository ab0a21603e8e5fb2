"""People who may be in something together: what is known of them is read once for all, then weighed for and against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.fraud import patterns, store_people
from waconsole.fraud.edges import Column, Edges
from waconsole.fraud.measuring import Measures, speaks_against, speaks_for
from waconsole.fraud.model import EXISTING, INVITEE, MULE, VELOCITY, Evidence, Finding
from waconsole.fraud.mules import Returned
from waconsole.fraud.people import Case
from waconsole.fraud.rules import Minimums, Rules

# What a kind says by itself is not said again.
SAID_BY: Final = {
    VELOCITY: ("fraud.signal.burst",),
    MULE: ("fraud.signal.near_minimum", "fraud.signal.refunded"),
}


class Look(NamedTuple):
    """One snapshot in columns, with the rules that hold for it."""

    edges: Edges
    first_orders: Column
    orders: Column
    returned: list[Returned]
    rules: Rules
    minimums: Minimums
    now: int
    ring_of: Mapping[int, Sequence[int]] = MappingProxyType({})


def _cases(tx: Transaction, look: Look, groups: Sequence[tuple[Column, Sequence[int]]]) -> list[Case]:
    """A case for each group of attempts and its people; what is known of people is read once for all."""
    edges = look.edges
    since = dict.fromkeys((who for _, people in groups for who in people), 0)
    for places, _ in groups:
        for who, at in zip(edges.invitees[places].tolist(), edges.invited[places].tolist(), strict=True):
            since[who] = min(since.get(who) or at, at)
    has_threads = bool(groups) and store_people.has_threads(tx)
    profiles = store_people.profiles(tx, since, has_threads=has_threads, now=look.now) if since else {}
    rows = np.concatenate([places for places, _ in groups]) if groups else np.empty(0, np.int64)
    arrived = store_people.arrivals(tx, edges.ids[rows].tolist())
    return [
        Case(
            edges,
            places,
            tuple(dict.fromkeys(edges.referrers[places].tolist())),
            tuple(dict.fromkeys(edges.invitees[places].tolist())),
            tuple(people),
            profiles,
            arrived,
            look.now // SECOND,
            has_threads,
            look.minimums,
            look.ring_of,
            partial(store_people.shown_codes, tx, now=look.now),
        )
        for places, people in groups
    ]


def _everybody(edges: Edges, places: Column) -> list[int]:
    return list(dict.fromkeys([*edges.referrers[places].tolist(), *edges.invitees[places].tolist()]))


def _cases_of(tx: Transaction, look: Look, found: Sequence[Finding]) -> list[Measures]:
    """The case of each finding, with what was counted of it on the way."""
    order = np.argsort(look.edges.ids, kind="stable")
    ids = look.edges.ids[order]
    groups: list[tuple[Column, Sequence[int]]] = []
    for one in found:
        places = order[np.searchsorted(ids, np.array(one.invites, np.int64))]
        groups.append((places, list(dict.fromkeys([*one.people, *_everybody(look.edges, places)]))))
    cases = _cases(tx, look, groups)
    return [Measures(case, one.given) for one, case in zip(found, cases, strict=True)]


def weigh(tx: Transaction, look: Look, found: Sequence[Finding]) -> list[Finding]:
    """Those whose rule speaks, with what else speaks for and against them."""
    kept = []
    for one, measures in zip(found, _cases_of(tx, look, found), strict=True):
        if look.rules.when(look.rules.signal(one.kind)).holds(measures):
            more = [*speaks_for(measures, look.rules), *speaks_against(measures, look.rules)]
            one.signals += [each for each in more if each.rule not in SAID_BY.get(one.kind, ())]
            kept.append(one)
    return kept


def plain(tx: Transaction, look: Look, found: Sequence[Finding]) -> list[Finding]:
    """Those whose rule speaks, of kinds beside which nothing is weighed; more is read only where a rule asks for more."""
    kept: list[Finding] = []
    waiting: list[Finding] = []
    whens = {
        kind: look.rules.when(look.rules.signal(kind)) for kind in dict.fromkeys(one.kind for one in found)
    }
    asked = {kind: set(when.measures) for kind, when in whens.items()}
    for one in found:
        if not one.given.keys() >= asked[one.kind]:
            waiting.append(one)
        elif whens[one.kind].holds(one.given.__getitem__):
            kept.append(one)
    for one, measures in zip(waiting, _cases_of(tx, look, waiting) if waiting else [], strict=True):
        if whens[one.kind].holds(measures):
            kept.append(one)
    return kept


def judged(tx: Transaction, look: Look, groups: Sequence[Column]) -> list[Finding]:
    """Items that signals without a name make together."""
    cases = _cases(tx, look, [(places, _everybody(look.edges, places)) for places in groups])
    found = []
    for measures in map(Measures, cases):
        speaks, against = speaks_for(measures, look.rules), speaks_against(measures, look.rules)
        found.append(patterns.judged(measures, speaks, against, look.rules))
    return [one for one in found if one is not None]


def tell_orders(tx: Transaction, found: Sequence[Finding]) -> None:
    """Put the order that was there before beside the invite."""
    invited = {
        whom: one for one in found if one.kind == EXISTING for whom, role in one.members if role == INVITEE
    }
    firsts = store_people.earlier_orders(tx, list(invited)) if invited else {}
    for one in found:
        if one.kind == EXISTING and (order := firsts.get(one.anchor[1])) is not None:
            row = Evidence("order", order.id, order.at * SECOND, "ordered before the invite")
            first = one.signals[0]
            one.signals[0] = first._replace(evidence=(row, *first.evidence))
