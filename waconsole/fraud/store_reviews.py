"""Items of the desk as they are read to decide on: how they stand, whom they name, what speaks for and against."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction

OBJECT: Final = "review"
ITEMS_MAX: Final = 1_000_000
PEOPLE_MAX: Final = 1_000_000
SIGNALS_MAX: Final = 10_000
CONNECTED_MAX: Final = 10_000
SHARING_MAX: Final = 50  # an address that more people have says nothing of any two
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"
_ITEM: Final = """
    SELECT v.id, v.ref, v.kind, v.stamp, v.state, v.weight, v.happened_at, v.found_at, v.snoozed_until, v.timeout_at,
           v.decision_id, coalesce(d.outcome, '') AS outcome, coalesce(d.reason, '') AS reason, d.decided_at,
           o.name AS taken_by, l.operator_id AS taken_by_id, l.expires_at AS taken_until
      FROM review AS v
      LEFT JOIN review_decision AS d ON d.id = v.decision_id
      LEFT JOIN lease AS l ON l.object_kind = 'review' AND l.object_id = v.id AND l.expires_at > :now
      LEFT JOIN operator AS o ON o.id = l.operator_id
"""


class Item(NamedTuple):
    """An item as it stands: `outcome` is the decision that made it so, `taken_by` whoever has it now."""

    id: int
    ref: str
    kind: str
    stamp: str
    state: str
    weight: int
    happened_at: int
    found_at: int
    snoozed_until: int | None
    timeout_at: int | None
    decision_id: int
    outcome: str
    reason: str
    decided_at: int | None
    taken_by: str | None
    taken_by_id: int | None
    taken_until: int | None

    def is_waiting(self, now: int) -> bool:
        """Whether somebody should decide now: not decided, not put off, not with the owners."""
        return self.state == "open" or (self.state == "snoozed" and (self.snoozed_until or 0) <= now)


class Person(NamedTuple):
    """Somebody an item names, as the person stands since any merge; `member_id` is the row it names."""

    review_id: int
    member_id: int
    root_id: int
    ref: str
    name: str
    phone: str | None
    role: str
    place: int
    standing: str


def item(tx: Transaction, ref: str, *, now: int) -> Item | None:
    """The item called `ref` as it stands, or None."""
    row = tx.one(f"{_ITEM} WHERE v.ref = :ref", {"ref": ref, "now": now})
    return None if row is None else Item(*row)


def item_by_id(tx: Transaction, review_id: int, *, now: int) -> Item | None:
    """The item of that id as it stands, or None."""
    row = tx.one(f"{_ITEM} WHERE v.id = :id", {"id": review_id, "now": now})
    return None if row is None else Item(*row)


def items(tx: Transaction, *, now: int, is_decided: bool | None = None) -> list[Item]:
    """Every item that sweeps still find or somebody decided on, oldest first; only those decided, or only those not."""
    where = "WHERE (v.state = 'decided' OR v.gone_at IS NULL)"
    where += "" if is_decided is None else f" AND v.state {'=' if is_decided else '<>'} 'decided'"
    rows = tx.rows(f"{_ITEM} {where} ORDER BY v.id LIMIT :limit", {"now": now, "limit": ITEMS_MAX})
    return [Item(*row) for row in rows]


def people(tx: Transaction, review_ids: Sequence[int]) -> list[Person]:
    """Whom these items name, in the order in which they are drawn; `standing` is frozen, blocked or empty."""
    rows = tx.rows(
        f"""
        WITH kept AS MATERIALIZED (
        SELECT s.review_id, o.root_id, min(s.kind) AS kind
          FROM standing AS s JOIN member_root AS o ON o.id = s.member_id
         WHERE s.ended_at IS NULL AND s.review_id {_AMONG}
         GROUP BY s.review_id, o.root_id)
        SELECT p.review_id, p.member_id, r.root_id, m.ref, m.name,
               (SELECT phone FROM member_phone WHERE member_id = r.root_id) AS phone, p.role, p.place,
               coalesce(k.kind, '')
          FROM review_member AS p
          JOIN member_root AS r ON r.id = p.member_id
          JOIN member AS m ON m.id = r.root_id
          LEFT JOIN kept AS k ON k.review_id = p.review_id AND k.root_id = r.root_id
         WHERE p.review_id {_AMONG}
         ORDER BY p.review_id, p.place, p.id
         LIMIT :limit
        """,
        {"ids": json.dumps(list(review_ids)), "limit": PEOPLE_MAX},
    )
    found: dict[tuple[int, int], Person] = {}
    for row in rows:  # of rows that a merge made one person the first
        found.setdefault((row["review_id"], row["root_id"]), Person(*row))
    return list(found.values())


def signals(tx: Transaction, review_id: int) -> list[Row]:
    """(rule, rule_version, weight, says, evidence, found_at) of an item, the heaviest first; below zero: counter-evidence."""
    return tx.rows(
        """
        SELECT rule, rule_version, weight, says, evidence, found_at FROM signal
         WHERE review_id = :review ORDER BY weight DESC, rule LIMIT :limit
        """,
        {"review": review_id, "limit": SIGNALS_MAX},
    )


def identity(tx: Transaction, review_id: int) -> str:
    """What an item is about, as JSON that is always written the same: its name, kind, people and invites."""
    row = tx.one("SELECT ref, kind, found_at FROM review WHERE id = ?", (review_id,))
    limit = {"review": review_id, "limit": PEOPLE_MAX}
    people = tx.rows(
        "SELECT member_id FROM review_member WHERE review_id = :review ORDER BY member_id LIMIT :limit", limit
    )
    invites = tx.rows(
        "SELECT invite_id FROM review_invite WHERE review_id = :review ORDER BY invite_id LIMIT :limit", limit
    )
    return json.dumps([*(row or ()), [one[0] for one in people], [one[0] for one in invites]])


def is_about(tx: Transaction, review_id: int, operator_id: int) -> bool:
    """Whether an operator is one of those an item is about, also since a merge, also under another link."""
    return (
        tx.value(
            """
            SELECT 1 FROM review_person AS p JOIN deciding_member AS m ON m.root_id = p.root_id
             WHERE p.review_id = ? AND m.operator_id = ? LIMIT 1
            """,
            (review_id, operator_id),
        )
        is not None
    )


def about(tx: Transaction, operator_id: int) -> set[int]:
    """The items that are about an operator."""
    rows = tx.rows(
        """
        SELECT DISTINCT p.review_id
          FROM review_person AS p JOIN deciding_member AS m ON m.root_id = p.root_id
         WHERE m.operator_id = ? LIMIT ?
        """,
        (operator_id, ITEMS_MAX),
    )
    return {row["review_id"] for row in rows}


def beside(tx: Transaction, review_ids: Sequence[int]) -> set[int]:
    """Undecided items that name one of the same people, or people who share an address, payment or device with them."""
    rows = tx.rows(
        f"""
        WITH mine AS (SELECT root_id FROM review_person WHERE review_id {_AMONG}),
             own AS (
        SELECT e.address, e.payment, e.device FROM review_invite AS i JOIN invite_edge AS e ON e.id = i.invite_id
         WHERE i.review_id {_AMONG}
         UNION
        SELECT m.address, m.payment, m.device FROM member AS m WHERE m.id IN (SELECT root_id FROM mine)),
             carried AS (
        SELECT 'address' AS what, address AS value FROM own WHERE address <> ''
         UNION SELECT 'payment', payment FROM own WHERE payment <> ''
         UNION SELECT 'device', device FROM own WHERE device <> ''),
             sharing AS (
        SELECT 'address' AS what, e.address AS value, e.invitee_id AS root_id FROM invite_edge AS e
         WHERE e.address IN (SELECT value FROM carried WHERE what = 'address')
         UNION
        SELECT 'payment', e.payment, e.invitee_id FROM invite_edge AS e
         WHERE e.payment IN (SELECT value FROM carried WHERE what = 'payment')
         UNION
        SELECT 'device', e.device, e.invitee_id FROM invite_edge AS e
         WHERE e.device IN (SELECT value FROM carried WHERE what = 'device')),
             few AS (SELECT what, value FROM sharing GROUP BY what, value HAVING count(*) <= :sharing)
        SELECT DISTINCT p.review_id
          FROM review_person AS p
          JOIN review AS v ON v.id = p.review_id AND v.state <> 'decided' AND v.gone_at IS NULL
         WHERE p.root_id IN (SELECT root_id FROM mine
                              UNION SELECT s.root_id FROM sharing AS s JOIN few AS f ON f.what = s.what AND f.value = s.value)
         LIMIT :limit
        """,
        {"ids": json.dumps(list(review_ids)), "sharing": SHARING_MAX, "limit": CONNECTED_MAX},
    )
    return {row["review_id"] for row in rows}


def due(tx: Transaction, *, now: int, waits: int, limit: int) -> list[Item]:
    """Items that wait for somebody and whose time is over: their own `timeout_at`, else `waits` after they were found.

    What was put off has its time from when it came back.
    """
    rows = tx.rows(
        f"""
        {_ITEM}
         WHERE v.state IN ('open', 'snoozed') AND v.gone_at IS NULL
           AND max(coalesce(v.timeout_at, v.found_at + :waits), coalesce(v.snoozed_until + :waits, 0),
                   coalesce(d.decided_at + :waits, 0)) <= :now
         ORDER BY v.id LIMIT :limit
        """,
        {"now": now, "waits": waits, "limit": limit},
    )
    return [Item(*row) for row in rows]
