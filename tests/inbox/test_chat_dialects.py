"""The phrases of each language: where they come from, and that each of them is understood."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import waconsole.inbox
from waconsole.inbox.chat_dialect import LANGUAGES
from waconsole.inbox.chat_read import ChatLine, read_chat
from waconsole.inbox.chat_survey import survey

FOLDER = Path(waconsole.inbox.__file__).parent / "dialects"
FILLED = {"actor": "Zoé", "subjects": "Bob", "value": "Lyon 3", "old": "Lyon 2", "rest": ""}


@cache
def tables() -> dict[str, dict[str, Any]]:
    """The dialect files as they are shipped."""
    return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}


def phrases(section: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Language, kind and phrase of a section of every dialect."""
    for language, table in tables().items():
        for kind, known in table.get(section, {}).items():
            for phrase in known:
                yield language, kind, phrase


def only(lines: list[str]) -> ChatLine:
    """The last line of a chat, which must be placed."""
    *_, found = read_chat(lines, survey(lines), UTC)
    assert isinstance(found, ChatLine), found
    return found


def filled(phrase: str) -> str:
    """A phrase with names in its places."""
    return re.sub(r"\{(\w+)\}", lambda slot: FILLED[slot.group(1)], phrase)


def test_every_shipped_language_has_a_file_that_says_what_it_holds() -> None:
    assert set(tables()) == set(LANGUAGES)
    assert {table["status"] for table in tables().values()} <= {"phrases", "structural"}
    assert all(table["language"] == name for name, table in tables().items())


def test_every_phrase_names_a_public_source() -> None:
    for section in ("markers", "notices"):
        for language, kind, phrase in phrases(section):
            source = tables()[language]["sources"].get(phrase["source"])
            assert source is not None, (language, kind, phrase)
            assert source.startswith("https://github.com/"), source
            assert "/search?" not in source, source


def test_every_source_is_used() -> None:
    for table in tables().values():
        used = {
            phrase["source"]
            for name in ("markers", "notices")
            for known in table[name].values()
            for phrase in known
        }
        assert set(table["sources"]) == used, table["language"]


@pytest.mark.parametrize(("language", "kind", "phrase"), list(phrases("notices")))
def test_a_notice_is_understood_without_a_sender_and_behind_the_name_of_a_group(
    language: str, kind: str, phrase: dict[str, Any]
) -> None:
    words = filled(phrase["phrase"])
    stop = "" if phrase["phrase"].endswith("}") else "."  # a full stop behind a name would be the name's

    android = only(["28/03/2025, 21:29 - Ana: hello", f"28/03/2025, 21:30 - {words}"])
    iphone = only(["[28/03/2025, 21:29:00] Ana: hello", f"[28/03/2025, 21:30:00] Group: \u200e{words}{stop}"])

    for found in (android, iphone):
        assert found.kind == "system"
        assert found.notice is not None
        assert found.notice.kind == kind
        assert found.mine >= phrase.get("mine", False)
        if "{actor}" in phrase["phrase"] and "{value}" not in phrase["phrase"]:
            assert found.notice.actor == "Zoé"
        if "{subjects}" in phrase["phrase"]:
            assert found.notice.subjects == ("Bob",)
    assert (android.sender, iphone.sender) == ("", "Group")


@pytest.mark.parametrize(("language", "kind", "phrase"), list(phrases("markers")))
def test_a_marker_is_understood_as_both_kinds_of_phone_write_it(
    language: str, kind: str, phrase: dict[str, Any]
) -> None:
    words = filled(phrase["phrase"])
    body = {
        "edited": f"see you {words}",
        "poll": f"{words}\nWhere?\nOPTION: here (1)",
        "attached": words.replace(">", "00000012-PHOTO-2025.jpg>")
        if "<" in words
        else f"price list.pdf {words}",
    }.get(kind, words)

    for lead, head in (("", "28/03/2025, 21:30 - Bob: "), ("\u200e", "[28/03/2025, 21:30:00] Bob: ")):
        first = "28/03/2025, 21:29 - Ana: hi" if head[0] != "[" else "[28/03/2025, 21:29:00] Ana: hi"
        found = only([first, *f"{head}{lead}{body}".split("\n")])
        assert found.sender == "Bob"
        assert found.kind == {"edited": "text", "poll": "poll", "deleted": "deleted"}.get(kind, "media")
        assert found.edited is (kind == "edited")
        assert found.mine is phrase.get("mine", False)
        if kind == "omitted":
            assert (found.text, found.media_kind) == ("", phrase["media"])
        if kind == "attached":
            assert found.media_name in ("00000012-PHOTO-2025.jpg", "price list.pdf")
