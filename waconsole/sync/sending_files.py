"""A file of this machine on its way into a message: copied beside the ledger, looked at, checked against the limits."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from waconsole.database.connection import Database
from waconsole.errors import Refused
from waconsole.outbox.service_limits import limits_in_force
from waconsole.whatsapp.content import Media, MediaKind
from waconsole.whatsapp.files import Copy, folder_of, keep
from waconsole.whatsapp.limits import Limits, fault, in_words, too_large

NAMES: Final = {"image": "An image", "document": "A document", "video": "A video", "audio": "An audio file", "sticker": "A sticker"}  # fmt: skip


async def media_of(
    database: Database, kind: MediaKind, *, file: str, link: str, caption: str, name: str, now: int
) -> Media:
    """A message's file: our own copy of `file`, or the public `link`. Raises Refused in one sentence.

    `name` is what the recipient sees of a document, else the file's own name.
    """
    if bool(file) == bool(link):
        raise Refused("Name one file with --file, or its public address with --link.")
    if link:
        return Media(kind, link=link, caption=caption, name=name)
    limits = await database.read(lambda tx: limits_in_force(tx, now=now))
    source = Path(file).expanduser()
    copy = await asyncio.to_thread(_copied, folder_of(database.path), source, kind, limits)
    said = Media(
        kind, sha256=copy.sha256, mime=copy.mime, size=copy.size, caption=caption,
        name=name or (source.name if kind == "document" else ""),
    )  # fmt: skip
    if wrong := fault(said, "phone", limits) or _still(copy, kind, limits):
        raise Refused(wrong)
    return said


def _copied(folder: Path, source: Path, kind: MediaKind, limits: Limits) -> Copy:
    """Our copy. What is too large is not copied first."""
    most: int = limits.sticker_animated_bytes if kind == "sticker" else getattr(limits, f"{kind}_bytes")
    try:
        size = source.stat().st_size
    except OSError as error:
        raise Refused(f"The file {source} cannot be read: {error.strerror}.") from error
    if wrong := too_large(NAMES[kind], size, most):
        raise Refused(wrong)
    if size == 0:
        raise Refused(f"The file {source} is empty.")
    return keep(folder, source, most)


def _still(copy: Copy, kind: MediaKind, limits: Limits) -> str:
    """A sticker that does not move may be smaller than one that does."""
    if kind != "sticker" or copy.animated or copy.size <= limits.sticker_bytes:
        return ""
    return f"A sticker of {in_words(copy.size)} is too large; WhatsApp takes {in_words(limits.sticker_bytes)}, unless it moves: make it smaller."
