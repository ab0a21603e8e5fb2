"""The `:` line: words and quotes, completion, answers, refusals, long work and its end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.console.shell import console
from tests.outbox import road
from waconsole import catalogue
from waconsole.command import Answer, Argument, Command, Invocation
from waconsole.console.completing import complete
from waconsole.console.verbs import AnyVerb, screen_verbs
from waconsole.console.words import gathered, quoted, split
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Transient, UsageError
from waconsole.kit.pane import on_the_line
from waconsole.operators import service as operators

FIND = Command(("find",), "Find.", None, (Argument("query", "words"), Argument("--in", "where", choices=("messages", "items"))))  # type: ignore[arg-type]  # fmt: skip


def meant(line: str) -> list[str]:
    """The words of a line as they are meant."""
    return [word.meant for word in split(line)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import chat a.txt --group Crowd", ["import", "chat", "a.txt", "--group", "Crowd"]),
        ('--group "Mamans Lyon 3"', ["--group", "Mamans Lyon 3"]),
        ('--group="Mamans Lyon 3"', ["--group=Mamans Lyon 3"]),
        ('find in:"Mamans Lyon 3" is:owed', ["find", 'in:"Mamans Lyon 3"', "is:owed"]),
        ("""find 'in:"A b" x'""", ["find", 'in:"A b" x']),
        ("reply Crowd it's fine", ["reply", "Crowd", "it's", "fine"]),
        ("", []),
        ("   ", []),
        ('""', [""]),
    ],
)
def test_a_line_is_taken_apart(line: str, words: list[str]) -> None:
    assert meant(line) == words


def test_a_quote_that_is_not_closed_is_refused() -> None:
    with pytest.raises(UsageError, match="not closed"):
        split('find "half')


@pytest.mark.parametrize("text", ["Crowd", "Mamans Lyon 3", 'He said "no" twice', ""])
def test_a_quoted_name_is_read_back(text: str) -> None:
    assert meant(quoted(text)) == [text]


@pytest.mark.parametrize("text", ["it's Ana's", "don't", "--all", "a 'b' c", ""])
def test_what_a_pane_puts_on_the_line_is_one_word_whatever_it_holds(text: str) -> None:
    assert meant(f"ask x --text={on_the_line(text)}") == ["ask", "x", f"--text={text}"]
    assert meant(on_the_line('5 "or" 6')) == ["5 \u201dor\u201d 6"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("is:owed age<2d", ["--", "is:owed age<2d"]),
        ('in:"A b" "two words"', ["--", 'in:"A b" "two words"']),
        ('"only this"', ["--", "only this"]),
        ("is:owed --in items age<2d", ["--in", "items", "--", "is:owed age<2d"]),
        ("--in items", ["--in", "items"]),
    ],
)
def test_words_left_over_are_one_text_where_a_command_takes_one(line: str, words: list[str]) -> None:
    assert gathered(FIND, split(line)) == words


def test_verbs_options_and_values_are_completed(tmp_path: Path) -> None:
    verbs: list[AnyVerb] = [*catalogue.commands(), *screen_verbs()]

    def names(key: str) -> list[str]:
        return ["Mamans Lyon 3"] if key == "group" else ["wa-dark"] if key == "name" else []

    def lines(typed: str) -> list[str]:
        return list(complete(typed, verbs, names))

    assert "import chat " in lines("imp")
    assert "import chat x.txt --group " in lines("import chat x.txt --g")
    assert lines("import chat x.txt --group mam") == ['import chat x.txt --group "Mamans Lyon 3"']
    assert lines("theme wa") == ["theme wa-dark"]
    assert lines("nonsense x") == []
    (tmp_path / "chat.txt").touch()
    (tmp_path / "chat.png").touch()
    assert lines(f"import chat {tmp_path}/ch") == [f"import chat {tmp_path}/chat.txt"]


async def test_quit_leaves_with_exit_code_0(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("colon")
        await shell.type("quit")
        await shell.pilot.press("enter")
        await shell.left()

        assert not shell.app.is_running
        assert shell.app.return_code == 0


async def test_a_short_answer_is_a_sentence_and_a_long_one_a_sheet(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.app.command_line.run("find zzzz")
        await shell.settle()
        assert "Nothing was found." in shell.last_line

        await shell.app.command_line.run("find is:owed -is:muted")
        await shell.settle()
        assert "Et c'est quand le prochain arrivage" in shell.text

        await shell.press("escape")
        assert shell.app.screen is shell.app.screen_stack[0]


async def test_what_is_wrong_is_said_and_the_line_comes_back_by_history(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("colon")
        await shell.type("finde x", "enter")
        assert "did you mean find" in shell.last_line

        await shell.press("colon", "up")
        assert ":finde x" in shell.text


async def test_a_command_that_writes_is_refused_on_a_ledger_open_for_reading(ledger_path: Path) -> None:
    async with console(ledger_path, read_only=True) as shell:
        await shell.app.command_line.run("mute Ambassadors")

        assert "open for reading only" in shell.last_line


async def _work_until_stopped(_database: Database, call: Invocation) -> Answer:
    for done in range(10_000):
        if call.cancelled():
            raise Transient("Stopped at a safe place.")
        call.progress(done, 10_000)
        await asyncio.sleep(0.01)
    return Answer({})


async def test_long_work_shows_how_far_it_is_and_escape_stops_it(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        line = shell.app.command_line
        line.verbs.append(Command(("count",), "Count.", _work_until_stopped))
        working = asyncio.ensure_future(line.run("count"))
        await shell.until("/ 10,000. Escape stops it.")
        assert "/ 10,000. Escape stops it." in shell.last_line

        await line.run("count")
        assert "still at work" in shell.last_line

        await shell.pilot.press("escape")
        await working
        await shell.until("Stopped at a safe place.")
        assert "Stopped at a safe place." in shell.last_line


async def test_leaving_stops_long_work_at_its_safe_place(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        line = shell.app.command_line
        line.verbs.append(Command(("count",), "Count.", _work_until_stopped))
        working = asyncio.ensure_future(line.run("count"))
        await shell.pilot.pause(0.1)
        await shell.app.action_leave()

        assert line.running is None or working.done()
        assert shell.app.return_code == 0


async def test_a_chat_is_imported_from_the_line(ledger_path: Path, tmp_path: Path) -> None:
    export = tmp_path / "chat.txt"
    export.write_text("20/11/2026, 08:00 - Ana: Is there a class?\n20/11/2026, 08:01 - Bo: Yes\n", "utf-8")
    async with console(ledger_path) as shell:
        await shell.press("colon")
        await shell.type(f"import chat {export} --group Yoga --date-order dmy --timezone UTC", "enter")
        await shell.settle()
        await shell.press("escape")

        assert "Yoga" in shell.text


async def test_a_command_of_the_shell_is_called_one(ledger_path: Path) -> None:
    async with console(ledger_path) as shell:
        await shell.press("colon")
        await shell.type("keys check", "enter")

        assert "`waconsole keys check` is typed in a shell, not in the console." in shell.last_line


async def test_a_key_of_the_inbox_asks_for_the_blue_tick_by_its_command(ledger_path: Path) -> None:
    def fill(tx: Transaction) -> None:
        operators.add(tx, "Ana", "owner", now=NOW)
        road.add_thread(tx, road.add_number(tx), 42)

    async with console(ledger_path, fill) as shell:
        await shell.press("B")

        assert "Nothing was received in that conversation" in shell.text
