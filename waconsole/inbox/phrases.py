"""Phrases: a dictionary that leads from a word of a message to the phrases that begin with it.

Pure. The language phrases are written in is described in `rules`. Reading a text costs one lookup
per word (words are remembered) and one short check per phrase that begins there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from waconsole.inbox.rules import GAP_WORDS_MAX

CHARACTERS_MAX: Final = 4_096
CACHED_WORDS_MAX: Final = 32_768
CACHED_CHARACTERS_MAX: Final = 24
SMALL_TALK_WORDS_MAX: Final = 16

_CJK: Final = "\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f"
_SIGN: Final = r"?!.,:;\n\u00bf\u00a1\u2026\u061f\u060c\u3001\u3002\uff01\uff0c\uff0e\uff1a\uff1b\uff1f"
PIECE: Final = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+|[{_SIGN}]")
_SIGNS: Final = {"\u061f": "?", "\u2026": ".", "\u3002": ".", "\u3001": ",", "\u060c": ",", "\u00a1": "!"}


@dataclass(frozen=True, slots=True)
class Step:
    """One word of a phrase after its first: `gap` other words may come before it."""

    word: str
    begins: bool
    gap: int


@dataclass(slots=True)
class Marks:
    """Sets of rules, one bit each: those for which something counts as `any`, `also`, `unless`."""

    any: int = 0
    also: int = 0
    unless: int = 0

    def add(self, other: Marks) -> None:
        """Every mark of `other` too."""
        self.any |= other.any
        self.also |= other.also
        self.unless |= other.unless


@dataclass(slots=True)
class Phrase:
    """A phrase and the rules it counts for; those of `opens` (by language) where it begins a sentence."""

    head: str
    begins: bool
    inside: bool
    ends: bool
    steps: tuple[Step, ...]
    marks: Marks = field(default_factory=Marks)
    opens: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Word:
    """A piece of text as triage reads it: folded, and the phrases that may begin with it.

    `marks` is what it counts for by itself, `openings` what it does where it begins a sentence, `only`
    the small talk it belongs to. `pairs` are phrases by their next word, `starts` by its first two
    letters, `longer` those that neither helps to find.
    """

    folded: str
    size: int
    sign: bool
    phrases: tuple[Phrase, ...]
    marks: Marks | None
    openings: tuple[Phrase, ...]
    only: int
    pairs: dict[str, tuple[Phrase, ...]]
    starts: dict[str, tuple[Phrase, ...]]
    longer: tuple[Phrase, ...]


class Dictionary:
    """Phrases by their first word, and the words already met."""

    def __init__(self) -> None:
        self._whole: dict[str, list[Phrase]] = {}
        self._begin: dict[str, list[Phrase]] = {}
        self._inside: dict[str, list[Phrase]] = {}
        self._known: dict[str, Phrase] = {}
        self._lengths: tuple[int, ...] = ()
        self._only: dict[str, int] = {}
        self._small_talk: dict[int, frozenset[str]] = {}
        self._cache: dict[str, Word] = {}

    def words(self, pieces: Iterable[str]) -> list[Word]:
        """Each piece of a text (what `PIECE` finds) as a word."""
        known = self._cache.get
        return [known(piece) or self._learn(piece) for piece in pieces]

    def phrase(self, text: str) -> Phrase:
        """The phrase written `text`, entered on first sight; its marks are the caller's to set."""
        if text not in self._known:
            phrase = self._known[text] = _parsed(text)
            index = self._inside if phrase.inside else self._begin if phrase.begins else self._whole
            index.setdefault(phrase.head[0] if phrase.inside else phrase.head, []).append(phrase)
            self._lengths = tuple(sorted({len(start) for start in self._begin}))
        self._cache.clear()
        return self._known[text]

    def small_talk(self, bit: int, words: frozenset[str]) -> None:
        """Enter folded `words` of small talk under `bit`."""
        for word in words:
            self._only[word] = self._only.get(word, 0) | bit
        self._small_talk[bit] = words
        self._cache.clear()

    def _learn(self, piece: str) -> Word:
        """Fold `piece` and find the phrases that may begin with it; short pieces are remembered."""
        folded = fold(piece)
        sign = not folded[0].isalnum()
        inside = is_cjk(folded[0])
        found = self._beginning_inside(folded) if inside else self._beginning(folded)
        openings = tuple(phrase for phrase in found if phrase.opens and not phrase.steps)
        marks = Marks()
        pairs: dict[str, tuple[Phrase, ...]] = {}
        starts: dict[str, tuple[Phrase, ...]] = {}
        longer: tuple[Phrase, ...] = ()
        for phrase in found:
            if not phrase.steps:
                marks.add(phrase.marks)
                continue
            step = phrase.steps[0]
            if step.gap or is_cjk(step.word[0]) or (step.begins and len(step.word) < 2):
                longer = (*longer, phrase)
            elif step.begins:
                starts[step.word[:2]] = (*starts.get(step.word[:2], ()), phrase)
            else:
                pairs[step.word] = (*pairs.get(step.word, ()), phrase)
        word = Word(
            folded,
            size=0 if sign else (len(folded) + 1) // 2 if inside else 1,
            sign=sign,
            phrases=tuple(found),
            marks=marks if marks != Marks() else None,
            openings=openings,
            only=-1 if sign else self._only_of(folded) if inside else self._only.get(folded, 0),
            pairs=pairs,
            starts=starts,
            longer=longer,
        )
        if len(piece) <= CACHED_CHARACTERS_MAX:
            if len(self._cache) >= CACHED_WORDS_MAX:
                self._cache.clear()
            self._cache[piece] = word
        return word

    def _only_of(self, run: str) -> int:
        """The small talk that a run of ideographs or syllables is made of, word by word."""
        only = self._only.get(run, 0)
        if len(run) <= CACHED_CHARACTERS_MAX:
            for bit, words in self._small_talk.items():
                only |= bit if _covered(run, words) else 0
        return only

    def _beginning(self, folded: str) -> list[Phrase]:
        """The phrases that may begin with a whole word."""
        found = [*self._whole.get(folded, ())]
        for length in self._lengths:
            if length > len(folded):
                break
            found += self._begin.get(folded[:length], ())
        return found

    def _beginning_inside(self, folded: str) -> list[Phrase]:
        """The phrases that begin somewhere in a run of ideographs or syllables, each once."""
        found: dict[int, Phrase] = {}
        for start, character in enumerate(folded):
            for phrase in self._inside.get(character, ()):
                stop = start + len(phrase.head)
                if folded.startswith(phrase.head, start) and not (phrase.ends and stop < len(folded)):
                    found[id(phrase)] = phrase
        return list(found.values())


