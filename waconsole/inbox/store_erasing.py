"""What this room forgets of a person: what they wrote, what was written to them, files, notes, and their words in the index.

Rows stay where something is counted by them: a message of theirs is one that was deleted, by their pseudonym.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.database.traces import Erased, Traces, marks
from waconsole.inbox import search, store_conversations

AT_ONCE: Final = 1_000
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"


def erase(
    tx: Transaction, traces: Traces, erased: Erased, *, stand_in: int, alias_ids: Sequence[int]
) -> list[str]:
    """Forget the person; `stand_in` is the alias that stands for `alias_ids` from now on. Answers their messages' wamids."""
    threads = [
        row["id"]
        for row in tx.execute(
            f"SELECT id FROM conversation WHERE member_id {_AMONG}", {"ids": marks(traces.member_ids)}
        )
    ]
    erased.touched("conversation", threads)
    erased.touched("lease", threads)
    messages = _messages(tx, threads, alias_ids)
    ids = [row["id"] for row in messages]
    erased.touched("message", ids)
    _files(tx, erased, ids)
    for start in range(0, len(messages), AT_ONCE):
        _empty(tx, messages[start : start + AT_ONCE])
    tx.execute(
        f"UPDATE message SET reply_to = NULL WHERE reply_to IS NOT NULL AND reply_to_id {_AMONG}",
        {"ids": marks(ids)},
    )
    erased.count("message", len(messages))
    _changes(tx, erased, messages, alias_ids)
    _votes(tx, erased, ids, alias_ids)
    _items(tx, erased, ids, threads)
    _notes(tx, traces, erased, ids, threads)
    _replies(tx, traces, erased)
    _rename(tx, stand_in, alias_ids)
    _drafts(tx, traces, erased, threads)
    _told(tx, traces, erased)
    _quoted(tx, traces)
    return [row["wamid"] for row in messages if row["wamid"]]


def _messages(tx: Transaction, threads: Sequence[int], alias_ids: Sequence[int]) -> list[Row]:
    """What they wrote anywhere, and all of their own threads."""
    return tx.rows(
        """
        SELECT id, kind, text, wamid, search_key, conversation_id FROM message
         WHERE alias_id IN (SELECT value FROM json_each(:aliases))
         UNION
        SELECT id, kind, text, wamid, search_key, conversation_id FROM message
         WHERE conversation_id IN (SELECT value FROM json_each(:threads))
        """,
        {"aliases": marks(alias_ids), "threads": marks(threads)},
    )


def _empty(tx: Transaction, rows: Sequence[Row]) -> None:
    """Take the words of messages out of the index and of the rows."""
    search.unindex_messages(
        tx, [(row["search_key"], row["text"]) for row in rows if row["text"] and row["kind"] != "system"]
    )
    tx.executemany(
        """
        UPDATE message
           SET kind = CASE kind WHEN 'system' THEN kind ELSE 'deleted' END, text = '', edited = 0, wamid = NULL,
               reply_to = NULL
         WHERE id = ?
        """,
        [(row["id"],) for row in rows],
    )


def _files(tx: Transaction, erased: Erased, ids: Sequence[int]) -> None:
    """Let go of the files of messages; a copy goes unless a message of somebody else has it too."""
    wanted = {"ids": marks(ids)}
    rows = tx.rows(
        f"""
        SELECT sha256, max(message_id NOT {_AMONG}) AS is_shared FROM media
         WHERE sha256 IN (SELECT sha256 FROM media WHERE message_id {_AMONG})
         GROUP BY sha256
        """,
        wanted,
    )
    erased.files += [row["sha256"] for row in rows if not row["is_shared"]]
    erased.leave(
        "files",
        sum(row["is_shared"] for row in rows),
        says="files of theirs that somebody else sent too are kept as the other's",
    )
    erased.count(
        "media",
        tx.execute(
            f"""
            UPDATE media
               SET name = '', sha256 = NULL, byte_count = NULL, media_id = NULL, mime = '', declared_sha256 = NULL,
                   state = 'gone', reason = 'erased', due_at = 0
             WHERE message_id {_AMONG}
            """,
            wanted,
        ).rowcount,
    )


def _changes(tx: Transaction, erased: Erased, messages: Sequence[Row], alias_ids: Sequence[int]) -> None:
    """Edits, revokes, reactions and votes: theirs, and whatever came to their messages."""
    wamids = [(row["wamid"],) for row in messages if row["wamid"]]
    count = tx.executemany("DELETE FROM message_change WHERE target = ?", wamids).rowcount if wamids else 0
    aliases = {"ids": marks(alias_ids)}
    count += tx.execute(f"DELETE FROM message_change WHERE alias_id {_AMONG}", aliases).rowcount
    erased.count("message_change", count)
    erased.count("reaction", tx.execute(f"DELETE FROM reaction WHERE alias_id {_AMONG}", aliases).rowcount)


def _votes(tx: Transaction, erased: Erased, ids: Sequence[int], alias_ids: Sequence[int]) -> None:
    """A vote of theirs still counts and is nobody's; a poll of theirs has no options any more."""
    count = tx.execute(f"DELETE FROM poll_vote WHERE message_id {_AMONG}", {"ids": marks(ids)}).rowcount
    count += tx.execute(
        f"UPDATE poll_vote SET alias_id = NULL WHERE alias_id {_AMONG}", {"ids": marks(alias_ids)}
    ).rowcount
    erased.count("poll_vote", count)


