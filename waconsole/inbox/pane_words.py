"""The words of the inbox for kinds of items, files and states, in the operator's language."""

from __future__ import annotations

from waconsole.text import _


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


def state_word(state: str) -> str:
    """The word for how far an outgoing message or its task has come."""
    words = {
        "offered": _("offered"),
        "copied": _("copied"),
        "done": _("done"),
        "refused": _("refused"),
        "queued": _("queued"),
        "sending": _("sending"),
        "accepted": _("accepted"),
        "unknown": _("unknown"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
        "expired": _("expired"),
        "held": _("held"),
        "draft": _("draft"),
        "scheduled": _("scheduled"),
        "closed": _("closed"),
    }
    return words.get(state, state)
