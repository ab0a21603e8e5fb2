"""Cashback's nouns: the states of a line, and the names its transfers bear. Pure: no clock, no SQL."""

from __future__ import annotations

from typing import Final

ROOM: Final = "cashback"
PURPOSE: Final = "cashback"
PAYOUT: Final = "payout"

ACCRUED, PROPOSED, APPROVED, REJECTED = "accrued", "proposed", "approved", "rejected"
BATCHED, EXPORTED, CONFIRMED, FAILED, RETURNED = "batched", "exported", "confirmed", "failed", "returned"
STATES: Final = (
    ACCRUED,
    PROPOSED,
    APPROVED,
    REJECTED,
    BATCHED,
    EXPORTED,
    CONFIRMED,
    FAILED,
    RETURNED,
)


def scheme_policy(name: str) -> str:
    """The policy that holds a scheme's terms."""
    return f"cashback.scheme.{name}"


def budget_account(scheme: str) -> str:
    """The account a scheme's cashback is paid from."""
    return f"budget:{scheme}"


def accrual_ref(line: str, round_number: int) -> str:
    """The pending transfer budget → payable that holds a line's amount."""
    return f"cashback:{line}:accrual:{round_number}"


def post_ref(line: str, round_number: int) -> str:
    """The transfer that posts it when the line is approved."""
    return f"cashback:{line}:post:{round_number}"


def void_ref(line: str, round_number: int) -> str:
    """The transfer that releases it when the line is rejected, or wholly refunded before approval."""
    return f"cashback:{line}:void:{round_number}"


def undo_ref(line: str, round_number: int) -> str:
    """The transfer that takes back what an approval posted."""
    return f"cashback:{line}:undo:{round_number}"


def payout_ref(batch: str, line: str) -> str:
    """The pending transfer payable → clearing of a line in a batch that was exported."""
    return f"payout:{batch}:{line}"


def payout_result_ref(batch: str, line: str, result: str) -> str:
    """The transfer that says what became of a payout: `confirmed`, `void` or `returned`."""
    return f"{payout_ref(batch, line)}:{result}"


def netting_ref(batch: str, line: str, place: int) -> str:
    """The transfer that nets a line against a clawback account of its payee before a batch pays it."""
    return f"payout:{batch}:{line}:netted:{place}"
