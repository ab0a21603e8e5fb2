"""What is copied of a row of the invites pane: numbers in full, as it is the operator's own doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waconsole.invites.pane_rows import ChannelView, ProgrammeView, View, code_state
from waconsole.invites.pane_words import earned_words
from waconsole.invites.store_pane import CodeView, InvitationView, InviteView, ProofView
from waconsole.kit.listframe import Record
from waconsole.money import Money


def record(one: View, now: int) -> Record:
    """A row as it is copied: numbers in full."""
    match one:
        case ProgrammeView():
            return {
                "text": one.name, "programme": one.name, "state": one.state, "version": one.version, "says": one.says,
                "invites": sum(one.counts.values()), "budget": str(one.budget or ""), "left": str(one.left or ""),
            }  # fmt: skip
        case InviteView():
            return {
                "text": f"{one.ref}  {one.referrer or one.referrer_phone} → {one.invitee or one.invitee_phone}",
                "invite": one.ref, "referrer": one.referrer_phone or "", "invitee": one.invitee_phone or "",
                "programme": one.programme, "state": one.state, "reason": one.reason, "reward": earned_words(one),
                "confidence": one.confidence, "channel": one.channel,
            }  # fmt: skip
        case CodeView():
            return {
                "text": one.code, "code": one.code, "member": one.phone or one.name, "programme": one.programme,
                "place": one.channel, "state": code_state(one, now), "came": one.came,
            }  # fmt: skip
        case ProofView():
            return {
                "text": one.ref, "proof": one.ref, "member": one.phone or one.name, "programme": one.programme,
                "state": one.state, "sha256": one.sha256 or "", "same_as": one.again, "reason": one.reason,
            }  # fmt: skip
        case ChannelView():
            return {"text": one.row["channel"] or "-", **_flat(one.row)}
        case InvitationView():
            return {
                "text": one.name or one.phone or one.ref, "invitation": one.ref, "member": one.phone or one.name,
                "group": one.group, "play": one.play, "channel": one.channel, "state": one.state,
                "came": one.joined_at is not None, "left": one.left_at is not None,
            }  # fmt: skip


def _flat(found: Mapping[str, Any]) -> Record:
    each = " + ".join(str(Money(**one["amount"])) for one in found["cost_per_join"])
    return {
        "channel": found["channel"], "asked": found["attempts"], "came": found["joins"],
        "left_first_week": found["first_week_leavers"]["numerator"], "orders": found["orders"], "cost_per_join": each,
    }  # fmt: skip
