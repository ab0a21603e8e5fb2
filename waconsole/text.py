"""Text from outside, and the one border it crosses to reach a screen.

`ForeignText` is raw: it may hold escape sequences, bidi overrides, markup and worse.
`safe()` turns it into `SafeText`; widgets take nothing else from outside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from gettext import NullTranslations
from typing import Final, NewType

ForeignText = NewType("ForeignText", str)
SafeText = NewType("SafeText", str)

SAFE_CHARACTERS_MAX: Final = 65_536
COMBINING_MARKS_MAX: Final = 4

_translations = NullTranslations()
_spelling: Callable[[str], str] | None = None


def _(message: str) -> str:
    """`message` in the operator's language."""
    return _translations.gettext(message)


def _substitutions() -> dict[int, str | None]:
    """What each dangerous character becomes; None removes it."""
    table: dict[int, str | None] = {code: chr(0x2400 + code) for code in range(0x20)}
    table |= {0x7F: "\u2421", 0x09: " ", 0x0A: " ", 0x0D: " ", 0x2028: " ", 0x2029: " "}
    table |= {code: f"\u27e8{code:02X}\u27e9" for code in range(0x80, 0xA0)}
    bidi = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    table |= {code: f"\u27e8{code:04X}\u27e9" for code in bidi}
    unseen = (
        *(0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180E, 0x200B),
        *range(0x2060, 0x2065),
        *range(0x206A, 0x2070),
        *(0x3164, 0xFEFF, 0xFFA0),
        *range(0xFFF0, 0xFFFC),
        *range(0xE0000, 0xE0080),
    )
    table |= dict.fromkeys(unseen)
    table |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
    return table


def _character_class(codes: Iterable[int]) -> str:
    """A regular expression class of `codes`, as ranges (a list of them is 30x slower)."""
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(rf"\U{low:08x}-\U{high:08x}" for low, high in ranges) + "]"


_TABLE: Final = _substitutions()
_LINES_TABLE: Final = {**_TABLE, 0x0A: "\n", 0x2028: "\n", 0x2029: "\n", 0x0D: None}
_HOT: Final = re.compile(_character_class(_TABLE))
# A combining mark is never a word character: no such run, no excess of marks (35x cheaper to ask).
_MARKS_MAYBE: Final = re.compile(rf"[^\w\x00-\x7f]{{{COMBINING_MARKS_MAX + 1},}}")


def safe(text: str, *, lines: bool = False, characters_max: int = SAFE_CHARACTERS_MAX) -> SafeText:
    """`text` as it may be shown: on one line, or with its line breaks when `lines`.

    Control characters become pictures (ESC is shown as one glyph), bidi controls stand as ⟨202E⟩,
    zero-width characters are removed except ZWJ, ZWNJ and variation selectors, at most
    `COMBINING_MARKS_MAX` combining marks follow one character, and what is longer than
    `characters_max` ends in an ellipsis.
    """
    if len(text) > characters_max:
        text = text[:characters_max] + "\u2026"
    if text.isascii() and text.isprintable():
        return SafeText(text)
    if _HOT.search(text):
        text = text.translate(_LINES_TABLE if lines else _TABLE)
    if _MARKS_MAYBE.search(text):
        text = _bounded_marks(text)
    if _spelling is not None:
        text = _spelling(text)[:characters_max]
    return SafeText(text)


def _bounded_marks(text: str) -> str:
    """`text` without the combining marks beyond the limit on any one character."""
    count = 0
    kept: list[str] = []
    for character in text:
        if unicodedata.category(character) in ("Mn", "Me") and not "\ufe00" <= character <= "\ufe0f":
            count += 1
            if count > COMBINING_MARKS_MAX:
                continue
        else:
            count = 0
        kept.append(character)
    return text if len(kept) == len(text) else "".join(kept)


def respell(spelling: Callable[[str], str] | None) -> None:
    """From now on `safe()` also spells what is not ASCII so, as emoji by name; one console runs in one process."""
    global _spelling
    _spelling = spelling


def stored(text: str) -> ForeignText:
    """`text` as the ledger keeps it: NFC, without NUL and without lone surrogates."""
    if text.isascii():
        return ForeignText(text.replace("\0", "") if "\0" in text else text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if "\0" in text:
        text = text.replace("\0", "")
    return ForeignText(text.encode("utf-8", "replace").decode() if _SURROGATE.search(text) else text)


_SURROGATE: Final = re.compile("[\ud800-\udfff]")
