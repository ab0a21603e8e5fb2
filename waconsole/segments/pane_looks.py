"""What stands under the outline: the waterfall, what the open tab shows, and the keys that lead there and back."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import HeldRows
from waconsole.kit.tabs import Tab, TabStrip
from waconsole.segments import pane_look, pane_rows
from waconsole.segments.pane_look import FALLS
from waconsole.segments.pane_looking import LookingPane
from waconsole.text import _, safe

WIDE_CELLS: Final = 110


class LooksPane(LookingPane):
    """The waterfall stands at the left where the terminal is wide; else it is the first tab."""

    DEFAULT_CSS = """
    LooksPane .segments--looks { height: 1fr; }
    LooksPane #segments-strip { border-top: none; background: $panel; }
    LooksPane #segments-falls { width: 1fr; height: 1fr; }
    LooksPane #segments-look { width: 1fr; height: 1fr; display: none; }
    LooksPane.-wide #segments-look { display: block; border-left: solid $role-rule; }
    LooksPane.-other #segments-look { display: block; }
    LooksPane.-other #segments-falls { display: none; }
    LooksPane.-wide #segments-falls { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right,l", "right", _("To the numbers"), id="segments.right",
            tooltip=_("Go from the rule to what it comes to."), show=False,
        ),
        Binding(
            "left,h", "left", _("To the rule"), id="segments.left",
            tooltip=_("Go from what the rule comes to back to its lines."), show=False,
        ),
    ]  # fmt: skip

    # The parts

    def under_parts(self) -> ComposeResult:
        """The tabs, and what stands in the open one."""
        yield TabStrip([Tab(name, safe(title)) for name, title in pane_look.titles()], id="segments-strip")
        lists = (
            RowList(HeldRows(), pane_rows.LOOK_COLUMNS, rest_seconds=0, id=f"segments-{name}")
            for name in ("falls", "look")
        )
        yield Horizontal(*lists, classes="segments--looks")

    def on_resize(self) -> None:
        """There is room for both, or for one."""
        self.set_class(self.size.width >= WIDE_CELLS, "-wide")
        self.call_after_refresh(self.show_looks)
        self._looking.moved()

    async def on_tab_strip_opened(self, message: TabStrip.Opened) -> None:
        """Look at something else."""
        if message.strip is self.strip:
            message.stop()
            message.prevent_default()
            had_focus = self.focused_look is not None
            self.set_class(message.tab != FALLS, "-other")
            self._sight = self.in_sight
            self.show_looks()
            self._looking.moved()
            if had_focus:
                self.focus_look()

    # Focus

    @property
    def focused_look(self) -> str | None:
        """`falls` or `look`, whichever has the keys."""
        return next((name for name in ("falls", "look") if self.list_of(name).has_focus), None)

    def focus_look(self) -> None:
        """Give the keys to what the open tab shows."""
        self.list_of(self._shown_list).focus()

    @property
    def _shown_list(self) -> str:
        return "falls" if self.strip.open_tab.id == FALLS else "look"

    def action_right(self) -> None:
        """From the rule to its numbers; where both stand, from the waterfall to what is beside it."""
        if not self.is_composing:
            return
        if self.focused_look is None:
            self.list_of("falls" if self.has_class("-wide") else self._shown_list).focus()
        elif self.focused_look == "falls" and self.has_class("-wide"):
            self.list_of("look").focus()

    def action_left(self) -> None:
        """Back again."""
        if not self.is_composing:
            return
        if self.focused_look == "look" and self.has_class("-wide"):
            self.list_of("falls").focus()
        else:
            self.outline_list.focus()

    def action_tab(self, step: int) -> None:
        """Another tab, of what is in sight."""
        if self.is_composing:
            self.strip.step(step)
        else:
            super().action_tab(step)
