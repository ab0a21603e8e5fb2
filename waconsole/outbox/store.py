"""Outgoing rows: what we want to say. Their only writer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.outbox.store_attempts import Accepted
from waconsole.outbox.store_numbers import (
    HAND_NAME,
    HAND_REF,
    cloud_number,
    ensure_hand,
    ensure_number,
    hand_number_id,
    number_by_phone_number_id,
    number_row,
    set_number_stopped,
)  # fmt: skip
from waconsole.outbox.store_rows import outgoing_rows
from waconsole.outbox.store_tasks import (
    TASKS_MAX,
    Task,
    add_task,
    set_task,
    task_by_id,
    task_columns,
    task_named,
    task_of_outgoing,
    tasks,
    tasks_open_count,
)  # fmt: skip

__all__ = (
    "HAND_NAME", "HAND_REF", "TASKS_MAX", "Task", "add_many", "add_one_of_many", "add_outgoing", "add_task", "add_worded", "cloud_number",
    "ensure_hand", "ensure_number", "hand_number_id", "hold_all_waiting", "hurry", "is_wamid_of_another", "known_wamids", "move_all",
    "next_wake_at", "number_by_phone_number_id", "number_row", "outgoing_columns", "outgoing_rows", "queued_of_batch",
    "set_accepted", "set_message", "set_number_stopped", "set_outgoing_state", "set_sending", "set_task", "task_by_id", "task_columns", "task_named", "task_of_outgoing",
    "tasks", "tasks_open_count", "wake",
)  # fmt: skip
WAKE_MAX: Final = 500
# A longer wait for an hour of the day was written by a clock that has been set back since.
HOUR_MAX: Final = 2 * DAY
# A batch may wait for an hour of the week where each of its members lives.
WEEK_MAX: Final = 9 * DAY


def add_outgoing(tx: Transaction, fields: dict[str, Any]) -> int:
    """Write one outgoing row; `fields` are its columns."""
    return tx.insert(
        """
        INSERT INTO outgoing (ref, number_id, conversation_id, message_id, answers_id, driver, kind, body, text,
                              template_name, template_language, template_category, purpose,
                              rule, rule_version, state, state_reason, operator_id, written_at, origin, replaces_id)
        VALUES (:ref, :number_id, :conversation_id, :message_id, :answers_id, :driver, :kind, :body, :text,
                :template_name, :template_language, :template_category, :purpose,
                :rule, :rule_version, :state, :state_reason, :operator_id, :now, 'live', :replaces_id)
        """,
        fields,
    )


_MANY: Final = """
    INSERT INTO outgoing (ref, number_id, conversation_id, driver, kind, body, text, template_name, template_language,
                          template_category, purpose, campaign, segment, rule, rule_version, state, operator_id, written_at,
                          not_before, expires_at, origin, batch_id)
    SELECT :ref || '-' || c.member_id, c.number_id, c.id, :driver, :kind, :body, :text, :template_name, :template_language,
           :template_category, :purpose, :campaign, :segment, :rule, :rule_version, 'scheduled', :operator_id, :now,
           :not_before, :expires_at, 'live', :batch_id
      FROM {members} conversation AS c
     WHERE c.number_id = :number_id AND c.member_id = {member_id}