def _items(tx: Transaction, erased: Erased, ids: Sequence[int], threads: Sequence[int]) -> None:
    """Work items drawn out of what they wrote are owed to nobody."""
    rows = tx.rows(
        f"SELECT id, conversation_id FROM work_item WHERE message_id {_AMONG}", {"ids": marks(ids)}
    )
    items = [row["id"] for row in rows]
    tx.execute(
        f"""
        UPDATE work_item SET evidence = '', state = CASE state WHEN 'open' THEN 'dropped' ELSE state END
         WHERE id {_AMONG}
        """,
        {"ids": marks(items)},
    )
    erased.count("work_item", len(items))
    erased.touched("work_item", items)
    tx.execute(f"UPDATE conversation SET window_until = NULL WHERE id {_AMONG}", {"ids": marks(threads)})
    for thread in sorted({row["conversation_id"] for row in rows} | set(threads)):
        store_conversations.refresh_clocks(tx, thread)


def _notes(
    tx: Transaction, traces: Traces, erased: Erased, ids: Sequence[int], threads: Sequence[int]
) -> None:
    """Notes in their threads and on their messages go; others lose the name."""
    rows = tx.rows(
        """
        SELECT id FROM note
         WHERE conversation_id IN (SELECT value FROM json_each(:threads))
            OR message_id IN (SELECT value FROM json_each(:ids))
        """,
        {"threads": marks(threads), "ids": marks(ids)},
    )
    gone = [row["id"] for row in rows]
    tx.execute(f"DELETE FROM note WHERE id {_AMONG}", {"ids": marks(gone)})
    erased.touched("note", gone)
    named, wanted = traces.condition("text")
    changed = [
        (traces.without(row["text"]), row["id"])
        for row in tx.execute(f"SELECT id, text FROM note WHERE {named}", wanted)
        if traces.found_in(row["text"])
    ]
    tx.executemany("UPDATE note SET text = ? WHERE id = ?", changed)
    erased.count("note", len(gone) + len(changed))


def _replies(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Saved replies lose the name."""
    named, wanted = traces.condition("name || ' ' || text")
    changed = [
        (traces.without(row["name"]), traces.without(row["folded"]), traces.without(row["text"]), row["id"])
        for row in tx.execute(f"SELECT id, name, folded, text FROM saved_reply WHERE {named}", wanted)
        if traces.found_in(row["name"]) or traces.found_in(row["text"])
    ]
    tx.executemany("UPDATE saved_reply SET name = ?, folded = ?, text = ? WHERE id = ?", changed)
    erased.count("saved_reply", len(changed))
    erased.touched("saved_reply", [row[-1] for row in changed])


def _rename(tx: Transaction, stand_in: int, alias_ids: Sequence[int]) -> None:
    """What they wrote is by their pseudonym."""
    tx.execute(
        f"UPDATE message SET alias_id = :stand_in WHERE alias_id {_AMONG}",
        {"stand_in": stand_in, "ids": marks(alias_ids)},
    )


def _drafts(tx: Transaction, traces: Traces, erased: Erased, threads: Sequence[int]) -> None:
    """Answers that were begun: to them they go, elsewhere they lose the name."""
    count = tx.execute(
        f"UPDATE conversation SET draft = '' WHERE draft <> '' AND id {_AMONG}", {"ids": marks(threads)}
    ).rowcount
    named, wanted = traces.condition("draft")
    changed = [
        (traces.without(row["draft"]), row["id"])
        for row in tx.execute(
            f"SELECT id, draft FROM conversation WHERE draft <> '' AND {named}", wanted
        ).fetchall()
        if traces.found_in(row["draft"])
    ]
    tx.executemany("UPDATE conversation SET draft = ? WHERE id = ?", changed)
    erased.count("conversation", count + len(changed))


def _quoted(tx: Transaction, traces: Traces) -> None:
    """WhatsApp's ids of messages may hold a number: what others quoted of theirs stays a quote, by our own id alone."""
    named, wanted = traces.condition("reply_to")
    rows = tx.execute(
        f"SELECT id, reply_to FROM message WHERE reply_to IS NOT NULL AND {named}", wanted
    ).fetchall()
    tx.executemany(
        "UPDATE message SET reply_to = NULL WHERE id = ?",
        [(row["id"],) for row in rows if traces.found_in(row["reply_to"])],
    )
    named, wanted = traces.condition("target")
    rows = tx.execute(f"SELECT id, target FROM message_change WHERE {named}", wanted).fetchall()
    tx.executemany(
        "DELETE FROM message_change WHERE id = ?",
        [(row["id"],) for row in rows if traces.found_in(row["target"])],
    )


def _told(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Lines of WhatsApp that name them lose the name; what other people wrote is theirs, and only told."""
    named, wanted = traces.condition("m.text")
    rows = tx.execute(
        f"""
        SELECT m.id, m.kind, m.text, c.ref FROM message AS m LEFT JOIN conversation AS c ON c.id = m.conversation_id
         WHERE {named}
        """,
        wanted,
    )
    lines: list[tuple[str, int]] = []
    others: list[dict[str, object]] = []
    for row in rows:
        if not traces.found_in(row["text"]):
            continue
        if row["kind"] == "system":
            lines.append((traces.without(row["text"]), row["id"]))
        else:
            others.append({"message": row["id"], "conversation": row["ref"]})
    tx.executemany("UPDATE message SET text = ? WHERE id = ?", lines)
    erased.count("message", len(lines))
    erased.leave("messages", len(others), refs=others, says="messages of other people that name them")


def copies_in_use(tx: Transaction, sha256s: Collection[str]) -> set[str]:
    """Of these copies of files those that a message has, or is to be sent with."""
    rows = tx.rows(
        "SELECT sha256 FROM media WHERE sha256 IN (SELECT value FROM json_each(:all))",
        {"all": json.dumps(sorted(sha256s))},
    )
    found = {row["sha256"] for row in rows}
    for row in tx.execute("SELECT body FROM outgoing WHERE body <> ''"):
        found.update(_SHA256.findall(row["body"]))
    return found & set(sha256s)
