"""Inbox words and rules: conversations, work items, snoozes, clocks. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from waconsole import clock
from waconsole.clock import DAY, HOUR, MINUTE
from waconsole.errors import Refused
from waconsole.text import SafeText

ITEM_KINDS: Final = ("question", "complaint", "price", "join", "offer", "mention", "spam", "proof", "opt_out")
FILE_TYPES: Final = (
    "image",
    "document",
    "video",
    "audio",
    "sticker",
)  # Meta's types of a message with a file
MESSAGE_KINDS: Final = ("text", "media", "deleted", "poll", "system")
BY_HAND: Final = "hand"
NEVER: Final = 9_223_372_036_854_775_807
PREVIEW_CHARACTERS_MAX: Final = 240
MORNING_HOUR: Final = 9
EVENING_HOUR: Final = 20


class Snooze(NamedTuple):
    """One choice of the snooze sheet: a key, the words, and the instant it ends."""

    key: str
    words: str
    until: int


def snoozes(now: int, zone: tzinfo) -> list[Snooze]:
    """The snoozes on offer at `now`: each ends at a shown local time."""
    local = clock.moment(now, zone)

    def at(days: int, hour: int) -> int:
        day = (local + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
        return clock.instant(day)

    to_monday = (7 - local.weekday()) % 7 or 7
    choices = [
        Snooze("1", "one hour", now + HOUR),
        Snooze("3", "three hours", now + 3 * HOUR),
        Snooze("e", "this evening", at(0, EVENING_HOUR)),
        Snooze("t", "tomorrow morning", at(1, MORNING_HOUR)),
        Snooze("m", "Monday morning", at(to_monday, MORNING_HOUR)),
        Snooze("w", "one week", now + 7 * DAY),
    ]
    return [choice for choice in choices if choice.until > now]


def snooze_until(words: str, now: int, zone: tzinfo) -> int:
    """`2h`, `30m`, `3d`, `18:30`, `2026-11-28`, or an ISO instant, as an instant after `now`.

    Raises Refused when the words are no time, or the time is past.
    """
    text = words.strip()
    units = {"m": MINUTE, "h": HOUR, "d": DAY}
    until: int
    if text[:-1].isdigit() and text[-1:] in units:
        until = now + int(text[:-1]) * units[text[-1]]
    else:
        until = _instant_of(text, now, zone)
    if until <= now:
        raise Refused(f"{words} is not after now: choose a later time.")
    return until


def _instant_of(text: str, now: int, zone: tzinfo) -> int:
    local = clock.moment(now, zone)
    try:
        if len(text) in (4, 5) and ":" in text:
            hour, minute = map(int, text.split(":"))
            today = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
            later = today if today > local else today + timedelta(days=1)
            return clock.instant(later)
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is no time: write 2h, 3d, 18:30 or 2026-11-28.") from None
    return clock.instant(when if when.tzinfo else when.replace(tzinfo=zone))


def urgent_at(owed_until: int | None, window_until: int | None) -> int:
    """The clock that dies first: the answer target, or the service window if that closes before."""
    if owed_until is None:
        return NEVER
    return min(owed_until, window_until) if window_until is not None else owed_until


def until_words(until: int, now: int) -> SafeText:
    """How long from `now` to `until`, in at most four characters: `3m`, `2h`, `5d`, `late`."""
    if until <= now:
        return SafeText("late")
    return SafeText(span_words(until - now))


def span_words(span: int) -> SafeText:
    """A span of time in at most four characters: `40s`, `3m`, `2h`, `12d`, `14w`, `3y`."""
    return SafeText(clock.span_words(span))


def when_words(at: int, now: int, zone: tzinfo) -> SafeText:
    """When something was: the time today, else day and month, else the date; six characters at most."""
    local, today = clock.moment(at, zone), clock.moment(now, zone)
    if local.date() == today.date():
        return SafeText(f"{local:%H:%M}")
    if 0 <= now - at < 300 * DAY:
        return SafeText(f"{local.day} {local:%b}")
    return SafeText(f"{local:%b %y}")


def item_ref(conversation_ref: str, sent_at: int, sender: str, text: str, kind: str, place: int) -> str:
    """A work item's ref, made from the facts it stands on: the same in every copy of the ledger."""
    facts = "\x1f".join((conversation_ref, str(sent_at), sender, text, kind, str(place)))
    return "item-" + hashlib.sha256(facts.encode("utf-8", "replace")).hexdigest()[:12]


def conversation_ref(kind: str, ref: str) -> str:
    """A conversation's ref from its group's or member's ref."""
    return f"c-{kind}-{ref}"
