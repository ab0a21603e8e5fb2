"""Every act that has keys, where they are heard, and what a keymap may do with them.

Read from the bindings of the shell, the lists, the panes and the sheets; loading it loads them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from textual.binding import Binding

from waconsole.cashback.pane_batches import Batches
from waconsole.console.connecting import ConnectSheet
from waconsole.console.keymap_names import LEAVE_KEY, Sequence, is_typed, key_name, shown
from waconsole.console.keys import SHELL_BINDINGS
from waconsole.console.palette import Palette
from waconsole.console.panes import CHORDS, PANES
from waconsole.errors import Refused
from waconsole.inbox.pane_search_entry import SearchEntry
from waconsole.kit.bindings import bindings_of, verb
from waconsole.kit.choose import Choose
from waconsole.kit.compose import ReplyText
from waconsole.kit.help import Help
from waconsole.kit.listkeys import LIST_BINDINGS
from waconsole.kit.prompt import PromptInput
from waconsole.kit.reader import Reader
from waconsole.kit.sheet import Sheet
from waconsole.ledger.pane_accounts import Accounts
from waconsole.operators.pane_explain import Explained

# What a sheet asks is answered with the keys it shows, so nobody gives these away.
FIXED: Final[tuple[tuple[str, type], ...]] = (
    ("Before an act on many", Sheet),
    ("A choice", Choose),
    ("A sheet to read", Reader),
    ("Why a row is here", Explained),
    ("The accounts", Accounts),
    ("The batches", Batches),
    ("The help", Help),
    ("The palette", Palette),
    ("Connecting a number", ConnectSheet),
)
# While something is typed a sign is a sign.
TYPING: Final[tuple[tuple[str, type], ...]] = (
    ("A line to type on", PromptInput),
    ("The line of the search", SearchEntry),
    ("Writing a reply or a note", ReplyText),
)
SHEETS: Final = (*FIXED, *TYPING)
WITH_LIST: Final = (Choose, Reader, Explained, Accounts, Batches, ConnectSheet)
SHELL: Final = "Everywhere"
LIST: Final = "Every list"
# Without these nothing leads out.
KEPT_VERBS: Final = frozenset({"leave", "back"})


@dataclass(slots=True)
class Act:
    """What keys do: `built_in` are the keys it has without a keymap; `where` is the first place that has it."""

    id: str
    title: str
    says: str
    action: str
    where: str
    built_in: tuple[Sequence, ...] = ()
    is_fixed: bool = False
    is_typing: bool = False
    is_priority: bool = False
    has_single: bool = True

    def checked(self, wanted: tuple[Sequence, ...]) -> tuple[Sequence, ...]:
        """`wanted` as keys this act may have. Raises Refused."""
        if self.is_fixed:
            raise Refused("a sheet is answered with the keys it shows, so these stay as they are")
        if not wanted and verb(self.id) in KEPT_VERBS:
            raise Refused("it must keep a key: nothing else leads out")
        for sequence in wanted:
            self._check(sequence)
        return wanted

    def _check(self, sequence: Sequence) -> None:
        if sequence == (LEAVE_KEY,) and verb(self.id) != "leave":
            raise Refused(f"{LEAVE_KEY} leaves the console, and means nothing else")
        if len(sequence) == 1:
            if not self.has_single:
                raise Refused(f"it takes several keys one after another, like {shown(self.built_in[0])}")
            if (self.is_typing or self.is_priority) and is_typed(sequence[0]):
                raise Refused(f"{shown(sequence)} is written where something is typed")
        elif self.is_typing or self.is_priority:
            raise Refused(f"it works while something is typed, where {shown(sequence)} is text")


@dataclass(slots=True)
class Place:
    """Somewhere keys are heard together."""

    title: str
    acts: dict[str, Act] = field(default_factory=dict)
    takes_chords: bool = False


@dataclass(frozen=True, slots=True)
class Acts:
    """Every act by id, and the places where their keys meet."""

    by_id: dict[str, Act]
    places: tuple[Place, ...]


def all_acts() -> Acts:
    """Every act there is."""
    by_id: dict[str, Act] = {}
    shell = _read(by_id, SHELL, Binding.make_bindings(SHELL_BINDINGS))
    lists = _read(by_id, LIST, Binding.make_bindings(LIST_BINDINGS))
    for chord in CHORDS:
        act = by_id.setdefault(
            chord.id, Act(chord.id, chord.title, chord.tooltip, chord.action, LIST, has_single=False)
        )
        act.built_in += (tuple(key_name(key) for key in chord.keys),)
    lists |= {one.id: one for one in by_id.values() if not one.has_single}
    places = [
        Place(entry.title, shell | lists | _read(by_id, entry.title, bindings_of(entry.load())), True)
        for entry in PANES
    ]
    everywhere = {one.id: one for one in shell.values() if one.is_priority}
    for title, owner in SHEETS:
        own = _read(by_id, title, bindings_of(owner))
        for act in own.values():
            act.is_fixed, act.is_typing = (title, owner) in FIXED, (title, owner) in TYPING
        places.append(Place(title, everywhere | (lists if owner in WITH_LIST else {}) | own))
    return Acts(by_id, tuple(places))


def _read(by_id: dict[str, Act], where: str, bindings: Iterable[Binding]) -> dict[str, Act]:
    """The acts of some bindings; each is known once, with all of its keys."""
    found: dict[str, Act] = {}
    for binding in bindings:
        name = binding.id or ""
        act = by_id.setdefault(
            name, Act(name, binding.description, binding.tooltip, binding.action, where, is_priority=binding.priority)
        )  # fmt: skip
        if (binding.key,) not in act.built_in:
            act.built_in += ((binding.key,),)
        found[name] = act
    return found
