"""What is paused as a whole, or on its way there: everything, a number, a campaign. Their only writer."""

from __future__ import annotations

from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction

BREAKERS_MAX: Final = 10_000
ALL: Final = "all"
NUMBER: Final = "number"
CAMPAIGN: Final = "campaign"
WATCHING: Final = "watching"
PAUSED: Final = "paused"
TRYING: Final = "trying"


class Breaker(NamedTuple):
    """One row; `strikes` are refusals in a row, `missed` of `tried` people could not be reached."""

    state: str = WATCHING
    reason: str = ""
    detail: str = ""
    since: int | None = None
    operator_id: int | None = None
    strikes: int = 0
    tried: int = 0
    missed: int = 0


def breaker(tx: Transaction, scope: str, key: str) -> Breaker:
    """How one stands; one that nobody wrote is watching."""
    row = tx.one(
        """
        SELECT state, reason, detail, since, operator_id, strikes, tried, missed
          FROM breaker WHERE scope = :scope AND key = :key
        """,
        {"scope": scope, "key": key},
    )
    return Breaker() if row is None else Breaker(*row)


def set_state(
    tx: Transaction,
    scope: str,
    key: str,
    state: str,
    *,
    reason: str = "",
    detail: str = "",
    since: int | None = None,
    operator_id: int | None = None,
) -> None:
    """Write what it stands at, and begin to count anew."""
    tx.execute(
        """
        INSERT INTO breaker (scope, key, state, reason, detail, since, operator_id)
        VALUES (:scope, :key, :state, :reason, :detail, :since, :operator_id)
            ON CONFLICT (scope, key) DO UPDATE
              SET state = excluded.state, reason = excluded.reason, detail = excluded.detail, since = excluded.since,
                  operator_id = excluded.operator_id, strikes = 0, tried = 0, missed = 0
        """,
        {
            "scope": scope,
            "key": key,
            "state": state,
            "reason": reason,
            "detail": detail,
            "since": since,
            "operator_id": operator_id,
        },
    )


def set_counts(tx: Transaction, scope: str, key: str, *, strikes: int, tried: int, missed: int) -> None:
    """Write what was counted."""
    tx.execute(
        """
        INSERT INTO breaker (scope, key, strikes, tried, missed) VALUES (:scope, :key, :strikes, :tried, :missed)
            ON CONFLICT (scope, key) DO UPDATE
              SET strikes = excluded.strikes, tried = excluded.tried, missed = excluded.missed
        """,
        {"scope": scope, "key": key, "strikes": strikes, "tried": tried, "missed": missed},
    )


def is_all_paused(tx: Transaction) -> bool:
    """Whether an operator paused everything."""
    return tx.value("SELECT 1 FROM breaker WHERE scope = 'all' AND key = '' AND state = 'paused'") is not None


def may_leave(tx: Transaction, attempt_id: int) -> bool:
    """The last look before the wire: the attempt is still its owner's, and nothing it belongs to is paused."""
    value = tx.value(
        """
        SELECT a.outcome = '' AND n.paused_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM breaker
                            WHERE state = 'paused'
                              AND ((scope = 'all' AND key = '') OR (scope = 'campaign' AND key <> '' AND key = o.campaign)))
          FROM attempt AS a
          JOIN outgoing AS o ON o.id = a.outgoing_id
          JOIN number AS n ON n.id = o.number_id
         WHERE a.id = :id
        """,
        {"id": attempt_id},
    )
    return bool(value)


def campaigns(tx: Transaction, state: str) -> frozenset[str]:
    """The campaigns that stand at `state`."""
    rows = tx.rows(
        "SELECT key FROM breaker WHERE scope = 'campaign' AND state = :state LIMIT :limit",
        {"state": state, "limit": BREAKERS_MAX},
    )
    return frozenset(row["key"] for row in rows)


def paused(tx: Transaction) -> list[Row]:
    """(scope, key, reason, detail, since, operator) of everything and every campaign that is paused, newest first."""
    return tx.rows(
        """
        SELECT b.scope, b.key, b.reason, b.detail, b.since, o.name AS operator
          FROM breaker AS b LEFT JOIN operator AS o ON o.id = b.operator_id
         WHERE b.state = 'paused' ORDER BY b.since DESC, b.id LIMIT :limit
        """,
        {"limit": BREAKERS_MAX},
    )


def row_id(tx: Transaction, scope: str, key: str) -> int:
    """The id of one, written when it is new: what the act log names it by."""
    found = tx.value(
        "SELECT id FROM breaker WHERE scope = :scope AND key = :key", {"scope": scope, "key": key}
    )
    if found is None:
        return tx.insert(
            "INSERT INTO breaker (scope, key) VALUES (:scope, :key)", {"scope": scope, "key": key}
        )
    return int(found)


def columns(tx: Transaction, breaker_id: int) -> dict[str, object]:
    """The changeable columns of one, for the act log."""
    row = tx.one(
        "SELECT scope, key, state, reason, detail, since, operator_id FROM breaker WHERE id = :id",
        {"id": breaker_id},
    )
    return {} if row is None else dict(row)
