"""What is said to the terminal itself, past Textual."""

from __future__ import annotations

from typing import Any, Final

from textual.app import App

SHOW_CURSOR: Final = "\x1b[?25h"


def show_cursor(app: App[Any]) -> None:
    """Show the terminal's own cursor, which follows the row and the text being written.

    Textual hides it once, when it starts, and moves it all the same: screen readers and braille
    lines that track the cursor are blind to a hidden one. Called after the app has mounted.
    """
    driver = app._driver
    if driver is not None and not app.is_headless:
        driver.write(SHOW_CURSOR)
        driver.flush()
