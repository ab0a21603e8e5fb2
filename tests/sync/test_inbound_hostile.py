"""`inbound list` and `inbound show` say what came from outside without a raw control, in words and as JSON."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.kit.screens import HOSTILE, RAW_CONTROLS
from tests.sync.webhooks import body, our_number, take_in
from waconsole import catalogue
from waconsole.__main__ import main


def filled(path: Path) -> None:
    """A ledger with an item of hostile words that is not understood, and a body that is no webhook."""

    async def fill() -> None:
        async with catalogue.open_ledger(path, now=NOW) as database:
            await our_number(database)
            odd = {
                "from": "33639980001",
                "id": f"wamid.{HOSTILE}",
                "timestamp": "1795000000",
                "type": HOSTILE,
                HOSTILE: HOSTILE,
            }
            await take_in(
                database, body(messages=[odd]), json.dumps({"object": HOSTILE, "entry": HOSTILE}).encode()
            )

    asyncio.run(fill())


def said(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> str:
    capsys.readouterr()
    main(["--ledger", str(path), *words])
    return "".join(capsys.readouterr())


def test_hostile_text_that_stands_aside_is_harmless_to_read(
    ledger_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(ledger_path)
    rows = json.loads(said(capsys, ledger_path, "--json", "inbound", "list"))["rows"]
    assert rows, "something stands aside"
    shown = [said(capsys, ledger_path, "inbound", "list")]
    shown += [said(capsys, ledger_path, "inbound", "show", str(row["id"])) for row in rows]

    assert "␛]52" in "".join(shown) or "\\u001b" in "".join(shown)
    for text in shown:
        for line in text.splitlines():
            assert RAW_CONTROLS.search(line) is None, repr(line)


def test_the_same_as_json_is_ascii_safe_json(ledger_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(ledger_path)
    for row in json.loads(said(capsys, ledger_path, "--json", "inbound", "list"))["rows"]:
        text = said(capsys, ledger_path, "--json", "inbound", "show", str(row["id"]))
        json.loads(text)
        assert "\x1b" not in text and "\x9b" not in text and "\u202e" not in text
