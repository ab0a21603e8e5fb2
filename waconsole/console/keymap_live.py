"""The keys in force: the built-in ones, and what the operator's keymap makes of them.

The screen, the help, the palette and the page of keys ask here. Without a keymap file nothing is
loaded for it; with one its lines are checked against every act before the first key is heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from textual.app import App
from textual.binding import Binding

from waconsole.console.panes import CHORDS
from waconsole.errors import Refused
from waconsole.kit.bindings import bindings_of, shown_key
from waconsole.kit.chords import Chord
from waconsole.settings import Settings
from waconsole.settings.environment import ENVIRONMENT
from waconsole.text import _

# No terminal sends it: Textual has no way to take an act's keys away, only to give it others.
NO_KEY: Final = "waconsole-no-key"

Given = Mapping[str, tuple[tuple[str, ...], ...]]


class LiveKeys:
    """`given` are the keys given anew, by act: sequences of one key or more, in Textual's names."""

    def __init__(self, given: Given | None = None, chords: Iterable[Chord] = CHORDS, says: str = "") -> None:
        self.given = given or {}
        self.chords = tuple(chords)
        self.says = says

    @classmethod
    def begin(cls, app: App[Any], settings: Settings, environ: Mapping[str, str] = ENVIRONMENT) -> LiveKeys:
        """The keys of the operator's keymap, given to `app`; `says` what the operator must know of the file."""
        from waconsole.console.keymap_place import keymap_path

        path, is_named = keymap_path(settings, environ)
        if not is_named and not path.exists():
            return cls()
        from waconsole.console.keymap import keymap_of
        from waconsole.console.keymap_acts import all_acts

        acts = all_acts()
        try:
            keymap = keymap_of(path, acts)
        except Refused as refusal:
            return cls(says=str(refusal))
        live = cls(keymap.keys, keymap.chords(acts), _refused(len(keymap.faults), path.name))
        app.set_keymap({name: _textual(keys) for name, keys in keymap.keys.items()})
        return live

    def of(self, owner: type) -> tuple[Binding, ...]:
        """As `bindings_of`, with the keys in force."""
        return self.live(bindings_of(owner))

    def live(self, bindings: Iterable[Binding]) -> tuple[Binding, ...]:
        """`bindings` with the keys in force, one for each key; an act without any keeps one that has `NO_KEY`."""
        if not self.given:
            return tuple(bindings)
        found: list[Binding] = []
        for binding in bindings:
            keys = self.given.get(binding.id or "")
            if keys is None:
                found.append(binding)
            elif not any(one.id == binding.id for one in found):
                found += [binding.with_key(key) for key in _single(keys)]
        return tuple(found)

    def shown(self, binding: Binding) -> str:
        """The first key in force of a binding's act as it is read; "" when it has none."""
        keys = self.given.get(binding.id or "")
        if keys is None:
            return shown_key(binding.key)
        return " ".join(shown_key(key) for key in keys[0]) if keys else ""


def _single(keys: Iterable[tuple[str, ...]]) -> list[str]:
    return [key[0] for key in keys if len(key) == 1] or [NO_KEY]


def _textual(keys: Iterable[tuple[str, ...]]) -> str:
    return ",".join(_single(keys))


def _refused(count: int, name: str) -> str:
    if not count:
        return ""
    if count == 1:
        return _("One line of {name} was refused: `waconsole keys check` says why.").format(name=name)
    return _("{count} lines of {name} were refused: `waconsole keys check` says why.").format(
        count=count, name=name
    )
