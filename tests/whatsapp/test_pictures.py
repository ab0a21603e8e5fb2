"""A group's picture: a square JPEG, and a sentence for anything else."""

from __future__ import annotations

import pytest

from waconsole.whatsapp.pictures import BYTES_MAX, fault, jpeg_pixels


def jpeg(width: int, height: int, *, marker: int = 0xC2) -> bytes:
    """The beginning of a JPEG with a table before its frame."""
    sizes = height.to_bytes(2) + width.to_bytes(2)
    return (
        b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc4\x00\x03x\xff"
        + bytes([marker])
        + b"\x00\x0b\x08"
        + sizes
        + b"\x01"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (jpeg(192, 192), ""),
        (jpeg(640, 640, marker=0xC0), ""),
        (jpeg(640, 480), "640 by 480"),
        (jpeg(191, 191), "at least 192"),
        (b"\x89PNG\r\n", "no JPEG"),
        (jpeg(640, 640)[:-3], "no JPEG"),
        (b"\xff\xd8" + b"\xff\xe0\x00\x02" * 2_000, "no JPEG"),
        (jpeg(640, 640) + bytes(BYTES_MAX), "larger than 5 MB"),
    ],
)
def test_what_can_be_a_groups_picture(content: bytes, words: str) -> None:
    assert words in fault(content)
    assert (fault(content) == "") == (words == "")


def test_the_pixels_of_a_picture() -> None:
    assert jpeg_pixels(jpeg(300, 200)) == (300, 200)
    assert jpeg_pixels(b"") is None
