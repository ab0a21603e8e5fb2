"""Emoji by name: only what is a picture is named, and the console's own signs stay."""

from __future__ import annotations

import timeit
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.console.shell import Console
from tests.inbox.ledger_builder import NOW, Builder, Said
from tests.inbox.pane_app import desk_over
from waconsole import catalogue
from waconsole.console.app import ConsoleApp
from waconsole.console.emoji import named
from waconsole.database.connection import Transaction
from waconsole.kit.glyphs import GLYPHS
from waconsole.settings import ConsoleSettings, Settings
from waconsole.text import respell, safe


@pytest.fixture(autouse=True)
def _as_it_is() -> Iterator[None]:
    yield
    respell(None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("😀", ":grinning:"),
        ("merci 👍🏽", "merci :thumbs_up:"),
        ("❤️", ":heart:"),
        ("👨‍👩‍👧!", ":man+woman+girl:!"),
        ("🇫🇷🇩🇪", ":flag_fr::flag_de:"),
        ("1️⃣ #️⃣", "1 #"),
        ("😂", ":tears_joy:"),
        ("🥰", ":smiling_eyes_three:"),
        ("☀ ☀️", "☀ :sun_rays:"),
        ("王小明 🎉", "王小明 :party_popper:"),
        ("©", "©"),
        ("", ""),
    ],
)
def test_an_emoji_is_a_word_between_colons(text: str, says: str) -> None:
    assert named(text) == says


def test_the_consoles_own_signs_are_text() -> None:
    signs = " ".join(GLYPHS.values())

    assert named(signs) == signs


def test_safe_names_emoji_only_when_it_is_told_to() -> None:
    assert safe("🎉") == "🎉"

    respell(named)

    assert safe("🎉\x1b") == ":party_popper:␛"
    assert len(safe("🎉" * 1000, characters_max=1000)) == 1000


def test_naming_costs_a_row_little() -> None:
    text = "Quelqu'un a essayé la taille 2 ? Elle taille petit."
    plain = min(timeit.repeat(lambda: safe(text), number=500, repeat=5))

    respell(named)

    assert min(timeit.repeat(lambda: safe(text), number=500, repeat=5)) < 4 * plain


async def test_the_console_names_what_members_write(ledger_path: Path) -> None:
    def group(tx: Transaction) -> None:
        Builder(tx).group("Fête 🎉", [Said("Inès 🌸", "bravo 👏🏽", 3)])

    settings = Settings(console=ConsoleSettings(emoji="names"))
    async with catalogue.open_ledger(ledger_path, now=NOW) as database:
        await database.write(group)
        app = ConsoleApp(replace(desk_over(database), settings=settings))
        async with app.run_test(size=(120, 30)) as pilot:
            shell = Console(app, pilot, database)
            await shell.settle()

            assert ":party_popp" in shell.text
            assert "🎉" not in shell.text
