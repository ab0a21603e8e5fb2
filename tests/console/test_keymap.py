"""The operator's own keys: what a keymap file may say, what is refused of it, and that every list of keys follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.app import App

from tests.console.shell import console
from waconsole.__main__ import main
from waconsole.console.keymap import Keymap, keymap_of
from waconsole.console.keymap_acts import Acts, all_acts
from waconsole.console.keymap_live import LiveKeys
from waconsole.console.keymap_names import sequences, typed
from waconsole.console.keysdoc import markdown
from waconsole.errors import Refused
from waconsole.settings import ConsoleSettings, Settings


@pytest.fixture(scope="module")
def acts() -> Acts:
    """Every act."""
    return all_acts()


@pytest.fixture
def keymap_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the operator's keymap lies; it is not there yet."""
    monkeypatch.setenv("WACONSOLE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    return tmp_path / "keymap.toml"


def read(path: Path, acts: Acts, *lines: str) -> Keymap:
    """The keymap of a file of these lines."""
    path.write_text("\n".join(lines), encoding="utf-8")
    return keymap_of(path, acts)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("e", [("e",)]),
        ("E, ?", [("E",), ("question_mark",)]),
        (["e", "g i"], [("e",), ("g", "i")]),
        ("Ctrl-X", [("ctrl+x",)]),
        ("shift+a", [("A",)]),
        ("alt+A", [("alt+shift+a",)]),
        ("shift+Tab", [("shift+tab",)]),
        ("slash, -, space, PgDn, esc", [("slash",), ("minus",), ("space",), ("pagedown",), ("escape",)]),
        (",", [("comma",)]),
        ("é, ß, 王", [("é",), ("ß",), ("王",)]),
        ([], []),
    ],
)
def test_keys_are_written_as_they_are_read(written: object, names: list[tuple[str, ...]]) -> None:
    assert list(sequences(written)) == names


