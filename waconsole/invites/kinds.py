"""What a tab of the invites pane lists. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PROGRAMME, INVITE, CODE, PROOF = "programme", "invite", "code", "proof"
CHANNEL, INVITATION, JOIN = "channel", "invitation", "join"
OF_TAB: Final[Mapping[str, str]] = {
    "programmes": PROGRAMME,
    "codes": CODE,
    "proofs": PROOF,
    "channels": CHANNEL,
    "invitations": INVITATION,
    "joins": JOIN,
}


def kind_of(tab: str) -> str:
    """What a tab lists: every other one, and every saved view, lists invites."""
    return OF_TAB.get(tab, INVITE)
