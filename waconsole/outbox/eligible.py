"""May this message leave now? One question, asked when it is queued and again when it is sent.

Pure: the facts, the numbers in force and the instant are handed in. The first reason against it counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# What needs a member's yes. A reply is an answer to whoever wrote: an opt-out word does not forbid it.
NEEDS_CONSENT: Final = frozenset({"marketing", "invitation"})
SERVICE: Final = "service"  # a purpose: what is neither marketing nor an answer
TRANSACTIONAL: Final = "transactional"  # a purpose: their own order, reward or statement
MARKETING: Final = "MARKETING"  # a template's category, in Meta's spelling
AUTHENTICATION: Final = "AUTHENTICATION"  # a code somebody waits for

# Reasons of a state that WhatsApp's answers or an operator bring.
NO_ANSWER: Final = "no_answer"  # unknown
RESEND: Final = "resend"  # queued again by an operator, although it may have arrived
BY_OPERATOR: Final = "operator"  # held, cancelled or settled by an operator
PANIC: Final = "panic"  # held because everything is paused
NEW_INSTALLATION: Final = "new_installation"  # held because this ledger is a copy
REPLACED: Final = "replaced"  # cancelled: another was written in its place

# Reasons against sending, each with the state it leads to.
EXPIRED: Final = "expired"
ERASED: Final = "erased"
NO_RECIPIENT: Final = "no_recipient"
STOPPED: Final = "stopped"
SUPPRESSED: Final = "suppressed"
NO_CONSENT: Final = "no_consent"
NUMBER: Final = "number"  # the whole number stands still
CAMPAIGN: Final = "campaign"
TEMPLATE_NEEDED: Final = "template_needed"
TEMPLATE_STATUS: Final = "template_status"
TEMPLATE_CATEGORY: Final = "template_category"
CAPPED: Final = "capped"
GAP: Final = "gap"
QUIET_HOURS: Final = "quiet_hours"
REVIEW_OPEN: Final = "review_open"
HOLDOUT: Final = "holdout"

STATE_BY_REASON: Final = {
    EXPIRED: "expired",
    ERASED: "refused",
    NO_RECIPIENT: "refused",
    STOPPED: "refused",
    SUPPRESSED: "refused",
    NO_CONSENT: "refused",
    PANIC: "held",
    NUMBER: "held",
    CAMPAIGN: "held",
    TEMPLATE_NEEDED: "held",
    TEMPLATE_STATUS: "held",
    TEMPLATE_CATEGORY: "held",
    CAPPED: "refused",
    GAP: "refused",
    QUIET_HOURS: "scheduled",
    REVIEW_OPEN: "refused",
    HOLDOUT: "refused",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers in force (policy `send.*`); spans in microseconds."""

    window_margin: int
    caps: int
    caps_span: int
    silent_caps: int
    silent_caps_span: int
    gap: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one outgoing message and whom it goes to; instants in microseconds UTC.

    `consent` is the person's word on marketing (`yes`, `no`, `stop`, or None: never asked);
    `window_until` the end of the service window by Meta's clock, None when they have never written.
    `category` is a template's category when it was queued, `category_now` and `is_usable` how WhatsApp
    has it today (None: nobody told). `suppressed` is why WhatsApp takes nothing (of this kind) for them,
    `of_marketing` that it takes only marketing not. `sent` are the instants of messages of ours that count
    against the caps, `marketing_sent_at` the latest of marketing. `paused` is the reason of a pause.
    `quiet_until` is the end of the quiet hours they are in, None outside of them.
    `by_itself` says that no campaign, segment or programme sends it, `by_operator` that a person wrote it.
    `is_enough_posted` says that a group has had as many posts today as it takes.
    `in_review` says that an undecided review names them, `is_held_out` that they are of the share nobody
    sends marketing to, so that there is something to compare with.
    """

    purpose: str
    reachable: bool
    consent: str | None
    window_until: int | None
    expires_at: int | None
    driver: str = "cloud"
    kind: str = "text"
    category: str = ""
    category_now: str | None = None
    is_usable: bool | None = None
    is_erased: bool = False
    suppressed: str = ""
    of_marketing: bool = False
    sent: tuple[int, ...] = ()
    marketing_sent_at: int | None = None
    is_silent: bool = False
    paused: str = ""
    quiet_until: int | None = None
    by_itself: bool = True
    by_operator: bool = False
    is_enough_posted: bool = False
    in_review: bool = False
    is_held_out: bool = False

    @property
    def is_marketing(self) -> bool:
        """Whether it is there to win somebody over, by its purpose or by its template's category."""
        return self.purpose in NEEDS_CONSENT or MARKETING in (self.category, self.category_now)


