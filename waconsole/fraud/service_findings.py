"""From columns to items: run every rule over one snapshot, say what is new about it, and keep it.

Loads numpy: whoever only probes an invite does not come here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from waconsole.clock import DAY, SECOND, iso
from waconsole.database.connection import Transaction
from waconsole.fraud import (
    graph,
    mules,
    patterns,
    store_edges,
    store_findings,
    store_people,
    store_rules,
    sweeping,
)
from waconsole.fraud.edges import Column, Edges
from waconsole.fraud.matching import matched
from waconsole.fraud.model import (
    MULE,
    VELOCITY,
    Evidence,
    Finding,
    review_ref,
    stamp_of,
)
from waconsole.fraud.mules import Returned
from waconsole.fraud.rules import Rules
from waconsole.fraud.service_cases import Look, judged, plain, tell_orders, weigh
from waconsole.fraud.service_standings import Frozen, freeze
from waconsole.fraud.store_findings import Known, Prepared

if TYPE_CHECKING:
    from waconsole.fraud.service_sweep import Watch


_ENCODE: Final = json.JSONEncoder(ensure_ascii=False).encode  # made once: `json.dumps` makes one a call


class Planned(NamedTuple):
    """An item to write, and whom it freezes: (member, rule, version, since when)."""

    item: Prepared
    freezes: tuple[tuple[int, str, int, int], ...]


def plan(tx: Transaction, *, watch: Watch, now: int) -> tuple[list[Planned], list[int]]:
    """Everything that is to be written, and the items that are no longer found."""
    with watch.stage("load"):
        look = _load(tx, now=now)
    found = _found(tx, look, watch) if len(look.edges) else []
    with watch.stage("signals"):
        known = store_findings.known(tx)
        places = matched(found, [(one.kind, one.people) for one in known])
        still = set(places)
        gone = [
            one.id
            for place, one in enumerate(known)
            if place not in still and not one.is_gone and one.state == "open"
        ]
        return list(_changed(tx, found, [None if at is None else known[at] for at in places])), gone


def _load(tx: Transaction, *, now: int) -> Look:
    edges = store_edges.edges(tx, now=now)
    count = int(max(edges.referrers.max(), edges.invitees.max())) + 1 if len(edges) else 0
    first, orders = store_edges.first_orders(tx, count, now=now)
    returned = [Returned(*row) for row in store_edges.sent_back(tx, now=now)] if count else []
    return Look(
        edges, first, orders, returned, store_rules.rules(tx, now=now), store_rules.minimums(tx, now=now), now
    )


def _found(tx: Transaction, look: Look, watch: Watch) -> list[Finding]:
    edges, rules = look.edges, look.rules
    with watch.stage("graph"):
        parts = graph.rings(edges.referrers, edges.invitees)
    with watch.stage("velocity"):
        hasty = sweeping.hasty(edges, rules)
    with watch.stage("clusters"):
        paths = sweeping.steps(edges, rules, parts)
        returned = mules.mules(edges, look.orders, look.returned, look.minimums, rules)
        back = patterns.returning(edges, look.orders, look.returned, look.minimums, rules)
        back, near = _widened(tx, edges, back)
        shared = store_people.borne(tx, near | _people(edges, [*paths, back]))
        chained = sweeping.chained(edges, paths, rules, shared)
    with watch.stage("signals"):
        look = look._replace(ring_of={who: part for part in parts for who in part})
        named = weigh(tx, look, [*sweeping.rings(edges, parts, rules), *chained, *hasty, *returned])
        single = [*sweeping.selves(edges, rules), *sweeping.existing(edges, look.first_orders, rules)]
        single = plain(tx, look, single)
        tell_orders(tx, single)
    busy = {one.anchor[0] for one in named if one.kind in (VELOCITY, MULE)}
    with watch.stage("velocity"):
        hurried = patterns.hurried(
            edges, rules, without={one.anchor[0] for one in named if one.kind == VELOCITY}
        )
    with watch.stage("clusters"):
        pools = [
            places
            for places in patterns.pooled(edges, back, shared, without=busy)
            if len(np.unique(edges.invitees[places])) <= patterns.PEOPLE_MAX
        ]
    with watch.stage("signals"):
        return [*named, *single, *judged(tx, look, [*hurried, *pools])]


def _widened(tx: Transaction, edges: Edges, back: Column) -> tuple[Column, set[int]]:
    """Beside these attempts those by and at people who share a handle or a device with one of theirs."""
    near = store_people.sharing(tx, _people(edges, [back])) if len(back) else set()
    if not near:
        return back, near
    is_near = np.zeros(int(max(edges.referrers.max(), edges.invitees.max())) + 1, bool)
    is_near[[who for who in near if who < len(is_near)]] = True
    more = np.flatnonzero(
        (is_near[edges.referrers] | is_near[edges.invitees]) & (edges.referrers != edges.invitees)
    )
    return np.union1d(back, more), near


def _people(edges: Edges, groups: Iterable[Column]) -> set[int]:
    found: set[int] = set()
    for places in groups:
        found.update(edges.referrers[places].tolist(), edges.invitees[places].tolist())
    return found


def _changed(tx: Transaction, found: Sequence[Finding], known: Sequence[Known | None]) -> Iterable[Planned]:
    """What differs from what is known, ready to be written."""
    ids: dict[str, set[int]] = {"member": {who for one in found for who in one.anchor}}
    for one in found:
        for row in (row for each in one.signals for row in each.evidence):
            ids.setdefault(row.kind, set()).add(row.id)
    names = {kind: store_findings.names(tx, kind, rows) for kind, rows in ids.items()}
    taken = {one.ref for one in known if one is not None}
    for one, before in zip(found, known, strict=True):
        ref = before.ref if before else review_ref(one.kind, [names["member"][who] for who in one.anchor])
        if before is None and ref in taken:
            ref = review_ref(one.kind, [ref, stamp_of(one.facts)])
        taken.add(ref)
        item = _prepared(one, before, ref, names)
        is_same = before is not None and before.digest == item.digest and not before.is_gone
        is_settled = before is not None and before.state == "decided" and before.stamp == item.stamp
        if not (is_same or is_settled):
            yield Planned(item, _freezes(one))


def _prepared(
    one: Finding, before: Known | None, ref: str, names: Mapping[str, Mapping[int, str]]
) -> Prepared:
    rows = tuple(
        (each.rule, each.version, each.weight, each.says, _evidence(each.evidence, names))
        for each in one.signals
    )
    stamp = stamp_of(one.facts)
    words = json.dumps([stamp, one.members, sorted(one.invites), one.happened_at, rows])
    return Prepared(
        id=before.id if before else None,
        ref=ref,
        kind=one.kind,
        stamp=stamp,
        digest=hashlib.sha256(words.encode()).hexdigest()[:32],
        weight=one.weight,
        happened_at=one.happened_at,
        members=tuple(one.members),
        invites=one.invites,
        signals=rows,
    )


def _evidence(rows: Sequence[Evidence], names: Mapping[str, Mapping[int, str]]) -> str:
    return _ENCODE(
        [
            {
                "kind": row.kind,
                "id": names[row.kind][row.id],
                "at": _instant(row.at // SECOND) if row.at else None,
                "says": row.says,
            }
            for row in rows
        ]
    )


@lru_cache(maxsize=4_096)
def _day(number: int) -> str:
    return iso(number * DAY)[:11]


def _instant(second: int) -> str:
    """As `iso`, for tens of thousands of rows: a day is spelled once."""
    day, rest = divmod(second, DAY // SECOND)
    return f"{_day(day)}{rest // 3_600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


def _freezes(one: Finding) -> tuple[tuple[int, str, int, int], ...]:
    """Whom the finding freezes, since the attempt that was one too many."""
    rule = one.signals[0]
    return tuple((who, rule.rule, rule.version, one.freezes_at) for who in one.freezes)


def keep(tx: Transaction, one: Planned, *, now: int) -> tuple[bool, bool, int]:
    """Write an item and freeze whom it freezes; answers whether it is new, whether it grew, how many were frozen."""
    review_id = store_findings.write(tx, one.item, now=now)
    if review_id is None:
        return False, False, 0
    rows = [Frozen(review_id, who, rule, version, at) for who, rule, version, at in one.freezes]
    return one.item.id is None, one.item.id is not None, freeze(tx, rows, now=now) if rows else 0


def find(tx: Transaction, tried: Sequence[Rules], *, now: int) -> list[list[Finding]]:
    """What each of several sets of rules finds in one and the same snapshot; nothing is written."""
    from waconsole.fraud.service_sweep import Watch

    look = _load(tx, now=now)
    if not len(look.edges):
        return [[] for _ in tried]
    return [_found(tx, look._replace(rules=rules), Watch()) for rules in tried]
