"""What an act on many lines would do, before it is done: who is left out and why, the money, and the sheet that asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from waconsole.cashback.deciding import AGAIN, ASKED, HELD, RELEASED, why_not
from waconsole.cashback.model import APPROVED, PROPOSED, REJECTED
from waconsole.cashback.pane_rows import who
from waconsole.cashback.store_pane import Decidable
from waconsole.kit.glyphs import glyph
from waconsole.kit.sheet import Proposal
from waconsole.money import Money
from waconsole.text import SafeText, _, safe

KINDS: Final[Mapping[str, str]] = {
    "propose": PROPOSED,
    "approve": APPROVED,
    "reject": REJECTED,
    "hold": HELD,
    "ask": ASKED,
    "release": RELEASED,
    "again": AGAIN,
}
REASON_SHOWN_MAX: Final = 200


class Deed(NamedTuple):
    """An act and what it needs besides its lines. `TOGGLE` is a hold that becomes a release where all are held."""

    verb: str
    reason: str = ""
    amount: Money | None = None


TOGGLE: Final = "toggle"


class Me(NamedTuple):
    """Who would act: what the plan must know of them. `left` is what they may approve today, by currency."""

    operator_id: int
    members: frozenset[int] = frozenset()
    is_solo: bool = False
    left: Mapping[str, int] = {}


class Plan(NamedTuple):
    """The lines an act is for, and how many are left out and why."""

    lines: tuple[Decidable, ...]
    excluded: tuple[tuple[int, SafeText], ...] = ()


def settled(deed: Deed, lines: Sequence[Decidable]) -> Deed:
    """A deed with its verb: a toggle releases what is held, where all of it is."""
    if deed.verb != TOGGLE:
        return deed
    is_held = bool(lines) and all(one.standing.held for one in lines)
    return deed._replace(verb="release" if is_held else "hold")


def plan(verb: str, lines: Sequence[Decidable], me: Me, *, now: int, gone: int = 0) -> Plan:
    """Which of these lines `verb` would reach; `gone` are no longer there. The service asks everything once more."""
    kept: list[Decidable] = []
    reasons: Counter[str] = Counter()
    if gone:
        reasons[_("no longer there")] = gone
    for one in lines:
        reason = _reason(verb, one, me, now=now)
        if reason:
            reasons[reason] += 1
        else:
            kept.append(one)
    return Plan(tuple(kept), tuple((count, safe(reason)) for reason, count in reasons.most_common()))


def _reason(verb: str, one: Decidable, me: Me, *, now: int) -> str:
    if why := why_not(one.standing, KINDS[verb]):
        return why
    if verb in ("approve", "reject") and one.payee_id in me.members:
        return _("it is paid to you: somebody else decides on it")
    if verb == "approve" and one.matures_at > now:
        return _("its return window is open: the order may come back")
    if verb == "approve" and one.standing.proposed_by == me.operator_id and not me.is_solo:
        return _("you proposed it: somebody else approves it")
    return ""


def minor_of(verb: str, one: Decidable) -> int:
    """What an act on a line is about, in minor units."""
    stands = one.standing
    return stands.unpaid_minor if verb == "again" else stands.open_minor or stands.unpaid_minor


def sums(verb: str, lines: Sequence[Decidable]) -> dict[str, int]:
    """What an act on many is about, in minor units by currency."""
    found: dict[str, int] = {}
    for one in lines:
        found[one.currency] = found.get(one.currency, 0) + minor_of(verb, one)
    return found


def verb_words(verb: str) -> str:
    """How a sheet names an act."""
    words = {
        "propose": _("Propose"),
        "approve": _("Approve"),
        "reject": _("Reject"),
        "hold": _("Hold"),
        "ask": _("Ask about, and hold"),
        "release": _("Release"),
        "again": _("Pay again"),
    }
    return words[verb]


def done_words(verb: str) -> str:
    """What was done, as a sentence about {what}."""
    words = {
        "propose": _("Proposed: {what}."),
        "approve": _("Approved: {what}."),
        "reject": _("Rejected: {what}."),
        "hold": _("Held: {what}."),
        "ask": _("Asked about, and held: {what}."),
        "release": _("Released: {what}."),
        "split": _("Approved in part: {what}."),
        "again": _("To be paid again: {what}."),
    }
    return words[verb]


def proposal(deed: Deed, plan: Plan, me: Me, *, is_revealed: bool) -> Proposal:
    """The sheet's words."""
    verb, lines = deed.verb, plan.lines
    figures = [(safe(_("money")), safe(str(Money(minor, code)))) for code, minor in sums(verb, lines).items()]
    figures.append((safe(_("payees")), safe(f"{len({one.payee_id for one in lines}):,}")))
    if deed.reason:
        figures.append((safe(_("reason")), safe(deed.reason[:REASON_SHOWN_MAX])))
    if verb == "approve":
        for code, minor in sums(verb, lines).items():
            left = me.left.get(code, 0)
            if minor > left:
                words = _("{glyph} you may approve {left} today: lines beyond it are refused and stay marked")
                shown = words.format(glyph=glyph("risk"), left=Money(left, code))
                figures.append((safe(_("limit")), safe(shown)))
    undo = _("Undo takes all of it back, until a line of it is in a batch or is decided on again.")
    return Proposal(
        verb=safe(verb_words(verb)),
        things=safe(_("line") if len(lines) == 1 else _("lines")),
        count=len(lines),
        first=words_of(verb, lines[0], is_revealed=is_revealed),
        last=words_of(verb, lines[-1], is_revealed=is_revealed),
        undo=safe(undo),
        excluded=plan.excluded,
        figures=tuple(figures),
    )


def words_of(verb: str, one: Decidable, *, is_revealed: bool) -> SafeText:
    """A line as a sheet and a sentence name it."""
    name = who(one.name, None, is_revealed=is_revealed)
    return safe(f"{Money(minor_of(verb, one), one.currency)}  {name}  {one.ref}")
