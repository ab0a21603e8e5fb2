"""A saved reply by one key: choose one, and it stands in the reply box, filled for this thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.inbox.pane_write import InboxWriting
from waconsole.inbox.store_thread import MESSAGE
from waconsole.text import SafeText, _, safe

# Loaded with the first saved reply: the first frame does without.
if TYPE_CHECKING:
    from waconsole.inbox import saved_words
    from waconsole.inbox.store_saved_replies import SavedReply
    from waconsole.kit.choose import Choice, Chosen
    from waconsole.kit.compose import ReplyBox

SHOWN_CHARACTERS_MAX: Final = 200


class InboxSavedReplies(InboxWriting):
    """The key that brings a saved reply. It stands before what queues a reply: a mark is never sent."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("apostrophe", "saved_reply", _("Saved reply"), id="inbox.saved_reply",
                tooltip=_("Put a saved reply into the box, filled for this thread.")),
    ]  # fmt: skip

    def _may(self, action: str) -> bool:
        """Whether the act can be done; says why not. The pane says it of all its acts."""
        raise NotImplementedError

    async def action_saved_reply(self) -> None:
        """Show the saved replies, those in the language of the person or the group first."""
        from waconsole.inbox import service_saved_replies
        from waconsole.kit.choose import CHOICES_MAX, Choose

        row = self.row
        if not self._may("saved_reply") or row is None:
            return
        entry = self.thread.entry if self.stage != "list" else None
        writer = entry.member_id if entry is not None and entry.source == MESSAGE else None

        replies = await self.attempt(
            self.desk.database.read(
                lambda tx: service_saved_replies.offered(tx, row.id, member_id=writer)[:CHOICES_MAX]
            )
        )
        if replies is None:
            return
        if not replies:
            self.say(_("No reply is saved yet: `:replies save NAME --text TEXT` keeps one."), "advice")
            return

        async def chosen(choice: Chosen | None) -> None:
            if choice is not None:  # what is typed meanwhile waits, and goes into the box
                await self._put(replies[int(choice.value)], row.id, writer)

        self.app.push_screen(Choose(safe(_("Saved reply")), _choices(replies)), chosen)

    async def _put(self, reply: SavedReply, conversation_id: int, writer: int | None) -> None:
        """Open the reply box with the text behind what is written there."""
        from waconsole.inbox import saved_words, service_saved_replies
        from waconsole.kit.compose import ReplyText

        desk = self.desk

        def work(tx: Transaction) -> saved_words.Filled:
            return service_saved_replies.fill(
                tx, reply.text, conversation_id, member_id=writer, operator=self._signed(tx), now=desk.clock(),
                zone=desk.zone,
            )  # fmt: skip

        filled = await self.attempt(desk.database.read(work))
        if filled is None or self.row is None or self.row.id != conversation_id:
            return
        self.write(is_note=False)
        text = self.thread.box.query_one(ReplyText)
        before = text.text.rstrip()
        text.load_text(f"{before}\n{filled.text}" if before else filled.text)
        text.move_cursor(text.document.end)
        if filled.missing:
            marks = ", ".join(saved_words.LEFT_OPEN.format(name) for name in filled.missing)
            self.say(_("Not known here: {marks}. Write it before you send.").format(marks=marks), "advice")

    def _signed(self, tx: Transaction) -> str:
        """Who a reply is signed by: the operator who acts."""
        from waconsole.operators import service as operators

        return operators.acting_name(tx, self.desk.operator)

    async def on_reply_box_queued(self, message: ReplyBox.Queued) -> None:
        """A reply in which a mark still stands goes back into the box."""
        from waconsole.inbox import saved_words

        if message.is_note:
            return
        try:
            saved_words.must_be_filled(message.text)
        except Refused as refusal:
            message.stop()
            message.prevent_default()
            title = safe(_("Not queued: this is still your text"))
            self.thread.box.open(title, SafeText(" "), draft=message.text)
            self.say(safe(str(refusal)), "refused")


def _choices(replies: list[SavedReply]) -> list[Choice]:
    """Each reply by its name, with its language and how it begins."""
    from waconsole.kit.choose import Choice

    return [
        Choice(
            str(place + 1) if place < 9 else "",
            str(place),
            safe(f"{one.name}  {one.language}".rstrip()),
            safe(" ".join(one.text[:SHOWN_CHARACTERS_MAX].split())),
        )
        for place, one in enumerate(replies)
    ]
