"""Find a code in what somebody wrote: a pre-filled text they may have changed, in any language, with signs in between. Pure.

What is read is read for sure or not at all: `exact` when a code that was given out stands there, `repaired` when one
slip away from what stands there is exactly one code in force. Between two nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from waconsole.invites.codes import LENGTH, fold, is_code, near

CHARACTERS_MAX: Final = 4_096
TOKENS_MAX: Final = 800
SLIPS_MAX: Final = 200  # places in one text at which a slip is looked for: what is longer is no greeting
EXACT, REPAIRED = "exact", "repaired"
UNKNOWN, SEVERAL = "unknown", "several"
_DASHES: Final = frozenset("-‐‑‒–—―−_./~")

# Which of some codes were ever given out, each with whether it is in force.
Known = Callable[[Collection[str]], Mapping[str, bool]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says: `code` and how sure that is, or why there is none (`fault`).

    `suffix` is the sign of the channel behind the code, or ''. With the fault `unknown`, `code` is what stands there:
    it has the form of a code and was never given out.
    """

    code: str = ""
    confidence: Literal["exact", "repaired", ""] = ""
    fault: Literal["none", "unknown", "several", ""] = "none"
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    """A run of letters and digits: its signs, and whether only a dash is between it and the one before."""

    signs: str
    after_dash: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Signs that may be a code: `is_whole` when one run is all of it, `suffix` what a dash or nothing joins to it."""

    signs: str
    is_whole: bool
    suffix: str = ""


def read(text: str, known: Known) -> Reading:
    """The one code that `text` holds, asking `known` which codes there are."""
    tokens = _tokens(text)
    places = [*_places(tokens)]
    sure = {one.signs for one in places if is_code(one.signs)}
    slips: set[str] = set()
    for one in islice(dict.fromkeys(_loose(tokens)), SLIPS_MAX):
        slips |= near(one)
    asked = sure | slips
    if not asked:
        return Reading()
    there = known(asked)
    exact = {code for code in sure if code in there}
    repaired = {code for code in slips if there.get(code, False)} - exact
    whole = {one.signs for one in places if one.is_whole and one.signs in exact}
    chosen = _only(whole or exact | repaired, there)
    if chosen in exact:
        return Reading(chosen, "exact", "", _suffix(places, chosen))
    if chosen:
        return Reading(chosen, "repaired", "")
    if exact or repaired:
        return Reading(fault="several")
    unknown = [one.signs for one in places if one.is_whole and is_code(one.signs)]
    return Reading(unknown[0], fault="unknown") if unknown else Reading()


def _only(codes: Collection[str], there: Mapping[str, bool]) -> str:
    """The only one of some codes, or the only one in force; '' where that is none, or several."""
    alive = [code for code in codes if there[code]] if len(codes) > 1 else list(codes)
    return alive[0] if len(alive) == 1 else ""


def _suffix(places: Collection[_Place], code: str) -> str:
    return next((one.suffix for one in places if one.signs == code and one.suffix), "")


def _tokens(text: str) -> list[_Token]:
    """The runs of letters and digits of `text`; letters of scripts that have no sign of a code part them like spaces."""
    found: list[_Token] = []
    run, gap = "", " "
    for character in text[:CHARACTERS_MAX]:
        signs = fold(character)
        if signs:
            run += signs
            continue
        if _is_unseen(character):
            continue
        if run:
            found.append(_Token(run, _is_dash(gap)))
            run, gap = "", ""
        gap += character
    if run:
        found.append(_Token(run, _is_dash(gap)))
    return found[:TOKENS_MAX]


def _is_unseen(character: str) -> bool:
    """Whether nothing of it is seen: a joiner, a mark, a variation selector."""
    return (
        character in "\u200b\u200c\u200d\u2060\ufeff\ufe0f\ufe0e\u20e3\u00ad"
        or "\u0300" <= character <= "\u036f"
    )


def _is_dash(gap: str) -> bool:
    return any(one in _DASHES for one in gap) and all(one in _DASHES or one == " " for one in gap)


def _places(tokens: list[_Token]) -> Iterator[_Place]:
    """Where a code may stand: runs that make one together, one run with its suffix, one inside a longer run."""
    for start, token in enumerate(tokens):
        signs = ""
        for end in range(start, min(start + LENGTH, len(tokens))):
            signs += tokens[end].signs
            if len(signs) > LENGTH:
                break
            if len(signs) == LENGTH:
                yield _Place(signs, end == start, _joined(tokens, end + 1))
        run = token.signs
        if len(run) == LENGTH + 1:  # with its suffix, or with one sign too many: never for sure another's
            yield _Place(run[:LENGTH], False, run[LENGTH:])
        for place in range(len(run) - LENGTH + 1 if len(run) > LENGTH + 1 else 0):
            yield _Place(run[place : place + LENGTH], False)


def _joined(tokens: list[_Token], place: int) -> str:
    """The single sign behind a dash at `place`, or ''."""
    if place >= len(tokens) or not tokens[place].after_dash or len(tokens[place].signs) != 1:
        return ""
    return tokens[place].signs


def _loose(tokens: list[_Token]) -> Iterator[str]:
    """What may be a code with a slip: whole runs, alone or together, of about its length and no code themselves."""
    for start in range(len(tokens)):
        signs = ""
        for end in range(start, min(start + LENGTH + 1, len(tokens))):
            signs += tokens[end].signs
            if len(signs) > LENGTH + 2:
                break
            if LENGTH - 1 <= len(signs) <= LENGTH + 1 and not is_code(signs):
                yield signs
            if (
                len(signs) >= LENGTH
                and end > start
                and len(tokens[end].signs) == 1
                and tokens[end].after_dash
            ):
                yield signs[:-1]  # without its suffix