def is_open(facts: Facts, now: int, rules: Rules) -> bool:
    """Whether the service window is open, and will be a moment from now: Meta may close it slightly early."""
    return facts.window_until is not None and now < facts.window_until - rules.window_margin


def eligible(facts: Facts, now: int, rules: Rules) -> str | None:
    """The first reason why this message may not leave at `now`, or None.

    WhatsApp takes anything for 24 hours after the member's last message, and only templates after that
    (customer service window, Meta's documentation of 2026-05-21). What is sent by itself inside the window
    disturbs nobody: quiet hours and caps do not count for it, nor, for what an operator writes, consent; a
    stop always does.
    """
    window = is_open(facts, now, rules)
    return (
        _never(facts, now)
        or _not_wanted(facts, window and facts.by_itself and facts.by_operator)
        or (facts.paused or None)
        or (CAPPED if facts.is_enough_posted else None)
        or _template(facts, window)
        or (None if window and facts.by_itself else _too_much(facts, now, rules))
        or (None if facts.by_itself else _kept_out(facts))
    )


def _never(facts: Facts, now: int) -> str | None:
    if facts.expires_at is not None and now >= facts.expires_at:
        return EXPIRED
    if facts.is_erased:
        return ERASED
    return None if facts.reachable else NO_RECIPIENT


def _not_wanted(facts: Facts, is_talk: bool) -> str | None:
    """What the person said, and what WhatsApp says of them; in a talk nobody is asked first."""
    is_sought_out = facts.purpose == SERVICE and not facts.by_itself  # many at once, whatever its template is
    if facts.consent == "stop" and (facts.is_marketing or is_sought_out):
        return STOPPED
    if facts.suppressed and (facts.is_marketing or not facts.of_marketing):
        return SUPPRESSED
    if facts.is_marketing and facts.consent != "yes" and not is_talk:
        return NO_CONSENT
    return None


def _template(facts: Facts, window: bool) -> str | None:
    """A gateway knows neither windows nor templates."""
    if facts.driver == "gateway":
        return None
    if facts.kind != "template":
        return None if window else TEMPLATE_NEEDED
    if facts.is_usable is False:
        return TEMPLATE_STATUS
    if facts.category and facts.category_now and facts.category != facts.category_now:
        return TEMPLATE_CATEGORY
    return None


def _too_much(facts: Facts, now: int, rules: Rules) -> str | None:
    """What would disturb. A reply through a gateway answers somebody, a code is waited for: neither does."""
    is_answer = facts.purpose == "reply" and facts.kind != "template"
    if is_answer or facts.category == AUTHENTICATION:
        return None
    if facts.purpose != TRANSACTIONAL and _is_capped(facts, now, rules):
        return CAPPED
    if (
        facts.is_marketing
        and facts.marketing_sent_at is not None
        and now - facts.marketing_sent_at < rules.gap
    ):
        return GAP
    return QUIET_HOURS if facts.quiet_until is not None else None


def _is_capped(facts: Facts, now: int, rules: Rules) -> bool:
    """Whether they had enough lately: what concerns their own orders and rewards counts, and is let through."""
    if sum(now - at <= rules.caps_span for at in facts.sent) >= rules.caps:
        return True
    rare = sum(now - at <= rules.silent_caps_span for at in facts.sent)
    return facts.is_silent and rare >= rules.silent_caps


def _kept_out(facts: Facts) -> str | None:
    """Who is not sought out: somebody who is being looked at, and the share that is compared with."""
    if not facts.is_marketing:
        return None
    if facts.in_review:
        return REVIEW_OPEN
    return HOLDOUT if facts.is_held_out else None
