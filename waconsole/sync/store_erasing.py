"""What came in, without a person: bodies are written anew without their part, items and notices lose their words.

A body stays known by its digest and an item by what it is, so that the same thing sent again is still nothing new.
"""

from __future__ import annotations

import re
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces, marks
from waconsole.sync.receive_rows import hashed_key

SHOPS: Final = ("shopify", "woocommerce", "generic")  # one body is one order: all of it is about its buyer
KEY_CHARACTERS_MIN: Final = 4
_WORD: Final = re.compile(r"[\w#.-]+")


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget the person in bodies, items and notices."""
    _bodies(tx, traces, erased)
    _shop_bodies(tx, traces, erased)
    _items(tx, traces, erased)
    _notices(tx, traces, erased)


def _bodies(tx: Transaction, traces: Traces, erased: Erased) -> None:
    named, wanted = traces.condition("CAST(body AS TEXT)")
    changed: list[tuple[bytes, int]] = []
    for row in tx.execute(
        f"SELECT id, body FROM inbound WHERE source NOT IN {SHOPS} AND body <> x'' AND {named}", wanted
    ):
        pruned = traces.pruned(row["body"])
        if pruned != row["body"]:
            changed.append((pruned, row["id"]))
    tx.executemany("UPDATE inbound SET body = ? WHERE id = ?", changed)
    erased.count("inbound", len(changed))


def _shop_bodies(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """A body of a shop that names them, or an order of theirs, is about them as a whole."""
    rows = tx.execute(
        """
        SELECT o.reference, w.shop_key FROM "order" AS o LEFT JOIN order_word AS w ON w.reference = o.reference
         WHERE o.member_id IN (SELECT value FROM json_each(:ids))
        """,
        {"ids": marks(traces.member_ids)},
    )
    keys = {key for row in rows for key in tuple(row) if key and len(key) >= KEY_CHARACTERS_MIN}
    gone: list[tuple[int]] = []
    for row in tx.execute(f"SELECT id, body FROM inbound WHERE source IN {SHOPS} AND body <> x''"):
        text = row["body"].decode("utf-8", "replace")
        if traces.found_in(text) or not keys.isdisjoint(_WORD.findall(text)):
            gone.append((row["id"],))
    tx.executemany("UPDATE inbound SET body = x'' WHERE id = ?", gone)
    erased.count("inbound", len(gone))


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
