"""Set aside: what came in and could not be taken in, or is not understood? Try it again once the reason is gone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.rows import Cell, Row
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import Within
from waconsole.operators.pane_tabs import ViewPane
from waconsole.sync import store_pane_inbound
from waconsole.sync.store_pane_inbound import InboundRow
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.query.fields import Vocabulary

REASON_CHARACTERS_MAX: Final = 400
RAW_SHOWN_MAX: Final = 40_000


class InboundPane(ViewPane):
    """Webhook items that stand aside. Nothing that came is thrown away."""

    NAME = "inbound"
    CHORD = "n"
    TITLE = _("Set aside")
    SUBJECT = "inbound"
    TABS = (("all", _("All")), ("quarantined", _("Quarantined")), ("kept", _("Kept")))
    NOTHING = (
        _("Nothing stands aside."),
        _("What WhatsApp sends and we cannot take in, or do not understand, is kept here with its reason."),
    )
    ACTS = frozenset({"release", "release_marked"})
    COLUMNS = (
        Column(_("state"), 13),
        Column(_("age"), 6, "right"),
        Column(_("tries"), 3, "right", priority=3),
        Column(_("kind"), 16, priority=2, gap=2),
        Column(_("reason")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "release", _("Try again"), id="inbound.release",
                tooltip=_("Take it in now, if the reason that held it aside is gone.")),
        Binding("A", "release_marked", _("Try marked again"), id="inbound.release_marked",
                tooltip=_("Try every marked one again."), show=False),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk

    # What is listed

    def words(self) -> Vocabulary:
        """What may be asked of what stands aside."""
        from waconsole.sync.fields_inbound import vocabulary

        return vocabulary()

    def read_ids(self, tx: Transaction, tab: str, narrowing: Within | None) -> Listed:
        """Items, the newest first."""
        within = narrowing or ("", {})
        counts = {name: len(store_pane_inbound.ids(tx, name)) for name, _title in self.TABS}
        return Listed(store_pane_inbound.ids(tx, tab, *within), counts)

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        now = self.desk.clock()
        return [self._row(row, now) for row in store_pane_inbound.rows(tx, ids)]

    def _row(self, row: InboundRow, now: int) -> Row:
        signs = {"quarantined": ("refused", _("quarantined")), "trying": ("held", _("tried again"))}
        sign, word = signs.get(row.state, ("held", _("kept")))
        return Row(
            row.id,
            (
                Cell(safe(f"{glyph(sign)} {word}"), sign),
                Cell(ages.ago(row.received_at, now, self.desk.zone), "muted"),
                Cell(safe(str(row.attempts)), "muted"),
                Cell(safe(row.kind)),
                Cell(safe(row.reason[:REASON_CHARACTERS_MAX])),
            ),
        )

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Items as they are copied: as the command line answers them."""
        return [
            {
                "text": row.raw,
                "id": row.id,
                "state": row.state,
                "kind": row.kind,
                "number": row.number or None,
                "reason": row.reason,
                "attempts": row.attempts,
                "received_at": iso(row.received_at),
            }
            for row in store_pane_inbound.rows(tx, ids)
        ]

    def title_of(self, key: int) -> SafeText:
        """Its kind and reason."""
        found = store_pane_inbound.rows(self.desk.database.pages(), [key])
        return safe("".join(f"{row.kind}: {row.reason[:REASON_CHARACTERS_MAX]}" for row in found))

    async def open_row(self, key: int) -> None:
        """Show it as it came, with the reason."""
        from waconsole.kit.reader import Line, Reader

        found, raw = await self.desk.database.read(
            lambda tx: (store_pane_inbound.rows(tx, [key]), store_pane_inbound.raw(tx, key))
        )
        if not found:
            return
        row = found[0]
        shown = safe(raw, lines=True, characters_max=RAW_SHOWN_MAX)
        lines = [Line(safe(row.reason[:REASON_CHARACTERS_MAX]), "refused"), Line(SafeText(""))]
        lines += [Line(SafeText(part)) for part in shown.split("\n")]
        self.app.push_screen(Reader(safe(f"{row.kind}  {iso(row.received_at)}"), lines))

    # Trying again

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        if action == "release_marked" and len(self.source) and not self.rows.selection:
            return _("Nothing is marked.")
        return super().why_not(action)

    async def action_release(self) -> None:
        """Try again: one at once, marked ones through the sheet."""
        if not self.may("release"):
            return
        self.last_act = self.action_release
        wanted = self.wanted()
        if self.rows.selection:
            await self._ask(wanted)
        else:
            await self._try(wanted)

    async def action_release_marked(self) -> None:
        """Try all marked again."""
        if self.may("release_marked"):
            await self.action_release()

    async def _ask(self, wanted: list[int]) -> None:
        from waconsole.kit.sheet import Proposal, Sheet

        proposal = Proposal(
            verb=safe(_("Try again")),
            things=safe(_("things that stand aside")),
            count=len(wanted),
            first=self.title_of(wanted[0]) or safe(_("gone")),
            last=self.title_of(wanted[-1]) or safe(_("gone")),
            undo=safe(
                _("What is taken in stays: this cannot be undone. What still fails stands aside as before.")
            ),
        )

        def answered(agreed: bool | None) -> None:
            if agreed:
                in_worker(self, partial(self._try, wanted), group="act")

        self.app.push_screen(Sheet(proposal), answered)

    async def _try(self, wanted: Sequence[int]) -> None:
        from waconsole.sync import process

        desk = self.desk
        found = await desk.database.read(lambda tx: store_pane_inbound.rows(tx, wanted))
        bodies = sorted({row.inbound_id for row in found})
        done = await self.attempt(
            process.replay(desk.database, bodies, clock=desk.clock, keys={row.key for row in found})
        )
        self.rows.clear_marks()
        await self.read_again()
        if done is None:
            return
        words = _("{count} taken in, {left} still stand aside.")
        left = len(found) - done.processed
        self.say(
            words.format(count=f"{done.processed:,}", left=f"{max(0, left):,}"),
            "done" if done.processed else "advice",
        )
