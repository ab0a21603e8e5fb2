"""What became of what we said, in words and by the name of a sign: our effort, its reason, WhatsApp's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from waconsole.text import ForeignText, _

# A state's sign (`kit.glyphs`) and role (`kit.roles`).
SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    "draft": ("note", "dim"),
    "scheduled": ("clock", "muted"),
    "queued": ("clock", "mine"),
    "sending": ("reply", "mine"),
    "held": ("held", "held"),
    "accepted": ("done", "done"),
    "unknown": ("unknown", "unknown"),
    "failed": ("refused", "refused"),
    "refused": ("refused", "refused"),
    "cancelled": ("refused", "dim"),
    "expired": ("refused", "refused"),
    "closed": ("unknown", "dim"),
    # how far a human hand has come
    "offered": ("owed", "owed"),
    "copied": ("held", "held"),
    "done": ("done", "done"),
}
RANKS: Final = ("", "sent", "delivered", "read", "played")


class Reached(NamedTuple):
    """WhatsApp's word on one message: `rank` counts through `RANKS`.

    In a group `readers` are those it speaks of one by one, `there` how many of them have come as far
    as `rank`; both are 0 between two people. `failed` counts those it did not reach, `error` is the
    code of the last failure and `detail` WhatsApp's own words for it, raw.
    """

    rank: int = 0
    readers: int = 0
    there: int = 0
    failed: int = 0
    error: int | None = None
    detail: ForeignText = ForeignText("")

    @property
    def is_failed(self) -> bool:
        """Whether it reached nobody."""
        return self.failed > 0 and self.failed >= max(1, self.readers)


def state_word(state: str) -> str:
    """The word for a state of an outgoing message, or of the task a human hand has."""
    words = {
        "draft": _("draft"),
        "scheduled": _("scheduled"),
        "queued": _("queued"),
        "sending": _("sending"),
        "held": _("held"),
        "accepted": _("accepted"),
        "unknown": _("unknown"),
        "failed": _("failed"),
        "refused": _("refused"),
        "cancelled": _("cancelled"),
        "expired": _("expired"),
        "closed": _("closed"),
        "offered": _("offered"),
        "copied": _("copied"),
        "done": _("done"),
    }
    return words.get(state, state)


def kind_word(kind: str) -> str:
    """The word for what a message says; "" for a text."""
    words = {
        "image": _("picture"),
        "document": _("document"),
        "video": _("video"),
        "audio": _("audio"),
        "sticker": _("sticker"),
        "template": _("template"),
        "buttons": _("buttons"),
        "list": _("list"),
        "reaction": _("reaction"),
        "poll": _("poll"),
    }
    return words.get(kind, "")


def reason_words(reason: str) -> str | None:
    """The words for a reason of ours; None for any other, which is WhatsApp's own and not safe to show."""
    words = {
        "number": _("number stopped"),
        "template_needed": _("template needed"),
        "template_status": _("template not approved"),
        "template_category": _("template has changed"),
        "suppressed": _("WhatsApp takes none"),
        "capped": _("enough for now"),
        "gap": _("too soon after the last"),
        "quiet_hours": _("quiet hours"),
        "review_open": _("under review"),
        "holdout": _("kept out to compare"),
        "erased": _("erased"),
        "replaced": _("written anew"),
        "no_answer": _("answer lost"),
        "resend": _("sent again"),
        "operator": _("by an operator"),
        "possibly_sent": _("possibly sent"),
        "undone": _("taken back"),
        "stopped": _("opted out"),
        "opt_out": _("opted out"),
        "no_consent": _("no consent"),
        "no_recipient": _("no way to them"),
        "expired": _("its time was over"),
        "panic": _("all is paused"),
        "campaign": _("campaign paused"),
        "budget": _("budget used up"),
        "new_installation": _("a copied ledger"),
    }
    return words.get(reason)


def state_sentence(state: str, reason: str) -> str:
    """What a state (and its reason) means, and what an operator can do about it."""
    by_reason = {
        "number": _(
            "The number is stopped or paused. It is tried again by itself once WhatsApp takes its messages, or once it goes on."
        ),
        "campaign": _("Its campaign is paused: it goes on with it."),
        "panic": _("Everything is paused: it goes on when the others do."),
        "operator": _("An operator holds it until somebody releases it."),
        "new_installation": _(
            "This ledger was copied, moved or restored, so another copy may send this message too. Be sure that "
            "no other one does, then release it."
        ),
        "template_status": _(
            "WhatsApp does not take its template at present: it is paused, refused or gone. It goes on by itself when the "
            "template is approved again; until then convert it to another one."
        ),
        "template_category": _(
            "WhatsApp has put its template into another category since it was queued, which costs and allows other things. "
            "Convert it, or cancel it."
        ),
        "template_needed": _(
            "The service window is closed: WhatsApp takes no free text 24 hours after the last message of theirs. "
            "It goes as it is once they write; until then only a template reaches them: convert it to one."
        ),
        "opt_out": _("They asked us to stop, so it was not sent."),
        "stopped": _("They asked us to stop, so it was not sent."),
        "no_consent": _("They have not agreed to messages of this kind, so it was not sent."),
        "no_recipient": _("Nothing is known by which WhatsApp could reach them."),
        "erased": _("Whom it was for is no longer in this ledger."),
        "suppressed": _(
            "WhatsApp takes no message of this kind for them, or not yet: it said so of an earlier one."
        ),
        "capped": _("They have had as many messages of ours as the policy `send.caps` allows."),
        "gap": _("Their last marketing message was too short ago: `send.gap` says how long."),
        "quiet_hours": _(
            "It is late or early where they are: it leaves by itself when the quiet hours (`send.quiet_hours`) end."
        ),
        "review_open": _(
            "A review that names them is not decided yet: nothing is sent to win them over until it is."
        ),
        "holdout": _(
            "They are of the share that gets no marketing, to compare with: `send.holdout` says how large it is."
        ),
    }
    by_state = {
        "draft": _("It is begun and not sent off."),
        "scheduled": _("It waits for its time."),
        "queued": _("It waits for its turn."),
        "sending": _("It is on its way to WhatsApp at this moment."),
        "held": _("It waits until somebody releases it."),
        "accepted": _("WhatsApp took it."),
        "unknown": _(
            "The answer was lost on the way back: WhatsApp may have taken it or not. It is never sent again by itself. "
            "Look on the phone whether it arrived, then say so, close it, or send it again."
        ),
        "failed": _("WhatsApp refused it."),
        "refused": _("A rule of ours refused it."),
        "cancelled": _("An operator took it back. It was not sent."),
        "expired": _("Its time was over before it could leave."),
        "closed": _("An operator closed it: possibly sent, and left at that."),
    }
    return (
        by_reason.get(reason) or by_state.get(state, "")
        if state in ("held", "refused", "scheduled")
        else by_state.get(state, "")
    )


def reach_word(reached: Reached) -> str:
    """`delivered`; in a group how many of its readers: `read 3/7`; `failed` when it reached nobody."""
    if reached.is_failed:
        return _("failed")
    words = {1: _("sent"), 2: _("delivered"), 3: _("read"), 4: _("played")}
    word = words.get(reached.rank, "")
    return f"{word} {reached.there}/{reached.readers}" if word and reached.readers else word


def reach_sign(reached: Reached) -> tuple[str, str]:
    """The sign and role of WhatsApp's word; ("", "") when it has said nothing."""
    if reached.is_failed:
        return "refused", "refused"
    if not reached.rank:
        return "", ""
    return "done", "done" if reached.rank >= RANKS.index("delivered") else "mine"
