"""What is known of each operator, and what an authority asks of the ledger before somebody decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.operators.store import OPERATORS_MAX, Operator

LIMITS_MAX: Final = 10_000
SOLO: Final = "operators.solo"

_COLUMNS: Final = "id, ref, name, role, added_at, member_id, passphrase_id, active_at, retired_at"


@dataclass(frozen=True, slots=True)
class Known:
    """An operator with all there is to tell; instants in microseconds UTC.

    `passphrase_id` is the row of the passphrase in force, `active_at` when the first one was set.
    """

    id: int
    ref: str
    name: str
    role: str
    added_at: int
    member_id: int | None
    passphrase_id: int | None
    active_at: int | None
    retired_at: int | None

    @property
    def operator(self) -> Operator:
        """The same as the acts know them."""
        return Operator(self.id, self.ref, self.name, self.role)

    @property
    def is_active(self) -> bool:
        """Whether they may decide: they have a passphrase and are not retired."""
        return self.passphrase_id is not None and self.retired_at is None


def known_operators(tx: Transaction) -> list[Known]:
    """Everybody who ever acted here, oldest first."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM known_operator ORDER BY id LIMIT :limit", {"limit": OPERATORS_MAX}
    )
    return [Known(*row) for row in rows]


def known_by_name(tx: Transaction, name: str) -> Known | None:
    """The operator called `name` (or with that ref), or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM known_operator WHERE name = :name OR ref = :name", {"name": name})
    return None if row is None else Known(*row)


def known_by_id(tx: Transaction, operator_id: int) -> Known | None:
    """The operator of this row, or None."""
    row = tx.one(f"SELECT {_COLUMNS} FROM known_operator WHERE id = :id", {"id": operator_id})
    return None if row is None else Known(*row)


def has_passphrases(tx: Transaction) -> bool:
    """Whether anybody ever set a passphrase on this ledger: from then on a name is proved."""
    return tx.value("SELECT 1 FROM operator_passphrase LIMIT 1") is not None


def is_retired(tx: Transaction, operator_id: int) -> bool:
    """Whether this operator has retired."""
    return (
        tx.value("SELECT 1 FROM operator_retirement WHERE operator_id = :id", {"id": operator_id}) is not None
    )


def limit_of(tx: Transaction, operator_id: int, currency: str) -> int | None:
    """How many minor units an operator may approve in a day; None without a limit in that currency."""
    found = tx.value(
        """
        SELECT amount_minor FROM operator_limit_in_force
         WHERE operator_id = :operator AND currency = :currency
        """,
        {"operator": operator_id, "currency": currency},
    )
    return None if found is None else int(found)


def limits(tx: Transaction) -> list[tuple[int, str, int]]:
    """(operator, currency, minor units a day) of every limit in force."""
    rows = tx.rows(
        """
        SELECT operator_id, currency, amount_minor FROM operator_limit_in_force
         ORDER BY operator_id, currency LIMIT :limit
        """,
        {"limit": LIMITS_MAX},
    )
    return [(row[0], row[1], row[2]) for row in rows]


def member_root(tx: Transaction, member_id: int | None) -> int | None:
    """The member that stands for this one after every merge; None for nobody."""
    if member_id is None:
        return None
    found = tx.value("SELECT root_id FROM member WHERE id = :id", {"id": member_id})
    return member_id if found is None else int(found)


def member_refs(tx: Transaction, member_ids: Sequence[int]) -> dict[int, str]:
    """The refs of members, by row; of the member that stands for one after every merge."""
    found: dict[int, str] = {}
    for member_id in member_ids[:OPERATORS_MAX]:
        ref = tx.value(
            "SELECT ref FROM member WHERE id = (SELECT root_id FROM member WHERE id = :id)", {"id": member_id}
        )
        if ref is not None:
            found[member_id] = str(ref)
    return found


def active_between(tx: Transaction, since: int) -> int:
    """How many operators could decide at some instant from `since` on."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM known_operator
             WHERE active_at IS NOT NULL AND (retired_at IS NULL OR retired_at > :since)
            """,
            {"since": since},
        )
    )


def policy_value(tx: Transaction, name: str, *, now: int) -> tuple[str, int, int] | None:
    """(JSON value, version, when it was set) of the policy `name` in force at `now`, or None."""
    row = tx.one(
        """
        SELECT value, version, set_at FROM policy_in_force_row
         WHERE name = :name AND valid_from <= :now
         ORDER BY begins_at DESC, version DESC LIMIT 1
        """,
        {"name": name, "now": now},
    )
    return None if row is None else (row[0], row[1], row[2])
