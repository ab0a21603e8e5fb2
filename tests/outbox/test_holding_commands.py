"""`outbox hold|release|convert`, `send many` and `suppressions` as they are typed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.outbox.road import PHONE_NUMBER_ID
from waconsole.__main__ import main

Say = Callable[..., dict[str, Any]]
ANA, BO = "+15550001111", "+15550002222"
NOON = ("--now", "2026-11-20T17:00:00Z")


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], ledger_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """A command on a ledger with a test clock and a number: its JSON document, and its exit code as `code`."""
    monkeypatch.setenv("WACONSOLE_CLOUD__PHONE_NUMBER_ID", PHONE_NUMBER_ID)

    def said(*words: str, now: tuple[str, str] = NOON) -> dict[str, Any]:
        capsys.readouterr()
        code = main(["--ledger", str(ledger_path), "--json", *now, *words])
        return {"code": code, **json.loads(capsys.readouterr().out)}

    said("init", "--test-clock")
    return said


def _stands(say: Say) -> list[tuple[str, str, str]]:
    rows = say("outbox", "list")["rows"]
    return [(row["kind"], row["state"], row["reason"]) for row in reversed(rows)]


def test_what_lost_its_window_is_converted_and_undone_as_one_act(say: Say) -> None:
    held = say("send", "text", "--to", ANA, "--text", "Hello")
    assert held["reason"] == "template_needed"

    done = say(
        "outbox",
        "convert",
        held["outgoing"],
        "--template",
        "hello_again",
        "--language",
        "en",
        "--param",
        "Ana",
    )

    assert (done["code"], done["state"], done["replaces"]) == (0, "queued", held["outgoing"])
    assert _stands(say) == [("text", "cancelled", "replaced"), ("template", "queued", "")]
    again = say("outbox", "convert", held["outgoing"], "--template", "hello_again", "--language", "en")
    assert (again["code"], "is cancelled" in json.dumps(again)) == (1, True)
    say("undo")
    assert _stands(say) == [("text", "held", "template_needed"), ("template", "cancelled", "undone")]


def test_several_are_held_and_released_and_undone_together(say: Say) -> None:
    one = say("send", "template", "--to", ANA, "--name", "hello", "--language", "en")["outgoing"]
    other = say("send", "template", "--to", BO, "--name", "hello", "--language", "en")["outgoing"]

    assert say("outbox", "hold", one, "--reason", "wait for Bo")["state"] == "held"
    assert say("outbox", "release", one)["state"] == "queued"
    assert say("outbox", "hold", one, other)["count"] == 2
    say("undo")
    assert [row[1] for row in _stands(say)] == ["queued", "queued"]
    assert say("outbox", "hold", "--all") == {"code": 0, "count": 2, "left": 0}
    assert _stands(say)[0] == ("template", "held", "operator")
    assert say("outbox", "release", "--all", "--reason", "new_installation")["count"] == 0
    assert say("outbox", "release", "--all")["count"] == 2
    say("undo")
    assert [row[1] for row in _stands(say)] == ["held", "held"]
    assert say("outbox", "hold")["code"] == 2
    assert say("outbox", "release", one, "--all")["code"] == 2


def test_late_in_the_day_a_template_waits_for_the_morning_there(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WACONSOLE_SHOP__TIMEZONE", "Asia/Tokyo")
    say("outbox", "list")
    sent = say("send", "template", "--to", ANA, "--name", "hello", "--language", "en")
    assert (sent["state"], sent["reason"]) == ("scheduled", "quiet_hours")
    morning = say(
        "send",
        "template",
        "--to",
        BO,
        "--name",
        "hello",
        "--language",
        "en",
        now=("--now", "2026-11-21T00:00:00Z"),
    )
    assert morning["state"] == "queued"


def test_one_template_goes_to_all_a_query_finds_and_once_only(say: Say, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        f"phone,name,language,timezone,consent_marketing,consent_at,tags\n{ANA},Ana,en,,,,vip\n{BO},Bo,en,,,,\n"
    )
    say("import", "contacts", str(people))
    words = (
        "send",
        "many",
        "--to-query",
        "tag:vip",
        "--name",
        "hello",
        "--language",
        "en",
        "--key",
        "autumn",
    )

    assert say(*words, "--dry-run")["count"] == 1
    assert _stands(say) == []
    assert say(*words)["queued"] == 1
    assert say(*words)["queued"] == 0
    assert _stands(say) == [("template", "scheduled", "")]


def test_a_suppression_is_listed_and_ended(say: Say, ledger_path: Path) -> None:
    say("send", "text", "--to", ANA, "--text", "Hello")
    with sqlite3.connect(ledger_path) as ledger:
        ledger.execute(
            "INSERT INTO suppression (member_id, scope, reason, code, since) VALUES (1, 'all', 'country', 130497, 1)"
        )
    ledger.close()

    rows = say("suppressions", "list")["rows"]
    assert [(row["to"], row["reason"], row["code"]) for row in rows] == [(ANA, "country", 130497)]
    assert say("suppressions", "end", str(rows[0]["suppression"]))["ended"]
    assert say("suppressions", "list")["count"] == 0
    say("undo")
    assert say("suppressions", "list")["count"] == 1
