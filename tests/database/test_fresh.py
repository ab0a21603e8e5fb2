"""What an empty ledger is laid from is what every script comes to, and counts only as long as it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pytest

from waconsole import catalogue
from waconsole.database import fresh
from waconsole.database.migrate import Migration, migrate

UNNAMED_MAX: Final = 12  # each of them makes a new ledger some hundredths of a second slower
AGAIN: Final = "write it again: python -m waconsole.cli.fresh"


def _named(scripts: list[Migration]) -> list[Migration]:
    lines = fresh.FRESH.read_text(encoding="utf-8").splitlines()
    return [script for script in scripts if fresh.line_of(script) in lines]


@cache
def _come_to(scripts: tuple[Migration, ...], *, step_by_step: bool) -> str:
    with fresh.in_memory() as tx:
        migrate(tx, scripts, step_by_step=step_by_step)
        return fresh.written(tx, scripts)


def test_the_file_is_what_the_scripts_it_names_come_to() -> None:
    scripts = catalogue.migrations()
    named = _named(scripts)

    assert _come_to(tuple(named), step_by_step=True) == fresh.FRESH.read_text(encoding="utf-8"), AGAIN
    assert len(scripts) - len(named) <= UNNAMED_MAX, AGAIN


def test_a_ledger_that_is_laid_is_one_that_every_script_made() -> None:
    scripts = catalogue.migrations()
    laid, made = (_come_to(tuple(scripts), step_by_step=each).split("\n;\n") for each in (False, True))

    if len(_named(scripts)) == len(scripts):
        assert laid == made
    else:  # scripts it does not name come last, as in a ledger that is brought up to date
        assert sorted(laid) == sorted(made)


@pytest.fixture
def scripts(tmp_path: Path) -> list[Migration]:
    """Three scripts of two rooms that make, change and guard a table."""
    says = (
        ("database", "001", "CREATE TABLE migration (id INTEGER PRIMARY KEY, room TEXT, name TEXT) STRICT;"),
        ("a", "001", "CREATE TABLE t (a TEXT) STRICT;\nALTER TABLE t RENAME a TO b;"),
        ("a", "002", "CREATE TRIGGER t_stays BEFORE INSERT ON t BEGIN\nSELECT RAISE(ABORT, 'no');\nEND;"),
    )
    found = []
    for room, name, sql in says:
        path = tmp_path / f"{room}-{name}.sql"
        path.write_text(sql, encoding="utf-8")
        found.append(Migration(room, f"{name}.sql", path))
    return found


def test_it_counts_for_a_ledger_with_more_scripts_and_for_none_with_fewer_or_others(
    tmp_path: Path, scripts: list[Migration]
) -> None:
    file = tmp_path / "fresh.sql"
    file.write_text(_come_to(tuple(scripts), step_by_step=True), encoding="utf-8")
    more = [*scripts, Migration("b", "001.sql", tmp_path / "database-001.sql")]

    for asked, counts in ((scripts, True), (more, True), (scripts[:-1], False)):
        with fresh.in_memory() as tx:
            assert fresh.lay(tx, asked, file) is counts
            assert bool(tx.value("SELECT count(*) FROM sqlite_schema")) is counts
            if counts:
                assert tx.value("SELECT count(*) FROM migration") == len(scripts)
                assert fresh.written(tx, scripts) == file.read_text(encoding="utf-8")

    scripts[1].path.write_text("CREATE TABLE t (b TEXT) STRICT;", encoding="utf-8")
    with fresh.in_memory() as tx:
        assert not fresh.lay(tx, scripts, file)
        assert not fresh.lay(tx, scripts, tmp_path / "none.sql")


def test_a_script_that_fills_a_table_is_told(tmp_path: Path, scripts: list[Migration]) -> None:
    filling = Migration("a", "003.sql", tmp_path / "filling.sql")
    filling.path.write_text("DROP TRIGGER t_stays;\nINSERT INTO t (b) VALUES ('x');", encoding="utf-8")

    with pytest.raises(ValueError, match="puts rows into t "):
        _come_to((*scripts, filling), step_by_step=True)
