"""Whether a theme can be read and its states told apart, and what is wrong in its file, line by line.

Every state also has a word or a sign, so colour never stands alone; the minima keep it a help.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from waconsole.console.theme_file import ThemeFile, document_at, parsed, wrong
from waconsole.console.themecheck_colours import MOST_EYES, VISIONS, apart
from waconsole.console.themes import ConsoleTheme, built, packaged_dir
from waconsole.console.toml_lines import line_of
from waconsole.errors import Refused
from waconsole.kit.contrast import TEXT_CONTRAST_MIN, pairs
from waconsole.kit.roles import STATE_ROLES
from waconsole.text import safe

# A theme that promises contrast keeps WCAG's enhanced ratio (1.4.6).
PROMISED_CONTRAST_MIN: Final = 7.0
# Five times what is just seen; without a colour half of it, unless the theme promises all of it to everybody.
APART_MIN: Final = 0.10
APART_OTHERWISE_MIN: Final = 0.05
FAULTS_MAX: Final = 200

_AT_LINE: Final = re.compile(r" ?\(at line (\d+), column \d+\)")


class Fault(NamedTuple):
    """One thing that is wrong, as a sentence; `line` counts from 1, None where another file brings it about."""

    says: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A theme's faults, its faintest contrast, and for each vision how far apart the nearest two states are."""

    name: str
    source: str
    faults: tuple[Fault, ...]
    contrast: float | None = None
    apart: Mapping[str, float] | None = None


def check_file(path: Path, files: Mapping[str, ThemeFile]) -> Checked:
    """The theme file at `path`, which may extend one of `files`."""
    try:
        document = document_at(path)
    except Refused as refusal:
        where = _AT_LINE.search(str(refusal))
        said = _AT_LINE.sub("", str(refusal))
        return Checked(path.stem, str(path), (Fault(said, int(where[1]) if where else None),))
    text = path.read_text("utf-8")
    name = document.get("name")
    faults = tuple(Fault(_sentence(says), line_of(text, key)) for key, says in wrong(document))[:FAULTS_MAX]
    if faults:
        return Checked(safe(name) if isinstance(name, str) else path.stem, str(path), faults)
    file = parsed(document, str(path))
    if is_taken(file, files):
        says = f"Theme {file.name} is the house's own: choose another name and extend it."
        return Checked(file.name, str(path), (Fault(says, line_of(text, "name")),))
    try:
        theme = built(file, {**files, file.name: file})
    except Refused as refusal:
        return Checked(file.name, str(path), (Fault(str(refusal), line_of(text, "extends")),))
    return check(theme, text)


def is_taken(file: ThemeFile, files: Mapping[str, ThemeFile]) -> bool:
    """Whether a file calls itself by the name of one of the house's own themes."""
    known = files.get(file.name)
    return known is not None and known.source != file.source and Path(known.source).parent == packaged_dir()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if text.startswith("a theme") else text


def check(theme: ConsoleTheme, text: str = "") -> Checked:
    """The colours of a theme; `text` is its file's, for the lines."""
    promises = theme.file.promises
    contrast_min = PROMISED_CONTRAST_MIN if "contrast" in promises else TEXT_CONTRAST_MIN
    faults = []
    contrasts = pairs(theme.colour)
    for ratio, name, ground in contrasts:
        if ratio < contrast_min:
            says = f"{name} on {ground} has a contrast of {ratio:.1f}, below {contrast_min}."
            faults.append(Fault(says, _line(text, name, ground)))
    nearest: dict[str, float] = {}
    for vision in VISIONS:
        keeps_all = vision == MOST_EYES or "colour-blind" in promises
        least = APART_MIN if keeps_all else APART_OTHERWISE_MIN
        for one, other in itertools.combinations(STATE_ROLES, 2):
            distance = apart(theme.colour(one), theme.colour(other), vision)
            nearest[vision] = min(distance, nearest.get(vision, distance))
            if distance < least:
                eyes = "" if vision == MOST_EYES else f" with {vision}"
                says = f"{one} and {other} look alike{eyes}: {distance:.3f} apart, below {least:.2f}."
                faults.append(Fault(says, _line(text, one, other)))
    return Checked(theme.name, theme.file.source, tuple(faults[:FAULTS_MAX]), contrasts[0][0], nearest)


def _line(text: str, *names: str) -> int | None:
    """Where the last of some colours is given; None when none of them is in this file."""
    found = (line_of(text, f"{table}.{name}") for name in names for table in ("roles", "colors"))
    return max((line for line in found if line), default=None)
