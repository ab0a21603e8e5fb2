"""Words that end or resume marketing: what a message says of it, by the words in force. Pure.

A word acts when it is the whole message, or its first words where policy allows that. Said elsewhere
it may mean anything: that is `unclear`, and for an operator to read. Case, accents, width, signs and
emoji do not count; scripts without spaces are read as runs of letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

CHARACTERS_MAX: Final = 4_096
WORDS_READ_MAX: Final = 400
CONFIRMATION: Final = "opt_out.confirmation"
UNCLEAR: Final = "opt_out.unclear"
ENGLISH: Final = "en"
CODE_DIGITS_MAX: Final = 3

Says = Literal["stop", "start", "unclear"]

_WORD: Final = re.compile(r"[^\W_]+")
_RUN: Final = re.compile("[\u0e00-\u0e7f\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_VOICED: Final = "\u3099\u309a"  # without them a Japanese word would be another one


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says of marketing, by which rule and version; `is_whole`: it says nothing else."""

    says: Says
    rule: str
    version: int
    language: str
    evidence: str
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    """One word of one language."""

    rule: str
    version: int
    language: str
    words: tuple[str, ...]
    first: bool
    anywhere: bool
    unclear: bool
    unless_next: frozenset[str]

    @property
    def joined(self) -> str:
        """Its letters without the spaces between."""
        return "".join(self.words)

    @property
    def runs(self) -> bool:
        """Whether it is of a script that puts no spaces between words."""
        return bool(_RUN.match(self.words[0]))


@lru_cache(maxsize=4_096)
def folded_words(text: str) -> tuple[str, ...]:
    """The words of `text` for comparison, at most `WORDS_READ_MAX`: NFKC, case folded, without accents and signs."""
    if text.isascii():
        return tuple(_WORD.findall(text[:CHARACTERS_MAX].casefold())[:WORDS_READ_MAX])
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text[:CHARACTERS_MAX]).casefold())
    kept = "".join(
        character
        for character in plain
        if character in _VOICED or unicodedata.category(character) not in ("Mn", "Me", "Cf")
    )
    return tuple(_WORD.findall(unicodedata.normalize("NFC", kept))[:WORDS_READ_MAX])


def language_of(tag: str) -> str:
    """A member's language as presets name it: `zh-TW` is zh-Hant, `zh-CN` zh-Hans, `pt-BR` pt."""
    parts = tag.replace("_", "-").lower().split("-")
    if parts[0] in ("zh", "yue"):
        return "zh-Hant" if parts[0] == "yue" or {"tw", "hk", "mo", "hant"} & set(parts) else "zh-Hans"
    return parts[0]


