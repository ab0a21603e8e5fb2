"""The one-line prompt behind `:` and `/`, with history and completion.

A line in a language has a `Guide`: a menu of what may stand where the cursor is, and under the line what is
wrong with it, the place underlined. Both come a moment after the key, so that the key is painted first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from waconsole.kit.cells import width
from waconsole.kit.glyphs import glyph
from waconsole.kit.history import History
from waconsole.kit.line import SafeLine
from waconsole.kit.promptline import PromptInput, Underline
from waconsole.kit.suggest import Guide, Menu, Suggestion, Wrong
from waconsole.text import ForeignText, SafeText, safe

__all__ = ["Complete", "Prompt", "PromptInput"]

CANDIDATES_MAX: Final = 20
GUIDE_SECONDS: Final = 0.03
GUIDED_CHARACTERS_MAX: Final = 2_000  # what can be checked behind every key

Complete = Callable[[str], Sequence[str]]


class Prompt(Vertical):
    """A label, a line to type on and the completions above it. Hidden until `open`.

    `Changed` follows every key, `Submitted` ends with a line, `Cancelled` without one.
    """

    DEFAULT_CSS = """
    Prompt { height: auto; display: none; background: $panel; }
    Prompt > .prompt--wrong { color: $role-refused; padding: 0 1; display: none; }
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
        self._guide: Guide | None = None
        self._guiding: Timer | None = None
        self._underline = Underline()

    def compose(self) -> ComposeResult:
        """Completions, label, line, what is wrong."""
        yield Menu()
        yield SafeLine(SafeText(""), classes="prompt--candidates")
        with Horizontal():
            yield SafeLine(SafeText(""), classes="prompt--label")
            yield PromptInput(compact=True, highlighter=self._underline)
        yield SafeLine(SafeText(""), classes="prompt--wrong")

    @property
    def menu(self) -> Menu:
        """What may stand where the cursor is."""
        return self.query_one(Menu)

    def open(
        self,
        label: SafeText,
        *,
        history: History,
        complete: Complete | None = None,
        text: str = "",
        guide: Guide | None = None,
        hint: SafeText = SafeText(""),
    ) -> None:
        """Ask for a line under `label` (`:` or `/`); `complete` answers with whole lines.

        A `guide` knows the language of the line; `hint` stands on it while it is empty.
        """
        self._label, self._initial, self._history, self._complete = label, text, history, complete
        self._guide = guide
        history.rewind()
        self.query_one(".prompt--label", SafeLine).show(label)
        self.display = True
        line = self.query_one(PromptInput)
        line.placeholder = hint
        line.max_length = GUIDED_CHARACTERS_MAX if guide is not None else 0
        self._fill(text)
        self.menu.close()
        self._show_wrong(None)
        line.focus()
        self._offer(text)

    def _fill(self, text: str, cursor: int | None = None) -> None:
        """Put `text` on the line by ourselves: it is not typed, so it starts no new completion."""
        line = self.query_one(PromptInput)
        if line.value != text:
            self._filled = text
            line.value = text
        line.cursor_position = len(text) if cursor is None else cursor

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

    # The guide

    def _guide_soon(self) -> None:
        if self._guide is not None:
            self._guide_later()
            self._guiding = self.set_timer(GUIDE_SECONDS, self._guide_now)

    def _guide_later(self) -> None:
        if self._guiding is not None:
            self._guiding.stop()
            self._guiding = None

    def _guide_now(self, *, is_asked: bool = False) -> None:
        """Say what may follow and what is wrong. The fields are shown unasked once one is begun."""
        self._guide_later()
        if self._guide is None or not self.display:
            return
        line = self.query_one(PromptInput)
        text, cursor = line.value, line.cursor_position
        found = self._guide.suggest(text, cursor)
        if not is_asked and (not cursor or text[cursor - 1].isspace()):
            found = ()
        self._show_menu(found)
        wrong = self._guide.check(text)
        # A word that is still being written is not wrong yet.
        self._show_wrong(wrong if wrong is None or not _covers(found, wrong) else None)

    def _show_menu(self, found: Sequence[Suggestion]) -> None:
        line = self.query_one(PromptInput)
        before = line.value[: found[0].start] if found else ""
        column = width(self._label) + 1 + width(before) - line.scroll_offset.x
        self.menu.offer(found, column, max(1, self.size.width))

    def _show_wrong(self, wrong: Wrong | None) -> None:
        self._underline.wrong = wrong
        self.query_one(PromptInput).refresh()
        says = self.query_one(".prompt--wrong", SafeLine)
        says.show(safe(f"{glyph('refused')} {wrong.sentence}") if wrong is not None else SafeText(""))
        says.display = wrong is not None

    def _take(self) -> None:
        """Put the chosen suggestion on the line, and say what may follow it."""
        menu = self.menu
        if self._guiding is not None or not menu.is_open:
            self._guide_now(is_asked=True)
            if not menu.is_open or menu.rows[0].start == self.query_one(PromptInput).cursor_position:
                return  # nothing is begun: what there is is shown first
        one = menu.rows[menu.chosen]
        text = one.put_in(self.query_one(PromptInput).value)
        self._fill(text, one.start + len(one.insert))
        self._guide_now()

    # Keys

    def on_input_changed(self, message: Input.Changed) -> None:
        """Offer completions for what was typed."""
        message.stop()
        if message.value == self._filled:
            self._filled = None
        else:
            self._offer(message.value)
            self._guide_soon()
        if self.display:
            self.post_message(self.Changed(self._label, ForeignText(message.value)))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """The line is meant, unless Enter takes what was chosen in the menu, or the line is wrong."""
        message.stop()
        if self.menu.is_open and self.menu.is_moved:
            self._take()
            return
        if self._guide is not None and (wrong := self._guide.check(message.value)) is not None:
            self._guide_later()
            self.menu.close()
            self._show_wrong(wrong)
            return
        if message.value.strip():
            self._history.add(message.value)
        self._end(self.Submitted(self._label, ForeignText(message.value)))

    def on_prompt_input_asked(self, message: PromptInput.Asked) -> None:
        """History, completion, or leaving."""
        message.stop()
        is_empty = not self.query_one(PromptInput).value
        match message.what:
            case "leave" if self.menu.is_open:
                self._guide_later()
                self.menu.close()
            case "leave":
                self._end(self.Cancelled(self._label, ForeignText(self._initial)))
            case "earlier" | "later" if self.menu.is_open:
                self.menu.step(-1 if message.what == "earlier" else 1)
            case "later" if is_empty and self._guide is not None:
                self._guide_now(is_asked=True)
            case "earlier" | "later":
                line = self._history.step(-1 if message.what == "earlier" else 1)
                if line is not None:
                    self._fill(line)
                    self._offer(line)
            case "next" | "take" if self._guide is not None:
                if message.what == "next" or self.menu.is_open:
                    self._take()
            case "previous" if self._guide is not None:
                self.menu.step(-1)
            case "next" | "previous" if self._candidates:
                step = 1 if message.what == "next" else -1
                first = 0 if step == 1 else len(self._candidates) - 1
                self._chosen = first if self._chosen < 0 else (self._chosen + step) % len(self._candidates)
                self._fill(self._candidates[self._chosen])
                self._show_candidates()

    def _end(self, message: PromptMessage) -> None:
        self._guide_later()
        self.menu.close()
        self.display = False
        self.post_message(message)


def _covers(found: Sequence[Suggestion], wrong: Wrong) -> bool:
    """Whether what is wrong stands where something may be put that is offered."""
    return any(one.start <= wrong.stop and wrong.start <= one.stop for one in found)
