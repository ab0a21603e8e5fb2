"""Seal rows into the chain, change the key, name the head.

`append` runs in the transaction that writes the row: either both stand or neither. What cannot be refused to who
owns the file (a dropped trigger, an edited page) is told by `service_verify`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.chain import service_keys, store
from waconsole.chain.seal import (
    BEGINNING,
    Link,
    Unsound,
    anchor_line,
    fingerprint,
    kind_words,
    mac_of,
    point_mac,
    read_anchor,
)
from waconsole.clock import moment
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.errors import Refused, UsageError

ROOM: Final = "chain"
KEY: Final = "key"


def append(tx: Transaction, room: str, row_kind: str, row_id: int, hashed: bytes) -> int:
    """Seal one row of `room`; answers the link's seq. `hashed` is `seal.body_hash` of what must never change.

    Raises Refused when the key is not on this machine, or the ledger has no installation id yet.
    """
    return append_many(tx, room, row_kind, [(row_id, hashed)])


def append_many(tx: Transaction, room: str, row_kind: str, rows: Sequence[tuple[int, bytes]]) -> int:
    """Seal rows (id, hash) of one kind, in order; answers the seq of the first link."""
    last = store.head(tx)
    key_id, secret = _key_in_use(tx, last)
    seq, prev = (0, BEGINNING) if last is None else (last.seq, last.mac)
    first = seq + 1
    kind = kind_words(room, row_kind, key_id)
    links: list[Link] = []
    for row_id, hashed in rows:
        seq += 1
        mac = mac_of(secret, prev, seq=seq, row_id=row_id, hashed=hashed, kind=kind)
        links.append(Link(seq, room, row_kind, row_id, hashed, key_id, prev, mac))
        prev = mac
    store.add_links(tx, links)
    return first


def next_seq(tx: Transaction) -> int:
    """The seq the next link will have."""
    last = store.head(tx)
    return 1 if last is None else last.seq + 1


def rotate(tx: Transaction) -> str:
    """Seal with a new key from the next link on; answers its id. The old key vouches for the new one.

    Old keys stay where they are: what they sealed is verified with them.
    """
    last = store.head(tx)
    key_id, _ = _key_in_use(tx, last)
    installation, number = split(key_id)
    number += 1
    fresh = f"{installation}-{number}"
    append(tx, ROOM, KEY, number, fingerprint(fresh, service_keys.make(fresh)))
    return fresh


def split(key_id: str) -> tuple[str, int]:
    """(installation, number) of a key's id. Raises Unsound for one that is none."""
    installation, _, number = key_id.rpartition("-")
    if not installation or not number.isdecimal():
        raise Unsound("chain_link", None, f"{key_id!r} is no key's id.")
    return installation, int(number)


def _key_in_use(tx: Transaction, last: Link | None) -> tuple[str, bytes]:
    """(id, key) to seal the link after `last` with; the first one of an installation is drawn."""
    installation = facts.fact(tx, facts.INSTALLATION)
    if installation is None:
        raise Refused("This ledger has no installation id yet: open it once, then act in it.")
    number = 1
    is_ours = False
    if last is not None:
        whose, last_number = split(last.key_id)
        if whose == installation:
            is_ours = True
            number = last.row_id if (last.room, last.row_kind) == (ROOM, KEY) else last_number
    key_id = f"{installation}-{number}"
    found = service_keys.key(key_id) if is_ours else service_keys.make(key_id)
    if found is None:
        raise Refused(
            f"The key {key_id} of this ledger is not on this machine: nothing was written."
            f" Put its file back into {service_keys.folder()}."
        )
    return key_id, found


def anchor(tx: Transaction, *, now: int) -> str:
    """The head of the chain as a line to keep where nobody with the file can change it."""
    last = store.head(tx)
    seq, mac = (0, BEGINNING) if last is None else (last.seq, last.mac)
    return anchor_line(seq, mac, day=f"{moment(now):%Y-%m-%d}")


def anchored(line: str) -> tuple[int, bytes]:
    """(seq, mac) of an anchor's line. Raises UsageError for a line that is none."""
    found = read_anchor(line)
    if found is None:
        raise UsageError("That is no anchor's line: copy the whole line `waconsole anchor` printed.")
    return found


def anchor_check(tx: Transaction, line: str) -> None:
    """Raise Unsound unless the chain still holds the link of an anchor's line, UsageError for a line that is none."""
    seq, mac = anchored(line)
    if (seq, mac) == (0, BEGINNING):
        return
    link = store.link(tx, seq)
    if link is None:
        raise Unsound(
            "chain_link", seq, f"The anchor names link {seq}, which this ledger lacks: it is an older copy."
        )
    if link.mac != mac:
        raise Unsound("chain_link", seq, f"Link {seq} is not the one the anchor names: it was written anew.")


def keep_point(tx: Transaction, *, link_seq: int, transfer_seq: int, now: int) -> None:
    """Write down that everything up to here was verified. Raises Refused without the key."""
    link, last = store.link(tx, link_seq), store.last_point(tx)
    if link is None or (last is not None and last.link_seq == link_seq):
        return
    secret = service_keys.key(link.key_id)
    if secret is None:
        raise Refused(f"The key {link.key_id} of this ledger is not on this machine.")
    mac = point_mac(secret, link.mac, link_seq=link_seq, transfer_seq=transfer_seq, verified_at=now)
    store.add_point(
        tx, link_seq=link_seq, transfer_seq=transfer_seq, verified_at=now, key_id=link.key_id, mac=mac
    )


def verified_to(tx: Transaction) -> tuple[int, int, bytes] | None:
    """(link seq, transfer seq, that link's mac) of the last verified point; None when there is none. Raises Unsound."""
    point = store.last_point(tx)
    return None if point is None else (point.link_seq, point.transfer_seq, _trusted(tx, point))


def points_check(tx: Transaction) -> None:
    """Raise Unsound unless every point was written by a verification of this chain."""
    for point in store.points(tx):
        _trusted(tx, point)


def _trusted(tx: Transaction, point: store.Point) -> bytes:
    """The mac of the link up to which a point says all was well. Raises Unsound for a point that is not ours."""
    link, secret = store.link(tx, point.link_seq), service_keys.key(point.key_id)
    if link is None or secret is None:
        raise Unsound("chain_point", point.id, "What was verified then is not in this chain any more.")
    wanted = point_mac(
        secret,
        link.mac,
        link_seq=point.link_seq,
        transfer_seq=point.transfer_seq,
        verified_at=point.verified_at,
    )
    if wanted != point.mac or link.key_id != point.key_id:
        raise Unsound("chain_point", point.id, "The point of a verification was written by somebody else.")
    return link.mac
