"""Whether colours can be told apart: by everyone on a bad screen, and by people without green.

Contrast is the ratio of WCAG 2.2 (1 to 21), at least 4.5 for text. Colour difference is CIE76
in L*a*b* (D65), about 2.3 for a difference just seen. Deuteranopia is simulated with the matrix
of Machado, Oliveira and Fernandes (2009) at full severity, in linear light.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Final

from textual.color import Color

from waconsole.kit.roles import GROUNDS, ROLES, STATE_ROLES

TEXT_CONTRAST_MIN: Final = 4.5
DIFFERENCE_MIN: Final = 20.0
DIFFERENCE_WITHOUT_GREEN_MIN: Final = 15.0

Linear = tuple[float, float, float]

_DEUTERANOPIA: Final = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
_XYZ: Final = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE: Final = (0.95047, 1.0, 1.08883)


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, from 1 to 21. Raises ColorParseError."""
    brighter, darker = sorted((_luminance(_linear(one)), _luminance(_linear(other))), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def difference(one: str, other: str, *, without_green: bool = False) -> float:
    """How far apart two colours look (CIE76); `without_green`: to eyes with deuteranopia."""
    seen = [_linear(one), _linear(other)]
    if without_green:
        seen = [_product(_DEUTERANOPIA, colour) for colour in seen]
    return math.dist(_lab(seen[0]), _lab(seen[1]))


def unreadable(colour: Callable[[str], str], text_contrast: float = TEXT_CONTRAST_MIN) -> list[str]:
    """A sentence for each role that is too faint on a ground it stands on.

    `colour` answers for roles, grounds and `foreground`. Every role is text somewhere, so every
    role is held to the contrast of text, except the rule between two parts of the screen.
    """
    readable = ["foreground", *(role for role in ROLES if role != "rule")]
    pairs = [*itertools.product(readable, GROUNDS)]
    pairs += [(role, "note-background") for role in ("foreground", "note", "muted", "accent")]
    found = []
    for name, ground in pairs:
        ratio = contrast(colour(name), colour(ground))
        if ratio < text_contrast:
            found.append(f"{name} on {ground} has a contrast of {ratio:.1f}, below {text_contrast}.")
    return found


def alike(colour: Callable[[str], str]) -> list[str]:
    """A sentence for each two states whose colours cannot be told apart."""
    found = []
    for one, other in itertools.combinations(STATE_ROLES, 2):
        apart = difference(colour(one), colour(other))
        if apart < DIFFERENCE_MIN:
            found.append(f"{one} and {other} look alike: {apart:.0f}, below {DIFFERENCE_MIN:.0f}.")
        apart = difference(colour(one), colour(other), without_green=True)
        if apart < DIFFERENCE_WITHOUT_GREEN_MIN:
            found.append(f"{one} and {other} look alike without green: {apart:.0f}.")
    return found


def _linear(colour: str) -> Linear:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in Color.parse(colour).normalized
    )
    return red, green, blue


def _luminance(colour: Linear) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def _product(matrix: tuple[Linear, ...], colour: Linear) -> Linear:
    first, second, third = (
        min(1.0, max(0.0, sum(factor * part for factor, part in zip(row, colour, strict=True))))
        for row in matrix
    )
    return first, second, third


def _lab(colour: Linear) -> Linear:
    x, y, z = (
        _bent(sum(factor * part for factor, part in zip(row, colour, strict=True)) / white)
        for row, white in zip(_XYZ, _WHITE, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _bent(part: float) -> float:
    return part ** (1 / 3) if part > (6 / 29) ** 3 else part / (3 * (6 / 29) ** 2) + 4 / 29
