"""`?`: what can be done here, read from the bindings and chords that are in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.dom import DOMNode

from waconsole.console.keymap_live import NO_KEY
from waconsole.kit.bindings import shown_key
from waconsole.kit.help import HelpEntry
from waconsole.text import _, safe

if TYPE_CHECKING:
    from waconsole.console.app import ConsoleApp


@dataclass(slots=True)
class Doable:
    """An act that a key does now: the node it is done on, its action, its keys, why it cannot be done."""

    node: DOMNode
    action: str
    id: str
    title: str
    tooltip: str
    keys: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def entry(self) -> HelpEntry:
        """The act as the help shows it."""
        return HelpEntry(
            tuple(self.keys),
            self.id,
            safe(self.title),
            safe(self.tooltip),
            not self.reason,
            safe(self.reason),
        )


def doables(app: ConsoleApp) -> list[Doable]:
    """Every act of the pane in sight, of what has the focus there, and of the shell, each once."""
    found: dict[str, Doable] = {}
    for node, binding in _bindings(app):
        if binding.id is None:
            continue
        if binding.id not in found:
            found[binding.id] = Doable(
                node, binding.action, binding.id, binding.description, binding.tooltip,
                reason=why_not(app, node, binding.action),
            )  # fmt: skip
        if binding.key == NO_KEY:
            continue
        if found[binding.id].node is node and (key := shown_key(binding.key)) not in found[binding.id].keys:
            found[binding.id].keys.append(key)
    for chord in app.live_keys.chords:
        known = found.get(chord.id)
        if known is not None:
            known.keys.append(chord.shown)
        else:
            node = app.focused or app.deck.pane
            found[chord.id] = Doable(node, chord.action, chord.id, chord.title, chord.tooltip, [chord.shown])
    return list(found.values())


def _bindings(app: ConsoleApp) -> Iterator[tuple[DOMNode, Binding]]:
    """From the pane, then the widget that has the focus in it, then the shell."""
    focused = app.focused
    for node in (app.deck.pane, focused, app):
        if node is not None:
            for binding in app.live_keys.of(type(node)):
                yield node, binding


def why_not(app: ConsoleApp, node: DOMNode, action: str) -> str:
    """Why an act cannot be done now; "" when it can."""
    name = action.partition("(")[0].rpartition(".")[2]
    if (asked := getattr(node, "why_not", None)) is not None:
        return str(asked(name))
    if node is app and name == "undo" and app.desk.read_only:
        return _("This ledger is open for reading only.")
    if node is app and name == "previous" and app.deck.previous is None:
        return _("This is the first pane you have opened.")
    return ""
