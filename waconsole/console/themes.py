"""Themes: data-only TOML files, checked before Textual sees them.

A file holds `name`, `dark`, `extends`, and tables of plain values: `[colors]` (surfaces and
Textual's own names), `[roles]` (`waconsole.kit.roles`), `[text]` (a role's text style where colour
is off), `[glyphs]` and `[ascii]` (`waconsole.kit.glyphs`). What a file leaves out comes from the
theme it extends: another file, one of Textual's own, or `wa-dark` / `wa-light` by its `dark`.
There is no user CSS: a theme can change how the console looks, never what it shows.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from waconsole.errors import Refused
from waconsole.kit import contrast
from waconsole.kit.cells import width
from waconsole.kit.glyphs import ASCII_GLYPHS, GLYPHS
from waconsole.kit.roles import ROLES, SURFACES
from waconsole.text import safe

THEME_PATH_VARIABLE: Final = "WACONSOLE_THEME_PATH"
DARK_THEME: Final = "wa-dark"
LIGHT_THEME: Final = "wa-light"
EXTENDS_MAX: Final = 8
FILES_MAX: Final = 200
FILE_BYTES_MAX: Final = 64 * 1024
TEXT_STYLES: Final = frozenset({"none", "bold", "dim", "italic", "reverse", "underline", "strike"})

_TEXTUAL_COLORS: Final = (
    *("primary", "secondary", "warning", "error", "success", "accent"),
    *("foreground", "background", "surface", "panel"),
)
_TABLES: Final[Mapping[str, frozenset[str]]] = {
    "colors": frozenset(_TEXTUAL_COLORS) | SURFACES.keys(),
    "roles": frozenset(ROLES),
    "text": frozenset(ROLES),
    "glyphs": frozenset(GLYPHS),
    "ascii": frozenset(ASCII_GLYPHS),
}


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """A theme as it is written: its own values only, each one checked."""

    name: str
    source: str
    dark: bool | None = None
    extends: str | None = None
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsoleTheme:
    """A theme ready for use: Textual's `Theme` with every role as a variable, and its glyphs."""

    name: str
    textual: Theme
    glyphs: Mapping[str, str]
    ascii_glyphs: Mapping[str, str]
    source: str

    def colour(self, name: str) -> str:
        """The colour of a role, a surface, or `foreground`, `background`, `surface`, `panel`."""
        variable = f"role-{name}" if name in ROLES else name
        return self.textual.variables.get(variable) or str(getattr(self.textual, name))


@dataclass(frozen=True, slots=True)
class Themes:
    """The themes there are, and a sentence for each file that could not be used."""

    by_name: Mapping[str, ConsoleTheme]
    problems: tuple[str, ...] = ()

    def named(self, name: str) -> ConsoleTheme:
        """The theme called `name`. Raises Refused naming the nearest one."""
        if name not in self.by_name:
            raise Refused(f"There is no theme {safe(name)}.{_nearest(name, self.by_name)}")
        return self.by_name[name]


