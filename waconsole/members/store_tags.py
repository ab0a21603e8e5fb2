"""Tag rows. Each stands on the row it was put on (`own_tag`); the view `tag` reads the person's, each once.

What members bore before stands in `tag_change`: every tag that is taken off leaves its span there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction

TAGS_MAX: Final = 1000
NAMES_MAX: Final = 100_000
HISTORY_MAX: Final = 1_000_000
HAND, RULE, TIME = "hand", "rule", "time"


def add_tag(tx: Transaction, member_id: int, name: str, *, now: int, expires_at: int | None = None) -> bool:
    """Tag a member by hand; False when the person bears the tag already."""
    cursor = tx.execute(
        """
        INSERT INTO own_tag (member_id, name, tagged_at, expires_at)
        SELECT :member_id, :name, :now, :expires_at
         WHERE NOT EXISTS (SELECT 1
                             FROM member_root AS r
                            CROSS JOIN member_root AS o
                            CROSS JOIN own_tag AS t
                            WHERE r.id = :member_id AND o.root_id = r.root_id AND t.member_id = o.id
                              AND t.name = :name)
        """,
        {"member_id": member_id, "name": name, "now": now, "expires_at": expires_at},
    )
    return cursor.rowcount > 0


def own_tags(tx: Transaction, root_id: int, name: str) -> list[Row]:
    """(member_id, by_hand, tagged_at, expires_at, rule_version) of every row of a person that bears a tag."""
    return tx.rows(
        """
        SELECT t.member_id, t.by_hand, t.tagged_at, t.expires_at, t.rule_version
          FROM member_root AS o
         CROSS JOIN own_tag AS t
         WHERE o.root_id = :id AND t.member_id = o.id AND t.name = :name
         ORDER BY t.member_id
         LIMIT :limit
        """,
        {"id": root_id, "name": name, "limit": TAGS_MAX},
    )


_OF_PERSON: Final = """
    name = :name AND member_id IN (SELECT o.id
                                     FROM member_root AS r
                                    CROSS JOIN member_root AS o
                                    WHERE r.id = :member_id AND o.root_id = r.root_id)
"""
_ENDED: Final = """
    INSERT INTO tag_change (member_id, name, by_hand, rule_version, tagged_at, ended_at, ended_by)
    SELECT member_id, name, by_hand, rule_version, tagged_at, max(tagged_at, {at}), :ended_by FROM own_tag WHERE {which}
"""


def remove_tag(tx: Transaction, member_id: int, name: str, *, now: int) -> bool:
    """Take a tag off a person by hand, from every row they have; False when it was not there."""
    values = {"member_id": member_id, "name": name}
    tx.execute(_ENDED.format(at=":now", which=_OF_PERSON), {**values, "now": now, "ended_by": HAND})
    return tx.execute(f"DELETE FROM own_tag WHERE {_OF_PERSON}", values).rowcount > 0


def remove_own(tx: Transaction, name: str, rows: Sequence[Sequence[int | None]]) -> bool:
    """Take a tag off exactly these rows, (member id, by hand, tagged at, …) each; False when one is not so.

    What is taken back so was never there: it leaves no span.
    """
    removed = [
        tx.execute(
            "DELETE FROM own_tag WHERE member_id = :id AND name = :name AND by_hand = :by_hand AND tagged_at = :at",
            {"id": row[0], "name": name, "by_hand": row[1], "at": row[2]},
        ).rowcount
        for row in rows
    ]
    return all(removed)


def put_back(tx: Transaction, name: str, rows: Sequence[Sequence[int | None]]) -> None:
    """Write tags as they stood: (member id, by hand, tagged at, expires at, rule version) each; their ended spans go."""
    for row in rows:
        member_id, by_hand, tagged_at, expires_at, rule_version = (
            (*row, None, 0)[:5] if len(row) == 3 else row
        )
        tx.execute(
            """
            INSERT INTO own_tag (member_id, name, by_hand, tagged_at, expires_at, rule_version)
            VALUES (:id, :name, :by_hand, :at, :expires_at, :rule_version)
            """,
            {
                "id": member_id, "name": name, "by_hand": by_hand, "at": tagged_at, "expires_at": expires_at,
                "rule_version": rule_version or 0,
            },
        )  # fmt: skip
        tx.execute(
            """
            DELETE FROM tag_change
             WHERE id = (SELECT max(id) FROM tag_change
                          WHERE member_id = :id AND name = :name AND tagged_at = :at AND ended_by = :hand)
            """,
            {"id": member_id, "name": name, "at": tagged_at, "hand": HAND},
        )


def tags(tx: Transaction, member_id: int) -> list[str]:
    """A member's tags, in alphabetical order."""
    rows = tx.rows(
        "SELECT name FROM tag WHERE member_id = :id ORDER BY name LIMIT :limit",
        {"id": member_id, "limit": TAGS_MAX},
    )
    return [row["name"] for row in rows]


