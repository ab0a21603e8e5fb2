"""Looking for things in the inbox: narrowing the list, finding in a thread, marking by a query."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.timer import Timer

from waconsole.errors import WaconsoleError
from waconsole.inbox import store_list, store_pane, store_pane_thread
from waconsole.inbox.pane_copy import InboxCopying
from waconsole.kit.pane import StatusChanged
from waconsole.kit.prompt import History, Prompt
from waconsole.kit.worker import in_worker
from waconsole.text import SafeText, _, safe

TYPING_SECONDS: Final = 0.12
NARROW: Final = "/"
MARK: Final = "*"
IN_THREAD: Final = "thread"

if TYPE_CHECKING:
    from waconsole.query.compile import Field


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
        from waconsole.inbox import fields

        self._in_thread = self.stage == "thread"
        subject = fields.MESSAGES if self._in_thread else fields.CONVERSATIONS
        history = self._history[IN_THREAD if self._in_thread else NARROW]
        self._prompt(NARROW, history, subject, "" if self._in_thread else self.filter_text)

    def mark_matching(self) -> None:
        """Ask for words, and mark what they match: everything in the list when none are given."""
        from waconsole.inbox import fields

        if self.stage == "list":
            self._in_thread = False
            self._prompt(MARK, self._history[MARK], fields.CONVERSATIONS, "")
        else:
            self._mark_items()

    def _prompt(self, label: str, history: History, subject: Mapping[str, Field], text: str) -> None:
        names = [safe(name) for name in store_pane.group_names(self.desk.database.pages())]
        self.prompt.open(
            safe(label),
            history=history,
            complete=lambda typed: complete_query(typed, subject, names),
            text=text,
        )

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
        from waconsole.inbox import fields
        from waconsole.query.compile import compile_query

        self._typing = None
        subject = fields.MESSAGES if self._in_thread else fields.CONVERSATIONS
        condition = fields.message_text if self._in_thread else fields.conversation_text
        try:
            compile_query(text, subject, condition, now=self.desk.clock())
        except WaconsoleError as refusal:
            self.trouble(str(refusal))
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
        from waconsole.inbox import fields
        from waconsole.query.compile import compile_query

        if not text:
            self.rows.mark_everything()
            return
        me, now = self.operator.id if self.operator else 0, self.desk.clock()
        try:
            found = compile_query(
                text, fields.CONVERSATIONS, fields.conversation_text, now=now, operator_id=me
            )
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
        from waconsole.inbox import fields
        from waconsole.query.compile import compile_query

        opening = self.thread.opening
        if opening is None or not text.strip():
            self._hits = array("q")
            return
        me, now = self.operator.id if self.operator else 0, self.desk.clock()
        try:
            found = compile_query(text, fields.MESSAGES, fields.message_text, now=now, operator_id=me)
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


def complete_query(typed: str, subject: Mapping[str, Field], groups: Sequence[SafeText]) -> list[str]:
    """Whole lines that `typed` may become: fields, their few values, and groups by name."""
    head, _space, word = typed.rpartition(" ")
    head = f"{head} " if head else ""
    minus = "-" if word.startswith("-") else ""
    name, colon, value = word.removeprefix("-").partition(":")
    if not colon:
        begun = [one for one in subject.values() if name and one.name.startswith(name)]
        return [f"{head}{minus}{one.name}{one.operators[0]}" for one in begun]
    field = subject.get(name)
    if field is None:
        return []
    if name == "in":
        begun_with = value.removeprefix('"').casefold()
        return [f'{head}{minus}in:"{one}"' for one in groups if one.casefold().startswith(begun_with)]
    return [f"{head}{minus}{name}:{one}" for one in field.values if one.startswith(value) and one != value]
