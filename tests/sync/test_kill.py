"""kill -9 at any moment of an import: nothing is ever seen by halves, and the import ends whole."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from waconsole.sync import chat_reader

KILLS = 25
ON_A_THREAD, APART = 10_000, 30_000  # lines of about 70 bytes: see chat_reader.APART_FROM_BYTES


def _waconsole(ledger: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "waconsole", "--ledger", str(ledger), "--json", *words],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, json.loads(done.stdout)


def _export(path: Path, lines: int) -> Path:
    dice = random.Random(7)
    words = "taille prix robe jeudi colis retour merci quand combien stock".split()
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            day, minute = divmod(number, lines // 27)
            text = " ".join(dice.choices(words, k=8))
            file.write(
                f"{day % 28 + 1:02}/10/2026, {minute // 60:02}:{minute % 60:02} - P{number % 90}: {text}\n"
            )
    return path


@pytest.mark.slow
@pytest.mark.parametrize("lines", [ON_A_THREAD, APART])
def test_an_import_that_is_killed_over_and_over_ends_whole(tmp_path: Path, lines: int) -> None:
    dice = random.Random(lines)
    ledger, path = tmp_path / "ledger.db", _export(tmp_path / "chat.txt", lines)
    assert (path.stat().st_size >= chat_reader.APART_FROM_BYTES) == (lines == APART)
    command = [
        sys.executable,
        "-m",
        "waconsole",
        "--ledger",
        str(ledger),
        "import",
        "chat",
        str(path),
        "--group",
        "G",
    ]
    _waconsole(ledger, "init")
    finished = 0
    for _ in range(KILLS):
        worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.2, 2.5))
        worker.kill()
        finished += worker.wait() == 0
        count = _waconsole(ledger, "find", "", "--limit", "1")[1]["count"]
        assert count == (lines if finished else 0)
        code, doctor = _waconsole(ledger, "doctor")
        assert (code, doctor["ok"]) == (0, True)
        if dice.random() < 0.2 and not finished:
            assert _waconsole(ledger, "doctor", "--sweep")[0] == 0

    code, answer = _waconsole(ledger, "import", "chat", str(path), "--group", "G")

    assert (code, answer["messages"], answer["new"]) == (0, lines, 0 if finished else lines)
    assert _waconsole(ledger, "find", "", "--limit", "1")[1]["count"] == lines
    assert _waconsole(ledger, "search", "taille", "--limit", "1")[1]["count"] > 0
    assert _waconsole(ledger, "doctor")[1]["ok"]
