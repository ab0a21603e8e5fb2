"""What speaks for and against a line, who could be an ambassador, and saying that a line is not right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from waconsole.cashback import model, store_candidates, store_evidence, store_lines
from waconsole.cashback.evidence import Bounds, Evidence, Facts, Share, median, weighed
from waconsole.cashback.lines import DISPUTE, DisputeRow, sealed
from waconsole.cashback.service_listing import found
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.clock import DAY
from waconsole.database.connection import Row, Transaction
from waconsole.errors import Refused
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.policy import store as policy

REASON_LENGTH_MAX: Final = 500
WINDOW, MESSAGES = "cashback.candidate_days", "cashback.candidate_messages"
ACTIVE_DAYS, ORDERS = "cashback.candidate_active_days", "cashback.candidate_orders"


def _bounds(tx: Transaction, *, now: int) -> Bounds:
    def value(name: str) -> Any:
        return policy.in_force(tx, f"cashback.evidence_{name}", now=now)[0]

    refunds = value("refund_factor")
    return Bounds(
        months=value("months")["value"],
        refund_factor=Fraction(str(refunds["value"])),
        refund_sample_min=refunds["sample_min"],
        shared_groups=value("shared_groups")["value"],
        paid_before=value("paid_before")["value"],
    )


def evidence(
    tx: Transaction, ref: str, *, now: int, shares: Mapping[int, Share] | None = None
) -> list[Evidence]:
    """What there is to say about a line, what speaks for it first. Raises NotFound.

    `shares` are those of its scheme (`store_evidence.shares`), for who asks about many lines: without them every line
    of the scheme is read.
    """
    row = found(tx, ref)
    bounds = _bounds(tx, now=now)
    payee, buyer, group, scheme_id = store_evidence.people_of(tx, row["id"])
    if shares is None:
        shares = store_evidence.shares(tx, scheme_id)
    middle, payees = median(list(shares.values()), bounds.refund_sample_min)
    inputs = json.loads(row["inputs"])
    shared = 0
    if buyer is not None and buyer != payee:
        shared = store_evidence.shared_groups(tx, payee, buyer, at=row["ordered_at"], besides=group)
    facts = Facts(
        now=now,
        matures_at=row["matures_at"],
        ordered_at=row["ordered_at"],
        here_since=store_evidence.here_since(tx, payee),
        is_own_order=buyer == payee,
        is_credit=buyer is None,
        shared_groups=shared,
        paid_before=store_evidence.paid_before(tx, payee, row["id"]),
        other_ambassadors=len(inputs.get("others", ())),
        before_cap_minor=row["full_minor"],
        amount_minor=row["amount_minor"],
        share=shares.get(payee, Share(0, 0)),
        median=middle,
        payees=payees,
        disputes=len(store_lines.disputes(tx, row["id"])),
    )
    return weighed(facts, bounds)


def hindrance(tx: Transaction, operator: Operator, ref: str, *, now: int) -> tuple[str, str] | None:
    """(the rule, a sentence) of why this operator may not approve a line, whatever its amount; None when they may."""
    row = found(tx, ref)
    proposed_by = tx.value("SELECT proposed_by FROM line_state WHERE id = ?", (row["id"],))
    payee, *_ = store_evidence.people_of(tx, row["id"])
    matter = authority.Matter(payee_id=payee, proposed_by=proposed_by)
    try:
        authority.authorize(tx, operator, "cashback.approve", matter, now=now)
    except authority.Forbidden as forbidden:
        return forbidden.rule, str(forbidden)
    return None


def dispute(tx: Transaction, actor: Operator, ref: str, *, reason: str, now: int) -> Row:
    """Write that a line is not right, with a reason; answers the line. Whoever decides on it is told. Raises Refused."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH_MAX:
        raise Refused(f"A dispute has a reason of at most {REASON_LENGTH_MAX} signs: write --reason WHY.")
    row = found(tx, ref)
    said = DisputeRow(next_id(tx, "dispute"), row["id"], reason, actor.id, now)
    link = chain.append(tx, model.ROOM, DISPUTE, said.id, sealed(said))
    store_lines.add_dispute(tx, said, link)
    act = Act(DISPUTE, said.id, {}, {"line": row["line"]})  # a kind of its own: a dispute is not undone
    operators.record(tx, actor, "dispute cashback", [act], now=now)
    return found(tx, ref)


def candidates(tx: Transaction, *, group_id: int | None, now: int) -> list[dict[str, Any]]:
    """Members who qualify as ambassadors and are none yet, the most active first, each with why.

    It goes through the messages of the span: use a connection for long reads.
    """

    def value(name: str) -> int:
        return int(policy.in_force(tx, name, now=now)[0]["value"])

    days = value(WINDOW)
    thresholds = {"messages": value(MESSAGES), "active_days": value(ACTIVE_DAYS), "orders": value(ORDERS)}
    rows = store_candidates.active(
        tx, group_id=group_id, since=now - days * DAY, now=now, messages_min=thresholds["messages"]
    )
    return [
        {
            "member": row["ref"],
            "phone": row["phone"],
            "name": row["name"],
            "days": days,
            "criteria": [
                {"name": name, "value": row[name], "comparator": ">=", "threshold": threshold}
                for name, threshold in thresholds.items()
            ],
        }
        for row in rows
        if all(row[name] >= threshold for name, threshold in thresholds.items())
    ]
