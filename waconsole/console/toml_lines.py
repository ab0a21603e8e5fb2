"""On which line of a TOML file a key stands; the standard library's reader does not say."""

from __future__ import annotations

import re
from typing import Final

_TABLE: Final = re.compile(r"\s*\[\s*([\w.\"'-]+)\s*\]")
_ASSIGNED: Final = re.compile(r"\s*([\w.\"' -]+?)\s*=")


def line_of(text: str, name: str) -> int | None:
    """The line of a dotted key or of a table, from 1; None when it is written in some other way."""
    above = ""
    for number, line in enumerate(text.splitlines(), 1):
        if table := _TABLE.match(line):
            above = _bare(table[1])
            if above == name:
                return number
        elif assigned := _ASSIGNED.match(line):
            key = _bare(assigned[1])
            if (f"{above}.{key}" if above else key) == name:
                return number
    return None


def _bare(key: str) -> str:
    return re.sub(r"[\"'\s]", "", key)
