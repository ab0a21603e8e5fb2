"""The clock of a chat export: the words of the day's parts, and the hour they make of a number.

Pure. The words are those of the Unicode CLDR (`dayPeriods` of cldr-common/main/*.xml,
https://github.com/unicode-org/cldr), which the phones take their clock from; the parts of the Chinese
day (凌晨 early morning, 早上 morning, 上午 before noon, 中午 around noon, 下午 afternoon, 晚上 evening)
are CLDR's flexible day periods.
"""

from __future__ import annotations

import re
from typing import Final

MARKS: Final = "\u200b\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff"
"""Characters that are not seen: direction marks, byte order mark, zero-width space (for a regex class)."""

_BEFORE_NOON: Final = (
    *(
        "am",
        "a.m.",
        "a. m.",
        "午前",
        "오전",
        "上午",
        "早上",
        "清晨",
        "早晨",
        "ص",
        "ق.ظ.",
        "قبل‌ازظهر",
        "קמ״צ",
        "לפנה״צ",
    ),
    *("π.μ.", "SA", "ÖÖ", "de.", "ap.", "пр.об.", "дп", "fm", "PG", "vorm.", "da manhã", "dop.", "dopoledne"),
    *("पूर्वाह्न", "ก่อนเที่ยง", "முற்பகல்", "ДП", "in the morning", "early morning"),
)
_AFTER_NOON: Final = (
    *("pm", "p.m.", "p. m.", "午後", "오후", "下午", "傍晚", "م", "ب.ظ.", "بعدازظهر", "אחה״צ"),
    *(
        "μ.μ.",
        "CH",
        "ÖS",
        "du.",
        "ip.",
        "сл.об.",
        "пп",
        "em",
        "PTG",
        "nachm.",
        "da tarde",
        "odp.",
        "odpoledne",
    ),
    *("अपराह्न", "หลังเที่ยง", "பிற்பகல்", "ПП", "in the afternoon"),
)
_AROUND_NOON: Final = ("中午", "正午", "noon")
_AT_NIGHT: Final = ("晚上", "夜晚", "at night", "in the evening", "da noite")
_SMALL_HOURS: Final = ("凌晨", "半夜", "午夜", "da madrugada", "midnight")

_UNSPOKEN: Final = re.compile(rf"[\s.{MARKS}\u200c]")


def _spoken(word: str) -> str:
    """`word` as it is compared: without dots, spaces, marks and case."""
    return _UNSPOKEN.sub("", word).casefold()


_PARTS: Final[dict[str, str]] = {
    **{_spoken(word): "am" for word in _BEFORE_NOON},
    **{_spoken(word): "pm" for word in _AFTER_NOON},
    **{_spoken(word): "noon" for word in _AROUND_NOON},
    **{_spoken(word): "night" for word in _AT_NIGHT},
    **{_spoken(word): "small" for word in _SMALL_HOURS},
}


def _period_pattern() -> str:
    """A regular expression that matches any of the words, however they are dotted and spaced."""
    words = {*_BEFORE_NOON, *_AFTER_NOON, *_AROUND_NOON, *_AT_NIGHT, *_SMALL_HOURS}
    words -= {"am", "pm", "a.m.", "p.m.", "a. m.", "p. m."}
    forms = [
        "".join(
            r"\.?\s?" if letter == "." else r"\s?" if letter == " " else re.escape(letter) for letter in word
        )
        for word in sorted(words, key=len, reverse=True)
    ]
    return r"(?i:[ap]\.?\s?m\b\.?|" + "|".join(forms) + ")"


PERIOD: Final = _period_pattern()


def hour_of(hour: int, period: str) -> int | None:
    """The hour of the day (0 to 23) that `hour` and the words `period` ("" for none) mean, or None.

    Twelve counts as zero before noon and in the small hours; a number over twelve is already the
    hour of the day, whatever word stands beside it.
    """
    if not 0 <= hour <= 23:
        return None
    if not period or hour > 12:
        return hour
    part = _PARTS.get(_spoken(period))
    if part is None:
        return None
    if part in ("am", "small"):
        return hour % 12
    if part == "pm":
        return hour if hour == 12 else hour + 12
    if part == "noon":
        return hour + 12 if hour < 10 else hour
    # The evening runs to midnight; "twelve" and the hours after it belong to the day that begins.
    return hour + 12 if 5 <= hour < 12 else hour % 12
