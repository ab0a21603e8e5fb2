"""The words of the inbox for kinds of items, for files, and for what became of what we said."""

from __future__ import annotations

from typing import Final

from waconsole.inbox.store_thread import OUTGOING, Entry
from waconsole.kit.glyphs import glyph
from waconsole.outbox.outcome_words import SIGNS, reach_sign, reach_word, reason_words, state_word
from waconsole.text import _

__all__ = ("kind_word", "media_word", "sent_sign", "sent_words", "state_word", "type_word")

WITH_REASON: Final = frozenset({"held", "refused", "unknown", "closed"})


def kind_word(kind: str) -> str:
    """The word for a kind of work item."""
    words = {
        "question": _("question"),
        "complaint": _("complaint"),
        "price": _("price"),
        "join": _("join"),
        "offer": _("offer"),
        "mention": _("mention"),
        "spam": _("spam"),
        "proof": _("proof"),
        "opt_out": _("opt-out"),
    }
    return words.get(kind, kind)


def media_word(kind: str) -> str:
    """The word for a kind of file."""
    words = {
        "image": _("picture"),
        "photo": _("picture"),
        "video": _("video"),
        "audio": _("sound"),
        "voice": _("voice message"),
        "sticker": _("sticker"),
        "document": _("document"),
        "contact": _("contact card"),
        "location": _("place"),
        "gif": _("GIF"),
    }
    return words.get(kind, _("file"))


def type_word(kind: str) -> str:
    """The word for what a message of the wire is that has no words of its own; "" for a text."""
    words = {
        "": "",
        "text": "",
        "location": _("place"),
        "contacts": _("contact card"),
        "order": _("order"),
        "interactive": _("answer"),
        "button": _("answer"),
    }
    return words.get(kind, _("something this version cannot show"))


def sent_words(entry: Entry) -> str:
    """What became of a message of ours: WhatsApp's word where there is one, else our effort and why."""
    reached = entry.reached
    if entry.source == OUTGOING and entry.state != entry.out_state:
        return state_word(entry.state)  # how far a human hand has come
    if entry.out_state == "accepted" and reached is not None and not reached.is_failed:
        words = reach_word(reached) or state_word("accepted")
        return f"{words} {glyph('refused')}{reached.failed}" if reached.failed else words
    code = reached.error if reached is not None and reached.is_failed else entry.out_code
    if code is not None:
        from waconsole.outbox.error_words import error_words  # only when something has failed

        return f"{state_word('failed')}: {error_words(code).short}"
    why = reason_words(entry.out_reason) if entry.out_state in WITH_REASON else None
    return f"{state_word(entry.out_state)}: {why}" if why else state_word(entry.out_state)


def sent_sign(entry: Entry) -> tuple[str, str]:
    """The sign (by name) and role of what became of a message of ours."""
    if entry.source == OUTGOING and entry.state != entry.out_state:
        return SIGNS[entry.state]
    if entry.out_state == "accepted" and entry.reached is not None:
        sign, role = reach_sign(entry.reached)
        return (sign, role) if sign else SIGNS["accepted"]
    return SIGNS[entry.out_state]
