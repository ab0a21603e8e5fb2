"""The gateway's people and groups: the cast, and as many neighbours as a group is to have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from waconsole.whatsapp.sandbox import ids
from waconsole.whatsapp.sandbox.cast import Cast
from waconsole.whatsapp.sandbox.waha_people import GROUP, Circle, Someone

GROUP_MAX: Final = 1024  # WhatsApp's own ceiling, 2026
OUR_PHONE: Final = "15550008888"
OUR_NAME: Final = "Lilas Moderation"
BIG: Final = "120363000000000001" + GROUP
SMALL: Final = "120363000000000002" + GROUP
FOUNDER: Final = "Adèle Perrin"
ADMINS: Final = frozenset({"Céline Brun", "Brooke Lindsey"})
SMALL_PEOPLE: Final = 12

# Exchanges whose 555-0100 to 555-0199 nobody is given: a thousand numbers and more.
_AREAS: Final = (201, 202, 206, 212, 215, 303, 305, 312, 404, 415, 503, 617)
_FIRST: Final = (
    "Amélie", "Ben", "Chiara", "Dilek", "Elif", "Farid", "Gwen", "Hana", "Iris", "Jonas", "Katja", "Léo", "Mina",
    "Nadia", "Oskar", "Pia", "Quentin", "Rosa", "Sun-mi", "Tariq", "Ulla", "Vera", "Wim", "Xenia", "Yara", "Zoltan",
)  # fmt: skip
_LAST: Final = (
    "Abadi", "Berger", "Costa", "Dubois", "Eriksen", "Fischer", "Garnier", "Haddad", "Ito", "Jansen", "Kaya",
    "Laurent", "Moreau", "Novak", "Okafor", "Petit", "Roux", "Sato", "Thomas", "Weber",
)  # fmt: skip


def us() -> Someone:
    """The linked phone itself."""
    return Someone(OUR_NAME, _lid("us"), OUR_PHONE)


def people(cast: Cast) -> Iterator[Someone]:
    """Everybody, always the same: first the cast, then neighbours without an end but the numbers'.

    Every third is called by the hidden id; of half of those the phone is unknown until they write.
    """
    number = 0
    for one in cast.people:
        yield _someone(number, one.name, one.phone)
        number += 1
    for place in range(len(_AREAS) * 100):
        name = f"{_FIRST[place % len(_FIRST)]} {_LAST[place * 7 % len(_LAST)]}"
        yield _someone(number, name, f"1{_AREAS[place % len(_AREAS)]}55501{place // len(_AREAS):02}")
        number += 1


def _someone(number: int, name: str, phone: str) -> Someone:
    by_lid = number % 3 == 2
    return Someone(name, _lid(number, name), phone, by_lid, shown=not by_lid or number % 6 == 2)


def circles(us: Someone, now: int) -> tuple[Circle, Circle]:
    """(a large group we are admin of, a small one we are only in), with nobody else in them yet."""
    big = Circle(
        BIG, "Lilas Neighbourhood", "Everybody around the shop. Be kind, no advertising.", now, approval=True
    )
    big.roles[us] = "admin"
    small = Circle(SMALL, "Atelier du samedi", "Saturday workshop", now, adding=True)
    small.roles[us] = "participant"
    return big, small


def lid_of(phone: str) -> str:
    """The hidden id of somebody who is not of the cast."""
    return _lid("phone", phone)


def _lid(*facts: object) -> str:
    return str(10**14 + int.from_bytes(ids.dice("lid", *facts)[:6], "big") % 10**14)
