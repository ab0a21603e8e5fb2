"""What the chain seals of operators and of the act log: hashes of whole rows. Pure.

An act is sealed by its columns and by one hash over its words (how the object stood before and after) and a salt, so
that words may be erased: the hash stays, and the link still proves the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from waconsole.chain.seal import body_hash

ROOM: Final = "operators"
ACT: Final = "act"
OPERATOR, PASSPHRASE, LIMIT, LINK = "operator", "operator_passphrase", "operator_limit", "operator_link"
RETIREMENT, SIGN_IN, SIGN_OUT = "operator_retirement", "sign_in", "sign_out"
FAILURE, ADOPTION = "sign_in_failure", "adoption"

PENDING: Final = "pending"  # of `ADOPTION`: a copy waits for an owner

SALT_BYTES: Final = 16
ERASED: Final = "{}"

# kind, which is also the table: its columns, in the order in which they are sealed
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        OPERATOR: ("id", "ref", "name", "role", "member_id", "added_at"),
        PASSPHRASE: (
            *("id", "operator_id", "salt", "cost", "block_size", "parallel", "hash", "set_by", "set_at"),
        ),
        LIMIT: ("id", "operator_id", "currency", "amount_minor", "set_by", "set_at"),
        LINK: ("id", "operator_id", "member_id", "set_by", "set_at"),
        RETIREMENT: ("id", "operator_id", "set_by", "set_at"),
        SIGN_IN: (
            *("id", "operator_id", "passphrase_id", "installation", "token_hash", "idle_seconds"),
            *("signed_in_at", "ends_at"),
        ),
        SIGN_OUT: ("id", "sign_in_id", "signed_out_at"),
        FAILURE: ("id", "operator_id", "failed_at"),
        ADOPTION: ("id", "installation", "operator_id", "adopted_at"),
    }
)
ACT_COLUMNS: Final = (
    *("id", "stroke", "operator_id", "verb", "object_kind", "object_id", "rule", "rule_version", "undoes"),
    *("decided_at", "before", "after", "salt", "words_hash"),
)
_WORDS_BEGIN: Final = ACT_COLUMNS.index("before")

Value = str | int | bytes | None


def rows_hash(rows: Iterable[Sequence[Value]]) -> bytes:
    """The hash of rows of one kind, in order; a blob counts by its own SHA-256, so nothing secret leaves its row."""
    return body_hash([_plain(value) for row in rows for value in row])


def _plain(value: Value) -> str | int | None:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value


def words_hash(salt: bytes, before: str, after: str) -> bytes:
    """The hash that stands for an act's words."""
    first = before.encode()
    return hashlib.sha256(b"%b%d,%b%b" % (salt, len(first), first, after.encode())).digest()


def acts_hash(rows: Iterable[Sequence[Value]]) -> bytes:
    """The hash of acts as `ACT_COLUMNS` reads them, in order."""
    values: list[str | int | None] = []
    for row in rows:
        before, after, salt, kept = row[_WORDS_BEGIN:]
        words = kept
        if kept is None:
            if not (isinstance(salt, bytes) and isinstance(before, str) and isinstance(after, str)):
                raise TypeError("An act holds no words: its page was edited.")  # `verify` tells it
            words = words_hash(salt, before, after)
        if not isinstance(words, bytes):
            raise TypeError("An act's hash is none: its page was edited.")
        values += [_plain(value) for value in row[:_WORDS_BEGIN]]
        values.append(words.hex())
    return body_hash(values)


def is_whole(row: Sequence[Value]) -> bool:
    """Whether an act has its words and their salt, or the hash that was kept when they were erased: never both."""
    before, after, salt, kept = row[_WORDS_BEGIN:]
    if kept is None:
        return isinstance(salt, bytes)
    return salt is None and before == ERASED and after == ERASED
