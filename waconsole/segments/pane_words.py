"""What the acts of the segments pane say, and how they say it on the `:` line. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from waconsole.kit import ages
from waconsole.kit.reader import Line
from waconsole.query.mistakes import QueryError
from waconsole.query.parse import parse
from waconsole.segments import pane_rows
from waconsole.segments.outline import lines_of
from waconsole.segments.store_segments import Version
from waconsole.text import SafeText, _, safe

VERSIONS_SHOWN_MAX: Final = 200


def on_the_line(text: str) -> str:
    """A text as one word of the `:` line, which knows no quote within a quote; a rule reads the other quotes as well."""
    plain = " ".join(text.split()).replace('"', "\u201d")
    return f'"{plain}"'


def outline_of(rule: str) -> list[str]:
    """The lines of a rule as they read in the outline; the text itself where it is no rule."""
    try:
        return [pane_rows.line_words(one) for one in lines_of(parse(rule))]
    except QueryError:
        return [rule]


def difference(before: str, after: str) -> list[Line]:
    """Two rules line by line: what went, what came, what stayed."""
    found: list[Line] = []
    for line in difflib.ndiff(outline_of(before), outline_of(after)):
        sign, words = line[0], line[2:]
        if sign in "+-":
            found.append(Line(safe(f"{sign} {words}"), "done" if sign == "+" else "refused"))
        elif sign == " ":
            found.append(Line(safe(f"  {words}"), "muted"))
    return found


def versions(found: Sequence[Version], zone: tzinfo) -> list[Line]:
    """Every version of a segment, the last one first."""
    lines: list[Line] = []
    for one in list(reversed(found))[:VERSIONS_SHOWN_MAX]:
        listed = _("a list of {count}").format(count=f"{len(one.members):,}")
        what = _("dropped") if one.is_dropped else one.rule or listed
        lines.append(
            Line(safe(f"v{one.version}  {ages.exact(one.saved_at, zone)}  {one.owner}  {what}"), "muted")
        )
    return lines


def heading(words: str) -> Line:
    """A line that begins something."""
    return Line(safe(words), "title")


EMPTY: Final = Line(SafeText(""))
