"""Phone numbers inside texts, masked for a screen that others may see. Pure."""

from __future__ import annotations

import re
from typing import Final

from waconsole.members.model import masked

# A number with its country code as people and exports write it, or as WhatsApp writes a mention of somebody.
_NUMBER: Final = re.compile(
    r"\+\d(?:[\s().\-\u00a0\u202f\u2010-\u2015\u200e\u202a-\u202e\u2066-\u2069]*\d){6,14}|@\d{7,15}\b"
)


def masked_text(text: str) -> str:
    """`text`, raw as before, with every phone number in it masked."""
    return _NUMBER.sub(_masked, text) if "+" in text or "@" in text else text


def _masked(match: re.Match[str]) -> str:
    digits = "".join(character for character in match[0] if character.isdigit())
    mention = "@" if match[0].startswith("@") else ""
    return mention + masked("+" + digits)
