"""Hostile text through every pane, sheet and line of the shell: no raw control, nothing breaks, nothing acts."""

from __future__ import annotations

from pathlib import Path

from tests.console.shell import Console, console, replied
from tests.inbox.ledger_builder import Builder, Said
from tests.kit.screens import HOSTILE, RAW_CONTROLS, screen_segments
from waconsole.console.panes import PANES
from waconsole.database.connection import Transaction
from waconsole.text import stored

TEXTS = (
    HOSTILE,
    "[@click=app.bell]press[/]  [/oops] [red]red " + "a" + "\u0301" * 200,
    "\u202egpj.exe\u2066\u2069\u200f\u061c \u200b\u2060\ufeff\U000e0041",
    "line\r\nbreak\ttab\x0b\x0c\x85\u2028\u2029end \x9d0;title\x9c \x1bP1$r0m\x1b\\",
    "{name} {0} %s %(x)s '\"",
    "x" * 65_536,
)


def hostile(tx: Transaction) -> None:
    """Groups, people, tags and messages of hostile text."""
    build = Builder(tx)
    for text in TEXTS:
        raw = stored(text)
        short = raw[:500]
        build.group(short, [Said(short, f"evil {raw}", 9, "question", 5), Said("+33639980012", short, 8)])
    tx.execute('UPDATE "group" SET purpose = :text, kpi = :text', {"text": stored(HOSTILE)})
    tx.execute(
        "INSERT INTO own_tag (member_id, name, tagged_at) SELECT id, :text, 0 FROM member",
        {"text": stored(HOSTILE)[:60]},
    )


def assert_clean(shell: Console) -> None:
    """Nothing on the screen steers the terminal, and nothing can be clicked."""
    for segment in screen_segments(shell.app):
        assert RAW_CONTROLS.search(segment.text) is None, repr(segment.text)
        meta = segment.style.meta if segment.style is not None else {}
        assert "@click" not in meta, meta
        assert segment.style is None or segment.style.link is None


async def test_hostile_text_is_harmless_in_every_pane(ledger_path: Path) -> None:
    rung: list[str] = []
    async with console(ledger_path, hostile, size=(110, 30)) as shell:
        shell.app.bell = lambda: rung.append("bell")  # type: ignore[method-assign]
        for conversation in range(1, len(TEXTS) + 1):
            await replied(shell.database, HOSTILE, conversation_id=conversation)
        for entry in PANES:
            await shell.press("escape", "g", entry.letter)
            if entry.name == "search":
                await shell.type("evil", "escape")
            assert_clean(shell)
            for keys in (["j", "number_sign"], ["y"], ["escape", "question_mark"], ["escape"]):
                await shell.press(*keys)
                assert_clean(shell)
            if entry.name in ("members", "acts", "outbox"):
                await shell.press("enter")
                assert_clean(shell)
                await shell.press("escape")
        await shell.press("ctrl+p")
        await shell.type("ab")
        assert_clean(shell)
        await shell.press("escape", "colon")
        await shell.type("reply a")
        assert_clean(shell)
    assert rung == []


async def test_a_hostile_name_is_harmless_in_sheets_and_sentences(ledger_path: Path) -> None:
    async with console(ledger_path, hostile) as shell:
        await shell.press("4", "asterisk", "t")
        await shell.type("vip", "enter")
        assert_clean(shell)
        await shell.press("escape")
        shell.app.say(HOSTILE, "refused")
        await shell.pilot.pause()
        assert_clean(shell)
