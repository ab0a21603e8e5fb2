"""The rows of a shop's file as facts and rejects, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from waconsole.errors import Refused
from waconsole.sync.elsewhere_csv import inbound_reading, push_reading
from waconsole.sync.invites_csv import invite_reading
from waconsole.sync.shop_dates import Unsettled, settled
from waconsole.sync.shop_file import CELL_CHARACTERS_MAX, NoObject, ShopFile, rows, written
from waconsole.sync.shop_quick import quick_orders
from waconsole.sync.shop_rows import Fact, Reader
from waconsole.text import stored

PART_ROWS: Final = 500  # written in a few milliseconds
CHUNK_PARTS: Final = 20  # in one transaction, while nobody waits
DATE_COLUMNS: Final = ("ordered_at", "refunded_at", "clicked_at", "at", "sent_at", "invited_at", "arrived_at")

Reject = tuple[int, str, str]
"""line, reason, the row as CSV"""


class Part(NamedTuple):
    """Some rows, read: how many of the file are done with it."""

    facts: list[Fact]
    rejects: list[Reject]
    rows: int
    last_row: int
    last_line: int


_READINGS: Final = {
    "orders": quick_orders, "invites": invite_reading, "pushes": push_reading, "inbound": inbound_reading,
}  # fmt: skip


class Rows:
    """The rows of one file as facts and rejects, read as they are asked for."""

    def __init__(self, file: ShopFile, reader: Reader, *, done: int = 0) -> None:
        """The first `done` rows have been taken in before."""
        self.file, self.reader, self._done = file, reader, done
        quick = _READINGS.get(reader.plan.kind)
        self._read = quick(reader) if quick is not None else reader.reading()
        self._rows = enumerate(rows(file), 1)

    def chunk(self) -> list[Part]:
        """The next parts; empty at the end. Raises Refused where the file ends being one."""
        return [part for _ in range(CHUNK_PARTS) if (part := self._part()) is not None]

    def _part(self) -> Part | None:
        facts: list[Fact] = []
        rejects: list[Reject] = []
        row = line = count = 0
        pad, read, width = self.reader.pad, self._read, len(self.file.header)
        is_filled = self.reader.plan.filled
        for row, (line, raw) in self._rows:
            cells = pad(raw) if is_filled or len(raw) < width else raw
            if row <= self._done:
                continue
            count += 1
            try:
                if isinstance(raw, NoObject):
                    raise Refused("the line is no JSON object")
                if len(raw) > width and any(map(str.strip, raw[width:])):
                    raise Refused(
                        f"{len(raw):,} cells stand under {width:,} columns: a cell with {self.file.delimiter!r} in it"
                        " needs quotes around it"
                    )
                facts.append(read(line, cells))
            except Refused as reason:
                rejects.append(self.reject(line, cells, str(reason)))
            except Unsettled:
                self.reader.dates.order = settled(self._dates(), self.file.path.name)
                try:
                    facts.append(read(line, cells))
                except Refused as reason:
                    rejects.append(self.reject(line, cells, str(reason)))
            if count >= PART_ROWS:
                break
        return Part(facts, rejects, count, row, line) if count else None

    def reject(self, line: int, cells: Sequence[str], reason: str) -> Reject:
        """A row that is refused, with its text as it can be corrected."""
        last, delimiter = len(self.file.header) - 1, self.file.delimiter or ","
        text = written([*cells[:last], delimiter.join(cells[last:]).rstrip(delimiter)], delimiter)
        return line, reason, stored(text[:CELL_CHARACTERS_MAX])

    def _dates(self) -> Iterator[str]:
        """What the whole file says in its column of dates."""
        places = [place for name in DATE_COLUMNS for place in self.reader.plan.places.get(name, ())]
        for _, cells in rows(self.file):
            yield from (cells[place] for place in places if place < len(cells))
