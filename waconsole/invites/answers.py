"""Whom somebody names when asked who sent them: a phone number, or words that may be a name. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from waconsole.members.model import e164, folded

CHARACTERS_MAX: Final = 500  # an answer; what is longer is a letter
NUMBERS_MAX: Final = 5
_NUMBER: Final = re.compile(r"(?:\+|00)\d(?:[\s().\-/]*\d){6,14}")


def numbers_in(text: str) -> list[str]:
    """Phone numbers in `text`, as E.164: only such as are written with their country's code."""
    plain = unicodedata.normalize("NFKC", text[:CHARACTERS_MAX])
    found = (e164(match[0]) for match in list(_NUMBER.finditer(plain))[:NUMBERS_MAX])
    return [number for number in found if number is not None]


def words_in(text: str) -> str:
    """`text` as words to compare names with: case folded, without signs and pictures."""
    if len(text) > CHARACTERS_MAX:
        return ""
    kept = (
        character if unicodedata.category(character)[0] in "LNM" or character in "'’-." else " "
        for character in folded(text)
    )
    return " ".join(word.strip("'’-.") for word in "".join(kept).split()).strip()
