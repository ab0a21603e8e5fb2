"""The words and signs of the invites pane: how something stands, who it is about, what it earns."""

from __future__ import annotations

from typing import Final

from waconsole.invites.rewards import CASHBACK, DAYS, GIVEN_POINTS
from waconsole.invites.store_pane import InviteView
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell
from waconsole.members.masking import masked_text
from waconsole.members.model import masked
from waconsole.money import Money
from waconsole.outbox import outcome_words
from waconsole.text import SafeText, _, safe

NAME_CHARACTERS_MAX: Final = 200
REASON_CHARACTERS_MAX: Final = 300
NOTHING: Final = Cell(SafeText(""))
_SIGNS: Final = {
    "open": ("clock", "muted"), "joined": ("here", "muted"), "qualified": ("here", "mine"), "held": ("held", "held"),
    "earned": ("done", "done"), "refused": ("refused", "dim"), "issued": ("done", "done"), "redeemed": ("done", "dim"),
    "expired": ("clock", "dim"), "reversed": ("refused", "refused"),
    "draft": ("note", "muted"), "asked": ("owed", "owed"), "active": ("done", "done"), "ended": ("refused", "dim"),
    "in_force": ("done", "done"), "revoked": ("refused", "dim"),
    "waiting": ("owed", "owed"), "accepted": ("done", "done"),
    "below": ("done", "done"), "within": ("done", "muted"), "above": ("risk", "owed"),
}  # fmt: skip


def state_word(state: str) -> str:
    """The word for how something stands; what nobody has a word for is shown as it is called."""
    words = {
        "open": _("not here yet"), "joined": _("came"), "qualified": _("qualifies"), "held": _("held"),
        "earned": _("earned"), "refused": _("refused"), "issued": _("given"), "redeemed": _("used"),
        "expired": _("expired"), "reversed": _("taken back"),
        "draft": _("draft"), "asked": _("asked for"), "active": _("active"), "ended": _("ended"),
        "in_force": _("in force"), "revoked": _("revoked"),
        "waiting": _("waits"), "accepted": _("accepted"),
        "below": _("below"), "within": _("within"), "above": _("above"),
        "high_value": _("high value"), "new": _("new"), "dormant": _("dormant"), "other": _("by name"),
    }  # fmt: skip
    return words.get(state, state)


def standing_cell(state: str) -> Cell:
    """How something stands: a sign and a word."""
    sign, role = _SIGNS[state]
    return Cell(safe(f"{glyph(sign)} {state_word(state)}"), role)


def sign_cell(state: str, version_state: str, version: int) -> Cell:
    """How a programme stands; a version that waits for somebody is said before the one that earns."""
    if state == "active" and version_state != "active":
        return Cell(safe(f"{glyph('owed')} {_('v{version} waits').format(version=version)}"), "owed")
    return standing_cell(state)


def proof_state(state: str) -> Cell:
    """How a proof stands."""
    return standing_cell(state)


def invitation_state(state: str) -> Cell:
    """What became of the message that asks, in the words of the outbox."""
    sign, role = outcome_words.SIGNS[state]
    return Cell(safe(f"{glyph(sign)} {outcome_words.state_word(state)}"), role)


def confidence_word(confidence: str) -> str:
    """How sure it is who brought them, in a word."""
    words = {
        "exact": _("exact"), "repaired": _("repaired"), "asked": _("asked"), "manual": _("by hand"),
        "disputed": _("disputed"),
    }  # fmt: skip
    return words[confidence]


def at_most(text: str) -> str:
    """A text from outside, no longer than a name."""
    return text[:NAME_CHARACTERS_MAX]


def who(name: str, phone: str | None, *, is_revealed: bool) -> SafeText:
    """Somebody's name as a shared screen may show it; the number where there is none."""
    if name.strip():
        return safe(at_most(name if is_revealed else masked_text(name)))
    if phone is None:
        return safe(_("no name"))
    return safe(phone) if is_revealed else masked(phone)


def person(name: str, phone: str | None, *, is_revealed: bool) -> SafeText:
    """Somebody with both: `Lin C. (+852 •• •• •• 67)`."""
    shown = who(name, phone, is_revealed=is_revealed)
    if phone is None or not name.strip():
        return shown
    return safe(f"{shown} ({safe(phone) if is_revealed else masked(phone)})")


def pair_of(one: InviteView, *, is_revealed: bool) -> SafeText:
    """Who brought whom."""
    referrer = who(one.referrer, one.referrer_phone, is_revealed=is_revealed)
    invitee = who(one.invitee, one.invitee_phone, is_revealed=is_revealed)
    return safe(f"{referrer} {glyph('here')} {invitee}")


def held_words(reason: str, *, is_revealed: bool) -> SafeText:
    """Why something stands as it does, as a shared screen may show it."""
    return safe((reason if is_revealed else masked_text(reason))[:REASON_CHARACTERS_MAX])


def earned_words(one: InviteView) -> str:
    """What an invite earns its referrer now: `8.00 HKD`, `50 points`, `7 days`, `coupon 50.00 HKD`; "" for nothing."""
    if not one.rewards:
        return ""
    if one.kind == GIVEN_POINTS:
        return _("{count} points").format(count=f"{one.amount_minor:,}")
    if one.currency == DAYS:
        return _("{count} days").format(count=f"{one.amount_minor:,}")
    face = str(Money(one.amount_minor, one.currency)) if one.currency and one.amount_minor else ""
    return face if one.kind == CASHBACK else f"{one.kind} {face}".strip()
