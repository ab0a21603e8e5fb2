"""The body of a message: what a phone writes in place of a file, a deletion, an edit or a poll.

Pure. Most bodies are plain text, which the reader tells in a few comparisons; the rest is read here.
Two forms need no phrase and are understood in every language: `<…: 00000012-PHOTO.jpg>` behind U+200E, and
WhatsApp's own file names (`IMG-20250328-WA0001.jpg (…)`).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from waconsole.inbox.chat_clock import MARKS
from waconsole.inbox.chat_dialect import Dialects, bare

LRM: Final = "\u200e"
_MEDIA_BY_SUFFIX: Final[dict[str, str]] = {
    **dict.fromkeys(("jpg", "jpeg", "png", "heic", "heif", "bmp", "tiff"), "image"),
    **dict.fromkeys(("mp4", "mov", "3gp", "mkv", "avi", "webm", "m4v"), "video"),
    **dict.fromkeys(("opus", "ogg", "m4a", "mp3", "aac", "amr", "wav", "flac"), "audio"),
    "webp": "sticker",
    "gif": "gif",
    "vcf": "contact",
}
_MEDIA_BY_WORD: Final = (
    ("STICKER", "sticker"),
    ("GIF", "gif"),
    ("PHOTO", "image"),
    ("VIDEO", "video"),
    ("AUDIO", "audio"),
)
_MARK: Final = re.compile(f"[{MARKS}]")
_IOS_FILE: Final = re.compile(rf"[{MARKS}]*<([^:：<>]{{1,40}}?)\s?[:：]\s?([^<>]+)>[{MARKS}]*$")
_ANDROID_FILE: Final = re.compile(rf"[{MARKS}]*(.+\.\w{{1,8}}) \(([^()]{{2,60}})\)$")
_OWN_NAME: Final = re.compile(r"(?:IMG|VID|AUD|PTT|STK|DOC|GIF)-\d{8}-WA\d{4}")
_EDITED: Final = re.compile(rf"[ \u00a0]?[{MARKS}]*<([^<>]{{4,80}})>[{MARKS}]*$")
HOT_FIRST: Final = frozenset("<\u200e\u200f\u202a\u202c\u200b\ufeff")


class Body(NamedTuple):
    """A read body: `kind` is text, media, deleted or poll; the rest as in `ChatLine`."""

    kind: str
    text: str
    edited: bool = False
    media_kind: str = ""
    media_name: str = ""
    mine: bool = False


def media_kind_of(name: str) -> str:
    """The medium a file name speaks of: image, video, audio, sticker, gif, contact or document."""
    upper = name.upper()
    for word, kind in _MEDIA_BY_WORD:
        if f"-{word}-" in upper or upper.startswith(f"{word}-"):
            return kind
    return _MEDIA_BY_SUFFIX.get(name.rpartition(".")[2].casefold(), "document")


def read_body(body: str, known: Dialects) -> Body:
    """What `body` is, with the markers taken off its text."""
    body, edited = _without_edited(body, known)
    first, newline, others = body.partition("\n")
    marked = first[:1] in HOT_FIRST
    plain = bare(first)
    if (poll := _poll(plain, newline, others, known)) is not None:
        return poll
    marker = known.markers.get(plain.strip("<>"))
    if marker is not None and (marked or first.strip() == first):
        if marker.kind == "deleted" and not others:
            return Body("deleted", "", mine=marker.mine)
        if marker.kind == "omitted":
            return Body("media", _caption(others), edited, marker.media, "")
    if not others and known.tombstone(_MARK.sub("", first).strip()):
        return Body("deleted", "")
    if (found := _android_file(first, known)) is not None:
        return Body("media", _caption(others), edited, media_kind_of(found), found)
    if LRM in body or marked or body[-1:] == ">":
        ending = _ending(body, known)
        if ending is not None:
            caption, media_kind, name = ending
            return Body("media", caption, edited, media_kind, name)
    return Body("text", body.lstrip("\u200e\u200f\u202a\ufeff") if marked else body, edited)


def _caption(text: str) -> str:
    """The text of a media message."""
    return text.lstrip("\u200e\u200f")


def _without_edited(body: str, known: Dialects) -> tuple[str, bool]:
    """`body` without the words that say it was edited."""
    if body[-1:] == ">" or body[-1:] == LRM:
        match = _EDITED.search(body)
        if match is not None and bare(match.group(1)) in known.edited:
            return body[: match.start()], True
    return body, False


def _poll(plain: str, newline: str, others: str, known: Dialects) -> Body | None:
    """A poll: its heading alone on the first line, the question and the options below."""
    if newline and plain[-1:] in ":：" and plain.rstrip(":： ") in known.polls:
        return Body("poll", _MARK.sub("", others))
    return None


def _android_file(first: str, known: Dialects) -> str | None:
    """The file name of `IMG-….jpg (file attached)`."""
    if first[-1:] != ")":
        return None
    match = _ANDROID_FILE.match(first)
    if match is None:
        return None
    name, words = match.groups()
    if bare(words) in known.attached or _OWN_NAME.match(name):
        return name
    return None


def _ending(body: str, known: Dialects) -> tuple[str, str, str] | None:
    """Caption, medium and file name of a body that ends in what an iPhone writes for a file."""
    before, mark, last = body.rpartition(LRM)
    if not mark:
        before, last = "", body
    match = _IOS_FILE.match(last)
    if match is not None:
        words, name = match.groups()
        if bare(words) in known.attached or (mark and re.search(r"\.\w{1,8}$", name)):
            name = name.strip()
            return _lead(before), media_kind_of(name), name
        return None
    marker = known.markers.get(bare(last).strip("<>"))
    if marker is not None and marker.kind == "omitted":
        return _lead(before), marker.media, ""
    return None


def _lead(before: str) -> str:
    """What stands before the marker: the caption, or the name and pages of a document."""
    return _MARK.sub("", before).strip()
