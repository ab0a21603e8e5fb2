"""Words: what message search can find, and when a message matches. Pure.

The rule, in full (`matches` below is this rule, read off a text; the index must always agree with it):

* Text is folded first: invisible characters are dropped, compatibility forms are made plain (NFKC), case is
  folded, and accents, strokes and ligatures of **Latin** letters are taken off (é ø œ are e o oe). The marks of
  every other script stay, because there they make another letter (и й, क कि).
* A **word** is a run of letters, digits and marks. All else separates: spaces, punctuation, `#`, `_`, emoji.
* Scripts written without spaces (Chinese, Japanese, Korean, and also Thai, Lao, Khmer, Burmese) form **runs**.
  A run ends at a space, at punctuation and where another script begins: `iPhone用` is the word `iphone` and
  the run `用`, one right after the other.
* A bare term matches the beginning of a word, from 2 letters; a run matches anywhere inside a run, so never
  across a space.
* A term of several parts (`e-mail`, `iPhone用`) matches the same parts one right after the other. Only its last
  part may be the beginning of a word (from 2 letters; a single letter there is the whole word: `don't`), only a
  run at its edge may be part of a longer run.
* "Text in quotes" matches whole words in that order, one right after the other; runs in it as above.
* Several terms must all match.
* Words are compared by their first 255 letters.

How it is indexed: `tokens` makes plain tokens that SQLite's `ascii` tokenizer cannot read differently (ASCII
letters and digits, and anything beyond ASCII, which it never touches), so the answer does not depend on the
Unicode tables of one SQLite version. Words stand in their order; a run becomes its overlapping pairs and then its
last character alone, which keeps neighbouring runs apart. The 2, 3 and 4 letter beginnings of words go into an
index of their own (numbers have none: few of them share a beginning).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import add

from waconsole.errors import Refused

BEGINNING_LETTERS = (2, 3, 4)
WORD_LETTERS_MAX = 255
TERMS_MAX = 16
SEARCH_LETTERS_MAX = 500
CACHED_WORDS_MAX = 50_000

# Every byte that is no ASCII letter or digit becomes a space, capitals become small letters.
_ASCII_WORDS = bytes(byte if byte < 128 and chr(byte).isalnum() else 32 for byte in range(256)).lower()

# Scripts without spaces. Only letters and marks: their digits and punctuation follow the rule for words.
_RUN = (
    "\u3005-\u3007\u3031-\u3035\u303b\u303c\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf"
    "\u1780-\u17d3\u17d7\u17dc\u17dd\u1000-\u103f\u1050-\u108f\u109a-\u109d"
)
_STARTS_RUN = re.compile(f"[{_RUN}]")

# Joiners, direction marks, soft hyphen, variation selectors, the keycap: never part of what a person types.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u20e3\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)
_COMBINING = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_LATIN = "a-z\u00df-\u02af\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua7ff\uab30-\uab6f"
_MAYBE_ACCENTED = re.compile(f"[\u00df-\u02af\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f{_COMBINING}]")
_ACCENTED = re.compile(f"([{_LATIN}])[{_COMBINING}]+")
# Latin letters that Unicode does not take apart: strokes, the dotless i, the two ligatures.
_PLAIN_LATIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "œ": "oe", "æ": "ae"}
)

_QUOTES = str.maketrans("“”„‟＂", '"' * 5)
_QUOTED_OR_BARE = re.compile(r'"([^"]*)(?:"|$)|([^\s"]+)')


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to find: `parts` one right after the other, folded, each a word or a run.

    `open_ended`: the last part is a word of which only the beginning is given.
    """

    parts: tuple[str, ...]
    open_ended: bool

    @property
    def pattern(self) -> str:
        """What must stand in a text whose words and runs have one space around each.

        A run at an edge has no space there: it may be part of a longer run. It can never be part of a word.
        """
        before = "" if _is_run(self.parts[0]) else " "
        after = "" if self.open_ended or _is_run(self.parts[-1]) else " "
        return f"{before}{' '.join(self.parts)}{after}"


def terms(text: str) -> tuple[Term, ...]:
    """Read what an operator typed. A quote that is not closed yet reaches to the end.

    Raises `Refused` when a word is too short, nothing in it is a word, or it is longer than a search may be.
    """
    if len(text) > SEARCH_LETTERS_MAX:
        raise Refused(f"A search may be {SEARCH_LETTERS_MAX} characters long: shorten it.")

    found: dict[Term, None] = {}
    for quoted, bare in _QUOTED_OR_BARE.findall(text.translate(_QUOTES)):
        parts = tuple(_parts(quoted or bare))
        if not parts:
            continue
        last = parts[-1]
        open_ended = not quoted and not _is_run(last) and len(last) >= BEGINNING_LETTERS[0]
        if bare and len(parts) == 1 and not open_ended and not _is_run(last):
            raise Refused(
                f"“{bare}” is too short to search for: type {BEGINNING_LETTERS[0]} letters or more, "
                f'or put "{bare}" in quotes to find it as a whole word.'
            )
        found[Term(parts, open_ended)] = None

    if not found:
        raise Refused("There is no word to search for: type 2 letters or digits, or more.")
    if len(found) > TERMS_MAX:
        raise Refused(
            f"A search may have {TERMS_MAX} words: leave some out, or put words in quotes together."
        )
    return tuple(found)


