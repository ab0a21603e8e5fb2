"""A list pane whose saved views are tabs: read within the view, counted beside the screen, saved by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.kit.listframe import Listed
from waconsole.kit.prompt import Prompt
from waconsole.kit.tabs import Tab, TabStrip
from waconsole.operators import pane_saving
from waconsole.operators.desk import Desk
from waconsole.operators.pane_explain import Question
from waconsole.operators.pane_query import QueryPane
from waconsole.operators.pane_stream import Overtaken
from waconsole.operators.pane_views import ViewTabs
from waconsole.text import _

WHOLE: Final = "all"


class ViewPane(QueryPane):
    """The tab `all` holds every row: within it a view is read.

    `read_ids` is handed a `Within`, or None where nothing narrows the list. `known` are the numbers of the fixed
    tabs, which no narrowing changes, as long as they hold: they need not be counted again.
    """

    ADDS_TABS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "w", "save", _("Save view"), id="query.save",
            tooltip=_("Keep the query in force under a name, as a tab."), show=False,
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.views = ViewTabs(desk, self.SUBJECT, self.language, self.within)
        self.known: Mapping[str, int] = {}
        self._counts_at = -1
        self._goal: int | None = None  # the row that another pane leads to, until the tab it is in is read

    # Tabs

    async def stand_on(self, key: int, tab: str = WHOLE) -> None:
        """Put the cursor on a row among all of a tab, whatever tab and narrowing there were."""
        self.filter_text = ""
        self.show_filter()
        if self.tabs.open_tab.id != tab and self.tabs.open(tab):
            self._goal = key  # the tab is read once it hears of it, and then stands on its first row
            return
        await self.read_again()
        self.rows.move_to_key(key)

    async def on_tab_strip_opened(self, message: TabStrip.Opened) -> None:
        """Another tab lists other rows; where it was opened for one of them, the cursor goes there."""
        message.prevent_default()
        await super().on_tab_strip_opened(message)
        goal, self._goal = self._goal, None
        if goal is not None:
            self.rows.move_to_key(goal)

    def _tabs(self, counts: Mapping[str, int]) -> list[Tab]:
        return [*super()._tabs(counts), *self.views.tabs()]

    def on_tab_strip_add_wanted(self, message: TabStrip.AddWanted) -> None:
        """The + behind the tabs."""
        message.stop()
        self.action_save()

    def questions(self) -> list[Question]:
        """The view's query and the narrowing."""
        view = self.views.view(self.tabs.open_tab.id)
        of_view = [Question(view.query, view.name)] if view is not None else []
        return [*of_view, *super().questions()]

    # Reading

    async def look(self, tab: str, narrowing: str) -> Listed:
        """What is in the tab and matches; a newer look stops an older one. Raises Refused, Overtaken."""
        queries = self.views.queries(tab, narrowing)
        within = self.within(queries) if queries else None
        fixed = tab if tab in dict(self.TABS) else WHOLE
        if within is None:
            self.known, self._counts_at = {}, self.views.version()
            return await self.desk.database.read(lambda tx: self.read_ids(tx, fixed, None))
        self.views.counting.stop()
        self.known = self.counts if self.views.version() == self._counts_at else {}
        with self.looking.told(self, self.show_filter):
            listed = await self.looking.run(lambda tx: self.read_ids(tx, fixed, within))
        if not narrowing.strip():
            self.views.note(tab, len(listed.ids))
        return listed

    async def read_again(self) -> None:
        """Read the views there are, then the list; their numbers follow."""
        self.views.refresh()
        try:
            await super().read_again()
        except Overtaken:
            return
        self.views.count_soon(self, self._show_tabs)

    def changed(self) -> None:
        """Read the list again; a look that runs is not stopped for it, or a busy ledger would let none end."""
        self.looking.when_idle(lambda: self.call_later(super(ViewPane, self).changed))

    async def narrow_to(self, text: str) -> None:
        """List what `text` describes; what is not understood is said, and leaves the list as it is."""
        if wrong := self.language.wrong(text, self.SUBJECT):
            self.trouble(wrong.sentence)
            return
        await super().narrow_to(text)

    def _narrow_live(self, text: str) -> None:
        """A line that is wrong is not looked for, nor one where the menu is open: it is not finished there."""
        if not self.query_one(Prompt).menu.is_open and self.language.wrong(text, self.SUBJECT) is None:
            super()._narrow_live(text)

    def _show_tabs(self) -> None:
        self.tabs.show(self._tabs(self.counts))

    # Saving

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        if action != "save":
            return super().why_not(action)
        if self.desk.read_only:
            return _("This ledger is open for reading only: start again without --read-only to act.")
        tab = self.tabs.open_tab.id
        queries = self.views.queries(tab, self.filter_text)
        return pane_saving.why_not(queries, self.views.view(tab) is not None)

    def action_save(self) -> None:
        """Ask for a name, and keep the query in force under it."""
        if not self.may("save"):
            return
        queries = self.views.queries(self.tabs.open_tab.id, self.filter_text)

        async def save(typed: str) -> None:
            tab = await pane_saving.save(self, self.desk, self.views, self.language, typed, queries)
            if tab is not None:
                await self.show_view(tab)

        names = [view.name for view in self.views.views]
        self.ask(_("save as"), save, names=names, hint=pane_saving.hint())

    async def show_view(self, tab: str) -> None:
        """Open a view that has just been saved: it lists what was seen, without a narrowing."""
        self.filter_text = ""
        self.show_filter()
        self._show_tabs()
        if not self.tabs.open(tab):
            await self.read_again()
