"""What stands where nothing stands yet: it teaches one thing."""

from __future__ import annotations

from waconsole.kit.line import Paragraphs
from waconsole.kit.rows import Cell
from waconsole.text import SafeText


class Empty(Paragraphs):
    """A title and one sentence that says how to begin."""

    DEFAULT_CSS = """
    Empty { height: 1fr; content-align: center middle; text-align: center; padding: 1 2; }
    """

    def __init__(self, title: SafeText, sentence: SafeText, *, id: str | None = None) -> None:
        super().__init__(_lines(title, sentence), id=id)

    def teach(self, title: SafeText, sentence: SafeText) -> None:
        """Say something else from now on."""
        self.show(_lines(title, sentence))


def _lines(title: SafeText, sentence: SafeText) -> tuple[tuple[Cell, ...], ...]:
    assert title and sentence, "an empty state says what is missing and how to begin"
    return ((Cell(title, "title"),), (), (Cell(sentence, "muted"),))
