"""Days as an operator writes them, in the shop's zone. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from waconsole.clock import instant, parse_iso
from waconsole.errors import Refused


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"There is no time zone {name}: set shop.timezone to one like Europe/Paris.") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if len(text.strip()) <= len("2026-11-01") else None
    except ValueError:
        return None


def _instant(text: str) -> int:
    try:
        at = parse_iso(text.strip())
    except (ValueError, OverflowError):
        raise Refused(f"{text.strip()!r} is no day: write it like 2026-11-01.") from None
    return at - at % 1_000_000


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


def _midnight(day: date, zone: str) -> int:
    return instant(datetime(day.year, day.month, day.day, tzinfo=_zone(zone)))
