"""Reading what a control is asked: texts, instants, choices, or one sentence of refusal."""

from __future__ import annotations

import math
from typing import Any, Final

from waconsole import clock
from waconsole.errors import Refused
from waconsole.whatsapp.sandbox.courier import Account

YEAR_2100: Final = 4_102_444_800

Document = dict[str, Any]


def only(wanted: Document, *known: str) -> None:
    """Raises Refused when a key is there that is none of `known`."""
    for key in wanted:
        if key not in known:
            raise Refused(f"Nothing is called {key} here: there are {', '.join(known)}.")


def text(wanted: Document, key: str, *, needed: bool = False) -> str:
    """A text; empty when it is left out. Raises Refused."""
    value = wanted.get(key)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise Refused(f"{key} takes a text.")
    if needed and not value:
        raise Refused(f"{key} is missing.")
    return value


def choice(wanted: Document, key: str, *known: str) -> str:
    """One of `known`; empty when it is left out. Raises Refused."""
    value = text(wanted, key)
    if value and value not in known:
        raise Refused(f"{key} is one of {', '.join(known)}.")
    return value


def flag(wanted: Document, key: str) -> bool | None:
    """True or false; None when it is left out. Raises Refused."""
    value = wanted.get(key)
    if value is not None and not isinstance(value, bool):
        raise Refused(f"{key} takes true or false.")
    return value


def number_of(wanted: Document, account: Account) -> str:
    """The id of a number of ours; the first when it is left out. Raises Refused."""
    number = text(wanted, "number") or account.phone_number_id
    if number not in account.numbers:
        raise Refused(f"number is one of {', '.join(account.numbers)}.")
    return number


def instant(wanted: Document, key: str = "at") -> int | None:
    """ISO 8601 or seconds since 1970, as microseconds UTC, floored to whole seconds. Raises Refused."""
    at = wanted.get(key)
    if at is None:
        return None
    wrong = Refused(f"{key} takes an instant like 2026-11-26T12:00:00Z, or seconds since 1970.")
    if isinstance(at, bool) or not isinstance(at, str | int | float):
        raise wrong
    try:
        if isinstance(at, str) and not at.isdecimal():
            return clock.parse_iso(at) // clock.SECOND * clock.SECOND
        seconds = float(at)
    except (ValueError, OverflowError):
        raise wrong from None
    if not math.isfinite(seconds) or not 0 <= seconds <= YEAR_2100:
        raise wrong
    return math.floor(seconds) * clock.SECOND
