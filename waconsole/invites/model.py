"""Invites' nouns: their states, their names, and the names of what they earn. Pure: no clock, no SQL."""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

ROOM: Final = "invites"
PURPOSE: Final = "reward"

OPEN, JOINED, QUALIFIED, HELD, EARNED = "open", "joined", "qualified", "held", "earned"
REFUSED, ISSUED, REDEEMED, EXPIRED, REVERSED = "refused", "issued", "redeemed", "expired", "reversed"
STATES: Final = (OPEN, JOINED, QUALIFIED, HELD, EARNED, REFUSED, ISSUED, REDEEMED, EXPIRED, REVERSED)

REFERRER, INVITEE = "referrer", "invitee"
EACH: Final = "each"

PENDING, POSTED, VOIDED = "pending", "posted", "voided"
REF_DIGITS: Final = 16


class InviteRow(NamedTuple):
    """An invite as a file tells it; times in microseconds UTC, the last three as they compare."""

    ref: str
    programme_id: int
    referrer_id: int
    invitee_id: int
    invited_at: int
    arrived_at: int | None
    channel: str
    confidence: str
    address: str
    payment: str
    device: str
    origin: str
    recorded_at: int
    import_run_id: int


def invite_ref(programme: str, referrer: str, invitee: str, invited_at: int, channel: str) -> str:
    """The name of an invite, made from the facts: the same in every copy of a ledger."""
    words = f"{programme}\x1f{referrer}\x1f{invitee}\x1f{invited_at}\x1f{channel}"
    return "iv-" + hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:REF_DIGITS]


def reward_ref(programme: str, invite: str, side: str, slot: str, round_number: int) -> str:
    """The name of a reward, which is also that of the transfer that holds it."""
    return f"reward:{programme}:{invite}:{side}:{slot}:{round_number}"


def post_ref(reward: str) -> str:
    """The transfer that posts a reward."""
    return f"{reward}:post"


def void_ref(reward: str) -> str:
    """The transfer that releases a reward that is not earned after all."""
    return f"{reward}:void"


def reverse_ref(reward: str) -> str:
    """The transfer that takes a posted reward back."""
    return f"{reward}:reverse"


def budget_account(programme: str) -> str:
    """The account a programme's rewards are paid from."""
    return f"budget:invites:{programme}"
