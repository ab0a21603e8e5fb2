"""The inbox: who needs me next? Conversations by the clock that dies first, the thread, the person."""

from __future__ import annotations

from array import array
from functools import partial
from typing import Any, ClassVar

from textual.binding import BindingType

from waconsole.inbox import store_list
from waconsole.inbox.pane_keys import INBOX_BINDINGS
from waconsole.inbox.pane_ladder import InboxLadder
from waconsole.inbox.pane_many import Deed
from waconsole.inbox.pane_saved_replies import InboxSavedReplies
from waconsole.inbox.pane_tick import why_no_tick
from waconsole.inbox.pane_views import InboxViews
from waconsole.inbox.store_thread import MESSAGE
from waconsole.kit.rowlist import RowList
from waconsole.kit.tabs import TAB_BINDINGS, TabStrip
from waconsole.kit.worker import in_worker
from waconsole.text import _


class InboxPane(InboxLadder, InboxSavedReplies, InboxViews):
    """Triage of group conversations from the keyboard.

    Local read and WhatsApp's blue tick are two things: what is marked read here is read here, and
    tells nobody.
    """

    NAME = "inbox"
    CHORD = "i"
    TITLE = _("Inbox")
    HELP: ClassVar[str] = _(
        "What is read here is read in this ledger only: WhatsApp's blue tick goes with a reply, or by its own key. "
        "Scrolling reads nothing; resting on a message reads it and those before it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*TAB_BINDINGS, *INBOX_BINDINGS]

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        writes = {
            "done", "reply", "snooze", "note", "take", "assign", "tag", "item", "mute", "unread", "repeat",
            "saved_reply", "save", "tick", "ladder",
        }  # fmt: skip
        if action in writes and self.desk.read_only:
            return _("This ledger is open for reading only: start again without --read-only to act.")
        if action == "save":
            return self.why_not_save()
        if action in writes | {"copy", "mark_all", "explain"} and self.row is None:
            return _("There is no conversation here.")
        if action == "tick" and (row := self.row) is not None:
            return why_no_tick(row)
        if action == "ladder":
            return self.why_no_ladder()
        if action in ("item", "link") and (self.stage == "list" or self.thread.entry is None):
            return _("Stand on a message in the thread first.")
        if action == "repeat" and self.last_deed is None:
            return _("Nothing has been done yet that could be repeated.")
        if action == "hit" and not self._hits:
            return _("Nothing has been looked for in this thread yet.")
        return ""

    def _may(self, action: str) -> bool:
        why = self.why_not(action)
        if why:
            self.say(why, "advice")
        return not why

    # Moving

    def action_tab(self, step: int) -> None:
        """Open another tab."""
        self.tabs.step(step)

    def on_tab_strip_opened(self, message: TabStrip.Opened) -> None:
        """Another tab lists other conversations."""
        message.stop()
        self.rows.clear_marks()
        self.place("list")
        self._first_page()
        self.rows.move_to(0)
        self.shown()
        in_worker(self, self.read_again, group="list")

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Enter goes one place further: list, thread, card."""
        message.stop()
        if message.row_list is self.rows:
            self._open_thread(message.key)
        elif self.stage == "thread":
            self.enter("card")

    def _open_thread(self, key: int, message_id: int | None = None) -> None:
        """Go into a thread; one that is seen already keeps its cursor."""
        opening = self.thread.opening
        if message_id is not None or opening is None or opening.id != key:
            self.thread.open(key, message_id=message_id)
            self._hits = array("q")
        self.enter("thread")

    def action_right(self) -> None:
        """Go to the thread, from there to the card."""
        if self.stage == "list" and (key := self.rows.cursor_key) is not None:
            self._open_thread(key)
        elif self.stage == "thread":
            self.enter("card")

    def action_left(self) -> None:
        """Go from the card to the thread, from there to the list."""
        if self.stage == "card":
            self.enter("thread")
        elif self.stage == "thread":
            self._back_to_list()

    def _back_to_list(self) -> None:
        if self.thread.opening is not None:
            self.rows.move_to_key(self.thread.opening.id)
        self.enter("list")

    async def action_back(self) -> None:
        """One step back: the marks, the place, the narrowing."""
        if self.stage != "card" and self.active.selection:
            self.active.clear_marks()
        elif self.stage != "list":
            self.action_left()
        elif self.filter_text:
            await self.narrow_to("")

    async def action_next_item(self) -> None:
        """The next item that needs me."""
        entry = self.thread.entry if self.stage != "list" else None
        after = None
        if entry is not None and entry.item_id is not None and entry.item_state == "open":
            after = (entry.item_owed_until or 0, entry.item_id)
        await self.next_for_me(after)

    async def next_for_me(self, after: tuple[int, int] | None) -> None:
        """Go to the next open item over all groups that are neither muted nor snoozed, round and round."""
        from waconsole.inbox import store_items

        now, read = self.desk.clock(), self.desk.database.read
        row = await read(lambda tx: store_items.next_open_item(tx, now=now, after=after))
        if row is None and after is not None:
            row = await read(lambda tx: store_items.next_open_item(tx, now=now))
        if row is None:
            self.say(_("Nothing needs you now."), "advice")
            return
        self.go_to({"conversation": row["conversation_id"], "message": row["message_id"]})

    def go_to(self, place: dict[str, Any]) -> None:
        """Show {"conversation": id, "message": id or absent, "words": what to find there, or absent}."""
        conversation_id = place.get("conversation")
        if conversation_id is None:
            return
        if not self.rows.move_to_key(conversation_id):
            self._show_everything(conversation_id)
        self._open_thread(conversation_id, place.get("message"))
        if place.get("words"):
            in_worker(self, partial(self.find_in_thread, str(place["words"])), group="act")

    def _show_everything(self, conversation_id: int) -> None:
        """Leave a tab or a narrowing that hides the conversation."""
        self.filter_text = ""
        self.show_filter()
        with self.prevent(TabStrip.Opened):
            self.tabs.open("all")
        where, parameters = self.condition()
        tx = self.desk.database.pages()
        self.show_ids(store_list.ids(tx, where, parameters, now=self.desk.clock()))
        self.rows.move_to_key(conversation_id)

    async def on_row_list_rested(self, message: RowList.Rested) -> None:
        """Resting on a message reads it and those before it, in this ledger."""
        message.stop()
        if message.key % 4 != MESSAGE or self.desk.read_only or self.stage != "thread":
            return
        from waconsole.inbox import service

        if await self.attempt(service.read_to(self.desk.database, message.key // 4)):
            await self.read_again()

    # Acts

    async def action_done(self) -> None:
        """Done, and on to the next."""
        if self._may("done"):
            await self.finish()

    def action_reply(self) -> None:
        """Write a reply."""
        if self._may("reply"):
            self.write(is_note=False)

    def action_note(self) -> None:
        """Write a private note."""
        if self._may("note"):
            self.write(is_note=True)

    async def action_take(self) -> None:
        """Take; what is taken already is given back."""
        if self._may("take") and (row := self.row) is not None:
            is_mine = (
                row.taken_by is not None and self.operator is not None and row.taken_by == self.operator.name
            )
            if is_mine:
                await self.deed(Deed("give back"), _("{name} is given back."))
            else:
                await self.deed(Deed("take"), _("{name} is yours for a while."))

    async def action_assign(self) -> None:
        """Assign to an operator."""
        if self._may("assign"):
            await self.ask_operator()

    def action_snooze(self) -> None:
        """Snooze until a shown time."""
        if self._may("snooze"):
            self.ask_snooze()

    async def action_mute(self) -> None:
        """Mute, or take in again."""
        if self._may("mute") and (row := self.row) is not None:
            if row.muted:
                await self.deed(Deed("unmute"), _("{name} counts again."))
            else:
                await self.deed(Deed("mute"), _("{name} is muted."))

    async def action_tag(self) -> None:
        """Tag the member."""
        if self._may("tag"):
            await self.ask_tag()

    def action_item(self) -> None:
        """Make or drop an item."""
        if self._may("item"):
            self.ask_item()

    async def action_unread(self) -> None:
        """Mark unread."""
        if self._may("unread"):
            await self.mark_unread()

    def action_copy(self) -> None:
        """Copy text or rows."""
        if self._may("copy"):
            self.ask_copy()

    async def action_link(self) -> None:
        """Open a link or a file."""
        if self._may("link"):
            await self.ask_link()

    def action_narrow(self) -> None:
        """Narrow the list; in a thread, find in it."""
        self.narrow()

    def action_mark_all(self) -> None:
        """Mark by a query."""
        if self._may("mark_all"):
            self.mark_matching()

    async def action_explain(self) -> None:
        """Say why this is here."""
        if self._may("explain"):
            await self.explain()

    def action_save(self) -> None:
        """Keep the query in force as a view."""
        if self._may("save"):
            self.save_view()

    async def action_hit(self, step: int) -> None:
        """The next hit or the one before."""
        if self._may("hit"):
            await self.step_hit(step)

    def action_reveal(self) -> None:
        """Show numbers in full, or hide them again."""
        self.is_revealed = not self.is_revealed
        self.repaint()
        self.say(_("Numbers are shown in full.") if self.is_revealed else _("Numbers are hidden."))

    async def action_repeat(self) -> None:
        """Do the last act again, on what is under the cursor or marked now."""
        deed = self.last_deed
        if not self._may("repeat") or deed is None:
            return
        match deed.verb:
            case "done":
                await self.finish()
            case "tag" | "untag":
                await self.tag(deed.argument, is_on=deed.verb == "tag")
            case "item" | "drop":
                await self.make_or_drop(deed)
            case "unread":
                await self.mark_unread()
            case _:
                await self.deed(deed, _("{name}: done again."))
