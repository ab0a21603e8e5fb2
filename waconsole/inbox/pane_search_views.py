"""Saved views of messages as tabs of the search: a view lists what its query finds, and the line narrows it further."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widgets import Input

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.inbox.pane_search_entry import SearchEntry
from waconsole.inbox.pane_search_exact import ExactSearch
from waconsole.kit.empty import Empty
from waconsole.kit.tabs import Tab, TabStrip
from waconsole.operators import pane_saving
from waconsole.operators.desk import Desk
from waconsole.operators.pane_explain import Question
from waconsole.operators.pane_stream import Overtaken
from waconsole.operators.pane_views import ViewTabs
from waconsole.text import _, safe

LISTED_MAX: Final = 20_000


class SearchViews(ExactSearch):
    """The search within a view, beside those by words and by exact characters."""

    ADDS_TABS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "w", "save", _("Save view"), id="search.save",
            tooltip=_("Keep the search under a name, as a tab."), show=False,
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.views = ViewTabs(desk, self.SUBJECT, self.language)

    @property
    def is_view(self) -> bool:
        """Whether a saved view is open."""
        return self.views.view(self.tabs.open_tab.id) is not None

    @property
    def entry(self) -> SearchEntry:
        """The query line."""
        return self.query_one(SearchEntry)

    def questions(self) -> list[Question]:
        """The view's query, and the search."""
        view = self.views.view(self.tabs.open_tab.id)
        return super().questions() if view is None else [Question(view.query, view.name), *self._narrowing()]

    def _narrowing(self) -> list[Question]:
        return [Question(self.filter_text)] if self.filter_text else []

    # Tabs

    def _search_tabs(self) -> list[Tab]:
        return [*super()._search_tabs(), *self.views.tabs()]

    def show_tabs(self) -> None:
        """Show the tabs there are, with their numbers."""
        self.set_class(bool(self.views.views), "-views")
        self.tabs.show(self._search_tabs())

    def refresh_views(self) -> None:
        """Read which views there are; their numbers follow."""
        self.views.refresh()
        self.show_tabs()
        self.views.count_soon(self, self.show_tabs)

    def changed(self) -> None:
        """Look again; a view that is being read is not stopped for it, or a busy ledger would let it never end."""
        self.looking.when_idle(lambda: self.call_later(super(SearchViews, self).changed))

    def on_tab_strip_add_wanted(self, message: TabStrip.AddWanted) -> None:
        """The + behind the tabs."""
        message.stop()
        self.action_save()

    # Reading

    async def read_view(self) -> None:
        """List what the view and the line describe; what is not understood is said, and leaves the list as it is."""
        self._turn += 1
        turn, tab, narrowing = self._turn, self.tabs.open_tab.id, self.filter_text
        try:
            within = self.within(self.views.queries(tab, narrowing))
            with self.looking.told(self, self.show_filter):
                ids, count = await self.looking.run(partial(_newest, within.sql, within.parameters))
        except Overtaken:
            return
        except WaconsoleError as refusal:
            self.trouble(str(refusal))
            return
        if turn != self._turn or not self.is_attached:
            return
        self.trouble("")
        self.total = count
        if not narrowing:
            self.views.note(tab, count)
        self._show_ids(ids)

    def teach_view(self) -> None:
        """What an empty view teaches."""
        sentence = (
            _("Fewer words on the line find more.") if self.filter_text else _("Another tab shows the rest.")
        )
        self.query_one(Empty).teach(safe(_("Nothing here.")), safe(sentence))

    # Saving

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        if action != "save":
            return super().why_not(action)
        if self.desk.read_only:
            return _("This ledger is open for reading only: start again without --read-only to act.")
        if self.is_exact:
            return _("A view keeps words, not exact characters: look for words first.")
        return pane_saving.why_not([one.query for one in self.questions()], self.is_view)

    def action_save(self) -> None:
        """Ask for a name, and keep the search under it."""
        if not self.may("save"):
            return
        queries = [one.query for one in self.questions()]

        async def save(typed: str) -> None:
            tab = await pane_saving.save(self, self.desk, self.views, self.language, typed, queries)
            if tab is None:
                return
            self.filter_text = ""
            with self.prevent(Input.Changed):
                self.entry.value = ""
            self.show_tabs()
            if not self.tabs.open(tab):
                await self.read_again()

        names = [view.name for view in self.views.views]
        self.ask(_("save as"), save, names=names, hint=pane_saving.hint())


def _newest(sql: str, parameters: Mapping[str, Any], tx: Transaction) -> tuple[array[int], int]:
    """The ids of the messages that SQL of the language selects, the latest first, and how many there are in all."""
    rows = tx.execute(
        f"SELECT m.id FROM message AS m WHERE m.id IN ({sql}) ORDER BY m.sent_at DESC, m.id DESC LIMIT :listed_max",
        {**parameters, "listed_max": LISTED_MAX},
    )
    ids = array("q", (row[0] for row in rows))
    is_whole = len(ids) < LISTED_MAX
    return ids, len(ids) if is_whole else int(tx.value(f"SELECT count(*) FROM ({sql})", parameters))
