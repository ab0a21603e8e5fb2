"""What this room forgets of a person: rules and words that name them say their pseudonym instead, and still can be asked."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces

_WORDS: Final = {
    "segment": ("name",),
    "segment_version": ("rule", "owner", "purpose", "report"),
    "segment_send": ("ref", "segment", "rule"),
    "tag_rule": ("rule",),
    "focus_pick": ("rule",),
}
_STATEMENTS: Final = {
    ("segment", "name"): "UPDATE segment SET name = ?, folded = 'erased ' || id WHERE id = ?",
    ("segment_version", "rule"): "UPDATE segment_version SET rule = ? WHERE id = ?",
    ("segment_version", "owner"): "UPDATE segment_version SET owner = ? WHERE id = ?",
    ("segment_version", "purpose"): "UPDATE segment_version SET purpose = ? WHERE id = ?",
    ("segment_version", "report"): "UPDATE segment_version SET report = ? WHERE id = ?",
    ("segment_send", "ref"): "UPDATE segment_send SET ref = ? WHERE id = ?",
    ("segment_send", "segment"): "UPDATE segment_send SET segment = ? WHERE id = ?",
    ("segment_send", "rule"): "UPDATE segment_send SET rule = ? WHERE id = ?",
    ("tag_rule", "rule"): "UPDATE tag_rule SET rule = ? WHERE id = ?",
    ("focus_pick", "rule"): "UPDATE focus_pick SET rule = ? WHERE id = ?",
}


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget the person; a list keeps the pseudonym, which is nobody any more."""
    for table, columns in _WORDS.items():
        changed: set[int] = set()
        for column in columns:
            named, wanted = traces.condition(column)
            rows = tx.rows(f"SELECT id, {column} AS said FROM {table} WHERE {named}", wanted)
            found = [(traces.without(row["said"]), row["id"]) for row in rows if traces.found_in(row["said"])]
            tx.executemany(_STATEMENTS[table, column], found)
            changed.update(key for _, key in found)
        erased.count(table, len(changed))
