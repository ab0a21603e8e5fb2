"""Messages that wait for a number nobody sends with any more: the settings name another one, or none."""

from __future__ import annotations

from typing import Final, NamedTuple

from waconsole.database.connection import Transaction

NUMBERS_MAX: Final = 100
FORMER_SETTING: Final = "cloud.phone_number_id"


class Former(NamedTuple):
    """A number with messages that wait for it: WhatsApp's id of it, and how many."""

    phone_number_id: str
    waiting: int


def waiting_for_former(tx: Transaction, phone_number_id: str) -> list[Former]:
    """The numbers of the Cloud API other than this one ("": none is set) that messages wait for, most first."""
    rows = tx.rows(
        """
        SELECT n.phone_number_id, count(*) AS waiting
          FROM outgoing AS o
          JOIN number AS n ON n.id = o.number_id
         WHERE (o.state = 'queued' OR (o.state = 'held' AND o.state_reason = 'number'))
           AND n.driver = 'cloud' AND n.phone_number_id <> :phone_number_id
           AND n.added_by IS NULL
         GROUP BY n.id
         ORDER BY waiting DESC, n.id
         LIMIT :limit
        """,
        {"phone_number_id": phone_number_id, "limit": NUMBERS_MAX},
    )
    return [Former(row["phone_number_id"], row["waiting"]) for row in rows]


def former_advice(tx: Transaction, phone_number_id: str) -> str:
    """One sentence about them, or empty."""
    found = waiting_for_former(tx, phone_number_id)
    if not found:
        return ""
    count = sum(one.waiting for one in found)
    numbers = " and ".join(one.phone_number_id for one in found)
    stands = f"is {phone_number_id}" if phone_number_id else "is not set"
    waits = "1 message waits" if count == 1 else f"{count:,} messages wait"
    return (
        f"{waits} for the number {numbers}, and {FORMER_SETTING} {stands}: nobody sends that."
        " Set it back to send, or `waconsole outbox list --state queued` and `outbox cancel`."
    )
