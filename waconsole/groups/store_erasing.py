"""What this room forgets of a person: how they asked to come in, why they were warned, what was asked about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces, marks

NOTHING: Final = "{}"
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"
# Words of operators and of WhatsApp that may name somebody: how they are read, and written without the name.
_WORDS: Final = (
    ("group", 'SELECT id, purpose AS words FROM "group"', 'UPDATE "group" SET purpose = ? WHERE id = ?', "purpose"),
    ("group", 'SELECT id, kpi AS words FROM "group"', 'UPDATE "group" SET kpi = ? WHERE id = ?', "kpi"),
    ("group_request", "SELECT id, body AS words FROM group_request",
     "UPDATE group_request SET body = ? WHERE id = ?", "body"),
    ("group_request", "SELECT id, detail AS words FROM group_request",
     "UPDATE group_request SET detail = ? WHERE id = ?", "detail"),
    ("group_result", "SELECT id, detail AS words FROM group_result",
     "UPDATE group_result SET detail = ? WHERE id = ?", "detail"),
    ("membership", "SELECT id, entry_channel AS words FROM membership",
     "UPDATE membership SET entry_channel = ? WHERE id = ?", "entry_channel"),
    ("membership_event", "SELECT id, channel AS words FROM membership_event",
     "UPDATE membership_event SET channel = ? WHERE id = ?", "channel"),
)  # fmt: skip


def erase(tx: Transaction, traces: Traces, erased: Erased, *, alias_ids: Sequence[int]) -> None:
    """Forget the person. Their stays stay, under the pseudonym: groups are counted by them."""
    _joins(tx, traces, erased, alias_ids)
    _steps(tx, traces, erased)
    for table, select, update, column in _WORDS:
        named, wanted = traces.condition(column)
        changed = [
            (traces.without(row["words"]), row["id"])
            for row in tx.execute(f"{select} WHERE {named}", wanted)
            if traces.found_in(row["words"])
        ]
        tx.executemany(update, changed)
        erased.count(table, len(changed))
        erased.touched(table, [row[-1] for row in changed])


def _steps(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Why somebody was warned, muted or removed: that it was done stays."""
    ids = {"ids": marks(traces.member_ids)}
    steps = [row["id"] for row in tx.execute(f"SELECT id FROM moderation_step WHERE member_id {_AMONG}", ids)]
    gone = {"ids": marks(steps)}
    tx.execute(
        f"UPDATE moderation_step SET reason = '', detail = '', ended_reason = '' WHERE id {_AMONG}", gone
    )
    tx.execute(f"UPDATE moderation_deletion SET detail = '' WHERE step_id {_AMONG}", gone)
    erased.count("moderation_step", len(steps))
    erased.touched("moderation", steps)


def _joins(tx: Transaction, traces: Traces, erased: Erased, alias_ids: Sequence[int]) -> None:
    named, wanted = traces.condition("person || ' ' || request_id || ' ' || reason || ' ' || detail")
    rows = tx.execute(
        f"""
        SELECT id, member_id, alias_id, person || ' ' || request_id || ' ' || reason || ' ' || detail AS words
          FROM join_request
         WHERE member_id IN (SELECT value FROM json_each(:members))
            OR alias_id IN (SELECT value FROM json_each(:aliases)) OR {named}
        """,
        {**wanted, "members": marks(traces.member_ids), "aliases": marks(alias_ids)},
    )
    gone = [
        row["id"]
        for row in rows
        if row["member_id"] in traces.member_ids
        or row["alias_id"] in alias_ids
        or traces.found_in(row["words"])
    ]
    tx.execute(
        f"""
        UPDATE join_request
           SET person = '{NOTHING}', request_id = 'erased ' || id, alias_id = NULL, reason = '', detail = '',
               state = CASE state WHEN 'asked' THEN 'gone' ELSE state END
         WHERE id {_AMONG}
        """,
        {"ids": marks(gone)},
    )
    erased.count("join_request", len(gone))
    erased.touched("join_request", gone)
