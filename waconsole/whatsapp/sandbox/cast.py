"""The simulated members and what they can say, read from `cast.toml` and `talk/`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from waconsole.whatsapp.sandbox import ids

LANGUAGES: Final = ("fr", "de", "ko", "ja", "en")
GROUP_MAX: Final = 8  # participants of an official group, beside the business

_HERE: Final = Path(__file__).parent
_LINK: Final = re.compile(r"https?://|wa\.me/")
_PRICE: Final = re.compile(r"\d[\d.,\s]*(?:€|\$|£|eur|usd|krw|jpy|원|円)|[€$£₩¥]\s*\d", re.I)
_WORDS: Final[Mapping[str, re.Pattern[str]]] = {
    "sorry": re.compile(
        r"désolée?s?|navrée?s?|tut (?:mir|uns) leid|entschuldig|sorry|apolog|죄송|미안|申し訳|すみません",
        re.I,
    ),
    "thanks": re.compile(r"merci|dank|감사|고마|ありがとう|thank", re.I),
    "greeting": re.compile(
        r"^\W*(?:bonjour|bonsoir|coucou|salut|hallo|moin|guten |안녕|こんにち|おはよう|hi\b|hey\b|hello)",
        re.I,
    ),
}


@dataclass(frozen=True, slots=True)
class Talk:
    """A small dialogue: its first line opens, each later one answers us; every line has alternatives."""

    kind: str
    where: str
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Tongue:
    """What is said in one language: the talks, and answers by what we wrote."""

    talks: tuple[Talk, ...]
    answers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Played:
    """One of the cast. `phone` is digits, empty for a person who shares none."""

    name: str
    phone: str
    bsuid: str
    username: str
    language: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, and the official group some of them are in (by name)."""

    people: tuple[Played, ...]
    group_id: str
    group_name: str
    group_description: str
    group_people: tuple[str, ...]


@cache
def cast() -> Cast:
    """The cast of the package: always the same people, whatever the seed."""
    document = tomllib.loads((_HERE / "cast.toml").read_text(encoding="utf-8"))
    people = tuple(
        Played(
            name=one["name"],
            phone=one.get("phone", "").removeprefix("+"),
            bsuid=ids.bsuid(one["country"], "cast", one["name"]),
            username=one.get("username", ""),
            language=one["language"],
        )
        for one in document["person"]
    )
    group = document["group"]
    return Cast(people, ids.group_id("cast"), group["name"], group["description"], tuple(group["people"]))


@cache
def tongue(language: str) -> Tongue:
    """What is said in one of `LANGUAGES`."""
    document = tomllib.loads((_HERE / "talk" / f"{language}.toml").read_text(encoding="utf-8"))
    talks = tuple(
        Talk(one["kind"], one["where"], tuple(tuple(line.split(" | ")) for line in one["lines"]))
        for one in document["talk"]
    )
    return Tongue(talks, {kind: tuple(lines) for kind, lines in document["answers"].items()})


def heard(text: str) -> str:
    """What a text of ours is, for somebody who answers: price, link, sorry, thanks, question, greeting or other."""
    if _PRICE.search(text):
        return "price"
    if _LINK.search(text):
        return "link"
    for kind in ("sorry", "thanks"):
        if _WORDS[kind].search(text):
            return kind
    if "?" in text or "？" in text:
        return "question"
    return "greeting" if _WORDS["greeting"].search(text) else "other"
