"""Dialects: what WhatsApp itself writes into an export, language by language, as data.

Pure, apart from reading the `dialects/*.toml` shipped beside it. Each phrase there names the public source
it was seen in. A phrase is either a marker that stands for or after a message (deleted, edited, omitted,
attached, poll) or a notice, with `{actor}`, `{subjects}`, `{value}`, `{old}` and `{rest}` where names
and words stand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from waconsole.inbox.chat_clock import MARKS

LANGUAGES: Final = ("en", "fr", "de", "es", "pt", "it", "ko", "ja", "zh")
HOT_LENGTH: Final = 6
ME: Final = ""
"""How a notice names the exporting person ("You added Bob", "Ana added you")."""

NAME_CHARACTERS_MAX: Final = 120
_MARK: Final = re.compile(f"[{MARKS}]")
_SPACE: Final = re.compile(r"\s+")
_PLAIN: Final = {0xA0: " ", 0x202F: " ", 0x2011: "-"}  # phones are written with these
_SLOT: Final = re.compile(r"\{(\w+)\}")
_QUOTES: Final = '"“”„«»「」『』‟″'
_DONE_TO_SOMEBODY: Final = ("added", "removed", "admin")
_SLOTS: Final = {
    "actor": rf"(?P<actor>[^{_QUOTES}]{{1,{NAME_CHARACTERS_MAX}}}?)",
    "subjects": r"(?P<subjects>.+)",
    "value": r"(?P<value>.*)",
    "old": r"(?P<old>.*?)",
    "rest": r".*",
}


class Notice(NamedTuple):
    """What a system line says.

    `kind` is joined_by_link, joined, added, left, removed, subject, icon, description, admin,
    number_changed, disappearing, encryption, created, security_code, pinned, settings, call or blocked.
    `actor` is who did it (who joined or left, whose number changed), `subjects` whom it was done to;
    the exporting person is `ME`. `value` is the new subject or number, or the name of a new group.
    """

    kind: str
    actor: str = ""
    subjects: tuple[str, ...] = ()
    value: str = ""


class Marker(NamedTuple):
    """A phrase that stands for a message: its kind (deleted or omitted), medium, and whose it is."""

    kind: str
    media: str
    mine: bool
    language: str


@dataclass(frozen=True, slots=True)
class _NoticePattern:
    kind: str
    phrase: str  # compiled when a line first has its fragment: most never do, and all would take 0.2 s
    fragment: str
    weight: int
    mine: bool
    separators: re.Pattern[str]
    you: frozenset[str]


def bare(text: str) -> str:
    """`text` as phrases are compared: without marks, with plain single spaces, no full stop, no case."""
    return _SPACE.sub(" ", _MARK.sub("", text)).strip().rstrip(".。").casefold()


def as_name(text: str) -> str:
    """A sender or a name in a notice without direction marks, the `~` of an unsaved contact, outer spaces."""
    if text.isascii() and text[:1] not in "~ " and text[-1:] != " ":
        return text
    plain = _MARK.sub("", text).strip()
    if plain.startswith(("~", "\uff5e")):
        plain = plain[1:].strip()
    return plain.translate(_PLAIN)


class Dialects:
    """All shipped phrases, ready to be asked."""

    def __init__(self, tables: dict[str, dict[str, object]]) -> None:
        self.names = tuple(tables)
        self.markers: dict[str, Marker] = {}
        self.edited: frozenset[str] = frozenset()
        self.attached: frozenset[str] = frozenset()
        self.polls: frozenset[str] = frozenset()
        self._notices: dict[str, list[_NoticePattern]] = {}
        self._tombstones: list[str] = []
        edited, attached, polls, hot = set(), set(), set(), set()
        for language, table in tables.items():
            for kind, phrase, media, mine in _marker_phrases(table):
                if kind == "edited":
                    edited.add(bare(phrase.strip("<>")))
                elif kind == "attached":
                    attached.add(bare(phrase.strip("<>()")).rstrip(":： "))
                elif kind == "poll":
                    polls.add(bare(phrase).rstrip(":： "))
                elif "{" in phrase:
                    self._tombstones.append(phrase)
                    hot.add(phrase[:HOT_LENGTH])
                else:
                    marker = Marker(kind, media, mine, language)
                    self.markers.setdefault(bare(phrase).strip("<>"), marker)
                    hot.add(phrase[:HOT_LENGTH])
            self._notices[language] = sorted(_notice_patterns(table), key=lambda known: -known.weight)
            hot |= {head[:HOT_LENGTH] for head in _encryption_heads(table)}
        self.edited, self.attached, self.polls = frozenset(edited), frozenset(attached), frozenset(polls)
        self.hot = frozenset(hot)
        """The first letters of every phrase that may stand where a message stands without a mark."""

    def likely(self, text: str) -> tuple[str, ...]:
        """The language a line written by WhatsApp speaks for, as a tuple of one or none."""
        plain = bare(text)
        marker = self.markers.get(plain.strip("<>"))
        if marker is not None:
            return (marker.language,)
        found = self.notice(text, self.names)
        return () if found is None else (found[2],)

    def is_marker(self, body: str) -> bool:
        """Whether `body` is, to the letter, what a phone writes for a deleted message or a file left out."""
        return bare(body).strip("<>") in self.markers

    def tombstone(self, text: str) -> bool:
        """Whether `text` says that an admin deleted the message."""
        return any(_phrase_pattern(phrase).fullmatch(text) for phrase in self._tombstones)

    def notice(self, text: str, order: tuple[str, ...]) -> tuple[Notice, bool, str] | None:
        """What a system line says, whether it speaks of the exporting person, and its language; or None."""
        plain = _SPACE.sub(" ", _MARK.sub("", text)).strip()
        folded = plain.casefold()
        for language in order:
            for known in self._notices[language]:
                if known.fragment in folded and (match := _phrase_pattern(known.phrase).fullmatch(plain)):
                    notice, mine = _read(known, match)
                    return notice, mine, language
        return None

    def encryption(self, text: str, order: tuple[str, ...]) -> bool:
        """Whether `text` is the notice on encryption, which opens most exports."""
        found = self.notice(text, order)
        return found is not None and found[0].kind == "encryption"


def _read(known: _NoticePattern, match: re.Match[str]) -> tuple[Notice, bool]:
    """The notice a matched phrase says."""
    parts = match.groupdict()
    mine = known.mine
    subjects: list[str] = []
    for piece in known.separators.split(parts.get("subjects") or ""):
        name = as_name(piece)
        if name.casefold() in known.you:
            subjects.append(ME)
            mine = True
        elif name:
            subjects.append(name)
    if mine and "subjects" not in parts and known.kind in _DONE_TO_SOMEBODY:
        subjects.append(ME)
    value = _MARK.sub("", parts.get("value") or "").strip().strip(_QUOTES)
    actor = as_name(parts.get("actor") or "")
    if actor and actor.casefold() in known.you:
        actor, mine = ME, True
    return Notice(known.kind, actor, tuple(subjects), value), mine


@cache  # holds what the dialects ship, no more
def _phrase_pattern(phrase: str) -> re.Pattern[str]:
    """A phrase as a pattern for a whole line: any quotes, apostrophes and spaces, a full stop or none."""
    pieces: list[str] = []
    place = 0
    for slot in _SLOT.finditer(phrase):
        pieces += [_literal(phrase[place : slot.start()]), _SLOTS[slot.group(1)]]
        place = slot.end()
    pieces.append(_literal(phrase[place:].rstrip(".。")))
    return re.compile("".join(pieces) + "[.。]?", re.IGNORECASE | re.DOTALL)


def _literal(text: str) -> str:
    """The fixed words of a phrase as a pattern."""
    letters: list[str] = []
    for letter in text:
        if letter in _QUOTES:
            letters.append(f"[{_QUOTES}]")
        elif letter in "'’":
            letters.append("['’]")
        else:
            letters.append(r"\s?" if letter == "\u200b" else re.escape(letter))
    return "".join(letters)


def _sections(table: dict[str, object], name: str) -> Iterator[tuple[str, dict[str, object]]]:
    """The phrases of a dialect's section with the kind they stand under."""
    section = table.get(name, {})
    assert isinstance(section, dict)
    for kind, phrases in section.items():
        for phrase in phrases:
            yield kind, phrase


