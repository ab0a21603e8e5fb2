"""vCard files as phones and address books write them: 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350), read with tolerance.

A card is a list of properties with the line they stand on. Values stay as they are written until
they are asked for; pictures and sounds are passed over unread, since they are most of a phone's file.
"""

from __future__ import annotations

import codecs
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from waconsole.errors import Refused

CARD_PROPERTIES_MAX: Final = 500
VALUE_CHARACTERS_MAX: Final = 65_536
# What is read of a card; PHOTO, LOGO, SOUND, KEY, NOTE, ADR and all the rest is passed over.
WANTED: Final = frozenset(
    {"FN", "N", "NICKNAME", "ORG", "TEL", "CATEGORIES", "LANG", "TZ", "X-ABLABEL", "BEGIN", "END", "AGENT"}
)
NO_END: Final = "the card has no END:VCARD"
# A card may name a charset for each value: until then each byte of a file is one character.
_RAW: Final = "latin-1"
_MARK: Final = codecs.BOM_UTF8.decode(_RAW)
_HEAD: Final = re.compile(r'((?:[^":]|"[^"]*")*):(.*)', re.DOTALL)
_PARAMETER: Final = re.compile(r';((?:[^";]|"[^"]*")*)')
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Property:
    """One property: `group` is the part before a dot (`item1`), parameters are upper case, values as written."""

    name: str
    group: str
    parameters: tuple[tuple[str, str], ...]
    raw: str
    line: int

    @property
    def types(self) -> frozenset[str]:
        """What kind it is, in lower case and without `x-`: `TYPE=CELL,pref`, and the bare words of 2.1."""
        words = (
            word.strip().strip('"').casefold().removeprefix("x-")
            for name, value in self.parameters
            if name in ("TYPE", "")
            for word in value.strip('"').split(",")
        )
        return frozenset(word for word in words if word)

    def parameter(self, name: str) -> str:
        """The first value of a parameter, "" without one."""
        return next((value.strip('"') for known, value in self.parameters if known == name), "")

    @property
    def text(self) -> str:
        """The value, decoded, separators still escaped. Raises Refused when its letters cannot be read."""
        raw = self.raw.encode(_RAW)
        if _is_quoted(self.parameters):
            raw = quopri.decodestring(raw)
        charset = self.parameter("CHARSET")
        try:
            text = raw.decode(charset or "utf-8")
        except UnicodeError:
            raise Refused(f"{self.name} is not {charset or 'UTF-8, and names no charset'}") from None
        except (LookupError, ValueError):
            raise Refused(f"{self.name} names {charset!r}, a charset nobody knows here") from None
        return text[:VALUE_CHARACTERS_MAX].replace("\0", "")

    def parts(self, separator: str) -> list[str]:
        """The value cut at `separator` where it is not escaped, each part as it is read. Raises Refused."""
        pieces = [""]
        for piece in re.findall(r"\\.|[^\\]|\\$", self.text, re.DOTALL):
            if piece == separator:
                pieces.append("")
            else:
                pieces[-1] += piece
        return [plain(piece).strip() for piece in pieces]


def plain(text: str) -> str:
    """`text` without its escapes: `\\,` is a comma, `\\n` a space."""
    return _ESCAPE.sub(lambda found: " " if found[1] in "nN" else found[1], text) if "\\" in text else text


@dataclass(slots=True)
class Card:
    """One card; `line` is where it begins, `fault` why it cannot be used."""

    line: int
    properties: list[Property] = field(default_factory=list)
    fault: str = ""

    def all(self, name: str) -> list[Property]:
        """Its properties called `name`, in their order."""
        return [one for one in self.properties if one.name == name]


def cards(path: Path) -> Iterator[Card]:
    """The cards of the file at `path`, one after another. Raises Refused when it cannot be read."""
    try:
        encoding = _encoding(path)
        with open(path, encoding=encoding, newline=None) as file:
            yield from _cards(_properties(_bytewise(file, is_text=encoding != _RAW)))
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise Refused(f"{path.name} breaks off in the middle of a letter: export it again.") from error


