"""Schemes, their ambassadors, and whose a buyer's orders are: rows that are added and never changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from waconsole.cashback.earning import Version, terms_of
from waconsole.cashback.lines import AmbassadorRow, AttributionRow, EndingRow, SchemeRow
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members.model import folded

SCHEMES_MAX: Final = 10_000
AMBASSADORS_MAX: Final = 100_000
VERSIONS_MAX: Final = 10_000
WORDS_MAX: Final = 10_000
GROUPS_SHOWN_MAX: Final = 5


def next_id(tx: Transaction, table: str) -> int:
    """The id the next row of one of this room's tables gets."""
    return int(tx.value(f"SELECT coalesce(max(id), 0) + 1 FROM {table}"))


def _add(tx: Transaction, sql: str, row: Sequence[object]) -> None:
    try:
        tx.execute(sql, row)
    except sqlite3.IntegrityError as error:
        raise Refused(str(error)) from None


def add_scheme(tx: Transaction, row: SchemeRow, chain_seq: int) -> None:
    """Write a scheme. Raises Refused with what the tables say against it."""
    _add(
        tx,
        "INSERT INTO scheme (id, name, policy, added_at, chain_seq) VALUES (?, ?, ?, ?, ?)",
        (*row, chain_seq),
    )


def schemes(tx: Transaction) -> list[SchemeRow]:
    """Every scheme, oldest first."""
    rows = tx.rows("SELECT id, name, policy, added_at FROM scheme ORDER BY id LIMIT ?", (SCHEMES_MAX,))
    return [SchemeRow(*row) for row in rows]


def scheme_named(tx: Transaction, name: str) -> SchemeRow | None:
    """The scheme of that name, or None."""
    row = tx.one("SELECT id, name, policy, added_at FROM scheme WHERE name = ?", (name,))
    return None if row is None else SchemeRow(*row)


def versions(tx: Transaction, policy: str) -> list[Version]:
    """Every version of a scheme's terms. Raises Refused for a policy that says none."""
    rows = tx.rows(
        """
        SELECT version, valid_from, set_at, value
          FROM policy_version
         WHERE name = :policy
         ORDER BY version
         LIMIT :limit
        """,
        {"policy": policy, "limit": VERSIONS_MAX},
    )
    return [Version(row[0], row[1], row[2], terms_of(json.loads(row[3]))) for row in rows]


def add_ambassador(tx: Transaction, row: AmbassadorRow, chain_seq: int) -> None:
    """Write an ambassador. Raises Refused with what the tables say against it."""
    _add(
        tx,
        """
        INSERT INTO ambassador (id, member_id, scheme_id, group_id, group_ref, group_whatsapp_id, valid_from, operator_id,
                                added_at, chain_seq)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (*row, chain_seq),
    )


def add_ending(tx: Transaction, row: EndingRow, chain_seq: int) -> None:
    """Write that an ambassador ends. Raises Refused with what the tables say against it."""
    _add(
        tx,
        """
        INSERT INTO ambassador_ending (id, ambassador_id, ended_at, operator_id, recorded_at, chain_seq)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (*row, chain_seq),
    )


def add_attribution(tx: Transaction, row: AttributionRow, chain_seq: int) -> None:
    """Write whose a buyer's orders are. Raises Refused with what the tables say against it."""
    _add(
        tx,
        """
        INSERT INTO attribution (id, buyer_id, referrer_id, valid_from, origin, reason, operator_id, recorded_at, chain_seq)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (*row, chain_seq),
    )


_STAY: Final = """
    SELECT a.id, a.member_id, r.root_id, a.scheme_id, s.name AS scheme, a.group_id, g.name AS group_name, a.valid_from,
           a.ended_at, m.ref, w.ref AS own_ref, p.phone, m.name, o.name AS added_by, a.added_at
      FROM ambassador_stay AS a
      JOIN scheme AS s ON s.id = a.scheme_id
      JOIN member_root AS r ON r.id = a.member_id
      JOIN member AS m ON m.id = r.root_id
      JOIN member AS w ON w.id = a.member_id
      JOIN operator AS o ON o.id = a.operator_id
      LEFT JOIN visible_group AS g ON g.id = a.group_id
      LEFT JOIN member_phone AS p ON p.member_id = r.root_id
"""


def ambassadors(tx: Transaction, *, scheme_id: int | None = None) -> list[Row]:
    """Every ambassador (of one scheme), oldest first.

    Rows of (id, member_id, root_id, scheme_id, scheme, group_id, group_name, valid_from, ended_at, ref, own_ref, phone,
    name, added_by, added_at). `ref` is the person's, `own_ref` that of the row they were added with.
    """
    where = "" if scheme_id is None else "WHERE a.scheme_id = :scheme_id"
    return tx.rows(
        f"{_STAY} {where} ORDER BY a.id LIMIT :limit", {"scheme_id": scheme_id, "limit": AMBASSADORS_MAX}
    )


def ambassadors_of(tx: Transaction, member_id: int, scheme_id: int) -> list[Row]:
    """A person's rows as an ambassador of one scheme, oldest first, as in `ambassadors`."""
    return tx.rows(
        f"""
        {_STAY}
         WHERE a.scheme_id = :scheme_id AND r.root_id = (SELECT root_id FROM member_root WHERE id = :member_id)
         ORDER BY a.id LIMIT :limit
        """,
        {"scheme_id": scheme_id, "member_id": member_id, "limit": AMBASSADORS_MAX},
    )


def group_named(tx: Transaction, name: str) -> int:
    """The id of the one group that a ref, WhatsApp's id or a name names. Raises NotFound."""
    rows = tx.rows(
        """
        SELECT id, ref, name FROM visible_group
         WHERE ref = :name OR whatsapp_id = :name OR folded = :folded
         ORDER BY ref <> :name, name <> :name, id LIMIT :limit
        """,
        {"name": name, "folded": folded(name), "limit": GROUPS_SHOWN_MAX},
    )
    if not rows:
        raise NotFound(f"No group is called {name}: `waconsole groups list` shows them.")
    exact = [row for row in rows if name in (row["ref"], row["name"])] or rows
    if len(exact) > 1 and exact[0]["ref"] != name:
        several = ", ".join(f"{row['ref']} ({row['name']})" for row in exact)
        raise NotFound(f"{name} names more than one group: {several}. Name one by its ref.")
    return int(exact[0]["id"])


def group_words(tx: Transaction, group_id: int) -> tuple[str, str]:
    """(ref, WhatsApp's id or an empty text) of a group."""
    row = tx.one("SELECT ref, coalesce(whatsapp_id, '') FROM visible_group WHERE id = ?", (group_id,))
    assert row is not None
    return row[0], row[1]


def attributions(tx: Transaction, buyer_root_ids: Sequence[int]) -> list[Row]:
    """What was said of some buyers, each by the row that stands for them, oldest word first.

    Rows of (root_id, referrer_root_id or None, valid_from, id, origin, reason, operator, recorded_at).
    """
    return tx.rows(
        """
        SELECT r.root_id, f.root_id AS referrer_root_id, t.valid_from, t.id, t.origin, t.reason, o.name AS operator,
               t.recorded_at
          FROM json_each(:ids) AS wanted
         CROSS JOIN member_root AS r ON r.root_id = wanted.value
         CROSS JOIN attribution AS t ON t.buyer_id = r.id
          LEFT JOIN member_root AS f ON f.id = t.referrer_id
          LEFT JOIN operator AS o ON o.id = t.operator_id
         ORDER BY t.id
         LIMIT :limit
        """,
        {"ids": json.dumps(list(buyer_root_ids)), "limit": WORDS_MAX},
    )
