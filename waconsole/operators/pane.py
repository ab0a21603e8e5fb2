"""Acts: who did what, and what was taken back? The log that only grows, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.reader import Line, Reader
from waconsole.kit.rows import Cell, Row
from waconsole.operators import store, store_pane
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.operators.pane_tabs import ViewPane
from waconsole.operators.store_pane import StrokeRow
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary

NAME_CHARACTERS_MAX: Final = 200
VALUE_CHARACTERS_MAX: Final = 400


def undo_cell(row: StrokeRow) -> Cell:
    """Whether the act stands, has been taken back, or takes one back."""
    if row.is_undone:
        return Cell(safe(f"{glyph('refused')} {_('taken back')}"), "refused")
    if row.undoes is not None:
        return Cell(safe(_("takes back")), "muted")
    return Cell(safe(f"{glyph('done')} {_('stands')}"), "done")


class ActsPane(ViewPane):
    """One line for each key press or command that changed something."""

    NAME = "acts"
    CHORD = "a"
    TITLE = _("Acts")
    SUBJECT = "act"
    TABS = (("all", _("Everybody")), ("mine", _("Mine")))
    NOTHING = (
        _("Nothing has been done yet."),
        _("Every act is kept here with what it changed; undo takes your last one back."),
    )
    COLUMNS = (
        Column(_("age"), 6, "right"),
        Column(_("things"), 6, "right", priority=2),
        Column(_("state"), 12),
        Column(_("who"), 10, priority=1),
        Column(_("act"), 18, gap=2),
        Column(_("what")),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk

    def words(self) -> Vocabulary:
        """What may be asked of acts."""
        from waconsole.operators.fields import vocabulary

        return vocabulary()

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """Strokes, newest first."""
        me = self._me(tx)
        everything, mine = store_pane.ids(tx, "all", me), store_pane.ids(tx, "mine", me)
        ids = mine if tab == "mine" else everything
        return Listed(
            store_pane.ids(tx, tab, me, *narrowing) if narrowing is not None else ids,
            {"all": len(everything), "mine": len(mine)},
        )

    def _me(self, tx: Transaction) -> int:
        everybody = store.operators(tx)
        named = [one for one in everybody if one.name == self.desk.operator]
        owners = [one for one in everybody if one.role == "owner"]
        found = named if self.desk.operator is not None else owners or everybody
        return found[0].id if found else 0

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        now = self.desk.clock()
        return [self._row(row, now) for row in store_pane.rows(tx, ids)]

    def _row(self, row: StrokeRow, now: int) -> Row:
        return Row(
            row.id,
            (
                Cell(ages.ago(row.decided_at, now, self.desk.zone), "muted"),
                Cell(safe(f"{row.count:,}")),
                undo_cell(row),
                Cell(safe(row.operator)),
                Cell(safe(row.verb), "title"),
                Cell(safe(_what(row))),
            ),
            role="dim" if row.is_undone else "",
        )

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Acts as they are copied."""
        found = {row.id: row for row in store_pane.rows(tx, ids)}
        return [_record(found[key]) for key in ids if key in found]

    async def open_row(self, key: int) -> None:
        """Show what the act changed, before and after."""

        def work(tx: Transaction) -> tuple[list[StrokeRow], list[dict[str, Any]]]:
            rows = store_pane.rows(tx, [key])
            return rows, store_pane.changes(tx, rows[0].stroke) if rows else []

        rows, changes = await self.desk.database.read(work)
        if rows:
            self.app.push_screen(Reader(safe(self._title(rows[0])), _lines(rows[0], changes)))

    def _title(self, row: StrokeRow) -> str:
        when = ages.exact(row.decided_at, self.desk.zone)
        return _("{operator}: {verb}, {when}").format(operator=row.operator, verb=row.verb, when=when)


def _what(row: StrokeRow) -> str:
    name = row.name[:NAME_CHARACTERS_MAX].strip()
    kind = row.object_kind.replace("_", " ")
    return f"{name}  ({kind})" if name else f"{kind} {row.object_id}"


def _record(row: StrokeRow) -> Record:
    return {
        "text": f"{row.operator}: {row.verb} ({row.count})",
        "at": iso(row.decided_at),
        "operator": row.operator,
        "verb": row.verb,
        "count": row.count,
        "object": row.object_kind,
        "name": row.name,
        "undone": row.is_undone,
    }


def _lines(row: StrokeRow, changes: Sequence[Mapping[str, Any]]) -> list[Line]:
    """What each object was before and after."""
    lines: list[Line] = []
    for change in changes:
        rule = f"  {change['rule']} v{change['rule_version']}" if change["rule"] else ""
        lines.append(
            Line(safe(f"{change['object_kind'].replace('_', ' ')} {change['object_id']}{rule}"), "title")
        )
        before, after = change["before"], change["after"]
        for name in sorted(before | after):
            if before.get(name) != after.get(name):
                was, now = (_short(values.get(name)) for values in (before, after))
                lines.append(Line(safe(f"  {name}: {was} {glyph('here')} {now}")))
    if row.count > len(changes):
        lines.append(
            Line(safe(_("… and {count} more.").format(count=f"{row.count - len(changes):,}")), "muted")
        )
    return lines or [Line(SafeText(_("Nothing is left of it.")))]


def _short(value: Any) -> str:
    return str(value if value not in (None, "") else "–")[:VALUE_CHARACTERS_MAX]
