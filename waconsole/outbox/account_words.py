"""What WhatsApp's words on an account mean: what stands still, what goes on, how to say it. Pure.

Events and their parts: Meta's webhook reference of `account_update` and its neighbours. An event nobody knows changes
nothing and is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Level = Literal["note", "warning", "alarm"]
REASON: Final = "account: "  # what a number's pause begins with when an account's word brought it

# Everything of the account stands still.
STOPS: Final[Mapping[str, str]] = {
    "DISABLED_UPDATE": "WhatsApp has disabled this account: nothing is sent from its numbers.",
    "ACCOUNT_RESTRICTION": "WhatsApp has restricted this account: nothing is sent from its numbers.",
    "ACCOUNT_VIOLATION": "WhatsApp says this account breaks its rules: nothing is sent from its numbers.",
    "ACCOUNT_DELETED": "This account was deleted: nothing can be sent from its numbers.",
    "ACCOUNT_OFFBOARDED": "This account was taken off the Cloud API: nothing can be sent from its numbers.",
}
GOES_ON: Final[Mapping[str, str]] = {
    "DISABLED_UPDATE": "WhatsApp lets this account send again.",
    "ACCOUNT_RESTRICTION": "WhatsApp has lifted the restriction of this account.",
    "ACCOUNT_RECONNECTED": "This account is connected again.",
}
SAYS: Final[Mapping[str, tuple[Level, str]]] = {
    "VERIFIED_ACCOUNT": ("note", "WhatsApp has verified this account."),
    "PARTNER_REMOVED": ("warning", "A partner was taken off this account."),
    "PARTNER_ADDED": ("note", "A partner was added to this account."),
}
_SCHEDULED: Final = "WhatsApp will disable this account soon: look into Meta's Business Support."


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word on an account asks for: `stops` True or False, None when it changes nothing of the sending."""

    stops: bool | None
    level: Level
    sentence: str


def meaning(field: str, event: str, value: Mapping[str, Any]) -> Meaning:
    """What a webhook of an account says. `event` is in upper case, `value` as it came."""
    if field == "account_update":
        return _update(event, value)
    if field == "account_review_update":
        if event == "REJECTED":
            return Meaning(None, "alarm", "WhatsApp's review of this account ended with a no.")
        return Meaning(None, "note", f"WhatsApp's review of this account: {event.lower() or 'no word'}.")
    if field == "account_alerts":
        severity = str(value.get("alert_severity") or "").upper()
        level: Level = {"CRITICAL": "alarm", "WARNING": "warning"}.get(severity, "note")  # type: ignore[assignment]
        return Meaning(None, level, f"WhatsApp alerts on this account: {event.lower() or 'no word'}.")
    if field == "security":
        words = {
            "PIN_CHANGED": "was changed",
            "PIN_RESET_REQUEST": "is asked to be reset",
            "PIN_RESET_SUCCESS": "was reset",
        }
        said = (
            f"The number's PIN {words[event]}."
            if event in words
            else f"Security of the number: {event.lower()}."
        )
        return Meaning(None, "warning", f"{said} If that was nobody of yours, look at once.")
    if field == "phone_number_name_update":
        if event == "REJECTED":
            return Meaning(None, "warning", "WhatsApp does not take the name the number asked for.")
        return Meaning(None, "note", f"The number's name: {event.lower() or 'no word'}.")
    if field == "phone_number_quality_update":
        return _quality(event, value)
    if field == "business_capability_update":
        return Meaning(None, "note", "WhatsApp has changed what this account may do.")
    return Meaning(None, "note", f"WhatsApp says of this account: {field} {event}.")


def _update(event: str, value: Mapping[str, Any]) -> Meaning:
    if event == "DISABLED_UPDATE":
        states = _ban_states(value)
        if "REINSTATE" in states:
            return Meaning(False, "note", GOES_ON[event])
        if states == {"SCHEDULE_FOR_DISABLE"}:
            return Meaning(None, "alarm", _SCHEDULED)
    if event == "ACCOUNT_RESTRICTION" and value.get("restriction_info") == []:
        return Meaning(False, "note", GOES_ON[event])
    if event in STOPS:
        return Meaning(True, "alarm", STOPS[event])
    if event in GOES_ON:
        return Meaning(False, "note", GOES_ON[event])
    level, sentence = SAYS.get(
        event, ("note", f"WhatsApp says of this account: {event.lower() or 'no word'}.")
    )
    return Meaning(None, level, sentence)


def _ban_states(value: Mapping[str, Any]) -> set[str]:
    info = value.get("ban_info")
    states = info.get("waba_ban_state") if isinstance(info, Mapping) else None
    if isinstance(states, str):
        return {states.upper()}
    return {str(one).upper() for one in states} if isinstance(states, list) else set()


def _quality(event: str, value: Mapping[str, Any]) -> Meaning:
    limit = str(value.get("current_limit") or value.get("max_daily_conversations_per_business") or "")
    told = f" It reaches {limit} in a day." if limit else ""
    if event in ("FLAGGED", "DOWNGRADE"):
        return Meaning(None, "warning", f"WhatsApp rates the number lower ({event.lower()}).{told}")
    if event == "THROUGHPUT_UPGRADE":
        return Meaning(None, "note", f"WhatsApp takes more messages a second from the number.{told}")
    return Meaning(None, "note", f"WhatsApp rates the number anew ({event.lower() or 'no word'}).{told}")


def quality_of(event: str) -> str:
    """The number's quality that an event of `phone_number_quality_update` tells, "" for none."""
    return {"FLAGGED": "RED", "UNFLAGGED": "GREEN"}.get(event, "")


def limit_of(value: Mapping[str, Any]) -> str:
    """The word for whom templates may reach in a day, "" where none is told."""
    for key in ("max_daily_conversations_per_business", "current_limit", "max_daily_conversation_per_phone"):
        found = value.get(key)
        if isinstance(found, str | int) and not isinstance(found, bool) and str(found):
            return str(found)
    return ""
