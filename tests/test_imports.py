"""What each way in loads: start-up is paid by everybody, every time.

A new name on an allow-list is a decision; measure it first (`python -X importtime -m waconsole ...`).
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

SECONDS_MAX: Final = 60

# Third-party packages a command without a screen may load.
COMMANDS: Final = frozenset({"aiosqlite", "platformdirs", "typing_extensions"})
# What asks in the query language also loads the reader of its grammar.
LANGUAGE: Final = frozenset({"lark"})
# Third-party packages the screen may load before its first frame: textual, what textual brings, the ledger.
FIRST_FRAME: Final = COMMANDS | {
    "textual",
    "rich",
    "pygments",
    "markdown_it",
    "mdit_py_plugins",
    "mdurl",
    "linkify_it",
}
SCREEN: Final = "waconsole.console.app"


def _modules(*arguments: str) -> frozenset[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return frozenset(
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    )


@cache
def _bare() -> frozenset[str]:
    return _modules("-c", "pass")


def loaded(*arguments: str) -> frozenset[str]:
    """The full names of the modules that `python ARGUMENTS` loads beyond a bare python."""
    return _modules(*arguments) - _bare()


def packages(names: frozenset[str]) -> frozenset[str]:
    """The third-party packages among `names`; python also lists what it looked for in vain."""
    found = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"waconsole"}
    # The standard library's own build facts stand under a name of the platform's.
    return frozenset(
        name for name in found if find_spec(name) is not None and not name.startswith("_sysconfigdata_")
    )


def rooms(names: frozenset[str]) -> frozenset[str]:
    """The rooms of the house among `names`."""
    return frozenset(name.split(".")[1] for name in names if name.startswith("waconsole."))


def test_the_version_loads_neither_the_screen_nor_the_ledger() -> None:
    names = loaded("-m", "waconsole", "--version")

    assert packages(names) == frozenset()
    assert not names & {"asyncio", "sqlite3"}
    assert not rooms(names) & {"kit", "console", "database", "inbox"}


@pytest.mark.parametrize(
    "words",
    [
        ("find", "is:unread", "--json"),
        ("--help",),
        *(
            pytest.param(words, marks=pytest.mark.slow)
            for words in (("init",), ("doctor", "--json"), ("config", "path"))
        ),
    ],
    ids=lambda words: words[0],
)
def test_a_command_never_loads_the_screen(ledger_path: Path, words: tuple[str, ...]) -> None:
    names = loaded("-m", "waconsole", "--ledger", str(ledger_path), *words)

    assert packages(names) <= (COMMANDS | LANGUAGE if words[0] == "find" else COMMANDS)
    assert not rooms(names) & {"kit", "console"}


def test_the_screen_loads_only_what_the_first_frame_needs() -> None:
    names = loaded("-c", f"import {SCREEN}")

    assert packages(names) <= FIRST_FRAME
    assert "textual" in packages(names)


def test_loaded_sees_what_is_loaded() -> None:
    names = loaded("-c", "import sqlite3, waconsole.errors\ndef late():\n    import aiosqlite\nlate()")

    assert packages(names) == {"aiosqlite"}
    assert rooms(names) == {"errors"}
    assert "sqlite3" in names
