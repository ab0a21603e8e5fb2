"""Passphrases: kept as scrypt's hash with its parameters, compared in constant time, shown nowhere."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

from waconsole.errors import Refused
from waconsole.operators.sealing import SALT_BYTES
from waconsole.operators.store_sign_in import Hashed
from waconsole.settings.secrets import Secret

LENGTH_ADVISED: Final = 8  # OWASP ASVS 5.0, 6.2.1; an owner who chooses a shorter one is told so
LENGTH_MAX: Final = 1_024
# RFC 7914: N, r and p. 32 MiB and some 80 ms on a laptop of 2026; tests choose less.
COST = 1 << 15
BLOCK_SIZE: Final = 8
PARALLEL: Final = 1
MEMORY_BYTES_MAX: Final = 1 << 28


def check(secret: Secret) -> None:
    """Raise Refused for a passphrase that is none; its words are never part of what is said."""
    if not secret.reveal().strip():
        raise Refused("A passphrase is not blank: choose a few words that nobody guesses.")
    if len(secret.reveal()) > LENGTH_MAX:
        raise Refused(f"A passphrase has at most {LENGTH_MAX:,} characters.")


def advice(secret: Secret) -> str:
    """What to say of a passphrase that is easily guessed; "" for any other."""
    if len(secret.reveal().strip()) >= LENGTH_ADVISED:
        return ""
    return (
        f"That passphrase is short: {LENGTH_ADVISED} characters or more, a few words, are not easily guessed."
    )


def hashed(secret: Secret) -> Hashed:
    """The passphrase as it is kept, under a fresh salt. Slow on purpose: never inside a transaction. Raises Refused."""
    check(secret)
    salt = secrets.token_bytes(SALT_BYTES)
    return Hashed(salt, COST, BLOCK_SIZE, PARALLEL, _scrypt(secret, salt, COST, BLOCK_SIZE, PARALLEL))


def matches(kept: Hashed, secret: Secret) -> bool:
    """Whether this is the passphrase that was kept. As slow as `hashed`."""
    if len(secret.reveal()) > LENGTH_MAX:
        return False
    return hmac.compare_digest(
        _scrypt(secret, kept.salt, kept.cost, kept.block_size, kept.parallel), kept.hash
    )


def _scrypt(secret: Secret, salt: bytes, cost: int, block_size: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        unicodedata.normalize("NFC", secret.reveal()).encode(),
        salt=salt,
        n=cost,
        r=block_size,
        p=parallel,
        maxmem=MEMORY_BYTES_MAX,
        dklen=32,
    )
