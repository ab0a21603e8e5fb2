"""The moderation ladder by hand: a key on what a member wrote in a linked phone's group asks which rung, and why."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.database.connection import Transaction
from waconsole.inbox.pane_tick import InboxTick
from waconsole.inbox.pane_views import InboxViews
from waconsole.inbox.store_thread import MESSAGE
from waconsole.kit.pane import CommandWanted
from waconsole.members import store as members
from waconsole.text import ForeignText, _, safe

if TYPE_CHECKING:
    from waconsole.kit.sheet import Proposal

COMMAND: Final = ("groups", "moderate")
REMOVE: Final = "remove"
STEPS: Final = ("warn", "mute", REMOVE)
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
        meant = await self.desk.database.read(lambda tx: meant_by(tx, member_id or 0, group_id or 0))

        async def chosen(typed: str) -> None:
            line = command(meant.who, meant.group, typed)
            if line and step_of(typed) == REMOVE:
                from waconsole.kit.sheet import Sheet  # the first frame does without

                self.app.push_screen(Sheet(removal(meant, typed)), partial(self._agreed, line))
            elif line:
                self.post_message(CommandWanted(line))
            elif typed.strip():
                self.say(_("Write warn, mute or remove first, then why."), "advice")

        self.ask_line(
            _("moderate"), chosen, hint=safe(_("warn, mute or remove, then why: it is written down"))
        )

    def _agreed(self, line: str, agreed: bool | None) -> None:
        if agreed:
            self.post_message(CommandWanted(line))


@dataclass(frozen=True, slots=True)
class Meant:
    """Who is meant and where: the refs of a member and a group, and what they are called (foreign)."""

    who: str
    group: str
    who_name: str
    group_name: str


def meant_by(tx: Transaction, member_id: int, group_id: int) -> Meant:
    """A member and a group, as the ladder names them."""
    member = members.member_by_id(tx, member_id)
    group = tx.one("SELECT ref, name FROM visible_group WHERE id = :id", {"id": group_id})
    ref, name = (group["ref"], group["name"]) if group is not None else ("", "")
    return Meant(member.ref, ref, member.name or member.ref, name or ref)


def removal(meant: Meant, typed: str) -> Proposal:
    """What the sheet asks before somebody is taken out of a group."""
    from waconsole.kit.sheet import Proposal  # the first frame does without

    who = safe(ForeignText(meant.who_name))
    reason = safe(ForeignText(typed.strip().partition(" ")[2].strip() or _("none is given")))
    return Proposal(
        verb=safe(_("Remove")), things=safe(_("member of the group")), count=1, first=who, last=who,
        undo=safe(_("The group sees it. Taking it back puts them in again, unless they do not let us.")),
        figures=((safe(_("group")), safe(ForeignText(meant.group_name))), (safe(_("reason")), reason)),
    )  # fmt: skip


def step_of(typed: str) -> str:
    """The rung that is named, or an empty text."""
    step = typed.strip().partition(" ")[0].casefold()
    return step if step in STEPS else ""


def command(who: str, group: str, typed: str) -> str:
    """The command that was meant; "" where no rung is named."""
    reason = typed.strip().partition(" ")[2]
    if not (step := step_of(typed)):
        return ""
    words = [*COMMAND, who, "--group", group, "--step", step]
    return shlex.join([*words, "--reason", reason.strip()] if reason.strip() else words)
