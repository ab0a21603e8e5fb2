"""Go along the chain and hold every link against its row: whoever changed, cut or added one is told.

Each room hands in the rows it sealed, as it reads them now; both are walked side by side, in constant memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from waconsole.chain import service_keys, store
from waconsole.chain.seal import BEGINNING, Unsound, fingerprint, kind_words, mac_of
from waconsole.chain.service import KEY, ROOM, split
from waconsole.database.connection import Transaction


class SealedRow(NamedTuple):
    """A row as its room reads it now: the link it says it has, its id, its hash."""

    link_seq: int | None
    row_id: int
    body_hash: bytes


# The rows of one kind sealed after a link's seq, in the order of their links. It may raise Unsound.
Rows = Callable[[Transaction, int], Iterator[SealedRow]]
Sealed = Mapping[tuple[str, str], Rows]
# Where the rows of a kind stand, where that is not the kind's own name: a decision is policy's or cashback's.
Tables = Mapping[tuple[str, str], str]

NOTHING: Final = (0, BEGINNING)
BY_KIND: Final[Tables] = {}
KINDS_MAX: Final = 1_000

_kind_words: Final = lru_cache(KINDS_MAX)(kind_words)


def check(
    tx: Transaction, sealed: Sealed, *, since: tuple[int, bytes] = NOTHING, tables: Tables = BY_KIND
) -> int:
    """Walk every link after `since` (seq, mac); answers the last seq. Raises Unsound at the first that is wrong."""
    after, prev = since
    streams = {kind: rows(tx, after) for kind, rows in sealed.items()}
    in_use, key = "", b""
    seq = after
    for number, room, row_kind, row_id, hashed, key_id, before, mac in store.links_after(tx, after):
        seq += 1
        if number != seq:
            raise Unsound("chain_link", seq, f"Link {seq} of the chain is missing.")
        if before != prev:
            raise Unsound("chain_link", seq, f"Link {seq} does not follow the one before.")
        if key_id != in_use:
            in_use = key_id
            _check_number(tx, in_use, seq)
            key = _key(in_use, seq)
        prev = mac_of(
            key, prev, seq=seq, row_id=row_id, hashed=hashed, kind=_kind_words(room, row_kind, in_use)
        )
        if prev != mac:
            raise Unsound(
                "chain_link", seq, f"Link {seq} was not sealed with this ledger's key, or was changed."
            )
        if room == ROOM and row_kind == KEY:
            _check_key(key_id, row_id, hashed, seq)
            in_use = ""
            continue
        stream = streams.get((room, row_kind))
        row = next(stream, None) if stream is not None else None
        if row != (seq, row_id, hashed):
            raise _parted(tables.get((room, row_kind), row_kind), seq, row_id, hashed, row)
    for kind, stream in streams.items():
        left = next(stream, None)
        if left is not None:
            table = tables.get(kind, kind[1])
            raise Unsound(table, left.row_id, f"Row {left.row_id} of {table} was never sealed.")
    return seq


def _parted(table: str, seq: int, row_id: int, hashed: bytes, row: SealedRow | None) -> Unsound:
    """What is wrong between a link and the row that stands where its own should."""
    if row is not None and (row.link_seq is None or row.link_seq < seq):
        return Unsound(table, row.row_id, f"Row {row.row_id} of {table} was never sealed.")
    if row is not None and (row.row_id, row.link_seq) == (row_id, seq):
        return Unsound(table, row_id, f"Row {row_id} of {table} was changed after it was sealed.")
    return Unsound(table, row_id, f"Row {row_id} of {table}, which link {seq} seals, is gone.")


def _key(key_id: str, seq: int) -> bytes:
    found = service_keys.key(key_id)
    if found is None:
        raise Unsound(
            "chain_link",
            seq,
            f"The key {key_id} is not on this machine, so link {seq} and what follows cannot be verified.",
        )
    return found


def _check_number(tx: Transaction, key_id: str, seq: int) -> None:
    """A key follows the one before by its own announcement, or is the first of another installation."""
    try:
        installation, number = split(key_id)
    except Unsound as unsound:
        raise Unsound("chain_link", seq, unsound.says) from None
    before = None if seq == 1 else store.link(tx, seq - 1)
    wanted = 1
    if before is not None and split(before.key_id)[0] == installation:
        announced = (before.room, before.row_kind) == (ROOM, KEY)
        wanted = before.row_id if announced else split(before.key_id)[1]
    if number != wanted:
        raise Unsound("chain_link", seq, f"Link {seq} was sealed with a key that is not in use there.")


def _check_key(old: str, number: int, hashed: bytes, seq: int) -> None:
    fresh = f"{split(old)[0]}-{number}"
    if fingerprint(fresh, _key(fresh, seq)) != hashed:
        raise Unsound("chain_link", seq, f"The key {fresh} is not the one link {seq} announces.")
