"""What sweeps found, as items of the review desk: written in short steps, and only where something changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.fraud.model import has_grown

ITEMS_MAX: Final = 1_000_000
ROWS_MAX: Final = 10_000_000
DECIDED: Final = "decided"
# Of each sort of evidence, how its rows are named outside of this ledger.
_NAMES: Final = {
    "invite": "SELECT id, ref AS name FROM invite",
    "order": 'SELECT id, reference AS name FROM "order"',
    "member": "SELECT id, ref AS name FROM member",
    "message": "SELECT id, coalesce(wamid, CAST(id AS TEXT)) AS name FROM message",
}


class Known(NamedTuple):
    """An item of an earlier sweep; `people` are (row that stands for the person, role)."""

    id: int
    ref: str
    kind: str
    stamp: str
    state: str
    digest: str
    is_gone: bool
    people: tuple[tuple[int, str], ...]


class Prepared(NamedTuple):
    """An item ready to be written: `id` is None where it is new; `signals` are (rule, version, weight, says, evidence)."""

    id: int | None
    ref: str
    kind: str
    stamp: str
    digest: str
    weight: int
    happened_at: int
    members: tuple[tuple[int, str], ...]
    invites: tuple[int, ...]
    signals: tuple[tuple[str, int, int, str, str], ...]


def known(tx: Transaction) -> list[Known]:
    """Every item there is, the oldest first."""
    people: dict[int, list[tuple[int, str]]] = {}
    for row in tx.execute(
        """
        SELECT m.review_id, r.root_id, m.role
          FROM review_member AS m
          JOIN member_root AS r ON r.id = m.member_id
         ORDER BY m.review_id, m.place
         LIMIT :limit
        """,
        {"limit": ROWS_MAX},
    ):
        people.setdefault(row["review_id"], []).append((row["root_id"], row["role"]))
    rows = tx.rows(
        """
        SELECT id, ref, kind, stamp, state, digest, gone_at IS NOT NULL AS is_gone
          FROM review ORDER BY id LIMIT :limit
        """,
        {"limit": ITEMS_MAX},
    )
    return [
        Known(
            row["id"],
            row["ref"],
            row["kind"],
            row["stamp"],
            row["state"],
            row["digest"],
            bool(row["is_gone"]),
            tuple(people.get(row["id"], ())),
        )
        for row in rows
    ]


def names(tx: Transaction, kind: str, ids: Iterable[int]) -> dict[int, str]:
    """How rows of a sort of evidence are named, by their ids."""
    values = {"ids": json.dumps(sorted(set(ids))), "limit": ROWS_MAX}
    sql = f"{_NAMES[kind]} WHERE id IN (SELECT value FROM json_each(:ids)) LIMIT :limit"
    return {row["id"]: row["name"] for row in tx.rows(sql, values)}


def write(tx: Transaction, item: Prepared, *, now: int) -> int | None:
    """Write an item; answers its id where it is new, or its evidence grew, and None otherwise.

    A decided item stays as it is unless its evidence grew: then it is open again.
    """
    known_id = item.id or tx.value("SELECT id FROM review WHERE ref = :ref", {"ref": item.ref})
    if known_id is None:
        review_id = tx.insert(
            """
            INSERT INTO review (ref, kind, stamp, state, weight, happened_at, found_at, digest)
            VALUES (:ref, :kind, :stamp, 'open', :weight, :happened_at, :now, :digest)
            """,
            {**_values(item), "ref": item.ref, "kind": item.kind, "now": now},
        )
        _write_parts(tx, review_id, item, now=now)
        return review_id
    item = item._replace(id=known_id)  # another sweep may have been quicker
    before = tx.one("SELECT stamp, state FROM review WHERE id = :id", {"id": known_id})
    assert before is not None
    grown = has_grown(before["stamp"], item.stamp)
    if before["state"] == DECIDED and not grown:
        return None
    tx.execute(
        """
        UPDATE review
           SET stamp = :stamp, weight = :weight, happened_at = :happened_at, digest = :digest, gone_at = NULL,
               state = CASE state WHEN 'decided' THEN 'open' ELSE state END
         WHERE id = :id
        """,
        {**_values(item), "id": known_id},
    )
    _write_parts(tx, known_id, item, now=now)
    return int(known_id) if grown else None


def _values(item: Prepared) -> dict[str, object]:
    return {
        "stamp": item.stamp,
        "weight": item.weight,
        "happened_at": item.happened_at,
        "digest": item.digest,
    }


def _write_parts(tx: Transaction, review_id: int, item: Prepared, *, now: int) -> None:
    """People, invites and signals. Of an item somebody decided on, people and invites only come."""
    if item.id is not None:
        values = {"id": review_id, "members": json.dumps([one for one, _ in item.members])}
        values |= {"invites": json.dumps(item.invites), "rules": json.dumps([one[0] for one in item.signals])}
        undecided = "NOT EXISTS (SELECT 1 FROM review_decision WHERE review_id = :id)"
        tx.execute(
            f"""
            DELETE FROM review_member
             WHERE review_id = :id AND member_id NOT IN (SELECT value FROM json_each(:members)) AND {undecided}
            """,
            values,
        )
        tx.execute(
            f"""
            DELETE FROM review_invite
             WHERE review_id = :id AND invite_id NOT IN (SELECT value FROM json_each(:invites)) AND {undecided}
            """,
            values,
        )
        tx.execute(
            "DELETE FROM signal WHERE review_id = :id AND rule NOT IN (SELECT value FROM json_each(:rules))",
            values,
        )
    tx.executemany(
        """
        INSERT INTO review_member (review_id, member_id, role, place) VALUES (?, ?, ?, ?)
            ON CONFLICT (review_id, member_id) DO UPDATE SET role = excluded.role, place = excluded.place
        """,
        [(review_id, member, role, place) for place, (member, role) in enumerate(item.members)],
    )
    tx.executemany(
        """
        INSERT INTO review_invite (review_id, invite_id, after_decision)
        VALUES (?1, ?2, (SELECT coalesce(max(id), 0) FROM review_decision WHERE review_id = ?1)) ON CONFLICT DO NOTHING
        """,
        [(review_id, one) for one in item.invites],
    )
    tx.executemany(
        """
        INSERT INTO signal (review_id, rule, rule_version, weight, says, evidence, found_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (review_id, rule) DO UPDATE
               SET rule_version = excluded.rule_version, weight = excluded.weight, says = excluded.says,
                   evidence = excluded.evidence, found_at = excluded.found_at
        """,
        [(review_id, *one, now) for one in item.signals],
    )


def leave(tx: Transaction, ids: Sequence[int], *, now: int) -> int:
    """Let go of items that a sweep no longer found: only those nobody decided on, and that froze nobody."""
    return tx.execute(
        """
        UPDATE review
           SET gone_at = :now
         WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'open' AND gone_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM review_decision AS d WHERE d.review_id = review.id)
           AND NOT EXISTS (SELECT 1 FROM standing AS s WHERE s.review_id = review.id)
        """,
        {"ids": json.dumps(list(ids)), "now": now},
    ).rowcount
