"""Processes of our own beside the console: begun with it, and gone with it however it ends.

Each holds the other end of a pipe as its stdin and ends when that closes, which the kernel does
even for a console that was killed. Nothing here waits on the screen's thread.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import waconsole
from waconsole.errors import Refused

READY: Final = "listening on "
READY_SECONDS_MAX: Final = 30.0
END_SECONDS_MAX: Final = 5.0
KILL_SECONDS_MAX: Final = 2.0
LOOK_SECONDS: Final = 0.02
LINES_KEPT: Final = 20
LINE_CHARACTERS_MAX: Final = 500


class Surroundings(dict[str, str]):
    """An environment for a child: a crash that shows variables does not show it."""

    def __repr__(self) -> str:
        """Never a value."""
        return "<environment>"


@dataclass(frozen=True, slots=True)
class Companion:
    """A command of ours that runs beside the console: its `name` for sentences, its words, its environment.

    Secrets are handed down in the environment, never in the words, which every process may read.
    """

    name: str
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)


def receiver(ledger: Path, environment: Mapping[str, str]) -> Companion:
    """The receiver of webhooks for a ledger, on the host and port of its settings."""
    return Companion("receiver", ("--ledger", str(ledger.absolute()), "receive"), environment)


class Child:
    """One running companion."""

    def __init__(self, companion: Companion) -> None:
        """Begin it. Raises Refused when the machine lets no process be begun."""
        self.companion = companion
        self._said: deque[str] = deque(maxlen=LINES_KEPT)
        self._ready = threading.Event()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "waconsole", *companion.words, "--parent-pipe"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_findable(companion.environment),
                start_new_session=True,  # a Ctrl-C in the terminal is the console's, and it ends us in order
            )
        except OSError as error:
            raise Refused(f"The {companion.name} could not be started: {error.strerror}.") from error
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def last_words(self) -> str:
        """The last line it said, or empty."""
        return self._said[-1].removeprefix("waconsole: ") if self._said else ""

    def wait_ready(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Wait until it listens, or `stop` says so. Raises Refused when it ends before, or takes too long."""
        until = time.monotonic() + READY_SECONDS_MAX
        while not self._ready.wait(LOOK_SECONDS) and not stop():
            if not self.is_running:
                self._reader.join(KILL_SECONDS_MAX)
                raise Refused(f"The {self.companion.name} did not start. {self.last_words}".rstrip())
            if time.monotonic() > until:
                raise Refused(f"The {self.companion.name} did not start within {READY_SECONDS_MAX:.0f} s.")

    def ask_to_end(self) -> None:
        """Close its pipe: it answers what it is at, and ends."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def end(self, until: float) -> None:
        """Wait until it has ended, by force when it has not by `until` (of `time.monotonic`)."""
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(KILL_SECONDS_MAX)
        self._reader.join(KILL_SECONDS_MAX)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _read(self) -> None:
        """Keep what it says: a pipe that nobody reads would stop it one day."""
        assert self._process.stderr is not None
        for raw in self._process.stderr:
            line = raw.decode("utf-8", "replace").strip()[:LINE_CHARACTERS_MAX]
            if line:
                self._said.append(line)
            if line.startswith(READY):
                self._ready.set()


def end_all(children: Iterable[Child]) -> None:
    """End children, all at once; waits until none is left."""
    ending = list(children)
    for child in ending:
        child.ask_to_end()
    until = time.monotonic() + END_SECONDS_MAX
    for child in ending:
        child.end(until)


def _findable(environment: Mapping[str, str]) -> Surroundings:
    """`environment`, in which a child finds this very waconsole, and no module of the folder it is begun in."""
    ours = str(Path(waconsole.__file__).parents[1])
    path = environment.get("PYTHONPATH", "")
    return Surroundings({**environment, "PYTHONPATH": f"{path}{os.pathsep}{ours}" if path else ours})
