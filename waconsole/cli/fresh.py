"""`waconsole/database/fresh.sql`, written from every room's migrations: `python -m waconsole.cli.fresh`."""

from __future__ import annotations

from waconsole import catalogue
from waconsole.database import fresh
from waconsole.database.migrate import migrate


def text() -> str:
    """What the file has to say."""
    scripts = catalogue.migrations()
    with fresh.in_memory() as tx:
        migrate(tx, scripts, step_by_step=True)
        return fresh.written(tx, scripts)


if __name__ == "__main__":
    fresh.FRESH.write_text(text(), encoding="utf-8")
