"""A command at work: how far it is, and how it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from waconsole.command import Answer, Command, Invocation, nobody_answers
from waconsole.operators.desk import Desk
from waconsole.settings.secrets import Secret
from waconsole.text import _

LEAVE_SECONDS_MAX: Final = 5.0
ASKED_MAX: Final = 2


class Running:
    """One command that works on the ledger while the screen stays awake.

    `said` and `progress` may be called from any thread: they only note the last word, which the
    screen reads ten times a second.
    """

    def __init__(
        self,
        command: Command,
        values: Mapping[str, Any],
        desk: Desk,
        limit: int | None,
        secret: Callable[[str, bool], Awaitable[Secret]] = nobody_answers,
    ) -> None:
        self.command = command
        self._desk = desk
        self._stops = 0
        self._done, self._of, self._sentence = 0, 0, ""
        self._call = Invocation(
            values=values,
            now=desk.clock(),
            operator=desk.operator,
            settings=desk.settings,
            say=self._say,
            progress=self._progress,
            cancelled=self._is_stopped,
            limit=limit,
            secret=secret,
        )
        self._task: asyncio.Task[Answer] | None = None

    def _say(self, sentence: str) -> None:
        self._sentence = sentence

    def _progress(self, done: int, of: int) -> None:
        self._done, self._of = done, of

    def _is_stopped(self) -> bool:
        return self._stops > 0

    async def answer(self) -> Answer:
        """Do it. Raises what the command refuses, CancelledError when it was cut short."""
        self._task = asyncio.ensure_future(self.command.work(self._desk.database, self._call))
        return await self._task

    @property
    def words(self) -> str:
        """How far it is, in a sentence."""
        title = self.command.title
        if self._stops:
            return _("{title}: stopping at the next safe place.").format(title=title)
        if self._of:
            share = f"{self._done:,} / {self._of:,}"
            return _("{title}: {share}. Escape stops it.").format(title=title, share=share)
        return _("{title} is at work. {said} Escape stops it.").format(title=title, said=self._sentence)

    def stop(self) -> None:
        """Ask it to end at its next safe place; asked again, end it where it stands."""
        self._stops += 1
        self._desk.database.interrupt_stream()
        if self._stops >= ASKED_MAX and self._task is not None:
            self._task.cancel()

    async def wait(self) -> None:
        """Wait until it has ended, for `LEAVE_SECONDS_MAX` at most."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=LEAVE_SECONDS_MAX)
