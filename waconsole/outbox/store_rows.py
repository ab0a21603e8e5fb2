"""Outgoing rows as they are read: by a list, by the command line, by ref. Reads only."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound

OUTGOING_MAX: Final = 1_000_000
ROWS_AT_ONCE: Final = 500
ATTEMPTS_SHOWN_MAX: Final = 10_000
STATES: Final = (
    "draft", "scheduled", "queued", "held", "sending", "accepted", "unknown", "failed", "refused", "cancelled",
    "expired", "closed",
)  # fmt: skip

# Whom an outgoing row goes to. A merged member is read by the row that stands for the person, whose own number comes
# first (as in `member_phone`); the number or BSUID that holds today counts, never a former one. A gateway's number reaches a hidden id where others reach a BSUID.
RECIPIENT: Final = """
    LEFT JOIN visible_conversation AS c ON c.id = o.conversation_id
    LEFT JOIN "group" AS g ON g.id = c.group_id
    LEFT JOIN member_root AS r ON r.id = c.member_id
    LEFT JOIN alias AS p ON p.id = (SELECT id FROM alias
                                     WHERE member_id = r.root_id AND kind = 'phone' AND group_id = 0 AND seen_until IS NULL
                                     ORDER BY moved_from IS NOT NULL, id DESC LIMIT 1)
    LEFT JOIN alias AS b ON b.id = (SELECT id FROM alias
                                     WHERE member_id = r.root_id AND group_id = 0 AND seen_until IS NULL
                                       AND kind = CASE (SELECT driver FROM number WHERE id = c.number_id)
                                                  WHEN 'gateway' THEN 'lid' ELSE 'bsuid' END
                                     ORDER BY id DESC LIMIT 1)
"""

_ROW: Final = f"""
    SELECT s.ref AS outgoing, coalesce(p.value, b.value, g.whatsapp_id, g.name, m.name, '') AS "to", o.kind, o.purpose,
           s.state, s.state_reason AS reason, s.delivery, s.attempts, s.wamid, s.created_at, s.delivery_error, o.id
      FROM outgoing AS o
      JOIN outgoing_state AS s ON s.id = o.id
      {RECIPIENT}
      LEFT JOIN member AS m ON m.id = r.root_id
"""


def outgoing_ids(tx: Transaction, *, state: str | None = None, limit: int = OUTGOING_MAX) -> list[int]:
    """The ids of outgoing rows (of one state), newest first."""
    where = "" if state is None else "WHERE state = :state"
    rows = tx.rows(
        f"SELECT id FROM visible_outgoing {where} ORDER BY written_at DESC, id DESC LIMIT :limit",
        {"state": state, "limit": limit} if state else {"limit": limit},
    )
    return [row["id"] for row in rows]


def ids_in(tx: Transaction, states: Sequence[str], *, reason: str | None = None) -> list[int]:
    """The ids of the rows in these states (for that reason), oldest first."""
    marks = ", ".join(f":state{place}" for place in range(len(states)))
    rows = tx.rows(
        f"""
        SELECT id FROM visible_outgoing
         WHERE state IN ({marks}) AND (:reason IS NULL OR state_reason = :reason) ORDER BY id LIMIT :limit
        """,
        {
            **{f"state{place}": state for place, state in enumerate(states)},
            "reason": reason,
            "limit": OUTGOING_MAX,
        },
    )
    return [int(row["id"]) for row in rows]


def outgoing_rows(tx: Transaction, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Outgoing rows as the command line answers them, in the order asked for; what is gone is left out.

    Keys: outgoing (ref), to (E.164, BSUID, WhatsApp's group id, else a name), kind, purpose, state,
    reason, delivery (WhatsApp's highest word, "" until there is one), attempts, wamid, created_at
    (ISO 8601), delivery_error (WhatsApp's code or None).
    """
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), ROWS_AT_ONCE):
        part = ids[start : start + ROWS_AT_ONCE]
        marks = ", ".join(f":id{place}" for place in range(len(part)))
        values = {f"id{place}": row_id for place, row_id in enumerate(part)}
        for row in tx.rows(f"{_ROW} WHERE o.id IN ({marks}) LIMIT {ROWS_AT_ONCE}", values):
            fields = dict(row)
            row_id = fields.pop("id")
            found[row_id] = {**fields, "created_at": iso(fields["created_at"])}
    return [found[row_id] for row_id in ids if row_id in found]


