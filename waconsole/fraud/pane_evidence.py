"""One item in full: whom it is about, what is at stake, for and against, and what may be done, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final, NamedTuple

from waconsole.clock import SECOND, parse_iso, span_words
from waconsole.fraud.deciding import DECIDED, FREEZE, OUTCOMES, UNFREEZE
from waconsole.fraud.pane_reasons import rule_word
from waconsole.fraud.pane_rows import kind_words, number, outcome_word, who
from waconsole.kit import ages
from waconsole.kit.glyphs import glyph
from waconsole.kit.reader import wrapped
from waconsole.kit.rows import Cell, Row
from waconsole.members.masking import masked_text
from waconsole.money import decimal
from waconsole.text import SafeText, _, safe

HEAD_CELLS: Final = 8
TEXT_MAX: Final = 1_000
PEOPLE_SHOWN: Final = 4
PEOPLE_MAX: Final = 400
EVIDENCE_SHOWN_MAX: Final = 200
LINES_MAX: Final = 5_000
PEOPLE: Final = "people"  # what Enter on the people unfolds


class Told(NamedTuple):
    """One line: a word at its head, what it says, and what Enter opens there ("": nothing)."""

    head: str
    text: Cell
    opens: str = ""


class Look(NamedTuple):
    """How an item is looked at: `at` is the place in its timeline (None: its end), `attribute` what of what people share
    is shown (`+address` alone, `-address` all but it, "" all), `unfolded` what was opened, `keys` the key of each outcome,
    `refused` why an act on it was, `why_not` why nothing can be decided here at all."""

    zone: tzinfo
    is_revealed: bool = False
    at: int | None = None
    attribute: str = ""
    unfolded: frozenset[str] = frozenset()
    refused: str = ""
    keys: Mapping[str, str] = {}
    why_not: str = ""


def said(head: str, text: str, role: str = "", opens: str = "") -> Told:
    """A line of text from anywhere."""
    return Told(head, Cell(safe(text[:TEXT_MAX]), role), opens)


def money(amounts: Sequence[Mapping[str, Any]]) -> str:
    """Amounts in a line; `nothing` for none."""
    return ", ".join(one["amount"] for one in amounts) or _("nothing")


def hidden(text: str, look: Look) -> str:
    """Text of our own that may name numbers, as a shared screen may show it."""
    return text if look.is_revealed else masked_text(text)


def matter(found: Mapping[str, Any], look: Look) -> list[Told]:
    """What it is about: who, what is at stake, for and against. `found` is what `fraud show` answers."""
    dot = f" {glyph('separator')} "
    kind = kind_words(found["kind"], len(found["members"]))
    lines = [
        said("", f"{money(found['held_all'])}{dot}{kind}{dot}{found['id']}", "title"),
        _stands(found, look),
    ]
    if look.refused:
        lines.append(said(_("refused"), look.refused, "refused"))
    for one in found["acts"]:
        if one["proposed_by"]:
            words = _("{outcome} by {name}: another operator confirms it, or decides otherwise")
            shown = words.format(outcome=one["outcome"], name=one["proposed_by"])
            lines.append(said(_("proposed"), f"{glyph('owed')} {shown}", "owed"))
    if found["drawn"]:
        lines.append(said(_("ring") if found["kind"] == "ring" else _("drawn"), found["drawn"], "accent"))
    lines += _people(found["members"], look)
    lines.append(said(_("stake"), _stakes(found), "title"))
    lines += _signals(_("signals"), found["signals"], look, "risk")
    lines += _signals(_("counter"), found["counter"], look, "done")
    return lines


def _stakes(found: Mapping[str, Any]) -> str:
    """What is held, what a release pays, the worst it can come to; a currency is said once where there is one."""
    words = _("held {held}, released {released}, worst {worst}")
    named = {one["currency"] for name in ("held_all", "if_released_all", "worst_all") for one in found[name]}

    def short(name: str) -> str:
        found_there = found[name]
        if len(named) == 1 and len(found_there) == 1:
            return decimal(found_there[0]["minor"], found_there[0]["currency"])
        return money(found_there)

    text = words.format(
        held=money(found["held_all"]), released=short("if_released_all"), worst=short("worst_all")
    )
    return text + (_(", paid {paid}").format(paid=money(found["paid"])) if found["paid"] else "")


def _stands(found: Mapping[str, Any], look: Look) -> Told:
    parts = [found["state"] if found["state"] != DECIDED else outcome_word(found["outcome"] or "")]
    if found["reason"]:
        parts[0] += f" ({found['reason']})"
    parts.append(_("found {age} ago").format(age=span_words(found["age_seconds"] * SECOND)))
    if found["time_left_seconds"] is not None:
        left = found["time_left_seconds"] * SECOND
        words = _("{word} in {left}") if left >= 0 else _("its time is over for {left} ({word})")
        parts.append(words.format(word=found["on_timeout"], left=span_words(abs(left))))
    if found["snoozed_until"]:
        parts.append(_("put off until {at}").format(at=instant_words(found["snoozed_until"], look.zone)))
    if found["taken_by"]:
        until = instant_words(found["taken_until"], look.zone)
        parts.append(_("taken by {name} until {at}").format(name=found["taken_by"], at=until))
    return said("", f" {glyph('separator')} ".join(parts), "muted")


def instant_words(at: str | None, zone: tzinfo) -> str:
    """An instant of an answer as a screen shows it."""
    return "" if at is None else ages.exact(parse_iso(at), zone)


def _people(members: Sequence[Mapping[str, Any]], look: Look) -> Iterator[Told]:
    shown = members[:PEOPLE_MAX] if PEOPLE in look.unfolded else members[:PEOPLE_SHOWN]
    for one in shown:
        name = who(one["name"], one["phone"], is_revealed=look.is_revealed)
        phone = number(one["phone"], is_revealed=look.is_revealed)
        parts = [name if not phone or phone == name else f"{name} {phone}"]
        if one["role"]:
            parts.append(one["role"])
        role = ""
        if one["standing"]:
            parts.append(f"{glyph('held')} {one['standing']}")
            role = "held"
        yield said(one["letter"], f" {glyph('separator')} ".join(parts), role, PEOPLE)
    if len(members) > len(shown):
        words = _("… and {count} people more")
        yield said("", words.format(count=f"{len(members) - len(shown):,}"), "muted", PEOPLE)


def _signals(head: str, signals: Sequence[Mapping[str, Any]], look: Look, sign: str) -> Iterator[Told]:
    for place, one in enumerate(signals):
        opens, rows = f"signal:{one['rule']}", one["evidence"]
        words = _("{weight} {says}  [{rule} v{version}, {count} rows]")
        text = words.format(
            weight=f"{one['weight']:+}",
            says=hidden(one["says"], look),
            rule=rule_word(one["rule"]),
            version=one["version"],
            count=f"{len(rows):,}",
        )
        yield said(
            head if not place else "", f"{glyph(sign)} {text}", "owed" if sign == "risk" else "done", opens
        )
        if opens not in look.unfolded:
            continue
        for row in rows[:EVIDENCE_SHOWN_MAX]:
            yield _evidence(row, look)
        if len(rows) > EVIDENCE_SHOWN_MAX:
            more = _("  … and {count} rows more").format(count=f"{len(rows) - EVIDENCE_SHOWN_MAX:,}")
            yield said("", more, "muted", opens)  # fmt: skip


def _evidence(row: Mapping[str, Any], look: Look) -> Told:
    at = row.get("at")
    when = instant_words(at, look.zone) if isinstance(at, str) else ages.exact(at, look.zone)
    words = f"{row.get('kind', '')} {row.get('id', '')}: {row.get('says', '')}"
    return said("", f"  {when}  {hidden(words, look)}", "muted")


def acts(found: Mapping[str, Any], look: Look) -> Iterator[Told]:
    """What may be done, each act with its key and what follows; one that may not is grey and says why. What has no key is typed.

    Where somebody may be frozen still, letting go is the release: one key, one act.
    """
    if look.why_not:
        yield said("", f"{glyph('refused')} {look.why_not}", "refused")
    can_freeze = any(one["outcome"] == FREEZE for one in found["acts"])
    offered = [one for one in found["acts"] if not (can_freeze and one["outcome"] == UNFREEZE)]
    offered.sort(key=lambda one: one["outcome"] not in look.keys)
    for place, one in enumerate(offered):
        outcome, head = one["outcome"], _("acts") if not place else ""
        if one["why_not"] and not look.why_not:
            yield said(head, f"{glyph('refused')} {outcome_words(outcome)}: {one['why_not']}", "dim")
            continue
        role = "dim" if look.why_not else ""
        if key := look.keys.get(outcome):
            second = " " + _("Another operator confirms it.") if one["second"] else ""
            yield said(head, f"{key} {outcome_words(outcome)}: {one['consequence']}{second}", role)
            continue
        line = f":fraud decide {found['id']} --outcome {outcome}"
        if outcome not in OUTCOMES:
            line = f":fraud {outcome} {found['id']} --evidence …"
        yield said(
            head, f"{outcome_words(outcome)}: `{line} --reason {(one['reasons'] or [''])[0]}`", "muted"
        )


def outcome_words(outcome: str) -> str:
    """How an act is called where it is offered."""
    words = {
        "release": _("release"),
        "void": _("void"),
        "freeze": _("freeze"),
        "unfreeze": _("unfreeze"),
        "block": _("block"),
        "ask": _("ask"),
        "escalate": _("escalate"),
        "snooze": _("put off"),
        "appeal": _("appeal"),
    }
    return words.get(outcome, outcome)


def rows(lines: Sequence[Told], cells: int) -> tuple[list[Row], list[str]]:
    """(rows for a list whose text is `cells` wide, what Enter opens on each), every line broken where it must be."""
    made: list[Row] = []
    opens: list[str] = []
    for one in lines[:LINES_MAX]:
        for place, piece in enumerate(wrapped(one.text, max(cells, 1))):
            head = SafeText("") if place else safe(one.head)
            made.append(Row(len(made), (Cell(head, "muted"), piece)))
            opens.append(one.opens)
    return made, opens
