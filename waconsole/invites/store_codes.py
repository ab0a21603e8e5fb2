"""Codes as rows: given out, looked up, revoked. A code is never taken out: whoever sends an old one is told apart."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.database.traces import Erased, Traces

CODES_MAX: Final = 1_000_000


class Code(NamedTuple):
    """A code: whose it is (`member_id` is the person's row), of which programme and place; instants in microseconds UTC."""

    id: int
    code: str
    programme_id: int
    programme: str
    member_id: int
    channel: str
    made_at: int
    expires_at: int | None
    revoked_at: int | None
    reason: str

    def is_in_force(self, at: int) -> bool:
        """Whether it may be used at `at`."""
        return (self.revoked_at is None or at < self.revoked_at) and (
            self.expires_at is None or at < self.expires_at
        )


_CODE: Final = """
    SELECT c.id, c.code, c.programme_id, p.name AS programme, r.root_id AS member_id, c.channel, c.made_at, c.expires_at,
           c.revoked_at, c.reason
      FROM code AS c
      JOIN programme AS p ON p.id = c.programme_id
      JOIN member_root AS r ON r.id = c.member_id
"""


def add_code(
    tx: Transaction,
    *,
    code: str,
    programme_id: int,
    member_id: int,
    channel: str,
    expires_at: int | None,
    now: int,
) -> int | None:
    """Write a code; answers its id, None when somebody has the same already."""
    cursor = tx.execute(
        """
        INSERT INTO code (code, programme_id, member_id, channel, made_at, expires_at)
        VALUES (:code, :programme_id, :member_id, :channel, :now, :expires_at)
            ON CONFLICT (code) DO NOTHING
        """,
        {
            "code": code, "programme_id": programme_id, "member_id": member_id, "channel": channel, "now": now,
            "expires_at": expires_at,
        },
    )  # fmt: skip
    return cursor.lastrowid if cursor.rowcount else None


def set_revoked(
    tx: Transaction, code_id: int, *, at: int | None, operator_id: int | None, reason: str
) -> None:
    """Revoke a code, or (`at` None) let it be in force again."""
    tx.execute(
        "UPDATE code SET revoked_at = :at, revoked_by = :operator_id, reason = :reason WHERE id = :id",
        {"id": code_id, "at": at, "operator_id": operator_id, "reason": reason},
    )


def code_by_id(tx: Transaction, code_id: int) -> Code:
    """The code of that id."""
    row = tx.one(f"{_CODE} WHERE c.id = :id", {"id": code_id})
    assert row is not None
    return Code(*row)


def codes_named(tx: Transaction, codes: Collection[str]) -> dict[str, Code]:
    """Those of some codes that were ever given out, by their signs."""
    rows = tx.rows(
        f"{_CODE} WHERE c.code IN (SELECT value FROM json_each(:codes)) LIMIT :limit",
        {"codes": json.dumps(sorted(codes)), "limit": CODES_MAX},
    )
    return {row["code"]: Code(*row) for row in rows}


def codes_of(tx: Transaction, member_id: int, programme_id: int) -> list[Code]:
    """A person's codes of a programme that nobody revoked, the oldest first."""
    rows = tx.rows(
        f"""
        {_CODE}
         WHERE r.root_id = (SELECT root_id FROM member_root WHERE id = :member_id) AND c.programme_id = :programme_id
           AND c.revoked_at IS NULL
         ORDER BY c.id LIMIT :limit
        """,
        {"member_id": member_id, "programme_id": programme_id, "limit": CODES_MAX},
    )
    return [Code(*row) for row in rows]


def suffixed(tx: Transaction, code: str, dash: str) -> list[Code]:
    """The codes of places that were made from a member's own one."""
    rows = tx.rows(
        f"{_CODE} WHERE c.code > :low AND c.code < :high ORDER BY c.id LIMIT :limit",
        {"low": code + dash, "high": code + dash + "\U0010ffff", "limit": CODES_MAX},
    )
    return [Code(*row) for row in rows]


def listed(
    tx: Transaction, *, programme_id: int | None, member_id: int | None, channel: str | None
) -> list[Row]:
    """Every code (of a programme, of a member, of a place), newest first, with whose it is and what it brought.

    Rows of (…`Code`, ref, name, phone, invites): `invites` counts what came by it.
    """
    return tx.rows(
        f"""
        SELECT k.*, m.ref, m.name, p.phone, (SELECT count(*) FROM invite AS i WHERE i.code_id = k.id) AS invites
          FROM ({_CODE}
                 WHERE (:programme_id IS NULL OR c.programme_id = :programme_id)
                   AND (:member_id IS NULL OR r.root_id = :member_id)
                   AND (:channel IS NULL OR c.channel = :channel)) AS k
          JOIN member AS m ON m.id = k.member_id
          LEFT JOIN member_phone AS p ON p.member_id = k.member_id
         ORDER BY k.id DESC
         LIMIT :limit
        """,
        {"programme_id": programme_id, "member_id": member_id, "channel": channel, "limit": CODES_MAX},
    )


def our_phone(tx: Transaction) -> str | None:
    """The phone of the first number of ours that has one: the Cloud API's before a gateway's."""
    found = tx.value(
        """
        SELECT phone FROM number
         WHERE phone IS NOT NULL AND driver IN ('cloud', 'gateway')
         ORDER BY driver = 'gateway', id LIMIT 1
        """
    )
    return None if found is None else str(found)


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget a person: the reasons that name them. Their codes stay, as they name nobody."""
    named, wanted = traces.condition("reason")
    words = [
        (traces.without(row["reason"]), row["id"])
        for row in tx.execute(f"SELECT id, reason FROM code WHERE {named}", wanted)
        if traces.found_in(row["reason"])
    ]
    tx.executemany("UPDATE code SET reason = ? WHERE id = ?", words)
    erased.count("code", len(words))
    erased.touched("code", [row_id for _, row_id in words])
