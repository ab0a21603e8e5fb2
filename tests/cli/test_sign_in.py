"""`--as` proves who acts: by a sign-in, an open file, a variable; else the command is refused and says what to do."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from waconsole.cli import passphrases
from waconsole.cli.parse import parse, split_globals
from waconsole.operators import service_token
from waconsole.operators.commands import COMMANDS
from waconsole.settings.secrets import Secret

ANAS, BOS, CYS = "words of Ana alone", "words of Bo alone", "words of Cy alone"
T0, T9, T40 = (f"2026-11-26T12:{minute}:00Z" for minute in ("00", "09", "40"))


@pytest.fixture
def staffed(say: Say) -> Say:
    """A ledger with a test clock, an owner and a moderator."""
    say("init", "--test-clock")
    assert (
        say("operators", "add", "Ana", "--role", "owner", "--limit-per-day", "500 HKD", handed=ANAS).code == 0
    )
    assert say("operators", "add", "Bo", "--role", "moderator", "--as", "Ana", handed=(ANAS, BOS)).code == 0
    return say


def test_every_way_to_prove_oneself(staffed: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = ("operators", "limit", "Bo", "5 EUR")
    bare = staffed("--as", "Ana", *limit)
    assert bare.code == 1
    assert (
        "waconsole sign-in Ana" in bare.err
        and "--passphrase-fd" in bare.err
        and "WACONSOLE_PASSPHRASE" in bare.err
    )

    assert staffed(*limit, "--as", "Ana", handed=ANAS).code == 0
    assert staffed("--as", "Ana", *limit, handed=BOS).code == 1
    monkeypatch.setenv("WACONSOLE_PASSPHRASE", ANAS)
    assert staffed("--as=Ana", *limit).code == 0
    assert staffed("--as", "Bo", *limit).code == 1
    monkeypatch.delenv("WACONSOLE_PASSPHRASE")
    assert staffed("sign-in", "Ana", "--now", T0, handed=ANAS).code == 0
    assert staffed("--as", "Ana", *limit, "--now", T9).code == 0
    assert staffed("--as", "Ana", *limit, "--now", T40).code == 1
    assert staffed("--as", "Ana", *limit, "--now", T9).code == 1


def test_sign_in_and_out_answer_in_json(staffed: Say) -> None:
    made = staffed("sign-in", "Ana", "--idle-minutes", "5", "--json", "--now", T0, handed=ANAS)

    assert made.document == {
        "operator": made.document["operator"],
        "name": "Ana",
        "idle_minutes": 5,
        "ends_at": "2026-11-27T00:00:00Z",
    }
    assert staffed("sign-out", "--json", "--now", T0).document == {"signed_out": ["Ana"]}
    assert staffed("sign-out", "--json", "--now", T0).document == {"signed_out": []}
    assert staffed("sign-in", "Zoe", handed=ANAS).code == 1
    assert staffed("sign-out", "Zoe").code == 1


def test_reading_and_importing_need_nobody_and_deciding_does(staffed: Say) -> None:
    assert staffed("operators", "list").code == 0
    assert staffed("find", "hello").code == 0
    for words in (
        ("operators", "limit", "Bo", "5 EUR"),
        ("operators", "retire", "Bo"),
        ("adopt",),
        ("ledger", "rotate-key"),
    ):
        refused = staffed(*words)
        assert (refused.code, "Name who decides: --as OPERATOR." in refused.err) == (1, True)


def test_only_reading_a_name_proves_nothing_and_needs_no_proof(staffed: Say) -> None:
    assert staffed("operators", "list", "--as", "Ana", "--read-only").code == 0
    assert staffed("operators", "limit", "Bo", "5 EUR", "--as", "Ana", "--read-only", handed=ANAS).code == 1


def test_a_moderator_and_a_stranger_are_refused(staffed: Say) -> None:
    assert "for an owner" in staffed("ledger", "rotate-key", "--as", "Bo", handed=BOS).err
    assert staffed("ledger", "rotate-key", "--as", "Ana", handed=ANAS).code == 0
    assert "No operator is called Zoe" in staffed("operators", "list", "--as", "Zoe").err


def test_the_list_tells_all_but_the_passphrase(staffed: Say, ledger_path: Path) -> None:
    rows = staffed("operators", "list", "--json").document["rows"]

    assert [{key: row[key] for key in row if key != "operator"} for row in rows] == [
        {
            "name": "Ana",
            "role": "owner",
            "member": None,
            "limits": [{"amount": "500.00", "amount_minor": 50_000, "currency": "HKD"}],
            "has_passphrase": True,
            "retired": False,
        },
        {
            "name": "Bo",
            "role": "moderator",
            "member": None,
            "limits": [],
            "has_passphrase": True,
            "retired": False,
        },
    ]
    assert ANAS.encode() not in b"".join(path.read_bytes() for path in ledger_path.parent.glob("ledger.db*"))


def test_limits_are_written_in_every_way(say: Say) -> None:
    for words in (
        [
            "operators",
            "add",
            "Ana",
            "--role",
            "owner",
            "--limit-per-day",
            "5 EUR",
            "--limit-per-day",
            "9 HKD",
        ],
        ["operators", "add", "Ana", "--limit-per-day", "5 EUR", "9 HKD", "--role", "owner"],
        ["operators", "add", "--role", "owner", "--limit-per-day", "5 EUR", "9 HKD", "Ana"],
        ["operators", "add", "--limit-per-day=5 EUR", "--limit-per-day=9 HKD", "Ana", "--role", "owner"],
    ):
        _, values = parse(words, COMMANDS)
        assert (values["name"], values["limit_per_day"]) == ("Ana", ["5 EUR", "9 HKD"])


def test_a_copy_says_that_it_waits_and_an_owner_adopts_it(
    staffed: Say, ledger_path: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "copied.db"
    copied.write_bytes(ledger_path.read_bytes())
    staffed("operators", "list", ledger=copied)
    checks = {row["name"]: row for row in staffed("doctor", "--json", ledger=copied).document["checks"]}
    assert "waconsole adopt" in checks["adoption"]["says"]

    assert staffed("adopt", "--as", "Bo", ledger=copied, handed=BOS).code == 1
    first = staffed("adopt", "--as", "Ana", "--json", ledger=copied, handed=ANAS)
    again = staffed("adopt", "--as", "Ana", "--json", ledger=copied, handed=ANAS)

    assert (first.document, again.document) == (
        {"adopted": True, "changed": True},
        {"adopted": True, "changed": False},
    )
    assert staffed("verify", "--json", ledger=copied).document["ok"] is True


def test_a_passphrase_is_changed_and_the_old_one_ends(staffed: Say) -> None:
    assert staffed("operators", "passphrase", "--as", "Bo", handed=(BOS, CYS)).code == 0
    assert staffed("operators", "list", "--as", "Bo", handed=BOS).code == 1
    assert staffed("operators", "list", "--as", "Bo", handed=CYS).code == 0
    assert staffed("operators", "passphrase", "Ana", "--as", "Bo", handed=(CYS, BOS)).code == 1
    assert staffed("operators", "passphrase", "Bo", "--as", "Ana", handed=(ANAS, BOS)).code == 0
    assert staffed("operators", "list", "--as", "Bo", handed=BOS).code == 0


def test_no_passphrase_no_operator(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = say("operators", "add", "Ana", "--role", "owner")
    assert refused.code == 1 and "hand it in" in refused.err
    assert say("operators", "add", "Ana", "--role", "owner", handed="   ").code == 1
    assert say("operators", "add", "Ana", "--role", "owner", "--passphrase-fd", "987").code == 1
    assert say("operators", "add", "Ana", "--role", "owner", "--passphrase-fd", "-1").code == 2
    assert say("operators", "list", "--json").document["rows"] == []
    monkeypatch.setenv("WACONSOLE_PASSPHRASE", ANAS)
    assert say("operators", "add", "Ana", "--role", "owner").code == 0
    refused = say("operators", "add", "Bo", "--role", "moderator", "--as", "Ana")
    assert refused.code == 1 and "Bo's passphrase is needed" in refused.err


def test_the_terminal_is_asked_twice_and_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["one thing here", "another thing", ANAS, ANAS])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    seen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", seen)

    assert passphrases.typed("Ana's passphrase", new=True).reveal() == ANAS
    assert "not the same" in seen.getvalue()


def test_a_global_option_stands_before_or_after() -> None:
    for words in (
        ["--passphrase-fd", "3", "adopt", "--as", "Ana"],
        ["adopt", "--as=Ana", "--passphrase-fd=3"],
    ):
        options, rest = split_globals(words)
        assert (options["as"], options["passphrase_fd"], rest) == ("Ana", 3, ["adopt"])


def test_nothing_that_is_kept_shows_itself() -> None:
    assert "00" not in repr(service_token.Kept(bytes(32), 5))
    assert json.dumps(str(Secret("hidden words"))).count("hidden") == 0


def test_a_passphrase_behind_the_name_is_refused_and_not_said_again(staffed: Say) -> None:
    for words in (("sign-in", "Ana", ANAS), ("operators", "passphrase", "Ana", ANAS)):
        refused = staffed(*words)
        assert (refused.code, ANAS in refused.err + refused.out) == (2, False)
