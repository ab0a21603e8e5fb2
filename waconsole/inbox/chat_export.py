"""Opening a chat export: a .txt, or the .zip a phone makes of the chat and its media.

The bytes come from outside: sizes are bounded before they are believed, member names never leave the zip,
and what is no export is refused in one sentence.
"""

from __future__ import annotations

import codecs
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final

from waconsole.errors import Refused

LINE_BYTES_MAX: Final = 1_048_576
CHUNK_BYTES: Final = 262_144
MEMBERS_MAX: Final = 200_000
MEMBER_BYTES_MAX: Final = 8 * 1024**3
INFLATION_MAX: Final = 200
INFLATION_FREE_BYTES: Final = 64 * 1024**2
CHAT_NAME: Final = "_chat.txt"
_NUL_SHARE: Final = 0.2


def chat_lines(binary: BinaryIO | IO[bytes]) -> Iterator[str]:
    """The lines of a chat's text: UTF-8, a byte order mark ignored, what is not UTF-8 as U+FFFD, no NUL.

    Raises Refused for UTF-16 and UTF-32, and for a line longer than `LINE_BYTES_MAX`.
    """
    chunk = binary.read(CHUNK_BYTES)
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or chunk.count(0) > _NUL_SHARE * len(
        chunk
    ):
        raise Refused(
            "The chat is not UTF-8 text (UTF-16, or not text at all): save it as UTF-8 or export it again."
        )
    chunk = chunk.removeprefix(codecs.BOM_UTF8)
    rest = b""
    while chunk:
        whole, newline, tail = chunk.rpartition(b"\n")
        if newline:
            yield from _text(rest + whole).split("\n")
            rest = tail
        else:
            rest += tail
        if len(rest) > LINE_BYTES_MAX:
            raise Refused(
                f"A line of this file is longer than {LINE_BYTES_MAX} bytes: it is no WhatsApp chat export."
            )
        chunk = binary.read(CHUNK_BYTES)
    if rest:
        yield _text(rest)


def _text(raw: bytes) -> str:
    """Decoded lines without NUL and with one kind of line end."""
    text = raw.decode("utf-8", "replace")
    if "\0" in text:
        text = text.replace("\0", "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    return text


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that came with the chat: the name messages call it by, and its size in bytes."""

    name: str
    size: int


class Export:
    """An opened export: its chat text, which can be opened again and again, and its media."""

    def __init__(self, path: Path, archive: zipfile.ZipFile | None, chat: zipfile.ZipInfo | None) -> None:
        self._path = path
        self._archive = archive
        self._chat = chat
        self._media: dict[str, zipfile.ZipInfo] = {}
        if archive is not None:
            for member in archive.infolist():
                if member is not chat and not member.is_dir():
                    self._media.setdefault(PurePosixPath(member.filename).name, member)

    @property
    def path(self) -> Path:
        """The file that was opened."""
        return self._path

    @property
    def chat_name(self) -> str:
        """The name of the chat text."""
        return self._path.name if self._chat is None else PurePosixPath(self._chat.filename).name

    @property
    def chat_bytes(self) -> int:
        """The size of the chat text, for showing progress."""
        return self._path.stat().st_size if self._chat is None else self._chat.file_size

    @property
    def media(self) -> tuple[MediaFile, ...]:
        """The files that came with the chat."""
        return tuple(MediaFile(name, member.file_size) for name, member in self._media.items())

    @contextmanager
    def open_chat(self) -> Iterator[IO[bytes]]:
        """The chat text from its beginning."""
        if self._chat is None:
            with self._path.open("rb") as file:
                yield file
        else:
            with self._open(self._chat) as file:
                yield file

    @contextmanager
    def open_media(self, name: str) -> Iterator[IO[bytes]]:
        """One of the media files; raises Refused when there is none of this name."""
        member = self._media.get(name)
        if member is None:
            raise Refused(f"The export has no file named {name}.")
        with self._open(member) as file:
            yield file

    @contextmanager
    def _open(self, member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
        """A member, with the sentences of a damaged zip."""
        assert self._archive is not None
        try:
            with self._archive.open(member) as file:
                yield file
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise Refused(_damaged(self._path)) from error


def _damaged(path: Path) -> str:
    return f"{path.name} is damaged or only half a zip: copy it from the phone again."


@contextmanager
def open_export(path: Path) -> Iterator[Export]:
    """Open a chat export (.txt or .zip, told apart by its bytes).

    Raises Refused, in one sentence, for what cannot be one: a missing or unreadable file, half a zip, an
    encrypted zip, member names that leave the folder, no chat inside, sizes that are a trap.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except IsADirectoryError as error:
        raise Refused(f"{path.name} is a folder: name the .txt or .zip of the chat export.") from error
    except OSError as error:
        raise Refused(
            f"{path.name} cannot be read ({error.strerror}): check its name and its permissions."
        ) from error
    if not head:
        raise Refused(f"{path.name} is empty: export the chat again.")
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and path.suffix.casefold() != ".zip":
        yield Export(path, None, None)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise Refused(_damaged(path)) from error
    with archive:
        yield Export(path, archive, _chat_member(path, archive.infolist()))


def _chat_member(path: Path, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The chat's text among the members, all of which are checked first."""
    if len(members) > MEMBERS_MAX:
        raise Refused(f"{path.name} holds more than {MEMBERS_MAX} files: it is not a WhatsApp chat export.")
    for member in members:
        _check(path, member)
    texts = [
        member for member in members if member.filename.casefold().endswith(".txt") and not _hidden(member)
    ]
    if not texts:
        raise Refused(f"{path.name} holds no chat (.txt): export the chat on the phone again.")
    named = [text for text in texts if PurePosixPath(text.filename).name.casefold() == CHAT_NAME]
    named = named or [
        text for text in texts if "whatsapp" in text.filename.casefold() or text.filename[:-4] == path.stem
    ]
    chosen = named or texts
    if len(chosen) > 1:
        raise Refused(
            f"{path.name} holds {len(chosen)} texts, none called {CHAT_NAME}: import one .txt by itself."
        )
    return chosen[0]


def _hidden(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a file system's own (macOS puts such beside each file)."""
    parts = PurePosixPath(member.filename).parts
    return "__MACOSX" in parts or parts[-1].startswith("._")


def _check(path: Path, member: zipfile.ZipInfo) -> None:
    """Refuse a member whose name leaves the folder, that is encrypted, or whose size is a trap."""
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or (parts and parts[0][1:2] == ":") or not parts:
        raise Refused(
            f"{path.name} holds a name that leaves its folder ({member.filename!r}): it is not safe to open."
        )
    if member.flag_bits & 0x1:
        raise Refused(f"{path.name} is encrypted: unpack it and import the .txt inside.")
    inflated = member.file_size > INFLATION_FREE_BYTES and member.file_size > INFLATION_MAX * max(
        member.compress_size, 1
    )
    if member.file_size > MEMBER_BYTES_MAX or inflated:
        raise Refused(
            f"{path.name} unpacks to far more than it holds ({member.filename!r}): it is not safe to open."
        )
