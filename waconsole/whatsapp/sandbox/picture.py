"""Whether a picture may be a group's: a square JPEG of a size."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Final

SIDE_MIN: Final = 192
SEGMENTS_MAX: Final = 1000
NOT_VALID: Final = 131209
WRONG_SIZE: Final = 131210

_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_fault(body: bytes) -> int:
    """The code a group picture is refused with; 0 when it is good."""
    size = jpeg_size(body)
    if size is None:
        return NOT_VALID
    return 0 if size[0] == size[1] >= SIDE_MIN else WRONG_SIZE


def picture_hash(body: bytes) -> str:
    """The hash of a picture as a webhook has it."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def jpeg_size(body: bytes) -> tuple[int, int] | None:
    """(width, height) of a JPEG; None when it is none."""
    if not body.startswith(b"\xff\xd8"):
        return None
    place = 2
    for _ in range(SEGMENTS_MAX):
        if place + 9 > len(body) or body[place] != 0xFF:
            return None
        if body[place + 1] in _SIZES:
            height, width = struct.unpack(">HH", body[place + 5 : place + 9])
            return width, height
        place += 2 + struct.unpack(">H", body[place + 2 : place + 4])[0]
    return None
