"""Copies of the files that came with an export, named by their SHA-256, in a folder beside the ledger."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from waconsole.errors import Refused
from waconsole.inbox.chat_export import Export
from waconsole.whatsapp.files import folder_of

__all__ = ("MediaStore", "folder_of")

COPIED_BYTES_MAX: Final = 100 * 1024 * 1024
READ_BYTES: Final = 1 << 20


class MediaStore:
    """Copies media out of one export; the same bytes are kept once."""

    def __init__(self, ledger: Path, export: Export) -> None:
        """Nothing is written before the first `keep`."""
        self._folder = folder_of(ledger)
        self._export = export
        self._sizes = {file.name: file.size for file in export.media}

    def knows(self, name: str) -> bool:
        """Whether the export brought a file of that name."""
        return name in self._sizes

    def keep(self, name: str) -> tuple[str | None, int | None]:
        """Copy a file; answers (sha256, bytes). A larger one than `COPIED_BYTES_MAX` is only recorded.

        Raises Refused when the disk is full or the folder cannot be written.
        """
        size = self._sizes.get(name)
        if size is None:
            return None, None
        if size > COPIED_BYTES_MAX:
            return None, size
        self._folder.mkdir(mode=0o700, exist_ok=True)
        part = self._folder / f".{secrets.token_hex(8)}.part"
        digest = hashlib.sha256()
        try:
            with self._export.open_media(name) as source, open(part, "xb", opener=_private) as copy:
                while piece := source.read(READ_BYTES):
                    digest.update(piece)
                    copy.write(piece)
            target = self._folder / digest.hexdigest()
            if target.exists():
                part.unlink()
            else:
                part.rename(target)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise Refused(
                f"The file {name} could not be copied beside the ledger: {error.strerror}."
            ) from error
        return digest.hexdigest(), size


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
