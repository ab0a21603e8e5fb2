"""What stands in more than one kind of message: a file, a place on the earth."""

from __future__ import annotations

from typing import Final

from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD, Fields

CAPTION_MAX: Final = 1024
ID_MAX: Final = 256
URL_MAX: Final = 2048


def media(body: Fields, *known: str) -> None:
    """A file by the id of an upload or by a public link, and what else this kind knows."""
    body.only("id", "link", *known)
    if ("id" in body) == ("link" in body):
        raise GraphError(BAD, f"Param {body.path} must have either an id or a link.")
    if "id" in body:
        body.text("id", longest=ID_MAX)
    elif not body.text("link", longest=URL_MAX).startswith(("http://", "https://")):
        raise GraphError(131009, f"Param {body.name('link')} is not a valid URL.")
    if "caption" in known:
        body.text("caption", longest=CAPTION_MAX, shortest=0, required=False)
    if "filename" in known:
        body.text("filename", longest=ID_MAX, required=False)
    if "voice" in known:
        body.flag("voice")


def location(body: Fields) -> None:
    """A point, and what it is called."""
    body.only("latitude", "longitude", "name", "address")
    body.number("latitude", -90, 90)
    body.number("longitude", -180, 180)
    body.text("name", longest=CAPTION_MAX, required=False)
    body.text("address", longest=CAPTION_MAX, required=False)