def _parsed(text: str) -> Phrase:
    """A phrase as `rules` describes it, without marks. It has at least one word (`rules` sees to it)."""
    steps: list[Step] = []
    gap = 0
    for part in text.rstrip("$").split():
        if part == "..":
            gap = GAP_WORDS_MAX
            continue
        pieces = PIECE.findall(bounded(part))
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            steps.append(Step(fold(piece), last and part.endswith("*"), gap))
            gap = 0
    head = steps[0]
    ends = text.endswith("$") and len(steps) == 1
    return Phrase(head.word, head.begins, is_cjk(head.word[0]), ends, tuple(steps[1:]))


def fold(word: str) -> str:
    """`word` without case, width and Latin accents; signs of any script become their ASCII form."""
    if word.isascii():
        return word.lower()
    if word in _SIGNS:
        return _SIGNS[word]
    folded = unicodedata.normalize("NFKD", word.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in folded if not "\u0300" <= c <= "\u036f")) or word


def bounded(text: str) -> str:
    """The part of `text` that is read, composed."""
    text = text[:CHARACTERS_MAX]
    return text if text.isascii() else unicodedata.normalize("NFC", text)[:CHARACTERS_MAX]


def phrase_end(steps: tuple[Step, ...], words: list[Word], index: int) -> int:
    """Where the phrase that begins at `index` ends (the nearest fit), or 0 where it does not."""
    at = index
    for step in steps:
        for ahead in range(at + 1, min(at + 2 + step.gap, len(words))):
            word = words[ahead].folded
            if word == step.word or (step.begins and word.startswith(step.word)):
                break
            if is_cjk(step.word[0]) and step.word in word:
                break
            if words[ahead].sign:
                return 0
        else:
            return 0
        at = ahead
    return at + 1


def begins_sentence(words: list[Word], index: int, skips: frozenset[str]) -> bool:
    """Whether the word at `index` begins a sentence, but for words that may be skipped."""
    for back in range(index - 1, max(index - 1 - SMALL_TALK_WORDS_MAX, -1), -1):
        if words[back].sign:
            return True
        if words[back].folded not in skips:
            return False
    return True


def is_cjk(character: str) -> bool:
    """Whether words of this script are not reliably parted by spaces."""
    return character >= "\u3005" and (character <= "\ud7a3" or "\uf900" <= character <= "\uff9f")


def _covered(run: str, allowed: frozenset[str]) -> bool:
    """Whether a run of ideographs falls into `allowed` words, the longest first."""
    start = 0
    while start < len(run):
        for stop in range(len(run), start, -1):
            if run[start:stop] in allowed:
                start = stop
                break
        else:
            return False
    return True
