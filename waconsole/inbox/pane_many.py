"""What an act on many would do, before it is done: who is left out and why, and the sheet that asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple

from waconsole.errors import Refused
from waconsole.inbox.model import snooze_until, snoozes
from waconsole.inbox.store_pane import Standing
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.kit.sheet import Proposal


class Deed(NamedTuple):
    """An act and what it needs besides its object: a snooze's key, an operator's name, a tag, a kind.

    `words` say the argument on a sheet.
    """

    verb: str
    argument: str = ""
    words: SafeText = SafeText("")
    is_typed: bool = False


def wake_time(deed: Deed, now: int, zone: tzinfo) -> int:
    """When a snooze ends. Raises Refused for typed words that are no time after `now`."""
    if deed.is_typed:
        return snooze_until(deed.argument, now, zone)
    for choice in snoozes(now, zone):
        if choice.key == deed.argument:
            return choice.until
    raise Refused(_("That time has passed: choose another one."))


class Plan(NamedTuple):
    """The ids an act is for, how many are left out and why, and further numbers worth knowing."""

    ids: tuple[int, ...]
    excluded: tuple[tuple[int, SafeText], ...] = ()
    figures: tuple[tuple[SafeText, SafeText], ...] = ()


# Acts that would disturb somebody who has taken the conversation.
_TAKES_FROM_OTHERS: Final = frozenset({"done", "take", "snooze", "assign"})


def plan(verb: str, standings: Sequence[Standing], me: int, gone: int) -> Plan:
    """Whom `verb` (the name of an act) would reach among these conversations; `gone` are no longer there."""
    kept: list[Standing] = []
    reasons: Counter[str] = Counter()
    if gone:
        reasons[_("no longer in this ledger")] = gone
    for one in standings:
        reason = _reason(verb, one, me)
        if reason:
            reasons[reason] += 1
        else:
            kept.append(one)
    figures: list[tuple[SafeText, SafeText]] = []
    if verb == "done":
        figures.append((safe(_("items")), safe(f"{sum(one.owed for one in kept):,}")))
    excluded = tuple((count, safe(reason)) for reason, count in reasons.most_common())
    return Plan(tuple(one.id for one in kept), excluded, tuple(figures))


def _reason(verb: str, one: Standing, me: int) -> str:
    if verb in _TAKES_FROM_OTHERS and one.taken_by is not None and one.taken_by != me:
        return _("taken by another operator")
    if verb == "done" and not one.owed:
        return _("nothing owed")
    if verb == "take" and one.taken_by == me:
        return _("yours already")
    if verb == "give back" and one.taken_by != me:
        return _("not taken by you")
    if verb == "mute" and one.muted:
        return _("muted already")
    if verb == "unmute" and not one.muted:
        return _("not muted")
    return ""


def verb_words(verb: str) -> str:
    """How a sheet names an act."""
    words = {
        "done": _("Done"),
        "take": _("Take"),
        "give back": _("Give back"),
        "snooze": _("Snooze"),
        "assign": _("Assign"),
        "mute": _("Mute"),
        "unmute": _("Take in again"),
        "unread": _("Mark unread"),
        "tag": _("Tag"),
        "untag": _("Take the tag off"),
        "item": _("Make items"),
        "drop": _("Drop items"),
    }
    return words[verb]


def proposal(
    verb: str, things: str, plan: Plan, *, first: SafeText, last: SafeText, detail: str = ""
) -> Proposal:
    """The sheet's words for an act on many."""
    from waconsole.kit.sheet import Proposal

    title = verb_words(verb) + (f" ({detail})" if detail else "")
    undo = _("Undo takes all {count} back exactly, as long as none of them changes meanwhile.")
    return Proposal(
        verb=safe(title),
        things=safe(things),
        count=len(plan.ids),
        first=first,
        last=last,
        undo=safe(undo.format(count=f"{len(plan.ids):,}")),
        excluded=plan.excluded,
        figures=plan.figures,
    )
