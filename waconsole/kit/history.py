"""Lines entered before, to be found again with the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

HISTORY_MAX: Final = 200


class History:
    """Lines entered before, oldest first, at most `HISTORY_MAX`."""

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self.lines = list(lines[-HISTORY_MAX:])
        self._place = len(self.lines)

    def add(self, line: str) -> None:
        """Remember `line` as the newest; the same line is kept once."""
        if line in self.lines:
            self.lines.remove(line)
        self.lines.append(line)
        del self.lines[:-HISTORY_MAX]
        self.rewind()

    def forget(self, beginning: str) -> None:
        """Keep no line that begins so."""
        self.lines = [line for line in self.lines if not line.lstrip(" :").startswith(beginning)]
        self.rewind()

    def rewind(self) -> None:
        """Stand behind the newest line."""
        self._place = len(self.lines)

    def step(self, steps: int) -> str | None:
        """The line `steps` further (negative: earlier); "" behind the newest, None beyond the oldest."""
        place = self._place + steps
        if not 0 <= place <= len(self.lines):
            return None
        self._place = place
        return self.lines[place] if place < len(self.lines) else ""
