"""`docs/keys.md`, written from the bindings: `python -m waconsole.console.keysdoc > docs/keys.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from textual.binding import Binding

from waconsole.console.keys import SHELL_BINDINGS
from waconsole.console.palette import Palette
from waconsole.console.panes import CHORDS, PANES
from waconsole.kit.bindings import bindings_of, shown_key
from waconsole.kit.choose import Choose
from waconsole.kit.compose import ReplyText
from waconsole.kit.help import Help
from waconsole.kit.listkeys import LIST_BINDINGS
from waconsole.kit.listpane import ListPane
from waconsole.kit.prompt import PromptInput
from waconsole.kit.reader import Reader
from waconsole.kit.sheet import Sheet

HEAD = """# Keys

One key means one verb, in every pane. `?` in the console shows what can be done where you are, found by
act or by key, and says why an act cannot be done now. This page is written from the bindings by
`python -m waconsole.console.keysdoc`; a test holds it to them.
"""
SHEETS: tuple[tuple[str, type], ...] = (
    ("Before an act on many", Sheet),
    ("A choice", Choose),
    ("A sheet to read", Reader),
    ("The help", Help),
    ("The palette", Palette),
    ("A line to type on", PromptInput),
    ("Writing a reply or a note", ReplyText),
)


def markdown() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEAD
    yield from _table("Everywhere", Binding.make_bindings(SHELL_BINDINGS))
    yield "## One key after another"
    yield ""
    yield "| keys | act | what it does | id |"
    yield "|---|---|---|---|"
    for chord in CHORDS:
        yield f"| `{chord.shown}` | {chord.title} | {chord.tooltip} | `{chord.id}` |"
    yield ""
    yield from _table("Every list", Binding.make_bindings(LIST_BINDINGS))
    shared = {binding.id for binding in bindings_of(ListPane)}
    yield from _table("Members, groups, tasks, search, acts", bindings_of(ListPane))
    for entry in PANES:
        own = [
            binding
            for binding in bindings_of(entry.load())
            if binding.id not in shared or entry.name == "inbox"
        ]
        if own:
            yield from _table(entry.title, own)
    for title, owner in SHEETS:
        yield from _table(title, bindings_of(owner))


def _table(title: str, bindings: Iterable[Binding]) -> Iterator[str]:
    """One table: each act once, with all of its keys."""
    acts: dict[str, tuple[list[str], Binding]] = {}
    for binding in bindings:
        acts.setdefault(binding.id or "", ([], binding))[0].append(shown_key(binding.key))
    yield f"## {title}"
    yield ""
    yield "| keys | act | what it does | id |"
    yield "|---|---|---|---|"
    for name, (keys, binding) in acts.items():
        shown = ", ".join(f"`{key}`" for key in keys).replace("|", "\\|")
        yield f"| {shown} | {binding.description} | {binding.tooltip} | `{name}` |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(markdown())
