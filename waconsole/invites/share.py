"""What a member is given to share: links, the friend's first words, the text around them. Pure.

A wa.me link carries nothing to us but a text the friend may change (Meta, QR codes and short links, 2026-05-21): the
code stands in that text. UTM is for the shop's own landing page; WhatsApp drops it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from waconsole.errors import Refused
from waconsole.invites.codes import ALPHABET, normalised

SUFFIXES: Final = "invites.suffix."
TEXTS: Final = "invites.text."
ENGLISH: Final = "en"
NOTHING: Final = "none"  # how a policy says that there is no brand, no page
WA_ME: Final = "https://wa.me/"
DASH: Final = "-"
FIRST_LENGTH_MAX: Final = 1_000
LINK_LENGTH_MAX: Final = 2_000  # what browsers and QR codes surely take
UTM_MEDIUM: Final = "referral"
OWN: Final = "member"  # the source of a link that stands in no place of its own
_TEXT_FIELDS: Final = ("first", "share", "plain", "disclosure", "ask")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What one member shares in one place."""

    code: str
    channel: str
    language: str
    first: str
    link: str
    landing: str | None
    disclosure: str
    message: str

    @property
    def is_nowhere(self) -> bool:
        """Whether nobody knew our number: the link opens WhatsApp, and the friend has to find us."""
        return self.link.startswith(f"{WA_ME}?")


def language_of(wanted: str, texts: Mapping[str, Mapping[str, str]]) -> str:
    """The language of the texts there are: that of `pt-BR` is `pt`; English where there is none."""
    own = wanted.replace("_", "-").casefold()
    return next((one for one in (own, own.partition("-")[0]) if one in texts), ENGLISH)


def words_of(value: Mapping[str, object]) -> dict[str, str]:
    """The texts of one language, as a policy holds them."""
    return {key: str(value[key]) for key in _TEXT_FIELDS if key in value}


def wa_me(phone: str, text: str) -> str:
    """The link that opens a chat with our number (E.164), with `text` written already; without one the friend picks."""
    return f"{WA_ME}{phone.lstrip('+')}?text={quote(text, safe='')}"


def first_words(words: Mapping[str, str], code: str) -> str:
    """What WhatsApp writes for the friend. Raises Refused for a text that has lost its code."""
    text = _filled(words["first"], {"code": code})
    if code not in text or len(text) > FIRST_LENGTH_MAX:
        raise Refused(
            f"The friend's first words hold {{code}} and have at most {FIRST_LENGTH_MAX} signs: see to invites.text."
        )
    return text


def landing(page: str, *, source: str, campaign: str, content: str) -> str:
    """The shop's own page with UTM; what its address asks already stays. Raises Refused for what is no page."""
    parts = urlsplit(page)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused(f"{page} is no page: set referral.landing to one like https://shop.example/welcome.")
    asked = urlencode(
        {"utm_source": source, "utm_medium": UTM_MEDIUM, "utm_campaign": campaign, "utm_content": content}
    )
    return urlunsplit(parts._replace(query=f"{parts.query}&{asked}" if parts.query else asked))


def message(
    words: Mapping[str, str], *, link: str, brand: str | None, offer: str | None, disclosure: str
) -> str:
    """The text a member sends to a friend, with the line that says what they get for it."""
    has_all = brand is not None and offer is not None and "share" in words
    text = _filled(
        words["share" if has_all else "plain"],
        {"link": link, "brand": brand or "", "offer": offer or "", "disclosure": disclosure},
    ).strip()
    for part in (link, disclosure):
        if part not in text:  # a text that was changed loses neither
            text = f"{text} {part}".strip()
    return text


def check_words(value: Mapping[str, object]) -> None:
    """Raise Refused for texts that lose what they are for: the code, or the link."""
    words = words_of(value)
    if "{code}" not in words.get("first", "{code}"):
        raise Refused("The friend's first words hold {code}: nothing else reaches us.")
    for name in ("share", "plain"):
        if "{link}" not in words.get(name, "{link}"):
            raise Refused(f"{name} holds {{link}}: without it nobody comes.")


def check_suffix(value: Mapping[str, object]) -> None:
    """Raise Refused for a place's sign that could not be read behind a code."""
    sign = normalised(str(value["value"]))
    if len(str(value["value"])) != 1 or len(sign) != 1 or sign not in ALPHABET:
        raise Refused(f"A place has one sign of {ALPHABET}.")


CHECKS: Final = {TEXTS: check_words, SUFFIXES: check_suffix}


def _filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with its variables; what stands in a value is no variable again."""
    parts = text.split("{")
    found = parts[0]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        found += values[name] + rest if closed and name in values else "{" + part
    return found
