"""Looking for things in the inbox: narrowing the list, finding in a thread, marking by a query."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.timer import Timer

from waconsole.errors import WaconsoleError
from waconsole.inbox import store_list, store_pane_thread
from waconsole.inbox.pane_copy import InboxCopying
from waconsole.kit.history import History
from waconsole.kit.pane import StatusChanged
from waconsole.kit.worker import in_worker
from waconsole.text import _, safe

TYPING_SECONDS: Final = 0.12
NARROW: Final = "/"
MARK: Final = "*"
IN_THREAD: Final = "thread"

if TYPE_CHECKING:
    from waconsole.kit.prompt import Prompt
    from waconsole.query.compile import Compiled


class InboxFinding(InboxCopying):
    """What `/`, `*`, `n` and `N` do."""

    def __init__(self, desk: Any) -> None:
        super().__init__(desk)
        self._history = {NARROW: History(), MARK: History(), IN_THREAD: History()}
        self._typing: Timer | None = None
        self._hits = array("q")
        self._in_thread = False

    def narrow(self) -> None:
        """Ask for words that narrow the list, or in a thread for words to find in it."""
        self._in_thread = self.stage == "thread"
        history = self._history[IN_THREAD if self._in_thread else NARROW]
        self._prompt(NARROW, history, "" if self._in_thread else self.filter_text)

    def mark_matching(self) -> None:
        """Ask for words, and mark what they match: everything in the list when none are given."""
        if self.stage == "list":
            self._in_thread = False
            self._prompt(MARK, self._history[MARK], "")
        else:
            self._mark_items()

    @property
    def _subject(self) -> str:
        return "message" if self._in_thread else "conversation"

    def _prompt(self, label: str, history: History, text: str) -> None:
        self.prompt.open(safe(label), history=history, complete=self._completed, text=text)

    def _completed(self, typed: str) -> list[str]:
        """Whole lines that `typed` may become."""
        from waconsole.query.complete import complete

        tx = self.desk.database.pages()
        found = complete(typed, len(typed), self._subject, self.desk.vocabulary(), tx)
        return [one.put_in(typed) for one in found]

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Narrow while it is typed, once the hand rests."""
        message.stop()
        if self._typing is not None:
            self._typing.stop()
        if message.label in (NARROW, MARK):
            text = message.text
            is_live = message.label == NARROW and not self._in_thread
            self._typing = self.set_timer(TYPING_SECONDS, lambda: self._typed(text, is_live=is_live))

    def _typed(self, text: str, *, is_live: bool) -> None:
        from waconsole.query.compile import check

        self._typing = None
        if wrong := check(text, self._subject, self.desk.vocabulary()):
            self.trouble(str(wrong[0]))
            return
        self.trouble("")
        if is_live and text != self.filter_text:
            in_worker(self, partial(self.narrow_to, text), group="narrow", exclusive=True)

    async def narrow_to(self, text: str) -> None:
        """List what `text` describes; words it does not know leave the list as it is and say so."""
        before = self.filter_text
        self.filter_text = text.strip()
        try:
            self.condition()
        except WaconsoleError as refusal:
            self.filter_text = before
            self.trouble(str(refusal))
            return
        self.trouble("")
        self.filter_line.show(safe(f"/{self.filter_text}" if self.filter_text else ""))
        self.rows.clear_marks()
        await self.read_again()

    async def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """The line is meant."""
        message.stop()
        self._end_typing()
        text = message.text.strip()
        if message.label == NARROW and self._in_thread:
            await self.find_in_thread(text)
        elif message.label == NARROW:
            await self.narrow_to(text)
        elif message.label == MARK:
            await self._mark(text)
        elif text:
            await self.tag(text.removeprefix("-").strip(), is_on=not text.startswith("-"))
        self.shown()

    async def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """The operator left: the list is as it was."""
        message.stop()
        self._end_typing()
        if message.label == NARROW and not self._in_thread and message.text != self.filter_text:
            await self.narrow_to(message.text)
        self.shown()

    def _end_typing(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None
        self.trouble("")

    async def _mark(self, text: str) -> None:
        """Mark all rows that match, also those nobody has seen."""
        if not text:
            self.rows.mark_everything()
            return
        me, now = self.operator.id if self.operator else 0, self.desk.clock()
        try:
            found = self._compiled(text, now, me)
            ids = await self.desk.database.stream(
                lambda tx: store_list.ids(tx, found.where, {**found.parameters, "me": me}, now=now)
            )
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return
        listed = set(self.source.ids)
        fitted = self.rows.selection.mark(one for one in ids if one in listed)
        self.rows.refresh()
        self.post_message(StatusChanged())
        if not fitted:
            self.say(_("Too many to mark one by one: narrow to them, then mark everything."), "advice")

    def _compiled(self, text: str, now: int, me: int) -> Compiled:
        from waconsole.query.compile import compile_query

        vocabulary, zone = self.desk.vocabulary(), self.desk.zone
        return compile_query(text, self._subject, vocabulary, now=now, zone=zone, operator_id=me)

    def _mark_items(self) -> None:
        """In a thread: mark every message that has an open item."""
        opening, rows = self.thread.opening, self.thread.rows
        if opening is None:
            return
        tx = self.desk.database.pages()
        keys = store_pane_thread.open_item_keys(tx, opening.id)
        rows.selection.mark(key for key in keys if self.thread.source.index_of(key) is not None)
        rows.refresh()
        self.post_message(StatusChanged())
        if not keys:
            self.say(_("There is no open item in this thread."), "advice")

    # Hits

    async def find_in_thread(self, text: str) -> None:
        """Look for `text` in the open thread and go to the newest hit."""
        opening = self.thread.opening
        if opening is None or not text.strip():
            self._hits = array("q")
            return
        me, now = self.operator.id if self.operator else 0, self.desk.clock()
        try:
            found = self._compiled(text, now, me)
            self._hits = await self.desk.database.stream(
                lambda tx: store_pane_thread.hits(tx, opening.id, found.where, found.parameters)
            )
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return
        if not self._hits:
            self.say(_("Nothing in this thread matches."), "advice")
            return
        await self._to_hit(len(self._hits) - 1)

    async def step_hit(self, step: int) -> None:
        """Go to the hit after or before the cursor, round and round."""
        places = self._hit_places()
        here = self.thread.rows.cursor_index
        place = bisect_right(places, here) if step > 0 else bisect_left(places, here) - 1
        await self._to_hit(place % len(self._hits))

    def _hit_places(self) -> list[int]:
        """Where the hits stand; -1 for one that is not read yet."""
        source = self.thread.source
        return [-1 if (place := source.index_of(key)) is None else place for key in self._hits]

    async def _to_hit(self, place: int) -> None:
        if await self.thread.go_to(self._hits[place] // 4):
            words = _("Hit {place} of {count}.")
            self.say(words.format(place=f"{place + 1:,}", count=f"{len(self._hits):,}"))
