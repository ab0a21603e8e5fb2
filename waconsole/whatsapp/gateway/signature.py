"""Whether a gateway's webhook is the gateway's: HMAC-SHA512 over the bytes as they came (WAHA 2026.7.1)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

HEADER: Final = "x-webhook-hmac"
ALGORITHM_HEADER: Final = "x-webhook-hmac-algorithm"
ALGORITHM: Final = "sha512"


def signature_ok(body: bytes, header: str | None, algorithm: str | None, keys: Sequence[str]) -> bool:
    """Whether `header` (hex, without a prefix) signs exactly these bytes with one of the keys; an empty key signs nothing.

    Several are in force while one replaces the other. Another algorithm than SHA-512 named beside it is none of ours.
    """
    if not header or not header.isascii() or (algorithm or ALGORITHM).lower() != ALGORITHM:
        return False
    told = header.lower().encode()
    good = False
    for key in keys:
        if key:
            made = hmac.new(key.encode(), body, hashlib.sha512).hexdigest().encode()
            good |= hmac.compare_digest(made, told)
    return good
