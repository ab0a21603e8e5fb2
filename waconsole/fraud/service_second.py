"""The second person: above the policy `fraud.second_above` one operator proposes what another confirms."""

from __future__ import annotations

import json
from typing import Final

from waconsole.fraud import store_decisions, store_stakes
from waconsole.fraud.deciding import MOVING, TAKING_BACK, DecisionRow, over_limit
from waconsole.fraud.service_recording import Deciding
from waconsole.fraud.stakes import added, limits_of
from waconsole.operators import authority
from waconsole.operators.authority import Forbidden, Matter
from waconsole.policy import store as policy

ABOVE: Final = "fraud.second_above"
SOLO_RULE: Final = "operators.solo"


def seconded(one: Deciding, row: DecisionRow) -> DecisionRow:
    """The decision as it may stand: by itself below the limit, else a proposal, or what confirms another's.

    Raises Forbidden where whoever confirms is who proposed it, under any name of theirs.
    """
    assert one.actor is not None
    value, version = policy.in_force(one.tx, ABOVE, now=one.now)
    moved = json.loads(row.held_minor)
    if row.outcome in TAKING_BACK:
        moved = added(moved, store_stakes.paid(one.tx, [row.review_id]).get(row.review_id, {}))
    if row.outcome not in MOVING or over_limit(moved, limits_of(value)) is None:
        return row
    waiting = store_decisions.proposal(one.tx, row.review_id, row.stamp)
    if waiting is not None and waiting.outcome == row.outcome and waiting.operator_id is not None:
        if waiting.operator_id == one.actor.id:
            raise Forbidden(
                "four_eyes.proposer", f"{one.actor.name} proposed this already: another operator confirms it."
            )
        authority.authorize(
            one.tx, one.actor, "fraud.release", Matter(proposed_by=waiting.operator_id), now=one.now
        )
        return row._replace(proposed_by=waiting.operator_id, rule=ABOVE, rule_version=version)
    alone = authority.solo(one.tx, now=one.now)
    if alone is not None:  # nobody else could confirm
        return row._replace(rule=SOLO_RULE, rule_version=alone.version)
    return row._replace(is_proposal=1, rule=ABOVE, rule_version=version)
