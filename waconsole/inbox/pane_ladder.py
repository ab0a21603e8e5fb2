"""The moderation ladder by hand: a key on what a member wrote in a linked phone's group asks which rung, and why."""

from __future__ import annotations

import shlex
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.database.connection import Transaction
from waconsole.inbox.pane_tick import InboxTick
from waconsole.inbox.pane_views import InboxViews
from waconsole.inbox.store_thread import MESSAGE
from waconsole.kit.pane import CommandWanted
from waconsole.members import store as members
from waconsole.text import _, safe

COMMAND: Final = ("groups", "moderate")
STEPS: Final = ("warn", "mute", "remove")
GATEWAY: Final = "gateway"


class InboxLadder(InboxTick, InboxViews):
    """The key of the ladder. It is climbed by the command of that name, which says what cannot be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D", "ladder", _("Moderate"), id="inbox.ladder", show=False,
                tooltip=_("Warn, mute or remove who wrote this message, in a group of a linked phone.")),
    ]  # fmt: skip

    def why_no_ladder(self) -> str:
        """Why nobody can be moderated here; "" when somebody can."""
        row, entry = self.row, self.thread.entry
        if row is None or row.group_id is None or row.driver != GATEWAY:
            return _("Only in a group of a linked phone can somebody be moderated from here.")
        if self.stage == "list" or entry is None or entry.source != MESSAGE or entry.member_id is None:
            return _("Stand on what a member wrote in the thread first.")
        return ""

    async def action_ladder(self) -> None:
        """Ask which rung, and why; then climb it."""
        row, entry = self.row, self.thread.entry
        if not self._may("ladder") or row is None or entry is None:
            return
        member_id, group_id = entry.member_id, row.group_id
        who, group = await self.desk.database.read(lambda tx: refs(tx, member_id or 0, group_id or 0))

        async def chosen(typed: str) -> None:
            if line := command(who, group, typed):
                self.post_message(CommandWanted(line))
            elif typed.strip():
                self.say(_("Write warn, mute or remove first, then why."), "advice")

        self.ask_line(
            _("moderate"), chosen, hint=safe(_("warn, mute or remove, then why: it is written down"))
        )


def refs(tx: Transaction, member_id: int, group_id: int) -> tuple[str, str]:
    """The refs of a member and a group."""
    group = tx.value("SELECT ref FROM visible_group WHERE id = :id", {"id": group_id})
    return members.member_by_id(tx, member_id).ref, str(group)


def command(who: str, group: str, typed: str) -> str:
    """The command that was meant; "" where no rung is named."""
    step, _space, reason = typed.strip().partition(" ")
    if step.casefold() not in STEPS:
        return ""
    words = [*COMMAND, who, "--group", group, "--step", step.casefold()]
    return shlex.join([*words, "--reason", reason.strip()] if reason.strip() else words)