def test_a_sequence_is_heard_as_it_is_typed() -> None:
    assert [typed(one) for one in sequences("g ?, g f5, space -")] == [("g", "?"), ("g", "f5"), (" ", "-")]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("entr", "entr is no key: did you mean enter?"),
        ("ctrl+", "ctrl+ is no key"),
        ("\x1b", "␛ is no key"),
        ("e,", "a key is empty"),
        ("ctrl+b", "belongs to the terminal"),
        ("ctrl+c", "belongs to the terminal"),
        ("ctrl+i", "ctrl+i is tab in most terminals"),
        ("shift+1", "depends on the keyboard"),
        ("g ctrl+x", "it can only be the first"),
        ("a b c d e", "longer than 4 keys"),
        (7, "keys are written as"),
        (["e", 7], "keys are written as"),
    ],
)
def test_a_key_that_cannot_be_read_is_refused_in_words(written: object, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        sequences(written)

    assert reason in str(refusal.value)


def test_lines_in_any_form_give_keys(tmp_path: Path, acts: Acts) -> None:
    keymap = read(
        tmp_path / "k.toml", acts,
        'inbox.done = "d"', '"inbox.snooze" = ["s", "f5"]', "inbox.mute = []", "[reply]", 'queue = "ctrl+enter"',
        'break_line = "enter"', "[pane]", "# a comment", 'inbox = "1, g h"',
    )  # fmt: skip

    assert keymap.faults == ()
    assert keymap.keys["inbox.done"] == (("d",),)
    assert keymap.keys["pane.inbox"] == (("1",), ("g", "h"))
    assert (keymap.lines["reply.queue"], keymap.lines["pane.inbox"]) == (5, 9)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('inbox.replly = "R"', "No act is called inbox.replly: did you mean inbox.reply?"),
        ('box.snooze = "R"', "No act is called box.snooze: did you mean inbox.snooze?"),
        ('xyzzy = "R"', "No act is called xyzzy; `waconsole keys list` names them all."),
        ('inbox.take = "frob"', "inbox.take: frob is no key."),
        ('inbox.snooze = "e"', "inbox.snooze cannot have e: in Inbox it is inbox.done's."),
        ('list.down = "n"', "list.down cannot have n: in Inbox it is inbox.next_hit's."),
        ('tasks.refuse = "j"', "tasks.refuse cannot have j: in Tasks it is list.down's."),
        ('inbox.done = "1"', "inbox.done cannot have 1: in Inbox it is pane.inbox's."),
        ('inbox.link = "z b"', "inbox.link: z alone and z b cannot both mean something (shell.undo)."),
        ('shell.help = "g"', "shell.help: g alone and g "),
        ('inbox.tag = "g i"', "inbox.tag cannot have g i: in Inbox it is pane.inbox's."),
        ('pane.acts = "g a x"', None),
        ('inbox.tag = "g a x"', "inbox.tag: g a alone and g a x cannot both mean something (pane.acts)."),
        ('list.first_row = "t"', "list.first_row: it takes several keys one after another, like g g."),
        ('shell.leave = "q"', "shell.leave: q is written where something is typed."),
        ('reply.queue = "q"', "reply.queue: q is written where something is typed."),
        ('prompt.back = "f5 f5"', "prompt.back: it works while something is typed, where f5 f5 is text."),
        ('sheet.agree = "o"', "sheet.agree: a sheet is answered with the keys it shows, so these stay as they are."),
        ("shell.leave = []", "shell.leave: it must keep a key: nothing else leads out."),
        ('inbox.done = "ctrl+q"', "inbox.done: ctrl+q leaves the console, and means nothing else."),
        ('inbox.done = "d', "This is no TOML: "),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_used_is_refused_with_its_line_and_the_rest_stands(
    tmp_path: Path, acts: Acts, line: str, says: str | None
) -> None:
    keymap = read(tmp_path / "k.toml", acts, 'inbox.note = "I"', line)

    assert keymap.keys["inbox.note"] == (("I",),)
    if says is None:
        assert keymap.faults == ()
    else:
        (fault,) = keymap.faults
        assert fault.says.startswith(says)
        assert fault.line == 2


def test_two_acts_may_change_places(tmp_path: Path, acts: Acts) -> None:
    keymap = read(tmp_path / "k.toml", acts, 'inbox.done = "s"', 'inbox.snooze = "e"')

    assert keymap.faults == ()


def test_the_later_line_gives_way_and_what_leaned_on_it_too(tmp_path: Path, acts: Acts) -> None:
    keymap = read(
        tmp_path / "k.toml", acts, 'inbox.done = "d"', 'inbox.snooze = "e"', 'inbox.take = "s"', 'inbox.done2 = "e"',
        'inbox.note = "d"',
    )  # fmt: skip

    assert [(fault.line, fault.id) for fault in keymap.faults] == [(4, "inbox.done2"), (5, "inbox.note")]
    assert set(keymap.keys) == {"inbox.done", "inbox.snooze", "inbox.take"}


def test_a_refused_line_gives_its_own_key_back_to_its_act(tmp_path: Path, acts: Acts) -> None:
    """`inbox.done` cannot leave e, so nobody else can have it."""
    keymap = read(tmp_path / "k.toml", acts, 'inbox.snooze = "e"', 'inbox.done = "r"')

    assert [fault.id for fault in keymap.faults] == ["inbox.snooze", "inbox.done"]
    assert keymap.keys == {}


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"#" * 70_000], ids=["not utf-8", "too large"])
def test_a_file_that_is_no_keymap_is_refused(tmp_path: Path, acts: Acts, raw: bytes) -> None:
    path = tmp_path / "k.toml"
    path.write_bytes(raw)

    with pytest.raises(Refused, match=r"keymap .*k\.toml"):
        keymap_of(path, acts)


async def test_the_console_does_what_the_new_keys_say_and_shows_them(
    ledger_path: Path, keymap_file: Path
) -> None:
    keymap_file.write_text(
        'inbox.snooze = "e"\ninbox.done = "d, f5"\nshell.undo = "U"\npane.members = ["f9", "t m"]\n'
        'inbox.tag = "T"\nmembers.tag = "T"\nsegments.tag = "T"\ninbox.mute = []\nshell.help = "f1"\npane.back = "f4"\nshell.leave = "f10"\n'
    )
    async with console(ledger_path) as shell:
        assert "d done, next" in shell.last_line
        assert "f1 help" in shell.last_line

        await shell.press("d")
        assert "U takes it back." in shell.last_line
        await shell.press("U")
        assert "Undone: done (1)." in shell.last_line

        await shell.press("M", "z")  # these mean nothing any more
        assert "Undone: done (1)." in shell.last_line

        await shell.press("t", "m")
        assert shell.app.deck.pane.NAME == "members"
        await shell.press("slash")
        await shell.type("zzz", "enter")
        assert "f4 ends the narrowing." in shell.text
        await shell.press("ctrl+c")
        assert "f10 leaves the console." in shell.last_line
        await shell.press("1", "g", "m")
        assert shell.app.deck.pane.NAME == "inbox"
        await shell.press("f9")
        assert shell.app.deck.pane.NAME == "members"


