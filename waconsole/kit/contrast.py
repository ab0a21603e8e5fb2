"""Whether text can be read on its ground: the contrast ratio of WCAG 2.2 (1 to 21), at least 4.5 for text."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final

from textual.color import Color

from waconsole.kit.roles import GROUNDS, ROLES

TEXT_CONTRAST_MIN: Final = 4.5

Linear = tuple[float, float, float]


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, from 1 to 21. Raises ColorParseError."""
    brighter, darker = sorted((_luminance(linear(one)), _luminance(linear(other))), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def pairs(colour: Callable[[str], str]) -> list[tuple[float, str, str]]:
    """(contrast, what, ground) of everything that is read and each ground it stands on, the faintest first.

    `colour` answers for roles, grounds and `foreground`. Every role is text somewhere, so every
    role is held to the contrast of text, except the rule between two parts of the screen.
    """
    readable = ["foreground", *(role for role in ROLES if role != "rule")]
    stands = [*itertools.product(readable, GROUNDS)]
    stands += [(role, "note-background") for role in ("foreground", "note", "muted", "accent")]
    return sorted((contrast(colour(name), colour(ground)), name, ground) for name, ground in stands)


def linear(colour: str) -> Linear:
    """A colour in linear light, each part from 0 to 1. Raises ColorParseError."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in Color.parse(colour).normalized
    )
    return red, green, blue


def _luminance(colour: Linear) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
