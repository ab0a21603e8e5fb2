"""Looking for exactly these characters: every text is read, the latest first, and what is found is shown meanwhile."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.inbox import store_find
from waconsole.inbox.pane_search_marks import MarkingList
from waconsole.inbox.pane_search_rows import EXACT, SearchRows
from waconsole.kit.bindings import key_of
from waconsole.kit.empty import Empty
from waconsole.kit.line import SafeLine
from waconsole.kit.tabs import Tab
from waconsole.operators.desk import Desk
from waconsole.operators.pane_stream import LatestRead, Overtaken
from waconsole.text import _, safe

SCANNED_AT_ONCE: Final = 20_000
FOUND_MAX: Final = 20_000
TEXT_CHARACTERS_MAX: Final = 500


class ExactScan:
    """One scan at a time. `show` is handed the ids found so far, newest first, and how far it has read."""

    def __init__(self, looking: LatestRead, show: Callable[[array[int], int, int], None]) -> None:
        self._looking, self._show = looking, show
        self._scans = 0
        self.is_running = False

    def stop(self) -> None:
        """Read no further."""
        self._scans += 1
        self.is_running = False

    async def run(self, text: str) -> bool:
        """Read every text for `text`, 1 to `TEXT_CHARACTERS_MAX` characters. False when it was stopped.

        At most `FOUND_MAX` are found. Raises Overtaken when another read of the pane stops it.
        """
        self.stop()
        scan, self.is_running = self._scans, True
        try:
            last = await self._looking.run(store_find.last_message_id)
            found: list[tuple[int, int]] = []
            for through in range(last, 0, -SCANNED_AT_ONCE):
                above = max(0, through - SCANNED_AT_ONCE)
                found += await self._looking.run(_reading(text, above, through))
                if scan != self._scans:
                    return False
                found = sorted(found, reverse=True)[:FOUND_MAX]
                self._show(array("q", (key for _at, key in found)), last - above, last)
                if len(found) == FOUND_MAX:
                    break
            return True
        finally:
            if scan == self._scans:
                self.is_running = False


def _reading(text: str, above: int, through: int) -> Callable[[Transaction], list[tuple[int, int]]]:
    return lambda tx: store_find.holding_exactly(tx, text, above=above, through=through)


class ExactSearch(SearchRows):
    """The search by exact characters, beside the one by words."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.scan = ExactScan(self.looking, self._show_scan)
        self._is_whole = True

    @property
    def hits(self) -> MarkingList:
        """What was found."""
        return self.query_one(MarkingList)

    def _show_found(self) -> None:
        """Say how many were found."""
        raise NotImplementedError

    def _search_tabs(self) -> list[Tab]:
        by_words = self.total if self.terms else None
        exactly = self.total if self.total is not None and self.is_exact else None
        return [Tab("found", safe(_("Found")), by_words), Tab(EXACT, safe(_("Exact")), exactly)]

    def teach_exact(self) -> None:
        """What an empty list teaches while it is read, and after."""
        if self.scan.is_running:
            title, sentence = _("Reading every text…"), self._stops()
        else:
            title = _("No message holds exactly these characters.")
            sentence = _("Every sign counts here, and whether a letter is large or small.")
        self.query_one(Empty).teach(safe(title), safe(sentence))

    def _wait_for_enter(self) -> None:
        """Reading every text is work: it begins when it is asked for."""
        self.filter_text = ""
        self._show_ids(array("q"))
        self.query_one(Empty).teach(
            safe(_("Exactly these characters.")),
            safe(f"{_('Enter reads every text for them.')} {self._stops()}"),
        )

    def _stops(self) -> str:
        key = key_of(self.app, type(self), "pane.back")
        return _("{key} stops.").format(key=key) if key else ""

    async def _read_all(self, text: str) -> None:
        self.filter_text = text
        if not text or len(text) > TEXT_CHARACTERS_MAX:
            self.trouble(_("Exact text has 1 to {count} characters.").format(count=TEXT_CHARACTERS_MAX))
            return
        self.trouble("")
        self._show_ids(array("q"))
        try:
            is_whole = await self.scan.run(text)
        except Overtaken:
            return
        count = len(self.source)
        self.total = count if is_whole else None
        self.show_filter(
            _("the first {count} found").format(count=f"{count:,}") if count >= FOUND_MAX else ""
        )
        self._show_found()
        if not is_whole:
            self.say(_("The search was stopped: what it had found is shown."), "advice")

    def _show_scan(self, ids: array[int], done: int, total: int) -> None:
        if self.is_attached and self.is_exact:
            self.show_filter(_("read {done} of {total}").format(done=f"{done:,}", total=f"{total:,}"))
            self._show_ids(ids)

    def _show_ids(self, ids: array[int]) -> None:
        self._is_whole = True
        self.source.replace(ids)
        self.hits.look_for(())
        self.hits.reload()
        self._show_found()

    def show_filter(self, more: str = "") -> None:
        """How far the search has read; its words stand on the line itself."""
        self.query_one(".list--filter", SafeLine).show(safe(more))
