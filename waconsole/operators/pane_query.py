"""A list pane that speaks the query language: it is narrowed, marked and explained in it."""

from __future__ import annotations

from array import array
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from waconsole.database.connection import Transaction
from waconsole.errors import WaconsoleError
from waconsole.kit.line import SafeLine
from waconsole.kit.listpane import ListPane
from waconsole.kit.suggest import mark_hint
from waconsole.kit.worker import in_worker
from waconsole.operators.desk import Desk
from waconsole.operators.pane_explain import Question, explain
from waconsole.operators.pane_language import PaneLanguage, Within
from waconsole.operators.pane_stream import LatestRead, Overtaken
from waconsole.text import SafeText, _, safe

if TYPE_CHECKING:
    from waconsole.kit.suggest import Guide
    from waconsole.query.fields import Vocabulary

MARK: Final = "*"
WHY: Final = _("why")


class QueryPane(ListPane):
    """`SUBJECT` is what its rows are for the language; `row_of` answers the subject's id of a row."""

    SUBJECT: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "W", "explain", _("Why"), id="query.explain",
            tooltip=_("Say why this row is here: what the query asks, and what is true of it."), show=False,
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk: Desk = desk
        self.language = PaneLanguage(desk, self.words)
        self.looking = LatestRead(desk.database)
        self.asking = LatestRead(
            desk.database
        )  # marks and explanations: a list read again does not stop them

    # What a subclass may say otherwise

    def words(self) -> Vocabulary:
        """What may be asked here."""
        return self.desk.vocabulary()

    def row_of(self, key: int) -> int:
        """The id of the subject's row that the row `key` of this list shows."""
        return key

    def within(self, queries: list[str]) -> Within:
        """The keys of this list where all of `queries` hold. Raises QueryError."""
        return self.language.within(queries, self.SUBJECT)

    def questions(self) -> list[Question]:
        """The queries in force."""
        return [Question(self.filter_text)] if self.filter_text else []

    def title_of(self, key: int) -> SafeText:
        """What a row is called in the title of its explanation."""
        rows = self.read_rows(self.desk.database.pages(), [key])
        texts = [cell.text.strip() for cell in rows[0].cells[-2:]] if rows else []
        return safe("  ".join(text for text in texts if text))

    # Reading

    def guide(self) -> Guide:
        """The language of this pane's subject."""
        return self.language.guide(self.SUBJECT)

    def show_filter(self, more: str = "") -> None:
        """Show the narrowing in force, and how it gets on."""
        words = f"/{self.filter_text}" if self.filter_text else ""
        self.query_one(".list--filter", SafeLine).show(safe(f"{words}  … {more}" if more else words))

    # Marking

    def action_mark_all(self) -> None:
        """Ask for a query, and mark what it matches."""
        if self.may("mark_all"):
            self.ask(MARK, self._marked, guide=self.guide(), hint=mark_hint())

    async def _marked(self, text: str) -> None:
        if text:
            in_worker(self, partial(self._mark, text), group="mark", exclusive=True)
        else:
            self.rows.mark_everything()

    async def _mark(self, text: str) -> None:
        """Mark all rows of the list that match, also those nobody has seen."""
        try:
            within = self.within([text])
            with self.asking.told(self, self.show_filter):
                found = await self.asking.run(partial(keys_of, within))
        except Overtaken:
            return
        except WaconsoleError as refusal:
            self.say(str(refusal), "refused")
            return
        count = self.rows.mark_matching(found, self.source.ids)
        if count:
            self.say(_("Marked: {count}.").format(count=f"{count:,}"))
        else:
            self.say(_("Nothing in this list matches."), "advice")

    # Explaining

    def why_not(self, action: str) -> str:
        """Why the act behind `action` cannot be done now; "" when it can."""
        return super().why_not("copy" if action == "explain" else action)

    async def action_explain(self) -> None:
        """Show why the row under the cursor is here; where no query is in force, ask for one."""
        if self.may("explain"):
            if questions := self.questions():
                await self.explain(questions)
            else:
                self.ask_why()

    def ask_why(self) -> None:
        """Ask for a query to explain the row under the cursor by."""

        async def asked(text: str) -> None:
            if text:
                await self.explain([Question(text)])

        self.ask(WHY, asked, guide=self.guide())

    async def explain(self, questions: list[Question]) -> None:
        """Show what `questions` ask of the row under the cursor."""
        if (key := self.key) is None:
            return
        try:
            await explain(
                self, self.language, self.asking, title=self.title_of(key), subject=self.SUBJECT,
                row_id=self.row_of(key), questions=questions, another=self.ask_why,
            )  # fmt: skip
        except Overtaken:
            return


def keys_of(within: Within, tx: Transaction) -> array[int]:
    """The ids themselves."""
    return array("q", (row[0] for row in tx.execute(within.sql, within.parameters)))
