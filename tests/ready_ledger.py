"""A fresh ledger in a few milliseconds: the first one of a process is made, the others are its copy.

Making one takes 80 ms of every migration's SQL and waits for the disk, and two thousand tests want one.
The copy differs from a ledger that was made only in what a ledger made at another time differs in: when it
was made, its installation id, the key it is sealed with and where it is at home. `tests/database/test_ready_ledger.py` holds the two equal.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Final

from waconsole import catalogue
from waconsole.clock import parse_iso
from waconsole.database.connection import Database
from waconsole.policy import library

MADE_AT: Final = parse_iso("2001-02-03T04:05:06Z")
WIDE: Final = 1 << 47  # an instant from here on is stored in eight bytes

open_made: Final = catalogue.open_ledger
"""What the program does: the tests of making a ledger use it."""


class Image:
    """A ledger as bytes, and where in them it says when it was made: to look for that takes longer than to copy it."""

    def __init__(self, content: bytes) -> None:
        """`content` was made at `MADE_AT`."""
        self._content = bytearray(content)
        self._places: Final = [
            found.start() for found in re.finditer(re.escape(MADE_AT.to_bytes(8)), content)
        ]

    def made_at(self, now: int) -> bytearray:
        """The bytes of a ledger made at `now`, until the next one is asked for."""
        for place in self._places:
            self._content[place : place + 8] = now.to_bytes(8)
        return self._content


_images: Final[list[Image]] = []


def copy_instead() -> None:
    """From now on `catalogue.open_ledger` makes a ledger that is absent by copying one.

    What stands in the program's own files is looked up once: a test that changes one of them says so.
    """
    catalogue.open_ledger = open_copied
    catalogue.migrations = cache(catalogue.migrations)
    library.digest = cache(library.digest)


@asynccontextmanager
async def open_copied(
    path: Path, *, now: int, read_only: bool = False, create: bool = True, installed: bool = True
) -> AsyncIterator[Database]:
    """Like `catalogue.open_ledger`, quickly."""
    if create and not read_only and now >= WIDE and path.parent.is_dir() and not os.path.lexists(path):
        _write(path, (await _image()).made_at(now))
    opening = open_made(path, now=now, read_only=read_only, create=create, installed=installed)
    async with opening as database:
        yield database


def _write(path: Path, image: bytearray) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        return  # whoever opens it next says in words why it cannot be
    with open(descriptor, "wb") as file:
        file.write(image)


async def _image() -> Image:
    """A ledger made at `MADE_AT`. It is no installation yet: what is sealed is sealed with a key of its own."""
    if not _images:
        with tempfile.TemporaryDirectory(prefix="waconsole-ready-") as folder:
            path = Path(folder, "ledger.db")
            async with open_made(path, now=MADE_AT, installed=False):
                pass
            _images.append(Image(path.read_bytes()))
    return _images[0]
