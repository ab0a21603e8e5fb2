"""Keys: one key one verb over every pane, each with id, words and tooltip; the page of keys is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from waconsole.console.app import ConsoleApp
from waconsole.console.keymap_acts import SHEETS
from waconsole.console.keysdoc import markdown
from waconsole.console.offer import OfferApp
from waconsole.console.panes import CHORDS, PANES
from waconsole.kit.bindings import bindings_of, conflicts, faults
from waconsole.kit.rowlist import RowList

OWNERS: list[type] = [ConsoleApp, RowList, *(entry.load() for entry in PANES)]


def test_one_key_means_one_verb_in_every_pane() -> None:
    assert conflicts(OWNERS, CHORDS) == ()


def test_each_pane_is_what_its_entry_says() -> None:
    for entry in PANES:
        pane = entry.load()

        assert (entry.name, entry.letter, entry.title) == (pane.NAME, pane.CHORD, pane.TITLE)


@pytest.mark.parametrize(
    "owner", [*OWNERS, OfferApp, *(sheet for _title, sheet in SHEETS)], ids=lambda owner: owner.__name__
)
def test_every_key_has_an_id_words_and_a_tooltip(owner: type) -> None:
    assert faults(owner) == ()


def test_every_chord_has_an_id_words_and_a_tooltip_and_no_number_is_used_twice() -> None:
    assert all(chord.id and "." in chord.id and chord.title and chord.tooltip for chord in CHORDS)
    assert sorted(entry.number for entry in PANES) == list(range(1, len(PANES) + 1))


def test_every_action_behind_a_key_is_there() -> None:
    for owner in OWNERS:
        for binding in bindings_of(owner):
            name = binding.action.partition("(")[0]
            assert hasattr(owner, f"action_{name}"), f"{owner.__name__}: {binding.id}"


def test_the_page_of_keys_says_what_the_bindings_say() -> None:
    page = Path(__file__).parents[2] / "docs" / "keys.md"

    assert page.read_text(encoding="utf-8") == markdown(), (
        "python -m waconsole.console.keysdoc > docs/keys.md"
    )
