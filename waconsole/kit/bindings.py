"""The keys of widgets and screens, read from their own `BINDINGS`: there is no second list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Final

from textual.binding import Binding
from textual.keys import format_key, key_to_character

from waconsole.kit.chords import Chord

# Terminals, tmux and screen keep these for themselves.
FORBIDDEN_KEYS: Final = frozenset({"ctrl+a", "ctrl+b", "ctrl+s"})
_SHOWN: Final = {"space": "␣", "escape": "esc", "pagedown": "pgdn", "pageup": "pgup"}


@cache
def bindings_of(owner: type) -> tuple[Binding, ...]:
    """Every binding that `owner` and the house's classes below it declare, one for each key.

    The editing keys of Textual's own widgets are not verbs of ours and are left out.
    """
    found: list[Binding] = []
    for base in owner.__mro__:
        if base.__module__.partition(".")[0] != "textual":
            declared = Binding.make_bindings(base.__dict__.get("BINDINGS", ()))
            found.extend(one for one in declared if one not in found)
    return tuple(found)


def shown_key(key: str) -> str:
    """How a key is read: `question_mark` is `?`, `ctrl+d` is `ctrl+d`, `space` is `␣`."""
    if key in _SHOWN:
        return _SHOWN[key]
    character = key_to_character(key)
    if character is not None and character.isprintable() and character != " ":
        return character
    return key if "+" in key else format_key(key)


def key_of(app: object, owner: type, binding_id: str) -> str:
    """How the first key of an act of `owner` is read, by the keymap that `app` has in force; "" when it has none."""
    binding = next((one for one in bindings_of(owner) if one.id == binding_id), None)
    if binding is None:
        return ""
    in_force: Callable[[Binding], str] = getattr(app, "key_in_force", None) or (
        lambda one: shown_key(one.key)
    )
    return in_force(binding)


def verb(binding_id: str) -> str:
    """The verb of a binding id: the part behind the last dot."""
    return binding_id.rpartition(".")[2]


def faults(owner: type) -> tuple[str, ...]:
    """A sentence for each binding of `owner` without id, description or tooltip, or on a kept key."""
    sentences: list[str] = []
    for binding in bindings_of(owner):
        missing = [
            name
            for name, value in (
                ("id", binding.id),
                ("description", binding.description),
                ("tooltip", binding.tooltip),
            )
            if not value
        ]
        if missing:
            sentences.append(f"{owner.__name__}: key {binding.key} has no {', '.join(missing)}.")
        if binding.id and "." not in binding.id:
            sentences.append(f"{owner.__name__}: the id {binding.id} has no dot.")
        if binding.key in FORBIDDEN_KEYS:
            sentences.append(f"{owner.__name__}: {binding.key} belongs to the terminal.")
    return tuple(sentences)


def conflicts(owners: Iterable[type], chords: Iterable[Chord] = ()) -> tuple[str, ...]:
    """A sentence for each key that means two verbs in `owners`, and each that hides a chord."""
    verbs: dict[str, dict[str, str]] = {}
    for owner, binding in _named(owners):
        if binding.id:
            verbs.setdefault(binding.key, {}).setdefault(verb(binding.id), f"{owner}: {binding.id}")
    sentences = [
        f"Key {key} means {' and '.join(sorted(where.values()))}."
        for key, where in sorted(verbs.items())
        if len(where) > 1
    ]
    for chord in chords:
        if chord.keys[0] in verbs:
            sentences.append(f"Key {chord.keys[0]} begins {chord.id} and is bound by itself.")
    return tuple(sentences)


def _named(owners: Iterable[type]) -> Iterator[tuple[str, Binding]]:
    for owner in owners:
        for binding in bindings_of(owner):
            yield owner.__name__, binding
