"""Chats as phones export them, in every shipped language and two others, against what they say.

The texts are made up, in the formats and with the phrases of real exports. `*.json` beside each is what
was checked by hand: order of the date, and one row per message, notice and unplaced line.
"""

from __future__ import annotations

import json
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from waconsole.clock import iso
from waconsole.inbox.chat_dialect import LANGUAGES
from waconsole.inbox.chat_export import chat_lines, open_export
from waconsole.inbox.chat_read import ChatLine, Unplaced, people, read_chat
from waconsole.inbox.chat_survey import survey

GOLDENS = Path(__file__).parent / "chat_goldens"
NAMES = sorted(path.stem for path in GOLDENS.glob("*.txt"))


def row(found: ChatLine | Unplaced) -> dict[str, Any]:
    """A parsed line as the golden file writes it: without what is empty."""
    if isinstance(found, Unplaced):
        return {"line": found.line, "unplaced": found.text}
    notice = found.notice
    said = [notice.kind, notice.actor, list(notice.subjects), notice.value] if notice else None
    more = {
        "mine": found.mine,
        "edited": found.edited,
        "media": found.media_kind,
        "file": found.media_name,
        "notice": said,
    }
    base = {
        "line": found.line,
        "at": iso(found.at),
        "kind": found.kind,
        "from": found.sender,
        "text": found.text,
    }
    return base | {key: value for key, value in more.items() if value}


def read_golden(name: str) -> tuple[str, str, list[ChatLine | Unplaced]]:
    """Order, likeliest language and lines of a golden chat, read in UTC."""
    with open_export(GOLDENS / f"{name}.txt") as export:
        with export.open_chat() as file:
            look = survey(chat_lines(file))
        with export.open_chat() as file:
            return look.order, look.dialects[0], list(read_chat(chat_lines(file), look, UTC))


@pytest.mark.parametrize("name", NAMES)
def test_an_export_says_what_its_golden_file_says(name: str) -> None:
    expected = json.loads((GOLDENS / f"{name}.json").read_text("utf-8"))

    order, language, found = read_golden(name)

    assert [row(line) for line in found] == expected["rows"]
    assert order == expected["order"]
    assert language == expected.get("language", language)


def test_every_shipped_language_has_a_golden_export() -> None:
    assert {name.split("-")[0] for name in NAMES} >= set(LANGUAGES)


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_an_export_is_accounted_for(name: str) -> None:
    with (GOLDENS / f"{name}.txt").open("rb") as file:
        lines = list(chat_lines(file))
    found = read_golden(name)[2]

    assert found[0].line == 1
    for this, following in pairwise([*found, Unplaced(len(lines) + 1, "")]):
        for number in range(this.line + 1, following.line):
            assert isinstance(this, ChatLine)
            assert lines[number - 1].replace("\u200e", "") in this.text


def test_the_group_that_an_iphone_writes_as_sender_of_notices_is_no_person() -> None:
    found = read_golden("en-ios")[2]

    names = {name for line in found if isinstance(line, ChatLine) for name in people(line)}

    assert names == {"Ana", "Bob", "Carla", "Dora", "+33 6 12 34 56 78"}
