"""What names a group. Pure."""

from __future__ import annotations

import hashlib


def group_ref(name: str) -> str:
    """A group's ref, made from its name, or from WhatsApp's id of it: the same in every copy of the ledger."""
    return "g-" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]
