"""Files the sandbox keeps: what we uploaded, and what members sent."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from waconsole import clock
from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.samples import SAMPLES

MEGABYTE: Final = 1 << 20
KEPT_BYTES_MAX: Final = 512 * MEGABYTE
KEPT_MAX: Final = 100_000
DAYS_OURS: Final = 30
DAYS_THEIRS: Final = 7
STICKER_BYTES_MAX: Final = 100 << 10
STICKER_MOVING_BYTES_MAX: Final = 500 << 10

# What may be uploaded, by kind of message: sizes of platform pages of 2025-12-11.
LIMITS: Final[Mapping[str, tuple[int, tuple[str, ...]]]] = {
    "image": (5 * MEGABYTE, ("image/jpeg", "image/png")),
    "audio": (16 * MEGABYTE, ("audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg")),
    "video": (16 * MEGABYTE, ("video/mp4", "video/3gpp")),
    "sticker": (STICKER_MOVING_BYTES_MAX, ("image/webp",)),
    "document": (100 * MEGABYTE, ()),
}
_BEGINS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/webp": (b"RIFF",),
    "application/pdf": (b"%PDF-",),
    "audio/ogg": (b"OggS",),
}
_MIME: Final = re.compile(r"(?:application|text)/[\w.+-]{1,100}", re.ASCII)


@dataclass(frozen=True)
class File:
    """A file that is here. `mime` is as it was given, parameters and all; `at` its first moment here."""

    id: str
    mime: str
    body: bytes = field(repr=False)
    ours: bool
    at: int

    @cached_property
    def digest(self) -> bytes:
        """The SHA-256 of the bytes."""
        return hashlib.sha256(self.body).digest()

    @property
    def digest_text(self) -> str:
        """The digest as a webhook has it: base64."""
        return base64.b64encode(self.digest).decode("ascii")


def plain_mime(mime: str) -> str:
    """A MIME type without its parameters, in small letters."""
    return mime.partition(";")[0].strip().lower()


def kind_of(mime: str) -> str:
    """Which kind of message a file of this type makes. Raises GraphError for one that may not be uploaded."""
    wanted = plain_mime(mime)
    for kind, (_, known) in LIMITS.items():
        if wanted in known:
            return kind
    if not _MIME.fullmatch(wanted):
        raise GraphError(
            100, f"Param file must be a file of a supported type; received file of type {wanted!r}."
        )
    return "document"


def check_upload(mime: str, body: bytes) -> None:
    """Whether a file may be uploaded: its type, size and first bytes. Raises GraphError."""
    kind = kind_of(mime)
    most = LIMITS[kind][0]
    if kind == "sticker" and not (body[12:16] == b"VP8X" and len(body) > 20 and body[20] & 2):
        most = STICKER_BYTES_MAX
    if len(body) > most:
        raise GraphError(131053, f"The file has {len(body)} bytes; a file for {kind} has at most {most}.")
    begins = _BEGINS.get(plain_mime(mime), ())
    if not body or (begins and not body.startswith(begins)):
        raise GraphError(131053, f"The file is empty or not of the type {mime}.")


class Files:
    """All files, the oldest forgotten when there are too many."""

    def __init__(self, seed: int) -> None:
        """`seed` is behind their ids and their addresses."""
        self._seed = seed
        self._kept: dict[str, File] = {}
        self._bytes = 0
        self._count = 0
        self.base = "http://127.0.0.1:8471"  # where we listen, for addresses in webhooks
        self.add_ours("image/jpeg", SAMPLES["image"][1]("300000000000003"), 0, file_id="300000000000003")

    def add_ours(self, mime: str, body: bytes, now: int, *, file_id: str = "") -> File:
        """Keep an upload."""
        return self._keep(mime, body, now, ours=True, file_id=file_id)

    def add_theirs(self, kind: str, mark: str, now: int) -> File:
        """Make and keep the small file a member sends."""
        mime, made = SAMPLES[kind]
        return self._keep(mime, made(mark), now, ours=False)

    def _keep(self, mime: str, body: bytes, now: int, *, ours: bool, file_id: str = "") -> File:
        self._count += 1
        number = int.from_bytes(ids.dice("file", self._seed, self._count)[:6], "big") + 10**15
        kept = File(file_id or str(number), mime, body, ours, now)
        self._kept[kept.id] = kept
        self._bytes += len(body)
        while self._bytes > KEPT_BYTES_MAX or len(self._kept) > KEPT_MAX:
            self.delete(next(iter(self._kept)))
        return kept

    def __len__(self) -> int:
        """How many files are here."""
        return len(self._kept)

    def __contains__(self, file_id: str) -> bool:
        """Whether a file has this id, however old it is."""
        return file_id in self._kept

    def find(self, file_id: str, now: int) -> File | None:
        """The file of an id; None when there is none or its days are over."""
        kept = self._kept.get(file_id)
        if kept is None or (
            kept.at and now > kept.at + (DAYS_OURS if kept.ours else DAYS_THEIRS) * clock.DAY
        ):
            return None
        return kept

    def delete(self, file_id: str) -> None:
        """Forget a file."""
        kept = self._kept.pop(file_id, None)
        self._bytes -= len(kept.body) if kept else 0

    def address(self, kept: File, base: str, until: int) -> str:
        """Where the bytes can be fetched until an instant; it proves itself, nothing is remembered."""
        until //= clock.SECOND
        return f"{base}{PATH}?mid={kept.id}&ext={until}&hash={self._proof(kept.id, until)}"

    def behind(self, file_id: str, until: str, proof: str, now: int) -> File | None:
        """The file behind an address; None when the address is too old or was never given."""
        if not until.isascii() or not until.isdecimal() or len(until) > 12:
            return None
        if proof != self._proof(file_id, int(until)) or now >= int(until) * clock.SECOND:
            return None
        return self.find(file_id, now)

    def _proof(self, file_id: str, until: int) -> str:
        return ids.dice("address", self._seed, file_id, until).hex()[:32]


PATH: Final = "/whatsapp_business/attachments/"
