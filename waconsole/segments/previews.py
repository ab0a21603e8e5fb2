"""Whose message is looked at before all of them leave: those where something goes wrong first. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LONGEST, SHORTEST, RTL, EMOJI = "longest", "shortest", "rtl", "emoji"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_EMOJI_FIRST: Final = 0x1F000  # where emoji begin that stand alone; older signs are text as often
_EMOJI_SIGNS: Final = frozenset({0xFE0F, 0x20E3})


@dataclass(frozen=True, slots=True)
class Preview:
    """Why this recipient was chosen, who they are, and what they would read (raw)."""

    why: str
    member_id: int
    text: str


def is_right_to_left(text: str) -> bool:
    """Whether a letter of it is written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(one) in _RIGHT_TO_LEFT for one in text)


def has_emoji(text: str) -> bool:
    """Whether there is an emoji in it."""
    return not text.isascii() and any(
        (ord(one) >= _EMOJI_FIRST and unicodedata.category(one) == "So") or ord(one) in _EMOJI_SIGNS
        for one in text
    )


def chosen(texts: Iterable[tuple[int, str]]) -> list[Preview]:
    """The longest and the shortest, the first from right to left and the first with an emoji; what there is not is left out.

    A text that all of them share says nothing of the recipient, but is shown all the same, once.
    """
    longest = shortest = None
    special: dict[str, Preview] = {}
    for member_id, text in texts:
        if longest is None or len(text) > len(longest.text):
            longest = Preview(LONGEST, member_id, text)
        if shortest is None or len(text) < len(shortest.text):
            shortest = Preview(SHORTEST, member_id, text)
        if RTL not in special and is_right_to_left(text):
            special[RTL] = Preview(RTL, member_id, text)
        if EMOJI not in special and has_emoji(text):
            special[EMOJI] = Preview(EMOJI, member_id, text)
    return [one for one in (longest, shortest, special.get(RTL), special.get(EMOJI)) if one is not None]
