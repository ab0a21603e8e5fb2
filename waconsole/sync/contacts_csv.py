"""A contacts file of comma separated values: its columns are known by name, in any order."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from waconsole.errors import Refused

COLUMNS: Final = (
    "phone", "name", "language", "timezone", "consent_marketing", "consent_at", "tags", "former_phones", "groups",
    "address", "payment", "device",
)  # fmt: skip
CELL_CHARACTERS_MAX: Final = 65_536


def rows(path: Path) -> Iterator[tuple[int, dict[str, str], str]]:
    """(line, cells by column, what is wrong with the row) of every data row; empty rows are none.

    Raises Refused when it is no such file.
    """
    text = _text(path)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=head.count)
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        if "phone" not in names:
            raise Refused(
                f"{path.name} has no column called phone: its first line must name the columns ({', '.join(COLUMNS[:7])})."
            )
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                fault = ""
                if any(cell.strip() for cell in cells[len(names) :]):
                    fault = (
                        f"{len(cells):,} cells stand under {len(names):,} columns: a cell with {delimiter!r} in it"
                        " needs quotes around it"
                    )
                by_name = {
                    name: cell.strip() for name, cell in zip(names, cells, strict=False) if name in COLUMNS
                }
                yield line, by_name, fault
            line = reader.line_num + 1
    except csv.Error as error:
        raise Refused(f"{path.name} is no CSV file at line {reader.line_num}: {error}.") from error


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Refused(
            f"{path.name} is not UTF-8 (line {line}): save it as “CSV UTF-8” and import it again."
        ) from error
