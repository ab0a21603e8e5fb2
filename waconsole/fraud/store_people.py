"""What is known of some people: what they bear, ordered and wrote. Read for those who may be in something. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.fraud.people import Order, Profile, attributes

PEOPLE_MAX: Final = 200_000
SHARING_MAX: Final = 50  # people of one handle or device
ROWS_MAX: Final = 2_000_000
CODES_MAX: Final = 100_000
SHOWN_MAX: Final = 20  # messages that show a code
_AMONG: Final = "(SELECT value FROM json_each(:ids))"


def borne(tx: Transaction, people: Iterable[int]) -> dict[int, frozenset[str]]:
    """What each of these people bears, by their own rows and by the invites that name them: `device=…`."""
    values = {"ids": json.dumps(sorted(set(people))), "limit": ROWS_MAX}
    rows = tx.rows(
        f"""
        SELECT r.root_id AS member, m.address, m.payment, m.device
          FROM member_root AS r
          JOIN member AS m ON m.id = r.id
         WHERE r.root_id IN {_AMONG} AND (m.address <> '' OR m.payment <> '' OR m.device <> '')
         UNION
        SELECT r.root_id, i.address, i.payment, i.device
          FROM member_root AS r
          JOIN invite AS i ON i.invitee_id = r.id
         WHERE r.root_id IN {_AMONG} AND (i.address <> '' OR i.payment <> '' OR i.device <> '')
           AND i.import_run_id NOT IN (SELECT id FROM open_run)
         LIMIT :limit
        """,
        values,
    )
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row["member"], set()).update(
            attributes(row["address"], row["payment"], row["device"])
        )
    return {member: frozenset(words) for member, words in found.items()}


def sharing(tx: Transaction, people: Iterable[int]) -> set[int]:
    """Whoever bears the same payment handle or device as one of these people, they themselves among them.

    What more than a few people bear says nothing of any two of them.
    """
    found: set[int] = set()
    for column in ("payment", "device"):
        rows = tx.rows(
            f"""
            WITH own (word) AS (
            SELECT m.{column} FROM member_root AS r JOIN member AS m ON m.id = r.id
             WHERE r.root_id IN {_AMONG} AND m.{column} <> ''
             UNION
            SELECT i.{column} FROM member_root AS r JOIN invite AS i ON i.invitee_id = r.id
             WHERE r.root_id IN {_AMONG} AND i.{column} <> ''),
                 bearer (word, member) AS (
            SELECT o.word, m.root_id FROM own AS o JOIN member AS m ON m.{column} = o.word
             UNION
            SELECT i.{column}, r.root_id FROM invite AS i JOIN member_root AS r ON r.id = i.invitee_id
             WHERE i.{column} <> '' AND i.{column} IN (SELECT word FROM own))
            SELECT member FROM bearer
             WHERE word IN (SELECT word FROM bearer GROUP BY word HAVING count(*) BETWEEN 2 AND :most)
             LIMIT :limit
            """,
            {"ids": json.dumps(sorted(set(people))), "most": SHARING_MAX, "limit": PEOPLE_MAX},
        )
        found |= {row["member"] for row in rows}
    return found


def profiles(
    tx: Transaction, invited: Mapping[int, int], *, has_threads: bool, now: int
) -> dict[int, Profile]:
    """Everything known of these people; `invited` says since which second each is looked at (0: ever)."""
    shared, orders = borne(tx, invited), _orders(tx, list(invited), now=now)
    codes = _codes(tx, list(invited)) if has_threads else {}
    heard = _heard(tx, invited, now=now) if has_threads else {}
    found = {}
    for member, since in invited.items():
        at, words, message, before = (0, "", 0, 0)
        if has_threads:
            at, words, message, before = _wrote(tx, member, since * SECOND, now=now)
        if any(code in words.upper() for code in codes.get(member, ())):
            words = ""
        heard_at, heard_before = heard.get(member, (0, 0))
        found[member] = Profile(
            shared=shared.get(member, frozenset()),
            orders=tuple(orders.get(member, ())),
            wrote_at=at // SECOND,
            heard_at=heard_at // SECOND,
            quiet_since=max(before, heard_before) // SECOND,
            words=words,
            message=message,
        )
    return found


def arrivals(tx: Transaction, invites: Sequence[int]) -> dict[int, int]:
    """In which second somebody came by each of these invites, if they did."""
    rows = tx.rows(
        f"SELECT id, arrived_at FROM invite WHERE id IN {_AMONG} AND arrived_at IS NOT NULL LIMIT :limit",
        {"ids": json.dumps(list(invites)), "limit": ROWS_MAX},
    )
    return {row[0]: row[1] // SECOND for row in rows}


def has_threads(tx: Transaction) -> bool:
    """Whether members' messages are kept here at all: where none are, silence says nothing."""
    return bool(tx.value("SELECT EXISTS (SELECT 1 FROM message WHERE direction = 'in')"))


def earlier_orders(tx: Transaction, people: Sequence[int]) -> dict[int, Order]:
    """The first order of each of these people."""
    orders = _orders(tx, people, now=None)
    return {member: found[0] for member, found in orders.items()}


