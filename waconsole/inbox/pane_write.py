"""What is written from the inbox: replies, notes, drafts, tags; and the small choices: snooze, operator, kind."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

from waconsole.inbox import store_pane, store_pane_thread
from waconsole.inbox.model import ITEM_KINDS, snoozes
from waconsole.inbox.pane_acts import InboxActs
from waconsole.inbox.pane_detail import exact_time
from waconsole.inbox.pane_many import Deed, wake_time
from waconsole.inbox.pane_window import fate, queued_words
from waconsole.inbox.pane_words import kind_word
from waconsole.inbox.store_pane_thread import Opening
from waconsole.inbox.store_thread import MESSAGE
from waconsole.kit.glyphs import glyph
from waconsole.kit.history import History
from waconsole.operators import store as operators
from waconsole.text import SafeText, _, safe

# Sheets, the reply box and what decides are loaded with the first act that needs them.
if TYPE_CHECKING:
    from waconsole.kit.choose import Choice, Chosen
    from waconsole.kit.compose import ReplyBox

NOBODY: Final = ""
DROP: Final = "drop"


class InboxWriting(InboxActs):
    """Acts that ask for something first."""

    def __init__(self, desk: Any) -> None:
        super().__init__(desk)
        self._writing_to: int | None = None
        self._answers: int | None = None
        self._notes: dict[int, str] = {}
        self.tag_history = History()

    def choose(
        self,
        title: str,
        choices: Sequence[Choice],
        then: Callable[[Chosen], Coroutine[None, None, None]],
        *,
        typed: str = "",
    ) -> None:
        """Ask for one of `choices`, then go on with it; a key pressed meanwhile waits, as after every act."""
        from waconsole.kit.choose import Choose

        async def answered(chosen: Chosen | None) -> None:
            if chosen is not None:
                await self.attempt(then(chosen))

        self.app.push_screen(Choose(safe(title), choices, typed=typed), answered)

    # Replies and notes

    def write(self, *, is_note: bool) -> None:
        """Open the box to write in, with the draft there is."""
        row = self.row
        if row is None:
            self.say(_("There is no conversation here."), "advice")
            return
        if self.thread.opening is None or self.thread.opening.id != row.id:
            self.thread.open(row.id)
        entry = self.thread.entry if self.stage != "list" else None
        opening = self.thread.opening
        if opening is None:
            return
        self.enter("thread")
        self._writing_to = opening.id
        self._answers = entry.id if entry is not None and entry.source == MESSAGE else None
        name = self.name_of(opening.id)
        if is_note:
            title, becomes = (
                _("Private note in {name}").format(name=name),
                _("A note never leaves this ledger."),
            )
            draft = self._notes.get(opening.id, "")
        else:
            title, becomes = _("Reply to {name}").format(name=name), self._fate(opening)
            draft = opening.draft
        self.thread.box.open(
            safe(f"{glyph('note' if is_note else 'reply')} {title}"),
            safe(becomes),
            draft=draft,
            is_note=is_note,
        )

    async def on_reply_box_queued(self, message: ReplyBox.Queued) -> None:
        """The text is meant: queue it, or keep it as a note. What is refused stays in the box."""
        from waconsole.inbox import service_reply

        message.stop()
        to, database, operator = self._writing_to, self.desk.database, self.desk.operator
        if to is None:
            return
        now = self.desk.clock()
        if message.is_note:
            change = service_reply.note(
                database, to, message.text, operator=operator, now=now, message_id=self._answers
            )
        else:
            change = service_reply.reply(
                database, to, message.text, operator=operator, now=now, answers=self._answers
            )
        stands_on = self.thread.rows.cursor_key
        self.acts_under_way += 1
        try:
            done = await self.attempt(change)
            if done is not None:
                await self.read_again()
        finally:
            self.acts_under_way -= 1
        if done is None:
            await self._keep(to, message.text, is_note=message.is_note)
            box = self.thread.box
            box.open(
                safe(_("Not queued: this is still your text")), SafeText(" "), draft=message.text,
                is_note=message.is_note,
            )  # fmt: skip
            return
        if message.is_note:
            self._notes.pop(to, None)
            sentence = _("The note stands in the thread.")
        else:
            queued = await database.read(lambda tx: store_pane_thread.sent_as(tx, done.id or 0))
            sentence = queued_words(queued)
        # A thread that ends at the cursor follows what comes, but not one's own words.
        if stands_on is not None:
            self.thread.rows.move_to_key(stands_on)
        self.say(sentence, undo=True)
        self.shown()

    async def on_reply_box_kept(self, message: ReplyBox.Kept) -> None:
        """The operator left: the draft is kept."""
        message.stop()
        if self._writing_to is not None:
            await self._keep(self._writing_to, message.text, is_note=message.is_note)
            if message.text.strip():
                self.say(_("The draft is kept."))
        self.shown()

    async def _keep(self, conversation_id: int, text: str, *, is_note: bool) -> None:
        from waconsole.inbox import service_reply

        if is_note:
            self._notes[conversation_id] = text
            return
        opening = self.thread.opening
        if opening is not None and opening.id == conversation_id and opening.draft == text:
            return
        if not self.desk.read_only:
            await self.attempt(service_reply.keep_draft(self.desk.database, conversation_id, text))
            await self.read_again()

    def _fate(self, opening: Opening) -> str:
        """What becomes of a reply in this thread."""
        stopped = store_pane_thread.number_stopped(self.desk.database.pages(), opening.id)
        return fate(opening.driver, opening.window_until, stopped, self.desk.clock())

    # Choices

    def ask_snooze(self) -> None:
        """Choose when the conversations come back."""
        from waconsole.kit.choose import Choice

        now, voice = self.desk.clock(), self.voice()
        choices = [
            Choice(one.key, one.key, safe(_(one.words)), safe(exact_time(one.until, voice)))
            for one in snoozes(now, self.desk.zone)
        ]

        async def then(chosen: Chosen) -> None:
            deed = Deed("snooze", chosen.value, is_typed=chosen.is_typed)
            if (until := await self.attempt(self._when(deed))) is None:
                return
            when = safe(exact_time(until, voice))
            said = _("{name} is out of sight until {when}.").replace("{when}", when.replace("{", "{{"))
            await self.deed(Deed("snooze", chosen.value, when, chosen.is_typed), said)

        self.choose(_("Snooze until"), choices, then, typed=_("2h, 3d, 18:30 or 2026-11-28"))

    async def _when(self, deed: Deed) -> int:
        return wake_time(deed, self.desk.clock(), self.desk.zone)

    async def ask_operator(self) -> None:
        """Choose whose the conversations shall be."""
        from waconsole.kit.choose import Choice

        everybody = await self.desk.database.read(operators.operators)
        choices = [
            Choice(str(place) if place < 10 else "", one.name, safe(one.name), safe(one.role))
            for place, one in enumerate(everybody, 1)
        ]
        choices.append(Choice("0", NOBODY, safe(_("nobody")), safe(_("take the name off"))))

        async def then(chosen: Chosen) -> None:
            words = safe(chosen.value or _("nobody"))
            sentence = _("{name} is assigned to {operator}.").replace("{operator}", words.replace("{", "{{"))
            await self.deed(Deed("assign", chosen.value, words), sentence)

        self.choose(_("Assign to"), choices, then)

    def ask_item(self) -> None:
        """Choose the kind of item this message is, or drop the one it has."""
        from waconsole.kit.choose import Choice

        entry = self.thread.entry if self.stage != "list" else None
        if entry is None or entry.source != MESSAGE:
            self.say(_("Stand on a message in the thread first: an item is made of a message."), "advice")
            return
        choices = [
            Choice(str(place), kind, safe(kind_word(kind))) for place, kind in enumerate(ITEM_KINDS, 1)
        ]
        if entry.item_state == "open" and entry.item_kind is not None:
            words = _("drop: it is no {kind}").format(kind=kind_word(entry.item_kind))
            choices.insert(0, Choice("0", DROP, safe(words)))

        async def then(chosen: Chosen) -> None:
            await self.make_or_drop(Deed("drop" if chosen.value == DROP else "item", chosen.value))

        self.choose(_("This message is"), choices, then)

    async def make_or_drop(self, deed: Deed) -> None:
        """Make an item of the message under the cursor, or drop the one it has."""
        from waconsole.inbox import service

        entry = self.thread.entry if self.stage != "list" else None
        if entry is None or entry.source != MESSAGE:
            self.say(_("Stand on a message in the thread first: an item is made of a message."), "advice")
            return
        database, operator, now = self.desk.database, self.desk.operator, self.desk.clock()
        if deed.verb == DROP:
            if entry.item_id is None or entry.item_state != "open":
                self.say(_("There is no open item on this line."), "advice")
                return
            change = service.drop(database, [entry.item_id], operator=operator, now=now)
            sentence = _("Dropped: it was no {kind}.").format(kind=kind_word(entry.item_kind or ""))
        else:
            change = service.make_item(database, entry.id, deed.argument, operator=operator, now=now)
            sentence = _("This is a {kind} now.").format(kind=kind_word(deed.argument))
        if await self.one(change, sentence):
            self.last_deed = deed

    # Tags

    async def ask_tag(self) -> None:
        """Type a tag for the member under the cursor, or for those who wrote the marked messages."""
        if not await self.tagged():
            self.say(_("A tag hangs on a person: stand on a message in the thread first."), "advice")
            return
        known = await self.desk.database.read(store_pane.tag_names)

        def complete(text: str) -> list[str]:
            sign, begun = ("-", text[1:]) if text.startswith("-") else ("", text)
            return [f"{sign}{safe(name)}" for name in known if begun and name.startswith(begun)]

        label = safe(_("tag, or -tag to take it off: "))
        self.prompt.open(label, history=self.tag_history, complete=complete)

    async def tagged(self) -> list[int]:
        """The members an act on people is for."""
        row = self.row
        if self.stage == "list":
            return [row.member_id] if row is not None and row.member_id is not None else []
        ids = self.messages()
        pairs = await self.desk.database.read(lambda tx: store_pane.members_of(tx, ids)) if ids else []
        return list(dict.fromkeys(member for member, _message in pairs))

    async def tag(self, name: str, *, is_on: bool) -> None:
        """Tag them, or take the tag off."""
        from waconsole.members import service as members

        deed = Deed("tag" if is_on else "untag", name, safe(name))
        ids = await self.tagged()
        if not ids:
            self.say(_("A tag hangs on a person: stand on a message in the thread first."), "advice")
        elif self.stage != "list" and self.thread.rows.selection:
            await self.many_messages(deed)
        else:
            change = members.tag(
                self.desk.database, ids, name, is_on, operator=self.desk.operator, now=self.desk.clock()
            )
            sentence = _("Tagged {tag}.") if is_on else _("The tag {tag} is off.")
            if await self.one(change, sentence.format(tag=safe(name))):
                self.last_deed = deed
