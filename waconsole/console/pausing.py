"""`!`: pause everything at once, from every pane; pressed while it is paused it lets everything go on.

Before it pauses it asks once, in the line of the hints: the same key, `y` or Enter agree, every other key leaves it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from textual import events
from textual.timer import Timer

from waconsole.console.keys import PAUSE_ALL
from waconsole.errors import WaconsoleError
from waconsole.kit.worker import in_worker
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.console.frame import ConsoleFrame
    from waconsole.database.connection import Transaction

ASKS_SECONDS: Final = 20.0
AGREES: Final = frozenset({"y", "enter"})


class PauseKey:
    """Asks, and does it."""

    def __init__(self, app: ConsoleFrame) -> None:
        """`app` is the console it stands in."""
        self._app = app
        self._timer: Timer | None = None

    @property
    def is_asking(self) -> bool:
        """Whether the next key is an answer."""
        return self._timer is not None

    def press(self) -> None:
        """The key was pressed and nobody was being asked."""
        app = self._app
        if app.desk.read_only:
            app.say(
                _("This ledger is open for reading only: start again without --read-only to act."), "advice"
            )
        elif app.alarms is not None and app.alarms.is_all_paused:
            in_worker(app, self._resume, group="pause")
        else:
            key = app.live_keys.shown(PAUSE_ALL) or "y"
            asks = _("Pause everything? {key} does it, any other key leaves it.")
            app.status_line.pend(safe(asks.format(key=key)))
            self._timer = app.set_timer(ASKS_SECONDS, self._forget)

    def takes(self, event: events.Key) -> bool:
        """Whether the key is the answer to the question; nobody else sees it then."""
        if not self.is_asking:
            return False
        self._forget()
        keys = {binding.key for binding in self._app.live_keys.live([PAUSE_ALL])}
        if event.key in keys | AGREES:
            in_worker(self._app, self._pause, group="pause")
        else:
            self._app.say(_("Nothing was paused."), "advice")
        return True

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._app.status_line.pend(SafeText(""))

    async def _pause(self) -> None:
        from waconsole.operators import service as operators
        from waconsole.outbox import service_pacing

        desk, now = self._app.desk, self._app.desk.clock()

        def work(tx: Transaction) -> None:
            service_pacing.pause(tx, operators.acting(tx, desk.operator, now=now), now=now)

        await self._done(work, _("Everything is paused: nothing leaves, from now on and in every process."))

    async def _resume(self) -> None:
        from waconsole.operators import service as operators
        from waconsole.outbox import service_pacing

        desk, now = self._app.desk, self._app.desk.clock()

        def work(tx: Transaction) -> None:
            service_pacing.resume(tx, operators.acting(tx, desk.operator, now=now), now=now)

        await self._done(work, _("Everything goes on: what waited leaves in its order."))

    async def _done(self, work: Callable[[Transaction], None], sentence: str) -> None:
        app = self._app
        try:
            await app.desk.database.write(work)
        except WaconsoleError as refusal:
            app.say(str(refusal), "refused")
            return
        app.say(sentence, undo=True)
        await app.count()
