"""A small console with nothing but the inbox: enough for its tests and to look at it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.pilot import Pilot

from tests.inbox.ledger_builder import NOW, community
from tests.quick_screens import settled
from waconsole import catalogue
from waconsole.database.connection import Database, Transaction
from waconsole.errors import WaconsoleError
from waconsole.inbox.pane import InboxPane
from waconsole.kit.pane import Said, StatusChanged
from waconsole.kit.roles import variable_defaults
from waconsole.kit.safety import ControlFilter
from waconsole.kit.statusline import Status, StatusLine
from waconsole.operators.desk import Desk
from waconsole.settings import InboxSettings, Settings
from waconsole.text import safe


class InboxApp(App[None]):
    """The inbox over a status line; `z` takes the last act back, as the console does."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "undo", "Undo", id="app.undo", tooltip="Take it back."),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", tooltip="Leave."),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.control_filter = ControlFilter()
        self.pane = InboxPane(desk)
        self.said: list[str] = []
        self.painted_at = 0.0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The kit's roles."""
        return variable_defaults()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The last choke point."""
        return [*super().get_line_filters(), self.control_filter]

    def post_display_hook(self) -> None:
        """Remember when the terminal last got something."""
        self.painted_at = time.perf_counter()

    def compose(self) -> ComposeResult:
        """Pane and status."""
        yield self.pane
        yield StatusLine()

    async def on_mount(self) -> None:
        """The pane gets all its parts, and is told of commits, as the console tells it."""
        await self.pane.furnish()
        self.desk.database.on_change.append(self.pane.changed)
        self.desk.database.watch()
        self.pane.shown()

    def on_said(self, message: Said) -> None:
        """Say it."""
        self.said.append(message.sentence)
        self.query_one(StatusLine).say(message.sentence, "refused" if message.kind == "refused" else "")

    def on_status_changed(self, _: StatusChanged) -> None:
        """Show where the operator is."""
        status = self.pane.status()
        self.query_one(StatusLine).show(
            Status(safe("Inbox"), status.filter, status.row, status.rows or 0, marked=status.marks)
        )

    async def action_undo(self) -> None:
        """Take the last act back."""
        try:
            verb, count, _ = await catalogue.undo(
                self.desk.database, operator=self.desk.operator, now=self.desk.clock()
            )
        except WaconsoleError as refusal:
            self.pane.say(str(refusal), "refused")
            return
        self.pane.say(f"Undone: {verb} ({count}).")
        await self.pane.read_again()


def desk_over(database: Database, **options: Any) -> Desk:
    """A desk in UTC whose clock stands at `NOW`; resting is off unless `rest_seconds` says otherwise."""
    settings = Settings(inbox=InboxSettings(rest_seconds=options.pop("rest_seconds", 0)))
    values: dict[str, Any] = {
        "operator": "Ana", "clock": lambda: NOW, "zone": UTC, "read_only": False,
        "vocabulary": catalogue.vocabulary, **options,
    }  # fmt: skip
    return Desk(database=database, settings=settings, **values)


@asynccontextmanager
async def inbox(
    path: Path,
    fill: Callable[..., None] = community,
    *arguments: int,
    size: tuple[int, int] = (120, 40),
    **options: Any,
) -> AsyncIterator[tuple[InboxApp, Pilot[None]]]:
    """The app over a ledger that `fill` filled, and a pilot for it."""
    async with catalogue.open_ledger(path, now=NOW) as database:

        def work(tx: Transaction) -> None:
            fill(tx, *arguments)

        await database.write(work)
        app = InboxApp(desk_over(database, **options))
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            yield app, pilot


async def settle(pilot: Pilot[None]) -> None:
    """Wait until what follows the cursor has followed, and what was read is painted."""
    app = pilot.app
    assert isinstance(app, InboxApp)
    if app.is_running:
        app.desk.database.look()
    await settled(pilot, lambda: app.pane.is_behind)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys and wait until what follows them is painted."""
    for key in keys:  # each once the one before has its focus: the small console has no type-ahead
        await pilot.press(key)
    await settle(pilot)
