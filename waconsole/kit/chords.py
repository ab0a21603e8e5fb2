"""Key sequences: `g i` is one word of two keys.

Textual knows single keys only. The layer stands before every widget: the app feeds it each key
from `on_event`, and what it takes nobody else sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from textual import events
from textual.app import App
from textual.screen import ModalScreen
from textual.timer import Timer

from waconsole.kit.typing import takes_text

SHOW_AFTER_SECONDS: Final = 0.3
GIVE_UP_AFTER_SECONDS: Final = 2.0


class Chord(NamedTuple):
    """A sequence of at least two keys and the action it runs.

    The action runs on the focused widget or on the nearest one around it that has it. `id`,
    `title` and `tooltip` are what a binding has: the same lists show both.
    """

    keys: tuple[str, ...]
    action: str
    id: str
    title: str
    tooltip: str

    @property
    def shown(self) -> str:
        """The keys as they are read."""
        return " ".join(self.keys)


class Pending(NamedTuple):
    """The keys pressed so far, and each key that may follow with what it leads to."""

    pressed: tuple[str, ...]
    following: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """The keys pressed, then each that may follow with its title."""
        return "   ".join([" ".join(self.pressed), *(f"{key} {title}" for key, title in self.following)])


class Chords:
    """The chords there are. Raises ValueError when one begins with the whole of another."""

    def __init__(self, chords: Iterable[Chord]) -> None:
        self.chords = tuple(chords)
        for chord in self.chords:
            assert len(chord.keys) > 1, f"{chord.id}: a chord of one key is a binding"
        self._whole = {chord.keys: chord for chord in self.chords}
        self._begun = {chord.keys[:cut] for chord in self.chords for cut in range(1, len(chord.keys))}
        if len(self._whole) != len(self.chords) or self._begun & self._whole.keys():
            raise ValueError("Two chords begin with the same whole sequence.")

    def complete(self, pressed: tuple[str, ...]) -> Chord | None:
        """The chord that `pressed` is, if it is one."""
        return self._whole.get(pressed)

    def pending(self, pressed: tuple[str, ...]) -> Pending | None:
        """What may follow `pressed`; None when no chord begins so."""
        if pressed not in self._begun:
            return None
        following: dict[str, str] = {}
        for chord in self.chords:
            if chord.keys[: len(pressed)] == pressed:
                last = len(chord.keys) == len(pressed) + 1
                following.setdefault(chord.keys[len(pressed)], chord.title if last else "…")
        return Pending(pressed, tuple(following.items()))


class ChordLayer:
    """Takes the keys of a chord away from the app.

        async def on_event(self, event: events.Event) -> None:
            if isinstance(event, events.Key) and await self.chord_layer.takes(event):
                return
            await super().on_event(event)

    `show` is called with what may follow once the operator hesitates for `SHOW_AFTER_SECONDS`, and
    with None when the sequence ends. A sequence is given up after `GIVE_UP_AFTER_SECONDS`, by
    Escape, and by a key that leads nowhere, which then does nothing else either.

    The layer is silent while an input has the focus, and under a modal screen, unless the screen
    says `TAKES_CHORDS = True`.
    """

    def __init__(
        self, app: App[Any], chords: Iterable[Chord], show: Callable[[Pending | None], None]
    ) -> None:
        self.app = app
        self.chords = Chords(chords)
        self._show = show
        self._pressed: tuple[str, ...] = ()
        self._timers: list[Timer] = []

    async def takes(self, event: events.Key) -> bool:
        """Whether the key belongs to a chord; the app must not handle it then."""
        if event.is_forwarded:
            return False
        if not self._may_listen():
            self.give_up()
            return False
        key = event.character if event.is_printable and event.character else event.key
        if self._pressed and (key == "escape" or key.startswith("ctrl+")):
            self.give_up()
            return key == "escape"
        was_pending, pressed = bool(self._pressed), (*self._pressed, key)
        chord, pending = self.chords.complete(pressed), self.chords.pending(pressed)
        self.give_up()
        if chord is not None:
            await self._run(chord)
        elif pending is not None:
            self._wait(pending)
        return chord is not None or pending is not None or was_pending

    def give_up(self) -> None:
        """Forget the keys pressed so far."""
        for timer in self._timers:
            timer.stop()
        self._timers.clear()
        if self._pressed:
            self._pressed = ()
            self._show(None)

    def _wait(self, pending: Pending) -> None:
        self._pressed = pending.pressed
        self._timers = [
            self.app.set_timer(SHOW_AFTER_SECONDS, lambda: self._show(pending)),
            self.app.set_timer(GIVE_UP_AFTER_SECONDS, self.give_up),
        ]

    def _may_listen(self) -> bool:
        if takes_text(self.app.focused):
            return False
        screen = self.app.screen
        return not isinstance(screen, ModalScreen) or getattr(screen, "TAKES_CHORDS", False)

    async def _run(self, chord: Chord) -> None:
        start = self.app.focused or self.app.screen
        for node in start.ancestors_with_self:
            if await self.app.run_action(chord.action, node):
                return
