"""How a key is written in a keymap file, and which keys may be given away.

`e` `E` `?` `é` are themselves; the others have names (`enter`, `space`, `f5`, `comma`), alone or
behind `ctrl+`, `alt+`, `shift+`. `g i` is one key after another.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import Final

from textual.keys import _character_to_key, key_to_character

from waconsole.errors import Refused
from waconsole.kit.bindings import FORBIDDEN_KEYS, shown_key
from waconsole.text import safe

KEYS_MAX: Final = 12
SEQUENCE_MAX: Final = 4
NAME_CHARACTERS_MAX: Final = 64

LEAVE_KEY: Final = "ctrl+q"
# These reach the console as another key, unless the terminal speaks the Kitty protocol.
SAME_KEYS: Final[Mapping[str, str]] = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
}
# Stopping and putting aside mean the same in every program.
TERMINAL_KEYS: Final = FORBIDDEN_KEYS | {"ctrl+c", "ctrl+z"}

Sequence = tuple[str, ...]

_NAMED: Final = frozenset(
    "escape enter tab space backspace delete insert home end pageup pagedown up down left right".split()
) | {f"f{number}" for number in range(1, 25)}
_SYNONYMS: Final = {
    "esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup", "pgdn": "pagedown",
    "␣": "space", "↓": "down", "↑": "up", "←": "left", "→": "right", "⏎": "enter",
}  # fmt: skip
# Textual reads these names, and does not lead back from all of them.
_SIGNS: Final[Mapping[str, str]] = {_character_to_key(sign): sign for sign in string.punctuation}
_MODIFIER: Final = re.compile(r"(ctrl|alt|shift|super)[+-](?=.)", re.IGNORECASE)


def sequences(written: object) -> tuple[Sequence, ...]:
    """What a line gives: a text with commas between keys, or a list of texts; `[]` is no key at all.

    Answers key sequences in Textual's names, one key long or more. Raises Refused.
    """
    if isinstance(written, str):
        texts = [written] if written.strip() == "," else written.split(",")
    elif isinstance(written, list) and all(isinstance(one, str) for one in written):
        texts = written
    else:
        raise Refused('keys are written as "e", as "e, f5" or as ["e", "g e"]')
    if len(texts) > KEYS_MAX:
        raise Refused(f"{len(texts)} keys are more than {KEYS_MAX}")
    return tuple(dict.fromkeys(_sequence(text) for text in texts))


def _sequence(text: str) -> Sequence:
    names = tuple(key_name(word) for word in text.split())
    if not names:
        raise Refused("a key is empty: write its name, like space or comma")
    if len(names) > SEQUENCE_MAX:
        raise Refused(f"{shown(names)} is longer than {SEQUENCE_MAX} keys")
    for name in names[1:]:
        if "+" in name or name == "escape":
            raise Refused(
                f"{shown((name,))} ends what was begun, so it can only be the first of several keys"
            )
    return names


def key_name(word: str) -> str:
    """One key by Textual's name: `?` is `question_mark`, `Ctrl-X` is `ctrl+x`. Raises Refused."""
    modifiers, rest = set(), word
    while found := _MODIFIER.match(rest):
        modifiers.add(found[1].lower())
        rest = rest[found.end() :]
    base = _base(rest, word)
    if base.lower() != base.upper() and len(base) == 1:
        is_capital = base != base.lower() or "shift" in modifiers
        base, modifiers = _letter(base, modifiers - {"shift"}, is_capital=is_capital)
    elif "shift" in modifiers and is_typed(base) and base != "space":
        raise Refused(f"{safe(word)} depends on the keyboard: write the sign it makes, like ? or !")
    name = "+".join((*sorted(modifiers), base))
    if name in SAME_KEYS:
        raise Refused(f"{safe(word)} is {SAME_KEYS[name]} in most terminals")
    if name in TERMINAL_KEYS:
        raise Refused(f"{safe(word)} belongs to the terminal")
    return name


def _letter(letter: str, modifiers: set[str], *, is_capital: bool) -> tuple[str, set[str]]:
    """A letter as terminals send it: `A`, `alt+shift+a`, and ctrl with a capital as without."""
    if not is_capital or "ctrl" in modifiers:
        return letter.lower(), modifiers
    return (letter.lower(), modifiers | {"shift"}) if modifiers else (letter.upper(), modifiers)


def _base(text: str, word: str) -> str:
    if len(text) == 1 and text.isprintable() and text not in _SYNONYMS:
        return _character_to_key(text)
    name = _SYNONYMS.get(text.lower(), text.lower())
    if name in _NAMED or name in _SIGNS:
        return name
    if len(text) <= NAME_CHARACTERS_MAX:
        character = key_to_character(name) if text else None
        if character is not None and character.isprintable() and character != " ":
            return _character_to_key(character)
    nearest = _nearest(name)
    raise Refused(f"{safe(word[:NAME_CHARACTERS_MAX])} is no key{nearest}")


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, sorted(_NAMED | _SYNONYMS.keys()), 1)
    return f": did you mean {close[0]}?" if close else ""


def is_typed(name: str) -> bool:
    """Whether a key writes a character where something is typed."""
    return name == "space" or name in _SIGNS or (name not in _NAMED and key_to_character(name) is not None)


def typed(sequence: Sequence) -> Sequence:
    """A sequence as the chord layer hears it: signs by themselves, other keys by name."""
    return tuple(
        _SIGNS.get(name) or key_to_character(name) or name if is_typed(name) else name for name in sequence
    )


def shown(sequence: Sequence) -> str:
    """A sequence as it is read: `g i`, `?`, `ctrl+d`."""
    return " ".join(shown_key(name) for name in sequence)
