"""What every placing needs: a key with what is said, a person, an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.whatsapp.events import Event, Sender

SECOND: Final = 1_000_000
SECONDS_MAX: Final = 253_402_300_799  # the last of the year 9999
PHONE_DIGITS_MAX: Final = 15


@dataclass(frozen=True, slots=True)
class Placed:
    """What an element says, and the parts of its key."""

    key: tuple[str, ...]
    event: Event


def anybody(phone: str, bsuid: str, *, username: str = "", name: str = "") -> Sender | None:
    """A person by phone, BSUID or both; None when neither is one.

    Before 2026-05 a BSUID could stand where the phone stands: it has a dot.
    """
    found = phone_of(phone)
    if not found and "." in phone:
        bsuid = bsuid or phone
    username = username.strip().removeprefix("@")
    return Sender(found or None, bsuid or None, username or None, name) if found or bsuid else None


def phone_of(word: str) -> str:
    """A phone in E.164, from WhatsApp's digits; empty for what is none."""
    digits = word.strip().removeprefix("+")
    is_phone = digits.isascii() and digits.isdecimal() and len(digits) <= PHONE_DIGITS_MAX
    return f"+{digits}" if is_phone else ""


def at_of(seconds: int | None) -> int:
    """An instant in microseconds UTC. Raises ValueError for none, and for one that cannot be."""
    if seconds is None or not 0 < seconds <= SECONDS_MAX:
        raise ValueError("it has no time, or one that cannot be.")
    return seconds * SECOND
