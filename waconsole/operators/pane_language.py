"""The query language as a pane speaks it: what may follow, what is wrong, what matches, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from waconsole.operators.desk import Desk
from waconsole.text import safe

# The language is loaded when it is first spoken: the first frame does without.
if TYPE_CHECKING:
    from waconsole.database.connection import Transaction
    from waconsole.kit.suggest import Guide, Suggestion, Wrong
    from waconsole.query.compile import Compiled
    from waconsole.query.explain import Explanation
    from waconsole.query.fields import Vocabulary
    from waconsole.query.mistakes import QueryError


class Within(NamedTuple):
    """SELECT of the ids of what matches, and its parameters."""

    sql: str
    parameters: dict[str, Any]


class PaneLanguage:
    """The words of one desk. `words` answers the vocabulary where a pane has one of its own."""

    def __init__(self, desk: Desk, words: Callable[[], Vocabulary] | None = None) -> None:
        self.words = words or desk.vocabulary
        self._desk = desk

    @property
    def operator_id(self) -> int:
        """Who asks; 0 while nobody has acted yet."""
        from waconsole.operators import service

        return service.acting_id(self._desk.database.pages(), self._desk.operator) or 0

    # While it is typed

    def guide(self, subject: str) -> Guide:
        """What guides a line about `subject`."""
        from waconsole.kit.suggest import Guide

        return Guide(
            lambda text, cursor: self.suggestions(text, cursor, subject),
            lambda text: self.wrong(text, subject),
        )

    def suggestions(self, text: str, cursor: int, subject: str) -> list[Suggestion]:
        """What may stand where the cursor is, with real values by prefix."""
        from waconsole.kit.suggest import Suggestion
        from waconsole.query.complete import complete

        found = complete(text, cursor, subject, self.words(), self._desk.database.pages())
        return [Suggestion(one.insert, one.says, one.start, one.stop) for one in found]

    def wrong(self, text: str, subject: str) -> Wrong | None:
        """The first thing that is wrong with a query."""
        from waconsole.kit.suggest import Wrong

        for error in self.mistakes(text, subject):
            return Wrong(safe(str(error)), error.place.start, error.place.stop)
        return None

    def mistakes(self, text: str, subject: str) -> list[QueryError]:
        """Everything that is wrong with a query."""
        from waconsole.query.compile import check

        return check(text, subject, self.words())

    # What matches

    def compiled(self, texts: Sequence[str], subject: str) -> Compiled:
        """One condition that holds where all of `texts` hold. Raises QueryError with the place in its text."""
        from waconsole.query.compile import compile_tree
        from waconsole.query.fields import Scope
        from waconsole.query.mistakes import QueryError
        from waconsole.query.parse import parse
        from waconsole.query.tree import All

        desk, trees, now = self._desk, [], self._desk.clock()
        known = self.words().known(desk.database.pages(), now, desk.zone)
        scope = Scope(now, self.operator_id, desk.zone, known=known)
        for text in texts:
            try:
                trees.append(parse(text))
            except QueryError as error:
                raise error.in_text(text) from None
        return compile_tree(All(tuple(trees)), subject, self.words(), scope)

    def within(self, texts: Sequence[str], subject: str) -> Within:
        """The ids of the rows of `subject` where all of `texts` hold. Raises QueryError."""
        from waconsole.query.compile import ids_sql

        compiled = self.compiled(texts, subject)
        return Within(ids_sql(compiled, self.words().subject(subject)), compiled.parameters)

    def joined(self, texts: Sequence[str]) -> str:
        """One query that says what all of `texts` say. Raises QueryError."""
        from waconsole.query.parse import parse
        from waconsole.query.tree import every, written

        said = [text.strip() for text in texts if text.strip()]
        return said[0] if len(said) == 1 else written(every([parse(text) for text in said]))

    def explaining(self, text: str, subject: str, row_id: int) -> Callable[[Transaction], Explanation]:
        """A read that says why a row of `subject` matches a query or not. It raises QueryError."""
        from waconsole.query.explain import explain

        desk, operator_id, words = self._desk, self.operator_id, self.words()

        def work(tx: Transaction) -> Explanation:
            now = desk.clock()
            return explain(
                tx, text, subject, row_id, words,
                now=now, zone=desk.zone, operator_id=operator_id, known=words.known(tx, now, desk.zone),
            )  # fmt: skip

        return work
