"""Key sequences, and what every binding must say."""

from __future__ import annotations

from typing import Any, Final

import pytest
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from tests.kit.screens import KitApp, Million
from waconsole.kit.bindings import bindings_of, conflicts, faults, shown_key
from waconsole.kit.chords import Chord, ChordLayer, Chords, Pending
from waconsole.kit.columns import Column
from waconsole.kit.compose import ReplyText
from waconsole.kit.help import Help
from waconsole.kit.prompt import PromptInput
from waconsole.kit.rowlist import RowList
from waconsole.kit.sheet import Sheet
from waconsole.kit.tabs import TAB_BINDINGS

TURNS_MAX: Final = 1_000
TOP = Chord(("g", "g"), "first", "list.first", "First", "Move to the first row.")
INBOX = Chord(("g", "i"), "visit('inbox')", "visit.inbox", "Inbox", "Open the inbox.")


class ChordApp(KitApp):
    """A list, an input, and the chord layer."""

    BINDINGS = [Binding("x", "hear('x')", "X", id="t.x", tooltip="X.")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.layer = ChordLayer(self, [TOP, INBOX], self.heard.append)

    def compose(self) -> ComposeResult:
        """List and input."""
        yield RowList(Million(), [Column("no", 8), Column("text")])
        yield Input()

    async def on_event(self, event: events.Event) -> None:
        """As the console does it."""
        if isinstance(event, events.Key) and await self.layer.takes(event):
            return
        await super().on_event(event)

    def action_hear(self, what: str) -> None:
        """Remember it."""
        self.heard.append(what)

    def action_visit(self, pane: str) -> None:
        """Remember it."""
        self.heard.append(f"visit {pane}")


async def test_two_keys_are_one_word_for_the_focused_widget_or_the_app_around_it() -> None:
    app = ChordApp()
    async with app.run_test() as pilot:
        await pilot.press("G", "g", "g")
        assert app.query_one(RowList).cursor_index == 0
        await pilot.press("g", "i", "x")
        assert [one for one in app.heard if one is not None] == ["visit inbox", "x"]


async def test_a_key_that_leads_nowhere_ends_the_sequence_and_does_nothing_else() -> None:
    app = ChordApp()
    async with app.run_test() as pilot:
        await pilot.press("g", "x", "g", "escape", "i")
        assert [one for one in app.heard if one is not None] == []
        await pilot.press("x")
        assert app.heard[-1] == "x"


async def _until_heard(pilot: Pilot[None], app: ChordApp, count: int) -> None:
    """Wait until so many things were heard; whoever asserts what says when they never come."""
    for _ in range(TURNS_MAX):
        if len(app.heard) >= count:
            return
        await pilot.pause(0.01)


async def test_who_hesitates_is_shown_what_may_follow_and_then_it_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("waconsole.kit.chords.SHOW_AFTER_SECONDS", 0.05)
    monkeypatch.setattr("waconsole.kit.chords.GIVE_UP_AFTER_SECONDS", 0.15)
    app = ChordApp()
    async with app.run_test() as pilot:
        await pilot.press("g")
        await _until_heard(pilot, app, 1)
        assert app.heard == [Pending(("g",), (("g", "First"), ("i", "Inbox")))]
        await _until_heard(pilot, app, 2)
        assert app.heard[-1] is None
        await pilot.press("x")
        assert app.heard[-1] == "x"


async def test_an_input_and_a_modal_screen_get_their_keys() -> None:
    app = ChordApp()
    async with app.run_test() as pilot:
        app.query_one(Input).focus()
        await pilot.press("g", "g", "g", "i")
        assert app.query_one(Input).value == "gggi"
        app.query_one(RowList).focus()
        await app.push_screen(ModalScreen[Any]())
        await pilot.press("g", "i")
        assert app.heard == []


def test_a_chord_that_hides_another_is_refused() -> None:
    with pytest.raises(ValueError, match="same whole sequence"):
        Chords([TOP, Chord(("g", "g", "x"), "x", "a.x", "X", "X.")])
    with pytest.raises(AssertionError):
        Chords([Chord(("g",), "x", "a.x", "X", "X.")])


@pytest.mark.parametrize("owner", [RowList, ReplyText, PromptInput, Sheet, Help])
def test_every_binding_has_an_id_a_word_and_a_tooltip(owner: type) -> None:
    assert bindings_of(owner)
    assert faults(owner) == ()


def test_one_key_is_one_verb_in_every_pane() -> None:
    class Good(Widget):
        BINDINGS = [Binding("e", "done", "Done", id="good.done", tooltip="Done."), *TAB_BINDINGS]  # noqa: RUF012

    class Same(Widget):
        BINDINGS = [Binding("e", "done", "Done", id="same.done", tooltip="Done.")]  # noqa: RUF012

    class Other(Widget):
        BINDINGS = [Binding("e", "leave", "Leave", id="other.leave", tooltip="Leave."), ("g", "x", "X")]  # noqa: RUF012

    assert conflicts([Good, Same, RowList], [TOP]) == ()
    assert conflicts([Good, Other]) == ("Key e means Good: good.done and Other: other.leave.",)
    assert faults(Other) == ("Other: key g has no id, tooltip.",)


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("question_mark", "?"),
        ("ctrl+d", "ctrl+d"),
        ("space", "␣"),
        ("down", "↓"),
        ("G", "G"),
        ("escape", "esc"),
    ],
)
def test_keys_are_read_as_people_write_them(key: str, shown: str) -> None:
    assert shown_key(key) == shown
