"""Which members may be one person: what they share, put together. Suggestions only. Pure.

An address compares after NFKC and case folding, without spaces and punctuation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# The strongest first: WhatsApp's own word, then what few people share.
REASONS: Final = ("number", "device", "payment", "address", "name")


@dataclass(frozen=True, slots=True)
class Shared:
    """A value that several members share, and by which of `REASONS`."""

    reason: str
    value: str
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """Members who may be one person, with everything that speaks for it, the strongest first."""

    members: tuple[int, ...]
    reasons: tuple[tuple[str, str], ...]


def address_key(text: str) -> str:
    """An address for comparison; empty when nothing is left of it."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(one for one in plain if one.isalnum())


def alike_addresses(addresses: Iterable[tuple[int, str]]) -> list[Shared]:
    """The addresses, (member id, as written) each, that more than one member has."""
    found: dict[str, tuple[str, set[int]]] = {}
    for member, text in addresses:
        if key := address_key(text):
            found.setdefault(key, (text, set()))[1].add(member)
    return [
        Shared("address", text, tuple(sorted(members)))
        for text, members in found.values()
        if len(members) > 1
    ]


def together(shared: Iterable[Shared]) -> list[Alike]:
    """One line for each set of members, those with the most and strongest reasons first."""
    found: dict[tuple[int, ...], list[tuple[str, str]]] = {}
    for one in shared:
        found.setdefault(one.members, []).append((one.reason, one.value))
    lines = [Alike(members, tuple(sorted(reasons, key=_strength))) for members, reasons in found.items()]
    return sorted(lines, key=lambda line: (_rank(line), line.members))


def of_one(shared: Iterable[Shared], member: int) -> list[tuple[int, tuple[tuple[str, str], ...]]]:
    """The others who may be `member`, each with what speaks for it, the strongest first."""
    found: dict[int, list[tuple[str, str]]] = {}
    for one in shared:
        for other in one.members:
            if other != member and member in one.members:
                found.setdefault(other, []).append((one.reason, one.value))
    lines = [Alike((other,), tuple(sorted(reasons, key=_strength))) for other, reasons in found.items()]
    return [
        (line.members[0], line.reasons)
        for line in sorted(lines, key=lambda line: (_rank(line), line.members))
    ]


def _strength(reason: tuple[str, str]) -> tuple[int, str]:
    return REASONS.index(reason[0]), reason[1]


def _rank(line: Alike) -> tuple[int, int]:
    return REASONS.index(line.reasons[0][0]), -len(line.reasons)
