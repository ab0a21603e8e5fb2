"""The last choke point before the terminal.

Text from outside is made safe at the border (`waconsole.text.safe`). Should a raw control
character ever slip past it, it ends here: Textual itself writes ESC, C1 and bidi overrides
through to the terminal from every widget.
"""

from __future__ import annotations

import re
from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

RAW_CONTROLS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]"
)
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def without_controls(text: str) -> str:
    """`text` with controls removed (they take no cell) and lone surrogates shown as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return _SURROGATES.sub("\ufffd", RAW_CONTROLS.sub("", text))


class ControlFilter(LineFilter):
    """Removes raw C0, C1, DEL and bidi controls, and terminal links, from every painted text.

    Install one instance for the life of the app:

        def get_line_filters(self) -> Sequence[LineFilter]:
            return [*super().get_line_filters(), self.control_filter]
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """`segments` with clean text; segments that steer the terminal are Textual's own."""
        if not any(_is_dirty(segment) for segment in segments):
            return segments
        return [_cleaned(segment) if _is_dirty(segment) else segment for segment in segments]


def _is_dirty(segment: Segment) -> bool:
    if segment.control is not None:
        return False
    if segment.style is not None and segment.style.link:
        return True
    text = segment.text
    if text.isascii() and text.isprintable():
        return False
    return RAW_CONTROLS.search(text) is not None or _SURROGATES.search(text) is not None


def _cleaned(segment: Segment) -> Segment:
    style = segment.style.update_link(None) if segment.style is not None else None
    return Segment(without_controls(segment.text), style)
