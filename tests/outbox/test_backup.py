"""`backup` and `restore`: the whole ledger, checked, for us alone; and what waits in it held wherever it is opened."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.outbox.road import PHONE_NUMBER_ID
from waconsole.__main__ import main

Say = Callable[..., dict[str, Any]]
ANA = "+15550001111"
NOON = ("--now", "2026-11-20T17:00:00Z")


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], ledger_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    monkeypatch.setenv("WACONSOLE_CLOUD__PHONE_NUMBER_ID", PHONE_NUMBER_ID)

    def said(*words: str, ledger: Path = ledger_path) -> dict[str, Any]:
        capsys.readouterr()
        code = main(["--ledger", str(ledger), "--json", *NOON, *words])
        return {"code": code, **json.loads(capsys.readouterr().out)}

    said("init", "--test-clock")
    said("send", "template", "--to", ANA, "--name", "hello", "--language", "en")
    return said


def _stands(say: Say, ledger: Path) -> list[tuple[str, str]]:
    return [(row["state"], row["reason"]) for row in say("outbox", "list", ledger=ledger)["rows"]]


def test_a_backup_is_a_copy_that_sends_nothing(say: Say, ledger_path: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    files = ledger_path.with_name(f"{ledger_path.name}-media")

    assert say("backup", str(target))["code"] == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert say("backup", str(target))["code"] == 1
    assert not list(tmp_path.glob(".*.part*"))
    assert _stands(say, ledger_path) == [("queued", "")]
    assert _stands(say, target) == [("held", "new_installation")]
    assert say("outbox", "release", "--all", ledger=target)["count"] == 1
    assert _stands(say, target) == [("queued", "")]
    assert not files.exists()


def test_a_restored_ledger_holds_what_waits_and_the_other_is_kept(
    say: Say, ledger_path: Path, tmp_path: Path
) -> None:
    from waconsole.whatsapp.files import folder_of

    target = tmp_path / "backup.db"
    folder_of(ledger_path).mkdir(exist_ok=True)
    (folder_of(ledger_path) / "a.jpg").write_bytes(b"picture")
    assert say("backup", str(target))["files"] == 1
    say("outbox", "cancel", say("outbox", "list")["rows"][0]["outgoing"])
    (folder_of(ledger_path) / "a.jpg").unlink()

    restored = say("restore", str(target))

    assert (restored["code"], restored["held"], restored["files"]) == (0, 1, 1)
    assert (folder_of(ledger_path) / "a.jpg").read_bytes() == b"picture"
    assert _stands(say, ledger_path) == [("held", "new_installation")]
    assert stat.S_IMODE(ledger_path.stat().st_mode) == 0o600
    kept = Path(restored["kept"])
    assert _stands(say, kept)[0][0] == "cancelled"


def test_what_is_no_ledger_is_not_restored(say: Say, ledger_path: Path, tmp_path: Path) -> None:
    foreign, damaged, text = tmp_path / "other.db", tmp_path / "damaged.db", tmp_path / "notes.txt"
    with sqlite3.connect(foreign) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    text.write_text("no ledger at all, but long enough to be read as one" * 40)
    say("backup", str(damaged))
    raw = bytearray(damaged.read_bytes())
    raw[40_000:120_000] = b"\xff" * 80_000
    damaged.write_bytes(raw)

    before = ledger_path.read_bytes()
    for file in (foreign, damaged, text, tmp_path / "absent.db", ledger_path):
        assert say("restore", str(file))["code"] == 1, file
    assert _stands(say, ledger_path) == [("queued", "")]
    assert len(before) == ledger_path.stat().st_size


def test_an_open_ledger_is_not_restored_over(say: Say, ledger_path: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    say("backup", str(target))
    with sqlite3.connect(ledger_path) as reader:
        reader.execute("SELECT count(*) FROM outgoing").fetchone()
        assert "open in another waconsole" in json.dumps(say("restore", str(target)))
    reader.close()
    assert say("restore", str(target))["code"] == 0
