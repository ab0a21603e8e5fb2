"""Themes: data-only TOML files, checked before Textual sees them.

A file holds `name`, `dark`, `extends`, and tables of plain values: `[colors]` (surfaces and
Textual's own names), `[roles]` (`waconsole.kit.roles`), `[text]` (a role's text style where colour
is off), `[glyphs]` and `[ascii]` (`waconsole.kit.glyphs`). What a file leaves out comes from the
theme it extends: another file, one of Textual's own, or `wa-dark` / `wa-light` by its `dark`.
`promises` says what `themes check` holds it to besides. `theme_file` checks each value.
There is no user CSS: a theme can change how the console looks, never what it shows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from waconsole.console.theme_file import TABLES, TEXTUAL_COLORS, ThemeFile, nearest, read
from waconsole.errors import Refused
from waconsole.kit.glyphs import ASCII_GLYPHS, GLYPHS
from waconsole.kit.roles import ROLES, SURFACES
from waconsole.settings.environment import ENVIRONMENT
from waconsole.text import safe

THEME_PATH_VARIABLE: Final = "WACONSOLE_THEME_PATH"
DARK_THEME: Final = "wa-dark"
LIGHT_THEME: Final = "wa-light"
EXTENDS_MAX: Final = 8
FILES_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class ConsoleTheme:
    """A theme ready for use: Textual's `Theme` with every role as a variable, and its glyphs."""

    name: str
    textual: Theme
    glyphs: Mapping[str, str]
    ascii_glyphs: Mapping[str, str]
    file: ThemeFile

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
            unused = len(self.problems)
            check = f" {unused} cannot be used: `waconsole themes check` says why." if unused else ""
            raise Refused(f"There is no theme {safe(name)}.{nearest(name, self.by_name)}{check}")
        return self.by_name[name]


def load(theme_dir: Path | None = None, environ: Mapping[str, str] = ENVIRONMENT) -> Themes:
    """Every theme that can be used; of two with one name the one found first by `search_path` wins.

    A broken file of the operator's is a problem to report, not a reason to stop.
    """
    files, problems = theme_files(theme_dir, environ)
    themes: dict[str, ConsoleTheme] = {}
    for file in files.values():
        try:
            themes[file.name] = built(file, files)
        except Refused as refusal:
            problems.append(str(refusal))
    return Themes(themes, tuple(problems))


def theme_files(
    theme_dir: Path | None = None, environ: Mapping[str, str] = ENVIRONMENT
) -> tuple[dict[str, ThemeFile], list[str]]:
    """The house's own theme files and the operator's by name, and a sentence for each that cannot be read."""
    problems: list[str] = []
    packaged = {file.name: file for file in _read_all(packaged_dir(), None)}
    files = dict(packaged)
    for folder in reversed(search_path(theme_dir, environ)):
        for file in _read_all(folder, problems):
            if file.name in packaged:
                problems.append(f"Theme {file.name} is the house's own: choose another name and extend it.")
            else:
                files[file.name] = file
    return files, problems


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


def built(file: ThemeFile, files: Mapping[str, ThemeFile]) -> ConsoleTheme:
    """`file` with all it inherits. Raises Refused when what it extends is missing or goes in circles."""
    lineage = _lineage(file, files)
    dark = next((one.dark for one in lineage if one.dark is not None), True)
    merged: dict[str, dict[str, str]] = {table: {} for table in TABLES}
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
        file.name, theme, {**GLYPHS, **merged["glyphs"]}, {**ASCII_GLYPHS, **merged["ascii"]}, file
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
                f"Theme {last.name} extends {safe(parent)}, which is missing.{nearest(parent, names)}"
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
    colours = {name: Color.parse(system[name]).hex6 for name in TEXTUAL_COLORS}
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
