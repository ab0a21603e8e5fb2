"""Work item rows: what was drawn out of messages, by which rule, and whether it is still owed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound

ITEMS_MAX: Final = 100_000


class ItemRow(NamedTuple):
    """A work item as it is written; the order is that of the INSERT below."""

    ref: str
    conversation_id: int
    message_id: int
    kind: str
    rule: str
    rule_version: int
    evidence: str
    asked_at: int
    owed_until: int
    origin: str
    import_run_id: int


def add_items(tx: Transaction, rows: Sequence[ItemRow]) -> None:
    """Write open work items; an item that is known by its ref, or by message and kind, stays as it is."""
    tx.executemany(
        """
        INSERT INTO work_item (ref, conversation_id, message_id, kind, state, rule, rule_version, evidence, asked_at,
                               owed_until, origin, import_run_id)
        VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
        """,
        rows,
    )


def add_item(tx: Transaction, row: ItemRow) -> int | None:
    """As `add_items` for one, and its id; None when it was known."""
    return cast(
        "int | None",
        tx.value(
            """
            INSERT INTO work_item (ref, conversation_id, message_id, kind, state, rule, rule_version, evidence, asked_at,
                                   owed_until, origin, import_run_id)
            VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO NOTHING
            RETURNING id
            """,
            row,
        ),
    )


_ITEM = """
    SELECT id, ref, conversation_id, message_id, kind, state, rule, rule_version, evidence, asked_at, owed_until
      FROM visible_item
"""


def item_by_id(tx: Transaction, item_id: int) -> Row:
    """A work item's row. Raises NotFound."""
    row = tx.one(f"{_ITEM} WHERE id = :id", {"id": item_id})
    if row is None:
        raise NotFound("That item is not in this ledger.")
    return row


def items_of_message(tx: Transaction, message_id: int) -> list[Row]:
    """The work items of one message, in whatever state."""
    return tx.rows(f"{_ITEM} WHERE message_id = :id ORDER BY id LIMIT 100", {"id": message_id})


def open_items(tx: Transaction, conversation_id: int) -> list[Row]:
    """A conversation's open items, the one owed first before the others."""
    return tx.rows(
        f"{_ITEM} WHERE conversation_id = :id AND state = 'open' ORDER BY owed_until, id LIMIT :limit",
        {"id": conversation_id, "limit": ITEMS_MAX},
    )


def state_of(tx: Transaction, item_id: int) -> dict[str, Any]:
    """The changeable columns of an item, for the act log. Raises NotFound."""
    row = tx.one("SELECT state FROM work_item WHERE id = :id", {"id": item_id})
    if row is None:
        raise NotFound("That item is not in this ledger.")
    return dict(row)


def set_states(tx: Transaction, changes: Sequence[tuple[str, int]]) -> None:
    """Write (state, item id)."""
    tx.executemany("UPDATE work_item SET state = ? WHERE id = ?", changes)


def next_open_item(
    tx: Transaction, *, now: int, after: tuple[int, int] | None = None, kinds: Sequence[str] = ()
) -> Row | None:
    """The open item whose target comes next over all conversations that are not muted or snoozed.

    `after` is (owed_until, id) of the item to go on from; None begins with the most urgent.
    """
    wanted = ", ".join(f":kind{place}" for place in range(len(kinds)))
    where_kind = f"AND i.kind IN ({wanted})" if kinds else ""
    return tx.one(
        f"""
        SELECT i.id, i.ref, i.conversation_id, i.message_id, i.kind, i.owed_until
          FROM visible_item AS i
          JOIN visible_conversation AS c ON c.id = i.conversation_id
         WHERE i.state = 'open'
           AND c.muted = 0
           AND c.snoozed_until <= :now
           AND (i.owed_until, i.id) > (:at, :id)
           {where_kind}
         ORDER BY i.owed_until, i.id
         LIMIT 1
        """,
        {
            "now": now,
            "at": after[0] if after else -1,
            "id": after[1] if after else -1,
            **{f"kind{place}": kind for place, kind in enumerate(kinds)},
        },
    )


def remove_run(tx: Transaction, message_ids: Sequence[int]) -> None:
    """Take out the items of messages whose run was never sealed."""
    tx.executemany(
        "DELETE FROM work_item WHERE message_id = ?", [(message_id,) for message_id in message_ids]
    )


def move_thread(tx: Transaction, other_id: int, conversation_id: int) -> None:
    """Every work item of the thread `other_id` stands in `conversation_id`."""
    tx.execute(
        "UPDATE work_item SET conversation_id = :id WHERE conversation_id = :other",
        {"id": conversation_id, "other": other_id},
    )
