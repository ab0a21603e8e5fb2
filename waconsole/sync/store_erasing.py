"""What came in, without a person: bodies are written anew without their part, items and notices lose their words.

A body stays known by its digest and an item by what it is, so that the same thing sent again is still nothing new.
"""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces
from waconsole.sync.receive_rows import hashed_key


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget the person in bodies, items and notices."""
    _bodies(tx, traces, erased)
    _items(tx, traces, erased)
    _notices(tx, traces, erased)


def _bodies(tx: Transaction, traces: Traces, erased: Erased) -> None:
    named, wanted = traces.condition("CAST(body AS TEXT)")
    changed: list[tuple[bytes, int]] = []
    for row in tx.execute(f"SELECT id, body FROM inbound WHERE body <> x'' AND {named}", wanted):
        pruned = traces.pruned(row["body"])
        if pruned != row["body"]:
            changed.append((pruned, row["id"]))
    tx.executemany("UPDATE inbound SET body = ? WHERE id = ?", changed)
    erased.count("inbound", len(changed))


def _items(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """An item of theirs is done with; its key gives way to its hash, which `receive_rows.known` asks for too."""
    named, wanted = traces.condition("key || ' ' || reason || ' ' || raw")
    gone = [
        (hashed_key(row["key"]) if traces.found_in(row["key"]) else row["key"], row["id"])
        for row in tx.execute(f"SELECT id, key, reason, raw FROM inbound_item WHERE {named}", wanted)
        if any(traces.found_in(row[name]) for name in ("key", "reason", "raw"))
    ]
    tx.executemany(
        """
        UPDATE inbound_item
           SET key = ?, raw = '', state = 'done', again_at = NULL,
               reason = CASE WHEN state = 'done' AND reason = '' THEN '' ELSE 'Erased.' END
         WHERE id = ?
        """,
        gone,
    )
    erased.count("inbound_item", len(gone))


def _notices(tx: Transaction, traces: Traces, erased: Erased) -> None:
    named, wanted = traces.condition("key || ' ' || named || ' ' || sentence || ' ' || detail")
    ids = [
        (row["id"],)
        for row in tx.execute(f"SELECT id, key, named, sentence, detail FROM notice WHERE {named}", wanted)
        if any(traces.found_in(row[name]) for name in ("key", "named", "sentence", "detail"))
    ]
    tx.executemany("DELETE FROM notice WHERE id = ?", ids)
    erased.count("notice", len(ids))
