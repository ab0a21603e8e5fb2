"""Features: what a message carries besides words: links, phone numbers, sums of money.

Pure. Every pattern is bounded on both sides of what it repeats, so that a text takes linear time.
"""

from __future__ import annotations

import re
from typing import Final

from waconsole.inbox.rules import FEATURES

LINKS_MAX: Final = 64

_DIGIT: Final = re.compile("[0-9]")
_WEB: Final = re.compile(
    r"(?:https?://|(?<![^\s(])www\.)([^\s/?#]{1,255})\S*|"
    r"(?<![^\s(])((?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,12})/\S*",
    re.IGNORECASE,
)
_PHONE_NUMBER: Final = re.compile(r"(?<![\w+])\+?\d(?:[ ().-]{0,2}\d){7,14}(?!\w)")
_SUM: Final = re.compile(
    r"[€$£¥₩]\s?\d|\d\s?(?:[€$£¥₩元円원]|eur\b|euros?\b|usd\b|hkd\b|chf\b|krw\b|jpy\b|twd\b|nt\$|reais\b|만원|萬)",
    re.IGNORECASE,
)

LINK, PHONE, AMOUNT, MENTION, MEDIA = (1 << index for index in range(len(FEATURES)))


def features_of(text: str) -> tuple[str, int, tuple[str, ...]]:
    """`text` without its links, the features found in it (a bit each), the hosts the links lead to."""
    found = 0
    hosts: tuple[str, ...] = ()
    if "/" in text or "www." in text:
        links = _WEB.findall(text)[:LINKS_MAX]
        if links:
            found = LINK
            hosts = tuple((first or second).lower() for first, second in links)
            text = _WEB.sub(" ", text)
    if _DIGIT.search(text):
        found |= PHONE if _PHONE_NUMBER.search(text) else 0
        found |= AMOUNT if _SUM.search(text) else 0
    return text, found, hosts
