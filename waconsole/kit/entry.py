"""One line to type on: flat, and with a cursor that does not blink."""

from __future__ import annotations

from textual.widgets import Input


class Entry(Input):
    """Textual's input without border, tint and blinking; it keeps Textual's editing keys."""

    DEFAULT_CSS = """
    Entry, Entry:focus { border: none; padding: 0; height: 1; background-tint: $foreground 0%; }
    Entry > .input--placeholder { color: $role-muted; }
    """

    def on_mount(self) -> None:
        """A still screen: nothing is painted while nothing happens."""
        self.cursor_blink = False
