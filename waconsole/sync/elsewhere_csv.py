"""A row of a file of pushes or of messages that happened elsewhere, as a fact."""

from __future__ import annotations

from typing import Final

from waconsole.errors import Refused
from waconsole.sync.shop_rows import PlainFact, Reader, Reading

PURPOSES: Final = ("marketing", "utility")
GROUP_CHARACTERS_MAX: Final = 200


def push_reading(reader: Reader) -> Reading:
    """The function that reads a row of pushes: its values are (sent_at, purpose). It raises Refused for a reject."""

    def read(line: int, cells: list[str]) -> PlainFact:
        phone, at = reader.phone(cells), reader.at(cells, "sent_at")
        purpose = reader.cell(cells, "purpose").casefold()
        if purpose not in PURPOSES:
            raise Refused(
                f"purpose {purpose!r} is none of {', '.join(PURPOSES)}" if purpose else "no purpose"
            )
        return PlainFact(line, cells, phone, (at, purpose))

    return read


def inbound_reading(reader: Reader) -> Reading:
    """The function that reads a row of messages: its values are (at, group), no group for a direct one."""

    def read(line: int, cells: list[str]) -> PlainFact:
        phone, at, group = reader.phone(cells), reader.at(cells, "at"), reader.word(cells, "group")
        if len(group) > GROUP_CHARACTERS_MAX:
            raise Refused("the group's name is too long")
        return PlainFact(line, cells, phone, (at, group))

    return read
