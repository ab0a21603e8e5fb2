"""What is paused, by whom or why, and that as one sentence."""

from __future__ import annotations

from typing import Final, NamedTuple

from waconsole.members.model import masked
from waconsole.outbox.account_words import REASON
from waconsole.text import ForeignText, SafeText, _, safe

NAME_CHARACTERS_MAX: Final = 60
DETAIL_CHARACTERS_MAX: Final = 160
ALL: Final = "all"
CAMPAIGN: Final = "campaign"
NOTHING: Final = ForeignText("")


class Alarm(NamedTuple):
    """Something that sends nothing: `scope` is `all`, `number` or `campaign`.

    `name` is the number's or the campaign's, `phone` E.164; `operator` paused it, None where it paused itself
    (`reason` and `detail` say why; the detail is WhatsApp's own). `since` in microseconds UTC.
    """

    scope: str
    name: ForeignText = NOTHING
    phone: str | None = None
    reason: ForeignText = NOTHING
    detail: ForeignText = NOTHING
    since: int | None = None
    operator: ForeignText | None = None


class Alarms(NamedTuple):
    """All of them, the widest first, and how many messages are unknown."""

    paused: tuple[Alarm, ...] = ()
    unknown: int = 0

    @property
    def is_all_paused(self) -> bool:
        """Whether nothing at all may leave."""
        return bool(self.paused) and self.paused[0].scope == ALL


def what_is_paused(alarm: Alarm, *, is_revealed: bool = False) -> SafeText:
    """Everything, the number, or the campaign."""
    if alarm.scope == ALL:
        return safe(_("Everything"))
    name = safe(alarm.name[:NAME_CHARACTERS_MAX])
    if alarm.scope == CAMPAIGN:
        return safe(_("The campaign {name}").format(name=name))
    if alarm.phone:
        return safe(alarm.phone) if is_revealed else masked(alarm.phone)
    return name


def why_paused(reason: str, detail: str, operator: str | None) -> SafeText:
    """Who paused something, or why it paused itself; reason and detail are raw."""
    told = safe(detail[:DETAIL_CHARACTERS_MAX])
    if operator is not None:
        own = safe(reason[:DETAIL_CHARACTERS_MAX]) if reason != "operator" else SafeText("")
        words = _("paused by {operator}: {reason}") if own else _("paused by {operator}")
        return safe(words.format(operator=safe(operator[:NAME_CHARACTERS_MAX]), reason=own))
    if reason.startswith(REASON):
        return safe(reason[len(REASON) :][:DETAIL_CHARACTERS_MAX].rstrip("."))
    why = {
        "strikes": _("it paused itself after refusals in a row"),
        "missed": _("it paused itself because too many people could not be reached"),
        "refused": _("it paused itself because WhatsApp takes nothing of it"),
    }.get(reason, _("paused"))
    return safe(f"{why}: {told.rstrip('.')}" if told else why)


def alarm_sentence(alarm: Alarm, *, is_revealed: bool = False) -> SafeText:
    """The whole sentence: `Everything is paused by Ana: nothing leaves.`, `The campaign spring: it paused itself …`."""
    words = _("{what} is {why}: nothing leaves.") if alarm.scope == ALL else _("{what}: {why}.")
    return safe(
        words.format(
            what=what_is_paused(alarm, is_revealed=is_revealed),
            why=why_paused(alarm.reason, alarm.detail, alarm.operator),
        )
    )
