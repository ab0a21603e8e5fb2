"""The saved segments: how many each holds, what changed in a day, who answers for it, when it is looked at again."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.kit.listframe import Listed, Record
from waconsole.kit.listpane import ListPane
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import Row
from waconsole.kit.still import Still
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import Overtaken
from waconsole.segments import pane_rows, service_composing, service_segments, store_segments
from waconsole.segments.pane_draft import Draft
from waconsole.segments.pane_preview import Preview, asking_of
from waconsole.segments.service_asking import Asking
from waconsole.segments.service_composing import Tally
from waconsole.segments.store_segments import Version
from waconsole.text import _

TALLY_SECONDS: Final = 0.1
TALLIED_MAX: Final = 500
NEW: Final = 0
"""The key of a rule that is not saved under any name."""


class SegmentList(ListPane):
    """What stands here before one of them is opened; counts come behind the rows, one segment after another."""

    TABS = (("all", _("All")), ("due", _("To look at again")))
    NOTHING = (
        _("No segment is saved yet."),
        _(
            "A rule names members: clicks(7d) >= 3 and orders(30d) = 0. Make one here, see whom it names, and keep it."
        ),
    )
    COLUMNS = pane_rows.COLUMNS
    HELP: ClassVar[str] = _(
        "A segment is a rule over members with a name, an owner, a purpose and a day on which somebody looks at it again. "
        "Counts are exact and follow what happens."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk
        self.preview = Preview(desk)
        self.tallies: dict[tuple[int, int], Tally] = {}
        self.drafts: dict[int, Draft] = {}
        self.due: set[int] = set()
        self._tallying = Still(self, TALLY_SECONDS, self._tally_soon)
        self._tally_turn = 0

    @property
    def rows(self) -> RowList:
        """The list of segments."""
        return self.query_one("#segments-list", RowList)

    async def on_unmount(self) -> None:
        """Close the connection of its own."""
        self._tally_turn += 1
        await self.preview.close()

    # What is listed

    async def look(self, tab: str, narrowing: str) -> Listed:
        """The segments in force whose words hold `narrowing`."""
        words = narrowing.casefold().split()
        return await self.desk.database.read(lambda tx: self.read_ids(tx, tab, words))

    def read_ids(self, tx: Transaction, tab: str, narrowing: Sequence[str]) -> Listed:
        """A rule that was begun first, then those that are saved, by name."""
        asking = asking_of(tx, self.desk)
        versions = store_segments.in_force(tx, now=asking.now)
        due = {one.segment_id for one in versions if service_segments.is_overdue(one, asking)}
        shown = [one for one in versions if (tab != "due" or one.segment_id in due) and _says(one, narrowing)]
        ids = array("q", (one.segment_id for one in shown))
        if tab == "all" and not narrowing and self._begun is not None:
            ids.insert(0, NEW)
        held: dict[int, Any] = {one.segment_id: one for one in versions}
        self.due = due
        return Listed(ids, {"all": len(versions), "due": len(due)}, held)

    @property
    def _begun(self) -> Draft | None:
        draft = self.drafts.get(NEW)
        return draft if draft is not None and draft.text else None

    def version_at(self, key: int | None) -> Version | None:
        """The segment of a row."""
        found = None if key is None else self.held.get(key)
        return found if isinstance(found, Version) else None

    def read_rows(self, tx: Transaction, ids: Sequence[int]) -> list[Row]:
        """Rows by key."""
        found: list[Row] = []
        for key in ids:
            if key == NEW and self._begun is not None:
                found.append(pane_rows.draft_row(self._begun.text))
            elif (version := self.version_at(key)) is not None:
                draft = self.drafts.get(key)
                found.append(
                    pane_rows.segment_row(
                        version, self.tallies.get((key, version.version)), is_due=key in self.due,
                        has_draft=draft is not None and bool(draft.edits),
                    )
                )  # fmt: skip
        return found

    def records(self, tx: Transaction, ids: Sequence[int]) -> list[Record]:
        """Segments as they are copied."""
        return [
            pane_rows.segment_record(version, self.tallies.get((key, version.version)))
            for key in ids
            if (version := self.version_at(key)) is not None
        ]

    # How many each holds

    async def read_again(self) -> None:
        """Read the list; the counts follow."""
        await super().read_again()
        self._tallying.moved()

    def _tally_soon(self) -> None:
        if self.is_attached:
            in_worker(self, self._tally_all, group="tally", exclusive=True)

    async def _tally_all(self) -> None:
        """Count one segment after the other, those in sight first; what is asked meanwhile does not wait for all of them."""
        self._tally_turn += 1
        turn = self._tally_turn
        for key in [key for key in self.source.ids if key != NEW][:TALLIED_MAX]:
            version = self.version_at(key)
            if version is None:
                continue

            def work(tx: Transaction, engine: Any, asking: Asking, version: Version = version) -> Tally:
                return service_composing.tally(tx, engine, version, asking, asking.now - DAY)

            try:
                found = await self.preview.run(work, is_stopped=lambda: turn != self._tally_turn)
            except Overtaken:
                return
            except WaconsoleError as refusal:
                found = Tally(None, None, str(refusal))
            if turn != self._tally_turn or not self.is_attached:
                return
            if self.tallies.get((key, version.version)) != found:
                self.tallies[key, version.version] = found
                self.repaint()


def _says(version: Version, words: Sequence[str]) -> bool:
    text = f"{version.name} {version.owner} {version.purpose} {version.rule}".casefold()
    return all(word in text for word in words)
