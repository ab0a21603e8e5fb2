"""How far apart colours look, to most eyes and to those without red, green or blue.

Distance is Euclidean in OKLab (Björn Ottosson, "A perceptual color space for image processing",
2020), where about 0.02 is just seen. The other eyes are simulated with the matrices of Machado,
Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency"
(IEEE TVCG 15(6), 2009), at full severity, in linear light.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from waconsole.kit.contrast import Linear, linear

Matrix = tuple[Linear, Linear, Linear]

MOST_EYES: Final = "most eyes"
VISIONS: Final[Mapping[str, Matrix]] = {
    MOST_EYES: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
_CONES: Final[Matrix] = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_OKLAB: Final[Matrix] = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def apart(one: str, other: str, vision: str = MOST_EYES) -> float:
    """How far apart two colours look to a vision of `VISIONS`. Raises ColorParseError."""
    return math.dist(_oklab(seen(one, vision)), _oklab(seen(other, vision)))


def seen(colour: str, vision: str) -> Linear:
    """A colour as a vision sees it, in linear light."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in _product(VISIONS[vision], linear(colour)))
    return red, green, blue


def _oklab(colour: Linear) -> Linear:
    long, middle, short = (math.cbrt(part) for part in _product(_CONES, colour))
    return _product(_OKLAB, (long, middle, short))


def _product(matrix: Matrix, colour: Linear) -> Linear:
    first, second, third = (sum(f * part for f, part in zip(row, colour, strict=True)) for row in matrix)
    return first, second, third
