"""Read the quoted figures from their file. Pure."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = Path(__file__).with_name("figures.toml")
STANDING: Final = "article claim, unsourced"


class Figure(NamedTuple):
    """One claim: a text, never a number to reckon with; what it is said of, the finding, the articles."""

    name: str
    figure: str
    says: str
    source: str
    articles: str


@cache
def figures() -> tuple[Figure, ...]:
    """Every quoted figure, by name."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["figures"]
    return tuple(Figure(name, *row) for name, row in sorted(rows.items()))


def beginning(prefix: str) -> tuple[Figure, ...]:
    """The figures whose name or source begins with `prefix`."""
    return tuple(one for one in figures() if one.name.startswith(prefix) or one.source.startswith(prefix))
