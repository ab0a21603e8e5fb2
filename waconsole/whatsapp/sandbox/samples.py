"""Small real files, made here: what members of the sandbox send. Each is valid, and each `mark` another file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Final

SIDE: Final = 8  # pixels of a picture


def jpeg(mark: str) -> bytes:
    """A grey square of 8 by 8 pixels."""
    quantities = b"\xff\xdb\x00\x43\x00" + b"\x01" * 64
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", SIDE, SIDE) + b"\x01\x01\x11\x00"
    # One code each, the bit 0: no difference from the block before, and nothing else in this block.
    codes = b"".join(
        b"\xff\xc4\x00\x14" + kind + b"\x01" + b"\x00" * 15 + b"\x00" for kind in (b"\x00", b"\x10")
    )
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x3f"
    words = mark.encode("utf-8", "replace")[:200]
    comment = b"\xff\xfe" + struct.pack(">H", len(words) + 2) + words
    jfif = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return b"\xff\xd8" + jfif + comment + quantities + frame + codes + scan + b"\xff\xd9"


def png(mark: str) -> bytes:
    """A grey square of 8 by 8 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    rows = (b"\x00" + b"\x80" * SIDE) * SIDE
    words = b"Comment\x00" + mark.encode("latin-1", "replace")[:200]
    body = (
        chunk(b"IHDR", head)
        + chunk(b"tEXt", words)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return b"\x89PNG\r\n\x1a\n" + body


def ogg(mark: str) -> bytes:
    """A fiftieth of a second of silence in Opus."""
    words = mark.encode("utf-8", "replace")[:200]
    comment = b"COMMENT=" + words
    head = b"OpusHead\x01\x01" + struct.pack("<HIhB", 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 7) + b"sandbox" + struct.pack("<II", 1, len(comment)) + comment
    return _page(2, 0, 0, head) + _page(0, 0, 1, tags) + _page(4, 960, 2, b"\xf8\xff\xfe")


def _page(kind: int, position: int, number: int, packet: bytes) -> bytes:
    laces = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    head = b"OggS\x00" + struct.pack("<BqIII", kind, position, 1, number, 0) + bytes([len(laces)]) + laces
    page = head + packet
    return page[:22] + struct.pack("<I", _ogg_sum(page)) + page[26:]


def _ogg_sum(page: bytes) -> int:
    total = 0
    for byte in page:
        total ^= byte << 24
        for _ in range(8):
            total = ((total << 1) ^ 0x04C11DB7 if total & 0x80000000 else total << 1) & 0xFFFFFFFF
    return total


def pdf(mark: str) -> bytes:
    """One empty page."""
    title = "".join(one for one in mark if (one.isascii() and one.isalnum()) or one == " ")[:100]
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
        b"<</Title(" + title.encode("ascii") + b")>>",
    )
    document = b"%PDF-1.4\n"
    places = []
    for number, part in enumerate(parts, 1):
        places.append(len(document))
        document += b"%d 0 obj%b endobj\n" % (number, part)
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 5/Root 1 0 R/Info 4 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(document)
    return document + table + end


def webp(mark: str) -> bytes:
    """One pixel, with the mark in a chunk that readers pass over."""
    pixel = b"VP8L" + struct.pack("<I", 13) + bytes.fromhex("2f00000010071011118888fe07") + b"\x00"
    words = mark.encode("utf-8", "replace")[:200]
    note = b"note" + struct.pack("<I", len(words)) + words + b"\x00" * (len(words) % 2)
    body = b"WEBP" + pixel + note
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp4(mark: str) -> bytes:
    """A film without tracks: its frame is whole, and there is nothing to see."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body) + 8) + kind + body

    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    head = struct.pack(">IIIIIIH10x", 0, 0, 0, 1000, 0, 0x10000, 0x100) + matrix + b"\x00" * 24
    head += struct.pack(">I", 2)
    words = mark.encode("utf-8", "replace")[:200]
    brand = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2mp41")
    return brand + box(b"free", words) + box(b"moov", box(b"mvhd", head))


# kind of message: (MIME type, how a file of it is made)
SAMPLES: Final[Mapping[str, tuple[str, Callable[[str], bytes]]]] = {
    "image": ("image/jpeg", jpeg),
    "video": ("video/mp4", mp4),
    "audio": ("audio/ogg; codecs=opus", ogg),
    "document": ("application/pdf", pdf),
    "sticker": ("image/webp", webp),
}