def is_vcard(path: Path) -> bool:
    """Whether the file at `path` is meant as vCards: it says so in its name or in its first word."""
    if path.suffix.casefold() in (".vcf", ".vcard"):
        return True
    try:
        with open(path, encoding=_encoding(path), errors="replace") as file:
            return file.read(200).lstrip(f"{_MARK}\ufeff \t\r\n").upper().startswith("BEGIN:VCARD")
    except OSError:
        return False


def _encoding(path: Path) -> str:
    with open(path, "rb") as file:
        return "utf-16" if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else _RAW


def _bytewise(lines: Iterable[str], *, is_text: bool) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, each byte of UTF-8 one character; `is_text`: they are decoded already."""
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\n")
        if is_text and not text.isascii():
            text = text.encode(errors="replace").decode(_RAW)
        yield number, text.removeprefix(_MARK) if number == 1 else text


def _properties(lines: Iterator[tuple[int, str]]) -> Iterator[Property]:
    """Whole properties of `WANTED` names; what is none, as the letters of a picture, is passed over.

    A line that begins with a blank continues the one before (folding); one in quoted-printable goes
    on after a `=` at its end.
    """
    held: tuple[int, list[str], bool] | None = None
    for number, line in lines:
        if held is not None and held[2] and held[1][-1].endswith("="):
            held[1][-1] = held[1][-1][:-1]
            held[1].append(line)
            continue
        if line[:1] in (" ", "\t") and line.strip():
            if held is not None:
                held[1].append(line[1:])
            continue
        if held is not None:
            yield _property(held[0], "".join(held[1]))
            held = None
        if not line.strip():
            continue
        found = _HEAD.match(line)
        if found is not None and _name(found[1]).upper() in WANTED:
            held = number, [line], _is_quoted(_parameters(found[1]))
    if held is not None:
        yield _property(held[0], "".join(held[1]))


def _property(line: int, text: str) -> Property:
    found = _HEAD.match(text)
    assert found is not None, "only lines with a colon are held"
    group = found[1].partition(";")[0].rpartition(".")[0]
    return Property(_name(found[1]).upper(), group.strip(), _parameters(found[1]), found[2], line)


def _name(head: str) -> str:
    return head.partition(";")[0].rpartition(".")[2].strip()


def _parameters(head: str) -> tuple[tuple[str, str], ...]:
    """`;TYPE=CELL;PREF` as (("TYPE", "CELL"), ("", "PREF"))."""
    found = []
    for text in _PARAMETER.findall(head[head.find(";") :] if ";" in head else ""):
        name, equals, value = text.partition("=")
        found.append((name.strip().upper(), value.strip()) if equals else ("", name.strip()))
    return tuple(found)


def _is_quoted(parameters: Iterable[tuple[str, str]]) -> bool:
    return any(
        value.upper() in ("QUOTED-PRINTABLE", "Q") for name, value in parameters if name in ("ENCODING", "")
    )


def _cards(found: Iterator[Property]) -> Iterator[Card]:
    """Cards from BEGIN to END; a card within a card (an agent's) belongs to nobody here."""
    card: Card | None = None
    is_agent = False
    for one in found:
        is_begin = one.name == "BEGIN" and one.raw.strip().upper() == "VCARD"
        if is_agent:
            is_agent = one.name != "END"
        elif is_begin and card is not None and card.properties and card.properties[-1].name == "AGENT":
            is_agent = True
        elif is_begin:
            if card is not None:
                card.fault = NO_END
                yield card
            card = Card(one.line)
        elif card is not None and one.name == "END":
            yield card
            card = None
        elif card is not None and len(card.properties) < CARD_PROPERTIES_MAX:
            card.properties.append(one)
    if card is not None:
        card.fault = NO_END
        yield card
