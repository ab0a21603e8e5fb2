"""The chain's rows: its links, and the points up to which everything was verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from waconsole.chain.seal import Link
from waconsole.database.connection import Transaction

_COLUMNS = "seq, room, row_kind, row_id, body_hash, key_id, prev_mac, mac"


def head(tx: Transaction) -> Link | None:
    """The newest link, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM chain_link ORDER BY seq DESC LIMIT 1")
    return None if row is None else Link(*row)


def link(tx: Transaction, seq: int) -> Link | None:
    """The link at `seq`, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM chain_link WHERE seq = :seq", {"seq": seq})
    return None if row is None else Link(*row)


def add_links(tx: Transaction, links: Sequence[Link]) -> None:
    """Write the next links, in order."""
    tx.executemany(
        """
        INSERT INTO chain_link (seq, room, row_kind, row_id, body_hash, key_id, prev_mac, mac)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        links,
    )


def links_after(tx: Transaction, seq: int) -> Iterator[Link]:
    """Every link after `seq`, in order, as it is read."""
    sql = f"SELECT {_COLUMNS} FROM chain_link WHERE seq > :seq ORDER BY seq"
    cursor = tx.execute(sql, {"seq": seq})
    cursor.row_factory = None
    return map(Link._make, cursor)


def add_point(
    tx: Transaction, *, link_seq: int, transfer_seq: int, verified_at: int, key_id: str, mac: bytes
) -> None:
    """Write down how far everything was verified."""
    tx.execute(
        """
        INSERT INTO chain_point (link_seq, transfer_seq, verified_at, key_id, mac)
        VALUES (:link_seq, :transfer_seq, :verified_at, :key_id, :mac)
        """,
        {
            "link_seq": link_seq,
            "transfer_seq": transfer_seq,
            "verified_at": verified_at,
            "key_id": key_id,
            "mac": mac,
        },
    )


class Point(NamedTuple):
    """How far everything was verified at a time, and the mac that says so."""

    id: int
    link_seq: int
    transfer_seq: int
    verified_at: int
    key_id: str
    mac: bytes


_POINT: Final = "id, link_seq, transfer_seq, verified_at, key_id, mac"


def last_point(tx: Transaction) -> Point | None:
    """The newest point, or None."""
    row = tx.one(f"SELECT {_POINT} FROM chain_point ORDER BY id DESC LIMIT 1")
    return None if row is None else Point(*row)


def points(tx: Transaction) -> Iterator[Point]:
    """Every point, oldest first, as it is read."""
    cursor = tx.execute(f"SELECT {_POINT} FROM chain_point ORDER BY id")
    cursor.row_factory = None
    return map(Point._make, cursor)
