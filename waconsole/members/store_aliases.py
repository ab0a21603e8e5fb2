"""Alias rows: every number, id and name somebody is known under, with when it was seen.

`member_id` is the row that stands for the person; `moved_from` is whose the alias is, where that
is another row. A former number keeps its alias, closed by `seen_until`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.members import store_erased
from waconsole.members.model import folded

ALIASES_MAX: Final = 1000


def alias_id(tx: Transaction, kind: str, value: str, group_id: int = 0) -> tuple[int, int] | None:
    """(alias id, member id) of an alias, or None. A username or profile name answers its first bearer."""
    row = tx.one(
        """
        SELECT id, member_id FROM alias
         WHERE kind = :kind AND value = :value AND group_id = :group_id
         ORDER BY id
         LIMIT 1
        """,
        {"kind": kind, "value": value, "group_id": group_id},
    )
    return None if row is None else (row["id"], row["member_id"])


def member_by_alias(tx: Transaction, kind: str, value: str) -> int | None:
    """The id of whoever stands for the bearer of a phone, wa_id, bsuid or lid, or None.

    Values compare as stored (a BSUID minds its case). Nobody is found by a name or a username: both
    may be borne by many.
    """
    if kind in ("name", "username"):
        return None
    found = alias_id(tx, kind, value)
    return None if found is None else found[1]


def add_alias(
    tx: Transaction,
    *,
    member_id: int,
    kind: str,
    value: str,
    group_id: int,
    origin: str,
    seen_from: int | None = None,
    seen_until: int | None = None,
) -> int:
    """Write an alias and answer its id. One of a merged row stands under whoever stands for it."""
    alias = tx.insert(
        """
        INSERT INTO alias (member_id, moved_from, kind, value, folded, group_id, seen_from, seen_until, origin)
        SELECT root_id, nullif(id, root_id), :kind, :value, :folded, :group_id, :seen_from, :seen_until, :origin
          FROM member_root
         WHERE id = :member_id
        """,
        {
            "member_id": member_id,
            "kind": kind,
            "value": value,
            "folded": folded(value),
            "group_id": group_id,
            "seen_from": seen_from,
            "seen_until": seen_until,
            "origin": origin,
        },
    )
    store_erased.come_back(tx, [(member_id, kind, value)])
    return alias


def owners_of_phones(tx: Transaction, phones: Sequence[str]) -> dict[str, tuple[int, int]]:
    """(the row a number is of, the row that stands for it) of the known ones among E.164 numbers."""
    rows = tx.rows(
        """
        SELECT a.value, coalesce(a.moved_from, a.member_id) AS owner_id, a.member_id
          FROM json_each(:phones) AS wanted
         CROSS JOIN alias AS a ON a.kind = 'phone' AND a.value = wanted.value AND a.group_id = 0
         LIMIT :limit
        """,
        {"phones": json.dumps(list(phones)), "limit": len(phones)},
    )
    return {row["value"]: (row["owner_id"], row["member_id"]) for row in rows}


def add_phones(tx: Transaction, phones: Mapping[str, int], *, origin: str) -> None:
    """Write an alias for each of these new numbers: E.164 to the row it is of."""
    tx.executemany(
        """
        INSERT INTO alias (member_id, moved_from, kind, value, folded, group_id, origin)
        SELECT root_id, nullif(id, root_id), 'phone', ?1, ?1, 0, ?2 FROM member_root WHERE id = ?3
        """,
        [(phone, origin, member_id) for phone, member_id in phones.items()],
    )
    store_erased.come_back(tx, [(member_id, "phone", phone) for phone, member_id in phones.items()])


def see_alias(tx: Transaction, member_id: int, kind: str, value: str, *, origin: str, seen_at: int) -> bool:
    """Note that a person was seen under an alias at `seen_at`; True when it is new to them.

    The first date of a dated alias only moves back. An alias that names somebody else is left alone.
    """
    row = tx.one(
        """
        SELECT id, member_id, seen_from FROM alias
         WHERE kind = :kind AND value = :value AND group_id = 0
         ORDER BY member_id <> :member_id, id
         LIMIT 1
        """,
        {"kind": kind, "value": value, "member_id": member_id},
    )
    shared = kind in ("name", "username")
    if row is None or (shared and row["member_id"] != member_id):
        add_alias(
            tx, member_id=member_id, kind=kind, value=value, group_id=0, origin=origin, seen_from=seen_at
        )
        return True
    if row["member_id"] == member_id and row["seen_from"] is not None and seen_at < row["seen_from"]:
        tx.execute("UPDATE alias SET seen_from = :at WHERE id = :id", {"at": seen_at, "id": row["id"]})
    return False


def set_seen_until(tx: Transaction, alias: int, at: int | None) -> None:
    """Close an alias at an instant, or open it again (None)."""
    tx.execute("UPDATE alias SET seen_until = :at WHERE id = :id", {"at": at, "id": alias})


def standing(tx: Transaction, member_id: int, kind: str) -> list[Row]:
    """(id, value) of the aliases of a kind that have not ended, newest first."""
    return tx.rows(
        """
        SELECT id, value FROM alias
         WHERE member_id = :id AND kind = :kind AND group_id = 0 AND seen_until IS NULL
         ORDER BY id DESC
         LIMIT :limit
        """,
        {"id": member_id, "kind": kind, "limit": ALIASES_MAX},
    )


def own_aliases(tx: Transaction, root_id: int) -> list[Row]:
    """(id, kind, value, folded, group_id, origin, owner_id) of every alias of a person; `owner_id` is whose it is."""
    return tx.rows(
        """
        SELECT id, kind, value, folded, group_id, origin, coalesce(moved_from, member_id) AS owner_id
          FROM alias
         WHERE member_id = :id
         ORDER BY id
         LIMIT :limit
        """,
        {"id": root_id, "limit": ALIASES_MAX},
    )


def resettle(tx: Transaction, member_ids: Sequence[int], root_id: int) -> None:
    """Let the aliases of these rows be read under `root_id`, which stands for them from now on."""
    tx.executemany(
        "UPDATE alias SET member_id = ? WHERE moved_from = ?",
        [(root_id, member_id) for member_id in member_ids],
    )
    tx.executemany(
        "UPDATE alias SET member_id = ?, moved_from = ? WHERE member_id = ? AND moved_from IS NULL",
        [(root_id, member_id, member_id) for member_id in member_ids if member_id != root_id],
    )
    tx.execute("UPDATE alias SET moved_from = NULL WHERE moved_from = :id", {"id": root_id})


def hand_over(tx: Transaction, alias_ids: Sequence[int], member_id: int) -> None:
    """Give aliases to another row, which must stand for itself."""
    tx.executemany(
        "UPDATE alias SET member_id = ?, moved_from = NULL WHERE id = ?",
        [(member_id, alias) for alias in alias_ids],
    )


def hand_back(tx: Transaction, alias_ids: Sequence[int], *, owner_id: int, root_id: int) -> None:
    """Give aliases back to the row they were of, and to whoever stands for it."""
    tx.executemany(
        "UPDATE alias SET member_id = ?, moved_from = nullif(?, ?) WHERE id = ?",
        [(root_id, owner_id, root_id, alias) for alias in alias_ids],
    )


def remove_of(tx: Transaction, member_ids: Sequence[int]) -> None:
    """Take out every alias of rows that go with a swept run."""
    tx.executemany("DELETE FROM alias WHERE member_id = ?", [(member_id,) for member_id in member_ids])


def aliases(tx: Transaction, member_id: int) -> list[dict[str, object]]:
    """Every name and number a member is known under, with the group of a name that holds only there."""
    rows = tx.rows(
        """
        SELECT a.kind, a.value, g.name AS "group", a.seen_from, a.seen_until
          FROM alias AS a
          LEFT JOIN "group" AS g ON g.id = a.group_id
         WHERE a.member_id = :id
         ORDER BY a.id
         LIMIT :limit
        """,
        {"id": member_id, "limit": ALIASES_MAX},
    )
    return [
        {
            "kind": row["kind"],
            "value": row["value"],
            "group": row["group"],
            "seen_from": None if row["seen_from"] is None else iso(row["seen_from"]),
            "seen_until": None if row["seen_until"] is None else iso(row["seen_until"]),
        }
        for row in rows
    ]
