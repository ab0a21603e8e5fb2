"""Segments: how many, and who fell out where? Saved rules, and the composer that counts a rule at every key."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from waconsole.kit.columns import ColumnHeads
from waconsole.kit.pane import PaneStatus
from waconsole.kit.prompt import Prompt
from waconsole.kit.rowlist import RowList
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.segments import outline
from waconsole.segments.outline import AND, OR
from waconsole.segments.pane_sending import SendingPane
from waconsole.text import _


class SegmentsPane(SendingPane):
    """A list of segments; opening one, or making one, brings the composer."""

    NAME = "segments"
    CHORD = "e"
    TITLE = _("Segments")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "item", _("New"), id="segments.item", tooltip=_("Compose a new rule; within a rule, add a condition that must hold too.")),
        Binding("semicolon", "rule", _("Type"), id="segments.rule", tooltip=_("Type the whole rule, counted at every key.")),
        Binding("ampersand", "and", _("And"), id="segments.and", tooltip=_("Add a condition that must hold too."), show=False),
        Binding("vertical_line", "or", _("Or"), id="segments.or", tooltip=_("Add a condition that may hold instead of this one."), show=False),
        Binding("tilde", "not", _("Not"), id="segments.not", tooltip=_("Turn the line round: those for whom it does not hold."), show=False),
        Binding("percent_sign", "swap", _("All or any"), id="segments.swap", tooltip=_("Turn the line's group from all of into any of, or back."), show=False),
        Binding("x", "refuse", _("Remove"), id="segments.refuse", tooltip=_("Take the line out of the rule; in the list, drop the segment.")),
        Binding("z", "undo", _("Undo"), id="segments.undo", tooltip=_("Take the last edit of the rule back; after an act, and in the list, your last act."), show=False),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._is_warm = False

    def compose(self) -> ComposeResult:
        """The list of segments, the composer that takes its place, the prompt."""
        parts = super().compose()
        for part in parts:
            if isinstance(part, RowList):
                with Vertical(classes="segments--queue"):
                    yield ColumnHeads(self.COLUMNS)
                    yield RowList(self.source, self.COLUMNS, rest_seconds=0, id="segments-list")
                    yield next(iter(parts))
                yield self.composer()
            else:
                yield part

    def shown(self) -> None:
        """The outline takes the keys while a rule is composed, else the list."""
        (self.outline_list if self.is_composing else self.rows).focus()
        if not self._is_warm:
            self._is_warm = True
            in_worker(self, self.preview.warm, group="warm")

    def status(self) -> PaneStatus:
        """Where the operator is."""
        if not self.is_composing:
            return super().status()
        rows = len(self.counted.lines) if self.counted is not None else 0
        return PaneStatus(row=self.outline_list.cursor_index + 1 if rows else 0, rows=rows)

    def on_row_list_selection_changed(self, message: RowList.SelectionChanged) -> None:
        """Only segments are marked: no act is for several lines of a rule, or of what it comes to."""
        if message.row_list is not self.rows:
            message.stop()
            message.prevent_default()
            marked = message.row_list
            if isinstance(marked, RowList) and marked.selection:
                marked.clear_marks()

    async def open_row(self, key: int) -> None:
        """Compose a segment."""
        self.open_draft(self.version_at(key))

    def action_back(self) -> None:
        """From the rule to the list; there the marks, then the narrowing."""
        if self.is_composing:
            self.leave_draft()
        else:
            super().action_back()

    def action_item(self) -> None:
        """A new rule, or a condition more."""
        if self.is_composing:
            self.type_beside(AND)
        else:
            self.open_draft(None)

    def action_rule(self) -> None:
        """Type the rule."""
        if self.is_composing:
            self.type_rule()

    def action_and(self) -> None:
        """A condition more."""
        if self.is_composing:
            self.type_beside(AND)

    def action_or(self) -> None:
        """A condition instead."""
        if self.is_composing:
            self.type_beside(OR)

    def action_not(self) -> None:
        """Turn a line round."""
        if self.is_composing:
            self.edit(outline.negated)

    def action_swap(self) -> None:
        """All of, or any of."""
        if self.is_composing:
            self.edit(outline.swapped)

    async def action_refuse(self) -> None:
        """Take a line out; in the list, drop the segment."""
        if self.is_composing:
            self.edit(outline.removed)
        else:
            await self.drop()

    def action_narrow(self) -> None:
        """A condition more; in the list, words that narrow it."""
        if self.is_composing:
            self.type_beside(AND)
        else:
            super().action_narrow()

    def action_tree(self) -> None:
        """From typing to the outline, or from the outline to typing."""
        if not self.is_composing:
            self.open_draft(self.version_at(self.key))
        elif self.query_one(Prompt).display:
            self.outline_list.focus()
        else:
            self.type_rule()

    async def action_undo(self) -> None:
        """An edit, else the last act; what was done since the last edit goes first."""
        has_acted, self.has_acted = self.has_acted, False
        if self.is_composing and not has_acted and self.draft.take_back():
            self.say_rule(self.draft.text)
        else:
            await self.app.run_action("undo", self.app)

    def go_to(self, place: dict[str, Any]) -> None:
        """Compose {"rule": a rule}."""
        if (rule := place.get("rule")) is not None:
            self.open_draft(None)
            self.commit(str(rule))
