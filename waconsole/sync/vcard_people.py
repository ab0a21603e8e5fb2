"""Cards as people: which number is theirs, which ones lead to them as well, their name, tags, language and zone.

The number is the one WhatsApp itself wrote down (`waid`), else a mobile the card prefers, else a
mobile, else the preferred, else the first; never a fax or a pager. Of the others only mobiles lead
to the same person: a household or an office shares its landline.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waconsole.errors import Refused
from waconsole.members.model import e164
from waconsole.sync.vcard import Card, Property, cards, plain

NUMBERS_MAX: Final = 20
TAGS_MAX: Final = 100
MOBILE: Final = frozenset(
    "cell mobile iphone whatsapp mobil handy portable móvil movil celular cellulare telemóvel"
    " 携帯 手机 手機 휴대폰 휴대전화".split()
)
NO_PHONE: Final = frozenset({"fax", "pager", "modem", "bbs", "textphone"})
# Groups that phones make by themselves; nobody tagged anybody with them.
MADE_BY_PHONES: Final = frozenset({"my contacts", "mycontacts", "starred in android", "coworkers_default"})
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_AFTER_NUMBER: Final = re.compile(r"(?i)[;,]|(?<=\d)\s*[pwx]|ext")
_LABEL: Final = re.compile(r"_\$!<(.*)>!\$_")
_EAST_ASIAN: Final = "\u2e80"
_UNPREFERRED: Final = 101  # PREF is 1 to 100, the smallest first (RFC 6350 5.3)


@dataclass(frozen=True, slots=True)
class Person:
    """One card; `also` are numbers that lead to the same person. `fault` says why it cannot be used."""

    line: int
    raw: str
    phone: str = ""
    also: tuple[str, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def people(path: Path, region: str | None) -> Iterator[Person]:
    """Every card of the file at `path`; `region` reads national numbers. Raises Refused for no file of cards."""
    found = False
    for card in cards(path):
        found = True
        yield _person(card, region)
    if not found:
        raise Refused(f"{path.name} holds no card: a contacts file of a phone begins with BEGIN:VCARD.")


def _person(card: Card, region: str | None) -> Person:
    raw = ",".join(one.raw for name in ("FN", "TEL") for one in card.all(name))
    try:
        if card.fault:
            raise Refused(card.fault)
        phone, also = _numbers(card, region)
        return Person(card.line, raw, phone, also, tuple(_cells(card)))
    except Refused as reason:
        return Person(card.line, raw, fault=str(reason))


def _numbers(card: Card, region: str | None) -> tuple[str, tuple[str, ...]]:
    """The number, and those of the same person. Raises Refused when no number can be read."""
    candidates = sorted(_candidates(card), key=lambda one: one[0])[:NUMBERS_MAX]
    if not candidates:
        raise Refused("no phone")
    readable = [(rank, number) for rank, text in candidates if (number := e164(text, region)) is not None]
    if not readable:
        text = candidates[0][1]
        national = "" if region or text.startswith(("+", "00")) else "; a national number needs --region"
        raise Refused(f"phone {text!r} cannot be read{national}")
    phone = readable[0][1]
    also = {number: None for rank, number in readable if not rank[1] and number != phone}
    return phone, tuple(also)


def _candidates(card: Card) -> Iterator[tuple[tuple[int, ...], str]]:
    """(rank, number as written) of every phone; the smallest rank is the best, its second part 1 for a landline."""
    for one in card.all("TEL"):
        types = one.types | _label(card, one)
        if types & NO_PHONE and not types & MOBILE:
            continue
        waid = one.parameter("WAID")
        number = f"+{waid}" if waid.isdecimal() and int(waid) else _number(one.text)
        is_mobile = bool(waid) or bool(types & MOBILE)
        if number:
            yield (0 if waid else 1, 0 if is_mobile else 1, _preference(one), one.line), number


def _number(text: str) -> str:
    """`tel:+33-6-39;ext=1` as `+33-6-39`; what is dialled after a pause is no part of a number."""
    text = text.strip().removeprefix("tel:").removeprefix("TEL:")
    return _AFTER_NUMBER.split(text, maxsplit=1)[0].strip()


def _preference(one: Property) -> int:
    text = one.parameter("PREF")
    if text.isdecimal():
        return min(int(text), _UNPREFERRED)
    return 1 if "pref" in one.types else _UNPREFERRED


def _label(card: Card, one: Property) -> frozenset[str]:
    """The words of the label an iPhone writes beside a number, in the same group."""
    if not one.group:
        return frozenset()
    labels = (label.text for label in card.all("X-ABLABEL") if label.group == one.group)
    return frozenset(
        word for label in labels for word in _LABEL.sub(r"\1", label).casefold().split()
    )  # fmt: skip


def _cells(card: Card) -> Iterator[tuple[str, str]]:
    """What else the card says, by the columns of a contacts file; consent is never among it."""
    yield "name", _name(card)
    tags = [
        tag.replace(";", ",").removeprefix("* ")
        for one in card.all("CATEGORIES")
        for tag in one.parts(",")
    ]  # fmt: skip
    kept = [tag for tag in dict.fromkeys(tags) if tag and tag.casefold() not in MADE_BY_PHONES]
    yield "tags", ";".join(kept[:TAGS_MAX])
    languages = sorted(card.all("LANG"), key=_preference)
    known = [one.text.strip() for one in languages if _LANGUAGE.fullmatch(one.text.strip())]
    yield "language", next(iter(known), "")
    zones = [one.text.strip() for one in card.all("TZ")]
    yield "timezone", next((zone for zone in zones if _is_zone(zone)), "")


def _name(card: Card) -> str:
    """The full name, else put together from its parts, else a nickname, else the company."""
    for name in ("FN", "N", "NICKNAME", "ORG"):
        for one in card.all(name):
            text = plain(one.text) if name in ("FN", "NICKNAME") else _in_order(name, one.parts(";"))
            if text := " ".join(text.split()):
                return text
    return ""


def _in_order(name: str, parts: list[str]) -> str:
    """The parts of N (family; given; middle; before; after) as they are said aloud, those of ORG one by one."""
    if name != "N":
        return " ".join(parts)
    family, given, middle, before, after = (*parts, "", "", "", "", "")[:5]
    if family > _EAST_ASIAN and given > _EAST_ASIAN:
        return f"{family}{given}"
    return f"{before} {given} {middle} {family} {after}"


def _is_zone(name: str) -> bool:
    """Whether a zone is one by its IANA name; an offset such as -0500 says nothing about summer."""
    if "/" not in name:
        return name == "UTC"
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
