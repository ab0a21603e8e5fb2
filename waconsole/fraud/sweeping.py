"""What the columns of the graph show by themselves: rings, chains, haste, and who invites whom wrongly. Pure.

Each finding names its people, the invites that hang on it and the facts it rests on; what else speaks for or against
them is `signals`' to say. Sources: rules.md, Fraud; mission FRD-03, FRD-04.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from waconsole.clock import SECOND
from waconsole.fraud import bursts, chains
from waconsole.fraud.edges import Column, Edges
from waconsole.fraud.model import (
    CHAIN,
    EVIDENCE_MAX,
    EXISTING,
    INVITEE,
    MULE,
    REFERRER,
    RING,
    SELF,
    VELOCITY,
    Evidence,
    Finding,
    Rule,
    Signal,
)
from waconsole.fraud.rules import Minimums, Rules, is_near
from waconsole.money import Money

INVITED: Final = "invited"


class Returned(NamedTuple):
    """An order that was sent back in full: row id, whose, its total, when it was made (second)."""

    id: int
    member: int
    minor: int
    currency: str
    at: int


def signal(rule: Rule, says: str, evidence: Iterable[Evidence], *, weight: int | None = None) -> Signal:
    """A signal of a rule with the first of its evidence, in event time."""
    rows = sorted(evidence, key=lambda one: (one.at, one.kind, one.id))[:EVIDENCE_MAX]
    return Signal(rule.name, rule.version, rule.weight if weight is None else weight, says, tuple(rows))


def invites(edges: Edges, places: Iterable[int]) -> list[Evidence]:
    """The attempts at these places as evidence."""
    return [Evidence("invite", int(edges.ids[at]), int(edges.invited[at]) * SECOND, INVITED) for at in places]


def _finding(
    kind: str,
    edges: Edges,
    places: Column,
    members: list[tuple[int, str]],
    *,
    anchor: Iterable[int],
    more: Iterable[tuple[str, int]] = (),
    at: int = 0,
) -> Finding:
    ids = tuple(edges.ids[places].tolist())
    facts = frozenset([("invite", one) for one in ids] + list(more))
    last = max(int(edges.invited[places].max()), at) * SECOND
    return Finding(kind, tuple(anchor), members, ids, facts, last)


def rings(edges: Edges, parts: list[list[int]], rules: Rules) -> list[Finding]:
    """Every ring with the attempts inside it."""
    rule = rules.signal(RING)
    parts = [part for part in parts if len(part) >= rule.number("people_min")]
    if not parts:
        return []
    owner = np.full(int(max(edges.referrers.max(), edges.invitees.max())) + 1, -1, np.int64)
    for number, part in enumerate(parts):
        owner[part] = number
    own = owner[edges.referrers]
    inside = np.flatnonzero((own >= 0) & (own == owner[edges.invitees]) & (edges.referrers != edges.invitees))
    inside = inside[np.argsort(own[inside], kind="stable")]
    cuts = np.flatnonzero(np.diff(own[inside])) + 1
    found = []
    for part, places in zip(parts, np.split(inside, cuts), strict=True):
        one = _finding(RING, edges, places, [(who, "") for who in _drawn(edges, places)], anchor=part)
        one.signals.append(signal(rule, f"ring of {len(part)}", invites(edges, places)))
        found.append(one)
    return found


def _drawn(edges: Edges, places: Column) -> list[int]:
    """People in the order in which one brought the other, the first attempt first."""
    onward: dict[int, list[int]] = {}
    for at in places[np.lexsort((places, edges.invited[places]))].tolist():
        onward.setdefault(int(edges.referrers[at]), []).append(int(edges.invitees[at]))
    order: dict[int, None] = {}
    waiting = list(reversed(onward))
    while waiting:
        here = waiting.pop()
        if here not in order:
            order[here] = None
            waiting += reversed(onward.get(here, []))
    return list(order)


def steps(edges: Edges, rules: Rules, parts: list[list[int]]) -> list[Column]:
    """The places of every chain's edges, whether or not anybody in it shares anything; `parts` are the rings."""
    rule = rules.signal(CHAIN)
    return chains.chains(
        edges.referrers,
        edges.invitees,
        edges.invited,
        people=rule.number("people_min"),
        seconds=rule.number("step_seconds"),
        rings=parts,
    )


def chained(
    edges: Edges, paths: list[Column], rules: Rules, shared: Mapping[int, frozenset[str]]
) -> list[Finding]:
    """The chains in which enough people share an attribute; `shared` says what each person bears."""
    rule = rules.signal(CHAIN)
    found = []
    for path in paths:
        people = [int(edges.referrers[path[0]]), *edges.invitees[path].tolist()]
        bearers: dict[str, set[int]] = {}
        for who in people:
            for word in shared.get(who, ()):
                bearers.setdefault(word, set()).add(who)
        if max((len(one) for one in bearers.values()), default=0) < rule.number("sharing_min"):
            continue
        one = _finding(CHAIN, edges, path, [(who, "") for who in people], anchor=people)
        one.signals.append(signal(rule, f"chain of {len(people)}", invites(edges, path)))
        found.append(one)
    return found


