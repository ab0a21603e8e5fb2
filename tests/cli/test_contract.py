"""What every command keeps to: options, streams, exit codes, one JSON document."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from tests.sync.imports import HEAD, written
from waconsole import __version__
from waconsole.cli.output import json_text
from waconsole.cli.parse import Verb, placeholder

CHAT = (
    HEAD,
    "20/11/2026, 09:00 - Ana: Does it come in blue?",
    "20/11/2026, 09:01 - Bo: evil \x1b[31m\u202ered",
)

ANAS, BOS = "words of Ana alone", "words of Bo alone"


def _imported(say: Say, tmp_path: Path, *options: str) -> None:
    chat = written(tmp_path / "chat.txt", *CHAT)
    assert say("import", "chat", str(chat), "--group", "G", "--timezone", "UTC", *options).code == 0


def test_init_makes_a_private_ledger_once(say: Say, ledger_path: Path) -> None:
    first, again = say("init", "--json"), say("init", "--json")

    assert first.document == {"ledger": str(ledger_path), "created": True, "test_clock": False}
    assert again.document == {"ledger": str(ledger_path), "created": False, "test_clock": False}
    assert {path.stat().st_mode & 0o777 for path in ledger_path.parent.glob("ledger.db*")} == {0o600}


def test_a_test_clock_is_chosen_when_the_ledger_is_made(say: Say) -> None:
    made = say("init", "--test-clock", "--json")
    again = say("init", "--test-clock", "--json")
    plain = say("init", "--json")

    assert made.document["test_clock"] and made.document["created"]
    assert (again.code, again.document["test_clock"]) == (0, True)
    assert (plain.code, plain.document["test_clock"]) == (0, True)


def test_a_ledger_without_a_test_clock_refuses_to_get_one(say: Say) -> None:
    say("init")

    refused = say("init", "--test-clock", "--json")

    assert refused.code == 1
    assert "made without a test clock" in refused.document["error"]


def test_now_works_with_a_test_clock_only(say: Say, ledger_path: Path) -> None:
    missing = say("find", "hello", "--now", "2026-11-26T12:00:00Z", "--json")
    assert missing.code == 2
    assert not ledger_path.exists()

    say("init")
    assert say("find", "hello", "--now", "2026-11-26T12:00:00Z").code == 2
    assert say("doctor", "--now", "2026-11-26T12:00:00Z").code == 2
    assert "--test-clock" in say("init", "--now", "2026-11-26T12:00:00Z").err


def test_now_says_what_time_it_is(say: Say, tmp_path: Path) -> None:
    say("init", "--test-clock", "--now", "2026-11-20T12:00:00Z")
    _imported(say, tmp_path, "--now", "2026-11-20T12:00:00Z")

    young = say("find", "age<4h", "--now", "2026-11-20T12:00:00Z", "--json")
    old = say("--now=2026-11-25T12:00:00Z", "find", "age<4h", "--json")

    assert (young.document["count"], old.document["count"]) == (2, 0)
    assert say("find", "hello", "--now", "yesterday").code == 2


def test_a_missing_ledger_is_made_with_a_word_on_stderr(say: Say, ledger_path: Path) -> None:
    said = say("find", "hello", "--json")

    assert said.document == {"count": 0, "rows": []}
    assert f"Made a new ledger at {ledger_path}." in said.err
    assert "Made" not in say("find", "hello", "--json").err


def test_global_options_stand_before_or_after_the_command(say: Say, ledger_path: Path) -> None:
    say("init")

    before = say("--json", "--ledger", str(ledger_path), "policy", "list", ledger=None)
    after = say("policy", "list", "--json", f"--ledger={ledger_path}", ledger=None)

    assert before == after
    assert before.document["count"] > 10


def test_limit_cuts_a_list_and_says_so(say: Say) -> None:
    whole, cut = (
        say("policy", "list", "--json").document,
        say("policy", "list", "--json", "--limit", "2").document,
    )

    assert cut["count"] == whole["count"] == len(whole["rows"])
    assert cut["rows"] == whole["rows"][:2]
    assert cut["truncated"] and "truncated" not in whole


def test_json_is_raw_but_for_controls_and_the_rest_is_safe(say: Say, tmp_path: Path) -> None:
    _imported(say, tmp_path)

    as_json, as_lines = say("find", "evil", "--json"), say("find", "evil")

    assert r"\u001b[31m\u202ered" in as_json.out
    assert as_json.document["rows"][0]["text"] == "evil \x1b[31m\u202ered"
    assert "\x1b" not in as_lines.out and "\u202e" not in as_lines.out
    assert "red" in as_lines.out


def test_json_escapes_every_control_and_nothing_else() -> None:
    controls = [*range(0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F)]
    controls += range(0x2066, 0x206A)
    text = "".join(map(chr, controls)) + "é漢🙂\u200d\ud800"

    written_out = json_text({"text": text})

    assert json.loads(written_out)["text"] == text
    assert not {chr(code) for code in controls} & set(written_out)
    assert "é漢🙂\u200d" in written_out


@pytest.mark.parametrize(
    "words",
    [("fnid",), ("find",), ("find", "hello", "--limit", "0"), ("import", "chat", "x"), ("--nope",), ()],
)
def test_what_is_not_understood_exits_2_in_json_too(say: Say, words: tuple[str, ...]) -> None:
    plain, as_json = say(*words), say(*words, "--json")

    assert (plain.code, plain.out) == (2, "")
    assert plain.err.startswith("waconsole: ") and plain.err.count("\n") == 1
    assert as_json.code == 2
    assert list(as_json.document) == ["error"]


def test_what_is_refused_exits_1(say: Say) -> None:
    said = say("policy", "show", "no.such", "--json")

    assert (said.code, said.document) == (1, {"error": "There is no policy called no.such."})


def test_read_only_reads_and_refuses_to_write(say: Say, ledger_path: Path) -> None:
    missing = say("--read-only", "find", "hello")
    assert missing.code == 1 and not ledger_path.exists()

    say("init")
    assert say("--read-only", "find", "hello", "--json").document["count"] == 0
    assert say("operators", "add", "Ana", "--role", "owner", "--read-only").code == 1
    assert say("operators", "list", "--json").document["count"] == 0


def test_the_first_operator_is_an_owner_and_owners_add_others(say: Say) -> None:
    words = ANAS, BOS

    assert say("operators", "add", "Bo", "--role", "moderator", handed=BOS).code == 1
    assert say("operators", "add", "Ana", "--role", "owner", handed=ANAS).code == 0
    assert say("operators", "add", "Bo", "--role", "moderator", "--as", "Ana", handed=words).code == 0
    assert say("operators", "add", "Cy", "--role", "owner", "--as", "Bo", handed=(BOS, ANAS)).code == 1
    assert say("operators", "add", "Bo", "--role", "owner", "--as", "Ana", handed=words).code == 1
    stranger = ("--member", "+33612345678", "--as", "Ana")
    assert say("operators", "add", "Di", "--role", "moderator", *stranger, handed=words).code == 1
    assert say("operators", "add", "Di", "--role", "boss").code == 2

    rows = say("operators", "list", "--json").document["rows"]

    assert [(row["name"], row["role"]) for row in rows] == [("Ana", "owner"), ("Bo", "moderator")]


def test_an_operator_may_be_a_member(say: Say, tmp_path: Path) -> None:
    people = written(tmp_path / "people.csv", "phone,name", "+33612345678,Ana")
    assert say("import", "contacts", str(people)).code == 0

    assert (
        say("operators", "add", "Ana", "--role", "owner", "--member", "+33612345678", handed=ANAS).code == 0
    )


def test_the_console_needs_a_terminal(say: Say) -> None:
    for words in ((), ("demo",)):
        said = say(*words)

        assert (said.code, said.out) == (2, "")
        assert "needs a terminal" in said.err


def test_help_names_every_command_and_each_says_its_arguments(say: Say) -> None:
    from waconsole.catalogue import commands
    from waconsole.cli.run import own_commands

    everything = say("--help").out
    everybody: list[Verb] = [*own_commands(), *commands()]
    for command in everybody:
        title = " ".join(command.words)
        about = say(*command.words, "--help").out

        assert f"\n  {title} " in everything or f"\n  {title}\n" in everything
        named = [one.name if one.kind == "flag" else placeholder(one) for one in command.arguments]
        assert [name for name in named if name not in about] == []
    assert "import contacts" in say("import", "-h").out


def test_the_version_is_said(say: Say) -> None:
    assert say("--version", ledger=None).out == f"waconsole {__version__}\n"
    assert say("--version", "--json", ledger=None).document == {"version": __version__}


def test_words_that_are_no_utf8_are_refused(say: Say) -> None:
    said = say("find", "\udcff", "--json")

    assert said.code == 2
    assert "not valid UTF-8" in said.document["error"]


def _process(*words: str, ledger: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "waconsole", "--ledger", str(ledger), *words],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_reader_that_goes_away_is_no_error(say: Say, ledger_path: Path) -> None:
    say("init")
    process = _process("policy", "list", "--json", ledger=ledger_path)
    assert process.stdout is not None and process.stderr is not None

    process.stdout.close()

    assert process.stderr.read() == ""
    assert process.wait(timeout=30) == 0
    process.stderr.close()


def test_a_full_stdout_is_said(say: Say, ledger_path: Path) -> None:
    say("init")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "waconsole", "--ledger", str(ledger_path), "policy", "list"],
            cwd=Path(__file__).parents[2], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == "waconsole: The answer could not be written: No space left on device.\n"


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_stops_an_import_and_nothing_is_shown_of_it(
    say: Say, ledger_path: Path, tmp_path: Path, number: int
) -> None:
    lines = (f"20/11/2026, 09:{n // 60 % 60:02} - Ana: message {n} of many" for n in range(60_000))
    chat = written(tmp_path / "long.txt", HEAD, *lines)
    say("init")
    process = _process(
        "import", "chat", str(chat), "--group", "G", "--timezone", "UTC", "--json", ledger=ledger_path
    )
    wal = Path(f"{ledger_path}-wal")
    until = time.monotonic() + 60
    while not (wal.exists() and wal.stat().st_size > 1_000_000) and time.monotonic() < until:
        time.sleep(0.01)

    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 128 + number, err
    assert "Stopped at line" in json.loads(out)["error"]
    assert "Traceback" not in err
    assert say("find", "", "--json").document["count"] == 0
    doctor = say("doctor", "--json")
    assert doctor.code == 0
    assert any(check["name"] == "imports" and check["advice"] for check in doctor.document["checks"])
    assert len(say("doctor", "--sweep", "--json").document["swept"]) == 1
    assert say("doctor", "--sweep", "--json").document["swept"] == []
