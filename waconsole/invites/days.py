"""A programme's first and last day, as an operator writes them in the shop's zone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from waconsole.clock import instant, iso, parse_iso
from waconsole.errors import Refused

_DAY_LENGTH = len("2026-11-01")


def with_instants(typed: Mapping[str, str], zone: str) -> dict[str, str]:
    """What was typed, with `starts_at` and `ends_at` as instants: a day begins at local midnight, the last one counts whole."""
    found = dict(typed)
    if typed.get("starts_at"):
        found["starts_at"] = iso(first_instant(typed["starts_at"], zone))
    if typed.get("ends_at"):
        found["ends_at"] = iso(instant_after(typed["ends_at"], zone))
    return found


def first_instant(text: str, zone: str) -> int:
    """When a day begins in `zone`; an instant stays what it is. Raises Refused for what is neither."""
    day = _day(text)
    return _instant(text) if day is None else _midnight(day, zone)


def instant_after(text: str, zone: str) -> int:
    """When a day is over in `zone`; an instant stays what it is. Raises Refused for what is neither."""
    day = _day(text)
    if day is None:
        return _instant(text)
    if day == date.max:
        raise Refused(f"{text.strip()!r} is too far away.")
    return _midnight(day + timedelta(days=1), zone)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if len(text.strip()) <= _DAY_LENGTH else None
    except ValueError:
        return None


def _instant(text: str) -> int:
    try:
        at = parse_iso(text.strip())
    except (ValueError, OverflowError):
        raise Refused(f"{text.strip()!r} is no day: write it like 2026-11-01.") from None
    return at - at % 1_000_000


def _midnight(day: date, zone: str) -> int:
    try:
        return instant(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"There is no time zone {zone}: set shop.timezone to one like Europe/Paris.") from None