class OptOut:
    """The words in force, of every language, and the sentences that confirm."""

    def __init__(self) -> None:
        self.hours = 24
        self._short = 3
        self._runs: list[_Entry] = []
        self._heads: dict[str, list[_Entry]] = {}
        self._unless_next: dict[str, frozenset[str]] = {}
        self._start: dict[str, list[tuple[str, int, str]]] = {}
        self._codes: dict[str, str] = {}
        self._near: dict[str, frozenset[str]] = {}
        self._sentences: dict[tuple[str, str], str] = {}
        self._whole: dict[str, list[_Entry]] = {}

    @classmethod
    def of_policies(cls, policies: Iterable[tuple[str, Mapping[str, Any], int]]) -> OptOut:
        """From (name, value, version) of the policies `opt_out.…`."""
        made = cls()
        for name, value, version in policies:
            if name == CONFIRMATION:
                made.hours = value["hours"]
            elif name == UNCLEAR:
                made._short = value["words"]
            elif "language" in value:
                made._take(name, value, version)
        return made

    def _take(self, rule: str, value: Mapping[str, Any], version: int) -> None:
        language = value["language"]
        for table in value.get("stop", ()):
            entry = _Entry(
                rule, version, language, folded_words(table["word"]), bool(table.get("first")),
                bool(table.get("anywhere")), bool(table.get("unclear")),
                frozenset(word for near in table.get("unless_next", ()) for word in folded_words(near)),
            )  # fmt: skip
            if not entry.words:
                continue
            self._whole.setdefault(entry.joined, []).append(entry)
            self._unless_next[entry.joined] = (
                self._unless_next.get(entry.joined, frozenset()) | entry.unless_next
            )
            if entry.runs:
                self._runs.append(entry)
            else:
                self._heads.setdefault(entry.words[0], []).append(entry)
        for word in value.get("start", ()):
            self._start.setdefault("".join(folded_words(word)), []).append((rule, version, language))
        self._codes |= dict.fromkeys(value.get("codes", ()), language)
        self._near[rule] = frozenset(
            "".join(folded_words(word)) for word in value.get("near", ()) if folded_words(word)
        )
        self._sentences["confirm", language] = value["confirm"]
        self._sentences["welcome", language] = value["welcome"]

    def sentence(self, kind: Literal["confirm", "welcome"], *languages: str) -> tuple[str, str]:
        """(the sentence, its language) in the first language that has one, else in English."""
        for language in (*languages, ENGLISH):
            if (kind, language) in self._sentences:
                return self._sentences[kind, language], language
        return next(iter((said, of) for (one, of), said in self._sentences.items() if one == kind), ("", ""))

    def language_by(self, tag: str, phone: str | None) -> str:
        """The language to go by: the member's, else that of their number's country, else empty."""
        if tag:
            return language_of(tag)
        digits = (phone or "").removeprefix("+")
        lengths = range(CODE_DIGITS_MAX, 0, -1)
        return next((self._codes[digits[:size]] for size in lengths if digits[:size] in self._codes), "")

    def hear(self, text: str, mine: str = "") -> Heard | None:
        """What `text` says, or None. Words of the language `mine` count before those of others."""
        words = folded_words(text)
        if not words:
            return None
        joined = "".join(words)
        if found := _best(self._whole.get(joined, ()), mine):
            return _heard("unclear" if found.unclear else "stop", found, text, is_whole=True)
        if started := self._started(joined, mine):
            return Heard("start", *started, text, is_whole=True)
        first, elsewhere = self._inside(words, joined)
        if found := _best(first, mine):
            return _heard("stop", found, text)
        if found := _best(elsewhere, mine):
            return _heard("unclear", found, text)
        return None

    def _inside(self, words: Sequence[str], joined: str) -> tuple[list[_Entry], list[_Entry]]:
        """The entries a longer message begins with, and those it holds elsewhere so that an operator must look."""
        first: list[_Entry] = []
        elsewhere: list[_Entry] = []
        if _RUN.search(joined):
            for entry in self._runs:
                if entry.first and joined.startswith(entry.joined):
                    first.append(entry)
                elif entry.joined in joined and not entry.unclear and self._is_meant(entry, words, joined):
                    elsewhere.append(entry)
        for at, word in enumerate(words):
            for entry in self._heads.get(word, ()):
                beyond = at + len(entry.words)
                if entry.unclear or tuple(words[at:beyond]) != entry.words:
                    continue
                if beyond < len(words) and words[beyond] in self._unless_next[entry.joined]:
                    continue
                if at == 0 and entry.first:
                    first.append(entry)
                elif self._is_meant(entry, words, joined):
                    elsewhere.append(entry)
        return first, elsewhere

    def _is_meant(self, entry: _Entry, words: Sequence[str], joined: str) -> bool:
        """Whether a word somewhere in a message may be meant as the end of marketing."""
        if entry.anywhere:
            return True
        if entry.runs:
            return any(near in joined for near in self._near[entry.rule])
        if entry.first and len(words) <= max(self._short, len(entry.words) + 1):
            return True
        return any(word in self._near[entry.rule] for word in words if word not in entry.words)

    def _started(self, joined: str, mine: str) -> tuple[str, int, str] | None:
        rules = self._start.get(joined)
        return max(rules, key=lambda rule: (rule[2] == mine, rule[2] == ENGLISH)) if rules else None


def _best(entries: Sequence[_Entry], mine: str) -> _Entry | None:
    """The entry to go by: of the member's language, else one that acts, else the longest."""
    if not entries:
        return None
    return max(
        entries,
        key=lambda entry: (
            entry.language == mine,
            not entry.unclear,
            len(entry.joined),
            entry.language == ENGLISH,
        ),
    )


def _heard(says: Says, entry: _Entry, text: str, *, is_whole: bool = False) -> Heard:
    return Heard(says, entry.rule, entry.version, entry.language, text, is_whole)
