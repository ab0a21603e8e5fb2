"""The ledger most tests are handed is a copy: it holds what a ledger that was made holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.ready_ledger import open_copied, open_made
from waconsole.database import facts


@pytest.mark.parametrize("installed", [True, False])
async def test_a_copied_ledger_is_a_made_one(tmp_path: Path, installed: bool) -> None:
    now, paths = NOW + 123_457, [tmp_path / "made.db", tmp_path / "copied.db"]
    found = []
    for path, opening in zip(paths, (open_made, open_copied), strict=True):
        async with opening(path, now=now, installed=installed) as database:
            found.append(await database.read(lambda tx: facts.fact(tx, facts.INSTALLATION)))

    assert _contents(paths[0]) == _contents(paths[1])
    assert paths[0].stat().st_mode == paths[1].stat().st_mode
    if installed:
        assert found[0] != found[1] and {len(str(name)) for name in found} == {16}
    else:
        assert found == [None, None]


async def test_no_two_copies_are_the_same_installation(tmp_path: Path) -> None:
    found = set()
    for name in ("a.db", "b.db"):
        async with open_copied(tmp_path / name, now=NOW) as database:
            found.add(await database.read(lambda tx: facts.fact(tx, facts.INSTALLATION)))
    assert len(found) == 2


def _contents(path: Path) -> list[tuple[object, ...]]:
    """The schema, every row but the installation id's and the home's, every link but its key, and what the header says."""
    connection = sqlite3.connect(path)
    schema = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY rowid").fetchall()
    lines = list(schema)
    for kind, name, sql in schema:
        if kind == "table" and not sql.startswith("CREATE VIRTUAL"):
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            if name == "chain_link":  # sealed with a key of its own
                rows = [(*row[:-3], len(row[-1])) for row in rows]
            lines += [(name, *row) for row in rows if not {facts.INSTALLATION, facts.HOME} & set(row)]
    for pragma in ("application_id", "user_version", "journal_mode", "page_size", "integrity_check"):
        lines.append((pragma, *connection.execute(f"PRAGMA {pragma}").fetchone()))
    connection.close()
    return lines
