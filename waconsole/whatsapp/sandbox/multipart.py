"""Reading a form with a file in it (multipart/form-data, RFC 7578), for uploads and pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD

PARTS_MAX: Final = 16
HEAD_BYTES_MAX: Final = 4096

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))', re.I)
_NAME: Final = re.compile(r'\bname="([^"]*)"')
_FILENAME: Final = re.compile(r'\bfilename="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; `mime` is empty for a plain one."""

    filename: str
    mime: str
    body: bytes


def parts_of(raw: bytes, content_type: str) -> dict[str, Part]:
    """The parts of a form by their names. Raises GraphError."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise GraphError(BAD, "The request is no multipart/form-data with a boundary.")
    line = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    pieces = (b"\r\n" + raw).split(b"\r\n" + line)
    if len(pieces) < 3 or len(pieces) > PARTS_MAX + 2 or not pieces[-1].startswith(b"--"):
        raise GraphError(BAD, "The multipart body is not complete.")
    parts: dict[str, Part] = {}
    for piece in pieces[1:-1]:
        head, gap, body = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        said = head[:HEAD_BYTES_MAX].decode("utf-8", "replace")
        name = _NAME.search(said)
        if not gap or name is None or name[1] in parts:
            raise GraphError(BAD, "The multipart body has a part without a name of its own.")
        filename, mime = _FILENAME.search(said), ""
        for row in said.split("\r\n"):
            if row.lower().startswith("content-type:"):
                mime = row.partition(":")[2].strip()
        parts[name[1]] = Part(filename[1] if filename else "", mime, body)
    return parts


def plain(parts: dict[str, Part], name: str) -> str:
    """The text of a plain field; empty when it is not there."""
    return parts[name].body.decode("utf-8", "replace") if name in parts else ""
