"""A strip of tabs on one line: name and count, one of them open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from waconsole.kit.cells import width
from waconsole.kit.glyphs import glyph
from waconsole.kit.roles import role_style
from waconsole.text import SafeText, _

TABS_MAX: Final = 64
GAP_CELLS: Final = 2
END_CELLS: Final = 2
ADD: Final = "+"

# For the pane that owns the strip: it answers `action_tab(step)` with `strip.step(step)`.
TAB_BINDINGS: Final[list[BindingType]] = [
    Binding("tab", "tab(1)", _("Next tab"), id="tabs.next", tooltip=_("Open the next tab."), show=False),
    Binding(
        "shift+tab",
        "tab(-1)",
        _("Previous tab"),
        id="tabs.previous",
        tooltip=_("Open the tab before."),
        show=False,
    ),
]


class Tab(NamedTuple):
    """One tab; `number` None shows none."""

    id: str
    name: SafeText
    number: int | None = None


class TabStrip(Widget):
    """Tabs in fixed order; the open one is bold, underlined and followed by a sign.

    Tabs there is no room for are an ellipsis at their end; the open one is always seen. `adds` puts a + behind
    the last: a click on it posts `AddWanted`.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabstrip--open"}
    DEFAULT_CSS = """
    TabStrip { height: 1; color: $role-muted; }
    TabStrip > .tabstrip--open { color: $role-title; text-style: bold underline; }
    """

    class Opened(Message):
        """Another tab was opened."""

        def __init__(self, strip: TabStrip, tab: str) -> None:
            super().__init__()
            self.strip = strip
            self.tab = tab

        @property
        def control(self) -> TabStrip:
            """The strip it belongs to."""
            return self.strip

    class AddWanted(Message):
        """The operator would like another tab."""

    def __init__(self, tabs: Sequence[Tab], *, adds: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.adds = adds
        assert tabs, "a strip has at least one tab"
        self._tabs = tuple(tabs[:TABS_MAX])
        self._open = 0

    @property
    def open_tab(self) -> Tab:
        """The tab that is open."""
        return self._tabs[self._open]

    def show(self, tabs: Sequence[Tab]) -> None:
        """Show `tabs` (new counts, other tabs); the open one stays open if it is still there, else the first is."""
        assert tabs, "a strip has at least one tab"
        before = self.open_tab.id
        self._tabs = tuple(tabs[:TABS_MAX])
        ids = [tab.id for tab in self._tabs]
        self._open = ids.index(before) if before in ids else 0
        self.refresh()
        if self.open_tab.id != before:
            self.post_message(self.Opened(self, self.open_tab.id))

    def open(self, tab_id: str) -> bool:
        """Open the tab with `tab_id`; False when there is none."""
        for place, tab in enumerate(self._tabs):
            if tab.id == tab_id:
                if place != self._open:
                    self._open = place
                    self.refresh()
                    self.post_message(self.Opened(self, tab_id))
                return True
        return False

    def step(self, steps: int) -> None:
        """Open the tab `steps` further on, round and round."""
        self.open(self._tabs[(self._open + steps) % len(self._tabs)].id)

    def _labels(self) -> list[list[tuple[str, str]]]:
        """Each tab as (text, component class or role) pairs."""
        labels = []
        for place, tab in enumerate(self._tabs):
            count = "" if tab.number is None else f" {tab.number:,}"
            if place == self._open:
                labels.append([(tab.name + count, "tabstrip--open"), (f" {glyph('here')}", "accent")])
            else:
                labels.append([(tab.name + count, "")])
        return labels

    def _shown(self) -> tuple[int, list[list[tuple[str, str]]], str]:
        """The first shown tab, the labels that fit whole from there, the open one among them, and what ends the strip."""
        labels = self._labels()
        widths = [sum(width(text) for text, _class in label) + GAP_CELLS for label in labels]
        room = self.size.width - 1 - END_CELLS
        first = 0
        while first < self._open and sum(widths[first : self._open + 1]) > room:
            first += 1
        stop, taken = first, 0
        while stop < len(labels) and (taken + widths[stop] <= room + END_CELLS * (stop + 1 == len(labels))):
            taken += widths[stop]
            stop += 1
        stop = max(stop, self._open + 1)
        end = glyph("ellipsis") if stop < len(labels) else ADD if self.adds else ""
        return first, labels[first:stop], end

    def render_line(self, y: int) -> Strip:
        """The strip."""
        plain = self.rich_style
        first, labels, end = self._shown()
        segments = [Segment(glyph("ellipsis") if first else " ", plain)]
        for label in labels:
            for text, component in label:
                style = plain + self._style(component) if component else plain
                segments.append(Segment(text, style))
            segments.append(Segment(" " * GAP_CELLS, plain))
        segments.append(Segment(end, plain))
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    def _style(self, name: str) -> Style:
        """The style of the open tab, or of a role."""
        if name == "tabstrip--open":
            return self.get_component_rich_style(name, partial=True)
        return role_style(self, name)

    def on_click(self, event: events.Click) -> None:
        """A click opens the tab under it."""
        first, labels, end = self._shown()
        edge = 1
        for place, label in enumerate(labels, first):
            edge += sum(width(text) for text, _class in label) + GAP_CELLS
            if event.x < edge:
                self.open(self._tabs[place].id)
                return
        if end == ADD and event.x == edge:
            self.post_message(self.AddWanted())
        elif end and event.x == edge:
            self.open(self._tabs[first + len(labels)].id)
