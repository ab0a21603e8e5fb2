"""Saved views as tabs: behind the fixed ones, each with the number of rows it has now."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from textual.timer import Timer

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.kit.pane import Pane
from waconsole.kit.tabs import Tab
from waconsole.kit.worker import in_worker
from waconsole.operators import store_views
from waconsole.operators.desk import Desk
from waconsole.operators.pane_language import PaneLanguage, Within
from waconsole.operators.pane_stream import LatestRead, Overtaken
from waconsole.operators.store_views import SavedView
from waconsole.text import safe

TAB: Final = "view:"
VIEWS_SHOWN_MAX: Final = 50
COUNT_SECONDS_MAX: Final = 2.0
COUNTS_APART_SECONDS: Final = 2.0
COUNT_AFTER_SECONDS: Final = 0.02


class ViewTabs:
    """The views an operator sees of one subject, and their counts as far as they are known."""

    def __init__(
        self,
        desk: Desk,
        subject: str,
        language: PaneLanguage,
        within: Callable[[list[str]], Within] | None = None,
    ) -> None:
        """`within` selects the rows of the list, where those are not the subject's own."""
        self._within = within or (lambda queries: language.within(queries, subject))
        self.subject, self.views = subject, list[SavedView]()
        self.counting = LatestRead(desk.database, seconds_max=COUNT_SECONDS_MAX)
        self._desk, self._language = desk, language
        self._counts: dict[tuple[int, str], int | None] = {}
        self._counted_at = -1
        self._began_at = 0.0
        self._timer: Timer | None = None

    def refresh(self) -> None:
        """Read which views there are: a few rows by their index."""
        tx = self._desk.database.pages()
        found = store_views.views_of(tx, self.subject, self._language.operator_id or None)
        self.views = found[:VIEWS_SHOWN_MAX]

    def tabs(self) -> list[Tab]:
        """A tab for each view."""
        return [
            Tab(self.tab_of(view.id), safe(view.name), self._counts.get((view.id, view.query)))
            for view in self.views
        ]

    def view(self, tab_id: str) -> SavedView | None:
        """The view behind a tab; None for a fixed one."""
        return next((one for one in self.views if tab_id == self.tab_of(one.id)), None)

    def tab_of(self, view_id: int) -> str:
        """The id of a view's tab."""
        return f"{TAB}{view_id}"

    def queries(self, tab_id: str, narrowing: str) -> list[str]:
        """The queries in force in a tab: the view's, and what the operator narrows it by."""
        view = self.view(tab_id)
        said = [view.query] if view is not None else []
        return [*said, narrowing] if narrowing.strip() else said

    # Counts

    def count_soon(self, pane: Pane, show: Callable[[], None]) -> None:
        """Count what is due in a worker of `pane`, at most every `COUNTS_APART_SECONDS`; `show` follows."""
        if self._timer is not None or not self.is_due or not pane.is_attached:
            return

        def begin() -> None:
            self._timer = None
            in_worker(pane, count, group="views", exclusive=True)

        async def count() -> None:
            self._began_at = time.monotonic()
            try:
                await self.count()
            except Overtaken:
                self.count_soon(pane, show)
            if pane.is_attached:
                show()

        apart = COUNTS_APART_SECONDS - (time.monotonic() - self._began_at)
        self._timer = pane.set_timer(max(COUNT_AFTER_SECONDS, apart), begin)

    @property
    def is_due(self) -> bool:
        """Whether the ledger has changed since the views were counted, or a view has no number yet."""
        missing = any((view.id, view.query) not in self._counts for view in self.views)
        return bool(self.views) and (missing or self.version() != self._counted_at)

    def version(self) -> int:
        """Grows with every commit, by whomever."""
        return int(self._desk.database.pages().value("PRAGMA data_version"))

    def note(self, tab_id: str, count: int) -> None:
        """The whole list of a view has been read, so its number is known."""
        if (view := self.view(tab_id)) is not None:
            self._counts[view.id, view.query] = count

    async def count(self) -> None:
        """Count every view, one after the other; a narrowing that begins meanwhile goes first.

        A view that takes longer than `COUNT_SECONDS_MAX`, or asks for what there no longer is, shows no number.
        Raises Overtaken.
        """
        version = self.version()
        for view in list(self.views):
            self._counts[view.id, view.query] = await self._count(view)
        seen = {(view.id, view.query) for view in self.views}
        self._counts = {key: count for key, count in self._counts.items() if key in seen}
        self._counted_at = version

    async def _count(self, view: SavedView) -> int | None:
        try:
            sql, parameters = self._within([view.query])
        except WaconsoleError:
            return None

        def work(tx: Transaction) -> int:
            return int(tx.value(f"SELECT count(*) FROM ({sql})", parameters))

        try:
            return await self.counting.run(work)
        except Overtaken:
            raise
        except WaconsoleError:
            return None


def named(typed: str, names: Sequence[str]) -> tuple[str, bool]:
    """(name, whether it is for everybody) of what was typed to save a view; `names` are taken as they are."""
    text = typed.strip()
    if text not in names and text.endswith(SHARED):
        return text.removesuffix(SHARED).strip(), True
    return text, False


SHARED: Final = " --shared"


def view_names(desk: Desk) -> list[str]:
    """The names of all views the operator sees, for completion."""
    language = PaneLanguage(desk)
    return [
        view.name for view in store_views.views_of(desk.database.pages(), None, language.operator_id or None)
    ]
