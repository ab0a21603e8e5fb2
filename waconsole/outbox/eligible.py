"""May this message leave now? One question, asked when it is queued and again when it is sent.

Pure: the facts and the instant are handed in. The first reason against it counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# What needs a member's yes. A reply is an answer to whoever wrote: an opt-out word does not forbid it.
NEEDS_CONSENT: Final = frozenset({"marketing", "invitation"})

# Reasons of a state that WhatsApp's answers or an operator bring.
NUMBER: Final = "number"  # held because the whole number stands still
NO_ANSWER: Final = "no_answer"  # unknown
RESEND: Final = "resend"  # queued again by an operator, although it may have arrived

# Reasons against sending, each with the state it leads to.
EXPIRED: Final = "expired"
NO_RECIPIENT: Final = "no_recipient"
STOPPED: Final = "stopped"
NO_CONSENT: Final = "no_consent"
TEMPLATE_NEEDED: Final = "template_needed"

STATE_BY_REASON: Final = {
    EXPIRED: "expired",
    NO_RECIPIENT: "refused",
    STOPPED: "refused",
    NO_CONSENT: "refused",
    TEMPLATE_NEEDED: "held",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one outgoing message and whom it goes to; instants in microseconds UTC.

    `consent` is the member's word on marketing (`yes`, `no`, `stop`, or None: never asked);
    `window_until` the end of the service window, None when the member has never written.
    """

    purpose: str
    reachable: bool
    consent: str | None
    window_until: int | None
    expires_at: int | None


def eligible(facts: Facts, now: int) -> str | None:
    """The first reason why this text may not leave at `now`, or None.

    WhatsApp takes a free text for 24 hours after the member's last message, and only templates
    after that (customer service window, Meta's documentation of 2026-05-21).
    """
    if facts.expires_at is not None and now >= facts.expires_at:
        return EXPIRED
    if not facts.reachable:
        return NO_RECIPIENT
    if facts.purpose in NEEDS_CONSENT and facts.consent == "stop":
        return STOPPED
    if facts.purpose in NEEDS_CONSENT and facts.consent != "yes":
        return NO_CONSENT
    if facts.window_until is None or now >= facts.window_until:
        return TEMPLATE_NEEDED
    return None
