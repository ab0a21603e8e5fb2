"""How a message to send reads as one line of a list, and how the numbers it leaves by stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from waconsole.clock import MINUTE
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.line import Piece, piece
from waconsole.kit.rows import Cell, Row
from waconsole.members.masking import masked_text
from waconsole.members.model import masked
from waconsole.outbox.error_words import error_words
from waconsole.outbox.outcome_words import (
    SIGNS,
    Reached,
    kind_word,
    reach_sign,
    reach_word,
    reason_words,
    state_word,
)
from waconsole.outbox.store_pane import OutgoingRow
from waconsole.outbox.store_pane_numbers import NumberRow
from waconsole.text import SafeText, _, safe

ROW_CHARACTERS_MAX: Final = 400
REASON_CHARACTERS_MAX: Final = 60
NOTHING: Final = Cell(SafeText(""))
UNTRIED_MAX: Final = MINUTE  # so long may a message be due before the header says that nobody sends it

COLUMNS: Final = (
    Column(_("state"), 11),
    Column(_("age"), 6, "right"),
    Column(_("tries"), 2, "right", priority=4),
    Column(_("delivery"), 15, priority=2),
    Column(_("to"), 17, gap=2),
    Column(_("text")),
)
# Where messages leave by several numbers.
WITH_NUMBER: Final = (*COLUMNS[:4], Column(_("number"), 12, priority=5), *COLUMNS[4:])


@dataclass(frozen=True, slots=True)
class Tongue:
    """How this screen speaks: its time zone, and whether numbers stand in full."""

    zone: tzinfo
    is_revealed: bool

    def text(self, text: str, *, lines: bool = False, characters_max: int | None = None) -> SafeText:
        """Foreign text, cut, the numbers in it masked unless they are revealed."""
        raw = text if characters_max is None else text[:characters_max]
        return safe(raw if self.is_revealed else masked_text(raw), lines=lines)

    def phone(self, phone: str) -> SafeText:
        """A number as this screen may show it."""
        return safe(phone) if self.is_revealed else masked(phone)

    def recipient(self, row: OutgoingRow, *, is_short: bool = True) -> SafeText:
        """Whom a message goes to: a group's name, else a number and the name that belongs to it."""
        name = self.text(row.name, characters_max=ROW_CHARACTERS_MAX).strip()
        if row.is_group or row.phone is None:
            return safe(name or (row.bsuid or "")[:ROW_CHARACTERS_MAX] or _("nobody"))
        number = self.phone(row.phone)
        if is_short and not self.is_revealed:
            first, *_dots, last = number.split(" ")
            number = safe(f"{first} •• {last}")
        return safe(f"{number} {name}") if name and row.name != row.phone else number


def outgoing_row(row: OutgoingRow, now: int, tongue: Tongue, *, has_number: bool = False) -> Row:
    """A message on one line: state, age, tries, WhatsApp's word, number, whom to, why, and the text last."""
    sign, role = SIGNS[row.state]
    is_over = row.state in ("cancelled", "closed")
    dot = f" {glyph('separator')} "
    before = dot.join(filter(None, (reason(row, now, tongue), kind_words(row, tongue))))
    text = tongue.text(row.text, characters_max=ROW_CHARACTERS_MAX)
    number = (
        (Cell(tongue.text(row.number, characters_max=ROW_CHARACTERS_MAX), "muted"),) if has_number else ()
    )
    return Row(
        row.id,
        (
            Cell(safe(f"{glyph(sign)} {state_word(row.state)}"), role),
            Cell(ages.ago(row.written_at, now, tongue.zone), "muted"),
            Cell(safe(str(row.attempts)) if row.attempts else SafeText(""), "muted"),
            reach_cell(row.reached),
            *number,
            Cell(tongue.recipient(row)),
            Cell(safe(f"{before}{dot}{text}") if before else text),
        ),
        role="dim" if is_over else "",
    )


def kind_words(row: OutgoingRow, tongue: Tongue) -> str:
    """What a message is when it is more than a text; a template with its name and language."""
    word = kind_word(row.kind)
    if row.kind != "template":
        return word
    return f"{word} {tongue.text(row.template, characters_max=REASON_CHARACTERS_MAX)}"


