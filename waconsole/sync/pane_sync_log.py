"""How an attempt to send, and a body that came in, read as one line of the live log."""

from __future__ import annotations

import re
from typing import Final

from waconsole.clock import SECOND, moment
from waconsole.database.connection import Row as Fetched
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell
from waconsole.outbox.error_words import error_words
from waconsole.outbox.pane_outgoing_rows import Tongue
from waconsole.text import SafeText, _, safe

TEXT_CHARACTERS_MAX: Final = 400
KIND_CHARACTERS_MAX: Final = 80
NOTHING: Final = Cell(SafeText(""))


def log_cells(one: Fetched, now: int, tongue: Tongue) -> tuple[Cell, ...]:
    """One line of the log: an attempt or a body."""
    return _attempt(one, tongue) if one["way"] == "out" else _body(one, tongue)


def _clock_time(at: int, tongue: Tongue) -> SafeText:
    return safe(f"{moment(at, tongue.zone):%H:%M:%S}")


def _attempt(one: Fetched, tongue: Tongue) -> tuple[Cell, ...]:
    sign, role = {
        "accepted": ("done", "done"), "refused": ("refused", "refused"), "unsent": ("held", "held"),
        "unknown": ("unknown", "unknown"),
    }.get(one["state"], ("reply", "mine"))  # fmt: skip
    words = {
        "accepted": _("accepted"), "refused": _("refused"), "unsent": _("not sent"), "unknown": _("answer lost"),
    }.get(one["state"], _("on its way"))  # fmt: skip
    says = f"{_clock_time(one['at'], tongue)} {words}"
    if one["state"]:
        says += f" {_('after {span}').format(span=_milliseconds(one['took']))}"
    if one["code"] is not None:
        says += f": {one['code']} {error_words(one['code']).short}"
    text = tongue.text(one["text"], characters_max=TEXT_CHARACTERS_MAX)
    return (
        Cell(safe(f"{glyph(sign)} {_('out')}"), role),
        NOTHING,
        Cell(safe(_("try {n}").format(n=one["times"])), "muted"),
        Cell(safe(f"{says} {glyph('separator')} {text}"), role if role in ("refused", "unknown") else ""),
    )


def _body(one: Fetched, tongue: Tongue) -> tuple[Cell, ...]:
    waits = one["state"] == "waiting"
    says = f"{_clock_time(one['at'], tongue)} "
    kind = tongue.text(_spoken(one["detail"]), characters_max=KIND_CHARACTERS_MAX)
    says += _("kept, waits to be taken apart") if waits else kind
    if one["took"] > 1:
        says += f" {_('and {count} more').format(count=one['took'] - 1)}"
    if one["code"]:
        says += f" {glyph('separator')} {_('{count} stand aside').format(count=one['code'])}"
    if one["times"] > 1:
        says += f" {glyph('separator')} {_('came {count} times').format(count=one['times'])}"
    role = "refused" if one["code"] else "held" if waits else ""
    return (
        Cell(safe(f"{glyph('here')} {_('in')}"), role or "done"),
        NOTHING,
        Cell(safe(one["text"]), "muted"),
        Cell(safe(says), role),
    )


def _milliseconds(took: int) -> str:
    return f"{took / SECOND:.1f} s" if took >= SECOND else f"{max(0, took) // 1_000} ms"


def _spoken(kind: str) -> str:
    """`MessageReceived` as `message received`; what WhatsApp calls it is left as it came."""
    if not kind.isascii() or not kind.isalpha() or kind.upper() == kind:
        return kind
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()
