"""`themes list|check`: the themes there are, and whether they can be read and told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from waconsole.cli.own import Called
from waconsole.command import EXIT_DONE, EXIT_REFUSED, Answer, listed
from waconsole.console.theme_file import ThemeFile, read
from waconsole.console.themecheck import Checked, check_file, is_taken
from waconsole.console.themecheck_colours import MOST_EYES
from waconsole.console.themes import FILES_MAX, load, search_path, theme_files
from waconsole.errors import Refused

NAME_CELLS: Final = 16


def themes(what: str, called: Called) -> Answer:
    """Answer `themes list` or `themes check`."""
    return _check(called) if what == "check" else _list(called)


def _list(called: Called) -> Answer:
    loaded = load(None, called.environ)
    chosen = called.settings().console.theme
    rows: list[dict[str, Any]] = [
        {
            "name": theme.name,
            "dark": theme.textual.dark,
            "extends": theme.file.extends,
            "promises": sorted(theme.file.promises),
            "path": theme.file.source,
            "chosen": theme.name == chosen,
        }
        for theme in sorted(loaded.by_name.values(), key=lambda one: one.name)
    ]
    document = listed(rows, called.options["limit"])
    lines = [
        " ".join(
            (
                "▸" if row["chosen"] else " ",
                f"{row['name']:<{NAME_CELLS}}",
                "dark " if row["dark"] else "light",
                ", ".join(row["promises"]),
            )
        ).rstrip()
        for row in document["rows"]
    ]
    for problem in loaded.problems:
        called.talk.say(problem)
    return Answer(document, tuple(lines))


def _check(called: Called) -> Answer:
    files, _problems = theme_files(None, called.environ)
    chosen = [Path(one).expanduser() for one in called.values["files"]]
    own = [] if chosen else [path for folder in search_path(None, called.environ) for path in _in(folder)]
    # Files that are checked together may extend one another.
    given = (_readable(path) for path in chosen)
    files |= {file.name: file for file in given if file is not None and not is_taken(file, files)}
    paths = chosen or [*(Path(file.source) for file in files.values()), *own]
    found = [check_file(path, files) for path in dict.fromkeys(paths)]
    ok = not any(one.faults for one in found)
    document = {"ok": ok, "themes": [_row(one) for one in found]}
    lines = [line for one in found for line in _lines(one)]
    return Answer(document, tuple(lines), EXIT_DONE if ok else EXIT_REFUSED)


def _in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml"))[:FILES_MAX]


def _readable(path: Path) -> ThemeFile | None:
    try:
        return read(path)
    except Refused:
        return None


def _row(one: Checked) -> dict[str, Any]:
    return {
        "name": one.name,
        "path": one.source,
        "ok": not one.faults,
        "contrast": None if one.contrast is None else round(one.contrast, 2),
        "apart": None if one.apart is None else {vision: round(far, 3) for vision, far in one.apart.items()},
        "faults": [{"line": fault.line, "says": fault.says} for fault in one.faults],
    }


def _lines(one: Checked) -> list[str]:
    if not one.faults:
        assert one.apart is not None
        others = ", ".join(
            f"{far:.2f} with {vision}" for vision, far in one.apart.items() if vision != MOST_EYES
        )
        return [
            f"✓ {one.name:<{NAME_CELLS}} contrast {one.contrast:.1f}; states {one.apart[MOST_EYES]:.2f} apart, {others}"
        ]
    return [
        f"✗ {one.name}",
        *(f"  {one.source}{f':{fault.line}' if fault.line else ''}: {fault.says}" for fault in one.faults),
    ]