def outgoing_named(tx: Transaction, ref: str) -> int:
    """The id of the outgoing row with that ref, its unique beginning, or that wamid. Raises NotFound."""
    rows = tx.rows(
        """
        SELECT id, ref FROM visible_outgoing
         WHERE ref = :ref OR wamid = :ref OR (ref >= :ref AND ref < :ref || char(1114111))
         ORDER BY ref <> :ref LIMIT 2
        """,
        {"ref": ref},
    )
    if not ref or not rows or (len(rows) > 1 and rows[0]["ref"] != ref):
        raise NotFound(f"No single outgoing message is called {ref}: `waconsole outbox list` shows them.")
    return int(rows[0]["id"])


def outgoing_row(tx: Transaction, outgoing_id: int) -> Row:
    """(id, ref, number_id, conversation_id, message_id, driver, text, purpose, state, state_reason, wamid, written_at)."""
    row = tx.one(
        """
        SELECT id, ref, number_id, conversation_id, message_id, driver, text, purpose, state, state_reason, wamid, written_at
          FROM outgoing
         WHERE id = :id
        """,
        {"id": outgoing_id},
    )
    if row is None:
        raise NotFound("That outgoing message is not in this ledger.")
    return row


def attempts_of(tx: Transaction, outgoing_id: int) -> list[dict[str, Any]]:
    """Every attempt of an outgoing row, oldest first, as the command line answers it."""
    rows = tx.rows(
        """
        SELECT n, opaque, owner, started_at, ended_at, outcome, code, detail, trace, wamid
          FROM attempt WHERE outgoing_id = :id ORDER BY n LIMIT :limit
        """,
        {"id": outgoing_id, "limit": ATTEMPTS_SHOWN_MAX},
    )
    return [_dated(row, ("started_at", "ended_at")) for row in rows]


def deliveries_of(tx: Transaction, outgoing_id: int) -> list[dict[str, Any]]:
    """What WhatsApp said of an outgoing row: one entry, and one more for each reader of a group."""
    times = ("sent_at", "delivered_at", "read_at", "played_at", "failed_at")
    rows = tx.rows(
        f"""
        SELECT d.participant, d.status, {", ".join(f"d.{name}" for name in times)}, d.error_code, d.error_detail
          FROM delivery AS d JOIN outgoing AS o ON o.wamid = d.wamid
         WHERE o.id = :id ORDER BY d.participant LIMIT :limit
        """,
        {"id": outgoing_id, "limit": ATTEMPTS_SHOWN_MAX},
    )
    return [_dated(row, times) for row in rows]


def _dated(row: Row, names: Sequence[str]) -> dict[str, Any]:
    fields = dict(row)
    return fields | {name: None if fields[name] is None else iso(fields[name]) for name in names}


def sending(tx: Transaction) -> list[Row]:
    """(outgoing_id, attempt_id) of whatever is on its way, by any number; the attempt is None when it has ended."""
    return tx.rows(
        """
        SELECT o.id AS outgoing_id,
               (SELECT id FROM attempt WHERE outgoing_id = o.id AND outcome = '' ORDER BY n DESC LIMIT 1) AS attempt_id
          FROM outgoing AS o WHERE o.state = 'sending' ORDER BY o.id LIMIT :limit
        """,
        {"limit": OUTGOING_MAX},
    )


def held_because(tx: Transaction, reason: str) -> int:
    """How many messages are held for that reason."""
    return int(
        tx.value(
            "SELECT count(*) FROM visible_outgoing WHERE state = 'held' AND state_reason = :reason",
            {"reason": reason},
        )
    )


