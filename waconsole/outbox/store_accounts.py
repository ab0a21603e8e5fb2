"""What WhatsApp said of whole accounts, and how often each was asked for something beside messages."""

from __future__ import annotations

from typing import Final

from waconsole.clock import MINUTE
from waconsole.database.connection import Row, Transaction

MINUTES_OF_HOUR: Final = 60
NUMBERS_MAX: Final = 100


def account_word(tx: Transaction, waba_id: str) -> Row | None:
    """(word, sentence, stops, told_at) of what was last said of an account, or None."""
    return tx.one(
        "SELECT word, sentence, stops, told_at FROM account_word WHERE waba_id = :waba_id",
        {"waba_id": waba_id},
    )


def set_account_word(
    tx: Transaction, waba_id: str, *, word: str, sentence: str, stops: bool, at: int
) -> bool:
    """Keep WhatsApp's word of `at` on an account; False when a later one is known (or a harder one of the same second)."""
    cursor = tx.execute(
        """
        INSERT INTO account_word (waba_id, word, sentence, stops, told_at)
        VALUES (:waba_id, :word, :sentence, :stops, :at)
            ON CONFLICT (waba_id) DO UPDATE
           SET word = excluded.word, sentence = excluded.sentence, stops = excluded.stops, told_at = excluded.told_at
         WHERE excluded.told_at > account_word.told_at
            OR (excluded.told_at = account_word.told_at AND excluded.stops >= account_word.stops)
        """,
        {"waba_id": waba_id, "word": word, "sentence": sentence, "stops": int(stops), "at": at},
    )
    return cursor.rowcount > 0


def numbers_of(tx: Transaction, waba_id: str) -> list[Row]:
    """(id, name, phone, portfolio, paused_at, paused_by, paused_reason) of an account's numbers.

    One whose account nobody told belongs to any.
    """
    return tx.rows(
        """
        SELECT id, name, phone, portfolio, paused_at, paused_by, paused_reason FROM number
         WHERE driver = 'cloud' AND (waba_id = :waba_id OR waba_id = '')
         ORDER BY id LIMIT :limit
        """,
        {"waba_id": waba_id, "limit": NUMBERS_MAX},
    )


def accounts(tx: Transaction) -> list[str]:
    """The accounts of our numbers, as far as they are known."""
    rows = tx.rows(
        """
        SELECT DISTINCT waba_id FROM number WHERE driver = 'cloud' AND waba_id <> '' ORDER BY waba_id LIMIT :limit
        """,
        {"limit": NUMBERS_MAX},
    )
    return [row["waba_id"] for row in rows]


def calls_in_last_hour(tx: Transaction, waba_id: str, *, now: int) -> int:
    """How often an account was asked in the last hour."""
    return int(
        tx.value(
            "SELECT coalesce(sum(times), 0) FROM management_call WHERE waba_id = :waba_id AND minute > :since",
            {"waba_id": waba_id, "since": now // MINUTE - MINUTES_OF_HOUR},
        )
    )


def count_call(tx: Transaction, waba_id: str, *, now: int) -> None:
    """Count one call, and forget what is older than an hour."""
    minute = now // MINUTE
    tx.execute(
        "DELETE FROM management_call WHERE waba_id = :waba_id AND minute <= :before",
        {"waba_id": waba_id, "before": minute - MINUTES_OF_HOUR},
    )
    tx.execute(
        """
        INSERT INTO management_call (waba_id, minute, times) VALUES (:waba_id, :minute, 1)
            ON CONFLICT (waba_id, minute) DO UPDATE SET times = times + 1
        """,
        {"waba_id": waba_id, "minute": minute},
    )


def is_active(tx: Transaction, waba_id: str) -> bool:
    """Whether a number of the account is registered: one of ours is of it."""
    return bool(
        tx.value(
            "SELECT 1 FROM number WHERE waba_id = :waba_id AND driver = 'cloud' LIMIT 1", {"waba_id": waba_id}
        )
    )
