"""What is handed to the screen, and what is said on stderr while a command works."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from waconsole.cli.output import Talk
from waconsole.cli.own import Screens
from waconsole.cli.passphrases import Passphrases
from waconsole.cli.run import main
from waconsole.clock import parse_iso
from waconsole.errors import Refused
from waconsole.settings import Settings


class Terminal(io.StringIO):
    """A stream somebody looks at."""

    def isatty(self) -> bool:
        return True


def looked_at(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal on all three streams; answers the one on which stderr is seen.

    No fixture: pytest puts its own streams back before each test begins.
    """
    seen = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stderr", seen)
    return seen


class Opened:
    """Screens that only remember how they were opened."""

    def __init__(self) -> None:
        """Nothing is open."""
        self.calls: list[tuple[Any, ...]] = []

    def screens(self) -> Screens:
        """The two ways in."""

        def console(
            path: Path,
            settings: Settings,
            now: int | None,
            read_only: bool,
            who: str | None,
            proof: Passphrases,
        ) -> int:
            self.calls.append(("console", path, settings.console.theme, now, read_only, who))
            return 7

        def demo(settings: Settings, now: int | None, read_only: bool, who: str | None) -> int:
            self.calls.append(("demo", settings.console.theme, now, read_only, who))
            return 8

        return Screens(console, demo)


def test_no_command_opens_the_console_as_it_was_called(
    monkeypatch: pytest.MonkeyPatch, ledger_path: Path
) -> None:
    looked_at(monkeypatch)
    opened = Opened()
    words = ["--ledger", str(ledger_path), "--read-only", "--as", "Ana", "--theme", "wa-light"]

    assert main(words, opened.screens()) == 7
    assert opened.calls == [("console", ledger_path, "wa-light", None, True, "Ana")]


def test_the_demo_opens_at_the_instant_that_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at(monkeypatch)
    opened = Opened()

    assert main(["demo", "--now", "2026-11-26T12:00:00Z"], opened.screens()) == 8
    assert opened.calls == [("demo", "wa-dark", parse_iso("2026-11-26T12:00:00Z"), False, None)]


def test_what_the_screen_refuses_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = looked_at(monkeypatch)

    def refusing(*_: object) -> int:
        raise Refused("No.")

    assert main([], Screens(refusing, refusing)) == 1
    assert terminal.getvalue() == "waconsole: No.\n"


def test_progress_is_one_line_that_goes_away_before_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = looked_at(monkeypatch)
    monkeypatch.setattr("waconsole.cli.output.PROGRESS_SECONDS", 0.0)
    talk = Talk()

    talk.progress(1_000, 20_000)
    talk.progress(2_000, 20_000)
    talk.say("Done \x1b[31m.")

    assert terminal.getvalue() == ("\r1,000 of 20,000\r2,000 of 20,000\r               \rDone ␛[31m.\n")


def test_progress_stands_still_where_nothing_may_move(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = looked_at(monkeypatch)
    talk = Talk(still=True)

    talk.progress(1, 2)
    assert terminal.getvalue() == ""

    monkeypatch.setattr("waconsole.cli.output.PROGRESS_STILL_SECONDS", 0.0)
    still = Talk(still=True)
    still.progress(1, 2)
    assert terminal.getvalue() == "1 of 2\n"


def test_progress_is_not_shown_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = io.StringIO()
    monkeypatch.setattr(sys, "stderr", nobody)
    monkeypatch.setattr("waconsole.cli.output.PROGRESS_SECONDS", 0.0)

    Talk().progress(1, 2)

    assert nobody.getvalue() == ""
