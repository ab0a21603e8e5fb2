"""What a picture must be to stand for a group: JPEG, square, of so many pixels and bytes (Groups API, 2026-05-21). Pure."""

from __future__ import annotations

from typing import Final

BYTES_MAX: Final = 5 << 20
PIXELS_MIN: Final = 192
_SEGMENTS_MAX: Final = 1_000
# The markers of a frame, which tells height and width; C4, C8 and CC are tables.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def jpeg_pixels(content: bytes) -> tuple[int, int] | None:
    """(width, height) of a JPEG, or None for anything else (ISO/IEC 10918-1, annex B)."""
    if content[:2] != b"\xff\xd8":
        return None
    place = 2
    for _ in range(_SEGMENTS_MAX):
        while content[place : place + 2] == b"\xff\xff":
            place += 1
        if place + 4 > len(content) or content[place] != 0xFF:
            return None
        marker = content[place + 1]
        if marker in _ALONE:
            place += 2
            continue
        if marker in _FRAMES:
            height, width = (int.from_bytes(content[place + at : place + at + 2]) for at in (5, 7))
            return (width, height) if width and height and place + 9 <= len(content) else None
        place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return None


def fault(content: bytes) -> str:
    """Why a file cannot be a group's picture, in one sentence; "" when it can."""
    if len(content) > BYTES_MAX:
        return f"The picture is larger than {BYTES_MAX >> 20} MB: WhatsApp takes no larger one."
    pixels = jpeg_pixels(content)
    if pixels is None:
        return "The picture is no JPEG: WhatsApp takes nothing else for a group."
    width, height = pixels
    if width != height or width < PIXELS_MIN:
        return f"The picture is {width} by {height} pixels: it must be square, at least {PIXELS_MIN} by {PIXELS_MIN}."
    return ""
