"""What the columns of the graph show by themselves: rings, chains, haste, and who invites whom wrongly. Pure.

Each finding names its people, the invites that hang on it and the facts it rests on; what else speaks for or against
them is `signals`' to say. Sources: rules.md, Fraud; mission FRD-03, FRD-04.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from waconsole.clock import HOUR, SECOND
from waconsole.fraud import bursts, chains, whens
from waconsole.fraud.edges import Column, Edges
from waconsole.fraud.model import (
    CHAIN,
    EVIDENCE_MAX,
    EXISTING,
    INVITEE,
    REFERRER,
    RING,
    SELF,
    VELOCITY,
    Counted,
    Evidence,
    Finding,
    Rule,
    Signal,
)
from waconsole.fraud.rules import Rules
from waconsole.query.weigh import Arguments, Measure

INVITED: Final = "invited"
RING_SIZE, SELF_INVITES = Measure("ring_size"), Measure("self_invites")
ORDERED_BEFORE, SHARING = Measure("ordered_before"), Measure("sharing")
# Where a `when` does not say: the fields' own arguments, and the least that makes a chain.
CHAIN_STEP: Final[Arguments] = (HOUR,)
CHAIN_PEOPLE_MIN: Final = 3


def signal(rule: Rule, says: str, evidence: Iterable[Evidence], *, weight: int | None = None) -> Signal:
    """A signal of a rule with the first of its evidence, in event time."""
    rows = sorted(evidence, key=lambda one: (one.at, one.kind, one.id))[:EVIDENCE_MAX]
    return Signal(rule.name, rule.version, rule.weight if weight is None else weight, says, tuple(rows))


def invites(edges: Edges, places: Iterable[int]) -> list[Evidence]:
    """The attempts at these places as evidence."""
    return [Evidence("invite", int(edges.ids[at]), int(edges.invited[at]) * SECOND, INVITED) for at in places]


def finding(
    kind: str,
    edges: Edges,
    places: Column,
    members: list[tuple[int, str]],
    *,
    anchor: Iterable[int],
    more: Iterable[tuple[str, int]] = (),
    at: int = 0,
) -> Finding:
    """A finding of a kind: the attempts at these places, the people, whom it is named after, what else it rests on."""
    ids = tuple(edges.ids[places].tolist())
    facts = frozenset([("invite", one) for one in ids] + list(more))
    last = max(int(edges.invited[places].max()), at) * SECOND
    return Finding(kind, tuple(anchor), members, ids, facts, last)


def needed(rules: Rules, kind: str, field: str, otherwise: int) -> tuple[Arguments, int]:
    """With what arguments a kind's `when` asks for a field, and the least without which it cannot hold.

    Nothing that is below needs to be looked at any further. `otherwise` is the least where it does not say.
    """
    return next(iter(rules.when(rules.signal(kind)).least(field).items()), ((), otherwise))


def rings(edges: Edges, parts: list[list[int]], rules: Rules) -> list[Finding]:
    """Every ring with the attempts inside it."""
    rule = rules.signal(RING)
    _, least = needed(rules, RING, "ring_size", 0)
    parts = [part for part in parts if len(part) >= least]
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
        one = finding(RING, edges, places, [(who, "") for who in _drawn(edges, places)], anchor=part)
        one.signals.append(signal(rule, f"ring of {len(part)}", invites(edges, places)))
        one.given = {RING_SIZE: Counted(len(part), 1, one.tells)}
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
    span, people = _chain(rules)
    return chains.chains(
        edges.referrers,
        edges.invitees,
        edges.invited,
        people=max(people, CHAIN_PEOPLE_MIN),
        seconds=int(span[0] // SECOND),
        rings=parts,
    )


def _chain(rules: Rules) -> tuple[Arguments, int]:
    span, people = needed(rules, CHAIN, "chain_length", CHAIN_PEOPLE_MIN)
    return span or CHAIN_STEP, people


def chained(
    edges: Edges, paths: list[Column], rules: Rules, shared: Mapping[int, frozenset[str]]
) -> list[Finding]:
    """The chains in which enough people share an attribute; `shared` says what each person bears."""
    rule, length = rules.signal(CHAIN), Measure("chain_length", _chain(rules)[0])
    _, least = needed(rules, CHAIN, "sharing", 0)
    found = []
    for path in paths:
        people = [int(edges.referrers[path[0]]), *edges.invitees[path].tolist()]
        bearers: dict[str, set[int]] = {}
        for who in people:
            for word in shared.get(who, ()):
                bearers.setdefault(word, set()).add(who)
        sharing = max((len(one) for one in bearers.values()), default=0)
        if sharing < least:
            continue
        one = finding(CHAIN, edges, path, [(who, "") for who in people], anchor=people)
        one.signals.append(signal(rule, f"chain of {len(people)}", invites(edges, path)))
        one.given = {length: Counted(len(people), 1, one.tells), SHARING: Counted(sharing)}
        found.append(one)
    return found


def hasty(edges: Edges, rules: Rules) -> list[Finding]:
    """Who made too many attempts in too short a span; they are frozen where the rule says so."""
    rule = rules.signal(VELOCITY)
    attempts, seconds = rules.haste_asked(VELOCITY)
    asks = whens.text_of(VELOCITY, rule.fields)
    haste = rules.haste if whens.VELOCITY_ATTEMPTS in asks else rule
    spans = bursts.hasty(edges.referrers, edges.invited, attempts=attempts, seconds=seconds)
    found = []
    for who, places in sorted(spans.items()):
        at = edges.invited[places]
        most, first = bursts.most_within(at, seconds)
        one = finding(VELOCITY, edges, places, [(who, REFERRER)], anchor=[who])
        says = f"{most} attempts within {int(at[first + most - 1] - at[first])} s"
        one.signals.append(signal(haste, says, invites(edges, places), weight=rule.weight))
        one.freezes = (who,) if rule.fields.get("freezes", False) else ()
        last = attempts - 1
        crossed = np.flatnonzero(at[last:] - at[: len(at) - last] < seconds)[0] + last
        one.freezes_at = int(at[crossed]) * SECOND
        found.append(one)
    return found


def selves(edges: Edges, rules: Rules) -> list[Finding]:
    """Who invited themselves."""
    places = np.flatnonzero(edges.referrers == edges.invitees)
    found = []
    for who, own in grouped(edges.referrers[places], places):
        one = finding(SELF, edges, own, [(who, REFERRER)], anchor=[who])
        one.signals.append(signal(rules.signal(SELF), "invited themselves", invites(edges, own)))
        one.given = {SELF_INVITES: Counted(len(own), 1, one.tells)}
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
    for key, own in grouped(keys, places):
        who, whom = divmod(key, width)
        one = finding(EXISTING, edges, own, [(who, REFERRER), (whom, INVITEE)], anchor=[who, whom])
        one.signals.append(signal(rules.signal(EXISTING), "ordered before the invite", invites(edges, own)))
        one.given = {ORDERED_BEFORE: Counted(1, 1, one.tells)}
        found.append(one)
    return found


def grouped(keys: Column, places: Column) -> list[tuple[int, Column]]:
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
