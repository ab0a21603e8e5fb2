"""What only stands behind other widgets: one blank line, painted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

if TYPE_CHECKING:
    from textual.widget import Widget as Base
else:  # a widget has the styles of its first base that is a widget: the mixin must be none
    Base = object


class Ground(Base):
    """Mixed into a container without border and text of its own.

    Textual paints a container line by line behind whatever stands in it, and walks all its lines again for
    every key. Here they are one and the same line.
    """

    def render_lines(self, crop: Region) -> list[Strip]:
        """The ground, as often as there are lines."""
        strip = Strip.blank(crop.width, self.visual_style.rich_style)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        return [strip] * crop.height


class GroundScreen(Ground, Screen[None]):
    """A screen that is covered by what stands on it."""


class GroundColumn(Ground, Vertical):
    """Widgets one below the other."""