async def test_help_and_palette_show_the_keys_in_force(ledger_path: Path, keymap_file: Path) -> None:
    keymap_file.write_text('inbox.done = "f5"\npane.members = ["f9", "g x"]\nlist.first_row = "g f"\n')
    async with console(ledger_path) as shell:
        await shell.press("question_mark")
        await shell.type("deal with")
        await shell.press("escape", "question_mark")
        await shell.type("done")
        assert "f5  Done, next" in shell.text

        await shell.press("escape", "ctrl+p")
        await shell.type("members")
        assert "9, g x" in shell.text


async def test_a_faulty_keymap_is_said_and_its_good_lines_are_used(
    ledger_path: Path, keymap_file: Path
) -> None:
    keymap_file.write_text('inbox.done = "d"\ninbox.donee = "D"\ninbox.note = "ctrl+b"\n')
    async with console(ledger_path) as shell:
        assert "2 lines of keymap.toml were refused: `waconsole keys check` says why." in shell.last_line
        await shell.press("d")
        assert "takes it back." in shell.last_line


def test_a_keymap_that_was_named_and_is_not_there_is_said(keymap_file: Path) -> None:
    settings = Settings(console=ConsoleSettings(keymap=str(keymap_file)))

    live = LiveKeys.begin(App(), settings, {})

    assert "keymap.toml cannot be read: No such file or directory." in live.says


def test_the_page_of_keys_follows(acts: Acts, tmp_path: Path) -> None:
    keymap = read(tmp_path / "k.toml", acts, 'inbox.done = "f5"', 'pane.inbox = "g h"', "inbox.mute = []")

    page = markdown(LiveKeys(keymap.keys, keymap.chords(acts)))

    assert "| `f5` | Done, next |" in page
    assert "| `g h` | Inbox |" in page
    assert "| `1` | Inbox |" not in page
    assert "|  | Mute |" in page


def test_the_command_says_each_conflict_with_its_line(
    keymap_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keymap_file.write_text('inbox.done = "d"\ninbox.snooze = "r"\n')

    assert main(["keys", "check"]) == 1
    said = capsys.readouterr().out
    assert f"{keymap_file}:2: inbox.snooze cannot have r: in Inbox it is inbox.reply's." in said
    assert "1 refused, 1 in force." in said

    assert main(["keys", "check", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], document["given"]) == (False, 1)
    assert [(one["line"], one["id"]) for one in document["faults"]] == [(2, "inbox.snooze")]

    keymap_file.write_text('inbox.done = "d"\n')
    assert main(["keys", "check", str(keymap_file)]) == 0
    assert "is sound" in capsys.readouterr().out
    assert main(["keys", "check", str(keymap_file) + ".not"]) == 1


def test_the_list_says_where_each_key_comes_from(
    keymap_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keymap_file.write_text('inbox.done = "d"\n')

    assert main(["keys", "list", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)["rows"]}

    assert (rows["inbox.done"]["keys"], rows["inbox.done"]["built_in"]) == (["d"], ["e"])
    assert rows["inbox.done"]["source"] == f"{keymap_file}:1"
    assert rows["pane.inbox"]["keys"] == ["1", "g i"]
    assert rows["sheet.agree"]["fixed"] and not rows["inbox.done"]["fixed"]
    assert main(["keys", "list"]) == 0
    assert "inbox.done" in capsys.readouterr().out


def test_without_a_keymap_every_key_is_as_built_in(
    keymap_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "check"]) == 0
    assert "every key is as built in" in capsys.readouterr().out
