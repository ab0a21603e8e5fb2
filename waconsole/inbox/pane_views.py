"""The inbox's queries by key: why a row is here, and keeping what is in force as a view."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from waconsole.database.connection import Transaction
from waconsole.inbox.pane_find import MESSAGE_SUBJECT, InboxFinding
from waconsole.inbox.pane_reading import CONVERSATION
from waconsole.kit.rows import Cell
from waconsole.kit.tabs import TabStrip
from waconsole.operators.pane_stream import Overtaken
from waconsole.text import _, safe

if TYPE_CHECKING:
    from waconsole.operators.pane_explain import Question

TITLE_CHARACTERS_MAX: Final = 80


class InboxViews(InboxFinding):
    """What `W`, `w` and the + behind the tabs do."""

    # Why

    def _questions(self) -> list[Question]:
        """The queries in force where the operator stands."""
        from waconsole.operators.pane_explain import Question

        if self.stage != "list":
            return [Question(self.thread_query)] if self.thread_query else []
        view = self.views.view(self.tabs.open_tab.id)
        found = [Question(view.query, view.name)] if view is not None else []
        return [*found, Question(self.filter_text)] if self.filter_text else found

    def _item_id(self) -> int | None:
        """The work item of what the operator stands on."""
        if self.stage == "list":
            return self.row.item_id if self.row is not None else None
        return self.thread.entry.item_id if self.thread.entry is not None else None

    async def explain(self) -> None:
        """Why the row or the message is here; of an item also the rule that drew it."""
        questions = self._questions()
        if questions or self._item_id() is not None:
            await self._explain(questions)
        else:
            self.ask_why()

    def ask_why(self) -> None:
        """Ask for a query to explain what the operator stands on by."""
        from waconsole.operators.pane_explain import Question

        async def asked(text: str) -> None:
            if text:
                await self._explain([Question(text)])

        self._in_thread = self.stage != "list"
        self.ask_line(_("why"), asked, guide=self.guide())

    async def _explain(self, questions: Sequence[Question]) -> None:
        from waconsole.operators.pane_explain import explain

        row, entry = self.row, self.thread.entry
        if row is None or (self.stage != "list" and entry is None):
            return
        item_id, now = self._item_id(), self.desk.clock()
        in_list = self.stage == "list"
        title = self.name_of(row.id)
        if not in_list and entry is not None:
            title = safe(f"{title}: {entry.text[:TITLE_CHARACTERS_MAX]}")
        try:
            await explain(
                self, self.language, self.asking, title=title,
                subject=CONVERSATION if in_list else MESSAGE_SUBJECT,
                row_id=row.id if in_list or entry is None else entry.key // 4, questions=questions,
                rule=None if item_id is None else partial(rule_lines, item_id=item_id, now=now),
                another=self.ask_why,
            )  # fmt: skip
        except Overtaken:
            return

    # Views

    def save_view(self) -> None:
        """Ask for a name, and keep the query in force under it."""
        from waconsole.operators import pane_saving

        queries = self.queries()

        async def save(typed: str) -> None:
            tab = await pane_saving.save(self, self.desk, self.views, self.language, typed, queries)
            if tab is None:
                return
            self.filter_text = ""
            self.show_filter()
            self.show_tabs()
            if not self.tabs.open(tab):
                await self.read_again()

        self.ask_line(_("save as"), save, hint=pane_saving.hint())

    def why_not_save(self) -> str:
        """Why there is nothing to save; "" when there is."""
        from waconsole.operators import pane_saving

        return pane_saving.why_not(self.queries(), self.views.view(self.tabs.open_tab.id) is not None)

    def on_tab_strip_add_wanted(self, message: TabStrip.AddWanted) -> None:
        """The + behind the tabs."""
        message.stop()
        if why := self.why_not_save():
            self.say(why, "advice")
        else:
            self.save_view()


def rule_lines(tx: Transaction, *, item_id: int, now: int) -> list[Cell]:
    """What drew an item: the rule, what it says, and the words that matched."""
    from waconsole.inbox.service_find import explain_item

    found: dict[str, Any] = explain_item(tx, item_id, now=now)
    version = f" v{found['rule_version']}" if found["rule_version"] else ""
    lines = [
        Cell(safe(_("work item: {kind}, {state}").format(kind=found["kind"], state=found["state"])), "title"),
        Cell(safe(_("  rule     {rule}{version}").format(rule=found["rule"], version=version))),
        Cell(safe(_("  says     {says}").format(says=found["says"]))),
    ]
    if found["evidence"]:
        lines.append(Cell(safe(_("  matched  {evidence}").format(evidence=found["evidence"]))))
    return lines
