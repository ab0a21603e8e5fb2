"""Whether the rows of the rooms agree with each other: what `doctor` asks beyond the engine's checks.

It reads every room's tables and writes none. Rows of imports that still run are seen by nobody and
are in no counter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from waconsole.database.check import FAULTS_TOLD_MAX, Check, asked
from waconsole.database.connection import Transaction
from waconsole.inbox import words
from waconsole.inbox.store_messages import unread_count
from waconsole.members.store_merge_check import crooked
from waconsole.sync import receive_rows
from waconsole.sync.media_files import folder_of
from waconsole.whatsapp.files import SHA256_DIGITS

SAMPLE_MAX: Final = 1000
CONVERSATIONS_MAX: Final = 100_000

# (what, SQL that counts rows whose other half is gone): these are not foreign keys, for speed.
_ORPHANS: Final = (
    ("messages without a conversation", "message", "conversation_id", "conversation"),
    ("work items without a message", "work_item", "message_id", "message"),
    ("work items without a conversation", "work_item", "conversation_id", "conversation"),
    ("files without a message", "media", "message_id", "message"),
    ("reactions without a message", "reaction", "message_id", "message"),
    ("notes without a conversation", "note", "conversation_id", "conversation"),
    ("messages by nobody known", "message", "alias_id", "alias"),
)


def row_checks(tx: Transaction, ledger: Path) -> Iterator[Check]:
    """Every check of the rows, in order."""
    yield asked("rows", lambda: _rows(tx))
    yield asked("counters", lambda: _counters(tx))
    yield asked("search", lambda: _search(tx))
    yield asked("copies", lambda: _copies(tx, ledger))
    yield asked("merges", lambda: _merges(tx))
    yield asked("inbound", lambda: _inbound(tx))


def _rows(tx: Transaction) -> Check:
    found = []
    for what, table, column, other in _ORPHANS:
        count = tx.value(
            f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT id FROM {other})"
        )
        if count:
            found.append(f"{count:,} {what}")
    if found:
        return Check("rows", False, f"There are {'; '.join(found)}. Restore a backup.")
    return Check("rows", True, "Every message, item and file has its place.")


def _counters(tx: Transaction) -> Check:
    """What the conversation list shows must be what a count of the rows says."""
    wrong = []
    for row in tx.rows(
        """
        SELECT c.id, c.ref, c.message_count, c.unread, c.owed, c.owed_until, c.last_message_id,
               c.read_through_at, c.read_through_id,
               (SELECT count(*) FROM visible_message AS m WHERE m.conversation_id = c.id) AS messages,
               (SELECT m.id FROM visible_message AS m WHERE m.conversation_id = c.id
                 ORDER BY m.sent_at DESC, m.id DESC LIMIT 1) AS newest,
               (SELECT count(*) FROM visible_item AS i WHERE i.conversation_id = c.id AND i.state = 'open') AS items,
               (SELECT min(i.owed_until) FROM visible_item AS i
                 WHERE i.conversation_id = c.id AND i.state = 'open') AS due
          FROM visible_conversation AS c
         ORDER BY c.id
         LIMIT :limit
        """,
        {"limit": CONVERSATIONS_MAX},
    ):
        unread = unread_count(tx, row["id"], (row["read_through_at"], row["read_through_id"]))
        said = (row["message_count"], row["unread"], row["owed"], row["owed_until"], row["last_message_id"])
        counted = (row["messages"], unread, row["items"], row["due"], row["newest"])
        names = ("messages", "unread", "owed", "owed until", "newest message")
        wrong += [
            f"{row['ref']} says {one} {name} and has {other}"
            for name, one, other in zip(names, said, counted, strict=True)
            if one != other
        ]
    if wrong:
        return Check("counters", False, f"{'; '.join(wrong[:FAULTS_TOLD_MAX])}.")
    return Check("counters", True, "Every conversation counts what it has.")


def _search(tx: Transaction) -> Check:
    """A sample over the whole ledger is looked up in both indexes by its own words."""
    total = tx.value("SELECT max(id) FROM message") or 0
    step = max(1, total // SAMPLE_MAX)
    missing, asked_for = [], 0
    for row in tx.rows(
        """
        SELECT id, search_key, text FROM message
         WHERE id % :step = 0 AND kind <> 'system' AND text <> ''
         ORDER BY id DESC
         LIMIT :limit
        """,
        {"step": step, "limit": SAMPLE_MAX},
    ):
        in_order, beginnings = words.tokens(row["text"])
        for table, some in (("search_word", in_order), ("search_beginning", beginnings)):
            if some:
                asked_for += 1
                if not _is_found(tx, table, row["search_key"], some.split()[0]):
                    missing.append(row["id"])
    if missing:
        return Check(
            "search",
            False,
            f"{len(missing)} of {asked_for} look-ups miss: message {missing[0]} is not found.",
        )
    return Check("search", True, f"{asked_for:,} look-ups by a message's own words find it.")


def _is_found(tx: Transaction, table: str, key: int, token: str) -> bool:
    return bool(
        tx.value(
            f"SELECT count(*) FROM {table} WHERE {table} MATCH :token AND rowid = :key",
            {"token": f'"{token}"', "key": key},
        )
    )


def _copies(tx: Transaction, ledger: Path) -> Check:
    """Copies of media stand beside the ledger; a ledger moved without them still reads."""
    names = {str(row[0]) for row in tx.execute("SELECT DISTINCT sha256 FROM media WHERE sha256 IS NOT NULL")}
    folder = folder_of(ledger)
    there = {file.name[:SHA256_DIGITS] for file in folder.iterdir()} if folder.is_dir() else set()
    missing = len(names - there)
    if missing:
        return Check(
            "copies", True, f"{missing:,} of {len(names):,} files are not in {folder}: move them with the ledger.",
            advice=True,
        )  # fmt: skip
    return Check("copies", True, f"All {len(names):,} copied files are there.")


def _merges(tx: Transaction) -> Check:
    """Who stands for whom is made from the merges, and could be made again."""
    wrong = crooked(tx)
    if wrong:
        return Check("merges", False, f"{'; '.join(wrong[:FAULTS_TOLD_MAX])}. Restore a backup.")
    return Check("merges", True, "Every merged member points at who stands for them.")


def _inbound(tx: Transaction) -> Check:
    """What came in and stands aside is no fault of the ledger: somebody should look."""
    counts = receive_rows.counts(tx)
    left, kept, waiting = counts["quarantined"], counts["kept"], counts["waiting"]
    if left:
        return Check(
            "inbound", True, f"{left:,} things that came in are quarantined: `waconsole inbound list` says why.",
            advice=True,
        )  # fmt: skip
    return Check(
        "inbound", True, f"Nothing is quarantined; {kept:,} kept as not understood, {waiting:,} waiting."
    )