def load(theme_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> Themes:
    """Every theme that can be used; of two with one name the one found first by `search_path` wins.

    A broken file of the operator's is a problem to report, not a reason to stop.
    """
    problems: list[str] = []
    packaged = {file.name: file for file in _read_all(packaged_dir(), None)}
    files = dict(packaged)
    for folder in reversed(search_path(theme_dir, environ)):
        for file in _read_all(folder, problems):
            if file.name in packaged:
                problems.append(f"Theme {file.name} is the house's own: choose another name and extend it.")
            else:
                files[file.name] = file
    themes: dict[str, ConsoleTheme] = {}
    for file in files.values():
        try:
            themes[file.name] = built(file, files)
        except Refused as refusal:
            problems.append(str(refusal))
    return Themes(themes, tuple(problems))


def search_path(theme_dir: Path | None, environ: Mapping[str, str]) -> list[Path]:
    """The operator's theme folders, the strongest first."""
    from platformdirs import user_config_path

    folders = [theme_dir] if theme_dir else []
    folders += [Path(part) for part in environ.get(THEME_PATH_VARIABLE, "").split(os.pathsep) if part]
    return [*folders, user_config_path("waconsole") / "themes"]


def packaged_dir() -> Path:
    """The themes that came with the program: in the wheel, else in the source tree."""
    packaged = Path(str(resources.files("waconsole"))) / "themes"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "themes"


def _read_all(folder: Path, problems: list[str] | None) -> list[ThemeFile]:
    """The themes of `folder`; what is broken goes to `problems`, or is raised when that is None."""
    files = []
    for path in sorted(folder.glob("*.toml"))[:FILES_MAX]:
        try:
            files.append(read(path))
        except Refused as refusal:
            if problems is None:
                raise
            problems.append(str(refusal))
    return files


def read(path: Path) -> ThemeFile:
    """The theme file at `path`. Raises Refused in one sentence when it is not one."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Refused(f"Theme {path.name} is larger than {FILE_BYTES_MAX // 1024} KiB.")
        return parsed(tomllib.loads(path.read_text("utf-8")), str(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"Theme {path.name} cannot be read: {safe(str(error))}.") from error


def parsed(document: Mapping[str, Any], source: str) -> ThemeFile:
    """`document` (a parsed TOML file) as a theme. Raises Refused naming what is wrong."""
    where = f"Theme {Path(source).name}"
    _known(document, {"name", "dark", "extends", *_TABLES}, where)
    name, dark, extends = document.get("name"), document.get("dark"), document.get("extends")
    if not isinstance(name, str) or not name.replace("-", "").isalnum():
        raise Refused(f"{where}: name must be letters, digits and dashes.")
    if not isinstance(dark, bool | None) or not isinstance(extends, str | None):
        raise Refused(f"{where}: dark must be true or false, and extends the name of a theme.")
    tables: dict[str, dict[str, str]] = {}
    for table, keys in _TABLES.items():
        values = document.get(table, {})
        if not isinstance(values, dict):
            raise Refused(f"{where}: [{table}] must be a table.")
        _known(values, keys, f"{where}: [{table}]")
        tables[table] = {
            key: _checked(table, value, f"{where}: {table}.{key}") for key, value in values.items()
        }
    return ThemeFile(name, source, dark, extends, tables)


def _known(keys: Iterable[str], known: Iterable[str], where: str) -> None:
    known = set(known)
    for key in keys:
        if key not in known:
            raise Refused(f"{where} does not know {safe(key)}.{_nearest(key, known)}")


def _nearest(word: str, known: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(word, sorted(known), 1, cutoff=0)
    return f" The nearest is {nearest[0]}." if nearest else ""


def _checked(table: str, value: object, where: str) -> str:
    """`value` as Textual may have it. Raises Refused when it is none."""
    if not isinstance(value, str):
        raise Refused(f"{where} must be a text.")
    if table in ("glyphs", "ascii"):
        if safe(value) != value or width(value) != 1 or (table == "ascii" and not value.isascii()):
            raise Refused(f"{where} must be one visible sign, one cell wide.")
        return value
    if table == "text":
        if not value.split() or not TEXT_STYLES.issuperset(value.split()):
            raise Refused(f"{where} must be made of {', '.join(sorted(TEXT_STYLES))}.")
        return value
    try:
        colour = Color.parse(value)
    except ColorParseError as error:
        raise Refused(f"{where} is not a colour: {safe(value)}. Write it like #1a2b3c.") from error
    if colour.a != 1 or colour.ansi is not None:
        raise Refused(f"{where} must be a solid colour like #1a2b3c.")
    return colour.hex6


def built(file: ThemeFile, files: Mapping[str, ThemeFile]) -> ConsoleTheme:
    """`file` with all it inherits. Raises Refused when what it extends is missing or goes in circles."""
    lineage = _lineage(file, files)
    dark = next((one.dark for one in lineage if one.dark is not None), True)
    merged: dict[str, dict[str, str]] = {table: {} for table in _TABLES}
    for one in reversed(lineage):
        for table, values in one.tables.items():
            merged[table].update(values)
    colours, roles = merged["colors"], merged["roles"]
    variables = {name: colours.pop(name, default) for name, default in SURFACES.items()}
    for role, (colour, text_style) in ROLES.items():
        variables[f"role-{role}"] = roles.get(role, colour)
        variables[f"role-{role}-style"] = merged["text"].get(role, text_style)
    variables |= _textual_variables(variables, colours["foreground"], colours["background"])
    theme = Theme(
        name=file.name,
        primary=colours.pop("primary", colours["accent"]),
        success=colours.pop("success", variables["role-done"]),
        warning=colours.pop("warning", variables["role-owed"]),
        error=colours.pop("error", variables["role-refused"]),
        dark=dark,
        variables=variables,
        **colours,  # type: ignore[arg-type]
    )
    try:
        theme.to_color_system().generate()
    except ColorParseError as error:
        raise Refused(f"Theme {file.name} cannot be used: {safe(str(error))}.") from error
    return ConsoleTheme(
        file.name, theme, {**GLYPHS, **merged["glyphs"]}, {**ASCII_GLYPHS, **merged["ascii"]}, file.source
    )


def _lineage(file: ThemeFile, files: Mapping[str, ThemeFile]) -> list[ThemeFile]:
    """`file`, what it extends, what that extends, down to one of the house's own."""
    lineage = [file]
    while (last := lineage[-1]).name not in (DARK_THEME, LIGHT_THEME):
        parent = last.extends or (LIGHT_THEME if last.dark is False else DARK_THEME)
        # A theme of the operator's may improve on Textual's theme of the same name.
        known = files.get(parent) if parent != last.name else None
        if known is None and parent in BUILTIN_THEMES:
            known = _from_textual(BUILTIN_THEMES[parent])
        if known is None:
            names = {*files, *BUILTIN_THEMES}
            raise Refused(
                f"Theme {last.name} extends {safe(parent)}, which is missing.{_nearest(parent, names)}"
            )
        lineage.append(known)
        if len(lineage) > EXTENDS_MAX:
            raise Refused(f"Theme {file.name} extends itself or more than {EXTENDS_MAX} others.")
    return lineage


def _from_textual(theme: Theme) -> ThemeFile:
    """One of Textual's own themes as if it were a file of ours."""
    if theme.ansi:
        raise Refused(f"Theme {theme.name} has no colours of its own and cannot be extended.")
    system = theme.to_color_system().generate()
    colours = {name: Color.parse(system[name]).hex6 for name in _TEXTUAL_COLORS}
    tables = {"colors": colours, "roles": {"accent": colours["accent"], "title": colours["foreground"]}}
    return ThemeFile(f"textual:{theme.name}", theme.name, theme.dark, None, tables)


def _textual_variables(ours: Mapping[str, str], foreground: str, background: str) -> dict[str, str]:
    """The variables of Textual's own widgets, in the house's colours."""
    return {
        "block-cursor-background": ours["cursor-background"],
        "block-cursor-foreground": foreground,
        "block-cursor-blurred-background": ours["cursor-blurred-background"],
        "block-cursor-blurred-foreground": foreground,
        "border": ours["role-rule"],
        "border-blurred": ours["role-rule"],
        "footer-key-foreground": ours["role-key"],
        "input-cursor-background": foreground,
        "input-cursor-foreground": background,
        "input-selection-background": ours["cursor-background"],
        "scrollbar": ours["role-rule"],
        "scrollbar-hover": ours["role-muted"],
        "scrollbar-active": ours["role-accent"],
        "scrollbar-background": background,
    }


def check(theme: ConsoleTheme, *, text_contrast: float = contrast.TEXT_CONTRAST_MIN) -> tuple[str, ...]:
    """A sentence for each colour of `theme` that cannot be read or told apart; () when all can."""
    return (*contrast.unreadable(theme.colour, text_contrast), *contrast.alike(theme.colour))
