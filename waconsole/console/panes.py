"""The panes there are, in the order of their numbers. Each is loaded when it is first visited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from waconsole.kit.chords import Chord
from waconsole.kit.pane import Pane
from waconsole.text import _

DIGITS: Final = 10


class PaneEntry(NamedTuple):
    """A pane before it is loaded: `number` (0 the tenth; those behind it have none) and g + `letter` open it."""

    name: str
    letter: str
    number: int
    title: str
    says: str
    load: Callable[[], type[Pane]]

    @property
    def digit(self) -> str:
        """The key of its number; "" for those behind the tenth."""
        return str(self.number % 10) if self.number <= DIGITS else ""


def _inbox() -> type[Pane]:
    from waconsole.inbox.pane import InboxPane

    return InboxPane


def _members() -> type[Pane]:
    from waconsole.members.pane import MembersPane

    return MembersPane


def _tasks() -> type[Pane]:
    from waconsole.outbox.pane import TasksPane

    return TasksPane


def _groups() -> type[Pane]:
    from waconsole.groups.pane import GroupsPane

    return GroupsPane


def _search() -> type[Pane]:
    from waconsole.inbox.pane_search import SearchPane

    return SearchPane


def _acts() -> type[Pane]:
    from waconsole.operators.pane import ActsPane

    return ActsPane


def _outbox() -> type[Pane]:
    from waconsole.outbox.pane_outgoing import OutgoingPane

    return OutgoingPane


def _inbound() -> type[Pane]:
    from waconsole.sync.pane_inbound import InboundPane

    return InboundPane


def _joins() -> type[Pane]:
    from waconsole.groups.pane_joins import JoinsPane

    return JoinsPane


def _sync() -> type[Pane]:
    from waconsole.sync.pane_sync import SyncPane

    return SyncPane


def _ledger() -> type[Pane]:
    from waconsole.ledger.pane import LedgerPane

    return LedgerPane


def _cashback() -> type[Pane]:
    from waconsole.cashback.pane import CashbackPane

    return CashbackPane


def _fraud() -> type[Pane]:
    from waconsole.fraud.pane import FraudPane

    return FraudPane


def _invites() -> type[Pane]:
    from waconsole.invites.pane import InvitesPane

    return InvitesPane


def _segments() -> type[Pane]:
    from waconsole.segments.pane import SegmentsPane

    return SegmentsPane


PANES: Final = (
    PaneEntry("inbox", "i", 1, _("Inbox"), _("Who needs me next?"), _inbox),
    PaneEntry("tasks", "t", 2, _("Tasks"), _("What is to be sent by hand?"), _tasks),
    PaneEntry("search", "s", 3, _("Search"), _("Where was that said?"), _search),
    PaneEntry("members", "m", 4, _("Members"), _("Who is in the community?"), _members),
    PaneEntry("groups", "r", 5, _("Groups"), _("Where do people talk?"), _groups),
    PaneEntry("acts", "a", 6, _("Acts"), _("Who did what, and what was taken back?"), _acts),
    PaneEntry("outbox", "o", 7, _("Outbox"), _("What became of what we said?"), _outbox),
    PaneEntry("inbound", "n", 8, _("Set aside"), _("What came in and was not understood?"), _inbound),
    PaneEntry("joins", "j", 9, _("Requests"), _("Who asks to come in?"), _joins),
    PaneEntry("sync", "y", 10, _("Sync"), _("What stands between us and WhatsApp?"), _sync),
    PaneEntry("ledger", "l", 11, _("Ledger"), _("Where did money go, and why?"), _ledger),
    PaneEntry("cashback", "c", 12, _("Cashback"), _("Is this line right?"), _cashback),
    PaneEntry("fraud", "f", 13, _("Fraud"), _("What is at stake, and why?"), _fraud),
    PaneEntry("invites", "v", 14, _("Invites"), _("Who brought whom, and what does it earn?"), _invites),
    PaneEntry("segments", "e", 15, _("Segments"), _("How many, and who fell out where?"), _segments),
)
BY_NAME: Final = {entry.name: entry for entry in PANES}

CHORDS: Final = (
    Chord(("g", "g"), "first", "list.first_row", _("First row"), _("Move to the first row.")),
    *(
        Chord(("g", entry.letter), f"app.pane('{entry.name}')", f"pane.{entry.name}", entry.title, entry.says)
        for entry in PANES
    ),
)
