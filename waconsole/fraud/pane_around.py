"""What stands around an item: what its people share, how others like it ended, what happened when, what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from waconsole.clock import moment, parse_iso
from waconsole.fraud import timeline
from waconsole.fraud.pane_evidence import Look, Told, hidden, instant_words, money, said
from waconsole.fraud.pane_rows import outcome_word
from waconsole.fraud.stakes import said as sums_of
from waconsole.kit.glyphs import glyph
from waconsole.text import _

LINKED_SHOWN_MAX: Final = 60
LETTERS_SHOWN_MAX: Final = 20
EVENTS_SHOWN: Final = 3
EVENTS_UNFOLDED: Final = 40
DECISIONS_SHOWN_MAX: Final = 20
GROUPS_SHOWN_MAX: Final = 6
PRECEDENTS: Final = "precedents"
LINKED: Final = "linked"
TIMELINE: Final = "timeline"
VALUE_ENDS: Final = 2  # signs of an attribute that a shared screen shows


def around(found: Mapping[str, Any], look: Look) -> list[Told]:
    """Linked people, precedents, timeline, decisions. `found` is what `fraud show` answers."""
    return [
        *_linked(found["linked"], look),
        *_similar(found["precedents"], look),
        *_timeline(found["timeline"], look),
        *_decisions(found["decisions"], look),
    ]


def looks(found: Mapping[str, Any]) -> list[str]:
    """The ways to look at what people share, in turn: all, each attribute alone, all but one."""
    shared = sorted({one["attribute"] for one in found["linked"]})
    but_one = [f"-{one}" for one in shared] if len(shared) > 1 else []
    return ["", *(f"+{one}" for one in shared), *but_one]


def _linked(linked: Sequence[Mapping[str, Any]], look: Look) -> Iterator[Told]:
    way, name = look.attribute[:1], look.attribute[1:]
    shown = [one for one in linked if not way or (one["attribute"] == name) == (way == "+")]
    head = _("linked")
    if way:
        words = _("only {attribute}") if way == "+" else _("without {attribute}")
        yield said(head, words.format(attribute=name), "accent", LINKED)
        head = ""
    if not shown and not way:
        yield said(head, _("nobody shares an address, payment or device"), "muted")
    if way or LINKED in look.unfolded:
        for one in shown[:LINKED_SHOWN_MAX]:
            yield said(head, f"{one['attribute']} {_value(one['value'], look)}: {_sharing(one)}", "", LINKED)
            head = ""
        if len(shown) > LINKED_SHOWN_MAX:
            words = _("… and {count} more").format(count=f"{len(shown) - LINKED_SHOWN_MAX:,}")
            yield said("", words, "muted")
        return
    for attribute in dict.fromkeys(one["attribute"] for one in shown):
        groups = [_sharing(one) for one in shown if one["attribute"] == attribute]
        more = f" {glyph('ellipsis')}" if len(groups) > GROUPS_SHOWN_MAX else ""
        text = f" {glyph('separator')} ".join(groups[:GROUPS_SHOWN_MAX])
        yield said(head, f"{attribute}: {text}{more}", "", LINKED)
        head = ""


def _sharing(one: Mapping[str, Any]) -> str:
    """Who carries the same, by letter, and how many others do."""
    people = " ".join(one["people"][:LETTERS_SHOWN_MAX])
    if len(one["people"]) > LETTERS_SHOWN_MAX:
        people += f" … {len(one['people']) - LETTERS_SHOWN_MAX:,}"
    if one["too_many"]:
        return people + " " + _("and too many others: it says nothing")
    if one["others"]:
        words = _("and {count} other") if len(one["others"]) == 1 else _("and {count} others")
        people += " " + words.format(count=f"{len(one['others']):,}")
    return people


def _value(value: str, look: Look) -> str:
    """An address or a payment handle is as private as a number."""
    return f"“{value}”" if look.is_revealed else f"{value[:VALUE_ENDS]}{glyph('ellipsis')}"


def _similar(found: Mapping[str, Any], look: Look) -> Iterator[Told]:
    if not found["count"]:
        yield said(_("similar"), _("none of its kind was decided before"), "muted")
        return
    outcomes = ", ".join(f"{count} {outcome_word(outcome)}" for outcome, count in found["outcomes"].items())
    words = _("{count} decided: {outcomes}")
    yield said(_("similar"), words.format(count=f"{found['count']:,}", outcomes=outcomes), "", PRECEDENTS)
    if PRECEDENTS in look.unfolded:
        for one in found["rows"]:
            when = instant_words(one["at"], look.zone)
            yield said("", f"  {one['id']} {outcome_word(one['outcome'])} ({one['reason']}) {one['by']}, {when}", "muted")  # fmt: skip


def _timeline(events: Sequence[Mapping[str, Any]], look: Look) -> Iterator[Told]:
    if not events:
        return
    at = timeline.place(look.at, len(events))
    words = _("◂ {when} ▸ {place}/{count} event time")
    when = instant_words(events[at]["at"], look.zone)
    text = words.format(when=when, place=f"{at + 1:,}", count=f"{len(events):,}")
    yield said(_("timeline"), text, "title", TIMELINE)
    yield said("", _reached(timeline.reached(events, at)), "muted", TIMELINE)
    shown, day = EVENTS_UNFOLDED if TIMELINE in look.unfolded else EVENTS_SHOWN, ""
    for place in timeline.window(at, len(events), shown):
        one = events[place]
        local = moment(parse_iso(one["at"]), look.zone)
        today = f"{local.day} {local:%b}"
        sign = glyph("here") if place == at else " "
        text = f"{sign} {local:%H:%M:%S} {_happened(one, look)}"
        role = "accent" if place == at else "dim" if place > at else ""
        yield said(today if today != day else "", text, role, TIMELINE)
        day = today


def _reached(found: timeline.Reached) -> str:
    """How far things had come."""
    counts = found.counts
    words = _("invites {invited}, came {joined}, orders {ordered} {sum}")
    text = words.format(
        invited=f"{counts[timeline.INVITED]:,}",
        joined=f"{counts[timeline.JOINED]:,}",
        ordered=f"{counts[timeline.ORDERED]:,}",
        sum=sums_of(found.ordered) if found.ordered else "",
    )
    text = text.rstrip()
    if counts[timeline.REFUNDED]:
        text += _(", {sum} refunded").format(sum=sums_of(found.refunded))
    return text


def _happened(one: Mapping[str, Any], look: Look) -> str:
    somebody, amount = one["who"] or _("somebody"), one["amount"]
    how = hidden(one["says"] or "", look)
    words = {
        timeline.INVITED: _("{who} invites {whom}"),
        timeline.JOINED: _("{who} comes"),
        timeline.ORDERED: _("{who} orders {amount}"),
        timeline.REFUNDED: _("{who} gets {amount} back"),
        "frozen": _("{who} is frozen"),
        "blocked": _("{who} is blocked"),
        "decided": _("decided:"),
    }
    text = words.get(one["kind"], one["kind"]).format(
        who=somebody, whom=one["whom"] or _("somebody"), amount="" if amount is None else amount["amount"]
    )
    return f"{text} {how}".rstrip()


def _decisions(decisions: Sequence[Mapping[str, Any]], look: Look) -> Iterator[Told]:
    for place, one in enumerate(decisions[-DECISIONS_SHOWN_MAX:]):
        word = outcome_word(one["outcome"])
        if one["proposal"]:
            word = _("{outcome} proposed").format(outcome=word)
        when = instant_words(one["at"], look.zone)
        text = f"{word} ({one['reason']}) {one['by']}, {when}, {money(one['held_all'])}"
        if one["note"]:
            text += f": {hidden(one['note'], look)}"
        yield said(_("decided") if not place else "", text)
