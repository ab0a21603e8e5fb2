"""From an opened export to chunks ready to be written, on a thread beside the writer.

A chunk is a few thousand lines with what was drawn out of them; the memory an import takes does
not grow with its file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import islice
from typing import Final

from waconsole.clock import MINUTE
from waconsole.inbox.chat_export import Export, chat_lines
from waconsole.inbox.chat_read import ChatLine, Unplaced, read_chat
from waconsole.inbox.chat_survey import Survey, survey
from waconsole.inbox.triage import Drawn, Fact, Triage
from waconsole.inbox.words import tokens
from waconsole.text import ForeignText, stored

CHUNK_LINES: Final = 2_000
SHORTLY_BEFORE: Final = 5 * MINUTE
READ_BYTES: Final = 1 << 20
_ISOLATES: Final = dict.fromkeys(range(0x2066, 0x206A))


@dataclass(frozen=True, slots=True)
class Drawing:
    """How work items are drawn: the rules, from which instant on, for whom."""

    triage: Triage
    since: int
    languages: tuple[str, ...]
    me: str
    me_folded: str


@dataclass(slots=True)
class Chunk:
    """A part of an export.

    `texts` (as the ledger keeps them) and `tokens` (for search; none of a notice) stand beside their
    `lines`; `drawn` holds items by the place of their line.
    """

    lines: list[ChatLine] = field(default_factory=list)
    texts: list[ForeignText] = field(default_factory=list)
    tokens: list[tuple[str, str]] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    drawn: dict[int, Drawn] = field(default_factory=dict)
    last_line: int = 0


def look(export: Export, *, date_order: str | None) -> tuple[Survey, str]:
    """The survey of an export's whole text, and the SHA-256 of its bytes. Raises Refused."""
    with export.open_chat() as binary:
        found = survey(chat_lines(binary), date_order=date_order)
    digest = hashlib.sha256()
    with export.open_chat() as binary:
        while piece := binary.read(READ_BYTES):
            digest.update(piece)
    return found, digest.hexdigest()


def _spoken(text: str) -> str:
    """`text` for finding a mention: phones put bidi isolates between the @ and the name."""
    return text.translate(_ISOLATES).casefold()


class ChunkReader:
    """Hands out an export chunk by chunk; `next_chunk` is called from one worker thread."""

    def __init__(self, export: Export, found: Survey, zone: tzinfo, drawing: Drawing) -> None:
        """Nothing is read before the first `next_chunk`."""
        self._parts = self._read(export, found, zone)
        self._drawing = drawing
        self._recent: dict[str, tuple[int, str]] = {}

    @staticmethod
    def _read(export: Export, found: Survey, zone: tzinfo) -> Iterator[ChatLine | Unplaced]:
        with export.open_chat() as binary:
            yield from read_chat(chat_lines(binary), found, zone)

    def next_chunk(self) -> Chunk | None:
        """The next part, or None at the end of the file."""
        parts = list(islice(self._parts, CHUNK_LINES))
        if not parts:
            return None
        chunk = Chunk(last_line=parts[-1].line)
        chunk.lines = lines = [part for part in parts if isinstance(part, ChatLine)]
        chunk.unplaced = [part for part in parts if isinstance(part, Unplaced)]
        chunk.texts = [stored(line.text) for line in lines]
        chunk.tokens = [
            ("", "") if line.notice else tokens(text) for line, text in zip(lines, chunk.texts, strict=True)
        ]
        since = self._drawing.since
        for place, line in enumerate(lines):
            if line.at >= since and (drawn := self._draw(line)) is not None:
                chunk.drawn[place] = drawn
        return chunk

    def _draw(self, line: ChatLine) -> Drawn | None:
        drawing = self._drawing
        mine = line.mine or bool(
            drawing.me and drawing.me in (line.sender, line.notice and line.notice.actor)
        )
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
            mentions_us=bool(drawing.me_folded) and f"@{drawing.me_folded}" in _spoken(line.text),
            before=before,
        )
        return drawing.triage.draw(fact, drawing.languages)

    def forget(self) -> None:
        """Let go of the file before its end."""
        self._parts = iter(())
