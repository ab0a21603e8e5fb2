"""Hostile text in every place the inbox shows: no raw control reaches the terminal, nothing breaks, nothing acts."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Final

import pytest

from tests.inbox.ledger_builder import Builder, Said
from tests.inbox.pane_app import inbox, press
from tests.kit.screens import HOSTILE, RAW_CONTROLS, screen_segments
from waconsole.database.connection import Transaction
from waconsole.inbox.pane_block import wrapped
from waconsole.inbox.pane_rows import Voice
from waconsole.kit.cells import width
from waconsole.kit.rows import Cell
from waconsole.text import safe, stored

TEXTS: Final = (
    HOSTILE,
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1bP1$r0m\x1b\\\x9d0;title\x9c",
    "[@click=app.bell]press[/]  [/oops] [red]red",
    "\u202egpj.exe\u2066\u2069\u200f\u061c",
    "a" + "\u0301" * 200,
    "\u200b\u2060\ufeff\U000e0041",
    "line\r\nbreak\ttab\x0b\x0c\x85\u2028\u2029end",
    "x" * 65_536,
    "界" * 3_000,
    "👨‍👩‍👧‍👦🇫🇷" * 200,
    "{name} {0} %s %(x)s",
)


def fill(tx: Transaction) -> None:
    """A group for each hostile text, which stands in every place there is."""
    build = Builder(tx)
    for text in TEXTS:
        raw = stored(text)
        short = raw[:2_000]
        said = [
            Said(short, raw, 9, "question", 5),
            Said(short, raw, 8, media=("image", short)),
            Said(short, raw, 7, kind="system"),
            Said(short, raw, 6, direction="out", edited=1),
            Said(short, "", 5, kind="deleted"),
        ]
        conversation = build.group(short, said)
        tx.execute(
            'UPDATE "group" SET purpose = :text, kpi = :text WHERE id = (SELECT group_id FROM conversation WHERE id = :id)',
            {"text": short, "id": conversation},
        )
        tx.execute(
            "UPDATE conversation SET draft = :text WHERE id = :id", {"text": short, "id": conversation}
        )
        tx.execute(
            "INSERT INTO note (ref, conversation_id, operator_id, text, written_at) VALUES (:ref, :id, 1, :text, 0)",
            {"ref": f"n{conversation}", "id": conversation, "text": short},
        )
        tx.execute(
            "INSERT INTO own_tag (member_id, name, tagged_at) SELECT max(id), :text, 0 FROM member",
            {"text": short},
        )
    tx.execute("DROP TRIGGER operator_not_updated")  # a name like this comes from an edited file alone
    tx.execute("UPDATE operator SET name = :text WHERE name = 'Bo'", {"text": stored(HOSTILE)})


def assert_clean(app: object) -> None:
    """No raw control, no terminal link and no action in what is painted."""
    for segment in screen_segments(app):  # type: ignore[arg-type]
        assert RAW_CONTROLS.search(segment.text) is None, ascii(segment.text)
        assert segment.style is None or (not segment.style.link and not segment.style.meta.get("@click"))


@pytest.mark.parametrize(
    ("size", "step"),
    [
        ((60, 20), 2),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in (((60, 20), 1), ((170, 40), 3))),
    ],
)
async def test_hostile_text_is_shown_and_does_nothing(
    ledger_path: Path, size: tuple[int, int], step: int
) -> None:
    async with inbox(ledger_path, fill, size=size) as (app, pilot):
        app.control_filter.apply = lambda segments, background: segments  # type: ignore[method-assign]
        assert_clean(app)
        for _ in TEXTS[::step]:
            await press(pilot, "enter")
            for key in ("home", "j", "j", "j", "j", "j", "enter"):
                await pilot.press(key)
                assert_clean(app)
            await press(pilot, "escape", "home", "k", "e", "z")
            assert_clean(app)
            await press(pilot, "escape", "escape", "j")
            assert_clean(app)


async def test_hostile_text_in_sheets_boxes_and_sentences(ledger_path: Path) -> None:
    async with inbox(ledger_path, fill, size=(100, 30)) as (app, pilot):
        app.control_filter.apply = lambda segments, background: segments  # type: ignore[method-assign]
        for keys in (
            ("o", "2"), ("s", "1"), ("M",), ("c",), ("v", "G", "e", "escape"), ("escape",), ("y", "escape"), ("r", "escape"),
            ("escape", "i", "escape"), ("escape", "enter", "home", "b", "escape"), ("plus", "escape"),
            ("number_sign",), ("t", "x", "escape"), ("slash", "i", "n", "colon", "escape"), ("y", "o"),
        ):  # fmt: skip
            for key in keys:
                await press(pilot, key)
                assert_clean(app)
        assert app.is_running


def test_wrapping_keeps_every_cluster_and_every_width() -> None:
    voice = Voice(UTC, "", is_revealed=False)
    for text in TEXTS:
        for cells in (20, 37, 80):
            shown = voice.text(text, lines=True).replace("\n", " ")
            lines = list(wrapped([Cell(safe(shown), "")], cells))
            together = "".join(cell.text for line in lines for cell in line)
            assert together.replace(" ", "") == shown.replace(" ", "")
            assert all(sum(width(cell.text.rstrip()) for cell in line) <= cells for line in lines)
