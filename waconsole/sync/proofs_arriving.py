"""Pictures that come to us directly while a programme runs go to the proof queue; once decided on, they go from the disk.

A picture that answers another message is part of a talk and no proof. Whether it came before is told by the SHA-256 of
the whole file: the same picture saved anew by another program has another one, and is not known again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.inbox import store_erasing, store_files
from waconsole.invites import proofs, service_proofs
from waconsole.invites import store_proofs as store
from waconsole.whatsapp.files import delete_copies, folder_of

AT_ONCE: Final = 500
LOOKS_MAX: Final = 100_000
PICTURE: Final = "image"
TAKEN_AWAY: Final = "It was taken away once it had been looked at as a proof."


async def catch_up_proofs(database: Database, *, now: int) -> int:
    """Queue the pictures that came since the last look; answers how many. Repeating it changes nothing."""
    if not await database.read(_is_due):
        return 0
    found = 0
    for _ in range(LOOKS_MAX):
        came, is_done = await database.write(lambda tx: _some(tx, now=now))
        found += came
        if is_done:
            break
    await database.write(_fetched)
    return found


def _is_due(tx: Transaction) -> bool:
    return bool(
        tx.value("SELECT 1 FROM media WHERE id > :mark LIMIT 1", {"mark": store.mark(tx)}) or _unhashed(tx)
    )


def _some(tx: Transaction, *, now: int) -> tuple[int, bool]:
    """Look at the next files: (how many are proofs, whether they were the last)."""
    mark = store.mark(tx)
    through = tx.value(
        "SELECT max(id) FROM (SELECT id FROM media WHERE id > :mark ORDER BY id LIMIT :limit)",
        {"mark": mark, "limit": AT_ONCE},
    )
    if through is None:
        return 0, True
    spans, came = service_proofs.running(tx), 0
    for row in _pictures(tx, mark, through) if spans else ():
        programme_id = proofs.running_at(spans, row["sent_at"])
        if programme_id is not None:
            came += store.add(
                tx, ref=proofs.proof_ref(row["wamid"] or f"{row['message_id']}"), member_id=row["member_id"],
                message_id=row["message_id"], programme_id=programme_id, sha256=row["sha256"],
                byte_count=row["byte_count"], came_at=row["sent_at"], now=now,
            )  # fmt: skip
    store.keep_mark(tx, through)
    return came, False


def _pictures(tx: Transaction, after: int, through: int) -> list[Row]:
    """Pictures a member sent us, live, which answer nothing and were not taken back."""
    return tx.rows(
        """
        SELECT c.member_id, x.id AS message_id, x.wamid, x.sent_at, coalesce(f.sha256, f.declared_sha256) AS sha256,
               f.byte_count
          FROM media AS f
          JOIN visible_message AS x ON x.id = f.message_id
          JOIN visible_conversation AS c ON c.id = x.conversation_id
         WHERE f.id > :after AND f.id <= :through AND f.kind = :kind AND x.direction = 'in' AND x.kind = 'media'
           AND x.origin = 'live' AND coalesce(x.reply_to, '') = '' AND c.member_id IS NOT NULL AND c.group_id IS NULL
         ORDER BY f.id LIMIT :limit
        """,
        {"after": after, "through": through, "kind": PICTURE, "limit": AT_ONCE},
    )


def _unhashed(tx: Transaction) -> list[Row]:
    """Proofs whose picture has come since they were queued."""
    return tx.rows(
        """
        SELECT p.id, f.sha256, f.byte_count
          FROM proof AS p JOIN media AS f ON f.message_id = p.message_id
         WHERE p.state = 'waiting' AND f.sha256 IS NOT NULL AND (p.byte_count IS NULL OR p.sha256 IS NOT f.sha256)
         LIMIT :limit
        """,
        {"limit": AT_ONCE},
    )


def _fetched(tx: Transaction) -> None:
    for row in _unhashed(tx):
        store.fetched(tx, row["id"], sha256=row["sha256"], byte_count=row["byte_count"] or 0)


async def decide(
    database: Database, refs: Sequence[str], outcome: str, reason: str, *, operator: str | None, now: int
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Accept or refuse proofs, then take their pictures away: (those decided, (proof, why) of the others).

    Raises Refused, NotFound. A picture that stands in another message too stays for that one.
    """
    folder = folder_of(database.path)

    def work(tx: Transaction) -> tuple[list[str], list[tuple[str, str]]]:
        done, left = service_proofs.decide(tx, refs, outcome, reason, operator=operator, now=now)
        for row in done:
            store_files.put_away(tx, row["message_id"], TAKEN_AWAY)
        return [str(row["ref"]) for row in done], left

    done, left = await database.write(work)
    await take_away(database, now=now)

    def read(tx: Transaction) -> list[dict[str, Any]]:
        return [service_proofs.document(store.proof_named(tx, ref), folder) for ref in done]

    return await database.read(read), left


async def take_away(database: Database, *, now: int) -> int:
    """Delete the pictures of decided proofs that no message has any more; answers how many proofs have none now."""
    kept = await database.read(store.kept)
    if not kept:
        return 0
    hashes = {row["sha256"] for row in kept if row["sha256"]}
    used = await database.stream(lambda tx: store_erasing.copies_in_use(tx, hashes)) if hashes else set()
    for one in hashes - used:
        delete_copies(folder_of(database.path), one)
    gone = [row["id"] for row in kept if row["sha256"] not in used]
    await database.write(lambda tx: store.deleted(tx, gone, at=now))
    return len(gone)
