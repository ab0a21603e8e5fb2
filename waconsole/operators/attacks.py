"""The attacks of `attacks.toml` on who may act, as statements. Pure; `doctor --attack` replays them on a copy."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("attacks.toml")

OWNER_NAME, OTHER_NAME, LEFT_NAME = "attacked owner", "attacked moderator", "attacked and retired"

# What it tries, and its statements: the last one is what must not succeed.
Attack = tuple[str, tuple[str, ...]]


@cache
def attacks() -> tuple[Attack, ...]:
    """Every attack of the file, in order."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = [
        one for row in tables["guarded"] for one in _guarded(tables["tried"], row["table"], row["columns"])
    ]
    found += [(row["name"], row["sql"]) for row in tables["attack"]]
    return tuple((name, (_named(sql),)) for name, sql in found)


def _guarded(tried: dict[str, str], table: str, columns: list[str]) -> list[tuple[str, str]]:
    found = [(f"update {table}.{one}", tried["update"].format(table=table, column=one)) for one in columns]
    return [*found, *((f"{verb} {table}", tried[verb].format(table=table)) for verb in ("delete", "replace"))]


def _named(sql: str) -> str:
    for word, name in (("owner", OWNER_NAME), ("other", OTHER_NAME)):
        sql = sql.replace(f"{{{word}}}", f"(SELECT id FROM operator WHERE name = '{name}')")
    return sql
