"""Who was erased, told again without being known: keyed hashes of numbers and ids, the key outside the ledger.

Whoever is met under one of them again gets a row of their own, joined to nothing that was. A stop they had said stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Final

from waconsole.chain import service_keys
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.members.store_consent import add_consent

KEYS_MAX: Final = 100
SOURCE: Final = "stopped before they were erased"
# A number is one person's whether it came as a phone or as WhatsApp's id of it.
_KINDS: Final = {"phone": "phone", "wa_id": "phone", "bsuid": "bsuid", "lid": "lid"}


def mark(tx: Transaction, identifiers: Iterable[tuple[str, str]], *, stopped_at: int | None, now: int) -> int:
    """Keep the hashes of a person's (kind, value); answers how many. Raises Refused when no key can be kept."""
    installation = facts.fact(tx, facts.INSTALLATION)
    if installation is None:
        raise Refused("This ledger has no installation id yet: open it once, then act in it.")
    key_id = f"{installation}-erased"
    key = service_keys.make(key_id)
    found = {_mark(key, _KINDS[kind], value) for kind, value in identifiers if kind in _KINDS}
    tx.executemany(
        """
        INSERT INTO erased_mark (mark, key_id, stopped_at, erased_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (mark) DO UPDATE
            SET stopped_at = coalesce(excluded.stopped_at, stopped_at), erased_at = excluded.erased_at
        """,
        [(one, key_id, stopped_at, now) for one in sorted(found)],
    )
    return len(found)


def come_back(tx: Transaction, met: Iterable[tuple[int, str, str]]) -> None:
    """Let a stop stand for each (member row, kind, value) just met that an erased person said it under."""
    keys = [
        (row["key_id"], key)
        for row in tx.rows("SELECT DISTINCT key_id FROM erased_mark LIMIT :limit", {"limit": KEYS_MAX})
        if (key := service_keys.key(row["key_id"])) is not None
    ]
    if not keys:
        return
    for member_id, kind, value in met:
        for _, key in keys if kind in _KINDS else ():
            stopped_at = tx.value(
                "SELECT stopped_at FROM erased_mark WHERE mark = :mark",
                {"mark": _mark(key, _KINDS[kind], value)},
            )
            if stopped_at is not None:
                add_consent(
                    tx, member_id=member_id, purpose="marketing", state="stop", source=SOURCE,
                    decided_at=stopped_at, now=stopped_at, origin="import",
                )  # fmt: skip


def keys_missing(tx: Transaction) -> list[str]:
    """Keys that are not on this machine: who was erased under them is not told again."""
    rows = tx.rows("SELECT DISTINCT key_id FROM erased_mark LIMIT :limit", {"limit": KEYS_MAX})
    return [row["key_id"] for row in rows if service_keys.key(row["key_id"]) is None]


def fresh_refs(tx: Transaction, refs: Iterable[str]) -> list[str]:
    """These refs, another drawn at random in the place of each that is of somebody who was erased."""
    wanted = list(refs)
    rows = tx.rows(
        """
        SELECT m.ref FROM json_each(:refs) AS wanted CROSS JOIN member AS m ON m.ref = wanted.value
         WHERE m.erased_at IS NOT NULL AND EXISTS (SELECT 1 FROM erased_mark)
         LIMIT :limit
        """,
        {"refs": json.dumps(wanted), "limit": len(wanted)},
    )
    gone = {row["ref"] for row in rows}
    if not gone:
        return list(wanted)
    import secrets  # the first frame does without

    return [f"m-{secrets.token_hex(6)}" if ref in gone else ref for ref in wanted]


def _mark(key: bytes, kind: str, value: str) -> bytes:
    return hashlib.blake2b(f"{kind}\0{value}".encode(), key=key, digest_size=32, person=b"erased").digest()