def _orders(tx: Transaction, people: Sequence[int], *, now: int | None) -> dict[int, list[Order]]:
    rows = tx.rows(
        f"""
        SELECT o.id, r.root_id AS member, o.ordered_at, o.total_minor, o.currency,
               coalesce((SELECT sum(f.amount_minor) FROM visible_refund AS f
                          WHERE f.order_id = o.id AND (:now IS NULL OR f.refunded_at <= :now)), 0) AS returned
          FROM member_root AS r
          JOIN "order" AS o ON o.member_id = r.id
         WHERE r.root_id IN {_AMONG} AND (:now IS NULL OR o.ordered_at <= :now)
           AND o.import_run_id NOT IN (SELECT id FROM open_run)
         ORDER BY o.ordered_at, o.reference
         LIMIT :limit
        """,
        {"ids": json.dumps(list(people)), "now": now, "limit": ROWS_MAX},
    )
    found: dict[int, list[Order]] = {}
    for row in rows:
        order = Order(
            row["id"], row["ordered_at"] // SECOND, row["total_minor"], row["currency"], row["returned"]
        )
        found.setdefault(row["member"], []).append(order)
    return found


def _wrote(tx: Transaction, member: int, since: int, *, now: int) -> tuple[int, str, int, int]:
    """When somebody first wrote from an instant on, what, its row; and when last before it. 0: never."""
    values = {"member": member, "since": since, "now": now}
    first = tx.one(
        """
        SELECT m.sent_at, m.text, m.id
          FROM alias AS a
          JOIN message AS m ON m.alias_id = a.id AND m.sent_at BETWEEN :since AND :now AND m.direction = 'in'
         WHERE a.member_id = :member AND m.import_run_id NOT IN (SELECT id FROM open_run)
         ORDER BY m.sent_at, m.id LIMIT 1
        """,
        values,
    )
    before = tx.value(
        """
        SELECT max(m.sent_at)
          FROM alias AS a
          JOIN message AS m ON m.alias_id = a.id AND m.sent_at < :since AND m.direction = 'in'
         WHERE a.member_id = :member AND m.import_run_id NOT IN (SELECT id FROM open_run)
        """,
        values,
    )
    return (0, "", 0, before or 0) if first is None else (first[0], first[1], first[2], before or 0)


def _heard(tx: Transaction, since: Mapping[int, int], *, now: int) -> dict[int, tuple[int, int]]:
    """When each of these people first wrote elsewhere from a second on, and when last before it, as imported. 0: never."""
    if not tx.value("SELECT EXISTS (SELECT 1 FROM elsewhere_message)"):
        return {}
    rows = tx.rows(
        """
        SELECT r.root_id,
               min(CASE WHEN e.said_at >= json_extract(s.value, '$[1]') THEN e.said_at END),
               max(CASE WHEN e.said_at < json_extract(s.value, '$[1]') THEN e.said_at END)
          FROM json_each(:since) AS s
          JOIN member_root AS r ON r.root_id = json_extract(s.value, '$[0]')
          JOIN elsewhere_message AS e ON e.member_id = r.id AND e.said_at <= :now
         WHERE e.import_run_id NOT IN (SELECT id FROM open_run)
         GROUP BY r.root_id LIMIT :limit
        """,
        {
            "since": json.dumps([[who, at * SECOND] for who, at in since.items()]),
            "now": now,
            "limit": ROWS_MAX,
        },
    )
    return {row[0]: (row[1] or 0, row[2] or 0) for row in rows}


def _codes(tx: Transaction, people: Sequence[int]) -> dict[int, list[str]]:
    """The codes by which people came: what their first message holds of a code is ours, not theirs."""
    rows = tx.rows(
        f"""
        SELECT r.root_id AS member, c.code
          FROM member_root AS r
          JOIN invite AS i ON i.invitee_id = r.id
          JOIN code AS c ON c.id = i.code_id
         WHERE r.root_id IN {_AMONG}
         LIMIT :limit
        """,
        {"ids": json.dumps(list(people)), "limit": CODES_MAX},
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["member"], []).append(row["code"].upper())
    return found


def shown_codes(tx: Transaction, referrer: int, *, now: int) -> list[tuple[int, int]]:
    """Messages of a referrer in groups that hold a code of theirs: (row id, when)."""
    rows = tx.rows(
        """
        SELECT DISTINCT m.id, m.sent_at
          FROM member_root AS r
          JOIN code AS c ON c.member_id = r.id
          JOIN alias AS a ON a.member_id = r.root_id
          JOIN message AS m ON m.alias_id = a.id AND m.sent_at <= :now AND m.direction = 'in'
          JOIN conversation AS t ON t.id = m.conversation_id AND t.group_id IS NOT NULL
         WHERE r.root_id = :referrer AND instr(upper(m.text), upper(c.code)) > 0
           AND m.import_run_id NOT IN (SELECT id FROM open_run)
         ORDER BY m.sent_at LIMIT :limit
        """,
        {"referrer": referrer, "now": now, "limit": SHOWN_MAX},
    )
    return [(row["id"], row["sent_at"]) for row in rows]
