"""Painting at once what Textual would paint up to two of its periods (33 ms) later."""

from __future__ import annotations

from textual.widget import Widget


def paint_now(*widgets: Widget) -> None:
    """Paint what was asked to be painted of these widgets of one screen, and whatever else is due there.

    For an answer that somebody waits for with the hand on the keys; what is painted often is painted at the screen's pace.
    """
    shown = [one for one in widgets if one.is_attached and one.screen.is_current]
    if shown:
        screen = shown[0].screen
        screen._dirty_widgets.update(shown)
        screen._on_timer_update()
