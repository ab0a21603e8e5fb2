"""`send …` of every kind as it is typed: what is queued, what stands in the thread, what is refused and why."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOW
from waconsole.__main__ import main

Say = Callable[..., tuple[int, dict[str, Any], str]]
ANA = "+15550001111"
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 60
WABA = "200000000000002"
COMPONENTS: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "IMAGE"},
    {"type": "BODY", "text": "Hello {{1}}, {{2}} are yours."},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Fine"},
            {"type": "URL", "text": "Order", "url": "https://x.example/{{1}}"},
            {"type": "COPY_CODE", "example": "A"},
            {"type": "PHONE_NUMBER", "phone_number": "+1"},
        ],
    },
]


@pytest.fixture
def say(
    capsys: pytest.CaptureFixture[str], ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Say]:
    """A command on a ledger with a number: (exit code, the JSON document, stderr)."""
    values = {
        "BASE_URL": "http://127.0.0.1:9",
        "PHONE_NUMBER_ID": "100000000000001",
        "WABA_ID": WABA,
        "TOKEN": "t",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"WACONSOLE_CLOUD__{name}", value)

    def said(*words: str) -> tuple[int, dict[str, Any], str]:
        capsys.readouterr()
        code = main(["--ledger", str(ledger_path), "--json", *words])
        out, err = capsys.readouterr()
        return code, json.loads(out), err

    said("init")
    said("send", "text", "--to", ANA, "--text", "Hello")
    with sqlite3.connect(ledger_path) as beside:
        beside.execute("UPDATE conversation SET window_until = ?", (1 << 60,))
    beside.close()
    yield said


def rows(ledger: Path, sql: str) -> list[dict[str, Any]]:
    with sqlite3.connect(ledger) as beside:
        beside.row_factory = sqlite3.Row
        found = [dict(row) for row in beside.execute(sql)]
    beside.close()
    return found


def body_of(ledger: Path) -> dict[str, Any]:
    """What the last outgoing row says."""
    found: dict[str, Any] = json.loads(
        rows(ledger, "SELECT body FROM outgoing ORDER BY id DESC LIMIT 1")[0]["body"]
    )
    return found


def synced(ledger: Path, **more: Any) -> None:
    """A template as `templates sync` leaves it."""
    values = {
        "waba_id": WABA, "name": "paid", "language": "en_US", "category": "UTILITY", "status": "APPROVED",
        "parameter_format": "POSITIONAL", "components": json.dumps(COMPONENTS), "synced_at": NOW, **more,
    }  # fmt: skip
    with sqlite3.connect(ledger) as beside:
        beside.execute(
            f"INSERT INTO template ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            tuple(values.values()),
        )
    beside.close()


def test_a_picture_is_copied_queued_and_stands_in_the_thread(
    say: Say, ledger_path: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(JPEG)  # a name says nothing

    code, sent, _ = say("send", "image", "--to", ANA, "--file", str(tmp_path / "a.png"), "--caption", "Bill")

    assert (code, sent["state"], set(sent)) == (0, "queued", {"outgoing", "state", "reason"})
    body = body_of(ledger_path)
    assert (body["kind"], body["mime"], body["size"], body["caption"]) == ("image", "image/jpeg", 64, "Bill")
    copy = ledger_path.with_name(ledger_path.name + "-media") / f"{body['sha256']}.jpg"
    assert (copy.read_bytes(), copy.stat().st_mode & 0o777) == (JPEG, 0o600)
    (row,) = say("find", "Bill")[1]["rows"]
    assert (row["type"], row["kind"], row["direction"], row["text"]) == ("image", "media", "out", "Bill")
    assert (row["media"]["state"], row["media"]["sha256"]) == ("kept", body["sha256"])


def test_a_document_has_a_name_and_may_be_a_link(say: Say, ledger_path: Path, tmp_path: Path) -> None:
    (tmp_path / "Bill May.pdf").write_bytes(b"%PDF-1.7\n")

    say("send", "document", "--to", ANA, "--file", str(tmp_path / "Bill May.pdf"))
    assert (body_of(ledger_path)["name"], body_of(ledger_path)["mime"]) == ("Bill May.pdf", "application/pdf")

    say("send", "document", "--to", ANA, "--link", "https://x.example/b.pdf", "--filename", "b.pdf")
    assert (body_of(ledger_path)["name"], body_of(ledger_path)["link"]) == (
        "b.pdf",
        "https://x.example/b.pdf",
    )


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("image",), "--file, or its public address with --link"),
    (("image", "--link", "http://x.example/a.jpg"), "https://"),
    (("image", "--file", "{pdf}"), "application/pdf"),
    (("image", "--file", "{none}"), "cannot be read"),
    (("image", "--file", "{large}"), "5,242,881 bytes is too large; WhatsApp takes 5,242,880 bytes:"),
    (("audio", "--file", "{empty}"), "is empty"),
    (("buttons", "--text", "x", "--button", "a"), "write --button ID=TITLE"),
    (("buttons", "--text", "x", "--button", "a=A", "b=B", "c=C", "d=D"), "1 to 3 buttons"),
    (("buttons", "--text", "x", "--button", "a=123456789012345678901"), "WhatsApp takes 20"),
    (("list", "--text", "x", "--label", "y", "--row", "a"), "write --row"),
    (("reaction", "--message", "wamid.A", "--emoji", "nice"), "one emoji"),
    (("template", "--name", "t", "--language", "en", "--button", "0=x"), "templates sync"),
    (("template", "--name", "t", "--language", "en", "--button", "x=0"), "a button's number"),
    (("template", "--name", "t", "--language", "en", "--param", "a\nb"), "in one line"),
]


def test_what_whatsapp_would_refuse_is_not_queued(say: Say, ledger_path: Path, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("pdf", "none", "large", "empty")}
    files["pdf"].write_bytes(b"%PDF-1.7\n")
    files["empty"].touch()
    with files["large"].open("wb") as file:
        file.truncate((5 << 20) + 1)

    for words, says in REFUSED:
        code, document, _ = say("send", words[0], "--to", ANA, *(word.format(**files) for word in words[1:]))
        assert (code, says in document["error"]) == (1, True), document

    assert len(rows(ledger_path, "SELECT id FROM outgoing")) == 1


def test_buttons_and_lists_stand_in_the_thread_with_their_words(say: Say, ledger_path: Path) -> None:
    say("send", "buttons", "--to", ANA, "--text", "Accept?", "--button", "y=Yes", "--button", "n=No")
    say("send", "list", "--to", ANA, "--text", "Slot?", "--label", "Slots", "--row", "Monday|m1|09:00|Studio", "Friday|f1|10:00")  # fmt: skip

    (first,), (second,) = (say("find", word)[1]["rows"] for word in ("Accept", "Slot"))
    assert (first["text"], first["type"], first["kind"]) == ("Accept?\n[Yes]\n[No]", "interactive", "text")
    assert second["text"] == "Slot?\n- 09:00\n- 10:00"
    assert body_of(ledger_path)["rows"] == [
        {"section": "Monday", "id": "m1", "title": "09:00", "description": "Studio"},
        {"section": "Friday", "id": "f1", "title": "10:00", "description": ""},
    ]


def test_the_words_of_a_list_may_be_as_long_as_a_text_beside_its_rows(say: Say, ledger_path: Path) -> None:
    code, _, _ = say("send", "list", "--to", ANA, "--text", "x" * 4096, "--label", "y", "--row", "a|Apple")

    assert (code, len(body_of(ledger_path)["text"])) == (0, 4096)


def test_a_reaction_of_ours_stands_under_its_message(say: Say, ledger_path: Path) -> None:
    with sqlite3.connect(ledger_path) as beside:
        beside.execute("UPDATE message SET direction = 'in', wamid = 'wamid.A', alias_id = NULL")
    beside.close()

    for emoji, under in (("👍", ["👍"]), ("🎉", ["🎉"]), ("", [])):
        code, sent, _ = say("send", "reaction", "--to", ANA, "--message", "wamid.A", "--emoji", emoji)
        (row,) = say("find", "Hello")[1]["rows"]
        assert (code, sent["state"], [it["emoji"] for it in row["reactions"]]) == (0, "queued", under)

    say("send", "reaction", "--to", ANA, "--message", "wamid.A", "--emoji", "👍")
    say("undo")
    assert say("find", "Hello")[1]["rows"][0]["reactions"] == []
    assert len(rows(ledger_path, "SELECT id FROM message")) == 1


def test_a_reaction_is_for_a_message_of_that_thread(say: Say, ledger_path: Path) -> None:
    with sqlite3.connect(ledger_path) as beside:
        beside.execute("UPDATE message SET wamid = 'wamid.A'")
    beside.close()

    code, document, _ = say(
        "send", "reaction", "--to", "+15550002222", "--message", "wamid.A", "--emoji", "👍"
    )

    assert (code, "another thread" in document["error"]) == (1, True)


def test_a_known_template_is_filled_and_checked(say: Say, ledger_path: Path) -> None:
    synced(ledger_path)
    words = ("send", "template", "--to", ANA, "--name", "paid", "--language", "en_US")
    picture = ("--header-link", "https://x.example/a.jpg")
    values = ("--param", "Ana", "12.50")
    filled = ("--button", "1=orders/77", "--button", "2=KAFFEE7")

    assert say(*words, *picture, *values, *filled)[0] == 0
    body = body_of(ledger_path)
    assert body["text"] == "Hello Ana, 12.50 are yours."
    assert (body["header_kind"], body["category"]) == ("image", "UTILITY")
    assert body["parameters"] == [["", "Ana"], ["", "12.50"]]
    assert [(it["index"], it["kind"]) for it in body["buttons"]] == [(1, "url"), (2, "copy_code")]
    assert say(*words, *picture, "--param", "1=Ana", "--param", "2=12.50", *filled)[0] == 0
    assert body_of(ledger_path)["parameters"] == body["parameters"]
    assert say("find", "yours")[1]["rows"][0]["type"] == "template"

    for more, says in (
        ((*values, *filled), "--header-link URL"),
        ((*picture, *filled), "asks for 2 values, 0 were given"),
        ((*picture, *values), "Button 1 of paid (url) needs a value"),
        ((*picture, *values, *filled, "--button", "3=x"), "takes no value"),
        ((*picture, *values, *filled, "--button", "7=x"), "no button 7"),
    ):
        code, document, _ = say(*words, *more)
        assert (code, says in document["error"]) == (1, True), document


def test_a_template_by_name_asks_for_its_names(say: Say, ledger_path: Path) -> None:
    parts = [
        {"type": "HEADER", "format": "TEXT", "text": "For {{who}}"},
        {"type": "BODY", "text": "{{sum}} on {{day}}"},
    ]
    synced(ledger_path, components=json.dumps(parts), parameter_format="NAMED", category="MARKETING")
    words = ("send", "template", "--to", ANA, "--name", "paid", "--language", "en_US")

    say(*words, "--param", "day=Monday", "--param", "who=Ana", "--param", "sum=12=50")

    body = body_of(ledger_path)
    assert (body["header"], body["header_name"], body["header_kind"]) == ("Ana", "who", "text")
    assert (body["parameters"], body["text"]) == ([["sum", "12=50"], ["day", "Monday"]], "12=50 on Monday")
    assert rows(ledger_path, "SELECT purpose FROM outgoing ORDER BY id DESC")[0]["purpose"] == "marketing"
    assert "--param who=… --param sum=… --param day=…" in say(*words, "--param", "who=Ana")[1]["error"]


def test_a_template_that_is_not_there_is_refused_only_when_the_list_is(say: Say, ledger_path: Path) -> None:
    words = ("send", "template", "--to", ANA, "--language", "de", "--name")

    assert (
        say(*words, "paid", "--param", "first_name=Ana", "--header-link", "https://x.example/a.mp4")[0] == 0
    )
    assert body_of(ledger_path)["parameters"] == [["first_name", "Ana"]]
    assert body_of(ledger_path)["header_kind"] == "video"
    synced(ledger_path)
    assert "is there in en_US, not in de" in say(*words, "paid")[1]["error"]
    assert "no template other" in say(*words, "other")[1]["error"]


def test_a_group_takes_no_buttons(say: Say) -> None:
    code, document, _ = say(
        "send", "buttons", "--to", "R1JPVVAtRkFLRS0wMDE", "--text", "x", "--button", "a=A"
    )

    assert (code, "cannot be sent to a group" in document["error"]) == (1, True)


def test_without_a_number_a_file_is_a_task_with_its_path(
    say: Say, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("WACONSOLE_CLOUD__PHONE_NUMBER_ID")
    ledger = tmp_path / "hand.db"
    (tmp_path / "a.jpg").write_bytes(JPEG)
    main(["--ledger", str(ledger), "init"])
    capsys.readouterr()

    code = main(
        [
            "--ledger",
            str(ledger),
            "send",
            "image",
            "--to",
            ANA,
            "--file",
            str(tmp_path / "a.jpg"),
            "--caption",
            "Bill",
        ]
    )

    out = capsys.readouterr().out
    assert (code, "a task for a human hand" in out, "hand.db-media" in out) == (0, True, True)
    main(["--ledger", str(ledger), "--json", "tasks", "list"])
    (task,) = json.loads(capsys.readouterr().out)["rows"]
    assert (task["text"], Path(task["file"]).read_bytes()) == ("Bill", JPEG)


def test_a_poll_goes_by_a_linked_phone_and_no_other_way(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = ("send", "poll", "--question", "Which day?", "--choice", "Mon", "--choice", "Fri")
    assert "cannot be sent to a member" in say(*poll, "--to", ANA)[1]["error"]

    for name, value in {"ENABLED": "true", "API_KEY": "k", "BASE_URL": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(f"WACONSOLE_GATEWAY__{name}", value)
    group = "120363000000000001@g.us"
    code, sent, _ = say(*poll, "--several", "--to", group)

    assert (code, sent["state"]) == (0, "queued")
    assert say("send", "poll", "--to", group, "--question", "Which?", "--choice", "a")[0] == 1
    assert say("send", "poll", "--to", group, "--question", "Which?")[0] == 2
