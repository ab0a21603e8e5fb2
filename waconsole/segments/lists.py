"""A file that names members one by one, and how it is written out again. Pure.

A line is a phone number or a ref; in a CSV with a head it is the column `phone`, `member` or `ref`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.errors import Refused

ROWS_MAX: Final = 2_000_000
COLUMNS: Final = ("phone", "member", "ref")
WRITTEN: Final = ("member", "phone", "name", "language", "timezone")
FORMULA_SIGNS: Final = tuple("=+-@\t\r\n|%＝＋－＠")
_PHONE: Final = re.compile(r"\+[0-9]{4,15}")


@dataclass(frozen=True, slots=True)
class Matched:
    """What a list came to: the refs it found, each once, and what it did not find, by line."""

    rows: int
    refs: tuple[str, ...]
    twice: int
    unknown: tuple[tuple[int, str], ...]

    def report(self) -> dict[str, Any]:
        """As it is answered and kept."""
        unknown = [{"line": line, "value": value} for line, value in self.unknown]
        return {"rows": self.rows, "matched": len(self.refs), "twice": self.twice, "unknown": unknown}


def names_in(text: str) -> Iterator[tuple[int, str]]:
    """(line, what it names) of a list; empty lines are none. Raises Refused for one that is too long or has no such column."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    place = 0
    for count, cells in enumerate(reader):
        if count > ROWS_MAX:
            raise Refused(f"A list has at most {ROWS_MAX:,} rows: split it.")
        words = [cell.strip() for cell in cells]
        if (
            count == 0
            and (head := [word.casefold() for word in words])
            and any(one in COLUMNS for one in head)
        ):
            place = next(head.index(one) for one in COLUMNS if one in head)
            continue
        if count == 0 and len(words) > 1:
            raise Refused(f"The first line names no column {', '.join(COLUMNS)}: nobody knows who is meant.")
        if place < len(words) and words[place]:
            yield reader.line_num, words[place].removeprefix("'")


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def guarded(cell: str) -> str:
    """A cell that stays text in a spreadsheet; a number in E.164 is none of its formulas."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) and not _PHONE.fullmatch(cell) else cell


def csv_text(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = WRITTEN) -> str:
    """A head and a line for every row; no cell is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([guarded(str(row[name] or "")) for name in columns])
    return out.getvalue()


def jsonl_text(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = WRITTEN) -> str:
    """One JSON object a line, as it is known."""
    return "".join(
        json.dumps({name: row[name] for name in columns}, ensure_ascii=False) + "\n" for row in rows
    )
