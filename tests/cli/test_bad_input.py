"""Ledgers that cannot be used: one sentence, an exit code, nothing half-written."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from tests.conftest import NOW
from tests.sync.imports import HEAD, imported, texts, written
from waconsole import catalogue
from waconsole.database.connection import Database
from waconsole.errors import Refused

ROOT = Path(__file__).parents[2]
NOBODY = 65_534
# A chat that needs far more room than the ledger has left.
LONG = [f"20/11/2026, 09:{n // 60 % 60:02} - Ana: {'words ' * 40}{n}" for n in range(6_000)]


def process(
    *words: str, ledger: Path, before: Sequence[str] = (), limit: int | None = None
) -> tuple[int, str, str]:
    """Run a command by itself, at the end of the words `before`, able to write files of `limit` bytes."""

    def shrink() -> None:
        assert limit is not None
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [*before, sys.executable, "-m", "waconsole", "--ledger", str(ledger), *words],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, preexec_fn=shrink if limit is not None else None,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def as_another() -> list[str]:
    """Root writes everywhere: become nobody, who may read everything (so that Python starts) and write nothing of ours.

    Whoever else runs the tests is held back by the folder's mode already.
    """
    if os.geteuid() != 0:
        return []
    assert shutil.which("setpriv"), "as root these tests need setpriv (util-linux)"
    may_read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *may_read]


@pytest.mark.parametrize(
    "words",
    [
        ("find", "hello"),
        pytest.param(("init",), marks=pytest.mark.slow),
        pytest.param(("operators", "add", "A", "--role", "owner"), marks=pytest.mark.slow),
    ],
)
def test_a_ledger_in_a_read_only_folder_is_refused(
    say: Say, ledger_path: Path, words: tuple[str, ...]
) -> None:
    say("init")
    folder = ledger_path.parent
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    folder.chmod(0o555)
    try:
        code, out, err = process(*words, ledger=ledger_path, before=as_another())
    finally:
        folder.chmod(0o700)

    assert (code, out) == (1, "")
    assert "is not yours to write" in err
    assert err.count("\n") == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_new_ledger_in_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        code, out, err = process("init", ledger=tmp_path / "new.db", before=as_another())
    finally:
        tmp_path.chmod(0o700)

    assert (code, out) == (1, "")
    assert "is not yours to write" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", [0, 4096, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_new_ledger_on_a_full_disk_leaves_nothing(tmp_path: Path, limit: int) -> None:
    code, out, err = process("init", ledger=tmp_path / "new.db", limit=limit)

    assert (code, out) == (1, "")
    assert err.count("\n") == 1 and "nothing of this was kept" in err
    assert list(tmp_path.iterdir()) == []


def test_an_import_on_a_full_disk_shows_nothing_and_leaves_the_ledger_sound(
    say: Say, ledger_path: Path, tmp_path: Path
) -> None:
    say("init")
    chat = written(tmp_path / "chat.txt", HEAD, *LONG)

    code, out, err = process(
        "import", "chat", str(chat), "--group", "G", "--timezone", "UTC", ledger=ledger_path, limit=1_500_000
    )

    assert (code, out) == (1, "")
    assert "nothing of this was kept" in err and "Traceback" not in err
    assert say("find", "", "--json").document["count"] == 0
    assert say("groups", "list", "--json").document["count"] == 0
    assert say("doctor", "--sweep", "--json").document["ok"]


async def test_an_import_into_a_ledger_that_may_not_grow_shows_nothing(
    database: AbstractAsyncContextManager[Database], tmp_path: Path
) -> None:
    assert isinstance(database, Database)
    chat = written(tmp_path / "chat.txt", HEAD, *LONG)
    pages = await database.read(lambda tx: int(tx.value("PRAGMA page_count")))
    await database.write(lambda tx: tx.value(f"PRAGMA max_page_count = {pages + 50}"))

    with pytest.raises(Refused, match="disk is full"):
        await imported(database, chat)

    assert await texts(database) == []
    async with catalogue.open_ledger(database.path, now=NOW, read_only=True) as other:
        assert await other.read(lambda tx: tx.value("PRAGMA integrity_check")) == "ok"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"this is a text and no database " * 300, "is not a waconsole ledger"),
        (b"SQLite format 3\0" + bytes(4000), "waconsole"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_and_left_alone(
    say: Say, ledger_path: Path, content: bytes, says: str
) -> None:
    ledger_path.write_bytes(content)

    said = say("find", "hello", "--json")

    assert said.code == 1
    assert says in said.document["error"]
    assert ledger_path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_left_alone(say: Say, ledger_path: Path) -> None:
    with closing(sqlite3.connect(ledger_path)) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    before = ledger_path.read_bytes()

    said = say("find", "hello")

    assert said.code == 1
    assert "another program's database" in said.err
    assert ledger_path.read_bytes() == before


def test_a_ledger_of_a_newer_waconsole_is_refused_and_left_alone(say: Say, ledger_path: Path) -> None:
    say("init")
    with closing(sqlite3.connect(ledger_path)) as connection:
        connection.execute("PRAGMA user_version = 999")
        connection.commit()

    said = say("find", "hello", "--json")

    assert said.code == 1
    assert "newer waconsole" in said.document["error"]
    with closing(sqlite3.connect(ledger_path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 999


def test_a_folder_is_no_ledger(say: Say, tmp_path: Path) -> None:
    said = say("find", "hello", ledger=tmp_path)

    assert said.code == 1
    assert "is a folder" in said.err


def test_a_missing_folder_is_said_and_not_made(say: Say, tmp_path: Path) -> None:
    said = say("init", ledger=tmp_path / "missing" / "ledger.db")

    assert said.code == 1
    assert "check that its folder exists" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_a_folder_is_said(say: Say, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    assert say("init", ledger=tmp_path / "file" / "ledger.db").code == 1


def test_an_empty_ledger_option_is_a_usage_error(say: Say) -> None:
    assert say("--ledger", "", "find", "hello", ledger=None).code == 2


def test_a_failed_first_opening_never_removes_a_ledger_somebody_else_made(
    say: Say, ledger_path: Path
) -> None:
    from waconsole.cli.ledger import _take_back

    say("init")
    before = ledger_path.read_bytes()

    _take_back(ledger_path)

    assert ledger_path.read_bytes() == before
