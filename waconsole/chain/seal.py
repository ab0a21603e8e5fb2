"""What a link seals and how: a MAC over the link before and the row's own hash. Pure.

The MAC is keyed BLAKE2b (RFC 7693, section 2.5): a third of the time of HMAC-SHA-256, and whoever verifies a million
links waits for each of them.
"""

from __future__ import annotations

import hashlib
import json
import json.encoder
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

BEGINNING: Final = bytes(32)
HASH_BYTES: Final = 32
ANCHOR_WORD: Final = "waconsole"

_keyed: Final = hashlib.blake2b


def _encoder() -> Callable[[Sequence[str | int | None]], str]:
    """JSON without spaces, letters as they are. `JSONEncoder.encode` builds its C encoder anew at every call, which is
    three quarters of the time of a short row: this one is built once, where Python has it."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    parts = make(None, None, json.encoder.encode_basestring, None, ":", ",", False, False, True)
    return lambda values: "".join(parts(values, 0))


_encode: Final = _encoder()


class Link(NamedTuple):
    """One link: the row it seals (room, kind and id), that row's hash, the key and the two MACs."""

    seq: int
    room: str
    row_kind: str
    row_id: int
    body_hash: bytes
    key_id: str
    prev_mac: bytes
    mac: bytes


class Unsound(Exception):
    """A row that is not what was sealed: the table, the row's id or None, and a sentence."""

    def __init__(self, table: str, row_id: int | None, says: str) -> None:
        """`says` is one sentence for an operator."""
        super().__init__(says)
        self.table, self.row_id, self.says = table, row_id, says


def body_hash(values: Sequence[str | int | None]) -> bytes:
    """The SHA-256 of a row's values, written as one JSON list: 32 bytes, the same on every machine."""
    return hashlib.sha256(_encode(values).encode()).digest()


def kind_words(room: str, row_kind: str, key_id: str) -> bytes:
    """What a link's MAC covers of its kind: the same for every row of one kind under one key."""
    return f",{len(room)},{len(row_kind)},{room}{row_kind}{key_id}".encode()


def mac_of(key: bytes, prev_mac: bytes, *, seq: int, row_id: int, hashed: bytes, kind: bytes) -> bytes:
    """The MAC of one link: 32 bytes. `kind` is `kind_words`."""
    return _keyed(b"%b%b%d,%d%b" % (prev_mac, hashed, seq, row_id, kind), key=key, digest_size=32).digest()


def point_mac(key: bytes, link_mac: bytes, *, link_seq: int, transfer_seq: int, verified_at: int) -> bytes:
    """The MAC of a point up to which everything was verified; another word than a link, so neither stands for the other."""
    words = b"verified %b%d,%d,%d" % (link_mac, link_seq, transfer_seq, verified_at)
    return _keyed(words, key=key, digest_size=32, person=b"point").digest()


def fingerprint(key_id: str, key: bytes) -> bytes:
    """What a link says of a new key: it tells the key again and does not give it away."""
    return hashlib.sha256(b"waconsole chain key\0" + key_id.encode() + b"\0" + key).digest()


def anchor_line(seq: int, mac: bytes, *, day: str) -> str:
    """The head of the chain as a line to keep elsewhere: `waconsole 2026-11-26 120 9f3a…`."""
    return f"{ANCHOR_WORD} {day} {seq} {mac.hex()}"


def read_anchor(line: str) -> tuple[int, bytes] | None:
    """(seq, mac) of an anchor's line; None for a line that is none."""
    words = line.split()
    if len(words) != 4 or words[0] != ANCHOR_WORD or not words[2].isdecimal():
        return None
    try:
        mac = bytes.fromhex(words[3])
    except ValueError:
        return None
    return (int(words[2]), mac) if len(mac) == HASH_BYTES else None
