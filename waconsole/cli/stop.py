"""Ctrl-C and SIGTERM while a command works: first it is asked to stop, then it is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from waconsole.errors import Transient, WaconsoleError

Result = TypeVar("Result")

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
EXIT_BY_SIGNAL: Final = 128


class Stopped(Transient):
    """The work was stopped by a signal; `exit_code` says by which."""

    def __init__(self, sentence: str, number: int) -> None:
        """`number` is the signal's."""
        super().__init__(sentence)
        self.exit_code = EXIT_BY_SIGNAL + number


class Stop:
    """Whether the running command has been asked to stop."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._number: int | None = None

    def asked(self) -> bool:
        """Asked between the chunks of long work."""
        return self._number is not None

    async def during(self, work: Awaitable[Result], interrupt: Callable[[], None]) -> Result:
        """Await `work` while signals are heard. Raises Stopped when it ended because of one.

        The first signal lets the work end at its next safe place (`interrupt` ends a long read); the
        second one cancels it.
        """
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def heard(number: int) -> None:
            if self._number is not None:
                task.cancel()
            self._number = number
            interrupt()

        for number in SIGNALS:
            # Only the main thread of a process may listen.
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, heard, number)
        try:
            return await task
        except (WaconsoleError, asyncio.CancelledError) as error:
            if self._number is None:
                raise
            sentence = str(error) if isinstance(error, WaconsoleError) else "Stopped."
            raise Stopped(sentence, self._number) from error
        finally:
            for number in SIGNALS:
                with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                    loop.remove_signal_handler(number)
