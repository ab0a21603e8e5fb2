"""How our number stands with WhatsApp, as the ledger knows it: whoever sends, every console reads the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.outbox.eligible import NEW_INSTALLATION
from waconsole.outbox.store_rows import held_because

ATTEMPTS_LOOKED_AT: Final = 30  # more than are ever on their way at once


@dataclass(frozen=True, slots=True)
class Standing:
    """One number of the Cloud API.

    `waiting` counts what is queued, on its way, or held because the number stands still;
    `stopped` is WhatsApp's reason for that, or empty. `unreached` says that the last attempt could
    not leave; `answered_at` is when WhatsApp last answered one, in microseconds UTC; `copied` counts
    what is held because this ledger is a copy, by whichever number.
    """

    waiting: int
    stopped: str
    unreached: bool
    answered_at: int | None
    copied: int = 0


def standing(tx: Transaction, phone_number_id: str = "") -> Standing | None:
    """How the number with that id of Meta's stands, else the first of the Cloud API; None when there is none."""
    number = tx.one(
        """
        SELECT id, stopped_reason
          FROM number
         WHERE driver = 'cloud'
         ORDER BY phone_number_id = :id DESC, id
         LIMIT 1
        """,
        {"id": phone_number_id},
    )
    if number is None:
        return None
    ended = tx.rows(
        """
        SELECT outcome, ended_at
          FROM (SELECT outcome, ended_at FROM attempt ORDER BY id DESC LIMIT :limit) AS latest
         WHERE outcome IN ('accepted', 'refused', 'unsent')
         ORDER BY ended_at DESC
         LIMIT :limit
        """,
        {"limit": ATTEMPTS_LOOKED_AT},
    )
    return Standing(
        waiting=_waiting(tx, number["id"]),
        stopped=number["stopped_reason"],
        unreached=bool(ended) and ended[0]["outcome"] == "unsent",
        answered_at=next((row["ended_at"] for row in ended if row["outcome"] != "unsent"), None),
        copied=held_because(tx, NEW_INSTALLATION),
    )


def _waiting(tx: Transaction, number_id: int) -> int:
    return int(
        tx.value(
            """
            SELECT count(*) FROM outgoing
             WHERE state IN ('queued', 'sending', 'held') AND number_id = :number_id AND driver = 'cloud'
               AND (state <> 'held' OR state_reason = 'number')
            """,
            {"number_id": number_id},
        )
    )
