"""Both roads beside the screen: what is queued is sent, what comes in is taken apart, and the top line says so.

Begun after the first frame and ended after the last one, so that nothing waits for it. Sending and
taking in have a thread with a loop of their own (`syncing_roads`): a screen that is being painted
does not hold up a message, nor a message the screen.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

from waconsole.console.syncing_roads import Roads
from waconsole.console.syncing_words import Sight
from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.operators.desk import Desk
from waconsole.text import _

if TYPE_CHECKING:
    from waconsole.console.syncing_children import Child, Companion
    from waconsole.sync.drain import Drained

READ_SECONDS: Final = 0.1  # changes of the ledger in so short a time are read once
TURN_SECONDS: Final = 1.0  # whoever has to wait longer for the number waits for another process
LOOK_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 5.0
AGAIN_SECONDS_MAX: Final = 60.0


class Syncing:
    """The workers of one console, and what they know of the road to WhatsApp."""

    def __init__(
        self,
        desk: Desk,
        companions: Sequence[Companion] = (),
        *,
        opening: Callable[[], None] | None = None,
    ) -> None:
        """`companions` run beside the console; `opening` is done once they listen, on a thread."""
        self.sight: Sight | None = None
        settings = desk.settings
        self._is_wanted = bool(settings.sync.auto and settings.cloud.phone_number_id and not desk.read_only)
        self._desk = desk
        self._companions = () if desk.read_only else tuple(companions)
        self._opening = opening
        self._show: Callable[[], None] = lambda: None
        self._say: Callable[[str, str], None] = lambda _sentence, _kind: None
        self._fail: Callable[[Exception], None] = lambda _error: None
        self._came: Callable[[], None] = lambda: None
        self._phase = "starting" if self._is_wanted else "off"
        self._most_waiting = 0
        self._children: list[Child] = []
        self._waiting_for = len(self._companions)
        self._tasks: list[asyncio.Task[None]] = []
        self._reading: asyncio.TimerHandle | None = None
        self._turn: asyncio.TimerHandle | None = None
        self._ended = asyncio.Event()
        self._roads: Roads | None = None

    # Life

    def begin(
        self,
        show: Callable[[], None],
        say: Callable[[str, str], None],
        fail: Callable[[Exception], None],
        *,
        came: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin everything that the settings ask for; answers at once.

        `show` hears that `sight` has changed, `say` a sentence and its kind (`done`, `advice`,
        `refused`), `fail` what only a bug raises; `came` hears that something has come in.
        """
        self._show, self._say, self._fail, self._came = show, say, fail, came
        self._desk.database.on_change.append(self._changed)
        self._spawn(self._read())
        if self._is_wanted:
            self._spawn(self._sync())
        for companion in self._companions:
            self._spawn(self._keep(companion))

    async def end(self) -> None:
        """End all of it: what is on its way gets its answer, children end and are waited for."""
        self._ended.set()
        for timer in (self._reading, self._turn):
            if timer is not None:
                timer.cancel()
        if self._roads is not None:
            self._roads.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._reading is not None:
            self._reading.cancel()
        changes = self._desk.database.on_change
        if self._changed in changes:
            changes.remove(self._changed)
        if self._children:
            from waconsole.console.syncing_children import end_all

            await asyncio.to_thread(end_all, self._children)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def told() -> None:
            try:
                await work
            except WaconsoleError as error:
                self._trouble(str(error))
            except Exception as error:  # a bug: whoever shows the screen ends it aloud
                self._fail(error)

        self._tasks.append(asyncio.create_task(told()))

    # Sending and taking in

    async def _sync(self) -> None:
        """Keep the roads open; what shuts them (a locked ledger, a full disk) is said once and passes."""
        said = ""
        while not self._ended.is_set():
            self._roads = Roads(self._desk, say=self._trouble, heard=self._heard, came=self._has_come)
            try:
                await self._roads.run()
                return
            except WaconsoleError as error:
                if str(error) != said:
                    self._trouble(str(error))
                said = str(error)
            await self._rest(AGAIN_SECONDS)

    def _has_come(self) -> None:
        """What came in stands in the ledger: our own connection need not find that out by and by."""
        self._desk.database.look()
        self._came()

    def _heard(self, drained: Drained | None) -> None:
        """How sending goes; None: it waits for its turn."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        if drained is not None:
            self._desk.database.look()
            self._enter("on")
        elif not self._ended.is_set():
            self._turn = asyncio.get_running_loop().call_later(TURN_SECONDS, self._enter, "elsewhere")

    def _trouble(self, sentence: str) -> None:
        self._enter("trouble")
        self._say(sentence, "refused")

    def _enter(self, phase: str) -> None:
        if phase != self._phase:
            self._phase = phase
            self._changed()

    # What is known

    def _changed(self) -> None:
        """Read again, once for all changes of a moment; the roads hear of it at once."""
        if self._roads is not None:
            self._roads.wake()
        if self._reading is None and not self._ended.is_set():
            self._reading = asyncio.get_running_loop().call_later(
                READ_SECONDS, lambda: self._spawn(self._read())
            )

    async def _read(self) -> None:
        self._reading = None
        self._tasks = [task for task in self._tasks if not task.done()]
        before, sight = self.sight, await self._desk.database.read(self._look)
        if sight == before or self._ended.is_set():
            return
        self.sight = sight
        self._show()
        if sight is not None and sight.copied and (before is None or not before.copied):
            words = _(
                "This ledger was copied, moved or restored: {count} messages are held, as another copy may send them. "
                "The outbox releases them, or `outbox release --all`."
            )
            self._say(words.format(count=f"{sight.copied:,}"), "advice")
        if sight is not None and before is not None:
            self._tell(before, sight)

    def _look(self, tx: Transaction) -> Sight | None:
        from waconsole.outbox.store_alarms import is_paused, unknown_count
        from waconsole.outbox.store_standing import standing
        from waconsole.sync.receive_rows import last_received_at

        found = standing(tx, self._desk.settings.cloud.phone_number_id)
        if found is None:
            return Sight(self._shown_phase) if self._is_wanted else None
        known = [at for at in (found.answered_at, last_received_at(tx)) if at is not None]
        return Sight(
            self._shown_phase,
            found.waiting,
            found.stopped,
            found.unreached,
            max(known, default=None),
            found.copied,
            paused=is_paused(tx, self._desk.settings.cloud.phone_number_id),
            unknown=unknown_count(tx),
        )

    @property
    def _shown_phase(self) -> str:
        """What this console does, as it is shown: it still starts while its companions do."""
        return "starting" if self._phase == "on" and self._waiting_for else self._phase

    def _tell(self, before: Sight, sight: Sight) -> None:
        """Say in a sentence what has become different for the operator."""
        self._most_waiting = max(self._most_waiting, sight.waiting if sight.is_offline else 0)
        if sight.stopped and not before.stopped:
            words = _(
                "WhatsApp takes nothing from our number: {reason}. See to its token; what is queued waits."
            )
            self._say(words.format(reason=sight.stopped.rstrip(".")), "refused")
        elif sight.is_offline and not before.is_offline:
            self._say(
                _("WhatsApp cannot be reached: what is queued waits, and is sent when it can."), "advice"
            )
        elif self._most_waiting and not sight.unreached and not sight.waiting:
            words = _("WhatsApp can be reached again, and nothing waits any more ({count} did).")
            self._say(words.format(count=f"{self._most_waiting:,}"), "done")
            self._most_waiting = 0

    # Processes beside the console

    async def _keep(self, companion: Companion) -> None:
        """Keep a companion running until the end; what is wrong with it is said once."""
        from waconsole.console.syncing_children import Child

        def begun() -> Child:
            child = Child(companion)
            self._children.append(child)
            child.wait_ready(self._ended.is_set)
            return child

        pause, told, is_first = AGAIN_SECONDS, False, True
        while not self._ended.is_set():
            try:
                child = await asyncio.to_thread(begun)
            except WaconsoleError as error:
                if not told and not self._ended.is_set():
                    self._say(str(error), "refused")
                told = True
            else:
                told = False
                if is_first:
                    await self._listens()
                    is_first = False
                while child.is_running and not await self._rest(LOOK_SECONDS):
                    pause = AGAIN_SECONDS
                if not self._ended.is_set():
                    words = _("The {name} has ended ({reason}); it is started again.")
                    self._say(words.format(name=companion.name, reason=child.last_words or "?"), "refused")
            await self._rest(pause)
            pause = min(pause * 2, AGAIN_SECONDS_MAX)

    async def _listens(self) -> None:
        """One more companion listens; after the last one the opening is done."""
        self._waiting_for -= 1
        if self._waiting_for:
            return
        self._changed()
        if self._opening is not None and not self._ended.is_set():
            await asyncio.to_thread(self._opening)

    async def _rest(self, seconds: float) -> bool:
        """Wait; True at once when everything ends."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        return self._ended.is_set()