"""


def add_many(tx: Transaction, fields: dict[str, Any], member_ids: Sequence[int]) -> int:
    """Write the same message to each of these members who has a thread with the number; answers how many.

    They wait for their part of the batch; `fields` are the columns.
    """
    listed = "[" + ",".join(map(str, member_ids)) + "]"
    sql = _MANY.format(members="json_each(:member_ids) AS j CROSS JOIN", member_id="j.value")
    return tx.execute(sql, {**fields, "member_ids": listed}).rowcount


def add_one_of_many(tx: Transaction, fields: dict[str, Any], member_id: int) -> int:
    """As `add_many`, to one of them, with its own words."""
    return tx.execute(
        _MANY.format(members="", member_id=":member_id"), {**fields, "member_id": member_id}
    ).rowcount


_WORDED: Final = (
    _MANY.replace(":body", "j.value ->> 1")
    .replace(":text", "j.value ->> 2")
    .replace(":not_before", "coalesce(j.value ->> 3, :not_before)")
    .format(members="json_each(:rows) AS j CROSS JOIN", member_id="(j.value ->> 0)")
)


def add_worded(
    tx: Transaction, fields: dict[str, Any], rows: Iterable[tuple[int, str, str, int | None]]
) -> int:
    """As `add_many`, each with words of its own: (member, body, text, not before). One statement costs a third of one for each."""
    return tx.execute(_WORDED, {**fields, "rows": json.dumps(list(rows), ensure_ascii=False)}).rowcount


_WAKE: Final = """
    UPDATE outgoing SET state = 'queued', state_reason = '', not_before = NULL
     WHERE id IN (
        SELECT id FROM (SELECT id FROM outgoing WHERE {which} AND not_before IS NULL ORDER BY id LIMIT :limit)
         UNION ALL
        SELECT id FROM (SELECT id FROM outgoing WHERE {which} AND not_before <= :now ORDER BY not_before, id LIMIT :limit)
         UNION ALL
        SELECT id FROM (SELECT id FROM outgoing WHERE {which} AND not_before > :far ORDER BY not_before, id LIMIT :limit))
"""
_BY_THEMSELVES: Final = "state = 'scheduled' AND batch_id = 0 AND number_id = :id"
_OF_BATCH: Final = "state = 'scheduled' AND batch_id <> 0 AND batch_id = :id"


def wake(tx: Transaction, key: int, *, of_batch: bool, now: int) -> int:
    """Queue what waited for its hour, of a number (by itself) or of a batch; answers how many, about `WAKE_MAX` at most."""
    which = _OF_BATCH if of_batch else _BY_THEMSELVES
    values = {"id": key, "now": now, "far": now + (WEEK_MAX if of_batch else HOUR_MAX), "limit": WAKE_MAX}
    return tx.execute(_WAKE.format(which=which), values).rowcount


def next_wake_at(tx: Transaction, key: int, *, of_batch: bool) -> int | None:
    """The earliest instant something of it waits for (0: none in particular), None: nothing does."""
    which = _OF_BATCH if of_batch else _BY_THEMSELVES
    value = tx.value(
        f"SELECT coalesce(not_before, 0) FROM outgoing WHERE {which} ORDER BY not_before LIMIT 1", {"id": key}
    )
    return None if value is None else int(value)


def queued_of_batch(tx: Transaction, batch_id: int, enough: int) -> int:
    """How many of a batch are queued, counted up to `enough`."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM (SELECT 1 FROM outgoing
                                   WHERE batch_id <> 0 AND batch_id = :id AND state = 'queued' LIMIT :enough)
            """,
            {"id": batch_id, "enough": enough},
        )
    )


def cancel_of_batch(tx: Transaction, batch_id: int, states: Sequence[str], reason: str, limit: int) -> int:
    """Cancel so many of a batch that are in one of these states; answers how many."""
    return tx.execute(
        """
        UPDATE outgoing SET state = 'cancelled', state_reason = :reason
         WHERE id IN (SELECT id FROM outgoing WHERE batch_id <> 0 AND batch_id = :id
                         AND state IN (SELECT value FROM json_each(:states)) LIMIT :limit)
        """,
        {"id": batch_id, "reason": reason, "states": json.dumps(states), "limit": limit},
    ).rowcount


def hold_all_waiting(tx: Transaction, reason: str) -> int:
    """Hold whatever would leave by itself sooner or later, because of `reason`; answers how many.

    What an operator holds, and what needs a template, waits for somebody anyway.
    """
    return tx.execute(
        """
        UPDATE outgoing SET state = 'held', state_reason = :reason, not_before = NULL
         WHERE state IN ('queued', 'scheduled')
            OR (state = 'held' AND state_reason NOT IN ('operator', 'template_needed', :reason))
        """,
        {"reason": reason},
    ).rowcount


def set_outgoing_state(
    tx: Transaction,
    outgoing_id: int,
    state: str,
    reason: str = "",
    *,
    wamid: str | None = None,
    not_before: int | None = None,
) -> None:
    """Write the state of an outgoing row; `wamid` when WhatsApp took it, `not_before` when it waits for an instant."""
    tx.execute(
        """
        UPDATE outgoing
           SET state = :state, state_reason = :reason, wamid = coalesce(wamid, :wamid), not_before = :not_before
         WHERE id = :id
        """,
        {"state": state, "reason": reason, "wamid": wamid, "not_before": not_before, "id": outgoing_id},
    )


def set_sending(tx: Transaction, outgoing_ids: Sequence[int]) -> None:
    """These messages are on their way: their attempts are written."""
    tx.execute(
        """
        UPDATE outgoing SET state = 'sending', state_reason = '', not_before = NULL
         WHERE id IN (SELECT value FROM json_each(:ids))
        """,
        {"ids": json.dumps(outgoing_ids)},
    )


def set_accepted(tx: Transaction, accepted: Sequence[Accepted]) -> None:
    """WhatsApp took these messages; what a status has settled already stays as it is."""
    tx.execute(
        """
        UPDATE outgoing
           SET state = 'accepted', state_reason = '', wamid = coalesce(outgoing.wamid, a.wamid), not_before = NULL
          FROM (SELECT json_extract(value, '$[1]') AS id, json_extract(value, '$[2]') AS wamid FROM json_each(:accepted)) AS a
         WHERE outgoing.id = a.id AND (outgoing.state <> 'accepted' OR outgoing.wamid IS NULL)
        """,
        {"accepted": json.dumps(accepted)},
    )


def known_wamids(tx: Transaction, wamids: Sequence[str]) -> dict[str, int]:
    """Which outgoing row each of these ids of WhatsApp's is, where there is one."""
    rows = tx.rows(
        """
        SELECT o.wamid, o.id FROM json_each(:wamids) AS j CROSS JOIN outgoing AS o
         WHERE o.wamid = j.value AND o.wamid IS NOT NULL LIMIT :limit
        """,
        {"wamids": json.dumps(wamids), "limit": len(wamids)},
    )
    return {row["wamid"]: row["id"] for row in rows}


