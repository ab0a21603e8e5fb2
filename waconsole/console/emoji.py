"""Emoji by name, for terminals that draw them wrong and for ears: `:party_popper:`, `:flag_fr:`.

What counts as one emoji is Unicode's Emoji_Presentation, and any sign that U+FE0F asks to be a
picture; the house's own signs (✓ ◆ ●) are text. Names are Unicode's, without what says little.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

NAME_CHARACTERS_MAX: Final = 24

# What terminals draw as a picture of two cells without being asked.
_PICTURE: Final = (
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff\u231a\u231b\u23e9-\u23ec\u23f0\u23f3"
    "\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4"
    "\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797"
    "\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55"
)
_ONE: Final = rf"(?:[{_PICTURE}]\ufe0f?|[\u00a9-\u3299]\ufe0f)[\U0001f3fb-\U0001f3ff]?"
_EMOJI: Final = re.compile(rf"{_ONE}(?:\u200d{_ONE})*|[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3")
_MAYBE: Final = re.compile(f"[{_PICTURE}\ufe0f\u20e3\U0001f1e6-\U0001f1ff]")  # 10x cheaper to ask
_FLAG_LETTERS: Final = ("\U0001f1e6", "\U0001f1ff")
_UNNAMED: Final = re.compile("[\u200d\ufe0f\U0001f3fb-\U0001f3ff]")
_SAY_LITTLE: Final = frozenset("with and of the heavy black sign symbol".split())


def named(text: str) -> str:
    """`text` with every emoji as a word between colons; a keycap is its digit, a skin tone says nothing."""
    return _EMOJI.sub(_name, text) if _MAYBE.search(text) else text


def _name(found: re.Match[str]) -> str:
    text = found[0]
    if text[0].isascii():
        return text[0]
    if _FLAG_LETTERS[0] <= text[0] <= _FLAG_LETTERS[1]:
        return f":flag_{''.join(chr(ord(letter) - ord(_FLAG_LETTERS[0]) + ord('a')) for letter in text)}:"
    return f":{'+'.join(dict.fromkeys(map(_short_name, _UNNAMED.sub('', text))))}:"


@cache
def _short_name(character: str) -> str:
    """Whole words of the Unicode name, at most `NAME_CHARACTERS_MAX` characters."""
    name = unicodedata.name(character, "sign").lower().replace("face with ", "").removesuffix(" face")
    kept = ""
    for word in dict.fromkeys(name.replace("-", "_").split()):
        longer = f"{kept}_{word}" if kept else word
        if word not in _SAY_LITTLE and len(longer) <= NAME_CHARACTERS_MAX:
            kept = longer
    return kept or "sign"
