"""How segments and the lines of a rule read on the screen."""

from __future__ import annotations

from typing import Final

from waconsole.kit.cells import fit
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Record
from waconsole.kit.rows import Cell, Row
from waconsole.members.masking import masked_text
from waconsole.members.model import masked
from waconsole.segments.outline import ALL_OF, ANY_OF, INDENT_CELLS, LEAF, OR, Line
from waconsole.segments.service_composing import Counted, CountedLine, Tally
from waconsole.segments.store_segments import Version
from waconsole.text import SafeText, _, safe

BAR_CELLS: Final = 8
BAR: Final = "▇"
CONDITION_CELLS: Final = 32  # bars leave before a condition is cut that most fit in
WORDS_CHARACTERS_MAX: Final = 400
NAME_CHARACTERS_MAX: Final = 200
BRIEF_CELLS: Final = 18
DIGITS: Final = 2
COLUMNS: Final = (
    Column(_("members"), 9, "right", gap=2),
    Column(_("a day"), 7, "right", gap=2),
    Column(_("review"), 12, gap=2),
    Column(_("owner"), 8, priority=1),
    Column(_("saved"), 5, "right", priority=2, gap=2),
    Column(_("segment"), 18, gap=2),
    Column(_("what it is for")),
)
LINE_COLUMNS: Final = (
    Column(_("alone"), 10, "right"),
    Column(_("so far"), 10, "right", gap=2, priority=1),
    Column("", BAR_CELLS, priority=2),
    Column(_("condition"), least=CONDITION_CELLS),
)
LOOK_COLUMNS: Final = (Column(_("members"), 10, "right", gap=2), Column(_("what")))
NOTHING: Final = Cell(SafeText(""))
NO_LINE: Final = -1
"""The key of what stands there while a rule has no line."""


def signed(change: int) -> str:
    """A change with its sign; the same is the same."""
    return f"{change:+,}".replace("-", "−") if change else "="


def bar(count: int, of: int) -> str:
    """A bar of at most `BAR_CELLS`; whoever is there at all is seen."""
    return BAR * max(1, round(BAR_CELLS * count / of)) if count and of else ""


def who(name: str, phone: str | None, *, is_revealed: bool) -> SafeText:
    """Somebody as a shared screen may show them."""
    number = "" if phone is None else phone if is_revealed else masked(phone)
    said = (name if is_revealed else masked_text(name))[:NAME_CHARACTERS_MAX].strip()
    return safe(f"{said} ({number})" if said and number else said or number)


def briefly(name: str, phone: str | None, *, is_revealed: bool) -> SafeText:
    """Somebody in `BRIEF_CELLS`, so that what is told of several stands in one column: of a masked number its last digits."""
    if is_revealed or not name or not phone:
        return who(name, phone, is_revealed=is_revealed)
    digits = f" {masked(phone)[-DIGITS:]}"
    return safe(fit(safe(masked_text(name)), BRIEF_CELLS - len(digits), ellipsis=glyph("ellipsis")) + digits)


# The list of segments


def segment_row(version: Version, tally: Tally | None, *, is_due: bool, has_draft: bool) -> Row:
    """One saved segment."""
    ellipsis = Cell(SafeText(glyph("ellipsis")), "dim")
    if tally is None:
        count, change = ellipsis, NOTHING
    elif tally.count is None:
        count, change = Cell(safe(_("cannot be")), "refused"), Cell(safe(_("asked")), "refused")
    else:
        count = Cell(SafeText(f"{tally.count:,}"))
        moved = None if tally.before is None else tally.count - tally.before
        change = (
            NOTHING if moved is None else Cell(SafeText(signed(moved)), "muted" if not moved else "accent")
        )
    review = (
        Cell(safe(f"{glyph('owed')} {version.review_on}"), "owed")
        if is_due
        else Cell(safe(version.review_on), "muted")
    )
    draft = f"{glyph('here')} {_('draft')}  " if has_draft else ""
    kind = f"{_('a list')}  " if version.is_list else ""
    cells = (
        count, change, review, Cell(safe(version.owner), "muted"), Cell(SafeText(f"v{version.version}"), "muted"),
        Cell(safe(version.name)), Cell(safe(f"{draft}{kind}{version.purpose}"), "muted"),
    )  # fmt: skip
    return Row(version.segment_id, cells)


def draft_row(text: str) -> Row:
    """A rule that was begun and is not saved under any name."""
    draft = Cell(safe(f"{glyph('here')} {_('draft')}"), "accent")
    return Row(0, (*(NOTHING,) * 5, draft, Cell(safe(text[:WORDS_CHARACTERS_MAX]))))


def segment_record(version: Version, tally: Tally | None) -> Record:
    """A segment as it is copied."""
    return {
        "segment": version.name, "version": version.version, "members": None if tally is None else tally.count,
        "before": None if tally is None else tally.before, "owner": version.owner, "review_on": version.review_on,
        "purpose": version.purpose, "rule": version.rule, "text": version.rule or version.name,
    }  # fmt: skip


# The lines of a rule


def line_words(line: Line) -> str:
    """A line as it reads: how far in, what joins it, its nots, and what it says."""
    joint = f"{_('or')} " if line.joint == OR else f"{_('and')} " if line.joint else ""
    nots = f"{_('not')} " * line.nots
    words = {ALL_OF: _("all of"), ANY_OF: _("any of"), LEAF: ""}[line.kind] or line.text
    return " " * (INDENT_CELLS * line.depth) + joint + nots + words[:WORDS_CHARACTERS_MAX]


def line_rows(counted: Counted | None, *, is_stale: bool) -> list[Row]:
    """Every line of a rule with its numbers; without them where the text is no rule at the moment."""
    if counted is None:
        return []
    if not counted.lines:
        words = _("everybody, until a condition is typed: clicks(7d) >= 3 and lang:fr")
        return [Row(NO_LINE, (NOTHING, NOTHING, NOTHING, Cell(safe(words), "dim")))]
    return [_line_row(place, one, counted, is_stale=is_stale) for place, one in enumerate(counted.lines)]


def _line_row(place: int, one: CountedLine, counted: Counted, *, is_stale: bool) -> Row:
    words = Cell(safe(line_words(one.line)), "" if one.line.kind == LEAF else "muted")
    if is_stale:
        return Row(place, (NOTHING, NOTHING, NOTHING, words), "dim")
    so_far = NOTHING if one.so_far is None else Cell(SafeText(f"{one.so_far:,}"), "title")
    return Row(
        place,
        (
            Cell(SafeText(f"{one.count:,}")), so_far, Cell(safe(bar(one.count, counted.of)), "accent"),
            words,
        ),
    )  # fmt: skip
