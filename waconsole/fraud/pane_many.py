"""What an act would do, before it is done: to which items and people, for which reasons, who is left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from waconsole.fraud import pane_reasons
from waconsole.fraud.deciding import (
    ASK,
    BLOCK,
    BY_ANYBODY,
    DECIDED,
    ESCALATED,
    FREEZE,
    MOVING,
    UNFREEZE,
    over_limit,
    why_not,
)
from waconsole.fraud.pane_reasons import Reason
from waconsole.fraud.pane_rows import kind_words, largest, number, who
from waconsole.fraud.stakes import Amounts, added, said
from waconsole.fraud.store_pane import ItemView
from waconsole.fraud.store_reviews import Person
from waconsole.kit.glyphs import glyph
from waconsole.kit.sheet import Proposal
from waconsole.text import SafeText, _, safe

TOGGLE: Final = "toggle"
# These reach every person of an item, so they are asked about before where there is more than one.
REACHING: Final = frozenset({FREEZE, BLOCK, ASK})
REASONS_SHOWN_MAX: Final = 5
INVITEE: Final = "invitee"


class Deed(NamedTuple):
    """An act with its reason. `TOGGLE` is a freeze that lets go where everything is frozen; `until` is for putting off."""

    outcome: str
    reason: Reason
    until: int | None = None


class Me(NamedTuple):
    """Who would act: what a plan must know of them. `about` are the items that are about them."""

    operator_id: int
    is_owner: bool = False
    about: frozenset[int] = frozenset()


class Meant(NamedTuple):
    """An item with the code it would be decided for."""

    view: ItemView
    code: str


class Plan(NamedTuple):
    """The items an act is for, and how many are left out and why."""

    items: tuple[Meant, ...]
    excluded: tuple[tuple[int, SafeText], ...] = ()


def settled(outcome: str, views: Sequence[ItemView]) -> str:
    """An outcome; the toggle lets go where all of it was frozen by a decision, and freezes else."""
    if outcome != TOGGLE:
        return outcome
    frozen = [one.item.state == DECIDED and one.item.outcome == FREEZE for one in views]
    return UNFREEZE if frozen and all(frozen) else FREEZE


def code_for(deed: Deed, view: ItemView, known: Sequence[str]) -> str:
    """The code an item is decided for: its own where that was meant and it has one."""
    if not deed.reason.is_own:
        return deed.reason.code
    item = view.item
    return pane_reasons.own(deed.outcome, known, item.kind, view.rules, view.counters) or deed.reason.code


def why_not_item(outcome: str, view: ItemView, me: Me) -> str:
    """Why an item cannot be decided so by this operator; "" when it can. The service asks everything once more."""
    item = view.item
    no = why_not(item.state, item.outcome, outcome, is_frozen=view.frozen > 0, is_blocked=view.blocked > 0)
    if no:
        return no
    if item.id in me.about:
        return _("it is about you: somebody else decides on it")
    if item.taken_by_id is not None and item.taken_by_id != me.operator_id:
        return _("{name} has taken it").format(name=item.taken_by)
    if item.state == ESCALATED and outcome not in BY_ANYBODY and not me.is_owner:
        return _("it is with the owners")
    return ""


def plan(deed: Deed, views: Sequence[ItemView], me: Me, known: Sequence[str], *, gone: int = 0) -> Plan:
    """Which of these items an act would reach; `gone` are no longer there."""
    kept: list[Meant] = []
    reasons: Counter[str] = Counter()
    if gone:
        reasons[_("no longer there")] = gone
    for view in views:
        no = why_not_item(deed.outcome, view, me)
        code = code_for(deed, view, known)
        if no or not code:
            reasons[no or _("it gives no reason of its own: type one")] += 1
        else:
            kept.append(Meant(view, code))
    return Plan(tuple(kept), tuple((count, safe(reason)) for reason, count in reasons.most_common()))


def struck(people: Sequence[Person]) -> list[Person]:
    """Whom a freeze or a block of one item is for: friends who only came are spared where it names who invited them."""
    return [one for one in people if one.role != INVITEE] or list(people)


def verb_words(outcome: str) -> str:
    """How a sheet names an act."""
    words = {
        "release": _("Release"),
        "void": _("Void"),
        "freeze": _("Freeze"),
        "unfreeze": _("Let go"),
        "block": _("Block"),
        "ask": _("Ask"),
        "escalate": _("Hand to an owner"),
        "snooze": _("Put off"),
    }
    return words[outcome]


def done_words(outcome: str) -> str:
    """What was done, as a sentence about {what}."""
    words = {
        "release": _("Released: {what}."),
        "void": _("Voided: {what}."),
        "freeze": _("Frozen: {what}."),
        "unfreeze": _("Let go: {what}."),
        "block": _("Blocked: {what}."),
        "ask": _("To be asked: {what}."),
        "escalate": _("Handed to an owner: {what}."),
        "snooze": _("Put off: {what}."),
    }
    return words[outcome]


def item_words(view: ItemView, amounts: Amounts) -> SafeText:
    """An item as a sheet and a sentence name it."""
    most = largest(amounts)
    held = _("nothing held") if most is None else str(most)
    return safe(f"{held}  {kind_words(view.item.kind, view.people)}  {view.item.ref}")


def proposal(
    deed: Deed, chosen: Plan, people: Sequence[Person], held: Mapping[int, Amounts], together: Amounts,
    limits: Amounts, *, paid: Mapping[int, Amounts] = MappingProxyType({}),
    given: Mapping[str, int] = MappingProxyType({}), is_revealed: bool,
) -> Proposal:  # fmt: skip
    """The sheet's words: about the people of one item that an act reaches, else about items.

    `held` and `paid` are by item, `together` and `given` of all of them: what waits, and what would be taken back.
    """
    items = chosen.items
    if len(items) == 1 and deed.outcome in REACHING:
        reached: Sequence[Person] = people if deed.outcome == ASK else struck(people)
        reached = reached or people
        count, things = len(reached), _("person") if len(reached) == 1 else _("people")
        ends = [_person(one, is_revealed=is_revealed) for one in (reached[0], reached[-1])]
        about = [(safe(_("item")), item_words(items[0].view, held.get(items[0].view.item.id, {})))]
    else:
        count, things = len(items), _("item") if len(items) == 1 else _("items")
        ends = [item_words(one.view, held.get(one.view.item.id, {})) for one in (items[0], items[-1])]
        about = [(safe(_("people")), safe(f"{len({one.root_id for one in people}):,}"))]
    back = [(safe(_("taken back")), safe(said(given)))] if given else []
    figures = [
        (safe(_("held")), safe(said(together))),
        *back,
        *about,
        (safe(_("reason")), safe(_reasons(items))),
    ]
    if deed.reason.note:
        figures.append((safe(_("note")), safe(deed.reason.note)))
    moved = {one: added(held.get(one, {}), paid.get(one, {})) for one in held.keys() | paid.keys()}
    second = _second(deed.outcome, items, moved, limits)
    if second:
        words = _("{glyph} {count} need another operator: more is at stake than one decides on alone")
        figures.append((safe(_("second")), safe(words.format(glyph=glyph("risk"), count=f"{second:,}"))))
    return Proposal(
        verb=safe(verb_words(deed.outcome)),
        things=safe(things),
        count=count,
        first=ends[0],
        last=ends[1],
        undo=safe(_undo(deed.outcome)),
        excluded=chosen.excluded,
        figures=tuple(figures),
    )


def _person(one: Person, *, is_revealed: bool) -> SafeText:
    name = who(one.name, one.phone, is_revealed=is_revealed)
    phone = number(one.phone, is_revealed=is_revealed)
    return name if not phone or phone == name else safe(f"{name} {phone}")


def _reasons(items: Sequence[Meant]) -> str:
    counted = Counter(one.code for one in items).most_common()
    if len(counted) == 1:
        return counted[0][0]
    shown = [f"{code} {count:,}" for code, count in counted[:REASONS_SHOWN_MAX]]
    return ", ".join(shown) + (f" {glyph('ellipsis')}" if len(counted) > REASONS_SHOWN_MAX else "")


def _second(outcome: str, items: Sequence[Meant], held: Mapping[int, Amounts], limits: Amounts) -> int:
    if outcome not in MOVING:
        return 0
    waiting = [one for one in items if one.view.proposed != outcome]
    return sum(over_limit(held.get(one.view.item.id, {}), limits) is not None for one in waiting)


def _undo(outcome: str) -> str:
    if outcome == ASK:
        return _(
            "Undo takes the question back in the desk; a message that has left stays with whoever got it."
        )
    if outcome in (FREEZE, BLOCK):
        return _("Undo lets all of them go, until something else is decided; a text that has left stays.")
    return _(
        "Undo takes all of it back, until something else is decided; what was paid meanwhile stays paid."
    )
