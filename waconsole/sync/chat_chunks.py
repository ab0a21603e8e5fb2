"""From an opened export to chunks ready to be written: columns of a few thousand lines each.

What a line needs before the ledger is asked (its text as stored, its words for search, its work item) is made
here, so that the writer only puts columns side by side. The memory an import takes does not grow with its
file, and a chunk holds plain values only: it may have been read in another process (`chat_reader`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from waconsole.clock import MINUTE
from waconsole.inbox.chat_dialect import Notice
from waconsole.inbox.chat_export import Export, chat_lines
from waconsole.inbox.chat_read import ChatLine, Unplaced, read_chat
from waconsole.inbox.chat_survey import Survey, survey
from waconsole.inbox.rules import rule_from_table
from waconsole.inbox.triage import Drawn, Fact, Triage
from waconsole.inbox.words import tokens
from waconsole.text import ForeignText, stored

CHUNK_LINES: Final = 2_000
SHORTLY_BEFORE: Final = 5 * MINUTE
READ_BYTES: Final = 1 << 20
_ISOLATES: Final = dict.fromkeys(range(0x2066, 0x206A))
_NO_TOKENS: Final = ("", "")


@dataclass(frozen=True, slots=True)
class Drawing:
    """How work items are drawn: the rules (a JSON list of tables), from which instant on, for whom."""

    rules: str
    since: int
    languages: tuple[str, ...]
    me: str


class Chunk(NamedTuple):
    """A part of an export, column by column: the k-th value of each list is of its k-th message or notice.

    `lines` are numbers in the file, from 1; `ats` microseconds UTC; `senders` raw (the sender of a notice
    proves nobody); `directions` in, out or none; `texts` as the ledger keeps them; `tokens` for search (none of a
    notice). What few lines have stands by their place: `notices` with whether they speak of the
    exporting person, `files` (kind, name), `drawn` items; `marked` are the places of all that is more than a
    message row: files, polls, items. `last_line` is how far the file was read.
    """

    last_line: int
    lines: list[int]
    ats: list[int]
    senders: list[str]
    directions: list[str]
    kinds: list[str]
    texts: list[ForeignText]
    edited: list[int]
    tokens: list[tuple[str, str]]
    notices: dict[int, tuple[Notice, bool]]
    files: dict[int, tuple[str, str]]
    drawn: dict[int, Drawn]
    marked: set[int]
    unplaced: list[tuple[int, str]]


def look(export: Export, *, date_order: str | None) -> tuple[Survey, str]:
    """The survey of an export's whole text, and the SHA-256 of its bytes. Raises Refused."""
    with export.open_chat() as binary:
        found = survey(chat_lines(binary), date_order=date_order)
    digest = hashlib.sha256()
    with export.open_chat() as binary:
        while piece := binary.read(READ_BYTES):
            digest.update(piece)
    return found, digest.hexdigest()


@lru_cache(maxsize=4)
def _triage(rules: str, me: str) -> Triage:
    """The rules, compiled; an import of many files in one go compiles them once.

    A name of one word (`Me`, `Moi`) may be an ordinary word: it is a mention only after an @.
    """
    return Triage([rule_from_table(value) for value in json.loads(rules)], us=(me,) if " " in me else ())


def _spoken(text: str) -> str:
    """`text` for finding a mention: phones put bidi isolates between the @ and the name."""
    return text.translate(_ISOLATES).casefold()


class ChunkReader:
    """Hands out an export chunk by chunk; `next_chunk` is called from one thread at a time."""

    def __init__(self, export: Export, found: Survey, zone: tzinfo, drawing: Drawing, size: int) -> None:
        """Nothing is read before the first `next_chunk`. A chunk has `size` lines, or what is left."""
        self._size = size
        self._parts = self._read(export, found, zone)
        self._drawing = drawing
        self._me_folded = drawing.me.casefold()
        self._triage = _triage(drawing.rules, drawing.me)
        self._recent: dict[str, tuple[int, str]] = {}

    @staticmethod
    def _read(export: Export, found: Survey, zone: tzinfo) -> Iterator[ChatLine | Unplaced]:
        with export.open_chat() as binary:
            yield from read_chat(chat_lines(binary), found, zone)

    def next_chunk(self) -> Chunk | None:
        """The next part, or None at the end of the file."""
        parts = list(islice(self._parts, self._size))
        if not parts:
            return None
        unplaced = [(part.line, part.text) for part in parts if isinstance(part, Unplaced)]
        last_line = parts[-1].line
        if unplaced:
            parts = [part for part in parts if isinstance(part, ChatLine)]
        if not parts:
            return Chunk(last_line, [], [], [], [], [], [], [], [], {}, {}, {}, set(), unplaced)
        return self._columns(parts, last_line, unplaced)  # type: ignore[arg-type]

    def _columns(self, parts: list[ChatLine], last_line: int, unplaced: list[tuple[int, str]]) -> Chunk:
        numbers, ats, senders, mines, kinds, raw, edited, _, _, said = map(list, zip(*parts, strict=True))
        texts = list(map(stored, raw))
        me, since = self._drawing.me, self._drawing.since
        chunk = Chunk(
            last_line, numbers, ats, senders, ["in"] * len(parts), kinds, texts, list(map(int, edited)),
            [tokens(text) if notice is None else _NO_TOKENS for text, notice in zip(texts, said, strict=True)],
            {}, {}, {}, set(), unplaced,
        )  # fmt: skip
        for place, notice in enumerate(said):
            if notice is not None:
                chunk.notices[place] = notice, mines[place]
                chunk.directions[place] = "none"
            elif mines[place] or (me and senders[place] == me):
                chunk.directions[place] = "out"
            if kinds[place] == "media":
                chunk.files[place] = parts[place].media_kind, parts[place].media_name
            if kinds[place] in ("media", "poll"):
                chunk.marked.add(place)
            if ats[place] >= since and (drawn := self._draw(parts[place])) is not None:
                chunk.drawn[place] = drawn
                chunk.marked.add(place)
        return chunk

    def _draw(self, line: ChatLine) -> Drawn | None:
        me = self._drawing.me
        mine = line.mine or bool(me and me in (line.sender, line.notice and line.notice.actor))
        before = ""
        if line.kind == "media":
            at, text = self._recent.get(line.sender, (0, ""))
            before = text if line.at - at <= SHORTLY_BEFORE else ""
        elif line.kind == "text":
            self._recent[line.sender] = (line.at, line.text)
        fact = Fact(
            kind=line.kind,
            text=line.text,
            media_kind=line.media_kind,
            notice_kind=line.notice.kind if line.notice else "",
            mine=mine,
            mentions_us=bool(me) and f"@{self._me_folded}" in _spoken(line.text),
            before=before,
        )
        return self._triage.draw(fact, self._drawing.languages)
