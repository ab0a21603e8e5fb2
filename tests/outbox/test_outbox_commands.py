"""`send text`, `outbox …` and `sync --once` as they are typed, with the keys the contract names."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.outbox.road import PHONE_NUMBER_ID
from waconsole.__main__ import main

Say = Callable[..., tuple[int, dict[str, Any], str]]
KEYS = {
    "outgoing", "to", "kind", "purpose", "state", "reason", "delivery", "attempts", "wamid", "created_at", "delivery_error",
}  # fmt: skip
ANA = "+15550001111"


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], ledger_path: Path) -> Iterator[Say]:
    """A command on this test's own ledger: (exit code, the JSON document, stderr)."""

    def said(*words: str) -> tuple[int, dict[str, Any], str]:
        capsys.readouterr()
        code = main(["--ledger", str(ledger_path), "--json", *words])
        out, err = capsys.readouterr()
        return code, json.loads(out), err

    said("init")
    yield said


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of a number, at an address where nobody listens."""
    values = {
        "BASE_URL": "http://127.0.0.1:9",
        "PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "WABA_ID": "200000000000002",
        "TOKEN": "a-token",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"WACONSOLE_CLOUD__{name}", value)


def test_without_a_number_a_text_is_a_task_for_a_human_hand(say: Say) -> None:
    code, sent, _ = say("send", "text", "--to", ANA, "--text", "Hello")

    assert (code, sent["state"], sent["reason"]) == (0, "queued", "by hand")
    assert set(sent) == {"outgoing", "state", "reason"}
    assert [task["text"] for task in say("tasks", "list")[1]["rows"]] == ["Hello"]
    assert say("sync", "--once")[:2] == (
        0, {"sent": 0, "unknown": 0, "failed": 0, "received": 0, "processed": 0, "quarantined": 0},
    )  # fmt: skip


def test_cancelling_a_task_s_message_refuses_the_task(say: Say) -> None:
    outgoing = say("send", "text", "--to", ANA, "--text", "Hello")[1]["outgoing"]

    say("outbox", "cancel", outgoing)
    assert say("tasks", "list")[1]["count"] == 0
    say("undo")

    assert say("tasks", "list")[1]["rows"][0]["state"] == "offered"
    assert say("outbox", "list")[1]["rows"][0]["state"] == "queued"


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("to", [ANA, "US.90000000000000001", "R1JPVVAtRkFLRS0wMDE"])
def test_a_text_outside_the_window_is_held_and_said_so(
    say: Say, capsys: pytest.CaptureFixture[str], ledger_path: Path, to: str
) -> None:
    code, sent, _ = say("send", "text", "--to", to, "--text", "Hello")

    assert (code, sent["state"], sent["reason"]) == (0, "held", "template_needed")
    row = say("outbox", "list")[1]["rows"][0]
    assert set(row) == KEYS
    assert (row["outgoing"], row["to"], row["kind"], row["purpose"]) == (
        sent["outgoing"],
        to,
        "text",
        "reply",
    )
    assert (row["attempts"], row["wamid"], row["delivery"], row["delivery_error"]) == (0, None, "", None)
    main(["--ledger", str(ledger_path), "send", "text", "--to", to, "--text", "Hello"])
    assert "the service window" in capsys.readouterr().out
    assert [one["state"] for one in say("outbox", "list", "--state", "held")[1]["rows"]] == ["held", "held"]
    assert say("outbox", "list", "--state", "queued")[1]["count"] == 0


@pytest.mark.usefixtures("cloud")
def test_offline_is_a_normal_state(say: Say, window: Callable[[], None]) -> None:
    say("send", "text", "--to", ANA, "--text", "first")
    window()
    sent = say("send", "text", "--to", ANA, "--text", "Hello", "--reply-to", "wamid.NOBODY")

    assert (sent[0], sent[1]["state"]) == (0, "queued")
    assert "it goes without the quote" in sent[2]
    code, synced, told = say("sync", "--once")
    assert (code, synced["sent"], synced["unknown"], synced["failed"]) == (3, 0, 0, 0)
    assert "cannot be reached" in told
    shown = say("outbox", "show", sent[1]["outgoing"])[1]
    assert (shown["state"], shown["attempts"], shown["tries"][0]["outcome"]) == ("queued", 1, "unsent")


@pytest.mark.usefixtures("cloud")
def test_a_missing_token_is_a_sentence_and_nothing_is_lost(
    say: Say, window: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    say("send", "text", "--to", ANA, "--text", "first")
    window()
    say("send", "text", "--to", ANA, "--text", "Hello")
    monkeypatch.setenv("WACONSOLE_CLOUD__TOKEN", "")

    code, synced, told = say("sync", "--once")

    assert (code, synced["sent"]) == (3, 0)
    assert "token" in told
    assert say("outbox", "list", "--state", "queued")[1]["count"] == 1


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("send", "text", "--to", "nobody at all", "--text", "x"), 1, "Nobody is known as"),
        (("send", "text", "--to", "+1", "--text", "x"), 1, "+1"),
        (("send", "text", "--to", ANA, "--text", "  "), 1, "empty"),
        (("send", "text", "--to", ANA, "--text", "x" * 4097), 1, "4096"),
        (("send", "text", "--to", ANA), 2, "--text"),
        (("outbox", "show", "out-nothing"), 1, "No single outgoing message"),
        (("outbox", "resolve", "out-nothing"), 2, "--as-accepted"),
        (("outbox", "resolve", "out-nothing", "--as-closed", "--resend"), 2, "Say one of"),
        (("outbox", "resolve", "out-nothing", "--resend"), 1, "No single outgoing"),
        (("outbox", "list", "--state", "sent"), 2, "sent"),
        (("sync",), 2, "--once"),
        (("sync", "--once", "--watch"), 2, "--once"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    say: Say, words: tuple[str, ...], code: int, sentence: str
) -> None:
    answered, document, _ = say(*words)

    assert (answered, sentence in document["error"]) == (code, True), document


@pytest.fixture
def window(ledger_path: Path) -> Callable[[], None]:
    """Opens every service window of the ledger for an hour."""
    import contextlib
    import sqlite3

    def opened() -> None:
        with contextlib.closing(sqlite3.connect(ledger_path)) as connection, connection:
            connection.execute(
                "UPDATE conversation SET window_until = (CAST(strftime('%s', 'now') AS INTEGER) + 3600) * 1000000"
            )

    return opened


@pytest.mark.usefixtures("cloud")
def test_a_reply_outside_the_window_is_held_and_said_so(
    say: Say, capsys: pytest.CaptureFixture[str], ledger_path: Path
) -> None:
    say("send", "text", "--to", ANA, "--text", "Hello")
    conversation = say("find", "")[1]["rows"][0]["conversation"]

    code, reply, _ = say("reply", conversation, "Are you there?")
    assert (code, reply["state"], reply["reason"]) == (0, "held", "template_needed")

    main(["--ledger", str(ledger_path), "reply", conversation, "Are you there?"])
    assert "The reply is held: the service window is closed" in capsys.readouterr().out


@pytest.mark.usefixtures("cloud")
def test_a_release_is_undone_exactly(say: Say) -> None:
    outgoing = say("send", "text", "--to", ANA, "--text", "Hello")[1]["outgoing"]
    assert say("outbox", "release", outgoing)[1]["state"] == "queued"

    say("undo")

    row = say("outbox", "show", outgoing)[1]
    assert (row["state"], row["reason"]) == ("held", "template_needed")


@pytest.mark.usefixtures("cloud")
def test_a_member_known_by_hand_is_reached_by_the_api_once_there_is_a_number(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WACONSOLE_CLOUD__PHONE_NUMBER_ID")
    assert say("send", "text", "--to", ANA, "--text", "by hand")[1]["reason"] == "by hand"
    monkeypatch.setenv("WACONSOLE_CLOUD__PHONE_NUMBER_ID", PHONE_NUMBER_ID)

    assert say("send", "text", "--to", ANA, "--text", "by the API")[1]["state"] == "held"
    assert say("outbox", "list")[1]["count"] == 2


def test_what_waits_for_a_former_number_is_said_and_can_be_cancelled(
    say: Say, cloud: None, monkeypatch: pytest.MonkeyPatch, ledger_path: Path
) -> None:
    ref = say("send", "text", "--to", ANA, "--text", "Hello")[1]["outgoing"]
    opened(ledger_path)
    say("outbox", "release", ref)
    assert say("outbox", "list")[2] == ""

    for chosen, says in (("77", "cloud.phone_number_id is 77"), ("", "cloud.phone_number_id is not set")):
        monkeypatch.setenv("WACONSOLE_CLOUD__PHONE_NUMBER_ID", chosen)
        for words in (("outbox", "list"), ("sync", "--once")):
            err = say(*words)[2]
            assert f"1 message waits for the number {PHONE_NUMBER_ID}" in err
            assert says in err
        check = next(one for one in say("doctor")[1]["checks"] if one["name"] == "numbers")
        assert (check["ok"], check["advice"]) == (True, True)
        assert says in check["says"]
    assert say("outbox", "cancel", ref)[1]["state"] == "cancelled"
    assert say("outbox", "list")[2] == say("sync", "--once")[2] == ""


def opened(ledger: Path) -> None:
    """The member has written: their window is open."""
    with sqlite3.connect(ledger) as connection:
        connection.execute("UPDATE conversation SET window_until = 9000000000000000")
    connection.close()
