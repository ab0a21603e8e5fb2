"""Our copies of files: named by their SHA-256 and what their bytes are, kept once in a folder beside the ledger.

Whatever a sender calls a file is never a name on this machine. A copy is written whole or not at all,
readable by us alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import mimetypes
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from waconsole.errors import Refused

HEAD_BYTES: Final = 4096  # what a type is told from
READ_BYTES: Final = 1 << 20
SHA256_DIGITS: Final = 64
UNKNOWN: Final = "application/octet-stream"
ZIP: Final = "application/zip"
OLE: Final = "application/x-ole-storage"
TEXT: Final = "text/plain"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_LOOSE: Final = frozenset({UNKNOWN, ZIP, OLE, TEXT})  # bytes that a file's own name may tell more of

SUFFIXES: Final[dict[str, str]] = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
    "video/mp4": ".mp4", "video/3gpp": ".3gp", "video/webm": ".webm",
    "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/aac": ".aac", "audio/amr": ".amr",
    "audio/wav": ".wav", "application/pdf": ".pdf", ZIP: ".zip", TEXT: ".txt",
    f"{_OFFICE}.wordprocessingml.document": ".docx", f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy in the folder: `sha256` in hex, `size` in bytes, `mime` as its bytes say, `suffix` its ending."""

    sha256: str
    size: int
    mime: str
    suffix: str
    animated: bool = False


class TooLarge(Refused):
    """More bytes than may be kept."""


def sniffed(head: bytes) -> str:
    """What a file is by its first `HEAD_BYTES`; UNKNOWN when they tell nothing."""
    for start, mime in _STARTS:
        if head.startswith(start):
            return mime
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _boxed(head[8:12])
    if head[:4] == b"PK\x03\x04":
        return _zipped(head)
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/aac" if head[1] & 0xF6 == 0xF0 else "audio/mpeg"
    return TEXT if _is_text(head) else UNKNOWN


_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"), (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"), (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
)  # fmt: skip


def _boxed(brand: bytes) -> str:
    if brand.startswith((b"3gp", b"3g2")):
        return "video/3gpp"
    return "audio/mp4" if brand.startswith((b"M4A", b"M4B")) else "video/mp4"


def _zipped(head: bytes) -> str:
    for part, kind in ((b"word/", "wordprocessingml.document"), (b"xl/", "spreadsheetml.sheet"),
                       (b"ppt/", "presentationml.presentation")):  # fmt: skip
        if part in head:
            return f"{_OFFICE}.{kind}"
    return ZIP


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head:
        return False
    for cut in range(min(4, len(head))):  # the head may end within a sign
        try:
            head[: len(head) - cut].decode("utf-8")
            return True
        except UnicodeDecodeError:
            continue
    return False


def is_animated(head: bytes) -> bool:
    """Whether a WebP moves: its extended header says so."""
    return head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & 0x02)


def mime_by_name(mime: str, name: str) -> str:
    """The type of a document: what its bytes say, made plainer by its name where they say little."""
    if mime not in _LOOSE:
        return mime
    guessed = mimetypes.guess_type(name)[0] or ""
    is_telling = guessed.startswith(("text/", "application/"))
    if guessed.startswith("text/") and mime != TEXT:
        return UNKNOWN if mime == OLE else mime
    return guessed if is_telling else UNKNOWN if mime == OLE else mime


def folder_of(ledger: Path) -> Path:
    """The folder that holds the copies of a ledger's files."""
    return ledger.with_name(ledger.name + "-media")


def path_of(folder: Path, sha256: str) -> Path | None:
    """Where a copy stands, whichever ending it has; None when it does not."""
    return next((one for one in _places(folder, sha256) if one.is_file() and not one.is_symlink()), None)


def delete_copies(folder: Path, sha256: str) -> None:
    """Take a file's copies from the disk, whichever ending they have. Raises OSError where one cannot be taken."""
    for path in _places(folder, sha256):
        path.unlink(missing_ok=True)


def _places(folder: Path, sha256: str) -> list[Path]:
    """Where a copy may stand: without an ending (a chat's file), or with that of its type (what WhatsApp sent)."""
    if len(sha256) != SHA256_DIGITS or not all(sign in "0123456789abcdef" for sign in sha256):
        return []
    return [folder / f"{sha256}{ending}" for ending in dict.fromkeys(("", ".bin", *SUFFIXES.values()))]


class Keeping:
    """One copy on its way into the folder: `write` its bytes, then `finish`; left otherwise it leaves nothing."""

    def __init__(self, folder: Path, size_max: int) -> None:
        """Raises OSError when the folder cannot be written."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder, self._size_max = folder, size_max
        self._part = folder / f".{secrets.token_hex(8)}.part"
        self._file: IO[bytes] = open(self._part, "xb", opener=_private)  # noqa: SIM115 - closed by __exit__
        self._digest, self._size, self._head = hashlib.sha256(), 0, b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def write(self, piece: bytes) -> None:
        """Add bytes. Raises TooLarge and OSError."""
        self._size += len(piece)
        if self._size > self._size_max:
            raise TooLarge(f"The file is larger than {self._size_max:,} bytes: it is not kept.")
        if len(self._head) < HEAD_BYTES:
            self._head += piece[: HEAD_BYTES - len(self._head)]
        self._digest.update(piece)
        self._file.write(piece)

    def finish(self, *, sha256: str | None = None, size: int | None = None, name: str = "") -> Copy:
        """Let the copy stand under its own name. Raises Refused when it is not the file it was said to be."""
        found = self._digest.hexdigest()
        if size is not None and size != self._size:
            raise Refused(f"The file has {self._size:,} bytes and was said to have {size:,}: it is not kept.")
        if sha256 is not None and sha256 != found:
            raise Refused("The file is not the one it was said to be (SHA-256): it is not kept.")
        mime = mime_by_name(sniffed(self._head), name)
        known = path_of(self._folder, found)
        suffix = known.name[SHA256_DIGITS:] if known is not None else SUFFIXES.get(mime, ".bin")
        if known is None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._part.replace(self._folder / f"{found}{suffix}")
        return Copy(found, self._size, mime, suffix, is_animated(self._head))


def keep(folder: Path, source: Path, size_max: int) -> Copy:
    """Copy a file of this machine into the folder. Raises Refused in one sentence when that cannot be done."""
    try:
        if not source.is_file():
            raise Refused(f"There is no file {source}: name one with --file.")
        with source.open("rb") as file, Keeping(folder, size_max) as copy:
            _each(file, copy.write)
            return copy.finish(name=source.name)
    except OSError as error:
        raise Refused(f"{source} cannot be copied beside the ledger: {error.strerror}.") from error


def _each(file: IO[bytes], write: Callable[[bytes], None]) -> None:
    while piece := file.read(READ_BYTES):
        write(piece)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
