"""Doctor: sound ledgers are called sound, each kind of damage is seen, and nothing is written."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Said, Say
from tests.sync.imports import HEAD, written

LINES = [
    f"20/11/2026, 09:{n:02} - {who}: Is number {n} in stock?" for n, who in enumerate(["Ana", "Bo"] * 20)
]


@pytest.fixture
def filled(say: Say, ledger_path: Path, tmp_path: Path) -> Path:
    """A ledger with one imported group."""
    chat = written(tmp_path / "chat.txt", HEAD, *LINES)
    assert say("import", "chat", str(chat), "--group", "G", "--timezone", "UTC").code == 0
    return ledger_path


def states(said: Said) -> dict[str, bool]:
    return {check["name"]: check["ok"] for check in said.document["checks"]}


def content(ledger: Path) -> list[bytes]:
    """The ledger as it stands in its files."""
    return [Path(f"{ledger}{ending}").read_bytes() for ending in ("", "-wal")]


def test_a_sound_ledger_is_called_sound(say: Say, filled: Path) -> None:
    say("--read-only", "find", "hello")
    before = content(filled)

    said = say("doctor", "--json")

    assert said.code == 0
    assert said.document["ok"] is True
    assert set(states(said).values()) == {True}
    assert list(states(said)) == [
        *("version", "pages", "references", "installation", "imports", "files"),
        *("rows", "counters", "search", "copies", "merges", "inbound", "copy", "adoption", "batches"),
        *("numbers", "number", "stopped", "paused", "unknown", "held", "window", "gateway", "receiver"),
        *("retention", "templates", "notices", "shops", "erasures", "operators", "settings"),
    ]
    assert content(filled) == before


def test_a_missing_ledger_is_made_and_sound(say: Say) -> None:
    said = say("doctor", "--json")

    assert said.code == 0
    assert "Made a new ledger" in said.err


def test_acts_leave_the_ledger_sound(say: Say, filled: Path) -> None:
    for words in (("read", "G"), ("reply", "G", "Yes"), ("note", "G", "hm"), ("undo",), ("mute", "G")):
        assert say(*words).code == 0
        assert say("doctor", "--json").document["ok"], words
    item = say("find", "", "--in", "items", "--json").document["rows"][0]["item"]

    assert say("done", item).code == 0

    assert say("doctor", "--json").document["ok"]


Damage = Callable[[sqlite3.Connection], Any]


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (lambda db: db.execute("UPDATE conversation SET unread = unread + 1"), "counters"),
        (lambda db: db.execute("UPDATE conversation SET owed = owed + 1"), "counters"),
        (lambda db: db.execute("UPDATE conversation SET last_message_id = 1"), "counters"),
        (lambda db: db.execute("DELETE FROM message WHERE id = 7"), "counters"),
        (lambda db: db.execute("DELETE FROM message"), "rows"),
        (lambda db: db.execute("UPDATE message SET conversation_id = 99"), "rows"),
        (lambda db: db.execute("DELETE FROM conversation"), "rows"),
        (lambda db: db.execute("DELETE FROM member"), "references"),
        (lambda db: db.execute("UPDATE message SET text = 'changed behind' WHERE id = 9"), "search"),
        (lambda db: db.execute("PRAGMA user_version = 999"), "version"),
        (lambda db: db.execute("DROP TABLE work_item"), "rows"),
        (
            lambda db: db.executescript(
                "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 3"
                " WHERE name = 'message_thread';"
            ),
            "pages",
        ),
    ],
)
def test_damage_is_seen(say: Say, filled: Path, damage: Damage, check: str) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        damage(connection)
        connection.commit()

    said = say("doctor", "--json")

    assert said.code == 1
    assert said.document["ok"] is False
    assert states(said)[check] is False
    assert say("doctor").out.startswith(f"{filled} is NOT sound.")


def test_a_page_of_noise_is_seen(say: Say, filled: Path) -> None:
    with open(filled, "r+b") as file:
        for page in range(20, 60):
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)

    said = say("doctor", "--json")

    assert (said.code, said.document["ok"]) == (1, False)


@pytest.mark.parametrize("text", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\1" * 5000])
def test_a_file_that_is_no_ledger_is_not_sound(say: Say, ledger_path: Path, text: bytes) -> None:
    ledger_path.write_bytes(text)

    said = say("doctor", "--json")

    assert (said.code, states(said)) == (1, {"opening": False})
    assert ledger_path.read_bytes() == text


def test_advice_says_nothing_against_the_ledger(say: Say, filled: Path) -> None:
    filled.chmod(0o644)

    said = say("doctor", "--json")

    advice = {check["name"]: check["says"] for check in said.document["checks"] if check["advice"]}
    assert said.code == 0
    assert "ledger.db (0644)" in advice["files"]
    assert set(advice) == {"files", "number", "operators", "settings"}
    assert "`waconsole connect` connects one" in advice["number"]


def test_a_killed_import_is_advice_and_sweeping_takes_it_out(say: Say, filled: Path, tmp_path: Path) -> None:
    lines = (f"20/11/2026, 09:{n // 60 % 60:02} - Cy: message {n} of many" for n in range(60_000))
    chat = written(tmp_path / "long.txt", HEAD, *lines)
    before = say("find", "", "--json").document
    process = subprocess.Popen(
        [sys.executable, "-m", "waconsole", "--ledger", str(filled), "import", "chat", str(chat),
         "--group", "G", "--timezone", "UTC"],
        cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wal = Path(f"{filled}-wal")
    until = time.monotonic() + 60
    while not (wal.exists() and wal.stat().st_size > 1_000_000) and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    killed = say("doctor", "--json")
    assert killed.code == 0
    (imports,) = [check for check in killed.document["checks"] if check["name"] == "imports"]
    assert imports["advice"] and "long.txt" in imports["says"]
    assert say("find", "", "--json").document == before

    swept = say("doctor", "--sweep", "--json")

    assert swept.code == 0
    assert len(swept.document["swept"]) == 1
    assert not any(check["advice"] for check in swept.document["checks"] if check["name"] == "imports")
    assert say("find", "", "--json").document == before


def test_sweeping_writes_and_reading_only_does_not(say: Say, filled: Path) -> None:
    assert say("doctor", "--read-only").code == 0
    assert say("doctor", "--sweep", "--json").document["swept"] == []
