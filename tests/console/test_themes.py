"""Themes: data that cannot break the console, colours that can be read and told apart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.theme import BUILTIN_THEMES

from waconsole.console import themes
from waconsole.console.themes import Themes
from waconsole.errors import Refused
from waconsole.kit.glyphs import ASCII_GLYPHS, GLYPHS
from waconsole.kit.roles import role_style, variable_defaults
from waconsole.kit.rowlist import RowList
from waconsole.kit.rows import HeldRows

OWN = ("wa-cb-dark", "wa-cb-light", "wa-contrast", "wa-dark", "wa-dusk", "wa-light")


@pytest.fixture(autouse=True)
def _no_themes_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))


def with_file(folder: Path, text: str, name: str = "mine.toml") -> Themes:
    """What is loaded when the operator has one theme file."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return themes.load(folder, {})


def test_a_theme_that_says_little_inherits_the_rest(tmp_path: Path) -> None:
    loaded = with_file(tmp_path, 'name = "mine"\nextends = "wa-light"\n[roles]\nowed = "#a00000"\n')
    mine, light = loaded.named("mine"), loaded.named("wa-light")
    assert loaded.problems == ()
    assert mine.colour("owed") == "#A00000"
    assert mine.colour("done") == light.colour("done")
    assert not mine.textual.dark


def test_one_of_textuals_themes_can_be_extended(tmp_path: Path) -> None:
    mine = with_file(tmp_path, 'name = "nord"\nextends = "nord"\n[text]\nowed = "bold underline"\n').named(
        "nord"
    )
    assert mine.colour("background").lower() == str(BUILTIN_THEMES["nord"].background).lower()
    assert mine.textual.variables["role-owed-style"] == "bold underline"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = 1", "name must be letters"),
        ('name = "m"\ncolours = 1', "does not know colours. The nearest is colors."),
        ('name = "m"\n[roles]\nowd = "#fff"', "[roles] does not know owd. The nearest is owed."),
        ('name = "m"\n[roles]\nowed = "#ggg"', "roles.owed is not a colour: #ggg."),
        ('name = "m"\n[roles]\nowed = "ansi_red"', "roles.owed must be a solid colour"),
        ('name = "m"\n[roles]\nowed = "red; } * { display: none"', "roles.owed is not a colour"),
        ('name = "m"\n[colors]\nbackground = 3', "colors.background must be a text."),
        ('name = "m"\n[text]\nowed = "blink"', "text.owed must be made of bold"),
        ('name = "m"\n[glyphs]\nowed = "\\u001b"', "glyphs.owed must be one visible sign"),
        ('name = "m"\n[glyphs]\nowed = "🔥"', "glyphs.owed must be one visible sign"),
        ('name = "m"\n[ascii]\nowed = "◆"', "ascii.owed must be one visible sign"),
        ('name = "m"\nextends = "nrod"', "extends nrod, which is missing. The nearest is nord."),
        ('name = "m"\nextends = "m"', "extends m, which is missing."),
        ('name = "m"\ndark = "yes"', "dark must be true or false"),
        ('name = "wa-dark"', "is the house's own: choose another name"),
        ("name = ", "cannot be read"),
    ],
)
def test_a_broken_theme_is_reported_in_one_sentence_and_the_others_load(
    tmp_path: Path, text: str, sentence: str
) -> None:
    loaded = with_file(tmp_path, text)
    assert len(loaded.problems) == 1
    assert sentence in loaded.problems[0]
    assert "\n" not in loaded.problems[0] and "\x1b" not in loaded.problems[0]
    assert set(OWN) == set(loaded.by_name)


def test_themes_that_extend_each_other_are_reported(tmp_path: Path) -> None:
    with_file(tmp_path, 'name = "a"\nextends = "b"', "a.toml")
    loaded = with_file(tmp_path, 'name = "b"\nextends = "a"', "b.toml")
    assert len(loaded.problems) == 2
    assert "extends itself" in loaded.problems[0]


def test_the_folder_named_first_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with_file(second, 'name = "mine"\n[roles]\nowed = "#00ff00"')
    with_file(first, 'name = "mine"\n[roles]\nowed = "#ff0000"')
    by_path = themes.load(None, {themes.THEME_PATH_VARIABLE: os.pathsep.join([str(first), str(second)])})
    assert by_path.named("mine").colour("owed") == "#FF0000"
    by_option = themes.load(second, {themes.THEME_PATH_VARIABLE: str(first)})
    assert by_option.named("mine").colour("owed") == "#00FF00"


def test_an_unknown_theme_is_refused_naming_the_nearest() -> None:
    with pytest.raises(Refused, match="The nearest is wa-dark"):
        themes.load(None, {}).named("wa-drak")


def test_every_glyph_has_an_ascii_twin() -> None:
    assert GLYPHS.keys() == ASCII_GLYPHS.keys()
    assert all(sign.isascii() for sign in ASCII_GLYPHS.values())


@pytest.mark.parametrize("name", OWN)
async def test_textual_can_show_every_theme(name: str) -> None:
    theme = themes.load(None, {}).named(name)

    class Shown(App[None]):
        def get_theme_variable_defaults(self) -> dict[str, str]:
            return variable_defaults()

        def compose(self) -> ComposeResult:
            yield RowList(HeldRows(), ())

    app = Shown()
    app.register_theme(theme.textual)
    app.theme = name
    async with app.run_test():
        style = role_style(app.query_one(RowList), "owed")
        assert style.color is not None and style.color.triplet is not None
        assert style.color.triplet.hex.upper() == theme.colour("owed")
