"""What must be said of a group: a sentence, how loud, and the words WhatsApp gave for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

FAILED_SHOWN_MAX: Final = 8

# A request in words: what was asked, and what to say when it is done.
ASKED: Final[Mapping[str, str]] = {
    "create": "make the group",
    "change": "change the group",
    "delete": "end the group",
    "remove": "take people out of the group",
    "reset_link": "make a new link for the group",
}
KIND_OF_EVENT: Final[Mapping[str, str]] = {
    "created": "create",
    "settings": "change",
    "ended": "delete",
    "removal": "remove",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What an operator is told; `key` tells it from every other, `named` is the group's name (foreign)."""

    key: str
    level: Literal["note", "warning", "alarm"]
    named: str
    sentence: str
    detail: str = ""


def partly(kind: str, failed: Sequence[str], done: int) -> str:
    """The sentence for a request of which only a part was done. `failed` are foreign words."""
    shown = ", ".join(failed[:FAILED_SHOWN_MAX])
    more = f" and {len(failed) - FAILED_SHOWN_MAX} more" if len(failed) > FAILED_SHOWN_MAX else ""
    if kind == "remove":
        return f"{done} were taken out of the group, {len(failed)} were not: {shown}{more}."
    return f"The group was changed in part; not done: {shown}{more}."


def refused(kind: str, code: int | None) -> str:
    """The sentence for a request WhatsApp did not do."""
    why = f" (error {code})" if code is not None else ""
    return f"WhatsApp did not {ASKED[kind]}{why}."


def overdue(kind: str, minutes: int) -> str:
    """The sentence for a request that was never answered."""
    return (
        f"WhatsApp was asked to {ASKED[kind]} and has told nothing of it for {minutes} minutes: look on the phone or run "
        "`waconsole groups sync`; nothing asks again by itself."
    )
