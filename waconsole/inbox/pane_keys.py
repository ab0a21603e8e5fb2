"""The keys of the inbox, with their ids, words and tooltips."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from waconsole.text import _


def _key(keys: str, action: str, word: str, tooltip: str, *, name: str = "", show: bool = True) -> Binding:
    return Binding(keys, action, word, id=f"inbox.{name or action}", tooltip=tooltip, show=show)


INBOX_BINDINGS: Final[list[BindingType]] = [
    _key("e", "done", _("Done, next"),
         _("This has been dealt with: go on to the next one.")),
    _key("r", "reply", _("Reply"),
         _("Write a reply. A group the API cannot reach gets a task for a human hand.")),
    _key("right_square_bracket", "next_item", _("Next for me"),
         _("Go to the next item that needs me, over all groups that are not muted.")),
    _key("slash", "narrow", _("Narrow"),
         _("Keep what these words describe: is:owed is:unread in:\"group\" from:name age<2d \"text\".")),
    _key("s", "snooze", _("Snooze"),
         _("Put the conversation out of sight until a time; a new message wakes it before.")),
    _key("i", "note", _("Note"), _("Write a private note into the thread. It never leaves this ledger.")),
    _key("c", "take", _("Take"),
         _("Take the conversation, so that nobody else answers meanwhile; again gives it back.")),
    _key("o", "assign", _("Assign"), _("Make the conversation an operator's.")),
    _key("asterisk", "mark_all", _("Mark matching"),
         _("Mark everything that matches a query, also what is not on the screen.")),
    _key("W", "explain", _("Why"),
         _("Say why this is here: what the query asks and what is true of it, and the rule that drew the item."),
         show=False),
    _key("w", "save", _("Save view"), _("Keep the query in force under a name, as a tab."), show=False),
    _key("t", "tag", _("Tag"), _("Tag the member who wrote this.")),
    _key("plus", "item", _("Item"), _("Make a work item of this message, or drop the one it has.")),
    _key("M", "mute", _("Mute"),
         _("Leave the conversation out of what needs me, or take it in again.")),
    _key("u", "unread", _("Mark unread"), _("Count this message and what follows it as unread again.")),
    _key("y", "copy", _("Copy"), _("Copy the text, the row, or the rows as a table or as JSON.")),
    _key("b", "link", _("Open link"),
         _("Show where the link in this message really leads, or the file it came with, then open it.")),
    _key("full_stop", "repeat", _("Repeat"), _("Do the last act again, here.")),
    _key("number_sign", "reveal", _("Reveal numbers"), _("Show phone numbers in full, or hide them again.")),
    _key("n", "hit(1)", _("Next hit"), _("Go to the next message that was found in this thread."),
         name="next_hit", show=False),
    _key("N", "hit(-1)", _("Hit before"), _("Go to the message found before this one."),
         name="previous_hit", show=False),
    _key("escape", "back", _("Back"), _("Go back to the row you came from, or end the narrowing."), show=False),
    _key("right,l", "right", _("To the thread"), _("Go from the conversations to the thread."), show=False),
    _key("left,h", "left", _("To the list"), _("Go from the thread to the conversations."), show=False),
]  # fmt: skip
