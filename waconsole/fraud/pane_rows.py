"""How an item reads in the list, and how it is copied."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

from waconsole.fraud.deciding import DECIDED, ESCALATED, SNOOZED
from waconsole.fraud.drawing import short
from waconsole.fraud.pane_reasons import rule_word
from waconsole.fraud.service_desk import Timing
from waconsole.fraud.stakes import Amounts, major
from waconsole.fraud.store_pane import ItemView
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Record
from waconsole.kit.rows import Cell, Row
from waconsole.members.masking import masked_text
from waconsole.members.model import masked
from waconsole.money import Money
from waconsole.text import SafeText, _, safe

NAME_CHARACTERS_MAX: Final = 200
COLUMNS: Final = (
    Column(_("held"), 13, "right"),
    Column(_("age"), 6, "right"),
    Column(_("left"), 4, "right", priority=1),
    Column(_("what"), 20),
    Column(_("words")),
)
DOT: Final = ", "


def outcome_word(outcome: str) -> str:
    """What was decided, in a word."""
    words = {
        "release": _("released"),
        "void": _("void"),
        "freeze": _("frozen"),
        "unfreeze": _("let go"),
        "block": _("blocked"),
        "ask": _("asked"),
        "escalate": _("with an owner"),
        "snooze": _("put off"),
        "appeal": _("appealed"),
        "undo": _("taken back"),
    }
    return words.get(outcome, outcome)


def kind_words(kind: str, people: int) -> str:
    """`ring of 4`; a kind with one person says its name alone."""
    word = kind.replace("_", " ")[:NAME_CHARACTERS_MAX]
    return _("{kind} of {count}").format(kind=word, count=f"{people:,}") if people > 1 else word


def largest(amounts: Mapping[str, int]) -> Money | None:
    """The largest of amounts in several currencies; None where nothing is held."""
    found = [Money(minor, currency) for currency, minor in amounts.items() if minor]
    return max(found, key=lambda one: major(one.currency, one.minor), default=None)


def who(name: str, phone: str | None, *, is_revealed: bool) -> SafeText:
    """A person as a shared screen may show them: a first name and a letter, or the number masked."""
    if not name.strip():
        return number(phone, is_revealed=is_revealed) or safe(_("no name"))
    return safe((name if is_revealed else masked_text(short(name)))[:NAME_CHARACTERS_MAX])


def number(phone: str | None, *, is_revealed: bool) -> SafeText:
    """A number, masked unless it is revealed; "" where none is known."""
    if phone is None:
        return SafeText("")
    return safe(phone) if is_revealed else masked(phone)


def _what(one: ItemView, *, is_refused: bool) -> Cell:
    item, kind = one.item, kind_words(one.item.kind, one.people)
    if is_refused:
        return Cell(safe(f"{glyph('refused')} {kind}"), "refused")
    if item.state == DECIDED:
        sign, role = ("held", "held") if item.outcome == "freeze" else ("done", "done")
        return Cell(safe(f"{glyph(sign)} {outcome_word(item.outcome)}{DOT}{kind}"), role)
    if item.state == SNOOZED and item.snoozed_until:
        return Cell(safe(f"{glyph('clock')} {kind}"), "muted")
    if one.proposed:
        return Cell(safe(f"{glyph('owed')} {_('proposed by {name}').format(name=one.proposed_by)}"), "owed")
    if one.frozen:
        return Cell(safe(f"{glyph('held')} {kind}"), "held")
    sign = "owed" if item.state == ESCALATED else "risk"
    return Cell(safe(f"{glyph(sign)} {kind}"), "owed")


def _words(one: ItemView, me: int, now: int, zone: tzinfo, *, is_revealed: bool, refused: str) -> Cell:
    """What an operator must know first of it; else the signals that speak for it, and who it is about."""
    item = one.item
    if refused:
        return Cell(safe(refused[:NAME_CHARACTERS_MAX]), "refused")
    if item.state == DECIDED:
        words = _("by {name}: {reason}")
        return Cell(safe(words.format(name=one.decided_by, reason=item.reason)), "muted")
    said: list[str] = []
    if one.proposed:
        said.append(f"{one.proposed}: {kind_words(item.kind, one.people)}")
    if item.taken_by is not None:
        said.append(_("yours") if item.taken_by_id == me else _("taken by {name}").format(name=item.taken_by))
    if item.state == ESCALATED:
        said.append(_("with an owner"))
    if item.state == SNOOZED and (item.snoozed_until or 0) > now:
        said.append(_("until {at}").format(at=ages.exact(item.snoozed_until, zone)))
    if item.outcome == "appeal":
        said.append(_("appealed"))
    role = "owed" if said else ""
    said += [word.replace("_", " ") for rule in one.rules if (word := rule_word(rule)) != item.kind]
    if one.people == 1:
        said.append(who(one.name, one.phone, is_revealed=is_revealed))
    return Cell(safe(DOT.join(said)), role)


def item_row(
    one: ItemView, amounts: Amounts, ends: Timing, now: int, zone: tzinfo, *, me: int, is_revealed: bool,
    is_left: bool = False, refused: str = "",
) -> Row:  # fmt: skip
    """An item as a row. `is_left`: it was decided here and stands in its place, greyed; `refused`: why an act was."""
    most, item = largest(amounts), one.item
    over = ends.at(item)
    cells: tuple[Cell, ...] = (
        Cell(safe("–" if most is None else str(most)), "title" if most else "dim"),
        Cell(ages.ago(item.found_at, now, zone), "muted"),
        Cell(SafeText("")) if over is None else ages.left(over, now),
        _what(one, is_refused=bool(refused)),
        _words(one, me, now, zone, is_revealed=is_revealed, refused=refused),
    )
    if is_left:
        cells = tuple(Cell(cell.text, "dim") for cell in cells)
    return Row(item.id, cells, "dim" if is_left else "")


def item_record(row: Mapping[str, Any]) -> Record:
    """An item as it is copied: numbers in full. `row` is one of `fraud queue`."""
    held = ", ".join(one["amount"] for one in row["held_all"])
    members = [one["phone"] or one["member"] for one in row["members"]]
    return {
        "text": f"{row['id']}  {held or '–'}  {row['kind']}  {', '.join(members)}".rstrip(),
        "item": row["id"],
        "kind": row["kind"],
        "state": row["state"],
        "outcome": row["outcome"] or "",
        "reason": row["reason"] or "",
        "held": held,
        "worst": ", ".join(one["amount"] for one in row["worst_all"]),
        "people": members,
        "frozen": len(row["frozen"]),
        "found_at": row["found_at"],
        "times_out_at": row["times_out_at"] or "",
        "taken_by": row["taken_by"] or "",
    }
