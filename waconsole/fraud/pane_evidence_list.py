"""The lines of an item as a list one goes through; where rows stand behind a line, Enter opens them."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import BindingType

from waconsole.fraud import pane_evidence
from waconsole.fraud.pane_evidence import HEAD_CELLS, Told
from waconsole.kit.columns import GUTTER_CELLS, Column
from waconsole.kit.listkeys import LIST_BINDINGS
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import HeldRows

TEXT_CELLS_MIN: Final = 20
_MARKING: Final = frozenset({"list.mark", "list.range", "list.back"})


class EvidenceList(RowList, inherit_bindings=False):
    """Where the item under the cursor is told in full: one goes through its lines, and nothing there is marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        one for one in LIST_BINDINGS if getattr(one, "id", "") not in _MARKING
    ]
    COLUMNS: ClassVar[tuple[Column, ...]] = (Column("", HEAD_CELLS), Column(""))

    def __init__(self, classes: str) -> None:
        self.lines = HeldRows()
        self.opens: list[str] = []
        self.told: tuple[Told, ...] = ()
        super().__init__(self.lines, self.COLUMNS, rest_seconds=0, classes=classes)

    def tell(self, told: list[Told]) -> None:
        """Show these lines from now on, broken at the width there is."""
        self.told = tuple(told)
        cells = self.scrollable_content_region.width - GUTTER_CELLS - HEAD_CELLS - 1
        made, self.opens = pane_evidence.rows(self.told, max(cells, TEXT_CELLS_MIN))
        if made != list(self.lines.rows(0, len(self.lines))):
            self.lines.replace(made)
            self.reload()

    def on_resize(self) -> None:
        """Lines break elsewhere."""
        self.tell(list(self.told))

    def stand_on(self, what: str) -> None:
        """Put the cursor on the first line where Enter opens this, so that it is seen."""
        if what in self.opens:
            self.move_to(self.opens.index(what))

    def opened_at(self, key: int) -> str:
        """What Enter opens on a line."""
        return self.opens[key] if 0 <= key < len(self.opens) else ""
