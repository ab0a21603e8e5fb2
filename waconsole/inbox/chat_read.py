"""Reading a chat export: from lines to messages, notices, and lines that could not be placed.

Pure and streaming: `read_chat` holds one message at a time. Every line of the file is accounted for: it
begins a `ChatLine`, belongs to the body of one, or is returned as `Unplaced` (blank lines outside
a message excepted).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Final, NamedTuple

from waconsole.errors import Refused
from waconsole.inbox.chat_body import HOT_FIRST, LRM, Body, read_body
from waconsole.inbox.chat_clock import MARKS
from waconsole.inbox.chat_dialect import HOT_LENGTH, Notice, as_name, dialects
from waconsole.inbox.chat_heads import MINUTES, SECONDS, HeadClock
from waconsole.inbox.chat_survey import Survey

BODY_CHARACTERS_MAX: Final = 1_048_576
NAMES_CACHED_MAX: Final = 50_000
_COLON: Final = re.compile(rf":(?:[ \u00a0\u202f{MARKS}]|$)")
_QUOTE: Final = re.compile('["“„«「『]')


class ChatLine(NamedTuple):
    """One message or notice.

    `line` is the number of its head line, from 1; `at` microseconds UTC, whole seconds. `kind` is text,
    media, deleted, poll or system. `text` has no edited or attached markers, is the caption of media and the
    words of a notice. `mine` says that the phrase speaks of the exporting person. The `sender` of
    a notice may be the group's own name (iPhone): `people` knows.
    """

    line: int
    at: int
    sender: str
    mine: bool
    kind: str
    text: str
    edited: bool = False
    media_kind: str = ""
    media_name: str = ""
    notice: Notice | None = None


_Pending = tuple[int, int, str, str]  # line, at, the rest of the head line, the raw line


class Unplaced(NamedTuple):
    """A line that belongs to no message, as it stands in the file."""

    line: int
    text: str


def people(line: ChatLine) -> Iterator[str]:
    """The names of people `line` proves: who wrote it, or whom a notice names.

    An iPhone writes the group's own name as sender of notices, so the sender of a notice proves nobody.
    The exporting person, whom notices call "you", has no name here.
    """
    if line.notice is None:
        if line.sender:
            yield line.sender
    else:
        yield from named_by(line.notice)


def named_by(notice: Notice) -> Iterator[str]:
    """The names of people a notice proves."""
    if notice.actor:
        yield notice.actor
    for subject in notice.subjects:
        if subject:
            yield subject


def read_chat(lines: Iterable[str], survey: Survey, zone: tzinfo) -> Iterator[ChatLine | Unplaced]:
    """The messages, notices and unplaced lines of an export, in the order of the file.

    `lines` are those the survey was made of. Raises Refused for a message too long to be one.
    """
    reader = _Reader(survey)
    match_head = survey.head.match
    clock = HeadClock(survey.order, zone, time_first=survey.shape.time_first)
    hours, instant = clock.hours, clock.at
    plain = reader.plain
    pending: _Pending | None = None
    more: list[str] = []
    size = 0
    for number, line in enumerate(lines, 1):
        match = match_head(line)
        if match is not None:
            hour, date, minute, second, period, rest = match.groups()
            try:  # almost every head is of an hour known, in our digits
                at: int | None = hours[hour + period] + MINUTES[minute] + SECONDS[second]  # type: ignore[operator]
            except (KeyError, TypeError):
                at = instant(hour, date, minute, second, period)
            if at is not None:
                if more:
                    assert pending is not None
                    yield from reader.finish(pending, more)
                    more, size = [], 0
                elif pending is not None:
                    yield plain(pending) or reader.alone(pending)
                pending = (number, at, rest, line)
                continue
        if pending is None:
            if line.strip():
                yield Unplaced(number, line)
            continue
        more.append(line)
        size += len(line) + 1
        if size > BODY_CHARACTERS_MAX:
            raise Refused(
                f"The message on line {pending[0]} is too long for one: this is no WhatsApp chat export."
            )
    if pending is not None:
        yield from reader.finish(pending, more)


class _Reader:
    """What one pass over a file remembers."""

    def __init__(self, survey: Survey) -> None:
        self._known = dialects()
        self._hot = self._known.hot
        self._order = survey.dialects
        self._writers = survey.writers
        self._names: dict[str, str] = {}

    def plain(self, pending: _Pending) -> ChatLine | None:
        """The message of one line that is text and nothing else, or None when it may be more."""
        number, at, rest = pending[:3]
        sender, _, body = rest.partition(": ")
        if (
            body[-1:] in ">)"  # also when there is no body
            or body[:1] in HOT_FIRST
            or body[:HOT_LENGTH] in self._hot
            or LRM in body
            or '"' in sender
            or "“" in sender
        ):
            return None
        name = self._names.get(sender)
        return ChatLine(number, at, self._name(sender) if name is None else name, False, "text", body)

    def alone(self, pending: _Pending) -> ChatLine | Unplaced:
        """What a head line without further lines is."""
        return next(self.finish(pending, []))

    def _name(self, sender: str) -> str:
        """The sender as a name, kept."""
        if len(self._names) >= NAMES_CACHED_MAX:
            self._names.clear()
        name = self._names[sender] = as_name(sender)
        return name

    def finish(self, pending: _Pending, more: list[str]) -> Iterator[ChatLine | Unplaced]:
        """The message or notice that `pending` begins and the lines `more` go on with."""
        number, at, rest, raw = pending
        whole = "\n".join((rest, *more)).rstrip("\n") if more else rest
        split = _COLON.search(whole.split("\n", 1)[0])
        if split is None or _QUOTE.search(whole[: split.start()]):
            notice = self._notice(whole)
            if notice is not None:
                yield ChatLine(number, at, "", notice[1], "system", _words(whole), notice=notice[0])
                return
        if split is None:
            yield Unplaced(number, raw)
            yield from (Unplaced(number + place, line) for place, line in enumerate(more, 1) if line.strip())
            return
        sender, body = whole[: split.start()], whole[split.end() :]
        marked = body[:1] in "\u200e\u200f" or split.group()[-1:] in "\u200e\u200f"
        if (marked or body[:HOT_LENGTH] in self._hot) and not self._known.is_marker(body):
            notice = self._notice(body)
            if notice is not None and (marked or notice[0].kind == "encryption"):
                yield ChatLine(
                    number, at, self._name(sender), notice[1], "system", _words(body), notice=notice[0]
                )
                return
        read = read_body(body, self._known)
        if marked and read.kind == "text" and not read.edited and sender not in self._writers:
            yield Unplaced(number, raw)
            yield from (Unplaced(number + place, line) for place, line in enumerate(more, 1) if line.strip())
            return
        yield _message(number, at, self._name(sender), read)

    def _notice(self, text: str) -> tuple[Notice, bool] | None:
        """What a system line says, and whether it speaks of the exporting person."""
        found = self._known.notice(text, self._order)
        return None if found is None else found[:2]


def _message(number: int, at: int, sender: str, read: Body) -> ChatLine:
    """A read body as a line of the chat."""
    return ChatLine(
        number, at, sender, read.mine, read.kind, read.text, read.edited, read.media_kind, read.media_name
    )


def _words(text: str) -> str:
    """The words of a notice without direction marks."""
    return re.sub(f"[{MARKS}]", "", text).strip()
