"""People who may be in something together: what is known of them is read once for all, then weighed for and against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.fraud import patterns, signals, store_people, sweeping
from waconsole.fraud.edges import Column, Edges
from waconsole.fraud.model import EXISTING, INVITEE, MULE, VELOCITY, Evidence, Finding, Signal
from waconsole.fraud.people import Case
from waconsole.fraud.rules import Minimums, Rules
from waconsole.fraud.sweeping import Returned

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
        )
        for places, people in groups
    ]


def _everybody(edges: Edges, places: Column) -> list[int]:
    return list(dict.fromkeys([*edges.referrers[places].tolist(), *edges.invitees[places].tolist()]))


def weigh(tx: Transaction, look: Look, found: Sequence[Finding]) -> None:
    """Add to named items what else speaks for and against them."""
    order = np.argsort(look.edges.ids, kind="stable")
    ids = look.edges.ids[order]
    groups: list[tuple[Column, Sequence[int]]] = []
    for one in found:
        places = order[np.searchsorted(ids, np.array(one.invites, np.int64))]
        groups.append((places, list(dict.fromkeys([*one.people, *_everybody(look.edges, places)]))))
    for one, case in zip(found, _cases(tx, look, groups), strict=True):
        more = [*_speaks(tx, case, look), *signals.counters(case, look.rules)]
        one.signals += [each for each in more if each.rule not in SAID_BY.get(one.kind, ())]


def judged(tx: Transaction, look: Look, groups: Sequence[Column]) -> list[Finding]:
    """Items that signals without a name make together."""
    cases = _cases(tx, look, [(places, _everybody(look.edges, places)) for places in groups])
    found = (
        patterns.judged(case, _speaks(tx, case, look), signals.counters(case, look.rules), look.rules)
        for case in cases
    )
    return [one for one in found if one is not None]


def _speaks(tx: Transaction, case: Case, look: Look) -> list[Signal]:
    """All that speaks for it, the referrers' codes in threads of groups among it."""
    found = signals.signals(case, look.rules, look.minimums)
    if not case.has_threads:
        return found
    rows = [
        Evidence("message", row, at, "a code in a group")
        for who in case.referrers
        for row, at in store_people.shown_codes(tx, who, now=look.now)
    ]
    says = f"{len(rows)} messages in groups show a code"
    return [*found, sweeping.signal(look.rules.signal("public_code"), says, rows)] if rows else found


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
