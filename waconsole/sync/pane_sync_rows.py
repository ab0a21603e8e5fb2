"""How everything the Sync pane lists reads as one line: what it is, how old, which one, and how it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from waconsole.clock import HOUR
from waconsole.database.connection import Row as Fetched
from waconsole.kit import ages
from waconsole.kit.columns import Column
from waconsole.kit.glyphs import glyph
from waconsole.kit.rows import Cell, Row
from waconsole.outbox.alarms import why_paused
from waconsole.outbox.error_words import error_words
from waconsole.outbox.outcome_words import SIGNS, reason_words, state_word
from waconsole.outbox.pane_outgoing_rows import Tongue
from waconsole.outbox.store_pane import OutgoingRow
from waconsole.outbox.store_templates import USABLE
from waconsole.sync.pane_sync_log import log_cells
from waconsole.sync.store_pane_sync import LaneSeen, NumberSeen
from waconsole.text import SafeText, _, safe

TEXT_CHARACTERS_MAX: Final = 400
NAME_CHARACTERS_MAX: Final = 80
NOTHING: Final = Cell(SafeText(""))
SLOWED: Final = HOUR  # how long it is said that WhatsApp found a number too fast
QUALITY_ROLES: Final = {"GREEN": "done", "YELLOW": "owed", "RED": "refused"}

COLUMNS: Final = (
    Column(_("what"), 11),
    Column(_("age"), 6, "right"),
    Column(_("which"), 17, gap=2),
    Column(_("how it stands")),
)


class Fact(NamedTuple):
    """A line that is no row of a table: `pane` and `place` are where Enter leads; `says` are words of ours."""

    what: str
    role: str
    at: int | None
    which: str
    says: str
    pane: str = ""
    place: tuple[tuple[str, str], ...] = ()


class Item(NamedTuple):
    """One line of the list: its `kind`, and the thing of that kind."""

    kind: str
    thing: Any


def row_of(key: int, item: Item, now: int, tongue: Tongue) -> Row:
    """Any line but that of a message."""
    return Row(key, _READS[item.kind](item.thing, now, tongue))


def named(phone: str | None, name: str, tongue: Tongue) -> SafeText:
    """One of our numbers, short: `+1 •• 99`, in full once numbers are revealed; else its name."""
    if not phone:
        return tongue.text(name, characters_max=NAME_CHARACTERS_MAX)
    if tongue.is_revealed:
        return safe(phone)
    first, *_dots, last = tongue.phone(phone).split(" ")
    return safe(f"{first} •• {last}")


def _what(sign: str, word: str, role: str) -> Cell:
    return Cell(safe(f"{glyph(sign)} {word}" if sign else word), role)


# Numbers


def _number(one: NumberSeen, now: int, tongue: Tongue) -> tuple[Cell, ...]:
    sign, role, says = number_stands(one, now, tongue)
    return (
        Cell(safe(_("number")), "title"),
        Cell(ages.ago(one.since if one.state != "ready" else None, now, tongue.zone), "muted"),
        Cell(safe(f"{named(one.phone, one.name, tongue)} {one.driver}")),
        Cell(safe(f"{glyph(sign)} {says}"), role),
    )


def number_stands(one: NumberSeen, now: int, tongue: Tongue) -> tuple[str, str, str]:
    """(sign, role, words): paused by whom, stopped why, resting, offline, or how fast it sends of how fast it may."""
    if one.state == "paused":
        return "held", "held", why_paused(one.reason, one.detail, one.by)
    if one.state == "stopped":
        why = tongue.text(one.reason, characters_max=TEXT_CHARACTERS_MAX)
        return "refused", "refused", _("stopped: {reason}").format(reason=why)
    if now < one.rest_until:
        rest = ages.span(one.rest_until - now)
        return "clock", "held", _("WhatsApp asks for a rest: {span} more").format(span=rest)
    if one.retry_at is not None:
        again = ages.span(max(0, one.retry_at - now))
        return "offline", "held", _("offline, next try in {span}").format(span=again)
    if one.trying:
        return "clock", "held", _("tries: one message goes first, then the others")
    if one.driver == "gateway":
        says = (
            _("sends {sent}/min, slowly on purpose")
            if one.sent_last_minute
            else _("ready, sends slowly on purpose")
        )
    else:
        says = _("sends {sent}/min of {most}/s") if one.sent_last_minute else _("ready, at most {most}/s")
    says = says.format(sent=f"{one.sent_last_minute:,}", most=f"{one.per_second:,}")
    if 0 < now - one.slowed_at < SLOWED:
        says += f" {glyph('separator')} {_('slower: WhatsApp found it too fast')}"
    return "online", "mine" if one.sent_last_minute else "done", says


def _reach(one: NumberSeen, now: int, tongue: Tongue) -> tuple[Cell, ...]:
    """Its quality and its portfolio's counter; of a gateway up to when its phone was heard."""
    if one.driver == "gateway":
        heard = ages.ago(one.heard_at, now, tongue.zone)
        says = (
            _("heard without a gap until {age} ago").format(age=heard) if heard else _("never heard so far")
        )
        return NOTHING, NOTHING, NOTHING, Cell(safe(says), "muted")
    quality = one.quality or _("no quality yet")
    reached = reach_words(one)
    is_full = one.reach_max is not None and one.reached >= one.reach_max
    role = "held" if is_full else QUALITY_ROLES.get(one.quality, "muted")
    return NOTHING, NOTHING, NOTHING, Cell(safe(f"{quality.lower()} {glyph('separator')} {reached}"), role)


