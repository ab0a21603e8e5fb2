"""A program in a real terminal: spawned, typed at, its bytes timed. Linux and macOS."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, NamedTuple, Self

import pyte

LINES, COLUMNS = 40, 120
READ_BYTES: Final = 1 << 20
QUIET_SECONDS: Final = 0.25  # no byte for so long: what follows a key has followed as well
FIRST_BYTE_SECONDS: Final = 5.0
OUTPUT_KEPT: Final = 1 << 22


class Ended(Exception):
    """The program ended, or said nothing of what was waited for; the text is its last words."""


class Part(NamedTuple):
    """A part of the screen: its first column and line, and those behind its last."""

    left: int
    top: int
    right: int
    bottom: int


EVERYTHING: Final = Part(0, 0, COLUMNS, LINES)


@dataclass(frozen=True, slots=True)
class Painted:
    """What one key brought: milliseconds until a part of the screen looked as it does when all is still,
    and to the first and the last byte anywhere; how many bytes."""

    part_ms: float
    first_ms: float
    last_ms: float
    size: int


class Terminal:
    """A program under a pty of 120 by 40; leaving the block ends it."""

    def __init__(self, argv: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        """`argv[0]` is a path."""
        self._argv = list(argv)
        self._environment = dict(os.environ if environment is None else environment)
        self._seen = b""
        self._unread: list[bytes] = []
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    def __enter__(self) -> Self:
        environment = {**self._environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._fd, there = os.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.started = time.perf_counter()
        try:
            self._process = subprocess.Popen(
                self._argv, stdin=there, stdout=there, stderr=there, env=environment, start_new_session=True
            )
        finally:
            os.close(there)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if not ready:
            return b""
        try:
            found = os.read(self._fd, READ_BYTES)
        except OSError:  # what Linux says when the other side has gone
            found = b""
        if not found:
            raise Ended(self._last_words())
        self._seen = (self._seen + found)[-OUTPUT_KEPT:]
        self._unread.append(found)
        return found

    def _last_words(self) -> str:
        lines = self._seen.decode("utf-8", "replace").replace("\x1b", "").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")[-160:]

    def until(self, marker: str, *, seconds: float) -> float:
        """Milliseconds from the spawn until `marker` was painted. Raises Ended."""
        wanted = marker.encode()
        deadline = self.started + seconds
        while wanted not in self._seen:
            if time.perf_counter() > deadline:
                raise Ended(f"no “{marker}” in {seconds:g} s; {self._last_words()}")
            self._read(0.05)
        return (time.perf_counter() - self.started) * 1_000

    def appears(self, marker: str, *, seconds: float) -> None:
        """Wait until `marker` has been painted. Raises Ended."""
        wanted = marker.encode()
        deadline = time.perf_counter() + seconds
        while wanted not in self._seen:
            if time.perf_counter() > deadline:
                raise Ended(f"no “{marker}” in {seconds:g} s; {self._last_words()}")
            self._read(0.05)

    def send(self, keys: bytes) -> None:
        """Type `keys` and go on."""
        os.write(self._fd, keys)

    def drain(self) -> None:
        """Read what has been painted and forget it: what appears from now on is new."""
        while self._read(0.0):
            pass
        self._seen = b""

    def settle(self, quiet_seconds: float = 0.5, *, seconds: float = 20) -> None:
        """Wait until nothing has been painted for a while."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline and self._read(quiet_seconds):
            pass

    def press(
        self, keys: bytes, quiet_seconds: float = QUIET_SECONDS, *, part: Part = EVERYTHING
    ) -> Painted | None:
        """Type `keys` and time what they bring; None when nothing was painted in `part`."""
        before = self._looks(part)
        began = time.perf_counter()
        os.write(self._fd, keys)
        read: list[tuple[float, bytes]] = []
        while found := self._read(quiet_seconds if read else FIRST_BYTE_SECONDS):
            read.append(((time.perf_counter() - began) * 1_000, found))
        # Reading what was painted takes longer than painting it, so it is read when all is still.
        self._unread.clear()
        looks = [(at, self._looks(part, found)) for at, found in read]
        if not looks or looks[-1][1] == before:
            return None
        stands = len(looks) - 1
        while stands and looks[stands - 1][1] == looks[-1][1]:
            stands -= 1
        return Painted(looks[stands][0], read[0][0], read[-1][0], sum(len(found) for _at, found in read))

    def _looks(self, part: Part, painted: bytes = b"") -> list[list[pyte.screens.Char]]:
        """How a part of the screen looks with `painted`: every cell with its letter and its colours."""
        for found in (*self._unread, painted):
            self._stream.feed(found)
        self._unread.clear()
        lines = self._screen.buffer
        return [
            [lines[line][column] for column in range(part.left, part.right)]
            for line in range(part.top, part.bottom)
        ]

    @property
    def resident_bytes(self) -> int:
        """The memory the program holds now."""
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self._process.pid)], capture_output=True, text=True, check=True
        )
        return int(shown.stdout) * 1024

    def painting(self, seconds: float) -> list[tuple[float, bytes]]:
        """What is painted within so long, each piece with the instant (`perf_counter`) it came at."""
        found, deadline = [], time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            if piece := self._read(left):
                found.append((time.perf_counter(), piece))
        self._unread.clear()
        return found

    def shown(self, line: int, painted: bytes = b"") -> str:
        """What stands on a line once `painted`, read before, is on the screen too."""
        for found in (*self._unread, painted):
            self._stream.feed(found)
        self._unread.clear()
        return str(self._screen.display[line])

    @property
    def process_id(self) -> int:
        """The program's."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it has."""
        return self._process.poll() is not None
