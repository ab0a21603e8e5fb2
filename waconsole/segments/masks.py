"""Who matches, as bits: one for each member row by its id, packed 64 to a word. Pure.

A leaf is worked out as one truth value per member and kept packed: a tree of them over a million members is then
a few passes over 125 kB each.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Ids = NDArray[np.int64]

WORD_BITS: Final = 64


def words_for(size: int) -> int:
    """How many words hold `size` bits."""
    return -(-size // WORD_BITS)


def packed(flags: Flags) -> Bits:
    """The bits of one truth value per member id; what is missing of the last word is false."""
    body = np.packbits(flags, bitorder="little")
    bits = np.zeros(words_for(flags.size), np.uint64)
    bits.view(np.uint8)[: body.size] = body
    return bits


def flags_of(bits: Bits, size: int) -> Flags:
    """The truth values of `size` members again."""
    return np.unpackbits(bits.view(np.uint8), count=size, bitorder="little").view(np.bool_)


def ids_of(bits: Bits) -> Ids:
    """The member ids whose bit is set, ascending."""
    return np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little"))


def of_ids(ids: Ids, size: int) -> Bits:
    """The bits of some member ids; ids beyond `size` are left out."""
    flags = np.zeros(size, np.bool_)
    flags[ids[(ids >= 0) & (ids < size)]] = True
    return packed(flags)


def count(bits: Bits) -> int:
    """How many bits are set."""
    return int(np.bitwise_count(bits).sum(dtype=np.int64))
