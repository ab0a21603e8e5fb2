"""Times as a row says them: short spans under a day, clocks that run out, dates after."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from waconsole.clock import DAY, HOUR, moment, span_words
from waconsole.kit.rows import Cell
from waconsole.text import SafeText, _, safe

LAST_HOUR: Final = HOUR


def span(microseconds: int) -> SafeText:
    """A span of time in at most four characters: `40s`, `3m`, `2h`, `12d`, `14w`, `3y`."""
    return SafeText(span_words(microseconds))


def ago(at: int | None, now: int, zone: tzinfo) -> SafeText:
    """When something was: how long ago within a day, else the date (`20 Nov`, `20 Nov 2025`)."""
    if at is None:
        return SafeText("")
    if 0 <= now - at < DAY:
        return span(now - at)
    local = moment(at, zone)
    if 0 <= now - at < 300 * DAY:
        return SafeText(f"{local.day} {local:%b}")
    return SafeText(f"{local.day} {local:%b %Y}")


def exact(at: int | None, zone: tzinfo) -> SafeText:
    """The instant in full, to the minute, in `zone`."""
    return SafeText("") if at is None else SafeText(f"{moment(at, zone):%d %b %Y %H:%M}")


def left(until: int, now: int) -> Cell:
    """How long is left of a clock, as a cell: `late` once it has run out."""
    if until <= now:
        return Cell(safe(_("late")), "overdue")
    return Cell(span(until - now), "owed" if until - now < LAST_HOUR else "")