def expire(tx: Transaction, *, now: int, limit: int) -> int:
    """Take off the tags whose time is over, at most so many; answers how many. Each ended when it said it would."""
    which = "id IN (SELECT id FROM own_tag WHERE expires_at <= :now ORDER BY expires_at, id LIMIT :limit)"
    values = {"now": now, "limit": limit}
    tx.execute(_ENDED.format(at="expires_at", which=which), {**values, "ended_by": TIME})
    return tx.execute(f"DELETE FROM own_tag WHERE {which}", values).rowcount


def next_expiry(tx: Transaction) -> int | None:
    """When the next tag ends by itself; None: none does."""
    found = tx.value("SELECT min(expires_at) FROM own_tag WHERE expires_at IS NOT NULL")
    return None if found is None else int(found)


def ruled(tx: Transaction, name: str) -> list[int]:
    """Who bears a tag by a rule, in ascending order."""
    rows = tx.execute(
        """
        SELECT DISTINCT r.root_id FROM own_tag AS t JOIN member_root AS r ON r.id = t.member_id
         WHERE t.name = :name AND t.by_hand = 0 ORDER BY r.root_id
        """,
        {"name": name},
    )
    return [int(row[0]) for row in rows]


def bearers(tx: Transaction, name: str) -> list[int]:
    """Who bears a tag, however they came by it, in ascending order."""
    rows = tx.execute(
        """
        SELECT DISTINCT r.root_id FROM own_tag AS t JOIN member_root AS r ON r.id = t.member_id
         WHERE t.name = :name ORDER BY r.root_id
        """,
        {"name": name},
    )
    return [int(row[0]) for row in rows]


def add_by_rule(tx: Transaction, name: str, member_ids: Sequence[int], *, rule_version: int, now: int) -> int:
    """Put a rule's tag on these people; who bears it already is left as they are. Answers how many got it."""
    return tx.execute(
        """
        INSERT INTO own_tag (member_id, name, by_hand, tagged_at, rule_version)
        SELECT m.id, :name, 0, :now, :rule_version
          FROM json_each(:ids) AS j
         CROSS JOIN visible_member AS m ON m.id = j.value
         WHERE m.id NOT IN (SELECT id FROM erased_member)
           AND NOT EXISTS (SELECT 1 FROM member_root AS o CROSS JOIN own_tag AS t
                            WHERE o.root_id = m.id AND t.member_id = o.id AND t.name = :name)
        """,
        {"name": name, "ids": json.dumps(list(member_ids)), "rule_version": rule_version, "now": now},
    ).rowcount


def remove_by_rule(tx: Transaction, name: str, member_ids: Sequence[int], *, now: int) -> int:
    """Take a rule's tag off these people; what was put on by hand stays. Answers how many rows that were."""
    which = """
        name = :name AND by_hand = 0
        AND member_id IN (SELECT o.id FROM json_each(:ids) AS j CROSS JOIN member_root AS o WHERE o.root_id = j.value)
    """
    values = {"name": name, "ids": json.dumps(list(member_ids))}
    tx.execute(_ENDED.format(at=":now", which=which), {**values, "now": now, "ended_by": RULE})
    return tx.execute(f"DELETE FROM own_tag WHERE {which}", values).rowcount


def tag_names(tx: Transaction, *, now: int) -> list[Row]:
    """(name, by_rule, by_hand, next_expiry) of every tag that is borne: how many people by a rule, how many by hand."""
    return tx.rows(
        """
        SELECT name, sum(by_hand = 0) AS by_rule, sum(by_hand) AS by_hand, min(expires_at) AS next_expiry
          FROM tag
         WHERE (expires_at IS NULL OR expires_at > :now) AND member_id NOT IN (SELECT id FROM erased_member)
         GROUP BY name ORDER BY name LIMIT :limit
        """,
        {"now": now, "limit": NAMES_MAX},
    )


def is_known(tx: Transaction, name: str) -> bool:
    """Whether somebody bears a tag, or did."""
    return bool(
        tx.value(
            """
            SELECT EXISTS (SELECT 1 FROM own_tag WHERE name = :name)
                OR EXISTS (SELECT 1 FROM tag_change WHERE name = :name)
            """,
            {"name": name},
        )
    )


def history(tx: Transaction, *, name: str = "", root_id: int = 0) -> list[Row]:
    """(member_id, name, by_hand, rule_version, tagged_at, ended_at, ended_by) of a tag or of a person, the earliest first.

    A tag that is borne still has no `ended_at`; `expires_at` says when it will.
    """
    own = "r.root_id = :root_id" if root_id else "t.name = :name"
    return tx.rows(
        f"""
        SELECT r.root_id AS member_id, t.name, t.by_hand, t.rule_version, t.tagged_at, NULL AS ended_at, '' AS ended_by,
               t.expires_at
          FROM own_tag AS t JOIN member_root AS r ON r.id = t.member_id
         WHERE {own}
         UNION ALL
        SELECT r.root_id, t.name, t.by_hand, t.rule_version, t.tagged_at, t.ended_at, t.ended_by, NULL
          FROM tag_change AS t JOIN member_root AS r ON r.id = t.member_id
         WHERE {own}
         ORDER BY 5, 6, 2, 1
         LIMIT :limit
        """,
        {"name": name, "root_id": root_id, "limit": HISTORY_MAX},
    )
