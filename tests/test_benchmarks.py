"""The benchmarks themselves, at a tiny size: they run, say each goal beside its baseline, and never raise."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import __main__, chats, paging, searching
from benchmarks.report import Report, p95
from benchmarks.terminal import Ended, Terminal

MESSAGES = 60


def test_the_goals_of_the_ledger_are_said_with_their_baselines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "RUNS", 2)
    monkeypatch.setattr(paging, "LIST_READS", 20)
    monkeypatch.setattr(paging, "PAGE_READS", 20)
    parts = [word for name in ("import", "search", "lists") for word in ("--only", name)]

    assert __main__.main(["--messages", str(MESSAGES), "--keep", str(tmp_path), *parts]) == 0

    said = capsys.readouterr().out
    assert "not measured:" not in said
    for goal in (
        "import rate",
        "import against the bare insert",
        "import, peak memory",
        "first page p95, whole words",
        "first page p95, longer beginnings",
        "recall",
        "index size against trigram",
        "conversation list, p95",
        "any page of a thread against page one",
    ):
        (line,) = (line for line in said.splitlines() if line.startswith(f"  {goal} "))
        assert "met" in line.lower()
    assert said.count("baseline: ") >= 4


def test_one_size_makes_the_same_exports_every_time(tmp_path: Path) -> None:
    first, again = chats.written(tmp_path / "a", MESSAGES), chats.written(tmp_path / "b", MESSAGES)

    assert first == again
    assert sum(chat.messages for chat in first) == MESSAGES
    for chat in first:
        assert (tmp_path / "a" / chat.file).read_bytes() == (tmp_path / "b" / chat.file).read_bytes()


def test_a_goal_that_is_missed_is_said_and_not_raised(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()

    report.goal("a page", 3.0, 2, "ms")
    report.goal("a rate", 30_000, 25_000, "/s", at_least=True)
    report.end()

    said = capsys.readouterr().out
    assert "<= 2 ms: NOT MET" in said and ">= 25,000 /s: met" in said
    assert "1 goals met, 1 not met" in said


def test_a_key_is_timed_until_its_last_byte() -> None:
    echo = "import sys, tty; tty.setraw(0); print('ready', flush=True); sys.stdout.write(sys.stdin.read(1) * 50); sys.stdout.flush(); sys.stdin.read(1)"
    with Terminal([sys.executable, "-c", echo]) as terminal:
        terminal.until("ready", seconds=20)
        painted = terminal.press(b"x", 0.3)

        assert painted is not None and painted.size >= 50
        assert 0 < painted.first_ms <= painted.last_ms
        assert terminal.resident_bytes > 1_000_000


def test_a_program_that_ends_is_told_by_its_last_words() -> None:
    with (
        pytest.raises(Ended, match="no such ledger"),
        Terminal([sys.executable, "-c", "print('no such ledger')"]) as terminal,
    ):
        terminal.until("never", seconds=20)


def test_the_95th_percentile_is_that_of_the_samples() -> None:
    assert p95([float(sample) for sample in range(101)]) == 95
