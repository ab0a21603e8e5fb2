"""How a gateway names chats, people and messages. Pure.

A person is `15550001111@c.us`, or hidden behind `9000000001@lid`; a group `120000000000000001@g.us`. A message
is `false_15550001111@c.us_3EB0AA`: whether it is ours, its chat, its own id, and in a group who wrote it. We
keep a member's message under all of that, and one of ours under its own id alone: that is the one we chose
before it left, and its chat may be named in two ways (WAHA 2026.7.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from waconsole.whatsapp.driver import Recipient

PERSON: Final = "@c.us"
HIDDEN: Final = "@lid"
GROUP: Final = "@g.us"
# An engine's own spelling of a person's address; the gateway understands both.
_ENGINE_PERSON: Final = "@s.whatsapp.net"
# Status posts, broadcast lists and channels: nobody talks to us there.
_NO_CHAT: Final = ("@broadcast", "@newsletter")
ID_LENGTH_MAX: Final = 512
_DIGITS: Final = re.compile(r"[0-9]{5,20}")
_GROUP_NAME: Final = re.compile(r"[0-9]{5,32}(-[0-9]{1,20})?@g\.us")
_SHORT: Final = re.compile(r"[A-Za-z0-9.:+=-]{1,128}")


@dataclass(frozen=True, slots=True)
class MessageId:
    """A message as the gateway names it; `participant` is who wrote it, in a group."""

    ours: bool
    chat: str
    short: str
    participant: str = ""

    @property
    def full(self) -> str:
        """As the gateway writes it."""
        end = f"_{self.participant}" if self.participant else ""
        return f"{'true' if self.ours else 'false'}_{self.chat}_{self.short}{end}"

    @property
    def kept(self) -> str:
        """As the ledger keeps it: ours by the id we chose, a member's in full."""
        return self.short if self.ours else self.full


def message_id(text: object) -> MessageId | None:
    """`text` as a message's full name; None when it is none."""
    if not isinstance(text, str) or len(text) > ID_LENGTH_MAX:
        return None
    parts = text.split("_", 3)
    if len(parts) < 3 or parts[0] not in ("true", "false") or not chat_of(parts[1]):
        return None
    if not _SHORT.fullmatch(parts[2]):
        return None
    participant = plain(parts[3]) if len(parts) == 4 else ""
    return MessageId(parts[0] == "true", chat_of(parts[1]), parts[2], participant)


def plain(address: object) -> str:
    """A chat's or person's address as the gateway writes it, without a device; "" when it is none."""
    if isinstance(address, dict):  # one engine says {"_serialized": …}
        address = address.get("_serialized")
    if not isinstance(address, str) or not 0 < len(address) <= ID_LENGTH_MAX or not address.isprintable():
        return ""
    name, at, server = address.partition("@")
    if not at or not name:
        return ""
    server = "c.us" if f"@{server}" == _ENGINE_PERSON else server
    if server in ("c.us", "lid"):
        name = name.partition(":")[0].partition(".")[0]
    return f"{name}@{server}"


def chat_of(address: object) -> str:
    """The address of a chat with a person or a group, "" for anything else."""
    found = plain(address)
    return "" if not found or found.endswith(_NO_CHAT) else found


def is_group(address: str) -> bool:
    """Whether an address is a group's."""
    return _GROUP_NAME.fullmatch(address) is not None


def phone_of(address: object) -> str | None:
    """The E.164 phone that an address says, None where it is hidden."""
    found = plain(address)
    digits = found.removesuffix(PERSON)
    return f"+{digits}" if found.endswith(PERSON) and _DIGITS.fullmatch(digits) else None


def lid_of(address: object) -> str | None:
    """The hidden id that an address says (its digits), else None."""
    found = plain(address)
    digits = found.removesuffix(HIDDEN)
    return digits if found.endswith(HIDDEN) and _DIGITS.fullmatch(digits) else None


def person_address(*, phone: str | None, lid: str | None) -> str:
    """How the gateway calls a person, by phone where it is known; "" for nobody."""
    if phone:
        return f"{phone.removeprefix('+')}{PERSON}"
    return f"{lid.removesuffix(HIDDEN)}{HIDDEN}" if lid else ""


def chat_for(recipient: Recipient) -> str:
    """The chat of somebody who is written to; "" where this way cannot reach them."""
    if recipient.kind == "group":
        return recipient.value if is_group(recipient.value) else ""
    if recipient.kind == "phone":
        return plain(person_address(phone=recipient.value, lid=None))
    # A hidden id stands where another driver has a BSUID; that one has letters in it.
    lid = lid_of(person_address(phone=None, lid=recipient.value))
    return person_address(phone=None, lid=lid)


def seconds(moment: Any) -> int | None:
    """A moment in whole seconds: some events say milliseconds where the others say seconds (GOWS, 2026.8)."""
    if isinstance(moment, str) and moment.isdecimal() and len(moment) <= len("1790000000000"):
        moment = int(moment)
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not 0 < moment < 1e15:
        return None
    return int(moment // 1000 if moment >= 1e11 else moment)
