"""What cashback writes once and for all, and the hashes the chain seals of it. Pure.

A ref is made from the facts: the same order under the same scheme bears the same name in every copy of a ledger.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from waconsole.chain.seal import body_hash

SCHEME, AMBASSADOR, ENDING, ATTRIBUTION = "scheme", "ambassador", "ambassador_ending", "attribution"
LINE, REVERSAL, DISPUTE = "line", "reversal", "dispute"
REF_DIGITS: Final = 16


class SchemeRow(NamedTuple):
    """A scheme; its terms are the policy `policy`."""

    id: int
    name: str
    policy: str
    added_at: int


class AmbassadorRow(NamedTuple):
    """Who earns under a scheme since when; the group is None where the basis is no group."""

    id: int
    member_id: int
    scheme_id: int
    group_id: int | None
    group_ref: str
    group_whatsapp_id: str
    valid_from: int
    operator_id: int
    added_at: int


class EndingRow(NamedTuple):
    """Since when an ambassador earns nothing any more."""

    id: int
    ambassador_id: int
    ended_at: int
    operator_id: int
    recorded_at: int


class AttributionRow(NamedTuple):
    """Whose a buyer's orders are from `valid_from` on; no referrer: nobody's. No operator: a rule said so."""

    id: int
    buyer_id: int
    referrer_id: int | None
    valid_from: int
    origin: str
    reason: str
    operator_id: int | None
    recorded_at: int


class LineRow(NamedTuple):
    """What an order earned under a scheme, or a month; amounts in minor units of `currency`, times microseconds UTC."""

    id: int
    ref: str
    scheme_id: int
    ambassador_id: int
    payee_id: int
    order_id: int | None
    period: str
    currency: str
    basis_minor: int
    full_minor: int
    amount_minor: int
    rule: str
    rule_version: int
    inputs: str
    ordered_at: int
    matures_at: int
    accrued_at: int


class ReversalRow(NamedTuple):
    """What one refund took back of a line, and what all of them had by then."""

    id: int
    line_id: int
    refund_id: int
    refunded_minor: int
    amount_minor: int
    total_minor: int
    refunded_at: int
    recorded_at: int


class DisputeRow(NamedTuple):
    """Somebody says that a line is not right."""

    id: int
    line_id: int
    reason: str
    operator_id: int
    disputed_at: int


Sealed = DisputeRow | SchemeRow | AmbassadorRow | EndingRow | AttributionRow | LineRow | ReversalRow


def sealed(row: Sealed) -> bytes:
    """The hash the chain seals of a row: everything it says."""
    return body_hash(row)


def order_line_ref(scheme: str, reference: str) -> str:
    """The name of the line that an order earned under a scheme."""
    return _ref("order", scheme, reference)


def credit_line_ref(scheme: str, member_ref: str, month: str) -> str:
    """The name of the line of a month's credit."""
    return _ref("credit", scheme, member_ref, month)


def reversal_ref(line: str, place: int) -> str:
    """The name of the transfer that takes back what the refund at `place` (0 is the first) reversed of a line."""
    return f"cashback:{line}:reversal:{place + 1}"


def clawed_ref(line: str, place: int) -> str:
    """The name of the transfer that lets the member's clawback account stand in for what was paid out already."""
    return f"cashback:{line}:clawback:{place + 1}"


def budget_ref(scheme: str, version: int) -> str:
    """The name of the transfer by which a version of a scheme's terms gave its budget, or changed it."""
    return f"cashback:budget:{scheme}:{version}"


def _ref(*parts: str) -> str:
    words = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return "cb-" + hashlib.sha256(words).hexdigest()[:REF_DIGITS]