def _marker_phrases(table: dict[str, object]) -> Iterator[tuple[str, str, str, bool]]:
    for kind, phrase in _sections(table, "markers"):
        yield (
            kind,
            str(phrase["phrase"]),
            str(phrase.get("media", "unknown")),
            bool(phrase.get("mine", False)),
        )


def _encryption_heads(table: dict[str, object]) -> Iterator[str]:
    for kind, phrase in _sections(table, "notices"):
        if kind == "encryption":
            yield str(phrase["phrase"])


def _notice_patterns(table: dict[str, object]) -> Iterator[_NoticePattern]:
    lists = table.get("lists", {})
    assert isinstance(lists, dict)
    separators = _separators([str(word) for word in lists.get("and", [])])
    you = frozenset(str(word).casefold() for word in lists.get("you", []))
    for kind, phrase in _sections(table, "notices"):
        text = str(phrase["phrase"])
        literals = [piece.casefold() for piece in _SLOT.sub("\0", text.rstrip(".。")).split("\0")]
        fragment = max((_plain_run(piece) for piece in literals), key=len)
        weight = sum(len(piece.replace("\u200b", "")) for piece in literals)
        yield _NoticePattern(kind, text, fragment, weight, bool(phrase.get("mine", False)), separators, you)


def _separators(ands: list[str]) -> re.Pattern[str]:
    """What stands between the names of a list: commas, the words for "and", or both."""
    words = [re.escape(word) for word in sorted(ands, key=len, reverse=True)]
    comma = r"\s*[,、，،]\s*" + (f"(?:(?:{'|'.join(words)})\\s+)?" if words else "")
    # Words of spaceless scripts stand between names without spaces.
    spoken = [rf"\s*{word}\s*" if word[0] >= "\u2e80" else rf"\s+{word}\s+" for word in words]
    return re.compile("|".join([comma, *spoken]))


def _plain_run(text: str) -> str:
    """The longest piece of `text` without quotes and apostrophes, which exports write in several ways."""
    return max(re.split(rf"[{_QUOTES}'’\u200b]", text), key=len)


@cache
def dialects() -> Dialects:
    """The shipped dialects, read once."""
    folder = files("waconsole.inbox") / "dialects"
    return Dialects({name: tomllib.loads((folder / f"{name}.toml").read_text("utf-8")) for name in LANGUAGES})
