"""Where keys are text and not acts."""

from __future__ import annotations

from textual.widget import Widget


def takes_text(widget: Widget | None) -> bool:
    """Whether `widget` is a line or a text being written: its keys are letters then."""
    if widget is None:
        return False
    from textual.widgets import Input, TextArea  # loaded by now when `widget` is one

    return isinstance(widget, Input | TextArea)