def reach_words(one: NumberSeen) -> str:
    """`portfolio 611 of 2,000 in 24 h`."""
    if one.reach_max is None:
        return _("portfolio {reached} in 24 h, no limit").format(reached=f"{one.reached:,}")
    return _("portfolio {reached} of {most} in 24 h").format(
        reached=f"{one.reached:,}", most=f"{one.reach_max:,}"
    )


def lane_word(lane: int) -> str:
    """The word for a lane."""
    return (_("replies"), _("service"), _("campaigns"))[lane]


def _lane(one: LaneSeen, now: int, tongue: Tongue) -> tuple[Cell, ...]:
    says = f"{one.queued:,} {_('queued')}"
    if one.sending:
        says += f", {one.sending:,} {_('on their way')}"
    late = one.oldest_at is not None and one.oldest_at <= now
    return (
        Cell(safe(_("lane")), "muted"),
        Cell(ages.ago(one.oldest_at, now, tongue.zone) if late else SafeText(""), "muted"),
        Cell(safe(lane_word(one.lane))),
        Cell(safe(says), "mine" if one.queued + one.sending else "muted"),
    )


def _campaign(one: Fetched, now: int, tongue: Tongue) -> tuple[Cell, ...]:
    return (
        _what("held", _("campaign"), "held"),
        Cell(ages.ago(one["since"], now, tongue.zone), "muted"),
        Cell(tongue.text(one["key"], characters_max=NAME_CHARACTERS_MAX)),
        Cell(why_paused(one["reason"], one["detail"], one["operator"]), "held"),
    )


# What WhatsApp told


def _notice(one: Fetched, now: int, tongue: Tongue) -> tuple[Cell, ...]:
    sign, role = {"alarm": ("risk", "overdue"), "warning": ("risk", "owed")}.get(
        one["level"], ("note", "note")
    )
    is_seen = one["seen_at"] is not None
    return (
        _what(sign, _("seen") if is_seen else _("notice"), "dim" if is_seen else role),
        Cell(ages.ago(one["at"], now, tongue.zone), "muted"),
        Cell(tongue.text(one["named"], characters_max=NAME_CHARACTERS_MAX)),
        Cell(tongue.text(one["sentence"], characters_max=TEXT_CHARACTERS_MAX), "dim" if is_seen else ""),
    )


def _template(one: Fetched, now: int, tongue: Tongue) -> tuple[Cell, ...]:
    usable = one["status"] in USABLE
    status = one["status"] or _("not told yet")
    sign, role = (
        ("done", "done") if usable else ("refused", "refused") if one["status"] else ("clock", "muted")
    )
    parts = [f"{glyph(sign)} {status.lower()}", one["language"], one["category"].lower()]
    if one["quality"]:
        parts.append(_("quality {quality}").format(quality=one["quality"].lower()))
    if one["reason"] and one["reason"] != "NONE":
        parts.append(one["reason"])
    if one["quality"] in ("YELLOW", "RED") and usable:
        role = QUALITY_ROLES[one["quality"]]
    dot = f" {glyph('separator')} "
    return (
        Cell(safe(_("template")), "muted"),
        Cell(ages.ago(one["told_at"] or None, now, tongue.zone), "muted"),
        Cell(tongue.text(one["name"], characters_max=NAME_CHARACTERS_MAX)),
        Cell(tongue.text(dot.join(part for part in parts if part), characters_max=TEXT_CHARACTERS_MAX), role),
    )


def _fact(one: Fact, now: int, tongue: Tongue) -> tuple[Cell, ...]:
    return (
        Cell(safe(one.what), "muted"),
        Cell(ages.ago(one.at, now, tongue.zone), "muted"),
        Cell(safe(one.which)),
        Cell(safe(one.says), one.role),
    )


# Messages that need a decision


def message_row(row: OutgoingRow, tried_at: int | None, now: int, tongue: Tongue) -> Row:
    """A message that is unknown or held, with its evidence: how often tried, the last code, since when, why."""
    sign, role = SIGNS[row.state]
    return Row(
        row.id,
        (
            Cell(safe(f"{glyph(sign)} {state_word(row.state)}"), role),
            Cell(ages.ago(row.written_at, now, tongue.zone), "muted"),
            Cell(tongue.recipient(row)),
            Cell(safe(evidence(row, tried_at, now, tongue)), role if row.state == "unknown" else ""),
        ),
    )


def evidence(row: OutgoingRow, tried_at: int | None, now: int, tongue: Tongue) -> str:
    """Why it is where it is, what is known of it, and its text."""
    parts: list[str] = []
    if row.state == "unknown":
        parts.append(_("answer lost"))
        if tried_at is not None:
            parts.append(_("no word for {span}").format(span=ages.span(max(0, now - tried_at))))
    elif row.state_reason:
        parts.append(
            reason_words(row.state_reason)
            or tongue.text(row.state_reason, characters_max=NAME_CHARACTERS_MAX)
        )
    if row.attempts:
        parts.append(_("1 try") if row.attempts == 1 else _("{count} tries").format(count=row.attempts))
    if row.code is not None:
        parts.append(f"{row.code} {error_words(row.code).short}")
    parts.append(tongue.text(row.text, characters_max=TEXT_CHARACTERS_MAX))
    return f" {glyph('separator')} ".join(parts)


_READS: Final[dict[str, Callable[[Any, int, Tongue], tuple[Cell, ...]]]] = {
    "number": _number,
    "reach": _reach,
    "lane": _lane,
    "campaign": _campaign,
    "notice": _notice,
    "template": _template,
    "fact": _fact,
    "log": log_cells,
}
