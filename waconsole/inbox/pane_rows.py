"""How a conversation and a thread entry read as one line of a list: clock, sign, word, count, name, text last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Final, NamedTuple

from waconsole.clock import HOUR
from waconsole.inbox import store_thread
from waconsole.inbox.model import FILE_TYPES, span_words, until_words, when_words
from waconsole.inbox.pane_window import SHORT_MAX, is_closed
from waconsole.inbox.pane_words import kind_word, media_word, sent_sign, sent_words, type_word
from waconsole.inbox.store_list import ConversationRow
from waconsole.inbox.store_thread import Entry
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell, Row
from waconsole.members.masking import masked_text
from waconsole.members.model import masked
from waconsole.text import SafeText, _, safe

ROW_CHARACTERS_MAX: Final = 400
NOTHING: Final = Cell(SafeText(""))

CONVERSATION_COLUMNS: Final = (
    Column(_("clock"), 4),
    Column(_("state"), 11),
    Column(_("unread"), 5, "right"),
    Column(_("owed"), 3, "right"),
    Column(_("taken"), 1),
    Column(_("whose"), 6, priority=2),
    Column(_("name"), 20, gap=2),
    Column(_("text"), priority=3),
)
ENTRY_COLUMNS: Final = (
    Column(_("sign"), 1),
    Column(_("time"), 6, "right", gap=2),
    Column(_("author"), 13, gap=2),
    Column(_("text")),
)


class Voice(NamedTuple):
    """How this screen speaks: its time zone, who looks at it, and whether numbers stand in full."""

    zone: tzinfo
    me: str
    is_revealed: bool

    def phone(self, phone: str) -> SafeText:
        """A number as this screen may show it."""
        return safe(phone) if self.is_revealed else masked(phone)

    def short_phone(self, phone: str) -> SafeText:
        """A number in a narrow column: the country and the last digits, `+33 •• 42`."""
        if self.is_revealed:
            return safe(phone)
        first, *_dots, last = masked(phone).split(" ")
        return safe(f"{first} •• {last}")

    def text(self, text: str, *, lines: bool = False) -> SafeText:
        """Foreign text, the numbers in it masked unless they are revealed."""
        return safe(text if self.is_revealed else masked_text(text), lines=lines)

    def name(self, name: str, phone: str | None, *, is_short: bool = False) -> SafeText:
        """A person or group as this screen names it."""
        if phone is not None and (not name.strip() or name == phone):
            return self.short_phone(phone) if is_short else self.phone(phone)
        return self.text(name[:ROW_CHARACTERS_MAX]) if name.strip() else safe(_("no name"))


def conversation_row(row: ConversationRow, now: int, voice: Voice) -> Row:
    """A conversation on one line: the clock that dies first, its state, counts, whose, name, preview."""
    state = _state(row, now)
    is_quiet = row.muted or row.snoozed_until > now
    preview = f"{_('draft')}: " if row.draft else ""
    if (row.owed or row.unread) and is_closed(row.driver, row.window_until, now):
        preview = f"{_('template needed')} {glyph('separator')} {preview}"
    return Row(
        row.id,
        (
            _clock(row, now),
            state,
            Cell(safe(f"{glyph('unread')}{row.unread:,}"), "" if is_quiet else "unread")
            if row.unread
            else NOTHING,
            Cell(safe(f"{glyph('owed')}{row.owed}"), "" if is_quiet else "owed") if row.owed > 1 else NOTHING,
            *_whose(row, voice.me),
            Cell(
                voice.name(row.name, row.phone), "" if is_quiet else "title" if row.owed or row.unread else ""
            ),
            Cell(safe(preview + voice.text(row.preview[:ROW_CHARACTERS_MAX])), "muted"),
        ),
        "dim" if is_quiet else "",
    )


def _first_clock(row: ConversationRow, now: int) -> tuple[int | None, bool]:
    """The clock that dies first, and whether it is that of the service window."""
    window = row.window_until if row.window_until is not None and row.window_until > now else None
    if window is not None and (row.owed_until is None or window < row.owed_until):
        return window, True
    return row.owed_until, False


def _clock(row: ConversationRow, now: int) -> Cell:
    if row.snoozed_until > now:
        return Cell(until_words(row.snoozed_until, now))
    at, _is_window = _first_clock(row, now)
    if at is None:
        return Cell(safe(f"{span_words(now - row.last_at):>4}"), "dim") if row.last_at else NOTHING
    words = until_words(at, now)
    if at <= now:
        return Cell(SafeText(_("late")), "overdue")
    if at - now < HOUR:
        return Cell(safe(f"{glyph('clock')}{words:>3}"), "owed")
    return Cell(safe(f"{words:>4}"))


def _state(row: ConversationRow, now: int) -> Cell:
    if row.muted:
        return Cell(safe(f"{glyph('held')} {_('muted')}"), "held")
    if row.snoozed_until > now:
        return Cell(safe(f"{glyph('clock')} {_('snoozed')}"), "held")
    at, is_window = _first_clock(row, now)
    if is_window and at is not None and at - now < SHORT_MAX:
        return Cell(safe(f"{glyph('risk')} {_('window')}"), "owed")
    if row.item_kind is not None:
        return Cell(safe(f"{glyph('owed')} {kind_word(row.item_kind)}"), "owed")
    if row.unread:
        return Cell(safe(f"{glyph('unread')} {_('unread')}"), "unread")
    return Cell(safe(f"  {_('quiet')}"), "dim")


def _whose(row: ConversationRow, me: str) -> tuple[Cell, Cell]:
    """A sign and a word for who has it: taken (somebody is at it now) or assigned (it is somebody's)."""
    if row.taken_by is not None:
        is_mine = row.taken_by == me
        word = _("taken") if is_mine else row.taken_by[:ROW_CHARACTERS_MAX]
        role = "mine" if is_mine else "held"
        return Cell(safe(glyph("here")), role), Cell(safe(word), role)
    if row.assigned_to is not None:
        is_mine = row.assigned_to == me
        word = _("mine") if is_mine else row.assigned_to[:ROW_CHARACTERS_MAX]
        role = "mine" if is_mine else "muted"
        return Cell(safe(glyph("separator")), role), Cell(safe(word), role)
    return NOTHING, NOTHING


def entry_row(entry: Entry, now: int, voice: Voice, is_unread: Callable[[Entry], bool]) -> Row:
    """A thread entry on one line: sign, time, author, text; an item says its kind before the text."""
    sign, role = _sign(entry, is_unread)
    author_role = "mine" if entry.direction == "out" else "muted" if entry.kind == "system" else "title"
    return Row(
        entry.key,
        (
            Cell(safe(sign), role),
            Cell(when_words(entry.at, now, voice.zone), "muted"),
            Cell(
                author(entry, voice, is_short=True),
                "note" if entry.source == store_thread.NOTE else author_role,
            ),
            Cell(line_text(entry, voice), _text_role(entry)),
        ),
    )


def author(entry: Entry, voice: Voice, *, is_short: bool = False) -> SafeText:
    """Who wrote an entry; WhatsApp's own lines have no author."""
    if entry.kind == "system" and not entry.sender:
        return SafeText("")
    return voice.name(entry.sender, entry.phone, is_short=is_short)


def _sign(entry: Entry, is_unread: Callable[[Entry], bool]) -> tuple[str, str]:
    if entry.source == store_thread.NOTE:
        return glyph("note"), "note"
    if entry.out_state:
        name, role = sent_sign(entry)
        return glyph(name), role
    if entry.item_state == "open":
        return glyph("owed"), "owed"
    if entry.item_state == "done":
        return glyph("done"), "done"
    if is_unread(entry):
        return glyph("unread"), "unread"
    if entry.item_state == "dropped":
        return glyph("refused"), "dim"
    return " ", ""


def _text_role(entry: Entry) -> str:
    if entry.source == store_thread.NOTE:
        return "note"
    if entry.item_state == "open":
        return "owed"
    if entry.kind in ("system", "deleted"):
        return "dim"
    return "mine" if entry.direction == "out" else ""


def line_text(entry: Entry, voice: Voice) -> SafeText:
    """The text of an entry as it stands in its line."""
    parts: list[str] = []
    if entry.out_state:
        parts.append(sent_words(entry))
    elif entry.item_kind is not None and entry.item_state != "dropped":
        parts.append(kind_word(entry.item_kind))
    if entry.kind == "deleted":
        parts.append(_("deleted message"))
    file_kind = entry.media_kind or (entry.type if entry.type in FILE_TYPES else None)
    if file_kind is not None:
        parts.append(f"[{media_word(file_kind)}]")
    if entry.edited:
        parts.append(_("edited"))
    text = voice.text(entry.text[:ROW_CHARACTERS_MAX])
    if not text and entry.kind == "text" and file_kind is None and (word := type_word(entry.type)):
        parts.append(f"[{word}]")
    said = f" {glyph('separator')} ".join(parts)
    if not text and entry.media_name:
        text = voice.text(entry.media_name[:ROW_CHARACTERS_MAX])
    return safe(f"{said}  {text}" if said and text else said or text)


def new_line_row(key: int, count: int) -> Row:
    """The line above the first message that was new when the thread was opened."""
    rule = glyph("rule") * 3
    words = _("{count} new below").format(count=f"{count:,}")
    return Row(key, (NOTHING, NOTHING, NOTHING, Cell(safe(f"{rule} {words} {rule}"), "unread")), "unread")
