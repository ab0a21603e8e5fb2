"""Members: what identifies a person, and how that is shown. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from waconsole.text import SafeText, safe

_PHONE_SHAPED: Final = re.compile(
    r"[+\d\s().\-\u00a0\u202f\u2010-\u2015\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
)
# What may stand in a number that is read: a letter, or two numbers in one cell, is no number but a slip.
_WRITTEN: Final = re.compile(
    r"(?:tel:)?[+\d\s().\-/\[\]'\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+", re.I
)
_DIGITS_MIN: Final = 7


def folded(text: str) -> str:
    """`text` for comparison: NFKC and case folded, spaces squeezed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def looks_like_phone(text: str) -> bool:
    """Whether `text` is written like a phone number and not like a name."""
    return (
        bool(_PHONE_SHAPED.fullmatch(text)) and sum(character.isdigit() for character in text) >= _DIGITS_MIN
    )


def e164(text: str, region: str | None = None) -> str | None:
    """`text` as E.164 (`+33639980012`), or None when it is no phone number.

    `+`, `00`, spaces, dots, hyphens and brackets are understood, letters and extensions are not; a national
    number needs the `region` (`FR`) it belongs to. Read by phonenumbers.
    """
    import phonenumbers

    written = unicodedata.normalize("NFKC", text)
    if not _WRITTEN.fullmatch(written):
        return None
    digits = "".join(character for character in written if character.isdigit() or character == "+")
    if not digits or "+" in digits[1:]:
        return None
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not digits.startswith("+") and not region:
        return None
    try:
        number = phonenumbers.parse(digits, None if digits.startswith("+") else region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(phone: str) -> SafeText:
    """A phone number as a shared screen may show it: `+33 •• •• •• 42`, whatever its length."""
    return safe(f"+{_country_code(phone)} •• •• •• {phone[-2:]}")


def _country_code(phone: str) -> str:
    """The country calling code of an E.164 number (ITU-T E.164, D: 1, 7, two or three digits)."""
    digits = phone.lstrip("+")
    if digits[:1] in ("1", "7"):
        return digits[:1]
    return digits[:2] if digits[:2] in _TWO_DIGIT_CODES else digits[:3]


_TWO_DIGIT_CODES: Final = frozenset(
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 "
    "81 82 84 86 90 91 92 93 94 95 98".split()
)


def ref_of(*parts: str) -> str:
    """A member's ref made from the facts that identify them."""
    return "m-" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:12]
