"""Codes: short, unguessable, and made so that one slip of the finger is seen. Pure but for the draw of a new one.

A code is seven signs of an alphabet of 23: no vowels, so that it is no word, and of signs that look alike one alone
(5 and no S, 2 and no Z, 8 and no B; neither 0, O and Q nor 1, I and L). The sum of its signs, each weighed by a power
of 5, is 0 modulo 23. As 23 is a prime and 5 a primitive root of it, any one wrong sign and any two that changed places
give another sum (ISO/IEC 7064 weighs the same way).
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from waconsole.errors import Refused

ALPHABET: Final = "23456789CDFGHJKMNPRTWXY"
MODULUS: Final = len(ALPHABET)
LENGTH: Final = 7
DIGITS_MIN: Final = 2  # with fewer, or fewer letters, a code could be taken for a word or a number
LETTERS_MIN: Final = 2
DRAWS_MAX: Final = 1_000
WRONG: Final = "?"  # what is a letter or a digit, and no sign of a code

_VALUES: Final = {sign: value for value, sign in enumerate(ALPHABET)}
_WEIGHTS: Final = tuple(pow(5, place, MODULUS) for place in range(LENGTH))
_INVERSES: Final = tuple(pow(weight, -1, MODULUS) for weight in _WEIGHTS)
# What has the shape of a sign of the alphabet: in Latin, Cyrillic and Greek letters.
_LIKE: Final = dict(zip("SZBКМНРСТХУΚΜΝΡΤΧΥΗ", "528KMHPCTXYKMNPTXYH", strict=True))


@lru_cache(maxsize=4_096)
def fold(character: str) -> str:
    """One character as it counts in a code: signs of the alphabet, `?` for any other letter or digit, '' for the rest.

    NFKC first: full width, bold, circled, digits of other scripts and accents are the sign they show.
    """
    found = ""
    for part in unicodedata.normalize("NFKD", character).upper():
        if unicodedata.combining(part) or unicodedata.category(part) in ("Mn", "Me", "Cf"):
            continue
        digit = unicodedata.decimal(part, None)
        sign = part if digit is None else str(digit)
        sign = _LIKE.get(sign, sign)
        if sign in _VALUES:
            found += sign
        elif sign.isascii() and sign.isalnum():
            found += WRONG
    return found


def normalised(text: str) -> str:
    """A code as it is kept: `k7m-3p9 q` is `K7M3P9Q`; what is no sign of a code stands as `?`."""
    return "".join(fold(character) for character in text)


def is_code(signs: str) -> bool:
    """Whether these signs are a code: of the right length and mix, and with the right sum."""
    return len(signs) == LENGTH and _is_mixed(signs) and _sum(signs) == 0


def _is_mixed(signs: str) -> bool:
    digits = sum(sign.isdigit() for sign in signs)
    return (
        digits >= DIGITS_MIN and len(signs) - digits >= LETTERS_MIN and all(one in _VALUES for one in signs)
    )


def _sum(signs: str) -> int:
    return sum(weight * _VALUES[sign] for weight, sign in zip(_WEIGHTS, signs, strict=True)) % MODULUS


def _completed(signs: str, place: int) -> str:
    """`signs` with the one sign at `place` that makes the sum right."""
    others = sum(
        weight * _VALUES[sign]
        for at, (weight, sign) in enumerate(zip(_WEIGHTS, signs, strict=True))
        if at != place
    )
    return signs[:place] + ALPHABET[-others * _INVERSES[place] % MODULUS] + signs[place + 1 :]


def draw(choice: Callable[[str], str] = secrets.choice) -> str:
    """A new code, by chance that nobody can foresee."""
    for _ in range(DRAWS_MAX):
        signs = "".join(choice(ALPHABET) for _ in range(LENGTH - 1))
        code = _completed(signs + ALPHABET[0], LENGTH - 1)
        if _is_mixed(code):
            return code
    raise Refused("No code could be drawn: try again.")


def near(signs: str) -> set[str]:
    """The codes that one slip may have made these signs of: a wrong sign, two that changed places, one lost, one too many."""
    return {code for code in _slips(signs) if is_code(code) and code != signs}


def _slips(signs: str) -> Iterator[str]:
    wrong = [place for place, sign in enumerate(signs) if sign not in _VALUES]
    if len(signs) == LENGTH and len(wrong) <= 1:
        for place in wrong or range(LENGTH):
            yield _completed(signs, place)
        if not wrong:
            for place in range(LENGTH - 1):
                yield signs[:place] + signs[place + 1] + signs[place] + signs[place + 2 :]
    elif len(signs) == LENGTH - 1 and not wrong:
        for place in range(LENGTH):
            yield _completed(signs[:place] + ALPHABET[0] + signs[place:], place)
    elif len(signs) == LENGTH + 1 and len(wrong) <= 1:
        for place in wrong or range(LENGTH + 1):
            yield signs[:place] + signs[place + 1 :]
