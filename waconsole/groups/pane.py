"""Groups: where do people talk? Members, messages, what is owed, and what can be done there by API."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.groups import store_pane
from waconsole.groups.store_pane import GroupRow
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.pane import PaneWanted
from waconsole.kit.rows import Cell, Row
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.operators.pane_query import keys_of
from waconsole.operators.pane_tabs import ViewPane
from waconsole.text import SafeText, _, safe
from waconsole.whatsapp.capability import capability

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary

NAME_CHARACTERS_MAX: Final = 200


def reach(driver: str) -> SafeText:
    """What can be done in a group of this driver, in words."""
    can = capability(driver)
    if not can.post:
        return safe(_("read; post by hand"))
    words = [_("read"), _("post")]
    if can.delete:
        words.append(_("delete"))
    if can.remove:
        words.append(_("remove"))
    return safe(", ".join(words))


class GroupsPane(ViewPane):
    """Groups by name."""

    NAME = "groups"
    CHORD = "r"
    TITLE = _("Groups")
    SUBJECT = "group"
    TABS = (("all", _("All")), ("owed", _("Owed")))
    NOTHING = (
        _("No groups yet."),
        _("A group comes with its chat: export it on the phone, then :import chat FILE --group NAME"),
    )
    COLUMNS = (
        Column(_("members"), 7, "right"),
        Column(_("messages"), 9, "right", priority=2),
        Column(_("unread"), 6, "right"),
        Column(_("owed"), 5, "right"),
        Column(_("asking"), 6, "right", priority=3),
        Column(_("reach"), 18, priority=3),
        Column(_("export"), 11, "right", priority=4, gap=2),
        Column(_("name"), 22, gap=2),
        Column(_("purpose"), priority=5),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk

    def words(self) -> Vocabulary:
        """What may be asked of groups."""
        from waconsole.groups.fields import vocabulary

        return vocabulary()

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """Groups by name."""
        groups = store_pane.groups(tx)
        owed = [group for group in groups if group.owed]
        kept = owed if tab == "owed" else groups
        if narrowing is not None:
            matching = set(keys_of(narrowing, tx))
            kept = [group for group in kept if group.id in matching]
        return Listed(
            array("q", [group.id for group in kept]),
            {"all": len(groups), "owed": len(owed)},
            {group.id: group for group in kept},
        )

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows of the groups read with the list."""
        now = self.desk.clock()
        return [self._row(self.held[key], now) for key in ids if key in self.held]

    def _row(self, group: GroupRow, now: int) -> Row:
        unread = f"{glyph('unread')}{group.unread:,}" if group.unread else ""
        owed = f"{glyph('owed')}{group.owed:,}" if group.owed else ""
        return Row(
            group.id,
            (
                Cell(safe(f"{group.members:,}")),
                Cell(safe(f"{group.messages:,}"), "muted"),
                Cell(safe(unread), "unread"),
                Cell(safe(owed), "owed"),
                Cell(safe(f"{group.asking:,}" if group.asking else ""), "owed"),
                Cell(reach(group.driver), "muted"),
                Cell(ages.ago(group.exported_at, now, self.desk.zone), "muted"),
                Cell(safe(group.name[:NAME_CHARACTERS_MAX]), "title"),
                Cell(safe(group.purpose), "muted"),
            ),
        )

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Groups as they are copied."""
        return [_record(self.held[key]) for key in ids if key in self.held]

    async def open_row(self, key: int) -> None:
        """Show the group's conversation in the inbox, narrowed to it."""
        group: GroupRow | None = self.held.get(key)
        if group is None:
            return
        # A name with a quote in it cannot be quoted: the ref names the group as well.
        name = group.ref if '"' in group.name else group.name
        self.post_message(PaneWanted("inbox", {"tab": "all", "narrow": f'in:"{name}"'}))


def _record(group: GroupRow) -> Record:
    return {
        "text": group.name,
        "group": group.ref,
        "name": group.name,
        "members": group.members,
        "messages": group.messages,
        "unread": group.unread,
        "owed": group.owed,
        "asking": group.asking,
        "driver": group.driver,
        "purpose": group.purpose,
        "kpi": group.kpi,
        "language": group.language,
        "timezone": group.timezone,
        "exported_at": None if group.exported_at is None else iso(group.exported_at),
    }