def set_message(tx: Transaction, outgoing_id: int, message_id: int) -> None:
    """Say which message of the thread an outgoing row is, once it stands there."""
    tx.execute(
        "UPDATE outgoing SET message_id = :message_id WHERE id = :id AND message_id IS NULL",
        {"message_id": message_id, "id": outgoing_id},
    )


def move_all(tx: Transaction, number_id: int, before: tuple[str, str], after: tuple[str, str]) -> int:
    """Move every outgoing row of a number from one (state, reason) to another; answers how many."""
    cursor = tx.execute(
        """
        UPDATE outgoing SET state = :state, state_reason = :reason, not_before = NULL
         WHERE number_id = :number_id AND state = :from_state AND state_reason = :from_reason
        """,
        {
            "number_id": number_id,
            "from_state": before[0],
            "from_reason": before[1],
            "state": after[0],
            "reason": after[1],
        },
    )
    return cursor.rowcount


def hurry(tx: Transaction, number_id: int) -> None:
    """The network is there (again): what waits only because it could not leave need not wait any longer."""
    tx.execute(
        """
        UPDATE outgoing SET not_before = NULL
         WHERE number_id = :number_id AND state = 'queued' AND not_before IS NOT NULL
           AND (SELECT outcome FROM attempt WHERE outgoing_id = outgoing.id ORDER BY n DESC LIMIT 1) = 'unsent'
        """,
        {"number_id": number_id},
    )


def is_wamid_of_another(tx: Transaction, wamid: str, outgoing_id: int) -> bool:
    """Whether another outgoing row already is that message of WhatsApp's."""
    return (
        tx.value(
            "SELECT 1 FROM outgoing WHERE wamid = :wamid AND id <> :id", {"wamid": wamid, "id": outgoing_id}
        )
        is not None
    )


def outgoing_columns(tx: Transaction, outgoing_id: int) -> dict[str, Any]:
    """The changeable columns of an outgoing row, for the act log."""
    row = tx.one("SELECT state, state_reason FROM outgoing WHERE id = :id", {"id": outgoing_id})
    if row is None:
        raise NotFound("That outgoing message is not in this ledger.")
    return dict(row)


def move_thread(tx: Transaction, other_id: int, conversation_id: int) -> None:
    """Every outgoing row of the thread `other_id` stands in `conversation_id`."""
    tx.execute(
        "UPDATE outgoing SET conversation_id = :id WHERE conversation_id = :other",
        {"id": conversation_id, "other": other_id},
    )
