"""Whether a gateway's webhook is the gateway's: HMAC-SHA512 over the bytes as they came (WAHA 2026.7.1)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

HEADER: Final = "x-webhook-hmac"
ALGORITHM_HEADER: Final = "x-webhook-hmac-algorithm"
ALGORITHM: Final = "sha512"


def signature_ok(body: bytes, header: str | None, algorithm: str | None, key: str) -> bool:
    """Whether `header` (hex, without a prefix) signs exactly these bytes with the key; an empty key signs nothing.

    Another algorithm than SHA-512 named beside it is none of ours.
    """
    if not header or not header.isascii() or not key or (algorithm or ALGORITHM).lower() != ALGORITHM:
        return False
    made = hmac.new(key.encode(), body, hashlib.sha512).hexdigest().encode()
    return hmac.compare_digest(made, header.lower().encode())
