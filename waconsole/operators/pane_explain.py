"""Why is this row here? The leaves of a query, asked of one row, as a sheet to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from textual.binding import Binding, BindingType

from waconsole.database.connection import Transaction
from waconsole.kit.glyphs import glyph
from waconsole.kit.pane import Pane
from waconsole.kit.reader import Line, Reader
from waconsole.operators.pane_language import PaneLanguage
from waconsole.operators.pane_stream import LatestRead
from waconsole.text import SafeText, _, safe

VALUE_INDENT: Final = " " * 12

if TYPE_CHECKING:
    from waconsole.query.explain import Explanation, LeafFound


class Question(NamedTuple):
    """A query in force, and where it comes from: the name of a view, or "" for what was typed."""

    query: str
    source: str = ""


class Explained(Reader):
    """An explanation; the key that opened it asks for another query. Answers whether one is wanted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("W", "explain", _("Another query"), id="explained.explain", tooltip=_("Ask this row another query.")),
    ]  # fmt: skip

    def __init__(self, title: SafeText, lines: Sequence[Line]) -> None:
        super().__init__(title, lines)
        self.wants_another = False

    def action_explain(self) -> None:
        """Ask another query."""
        self.wants_another = True
        self.dismiss(None)


def explanation_lines(title: str, query: str, found: Explanation) -> list[Line]:
    """Whether it matches, then each leaf: a sign and a word, the text, the value and what it was compared with.

    `title` says where the query comes from: the name of a view, or "".
    """
    sign, word = ("done", _("matches")) if found.matches else ("refused", _("does not match"))
    head = f"{title}  {query}" if title else query
    lines = [Line(safe(f"{glyph(sign)} {word}  {head}"), sign)]
    for leaf in found.leaves:
        lines.append(_leaf(leaf))
        if says := _value(leaf):
            lines.append(Line(safe(f"{VALUE_INDENT}{says}"), "muted"))
    return lines


def _leaf(leaf: LeafFound) -> Line:
    sign, word = ("done", _("true")) if leaf.is_true else ("refused", _("false"))
    return Line(safe(f"  {glyph(sign)} {word:<7} {leaf.text}"), "" if leaf.is_true else "muted")


def _value(leaf: LeafFound) -> str:
    """The value beside the threshold; nothing where the leaf is its own value."""
    if isinstance(leaf.value, bool):
        return ""
    value = _("no value") if leaf.value is None or leaf.value == "" else str(leaf.value)
    return _("it is: {value}    asked: {threshold}").format(value=value, threshold=leaf.threshold)


async def explain(
    pane: Pane,
    language: PaneLanguage,
    looking: LatestRead,
    *,
    title: SafeText,
    subject: str,
    row_id: int,
    questions: Sequence[Question],
    rule: Callable[[Transaction], Sequence[Line]] | None = None,
    another: Callable[[], None],
) -> None:
    """Show why a row of `subject` is meant by `questions` or not; `another` asks for one more.

    `rule` reads what drew the row, where it is an item. Raises Overtaken; what is refused is said.
    """
    reads = [(one, language.explaining(one.query, subject, row_id)) for one in questions if one.query.strip()]

    def work(tx: Transaction) -> list[Line]:
        lines: list[Line] = []
        for one, read in reads:
            lines += [
                *([Line(SafeText(""))] if lines else []),
                *explanation_lines(one.source, one.query, read(tx)),
            ]
        drawn = rule(tx) if rule is not None else ()
        return [*lines, *([Line(SafeText(""))] if lines and drawn else []), *drawn]

    lines = await pane.attempt(looking.run(work))
    if lines is None:
        return
    sheet = Explained(title, lines)

    def closed(_: None) -> None:
        if sheet.wants_another:
            another()

    pane.app.push_screen(sheet, closed)
