"""Tag rows. Each stands on the row it was put on (`own_tag`); the view `tag` reads the person's, each once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction

TAGS_MAX: Final = 1000


def add_tag(tx: Transaction, member_id: int, name: str, *, now: int) -> bool:
    """Tag a member by hand; False when the person bears the tag already."""
    cursor = tx.execute(
        """
        INSERT INTO own_tag (member_id, name, tagged_at)
        SELECT :member_id, :name, :now
         WHERE NOT EXISTS (SELECT 1
                             FROM member_root AS r
                            CROSS JOIN member_root AS o
                            CROSS JOIN own_tag AS t
                            WHERE r.id = :member_id AND o.root_id = r.root_id AND t.member_id = o.id
                              AND t.name = :name)
        """,
        {"member_id": member_id, "name": name, "now": now},
    )
    return cursor.rowcount > 0


def own_tags(tx: Transaction, root_id: int, name: str) -> list[Row]:
    """(member_id, by_hand, tagged_at) of every row of a person that bears a tag."""
    return tx.rows(
        """
        SELECT t.member_id, t.by_hand, t.tagged_at
          FROM member_root AS o
         CROSS JOIN own_tag AS t
         WHERE o.root_id = :id AND t.member_id = o.id AND t.name = :name
         ORDER BY t.member_id
         LIMIT :limit
        """,
        {"id": root_id, "name": name, "limit": TAGS_MAX},
    )


def remove_tag(tx: Transaction, member_id: int, name: str) -> bool:
    """Take a tag off a person, from every row they have; False when it was not there."""
    cursor = tx.execute(
        """
        DELETE FROM own_tag
         WHERE name = :name
           AND member_id IN (SELECT o.id
                               FROM member_root AS r
                              CROSS JOIN member_root AS o
                              WHERE r.id = :member_id AND o.root_id = r.root_id)
        """,
        {"member_id": member_id, "name": name},
    )
    return cursor.rowcount > 0


def remove_own(tx: Transaction, name: str, rows: Sequence[Sequence[int]]) -> bool:
    """Take a tag off exactly these rows, (member id, by hand, tagged at) each; False when one is not so."""
    removed = [
        tx.execute(
            "DELETE FROM own_tag WHERE member_id = :id AND name = :name AND by_hand = :by_hand AND tagged_at = :at",
            {"id": member_id, "name": name, "by_hand": by_hand, "at": tagged_at},
        ).rowcount
        for member_id, by_hand, tagged_at in rows
    ]
    return all(removed)


def put_back(tx: Transaction, name: str, rows: Sequence[Sequence[int]]) -> None:
    """Write tags as they stood: (member id, by hand, tagged at) each."""
    tx.executemany(
        "INSERT INTO own_tag (member_id, name, by_hand, tagged_at) VALUES (?, ?, ?, ?)",
        [(member_id, name, by_hand, tagged_at) for member_id, by_hand, tagged_at in rows],
    )


def tags(tx: Transaction, member_id: int) -> list[str]:
    """A member's tags, in alphabetical order."""
    rows = tx.rows(
        "SELECT name FROM tag WHERE member_id = :id ORDER BY name LIMIT :limit",
        {"id": member_id, "limit": TAGS_MAX},
    )
    return [row["name"] for row in rows]