def hasty(edges: Edges, rules: Rules) -> list[Finding]:
    """Who made too many attempts in too short a span; they are frozen where the rule says so."""
    rule, haste = rules.signal(VELOCITY), rules.haste
    spans = bursts.hasty(edges.referrers, edges.invited, attempts=rules.attempts, seconds=rules.seconds)
    found = []
    for who, places in sorted(spans.items()):
        at = edges.invited[places]
        most, first = bursts.most_within(at, rules.seconds)
        one = _finding(VELOCITY, edges, places, [(who, REFERRER)], anchor=[who])
        says = f"{most} attempts within {int(at[first + most - 1] - at[first])} s"
        one.signals.append(signal(haste, says, invites(edges, places), weight=rule.weight))
        one.freezes = (who,) if rule.fields.get("freezes", False) else ()
        last = rules.attempts - 1
        crossed = np.flatnonzero(at[last:] - at[: len(at) - last] < rules.seconds)[0] + last
        one.freezes_at = int(at[crossed]) * SECOND
        found.append(one)
    return found


def selves(edges: Edges, rules: Rules) -> list[Finding]:
    """Who invited themselves."""
    places = np.flatnonzero(edges.referrers == edges.invitees)
    found = []
    for who, own in _by(edges.referrers[places], places):
        one = _finding(SELF, edges, own, [(who, REFERRER)], anchor=[who])
        one.signals.append(signal(rules.signal(SELF), "invited themselves", invites(edges, own)))
        found.append(one)
    return found


def existing(edges: Edges, first_orders: Column, rules: Rules) -> list[Finding]:
    """Invitees who had ordered before this referrer first invited them. `first_orders` are seconds; 0: never."""
    first = first_orders[edges.invitees]
    places = np.flatnonzero((first > 0) & (first < edges.invited) & (edges.referrers != edges.invitees))
    if not len(places):
        return []
    width = len(first_orders)
    keys = edges.referrers[places] * width + edges.invitees[places]
    among = np.zeros(width, bool)
    among[edges.invitees[places]] = True
    rivals = np.flatnonzero(among[edges.invitees])
    known = edges.referrers[rivals] * width + edges.invitees[rivals]
    too_early = np.unique(known[edges.invited[rivals] <= first[rivals]])
    places = places[~np.isin(keys, too_early)]
    keys = edges.referrers[places] * width + edges.invitees[places]
    found = []
    for key, own in _by(keys, places):
        who, whom = divmod(key, width)
        one = _finding(EXISTING, edges, own, [(who, REFERRER), (whom, INVITEE)], anchor=[who, whom])
        one.signals.append(signal(rules.signal(EXISTING), "ordered before the invite", invites(edges, own)))
        found.append(one)
    return found


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
    near = _near(edges, places, single, minimums, percent=rule.number("near_percent"))
    found = []
    for who, own in _by(edges.referrers[near], near):
        people = list(dict.fromkeys(edges.invitees[own].tolist()))
        if len(people) < rule.number("people_min"):
            continue
        everybody = edges.invitees[(edges.referrers == who) & (edges.invitees != who)]
        count = len(np.unique(everybody))
        if len(people) * 100 < count * rule.number("share_percent"):
            continue
        back = [single[one] for one in people]
        more = [("order", one.id) for one in back]
        members = [(who, REFERRER), *((one, INVITEE) for one in people)]
        one = _finding(MULE, edges, own, members, anchor=[who], more=more, at=max(order.at for order in back))
        says = f"{len(people)} of {count} invitees ordered once, at the minimum, and sent all of it back"
        one.signals.append(signal(rule, says, [ordered(order) for order in back]))
        found.append(one)
    return found


def ordered(order: Returned) -> Evidence:
    """An order that was sent back as evidence."""
    return Evidence(
        "order", order.id, order.at * SECOND, f"{Money(order.minor, order.currency)}, all of it sent back"
    )


def _near(
    edges: Edges, places: Column, single: Mapping[int, Returned], minimums: Minimums, *, percent: int
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


def _by(keys: Column, places: Column) -> list[tuple[int, Column]]:
    """The places by their key, each group in order."""
    if not len(places):
        return []
    order = np.argsort(keys, kind="stable")
    keys, places = keys[order], places[order]
    cuts = np.flatnonzero(np.diff(keys)) + 1
    return [
        (int(keys[first]), part)
        for first, part in zip([0, *cuts.tolist()], np.split(places, cuts), strict=True)
    ]
