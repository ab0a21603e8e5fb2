"""What members share with each other: equal names, a device, a payment handle, an address, a number. Reads only.

The rows merged into a person count as the person's.
"""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.members.likeness import Shared, address_key, alike_addresses

SHARED_MAX: Final = 100_000
ADDRESSES_MAX: Final = 10_000_000
SHARING_MAX: Final = 50  # a name or device that more members have says nothing of any two

_BY_COLUMN: Final = """
    SELECT min(m.{shown}) AS value, group_concat(DISTINCT r.root_id) AS members
      FROM member AS m
      JOIN member_root AS r ON r.id = m.id
     WHERE m.{column} <> '' AND r.root_id IN (SELECT id FROM visible_member) {only}
     GROUP BY m.{column}
    HAVING count(DISTINCT r.root_id) BETWEEN 2 AND :most
     LIMIT :limit
"""
_COLUMNS: Final = (
    ("device", "device", "device"),
    ("payment", "payment", "payment"),
    ("name", "folded", "name"),
)

# Somebody WhatsApp named with a number that another row bears.
_BY_NUMBER: Final = """
    SELECT w.value, w.member_id AS one, p.member_id AS other
      FROM alias AS w
      JOIN alias AS p ON p.kind = 'phone' AND p.value = w.value AND p.group_id = 0 AND p.member_id <> w.member_id
     WHERE w.kind = 'wa_id' {only}
     ORDER BY w.id
     LIMIT :limit
"""


def shared(tx: Transaction, member_id: int | None = None) -> list[Shared]:
    """What members share: everybody's, or what one person shares with others."""
    values: dict[str, object] = {"most": SHARING_MAX, "limit": SHARED_MAX, "id": member_id}
    found: list[Shared] = []
    for reason, column, shown in _COLUMNS:
        only = "" if member_id is None else f"AND m.{column} IN ({_own(column)})"
        rows = tx.rows(_BY_COLUMN.format(column=column, shown=shown, only=only), values)
        found += [Shared(reason, row["value"], _ids(row["members"])) for row in rows]
    only = "" if member_id is None else "AND (w.member_id = :id OR p.member_id = :id)"
    for row in tx.rows(_BY_NUMBER.format(only=only), values):
        found.append(Shared("number", row["value"], tuple(sorted((row["one"], row["other"])))))
    found += _addresses(tx, member_id)
    return found


def _own(column: str) -> str:
    """The values of a column that a person's rows have."""
    return f"SELECT o.{column} FROM member AS o JOIN member_root AS s ON s.id = o.id WHERE s.root_id = :id"


def _ids(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(one) for one in text.split(",")))


def _addresses(tx: Transaction, member_id: int | None) -> list[Shared]:
    """Addresses are compared as people read them, so they are compared here and not by the engine."""
    rows = tx.rows(
        """
        SELECT r.root_id, m.address
          FROM member AS m
          JOIN member_root AS r ON r.id = m.id
         WHERE m.address <> '' AND r.root_id IN (SELECT id FROM visible_member)
         LIMIT :limit
        """,
        {"limit": ADDRESSES_MAX},
    )
    pairs = [(row[0], row[1]) for row in rows]
    if member_id is not None:
        own = {address_key(text) for key, text in pairs if key == member_id}
        pairs = [(key, text) for key, text in pairs if address_key(text) in own] if own else []
    return [one for one in alike_addresses(pairs) if len(one.members) <= SHARING_MAX]
