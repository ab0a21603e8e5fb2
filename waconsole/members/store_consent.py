"""Consent rows: what a person agreed to, refused or stopped, each word with its source and date.

Nothing is overwritten. What is in force is read by the view `consent_in_force`: a stop outranks
everything until the person themselves resumes; then the latest word counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction

WORDS_MAX: Final = 1000


def add_consent(
    tx: Transaction,
    *,
    member_id: int,
    purpose: str,
    state: str,
    source: str,
    decided_at: int,
    now: int,
    origin: str,
) -> bool:
    """Write what the person said at `decided_at` (event time): `yes`, `no`, `stop` or `resume`; the same again is False.

    A stop outranks every other word, and only a later resume, by the person themselves, lifts it.
    `source` says by what: `word:opt_out.en v1 <wamid>`, `whatsapp:user_preferences`, `contacts file …`.
    """
    cursor = tx.execute(
        """
        INSERT INTO consent (member_id, purpose, state, source, decided_at, recorded_at, origin)
        SELECT :member_id, :purpose, :state, :source, :decided_at, :now, :origin
         WHERE NOT EXISTS (SELECT 1
                             FROM member_root AS r
                            CROSS JOIN member_root AS o
                            CROSS JOIN consent AS c
                            WHERE r.id = :member_id AND o.root_id = r.root_id AND c.member_id = o.id
                              AND c.purpose = :purpose AND c.state = :state AND c.decided_at = :decided_at)
        """,
        {
            "member_id": member_id,
            "purpose": purpose,
            "state": state,
            "source": source,
            "decided_at": decided_at,
            "now": now,
            "origin": origin,
        },
    )
    return cursor.rowcount > 0


def consent_in_force(tx: Transaction, member_id: int, purpose: str = "marketing") -> str | None:
    """`yes`, `no`, `stop`, or None when nobody said anything; of the whole person."""
    value = tx.value(
        """
        SELECT f.state
          FROM member_root AS r
         CROSS JOIN consent_in_force AS f
         WHERE r.id = :id AND f.member_id = r.root_id AND f.purpose = :purpose
        """,
        {"id": member_id, "purpose": purpose},
    )
    return None if value is None else str(value)


def stops_since(tx: Transaction, root_id: int, since: int) -> list[Row]:
    """Stops that stand and were said on `root_id` at or after `since`."""
    return tx.rows(
        """
        SELECT purpose, source, decided_at, origin
          FROM consent_word
         WHERE member_id = :id AND said_by = :id AND state = 'stop' AND stands AND decided_at >= :since
         ORDER BY id
         LIMIT :limit
        """,
        {"id": root_id, "since": since, "limit": WORDS_MAX},
    )


def standing_stops(tx: Transaction, root_id: int) -> list[Row]:
    """Every stop of a person that stands."""
    return tx.rows(
        """
        SELECT purpose, source, decided_at, origin
          FROM consent_word
         WHERE member_id = :id AND state = 'stop' AND stands
         ORDER BY id
         LIMIT :limit
        """,
        {"id": root_id, "limit": WORDS_MAX},
    )


def copy_word(tx: Transaction, member_id: int, word: Row, *, now: int) -> int | None:
    """Write a stop of somebody on another row as well; its id, or None when it is there."""
    row = tx.one(
        """
        INSERT INTO consent (member_id, purpose, state, source, decided_at, recorded_at, origin)
        VALUES (:member_id, :purpose, 'stop', :source, :decided_at, :now, :origin)
            ON CONFLICT (member_id, purpose, state, decided_at, source) DO NOTHING
        RETURNING id
        """,
        {"member_id": member_id, "now": now, **dict(word)},
    )
    return None if row is None else int(row["id"])


def take_back(tx: Transaction, ids: Sequence[int]) -> None:
    """Take out copies of words, as undo does; the words themselves stay."""
    tx.executemany("DELETE FROM consent WHERE id = ?", [(key,) for key in ids])


def consents(tx: Transaction, member_id: int) -> list[dict[str, object]]:
    """Every consent, refusal, stop and resume of a person, newest first, with its source and date."""
    rows = tx.rows(
        """
        SELECT purpose, state, source, text_version, decided_at
          FROM consent_word
         WHERE member_id = :id
         ORDER BY decided_at DESC, id DESC
         LIMIT :limit
        """,
        {"id": member_id, "limit": WORDS_MAX},
    )
    return [
        {**dict(row), "decided_at": iso(row["decided_at"]) if row["decided_at"] else None} for row in rows
    ]
