"""Names the sandbox gives: made of the seed and a count, so that the same requests give the same names."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

PREFIX: Final = "wamid."
GROUP_LENGTH: Final = 15

# `DE.` and up to 128 letters and digits; `DE.ENT.` for linked portfolios.
BSUID: Final = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


def dice(*facts: object) -> bytes:
    """32 bytes that are always the same for the same facts."""
    return hashlib.sha256("\x1f".join(map(str, facts)).encode("utf-8", "surrogatepass")).digest()


def wamid(person: str, *facts: object, ours: bool) -> str:
    """A message id as WhatsApp writes one: base64 of the other side's name and random bytes.

    It ends in `=` and may hold `+` and `/`, as real ones do: whoever uses it as a path or unquoted in
    an address finds out here.
    """
    name = person.encode("ascii", "replace")[:40]
    head = (
        b"\x1c\x18" + bytes([len(name)]) + name + b"\x15\x02\x00" + (b"\x11" if ours else b"\x12") + b"\x18"
    )
    tail = dice(person, *facts)
    length = 14 if (len(head) + 14) % 3 else 15
    return PREFIX + base64.b64encode(head + tail[:length]).decode("ascii")


def bsuid(country: str, *facts: object) -> str:
    """A business-scoped id: two letters of a country and 17 digits."""
    return f"{country}.9{int.from_bytes(dice(*facts)[:8], 'big') % 10**16:016}"


def group_id(*facts: object) -> str:
    """A group id: base64 without padding."""
    return base64.b64encode(dice(*facts)[:GROUP_LENGTH]).decode("ascii").replace("+", "A").replace("/", "B")


def trace(*facts: object) -> str:
    """Meta's id of a failure, for its own support."""
    return "A" + base64.urlsafe_b64encode(dice(*facts)[:17]).decode("ascii").rstrip("=")
