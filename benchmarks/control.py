"""The control programs of the terminal measures: `python -m benchmarks.control static|empty|rows [LEDGER]`.

`static` is a Textual app with one Static, `empty` one with nothing, `rows` a bare list on the Line
API over the messages of a ledger by key (`baselines/rowlist.py`, the spike as it was).
"""

from __future__ import annotations

import importlib
import sqlite3
import sys
from typing import Any

from textual.app import App, ComposeResult
from textual.widgets import Static

READY = "ready-to-be-used"


class OneStatic(App[None]):
    """One Static: the least a screen can be."""

    def compose(self) -> ComposeResult:
        """The widget whose text says that the frame stands."""
        yield Static(READY)


class Messages:
    """The rows of the spike's list: every message of a ledger, by its dense id."""

    def __init__(self, ledger: str) -> None:
        self._connection = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
        self._size = self._connection.execute("SELECT max(id) FROM message").fetchone()[0]

    def __len__(self) -> int:
        return int(self._size)

    def rows(self, start: int, stop: int) -> list[tuple[str, str, str]]:
        """Rows `start` up to `stop`."""
        found = self._connection.execute(
            "SELECT id, kind, substr(text, 1, 90) FROM message WHERE id > ? AND id <= ? ORDER BY id",
            (start, stop),
        )
        return [(f"row-{key}", kind, text.replace("\n", " ")) for key, kind, text in found]


def rows(ledger: str) -> App[None]:
    """An app of the spike's list alone."""
    spike: Any = importlib.import_module("benchmarks.baselines.rowlist")

    class Rows(App[None]):
        def compose(self) -> ComposeResult:
            yield spike.RowList(Messages(ledger), [("id", 12), ("kind", 8), ("text", 90)])

    return Rows()


def main() -> None:
    """Run the one that is asked for."""
    kind = sys.argv[1]
    app = rows(sys.argv[2]) if kind == "rows" else OneStatic() if kind == "static" else App()
    app.run()


if __name__ == "__main__":
    main()
