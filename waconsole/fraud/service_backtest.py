"""Hold a rule, or a change of it, against the own past: who would have been caught, who hit wrongly, money on both sides.

Both rules look through the same snapshot of facts; what they find is matched with items of the desk and what was decided
about them. Nothing is written. Loads numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.fraud import service_findings, service_rules, store_past, store_rules
from waconsole.fraud.backtesting import BAD, Judged, identity, is_of, side, turned_out
from waconsole.fraud.matching import matched
from waconsole.fraud.model import Finding, Rule
from waconsole.fraud.rules import Rules
from waconsole.fraud.stakes import shown
from waconsole.fraud.store_past import Past
from waconsole.policy import store as policy
from waconsole.policy.model import fields_of

SHOWN_MAX: Final = 1_000


def backtest(
    tx: Transaction, rule: str, words: Sequence[str], *, since: int | None = None, now: int
) -> dict[str, Any]:
    """What the rule finds as it stands, and as `words` (`weight=40`) would have it, of what happened since `since`.

    `{"rule", "version", "in_force", "proposed", "more", "fewer", …}`; without `words` both sides are the same. A rule
    that is not there yet (version 0) is tried by its `when` and `weight`. Raises Refused for a value the rule cannot
    have, NotFound.
    """
    untried = service_rules.untried(tx, rule, words, now=now)
    if untried is None:
        name = service_rules.named(tx, rule, now=now)
        base, version = policy.in_force(tx, name, now=now)
        value = service_rules.read(name, base, words) if words else base
    else:
        (name, value), base, version = untried, {}, 0
    stands = store_rules.rules(tx, now=now)
    tried = replace(stands, by_name={**stands.by_name, name: Rule(name, version, value)})
    past = store_past.items(tx)
    found = _found(tx, [stands, tried] if words else [stands], since, now=now)
    before, after = found[0], found[-1]
    known = {identity(one) for one in before}, {identity(one) for one in after}
    more = [one for one in after if identity(one) not in known[0]]
    fewer = [one for one in before if identity(one) not in known[1]]
    decided = [one for one in past if one.outcome and one.happened_at >= (since or 0)]
    bad = sum(1 for one in decided if turned_out(one.outcome) == BAD)
    judged = [
        _judge(tx, [one for one in side_found if is_of(name, one) or one in other], past)
        for side_found, other in ((before, fewer), (after, more))
    ]
    return {
        "rule": name,
        "version": version,
        "value": fields_of(base),
        "tried": fields_of(value),
        "since": None if since is None else iso(since),
        "decided": {"items": len(decided), "bad": bad},
        "in_force": side(judged[0], bad_ever=bad),
        "proposed": side(judged[1], bad_ever=bad),
        "more": _rows(tx, _judge(tx, more, past)),
        "fewer": _rows(tx, _judge(tx, fewer, past)),
    }


def _found(tx: Transaction, tried: Sequence[Rules], since: int | None, *, now: int) -> list[list[Finding]]:
    found = service_findings.find(tx, tried, now=now)
    return [[one for one in each if since is None or one.happened_at >= since] for each in found]


def _judge(tx: Transaction, found: Sequence[Finding], past: Sequence[Past]) -> list[Judged]:
    """Findings with the items they are, and what was decided about them."""
    places = matched(found, [(one.kind, one.people) for one in past])
    judged = []
    for one, place in zip(found, places, strict=True):
        item = None if place is None else past[place]
        judged.append(
            Judged(
                None if item is None else item.ref,
                one.kind,
                tuple(one.people),
                store_past.given(tx, one.invites),
                "" if item is None else item.outcome,
            )
        )
    return judged


def _rows(tx: Transaction, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    names = store_past.named(tx, (who for one in judged for who in one.people))
    return [
        {
            "id": one.ref,
            "kind": one.kind,
            "members": [
                {"member": names[who]["ref"], "phone": names[who]["phone"]}
                for who in one.people
                if who in names
            ],
            "outcome": one.outcome or None,
            "turned_out": one.turned_out,
            "money": shown(one.money),
        }
        for one in judged[:SHOWN_MAX]
    ]
