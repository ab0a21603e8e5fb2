"""Looking for things in the inbox: narrowing the list, finding in a thread, marking by a query."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.timer import Timer

from waconsole.errors import WaconsoleError
from waconsole.inbox import store_list, store_pane_thread
from waconsole.inbox.pane_copy import InboxCopying
from waconsole.inbox.pane_reading import CONVERSATION
from waconsole.kit.history import History
from waconsole.kit.worker import in_worker
from waconsole.operators.pane_stream import Overtaken
from waconsole.text import SafeText, _, safe

TYPING_SECONDS: Final = 0.12
NARROW: Final = "/"
MARK: Final = "*"
IN_THREAD: Final = "thread"
MESSAGE_SUBJECT: Final = "message"

Answer = Callable[[str], Awaitable[None]]

if TYPE_CHECKING:
    from waconsole.kit.prompt import Prompt
    from waconsole.kit.suggest import Guide


class InboxFinding(InboxCopying):
    """What `/`, `*`, `n` and `N` do."""

    def __init__(self, desk: Any) -> None:
        super().__init__(desk)
        self._history: dict[str, History] = {NARROW: History(), MARK: History(), IN_THREAD: History()}
        self._typing: Timer | None = None
        self._hits = array("q")
        self._in_thread = False
        self._answer: Answer | None = None
        self.thread_query = ""

    def narrow(self) -> None:
        """Ask for words that narrow the list, or in a thread for words to find in it."""
        from waconsole.kit.suggest import narrow_hint

        self._in_thread = self.stage == "thread"
        history = self._history[IN_THREAD if self._in_thread else NARROW]
        text = "" if self._in_thread else self.filter_text
        self._prompt(NARROW, history, text, narrow_hint())

    def mark_matching(self) -> None:
        """Ask for a query, and mark what it matches. Nothing typed: everything listed; in a thread what is open."""
        from waconsole.kit.suggest import mark_hint

        self._in_thread = self.stage != "list"
        hint = safe(_("a query; Enter alone marks every open item")) if self._in_thread else mark_hint()
        self._prompt(MARK, self._history[MARK], "", hint)

    @property
    def _subject(self) -> str:
        return MESSAGE_SUBJECT if self._in_thread else CONVERSATION

    def guide(self) -> Guide:
        """The language of what is looked for: conversations, or messages of a thread."""
        return self.language.guide(self._subject)

    def _prompt(self, label: str, history: History, text: str, hint: SafeText) -> None:
        self._answer = None
        self.prompt.open(safe(label), history=history, text=text, guide=self.guide(), hint=hint)

    def ask_line(
        self, what: str, answer: Answer, *, guide: Guide | None = None, hint: SafeText = SafeText("")
    ) -> None:
        """Ask for a line under the word `what`; `answer` is awaited with it."""
        history = self._history.setdefault(what, History())
        self._answer = answer
        self.prompt.open(safe(f"{what} "), history=history, guide=guide, hint=hint)

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
        self._typing = None
        is_wrong = self.language.wrong(text, self._subject) is not None  # the prompt says how
        is_begun = (
            self.prompt.menu.is_open
        )  # a field or a value is being chosen: its beginning says nothing yet
        if is_live and not is_wrong and not is_begun and text != self.filter_text:
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
        self.show_filter()
        self.rows.clear_marks()
        await self.read_list()

    async def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """The line is meant."""
        message.stop()
        self._end_typing()
        text = message.text.strip()
        if message.label == NARROW and self._in_thread:
            await self.find_in_thread(text)
        elif message.label == NARROW:
            in_worker(self, partial(self.narrow_to, text), group="narrow", exclusive=True)
        elif message.label == MARK:
            mark = self._mark_messages if self._in_thread else self._mark
            in_worker(self, partial(mark, text), group="mark", exclusive=True)
        elif self._answer is not None:
            answer, self._answer = self._answer, None
            await answer(text)
        elif text:
            await self.tag(text.removeprefix("-").strip(), is_on=not text.startswith("-"))
        self.shown()

    async def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """The operator left: the list is as it was."""
        message.stop()
        self._end_typing()
        self._answer = None
        if message.label == NARROW and not self._in_thread and message.text != self.filter_text:
            in_worker(self, partial(self.narrow_to, message.text), group="narrow", exclusive=True)
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
        try:
            found, now = self.language.compiled([text], CONVERSATION), self.desk.clock()
            with self.asking.told(self, self.show_filter):
                ids = await self.asking.run(
                    lambda tx: store_list.ids(tx, found.where, found.parameters, now=now)
                )
        except Overtaken:
            return
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return
        count = self.rows.mark_matching(ids, self.source.ids)
        if count:
            self.say(_("Marked: {count}.").format(count=f"{count:,}"))
        else:
            self.say(_("Nothing in this list matches."), "advice")

    async def _mark_messages(self, text: str) -> None:
        """In a thread: mark every message that matches, or that has an open item."""
        opening, rows = self.thread.opening, self.thread.rows
        if opening is None:
            return
        if text:
            keys = await self._keys_in_thread(opening.id, text)
        else:
            keys = array("q", store_pane_thread.open_item_keys(self.desk.database.pages(), opening.id))
        if keys is None:
            return
        if not rows.mark_matching(keys, self.thread.source.keys):
            nothing = (
                _("Nothing in this thread matches.") if text else _("There is no open item in this thread.")
            )
            self.say(nothing, "advice")

    async def _keys_in_thread(self, conversation_id: int, text: str) -> array[int] | None:
        """The entries of a thread that match; None where that was refused, in words, or overtaken."""
        try:
            found = self.language.compiled([text], MESSAGE_SUBJECT)
            with self.asking.told(self, self.show_filter):
                return await self.asking.run(
                    lambda tx: store_pane_thread.hits(tx, conversation_id, found.where, found.parameters)
                )
        except Overtaken:
            return None
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return None

    # Hits

    async def find_in_thread(self, text: str) -> None:
        """Look for `text` in the open thread and go to the newest hit."""
        opening, self.thread_query = self.thread.opening, text.strip()
        if opening is None or not text.strip():
            self._hits = array("q")
            return
        keys = await self._keys_in_thread(opening.id, text)
        if keys is None:
            return
        self._hits = keys
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