def matches(terms: tuple[Term, ...], text: str) -> bool:
    """Whether a message of this text is found: the rule above, by reading the text. Exact, and slower than an index."""
    spaced = _spaced(text)
    return all(term.pattern in spaced for term in terms)


def _spaced(text: str) -> str:
    """The words and runs of a text, folded, with a space before and after each."""
    return f" {' '.join(_parts(text))} "


def match_expression(terms: tuple[Term, ...]) -> str:
    """The query of these terms for the index of words; it answers exactly what `matches` does.

    Every token stands in quotes and holds no quote, so nothing can be injected.
    """
    return " AND ".join(_expression(term) for term in terms)


def _expression(term: Term) -> str:
    *before, last = term.parts
    found = list(chain.from_iterable(_pairs(part) if _is_run(part) else (part,) for part in before))
    begins = term.open_ended
    if _is_run(last):
        begins = len(last) == 1
        found += [last] if begins else _pairs(last)[:-1]
    else:
        found.append(last)
    return f'"{" ".join(found)}"' + (" *" if begins else "")


def reads_beginnings(terms: tuple[Term, ...]) -> bool:
    """Whether `match_expression` holds a beginning, which the index of words can only answer by reading every hit."""
    return any(term.open_ended or (len(term.parts[-1]) == 1 and _is_run(term.parts[-1])) for term in terms)


def beginnings_expression(terms: tuple[Term, ...]) -> tuple[str, bool]:
    """The query of these terms for the index of beginnings, and whether it is exact.

    When it is not, it answers every message that matches and others, to be checked by `matches`. Empty when a
    term has no beginning to look for: the others would be too many.
    """
    beginnings: dict[str, None] = {}
    exact = True
    for term in terms:
        words = [part for part in term.parts if _has_beginnings(part) and not _is_run(part)]
        if not words:
            return "", False
        beginnings.update(dict.fromkeys(word[: BEGINNING_LETTERS[-1]] for word in words))
        exact &= term.open_ended and len(term.parts) == 1 and len(words[0]) <= BEGINNING_LETTERS[-1]
    return " AND ".join(f'"{beginning}"' for beginning in beginnings), exact


def tokens(text: str) -> tuple[str, str]:
    """What goes into the index for a message of this text: its words in order, and their beginnings.

    The same text gives the same tokens, always. Both are empty when it holds no word.
    """
    if text.isascii():
        found = _parts(text)
        in_order = " ".join(found)
    else:
        found = []
        in_order = _in_order(fold(text), found)
    return in_order, " ".join(map(_BEGINNINGS.__getitem__, found)).strip()


def _in_order(folded: str, words: list[str]) -> str:
    """The tokens of the words and runs in their order; the words are also added to `words`."""
    out: list[str] = []
    for run, word in _run_or_word().findall(folded):
        if run:
            out.append(" ".join(map(add, run, run[1:] + " ")))  # _pairs(run), sooner
        else:
            words.append(word[:WORD_LETTERS_MAX])
            out.append(words[-1])
    return " ".join(out)


class _Beginnings(dict[str, str]):
    """The beginnings of a word, remembered: chats repeat their words. Emptied when full."""

    def __missing__(self, word: str) -> str:
        if len(self) >= CACHED_WORDS_MAX:
            self.clear()
        made = ""
        if _has_beginnings(word):
            made = " ".join(word[:letters] for letters in BEGINNING_LETTERS if letters <= len(word))
        self[word] = made
        return made


_BEGINNINGS = _Beginnings()


def _has_beginnings(word: str) -> bool:
    return len(word) >= BEGINNING_LETTERS[0] and not word[0].isdigit()


def fold(text: str) -> str:
    """The text without case, Latin accents, compatibility forms and invisible characters."""
    if text.isascii():
        return text.lower()
    text = _INVISIBLE.sub("", text)
    plain = unicodedata.normalize("NFKC", text)
    text = plain.casefold()
    if text != plain:
        # Case folding can take a letter apart, and normal forms can bring a capital back.
        text = unicodedata.normalize("NFKC", text).casefold()
    if _MAYBE_ACCENTED.search(text):
        text = unicodedata.normalize("NFD", text.translate(_PLAIN_LATIN))
        text = unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", text).translate(_PLAIN_LATIN))
    return text


def _parts(text: str) -> list[str]:
    """The words and runs of a text, folded, in their order."""
    if text.isascii():
        # Sooner than below, and nearly every message of a Latin-alphabet group.
        found = text.encode("ascii").translate(_ASCII_WORDS).decode("ascii").split()
        return found if len(text) <= WORD_LETTERS_MAX else [word[:WORD_LETTERS_MAX] for word in found]
    return [run or word[:WORD_LETTERS_MAX] for run, word in _run_or_word().findall(fold(text))]


def _pairs(run: str) -> list[str]:
    """The overlapping pairs of a run, then its last character."""
    return [*map(add, run, run[1:]), run[-1]]


def _is_run(part: str) -> bool:
    return _STARTS_RUN.match(part) is not None


@cache
def _run_or_word() -> re.Pattern[str]:
    """Finds (run, word). Made on first use: the marks are looked up in Python's own Unicode table (10 ms)."""
    marks = "".join(
        chr(code)
        for code in range(0x300, 0x1F000)
        if unicodedata.category(chr(code))[0] == "M" and not _STARTS_RUN.match(chr(code))
    )
    letter = rf"[^\W_{_RUN}]"
    return re.compile(rf"([{_RUN}]+)|({letter}+(?:[{marks}]+{letter}*)*)")