def reach_cell(reached: Reached) -> Cell:
    """WhatsApp's word with its sign; in a group those it did not reach stand behind it."""
    sign, role = reach_sign(reached)
    if not sign:
        return NOTHING
    words = f"{glyph(sign)} {reach_word(reached)}"
    if reached.failed and not reached.is_failed:
        words += f" {glyph('refused')}{reached.failed}"
    return Cell(safe(words), role)


def reason(row: OutgoingRow, now: int, tongue: Tongue) -> str:
    """Why a message is where it is, in a few words; "" when its state says it all."""
    if row.reached.is_failed and row.reached.error is not None:
        return f"{row.reached.error} {error_words(row.reached.error).short}"
    if row.state == "failed" and row.code is not None:
        return f"{row.code} {error_words(row.code).short}"
    if row.task is not None:
        return _("by hand: {state}").format(state=state_word(row.task))
    if row.state == "queued" and row.not_before is not None and row.not_before > now:
        return _("again in {span}").format(span=ages.span(row.not_before - now))
    if row.state == "scheduled" and row.not_before is not None and row.not_before > now:
        words = reason_words(row.state_reason) or _("later")
        return _("{reason}, in {span}").format(reason=words, span=ages.span(row.not_before - now))
    if not row.state_reason or (row.state, row.state_reason) == ("expired", "expired"):
        return ""
    return reason_words(row.state_reason) or tongue.text(
        row.state_reason, characters_max=REASON_CHARACTERS_MAX
    )


# How the numbers stand


def head_pieces(
    numbers: Sequence[NumberRow], tasks: int, now: int, tongue: Tongue
) -> tuple[list[Piece], list[Piece]]:
    """The line above the list: each number and whether it sends at the left, what waits at the right."""
    left: list[Piece] = []
    for place, number in enumerate(numbers):
        named = tongue.phone(number.phone) if number.phone else tongue.text(number.name)
        left += [piece(named, "title", 7 + place), _standing(number, now, tongue)]
    if not numbers:
        left.append(piece(safe(_("no number is connected: `waconsole connect` does it")), "muted"))
    total = {
        name: sum(getattr(number, name) for number in numbers)
        for name in ("queued", "sending", "held", "unknown")
    }
    oldest = min((number.oldest_at for number in numbers if number.oldest_at is not None), default=None)
    right = [_count(_("queued"), total["queued"] + total["sending"], "mine", 1)]
    if oldest is not None:
        right.append(
            piece(safe(_("oldest {age}").format(age=ages.ago(oldest, now, tongue.zone))), "muted", 2)
        )
    right += [
        _count(word, count, role, priority)
        for word, count, role, priority in (
            (_("held"), total["held"], "held", 3),
            (_("unknown"), total["unknown"], "unknown", 4),
            (_("by hand"), tasks, "owed", 5),
        )
        if count
    ]
    return left, right


def _count(word: str, count: int, role: str, priority: int) -> Piece:
    return Piece(
        (Cell(safe(f"{word} "), "muted"), Cell(safe(f"{count:,}"), role if count else "muted")), priority
    )


def _standing(number: NumberRow, now: int, tongue: Tongue) -> Piece:
    """Whether a number sends: stopped and why, paused, no network, nobody at it, sending, or nothing to do."""
    if number.stopped_reason:
        since = ages.ago(number.stopped_at, now, tongue.zone)
        why = tongue.text(number.stopped_reason, characters_max=ROW_CHARACTERS_MAX)
        return piece(safe(f"{glyph('refused')} {_('stopped {since}').format(since=since)}: {why}"), "refused")
    if number.is_paused:
        return piece(safe(f"{glyph('held')} {_('paused')}"), "held")
    if number.retry_at is not None:
        again = ages.span(max(0, number.retry_at - now))
        words = _("offline, next try in {span}").format(span=again)
        return piece(safe(f"{glyph('offline')} {words}"), "held")
    if number.sending:
        return piece(safe(f"{glyph('online')} {_('sending')}"), "done")
    if number.due_at is not None and now - max(number.due_at, number.tried_at or 0) > UNTRIED_MAX:
        words = _("nobody sends: start `waconsole sync --watch`")
        return piece(safe(f"{glyph('risk')} {words}"), "owed")
    if number.queued:
        return piece(safe(f"{glyph('online')} {_('sending')}"), "done")
    return piece(safe(f"{glyph('online')} {_('ready')}"), "done")
