"""The deck: one pane in sight, the others kept as they were left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from waconsole.console.panes import BY_NAME
from waconsole.kit.pane import Pane
from waconsole.kit.tabs import TabStrip

if TYPE_CHECKING:
    from waconsole.console.frame import ConsoleFrame

OUT_OF_SIGHT = "-out-of-sight"


class Deck:
    """Panes are made on their first visit, and read again when they come back into sight.

    They stand between the first and the last line of the app, without a box around them.
    """

    def __init__(self, app: ConsoleFrame, first: str) -> None:
        """`first` is the name of the pane to begin with; the app composes it."""
        self._app, self.desk = app, app.desk
        self.previous: str | None = None
        self._made: dict[str, Pane] = {}
        self._stale: set[str] = set()
        self._in_sight = first
        self.pane = self._make(first)

    @property
    def made(self) -> list[Pane]:
        """The panes visited so far."""
        return list(self._made.values())

    def _make(self, name: str) -> Pane:
        pane = BY_NAME[name].load()(self.desk)
        self._made[name] = pane
        return pane

    async def show(self, name: str, place: dict[str, Any] | None = None) -> None:
        """Bring the pane called `name` into sight, and go to `place` there.

        Besides what the pane itself understands a place may hold `tab`, the id of one of its tabs,
        and `narrow`, words for its narrowing.
        """
        pane = self._made.get(name) or self._make(name)
        if name != self._in_sight:
            self.previous, self._in_sight = self._in_sight, name
            self.pane.add_class(OUT_OF_SIGHT)
            self.pane = pane
            pane.remove_class(OUT_OF_SIGHT)
        if not pane.is_attached:
            await self._app.mount(pane, after=self._app.banner)
            await pane.furnish()
        elif name in self._stale:
            pane.changed()
        self._stale.discard(name)
        pane.shown()
        if place:
            await self._go_to(pane, place)

    async def _go_to(self, pane: Pane, place: dict[str, Any]) -> None:
        if "tab" in place:
            pane.query_one(TabStrip).open(str(place["tab"]))
        if "narrow" in place and (narrow_to := getattr(pane, "narrow_to", None)) is not None:
            await narrow_to(str(place["narrow"]))
        pane.go_to(place)

    def changed(self) -> None:
        """The ledger changed: the pane in sight reads again now, the others when they come back."""
        self._stale = {name for name in self._made if name != self._in_sight}
        self.pane.changed()
