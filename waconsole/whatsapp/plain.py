"""A JSON value as a plain word: WhatsApp writes the same id as text here and as a number there."""

from __future__ import annotations

from typing import Any


def word(value: Any) -> str:
    """A text or whole number as a text; anything else is none."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
