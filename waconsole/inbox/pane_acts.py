"""The acts of the inbox on what is under the cursor or marked; the last one can be repeated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Final

from waconsole.inbox import store_pane, store_pane_thread
from waconsole.inbox.pane_many import Deed, Plan, plan, proposal, verb_words, wake_time
from waconsole.inbox.pane_reading import InboxReading, Stay
from waconsole.inbox.pane_rows import author, line_text
from waconsole.inbox.pane_sources import NEW_LINE
from waconsole.inbox.pane_words import kind_word
from waconsole.inbox.store_thread import MESSAGE, Entry
from waconsole.kit.rowlist import RowList
from waconsole.kit.worker import in_worker
from waconsole.text import SafeText, _, safe

NAME_CHARACTERS_MAX: Final = 80

# What decides and writes is loaded with the first act: the first frame does without.
if TYPE_CHECKING:
    from waconsole.inbox.service import Done


class InboxActs(InboxReading):
    """One key, one verb: on the marks when there are some, else on the row under the cursor."""

    last_deed: Deed | None = None

    # What acts are for

    def targets(self, rows: RowList, keys: Sequence[int]) -> list[int]:
        """The marked keys in the order of the list, or the one under the cursor."""
        selection = rows.targets()
        if selection.everything or selection.matched:
            return [key for key in keys if key in selection]
        places = ((rows.source.index_of(key), key) for key in selection.keys)
        return [key for place, key in sorted((place, key) for place, key in places if place is not None)]

    def conversations(self) -> list[int]:
        """The conversations an act is for."""
        if self.stage != "list":
            return [self.thread.opening.id] if self.thread.opening else []
        return self.targets(self.rows, self.source.ids)

    def messages(self) -> list[int]:
        """The messages an act is for, by id."""
        source = self.thread.source
        keys = self.targets(self.thread.rows, source.keys)
        if keys == [NEW_LINE] and source.new_key is not None:
            keys = [source.new_key]
        return [key // 4 for key in keys if key % 4 == MESSAGE]

    def name_of(self, conversation_id: int) -> SafeText:
        """A conversation's name in a sentence."""
        row = self.source.conversation(conversation_id)
        if row is None:
            return safe(_("a conversation that is gone"))
        return self.voice().name(row.name[:NAME_CHARACTERS_MAX], row.phone)

    # The acts themselves: what the services are asked

    def _on_conversations(self, deed: Deed, ids: Sequence[int], now: int) -> Awaitable[Done]:
        """One service call for an act on conversations. Raises Refused for a time that is none."""
        from waconsole.inbox import service

        database, operator = self.desk.database, self.desk.operator
        match deed.verb:
            case "done":
                return service.done_with(database, ids, operator=operator, now=now)
            case "take":
                return service.take(database, ids, operator=operator, now=now)
            case "give back":
                return service.give_back(database, ids, operator=operator, now=now)
            case "snooze":
                return service.snooze(
                    database, ids, wake_time(deed, now, self.desk.zone), operator=operator, now=now
                )
            case "assign":
                return service.assign(database, ids, deed.argument or None, operator=operator, now=now)
            case "mute" | "unmute":
                return service.mute(database, ids, deed.verb == "mute", operator=operator, now=now)
        raise AssertionError(deed.verb)

    def _on_messages(self, deed: Deed, ids: Sequence[int], now: int) -> Awaitable[Done | int]:
        """One service call for an act on messages, or on what hangs on them."""
        from waconsole.inbox import service
        from waconsole.members import service as members

        database, operator = self.desk.database, self.desk.operator
        match deed.verb:
            case "done":
                return service.done(database, ids, operator=operator, now=now)
            case "drop":
                return service.drop(database, ids, operator=operator, now=now)
            case "unread":
                return service.mark_unread(database, ids, operator=operator, now=now)
            case "item":
                return service.make_item(database, ids[0], deed.argument, operator=operator, now=now)
            case "tag" | "untag":
                is_on = deed.verb == "tag"
                return members.tag(database, ids, deed.argument, is_on, operator=operator, now=now)
        raise AssertionError(deed.verb)

    # Done and next

    async def finish(self) -> None:
        """Done with the item under the cursor or the marks, and on to the next."""
        if self.stage == "list":
            await self._finish_rows()
        else:
            await self._finish_entries()

    def _done(self, item_id: int) -> Awaitable[Done]:
        from waconsole.inbox import service

        desk = self.desk
        return service.done(desk.database, [item_id], operator=desk.operator, now=desk.clock())

    async def _finish_rows(self) -> None:
        ids = self.conversations()
        if len(ids) > 1 or self.rows.selection:
            await self.many(Deed("done"), ids)
            return
        row = self.row
        if row is None or row.item_id is None or row.item_kind is None:
            self.say(_("Nothing is owed here."), "advice")
            return
        sentence = _("Done: {kind} in {name}.").format(
            kind=kind_word(row.item_kind), name=self.name_of(row.id)
        )
        if await self.one(self._done(row.item_id), sentence, stay=self.stay()):
            self.last_deed = Deed("done")

    async def _finish_entries(self) -> None:
        rows, entry, opening = self.thread.rows, self.thread.entry, self.thread.opening
        if rows.selection:
            await self.many_messages(Deed("done"))
            return
        if entry is None or opening is None or entry.item_id is None or entry.item_state != "open":
            self.say(_("There is no open item on this line."), "advice")
            return
        sentence = _("Done: {kind} in {name}.").format(
            kind=kind_word(entry.item_kind or ""), name=self.name_of(opening.id)
        )
        if await self.one(self._done(entry.item_id), sentence):
            self.last_deed = Deed("done")
            await self.go_on(entry, opening.id)

    async def go_on(self, entry: Entry, conversation_id: int) -> None:
        """From an item that is done to the next of its thread, else to the next over all groups."""
        at = (entry.item_owed_until or 0, entry.item_id or 0)
        tx = self.desk.database.pages()
        following = store_pane_thread.lead_item(tx, conversation_id, after=at)
        following = following or store_pane_thread.lead_item(tx, conversation_id)
        if following is not None:
            await self.thread.go_to(following["message_id"])
        else:
            await self.next_for_me(after=at)

    async def next_for_me(self, after: tuple[int, int] | None) -> None:
        """Go to the next open item over all groups that are neither muted nor snoozed, round and round."""
        raise NotImplementedError

    async def mark_unread(self) -> None:
        """The newest message of the conversations meant, or the messages meant, count as unread again."""
        if self.stage == "list":
            ids = self.conversations()
            if len(ids) > 1 or self.rows.selection:
                await self.many(Deed("unread"), ids)
                return
            found = await self.desk.database.read(lambda tx: store_pane.newest_messages(tx, ids))
        elif self.thread.rows.selection:
            await self.many_messages(Deed("unread"))
            return
        else:
            found = self.messages()
        if not found:
            self.say(_("There is no message here that could be unread."), "advice")
        elif await self.one(self._on_messages(Deed("unread"), found, self.desk.clock()), _("Unread again.")):
            self.last_deed = Deed("unread")

    # One and many

    async def one(self, change: Awaitable[object], sentence: str, *, stay: Stay | None = None) -> bool:
        """Do an act on one thing, read again, and say what was done. False when it was refused."""
        from waconsole.inbox.service import Done

        self.acts_under_way += 1
        try:
            result = await self.attempt(change)
            if result is None:
                return False
            await self.read_again(stay=stay)
        finally:
            self.acts_under_way -= 1
        is_done = not isinstance(result, Done) or bool(result.count)
        self.say(sentence if is_done else _("It stands so already."), undo=is_done)
        return True

    async def deed(self, deed: Deed, sentence: str) -> None:
        """Do `deed` on the conversations meant: one at once, many through the sheet."""
        ids = self.conversations()
        if not ids:
            self.say(_("There is no conversation here."), "advice")
        elif len(ids) > 1 or (self.stage == "list" and self.rows.selection):
            await self.many(deed, ids)
        else:
            stay = self.stay() if self.stage == "list" else None
            change = self._trying(deed, ids)
            if await self.one(change, sentence.format(name=self.name_of(ids[0])), stay=stay):
                self.last_deed = deed

    async def _trying(self, deed: Deed, ids: Sequence[int]) -> Done | int:
        """The act, so that what it refuses at once is refused in words as well."""
        if deed.verb == "unread":
            newest = await self.desk.database.read(lambda tx: store_pane.newest_messages(tx, ids))
            return await self._on_messages(deed, newest, self.desk.clock())
        return await self._on_conversations(deed, ids, self.desk.clock())

    async def many(self, deed: Deed, ids: Sequence[int]) -> None:
        """Ask with a sheet, then do `deed` on all of these conversations as one stroke."""
        me, now = self.operator.id if self.operator else 0, self.desk.clock()
        standings = await self.desk.database.read(lambda tx: store_pane.standings(tx, ids, now=now))
        planned = plan(deed.verb, standings, me, len(ids) - len(standings))
        if not planned.ids:
            reasons = "; ".join(f"{count:,} {reason}" for count, reason in planned.excluded)
            self.say(_("None of them: {reasons}.").format(reasons=reasons), "advice")
            return
        first, last = self.name_of(planned.ids[0]), self.name_of(planned.ids[-1])
        things = _("conversations")

        async def do() -> None:
            if await self.attempt(self._trying(deed, planned.ids)) is not None:
                await self._settle(self.rows, deed, f"{len(planned.ids):,} {things}")

        self.ask(deed, things, planned, first, last, do)

    async def many_messages(self, deed: Deed) -> None:
        """Ask with a sheet, then do `deed` on the marked messages (their items, their members)."""
        ids = self.messages()
        if not ids:
            self.say(_("No message is marked."), "advice")
            return
        pairs, things, without = [(one, one) for one in ids], _("messages"), ""
        if deed.verb in ("done", "drop"):
            pairs = await self.desk.database.read(lambda tx: store_pane.open_items_of(tx, ids))
            things, without = _("items"), _("messages without an open item")
        elif deed.verb in ("tag", "untag"):
            pairs = await self.desk.database.read(lambda tx: store_pane.members_of(tx, ids))
            things, without = _("members"), _("messages no member wrote")
        found, having = list(dict.fromkeys(pair[0] for pair in pairs)), {pair[1] for pair in pairs}
        excluded = ((len(ids) - len(having), safe(without)),) if len(ids) > len(having) else ()
        if not found:
            self.say(_("None of the marked messages has one."), "advice")
            return
        kept = [one for one in ids if one in having]
        first, last = self._words_of(kept[0]), self._words_of(kept[-1])

        async def do() -> None:
            if await self.attempt(self._on_messages(deed, found, self.desk.clock())) is not None:
                await self._settle(self.thread.rows, deed, f"{len(found):,} {things}")

        self.ask(deed, things, Plan(tuple(found), excluded), first, last, do)

    def _words_of(self, message_id: int) -> SafeText:
        entry = self.thread.source.entry(message_id * 4)
        if entry is None:
            return safe(_("a message that is gone"))
        voice = self.voice()
        return safe(f"{author(entry, voice)}: {line_text(entry, voice)[:NAME_CHARACTERS_MAX]}")

    def ask(
        self,
        deed: Deed,
        things: str,
        planned: Plan,
        first: SafeText,
        last: SafeText,
        do: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        """Show the sheet; `do` is awaited when the operator agrees."""
        from waconsole.kit.sheet import Sheet

        asked = proposal(deed.verb, things, planned, first=first, last=last, detail=deed.words)

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, do, group="act")

        self.app.push_screen(Sheet(asked), answered)

    async def _settle(self, rows: RowList, deed: Deed, what: str) -> None:
        """After an act on many: the marks are used up, the cursor stays where it stood."""
        self.last_deed = deed
        stay = self.stay()
        rows.clear_marks()
        await self.read_again(stay=stay)
        self.say(f"{verb_words(deed.verb)}: {what}.", undo=True)
