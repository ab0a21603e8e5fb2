"""What the search shows of a message: when, where, who, and the text from a little before the hit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.inbox import search_page
from waconsole.inbox.pane_rows import Voice
from waconsole.inbox.pane_search_marks import spans
from waconsole.inbox.store_search import Place, places
from waconsole.inbox.words import Term
from waconsole.kit import ages
from waconsole.kit.listframe import Record
from waconsole.kit.pane import PaneWanted
from waconsole.kit.rows import Cell, Row
from waconsole.operators.desk import Desk
from waconsole.operators.pane_explain import Question
from waconsole.operators.pane_query import QueryPane
from waconsole.text import _, safe

BEFORE_HIT_CHARACTERS: Final = 24
ROW_CHARACTERS_MAX: Final = 600
EXACT: Final = "exact"


class SearchRows(QueryPane):
    """The rows of what was found."""

    SUBJECT = "message"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.terms: tuple[Term, ...] = ()
        self.total: int | None = None

    @property
    def is_exact(self) -> bool:
        """Whether exact characters are looked for."""
        return self.tabs.open_tab.id == EXACT

    def questions(self) -> list[Question]:
        """The search, as a query over messages."""
        text = self.filter_text
        return [Question(_as_query(text, is_exact=self.is_exact))] if text else []

    def _voice(self) -> Voice:
        return Voice(self.desk.zone, "", self.is_revealed)

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        now, voice = self.desk.clock(), self._voice()
        return [self._row(place, now, voice) for place in places(tx, ids).values()]

    def _row(self, place: Place, now: int, voice: Voice) -> Row:
        ours = place.direction == "out"
        return Row(
            place.id,
            (
                Cell(ages.ago(place.sent_at, now, self.desk.zone), "muted"),
                Cell(voice.text(place.conversation), "muted"),
                Cell(safe(_("us")) if ours else voice.name(place.sender, place.phone, is_short=True), "mine" if ours else ""),
                Cell(voice.text(self._snippet(place.text))),
            ),
        )  # fmt: skip

    def _snippet(self, text: str) -> str:
        """The text from a little before the first hit."""
        if self.is_exact:
            first = max(0, text.find(self.filter_text))
        else:
            first = next(spans(text[: search_page.PAGE_ROWS_MAX * 4], self.terms), (0, 0))[0]
        start = first - BEFORE_HIT_CHARACTERS
        return text[:ROW_CHARACTERS_MAX] if start <= 0 else f"…{text[start : start + ROW_CHARACTERS_MAX]}"

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Messages as they are copied."""
        found = places(tx, ids)
        return [_record(found[key]) for key in ids if key in found]

    async def open_row(self, key: int) -> None:
        """Show the message in its thread."""
        place = (await self.desk.database.read(lambda tx: places(tx, [key]))).get(key)
        if place is not None:
            self.post_message(PaneWanted("inbox", {"conversation": place.conversation_id, "message": key}))


def _as_query(text: str, *, is_exact: bool) -> str:
    """A search as the language says it: words as they are, in quotes what the language would take for more."""
    from waconsole.query.mistakes import QueryError
    from waconsole.query.parse import parse
    from waconsole.query.tree import Text, quoted

    try:
        is_words = not is_exact and isinstance(parse(text), Text)
    except QueryError:
        is_words = False
    return text if is_words else quoted(text)


def _record(place: Place) -> Record:
    return {
        "text": place.text,
        "id": place.id,
        "at": iso(place.sent_at),
        "group": place.conversation,
        "from": place.sender,
        "kind": place.kind,
    }
