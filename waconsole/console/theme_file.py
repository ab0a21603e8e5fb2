"""A theme file as it is written: every value checked before Textual sees it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from textual.color import Color, ColorParseError

from waconsole.errors import Refused
from waconsole.kit.cells import width
from waconsole.kit.glyphs import ASCII_GLYPHS, GLYPHS
from waconsole.kit.roles import ROLES, SURFACES
from waconsole.text import safe

FILE_BYTES_MAX: Final = 64 * 1024
TEXT_STYLES: Final = frozenset({"none", "bold", "dim", "italic", "reverse", "underline", "strike"})
PROMISES: Final = frozenset({"contrast", "colour-blind"})

TEXTUAL_COLORS: Final = (
    *("primary", "secondary", "warning", "error", "success", "accent"),
    *("foreground", "background", "surface", "panel"),
)
TABLES: Final[Mapping[str, frozenset[str]]] = {
    "colors": frozenset(TEXTUAL_COLORS) | SURFACES.keys(),
    "roles": frozenset(ROLES),
    "text": frozenset(ROLES),
    "glyphs": frozenset(GLYPHS),
    "ascii": frozenset(ASCII_GLYPHS),
}


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """A theme as it is written: its own values only, each one checked.

    `promises` are what `themes check` holds it to beyond what every theme must keep.
    """

    name: str
    source: str
    dark: bool | None = None
    extends: str | None = None
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    promises: frozenset[str] = frozenset()


def document_at(path: Path) -> dict[str, Any]:
    """The TOML of the file at `path`. Raises Refused in one sentence when it has none."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Refused(f"Theme {safe(path.name)} is larger than {FILE_BYTES_MAX // 1024} KiB.")
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"Theme {safe(path.name)} cannot be read: {safe(str(error))}.") from error


def read(path: Path) -> ThemeFile:
    """The theme file at `path`. Raises Refused in one sentence when it is not one."""
    return parsed(document_at(path), str(path))


def parsed(document: Mapping[str, Any], source: str) -> ThemeFile:
    """`document` (a parsed TOML file) as a theme. Raises Refused naming the first thing that is wrong."""
    for _key, says in wrong(document):
        raise Refused(f"Theme {safe(Path(source).name)}: {says}")
    tables = {table: _values(table, document.get(table, {})) for table in TABLES}
    return ThemeFile(
        document["name"], source, document.get("dark"), document.get("extends"), tables,
        frozenset(document.get("promises", ())),
    )  # fmt: skip


def wrong(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, sentence) of everything in a theme's file that is wrong by itself."""
    yield from _unknown("", document, {"name", "dark", "extends", "promises", *TABLES})
    name = document.get("name")
    if not isinstance(name, str) or not name.replace("-", "").isalnum():
        yield "name", "name must be letters, digits and dashes."
    if not isinstance(document.get("dark"), bool | None):
        yield "dark", "dark must be true or false."
    if not isinstance(document.get("extends"), str | None):
        yield "extends", "extends must be the name of a theme."
    promises = document.get("promises", [])
    if not isinstance(promises, list) or not all(
        isinstance(one, str) and one in PROMISES for one in promises
    ):
        yield "promises", f"promises must be a list of {' or '.join(sorted(PROMISES))}."
    for table, keys in TABLES.items():
        values = document.get(table, {})
        if not isinstance(values, dict):
            yield table, f"[{table}] must be a table."
            continue
        yield from _unknown(table, values, keys)
        for key, value in values.items():
            if key in keys and (says := _fault(table, value)):
                yield f"{table}.{key}", f"{table}.{key} {says}"


def _unknown(table: str, keys: Iterable[str], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = set(known)
    for key in keys:
        if key not in known:
            where = f"[{table}] does not know {safe(key)}" if table else f"a theme does not know {safe(key)}"
            yield f"{table}.{key}" if table else key, f"{where}.{nearest(key, known)}"


def nearest(word: str, known: Iterable[str]) -> str:
    """` The nearest is …` for a word nobody knows, or ""."""
    import difflib

    close = difflib.get_close_matches(word, sorted(known), 1, cutoff=0)
    return f" The nearest is {close[0]}." if close else ""


def _fault(table: str, value: object) -> str:
    """Why `value` cannot stand in `table`, as the end of a sentence; "" when it can."""
    if not isinstance(value, str):
        return "must be a text."
    if table in ("glyphs", "ascii"):
        if safe(value) != value or width(value) != 1 or (table == "ascii" and not value.isascii()):
            return "must be one visible sign, one cell wide."
        return ""
    if table == "text":
        if not value.split() or not TEXT_STYLES.issuperset(value.split()):
            return f"must be made of {', '.join(sorted(TEXT_STYLES))}."
        return ""
    try:
        colour = Color.parse(value)
    except ColorParseError:
        return f"is not a colour: {safe(value)}. Write it like #1a2b3c."
    if colour.a != 1 or colour.ansi is not None:
        return "must be a solid colour like #1a2b3c."
    return ""


def _values(table: str, values: Mapping[str, str]) -> dict[str, str]:
    """Values that are sound, colours in one form."""
    if table not in ("colors", "roles"):
        return dict(values)
    return {key: Color.parse(value).hex6 for key, value in values.items()}
