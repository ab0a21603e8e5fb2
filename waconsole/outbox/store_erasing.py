"""What this room forgets of a person: what was written to them, WhatsApp's ids of it, whom nothing may be sent to.

That a message went out, when and what it cost stays: it is counted and paid. What still waits to be sent is cancelled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces, marks
from waconsole.whatsapp.content import Text, as_body

WORDS: Final = Text("erased")
WAITING: Final = ("draft", "scheduled", "queued", "held")
_CALLED: Final = {
    "outgoing": ("segment", "campaign", "rule"),
    "outgoing_batch": ("ref", "campaign"),
    "breaker": ("key",),
}
_CALLED_ANEW: Final = {
    "outgoing": "UPDATE outgoing SET segment = ?, campaign = ?, rule = ? WHERE id = ?",
    "outgoing_batch": "UPDATE outgoing_batch SET ref = ?, campaign = ? WHERE id = ?",
    "breaker": "UPDATE breaker SET key = ? WHERE id = ?",
}
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"
_ID: Final = "'erased-' || id"


def stopped_since(tx: Transaction, traces: Traces) -> int | None:
    """Since when the person stopped marketing in WhatsApp itself, or is blocked; None otherwise."""
    value = tx.value(
        f"""
        SELECT max(since) FROM suppression
         WHERE member_id {_AMONG} AND lifted_at IS NULL AND until IS NULL AND reason IN ('platform_stop', 'blocked')
        """,
        {"ids": marks(traces.member_ids)},
    )
    return None if value is None else int(value)


def erase(
    tx: Transaction, traces: Traces, erased: Erased, *, threads: Sequence[int], wamids: Sequence[str]
) -> None:
    """Forget the person; `threads` are their own conversations, `wamids` the messages they wrote."""
    rows = tx.rows(
        f"SELECT id, wamid, state FROM outgoing WHERE conversation_id {_AMONG}", {"ids": marks(threads)}
    )
    ids = [row["id"] for row in rows]
    erased.touched("outgoing", ids)
    among = {"ids": marks(ids)}
    tx.executemany(
        "UPDATE delivery SET wamid = ?, error_detail = '' WHERE wamid = ?",
        [(f"erased-{row['id']}", row["wamid"]) for row in rows if row["wamid"]],
    )
    tx.executemany(
        "UPDATE outgoing SET state = 'cancelled', state_reason = 'erased' WHERE id = ?",
        [(row["id"],) for row in rows if row["state"] in WAITING],
    )
    tx.execute(
        f"""
        UPDATE outgoing
           SET text = :text, body = CASE kind WHEN 'text' THEN '' ELSE :body END,
               wamid = CASE WHEN wamid IS NULL THEN NULL ELSE {_ID} END
         WHERE id {_AMONG}
        """,
        {**among, "text": WORDS.body, "body": as_body(WORDS)},
    )
    tx.execute(
        f"""
        UPDATE attempt
           SET detail = '', trace = '', chosen_id = NULL,
               wamid = CASE WHEN wamid IS NULL THEN NULL ELSE 'erased-' || outgoing_id END
         WHERE outgoing_id {_AMONG}
        """,
        among,
    )
    erased.count("outgoing", len(ids))
    tasks = [row["id"] for row in tx.execute(f"SELECT id FROM task WHERE outgoing_id {_AMONG}", among)]
    tx.execute(f"UPDATE task SET reason = '' WHERE id {_AMONG}", {"ids": marks(tasks)})
    erased.touched("task", tasks)
    erased.count("task", len(tasks))
    _named(tx, traces, erased)
    _ticks(tx, traces, threads, wamids)
    _readers(tx, traces, erased)
    _suppressions(tx, traces, erased)
    _elsewhere(tx, traces, erased, ids)


def _named(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Segments, rules, campaigns and batches that are called by the person: they are called by the pseudonym."""
    for table, columns in _CALLED.items():
        named, wanted = traces.condition(" || ' ' || ".join(columns))
        rows = tx.rows(f"SELECT id, {', '.join(columns)} FROM {table} WHERE {named}", wanted)
        changed = [row for row in rows if any(traces.found_in(row[name]) for name in columns)]
        tx.executemany(
            _CALLED_ANEW[table],
            [(*(traces.without(row[name]) for name in columns), row["id"]) for row in changed],
        )
        erased.count(table, len(changed))


def _ticks(tx: Transaction, traces: Traces, threads: Sequence[int], wamids: Sequence[str]) -> None:
    """That their messages were marked as read: WhatsApp's ids of them go."""
    named, wanted = traces.condition("wamid")
    rows = tx.execute(
        f"""
        SELECT id, conversation_id, wamid FROM blue_tick
         WHERE conversation_id {_AMONG} OR wamid IN (SELECT value FROM json_each(:wamids)) OR {named}
        """,
        {**wanted, "ids": marks(threads), "wamids": json.dumps(wamids)},
    )
    own = set(wamids)
    ids = [
        row["id"]
        for row in rows
        if row["conversation_id"] in threads or row["wamid"] in own or traces.found_in(row["wamid"])
    ]
    tx.execute(f"UPDATE blue_tick SET wamid = {_ID}, detail = '' WHERE id {_AMONG}", {"ids": marks(ids)})


def _readers(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Somebody of a group read a message: that one did, not who; and ids of messages that hold their number."""
    named, wanted = traces.condition("participant || ' ' || wamid")
    gone = [
        row["id"]
        for row in tx.execute(f"SELECT id, participant, wamid FROM delivery WHERE {named}", wanted)
        if traces.found_in(row["participant"])
    ]
    tx.execute(f"UPDATE delivery SET participant = {_ID} WHERE id {_AMONG}", {"ids": marks(gone)})
    erased.count("delivery", len(gone))


def _suppressions(tx: Transaction, traces: Traces, erased: Erased) -> None:
    rows = tx.rows(f"SELECT id FROM suppression WHERE member_id {_AMONG}", {"ids": marks(traces.member_ids)})
    ids = [row["id"] for row in rows]
    tx.execute(f"DELETE FROM suppression WHERE id {_AMONG}", {"ids": marks(ids)})
    erased.count("suppression", len(ids))
    erased.touched("suppression", ids)


def _elsewhere(tx: Transaction, traces: Traces, erased: Erased, ids: Sequence[int]) -> None:
    """Messages of ours to groups and to others that name them: they were said to somebody else, and are told."""
    named, wanted = traces.condition("text || ' ' || body")
    own = set(ids)
    others = [
        row["ref"]
        for row in tx.execute(f"SELECT id, ref, text, body FROM outgoing WHERE {named}", wanted)
        if row["id"] not in own and (traces.found_in(row["text"]) or traces.found_in(row["body"]))
    ]
    erased.leave("outgoing", len(others), refs=others, says="messages of ours to others that name them")
    named, wanted = traces.condition("detail")
    changed = [
        (traces.without(row["detail"]), row["id"])
        for row in tx.execute(f"SELECT id, detail FROM attempt WHERE {named}", wanted)
        if traces.found_in(row["detail"])
    ]
    tx.executemany("UPDATE attempt SET detail = ? WHERE id = ?", changed)
    erased.count("attempt", len(changed))
