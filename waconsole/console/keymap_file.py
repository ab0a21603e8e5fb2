"""A keymap file as it is written: TOML, an act's id and its keys on each line.

    inbox.done = "d"            # one key
    reply.queue = "ctrl+enter"
    pane.inbox = ["1", "g h"]   # several, and one key after another
    "inbox.mute" = []           # none

A line TOML cannot read is reported and left out; the others stand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from waconsole.console.toml_lines import line_of
from waconsole.errors import Refused
from waconsole.text import safe

FILE_BYTES_MAX: Final = 64 * 1024
LINES_MAX: Final = 1_000
BROKEN_LINES_MAX: Final = 50

_AT_LINE: Final = re.compile(r" \(at line (\d+), column \d+\)")


class Fault(NamedTuple):
    """One thing that is wrong, as a sentence; `line` counts from 1, None where it has none."""

    says: str
    line: int | None = None
    id: str = ""


class Entry(NamedTuple):
    """One line: an act's id, and what is written for its keys, unchecked."""

    id: str
    written: object
    line: int | None


def entries(path: Path) -> tuple[list[Entry], list[Fault]]:
    """The lines of the keymap file at `path`, and what of it is no TOML. Raises Refused when it cannot be read."""
    try:
        with open(path, "rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
        if len(raw) > FILE_BYTES_MAX:
            raise Refused(f"The keymap {path} is none: it is larger than {FILE_BYTES_MAX // 1024} KiB.")
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise Refused(f"The keymap {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Refused(f"The keymap {path} is not UTF-8 (line {line}).") from error
    document, faults = _parsed(text)
    found = [Entry(name, written, line_of(text, name)) for name, written in _flat(document)]
    if len(found) > LINES_MAX:
        faults.append(Fault(f"Only the first {LINES_MAX:,} lines are read."))
    return found[:LINES_MAX], faults


def _parsed(text: str) -> tuple[dict[str, Any], list[Fault]]:
    """The document without the lines TOML cannot read."""
    lines = text.splitlines()
    faults: list[Fault] = []
    for _attempt in range(BROKEN_LINES_MAX):
        try:
            return tomllib.loads("\n".join(lines)), faults
        except tomllib.TOMLDecodeError as error:
            where = _AT_LINE.search(str(error))
            said = safe(_AT_LINE.sub("", str(error)).partition(" (at end")[0])
            number = int(where[1]) if where else _last(lines)
            faults.append(Fault(f"This is no TOML: {said}.", number))
            if not lines[number - 1 : number] or not lines[number - 1].strip():
                break
            lines[number - 1] = ""
    return {}, [*faults, Fault("Nothing of this file is used: too much of it is no TOML.")]


def _last(lines: list[str]) -> int:
    """The number of the last line that says something: what is never closed is never closed there."""
    return next((number for number in range(len(lines), 0, -1) if lines[number - 1].strip()), 0)


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    """`[inbox] done = "d"` and `inbox.done = "d"` are one thing."""
    for key, value in table.items():
        name = f"{above}.{key}" if above else key
        if isinstance(value, dict):
            yield from _flat(value, name)
        else:
            yield name, value
