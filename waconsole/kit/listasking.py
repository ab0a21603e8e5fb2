"""A list pane's prompt: narrowing while it is typed, and asking for what an act needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from textual.timer import Timer

from waconsole.kit.history import History
from waconsole.kit.line import SafeLine
from waconsole.kit.listframe import ListFrame
from waconsole.kit.prompt import Prompt
from waconsole.kit.suggest import Guide, narrow_hint
from waconsole.kit.worker import in_worker
from waconsole.text import SafeText, safe

TYPING_SECONDS: Final = 0.12
NARROW: Final = "/"

Answer = Callable[[str], Awaitable[None]]


class ListAsking(ListFrame):
    """What `/` does, and `ask` for a tag or a reason."""

    def __init__(self, desk: Any) -> None:
        super().__init__(desk)
        self._history: dict[str, History] = {}
        self._answer: Answer | None = None
        self._typing: Timer | None = None

    # Asking for a line

    def guide(self) -> Guide | None:
        """Who knows the language the list is narrowed in; None where it is narrowed by words alone."""
        return None

    def ask(
        self,
        what: str,
        answer: Answer,
        *,
        names: Sequence[str] = (),
        guide: Guide | None = None,
        text: str = "",
        hint: SafeText = SafeText(""),
    ) -> None:
        """Ask for a line under the word `what`; `names` are offered as completions, a `guide` knows its language."""

        def complete(typed: str) -> list[str]:
            return [name for name in names if name.casefold().startswith(typed.casefold())] if typed else []

        self._answer = answer
        history = self._history.setdefault(what, History())
        self.query_one(Prompt).open(
            safe(f"{what} "), history=history, complete=complete, guide=guide, text=text, hint=hint
        )

    def action_narrow(self) -> None:
        """Ask for words that narrow the list."""
        self._answer = None
        history, guide = self._history.setdefault(NARROW, History()), self.guide()
        self.query_one(Prompt).open(
            safe(NARROW),
            history=history,
            text=self.filter_text,
            guide=guide,
            hint=SafeText("") if guide is None else narrow_hint(),
        )

    async def narrow_to(self, text: str) -> None:
        """List what `text` describes."""
        self.filter_text = text.strip()
        shown = f"/{self.filter_text}" if self.filter_text else ""
        self.query_one(".list--filter", SafeLine).show(safe(shown))
        await self.read_again()

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Narrow while it is typed, once the hand rests."""
        message.stop()
        self._end_typing()
        if message.label == NARROW:
            text = message.text
            self._typing = self.set_timer(TYPING_SECONDS, lambda: self._narrow_live(text))

    def _narrow_live(self, text: str) -> None:
        """List what `text` describes while it is typed."""
        self._typing = None
        if text.strip() != self.filter_text:
            in_worker(self, partial(self.narrow_to, text), group="list", exclusive=True)

    async def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """The line is meant."""
        message.stop()
        self._end_typing()
        self.shown()
        if message.label == NARROW:
            await self.narrow_to(message.text)
        elif self._answer is not None:
            await self._answer(message.text.strip())

    async def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """The operator left: the list is as it was."""
        message.stop()
        self._end_typing()
        self.shown()
        if message.label == NARROW and message.text != self.filter_text:
            await self.narrow_to(message.text)

    def _end_typing(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None
