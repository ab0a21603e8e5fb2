"""The one-line prompt behind `:` and `/`, with history and completion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from waconsole.kit.entry import Entry
from waconsole.kit.history import History
from waconsole.kit.line import SafeLine
from waconsole.text import ForeignText, SafeText, _, safe

CANDIDATES_MAX: Final = 20

Complete = Callable[[str], Sequence[str]]


class PromptInput(Entry):
    """The line being typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "up", "ask('earlier')", _("Earlier"), id="prompt.up", tooltip=_("The line before."), show=False
        ),
        Binding(
            "down", "ask('later')", _("Later"), id="prompt.down", tooltip=_("The line after."), show=False
        ),
        Binding(
            "tab",
            "ask('next')",
            _("Complete"),
            id="prompt.next",
            tooltip=_("The next completion."),
            show=False,
        ),
        Binding(
            "shift+tab",
            "ask('previous')",
            _("Complete back"),
            id="prompt.previous",
            tooltip=_("The completion before."),
            show=False,
        ),
        Binding(
            "escape", "ask('leave')", _("Back"), id="prompt.back", tooltip=_("Leave the prompt."), show=False
        ),
    ]

    class Asked(Message):
        """A key that is not for editing."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def action_ask(self, what: str) -> None:
        """Hand the wish to the prompt."""
        self.post_message(self.Asked(what))


class Prompt(Vertical):
    """A label, a line to type on and the completions above it. Hidden until `open`.

    `Changed` follows every key, `Submitted` ends with a line, `Cancelled` without one.
    """

    DEFAULT_CSS = """
    Prompt { height: auto; display: none; background: $panel; }
    Prompt > Horizontal { height: 1; }
    Prompt .prompt--label { width: auto; color: $role-accent; text-style: bold; padding-left: 1; }
    Prompt > .prompt--candidates { color: $role-muted; padding: 0 1; display: none; }
    Prompt PromptInput { width: 1fr; background: $panel; }
    """

    class PromptMessage(Message):
        """Something happened on the prompt that was opened under `label`."""

        def __init__(self, label: str, text: ForeignText) -> None:
            super().__init__()
            self.label = label
            self.text = text

    class Changed(PromptMessage):
        """The line reads `text` now."""

    class Submitted(PromptMessage):
        """The operator means `text`."""

    class Cancelled(PromptMessage):
        """The operator left; `text` is what stood there when the prompt was opened."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label = ""
        self._initial = ""
        self._history = History()
        self._complete: Complete | None = None
        self._candidates: tuple[str, ...] = ()
        self._chosen = -1
        self._filled: str | None = None

    def compose(self) -> ComposeResult:
        """Completions, label, line."""
        yield SafeLine(SafeText(""), classes="prompt--candidates")
        with Horizontal():
            yield SafeLine(SafeText(""), classes="prompt--label")
            yield PromptInput(compact=True)

    def open(
        self, label: SafeText, *, history: History, complete: Complete | None = None, text: str = ""
    ) -> None:
        """Ask for a line under `label` (`:` or `/`); `complete` answers with whole lines."""
        self._label, self._initial, self._history, self._complete = label, text, history, complete
        history.rewind()
        self.query_one(".prompt--label", SafeLine).show(label)
        self.display = True
        line = self.query_one(PromptInput)
        self._fill(text)
        line.focus()
        self._offer(text)

    def _fill(self, text: str) -> None:
        """Put `text` on the line by ourselves: it is not typed, so it starts no new completion."""
        line = self.query_one(PromptInput)
        if line.value != text:
            self._filled = text
            line.value = text
        line.cursor_position = len(text)

    def _offer(self, text: str) -> None:
        found = self._complete(text) if self._complete is not None else ()
        self._candidates = tuple(found)[:CANDIDATES_MAX]
        self._chosen = -1
        self._show_candidates()

    def _show_candidates(self) -> None:
        shown = self._candidates[max(0, self._chosen) :]
        line = self.query_one(".prompt--candidates", SafeLine)
        line.show(safe("   ".join(shown)))
        line.display = bool(shown)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Offer completions for what was typed."""
        message.stop()
        if message.value == self._filled:
            self._filled = None
        else:
            self._offer(message.value)
        if self.display:
            self.post_message(self.Changed(self._label, ForeignText(message.value)))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """The line is meant."""
        message.stop()
        if message.value.strip():
            self._history.add(message.value)
        self._end(self.Submitted(self._label, ForeignText(message.value)))

    def on_prompt_input_asked(self, message: PromptInput.Asked) -> None:
        """History, completion, or leaving."""
        message.stop()
        match message.what:
            case "leave":
                self._end(self.Cancelled(self._label, ForeignText(self._initial)))
            case "earlier" | "later":
                line = self._history.step(-1 if message.what == "earlier" else 1)
                if line is not None:
                    self._fill(line)
                    self._offer(line)
            case _ if self._candidates:
                step = 1 if message.what == "next" else -1
                first = 0 if step == 1 else len(self._candidates) - 1
                self._chosen = first if self._chosen < 0 else (self._chosen + step) % len(self._candidates)
                self._fill(self._candidates[self._chosen])
                self._show_candidates()

    def _end(self, message: PromptMessage) -> None:
        self.display = False
        self.post_message(message)
