"""The reply box: Enter queues, Ctrl+J breaks the line, Escape keeps the draft."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import TextArea

from waconsole.kit.line import SafeLine
from waconsole.text import ForeignText, SafeText, _

_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class ReplyText(TextArea):
    """The text being written. It keeps Textual's editing keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "queue", _("Queue"), id="reply.queue", tooltip=_("Queue what is written."), priority=True
        ),
        Binding(
            "ctrl+j,shift+enter",
            "break_line",
            _("New line"),
            id="reply.break_line",
            tooltip=_("Begin a new line."),
            priority=True,
        ),
        Binding(
            "escape",
            "keep",
            _("Back"),
            id="reply.back",
            tooltip=_("Leave and keep the draft."),
            priority=True,
        ),
    ]

    def on_mount(self) -> None:
        """A still screen: nothing is painted while nothing happens."""
        self.cursor_blink = False

    class Done(Message):
        """The operator pressed a key that ends the writing."""

        def __init__(self, *, is_queued: bool) -> None:
            super().__init__()
            self.is_queued = is_queued

    def action_queue(self) -> None:
        """Queue what is written; an empty text is not a message."""
        if self.text.strip():
            self.post_message(self.Done(is_queued=True))

    def action_break_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_keep(self) -> None:
        """Leave and keep the draft."""
        self.post_message(self.Done(is_queued=False))


class ReplyBox(Vertical):
    """A title, the text, and a line that says what becomes of it. Hidden until `open`."""

    DEFAULT_CSS = """
    ReplyBox { height: auto; max-height: 12; display: none; }
    ReplyBox > .reply--title { color: $role-accent; padding: 0 1; }
    ReplyBox > .reply--fate { color: $role-muted; padding: 0 1; }
    ReplyBox > ReplyText {
        height: auto; min-height: 1; max-height: 8; border: none; padding: 0 1; background: $surface;
    }
    ReplyBox.-note > .reply--title { color: $role-note; text-style: italic; }
    ReplyBox.-note > ReplyText { background: $note-background; }
    """

    class Queued(Message):
        """The operator wants `text` sent, or kept as a private note."""

        def __init__(self, text: ForeignText, *, is_note: bool) -> None:
            super().__init__()
            self.text = text
            self.is_note = is_note

    class Kept(Message):
        """The operator left; `text` is the draft to bring back, empty when nothing was written."""

        def __init__(self, text: ForeignText, *, is_note: bool) -> None:
            super().__init__()
            self.text = text
            self.is_note = is_note

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._is_note = False

    def compose(self) -> ComposeResult:
        """Title, text, fate."""
        yield SafeLine(SafeText(""), classes="reply--title")
        yield ReplyText(soft_wrap=True, show_line_numbers=False, highlight_cursor_line=False, compact=True)
        yield SafeLine(SafeText(""), classes="reply--fate")

    def open(self, title: SafeText, fate: SafeText, *, draft: str = "", is_note: bool = False) -> None:
        """Write under `title`; `fate` says what becomes of it. A note never leaves the house."""
        self._is_note = is_note
        self.set_class(is_note, "-note")
        self.query_one(".reply--title", SafeLine).show(title)
        self.query_one(".reply--fate", SafeLine).show(fate)
        text = self.query_one(ReplyText)
        text.load_text(draft)
        text.move_cursor(text.document.end)
        self.display = True
        text.focus()

    def on_reply_text_done(self, message: ReplyText.Done) -> None:
        """Close the box and hand the text over, without control characters a paste may bring."""
        message.stop()
        text = ForeignText(_CONTROLS.sub("", self.query_one(ReplyText).text))
        self.display = False
        kind = self.Queued if message.is_queued else self.Kept
        self.post_message(kind(text, is_note=self._is_note))
