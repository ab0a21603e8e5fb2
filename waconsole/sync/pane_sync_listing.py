"""Which lines each tab of the Sync pane lists, in which order, and under which keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.outbox.store_templates import USABLE
from waconsole.settings import Settings
from waconsole.sync.pane_sync_acts import KEY_BITS
from waconsole.sync.pane_sync_rows import Fact, Item
from waconsole.sync.store_pane_sync import SyncSeen
from waconsole.text import SafeText, _, safe

# A message's key is its id; of everything else the kind stands above the id.
KINDS: Final = (
    "message",
    "number",
    "reach",
    "lane",
    "campaign",
    "notice",
    "template",
    "fact",
    "log_out",
    "log_in",
)
LANE_BITS: Final = 2
NOTICES_NOW_MAX: Final = 5  # the newest unseen; a tab lists all
TEMPLATES_NOW_MAX: Final = 8
MESSAGES_NOW_MAX: Final = 12
TROUBLED: Final = frozenset({"YELLOW", "RED"})


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the ledger: whether the receiver listens (None: nobody asked yet), the gateway's word."""

    receiver: bool | None = None
    gateway: SafeText = SafeText("")
    gateway_works: bool | None = None


Lines = Iterator[tuple[int, Item | None]]


def key_of(kind: str, number: int) -> int:
    """The key of a line."""
    return KINDS.index(kind) << KEY_BITS | number


def now_lines(
    seen: SyncSeen, unknown: Sequence[int], held: Sequence[int], settings: Settings, beside: Beside
) -> Lines:
    """Everything that matters now: numbers, what is paused, what was told, lanes, what needs a decision, what came in."""
    for number in seen.numbers:
        yield key_of("number", number.id), Item("number", number)
        yield key_of("reach", number.id), Item("reach", number)
    for place, campaign in enumerate(seen.campaigns):
        yield key_of("campaign", place), Item("campaign", campaign)
    yield from notice_lines([one for one in seen.notices if one["seen_at"] is None][:NOTICES_NOW_MAX])
    for lane in seen.lanes:
        yield key_of("lane", lane.number_id << LANE_BITS | lane.lane), Item("lane", lane)
    facts = list(_facts(seen, settings, beside))
    yield from ((key, None) for key in unknown[:MESSAGES_NOW_MAX])
    yield from ((key, None) for key in held[:MESSAGES_NOW_MAX])
    yield from template_lines([one for one in seen.templates if is_troubled(one)][:TEMPLATES_NOW_MAX])
    for place, fact in enumerate(facts):
        yield key_of("fact", place), Item("fact", fact)


def is_troubled(template: Any) -> bool:
    """Whether a template cannot be sent, or may soon not be: what an operator should see."""
    return template["status"] not in USABLE or template["quality"] in TROUBLED


def notice_lines(notices: Sequence[Any]) -> Lines:
    """Notices, the newest first."""
    yield from ((key_of("notice", one["id"]), Item("notice", one)) for one in notices)


def template_lines(templates: Sequence[Any]) -> Lines:
    """Templates: those in trouble first, then by name."""
    ordered = sorted(templates, key=lambda one: not is_troubled(one))
    yield from ((key_of("template", one["id"]), Item("template", one)) for one in ordered)


def log_lines(seen: SyncSeen) -> Lines:
    """The last attempts and bodies, the newest first."""
    yield from ((key_of(f"log_{one['way']}", one["id"]), Item("log", one)) for one in seen.log)


def is_nothing(seen: SyncSeen) -> bool:
    """Whether no number is connected, and nothing ever came or waits."""
    return not (seen.numbers or seen.tasks or seen.inward.last_at or any(seen.counts.values()))


def _facts(seen: SyncSeen, settings: Settings, beside: Beside) -> Iterator[Fact]:
    counts, inward = seen.counts, seen.inward
    if not seen.numbers:
        yield Fact(_("number"), "held", None, "", _("none yet: `waconsole connect` connects one"))
    for state, tab, word in (
        ("unknown", "unknown", _("unknown, in all")),
        ("held", "waiting", _("held, in all")),
        ("scheduled", "waiting", _("wait for their time")),
        ("failed", "failed", _("failed")),
    ):
        count = counts[state]
        if count > (MESSAGES_NOW_MAX if state in ("unknown", "held") else 0):
            role = "refused" if state == "failed" else "muted"
            yield Fact(_("messages"), role, None, f"{count:,}", word, "outbox", (("tab", tab),))
    if seen.tasks:
        yield Fact(_("by hand"), "owed", None, f"{seen.tasks:,}", _("tasks wait for a human hand"), "tasks")
    says = _("webhooks today: {count}").format(count=f"{inward.today:,}")
    if inward.waiting:
        says += ", " + _("waiting: {count}").format(count=f"{inward.waiting:,}")
    yield Fact(_("in"), "held" if inward.waiting else "muted", inward.last_at, "", says, "inbound")
    if inward.quarantined or inward.kept:
        role = "refused" if inward.quarantined else "muted"
        says = _("{count} quarantined, {kept} kept").format(
            count=f"{inward.quarantined:,}", kept=f"{inward.kept:,}"
        )
        yield Fact(_("set aside"), role, None, f"{inward.quarantined + inward.kept:,}", says, "inbound")
    if inward.refused_today:
        yield Fact(
            _("refused"), "refused", inward.refused_at, f"{inward.refused_today:,}", safe(inward.refused_for)
        )
    yield _receiver(settings, beside)
    if settings.gateway.enabled:
        role = {True: "done", False: "held", None: "muted"}[beside.gateway_works]
        yield Fact(
            _("gateway"), role, None, safe(settings.gateway.session), beside.gateway or _("not asked yet")
        )
    if seen.templates:
        usable = sum(one["status"] in USABLE for one in seen.templates)
        says = _("{usable} can be sent, {others} cannot").format(
            usable=f"{usable:,}", others=f"{len(seen.templates) - usable:,}"
        )
        yield Fact(
            _("templates"), "muted", None, f"{len(seen.templates):,}", says, "", (("tab", "templates"),)
        )


def _receiver(settings: Settings, beside: Beside) -> Fact:
    where = safe(f":{settings.receiver.port}")
    if beside.receiver is None:
        return Fact(_("receiver"), "muted", None, where, _("not asked yet"))
    if beside.receiver:
        return Fact(_("receiver"), "done", None, where, _("listens on this machine"))
    says = _("does not listen on this machine: `waconsole receive` starts it")
    return Fact(_("receiver"), "held", None, where, says)