def waiting_in(
    tx: Transaction, conversation_ids: Sequence[int], purposes: Collection[str], states: Collection[str]
) -> list[Row]:
    """(id, operator_id) of the rows of these conversations, purposes and states."""
    found: list[Row] = []
    kinds = {f"purpose{place}": purpose for place, purpose in enumerate(sorted(purposes))}
    words = {f"state{place}": state for place, state in enumerate(sorted(states))}
    for conversation_id in conversation_ids:
        found += tx.rows(
            f"""
            SELECT id, operator_id FROM outgoing
             WHERE conversation_id = :id AND purpose IN ({", ".join(f":{name}" for name in kinds)})
               AND state IN ({", ".join(f":{name}" for name in words)})
             ORDER BY id LIMIT :limit
            """,
            {"id": conversation_id, **kinds, **words, "limit": OUTGOING_MAX},
        )
    return found


# The few rows of a thread are looked at, not all that is held: `|| ''` keeps the index of states out of it.
HELD_IN: Final = """
    SELECT o.id, o.ref, o.written_at
      FROM json_each(:ids) AS j CROSS JOIN outgoing AS o
     WHERE o.conversation_id = j.value AND o.number_id = :number_id AND o.state || '' = 'held'
       AND o.state_reason = :reason AND o.driver <> 'human'
     ORDER BY o.id LIMIT :limit
"""


def held_in(tx: Transaction, number_id: int, conversation_ids: Sequence[int], reason: str) -> list[Row]:
    """(id, ref, written_at) of what a number holds for that reason in these threads, oldest first; `ROWS_AT_ONCE` at most."""
    ids = json.dumps(list(conversation_ids))
    return tx.rows(HELD_IN, {"ids": ids, "number_id": number_id, "reason": reason, "limit": ROWS_AT_ONCE})


def outgoing_of_wamid(tx: Transaction, wamid: str) -> int | None:
    """The outgoing row that is that message of WhatsApp's, or None."""
    value = tx.value("SELECT id FROM outgoing WHERE wamid = :wamid", {"wamid": wamid})
    return None if value is None else int(value)


def unshown_of_wamid(tx: Transaction, wamid: str) -> Row | None:
    """(id, conversation_id, body, text) of the row of a batch that is that message and stands in no thread yet, or None."""
    return tx.one(
        """
        SELECT id, conversation_id, body, text FROM outgoing
         WHERE wamid = :wamid AND message_id IS NULL AND batch_id <> 0 AND kind <> 'reaction'
        """,
        {"wamid": wamid},
    )


def unshown_of_wamids(tx: Transaction, wamids: Sequence[str]) -> set[str]:
    """Of these wamids the ones that `unshown_of_wamid` has a row for."""
    rows = tx.rows(
        """
        SELECT o.wamid FROM json_each(:wamids) AS j CROSS JOIN outgoing AS o
         WHERE o.wamid = j.value AND o.wamid IS NOT NULL AND o.message_id IS NULL AND o.batch_id <> 0 AND o.kind <> 'reaction'
         LIMIT :limit
        """,
        {"wamids": json.dumps(wamids), "limit": len(wamids)},
    )
    return {row["wamid"] for row in rows}


def phone_of(tx: Transaction, outgoing_id: int) -> str | None:
    """The number an outgoing row goes to, E.164; None for a group, or somebody without one."""
    value = tx.value(f"SELECT p.value FROM outgoing AS o {RECIPIENT} WHERE o.id = :id", {"id": outgoing_id})
    return None if value is None else str(value)


def member_of(tx: Transaction, outgoing_id: int) -> tuple[int, list[int]] | None:
    """(the member an outgoing row goes to, every conversation with them); None for a group."""
    member_id = tx.value(
        """
        SELECT r.root_id
          FROM outgoing AS o
          JOIN visible_conversation AS c ON c.id = o.conversation_id
          JOIN member_root AS r ON r.id = c.member_id
         WHERE o.id = :id
        """,
        {"id": outgoing_id},
    )
    if member_id is None:
        return None
    rows = tx.rows(
        """
        SELECT c.id
          FROM member_root AS r CROSS JOIN number AS n CROSS JOIN conversation AS c
         WHERE r.root_id = :id AND c.number_id = n.id AND c.member_id IS NOT NULL AND c.member_id = r.id LIMIT :limit
        """,
        {"id": member_id, "limit": ROWS_AT_ONCE},
    )
    return int(member_id), [row["id"] for row in rows]
