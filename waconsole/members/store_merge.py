"""Merges: which row was merged into which, by whom and when, and the pointers made from that.

The standing merges are a forest: each points from the top of one person to the top of another.
Taking one back cuts its edge, so that everything below it stands for itself again; the order in
which they were made does not matter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.members import store_consent, store_rows

MERGES_MAX: Final = 1000
BY_HAND: Final = "hand"
SPLIT_UNDONE: Final = "split undone"  # a row made by a split, which holds nothing any more


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge: `member_id` (and whoever it stood for) into `into_id`; standing until `parted_at`."""

    id: int
    member_id: int
    into_id: int
    rule: str
    filled: Mapping[str, str]
    moved: Mapping[str, int]
    merged_at: int
    parted_at: int | None


_MERGE: Final = "SELECT id, member_id, into_id, rule, filled, moved, merged_at, parted_at FROM merge"


def _read(row: Row) -> Merge:
    return Merge(**{**dict(row), "filled": json.loads(row["filled"]), "moved": json.loads(row["moved"])})


def merge_by_id(tx: Transaction, merge_id: int) -> Merge | None:
    """A merge, standing or taken back, or None."""
    row = tx.one(f"{_MERGE} WHERE id = :id", {"id": merge_id})
    return None if row is None else _read(row)


def merge_of(tx: Transaction, member_id: int) -> Merge | None:
    """The standing merge of a row into another, or None."""
    row = tx.one(f"{_MERGE} WHERE member_id = :id AND parted_at IS NULL", {"id": member_id})
    return None if row is None else _read(row)


def merges_into(tx: Transaction, root_id: int) -> list[Merge]:
    """The standing merges of a person, however many merges away, oldest first."""
    rows = tx.rows(
        f"""
        {_MERGE}
         WHERE parted_at IS NULL AND rule <> :undone
           AND member_id IN (SELECT id FROM member_root WHERE root_id = :id)
         ORDER BY id
         LIMIT :limit
        """,
        {"id": root_id, "undone": SPLIT_UNDONE, "limit": MERGES_MAX},
    )
    return [_read(row) for row in rows]


def has_merges(tx: Transaction) -> bool:
    """Whether any row was ever merged into another: else no fact can stand under two rows of one person."""
    return bool(tx.value("SELECT EXISTS (SELECT 1 FROM merge)"))


def below(tx: Transaction, member_id: int) -> list[int]:
    """A row and every row merged into it, however many merges away."""
    rows = tx.rows(
        """
        WITH RECURSIVE below (id) AS (
            SELECT :id
             UNION
            SELECT g.member_id FROM below AS b JOIN merge AS g ON g.into_id = b.id AND g.parted_at IS NULL)
        SELECT id FROM below ORDER BY id LIMIT :limit
        """,
        {"id": member_id, "limit": MERGES_MAX},
    )
    return [int(row["id"]) for row in rows]


def merge(
    tx: Transaction,
    member_id: int,
    into_id: int,
    *,
    operator_id: int | None,
    rule: str = BY_HAND,
    now: int,
) -> Merge:
    """Let `into_id` stand for `member_id` from now on. Both must stand for themselves, and be two."""
    assert member_id != into_id
    merge_id = tx.insert(
        """
        INSERT INTO merge (member_id, into_id, operator_id, rule, moved, merged_at)
        VALUES (:member_id, :into_id, :operator_id, :rule, :moved, :now)
        """,
        {
            "member_id": member_id,
            "into_id": into_id,
            "operator_id": operator_id,
            "rule": rule,
            "moved": json.dumps(carried(tx, member_id)),
            "now": now,
        },
    )
    return _join(tx, merge_id)


def fold_away(tx: Transaction, member_id: int, into_id: int, *, operator_id: int | None) -> None:
    """Let a row that a split made, and whose split is undone, point at the person again.

    The row stays, so that nothing that names it hangs in the air. It is no merge of two people: it
    fills no words, is as old as the person (instant 0) and is never taken back.
    """
    tx.execute(
        """
        INSERT INTO merge (member_id, into_id, operator_id, rule, merged_at)
        VALUES (:member_id, :into_id, :operator_id, :rule, 0)
        """,
        {
            "member_id": member_id,
            "into_id": into_id,
            "operator_id": operator_id,
            "rule": SPLIT_UNDONE,
        },
    )
    root = store_rows.root_of(tx, into_id)
    store_rows.point(tx, below(tx, member_id), root)
    _date(tx, root)


def rejoin(tx: Transaction, merge_id: int) -> Merge:
    """Let a merge stand that was taken back; its two must stand for themselves again.

    It fills what it had filled: whoever brought a word may have been parted from the merged row before.
    """
    tx.execute("UPDATE merge SET parted_at = NULL WHERE id = :id", {"id": merge_id})
    return _join(tx, merge_id, again=True)


def _join(tx: Transaction, merge_id: int, *, again: bool = False) -> Merge:
    row = tx.one(f"{_MERGE} WHERE id = :id", {"id": merge_id})
    assert row is not None
    joined = _read(row)
    ours, theirs = (store_rows.words_of(tx, one) for one in (joined.into_id, joined.member_id))
    brought = joined.filled if again else theirs
    filled = {name: word for name, word in brought.items() if word and not ours[name]}
    store_rows.set_words(tx, joined.into_id, filled)
    tx.execute(
        "UPDATE merge SET filled = :filled WHERE id = :id",
        {"filled": json.dumps(filled, ensure_ascii=False), "id": merge_id},
    )
    store_rows.point(tx, below(tx, joined.member_id), store_rows.root_of(tx, joined.into_id))
    _date(tx, store_rows.root_of(tx, joined.into_id))
    return Merge(
        joined.id, joined.member_id, joined.into_id, joined.rule, filled, joined.moved, joined.merged_at, None
    )


def part(tx: Transaction, standing: Merge, *, now: int) -> int:
    """Take a standing merge back exactly; answers the row that stood for both.

    A stop said while they were one goes with both: a stop outranks everything.
    """
    root = store_rows.root_of(tx, standing.into_id)
    since = store_rows.one_since(tx, standing.member_id)
    for word in store_consent.stops_since(tx, root, since):
        store_consent.copy_word(tx, standing.member_id, word, now=max(now, word["decided_at"]))
    tx.execute("UPDATE merge SET parted_at = :now WHERE id = :id", {"now": now, "id": standing.id})
    words = store_rows.words_of(tx, standing.into_id)
    store_rows.set_words(
        tx, standing.into_id, {name: "" for name, word in standing.filled.items() if words[name] == word}
    )
    store_rows.point(tx, below(tx, standing.member_id), standing.member_id)
    _date(tx, root)
    _date(tx, standing.member_id)
    return root


def _date(tx: Transaction, root_id: int) -> None:
    """Since when each row below is one with the top, and since when the top stands for more than itself."""
    rows = tx.rows(
        """
        WITH RECURSIVE below (id, since) AS (
            SELECT :id, 0
             UNION ALL
            SELECT g.member_id, max(b.since, g.merged_at)
              FROM below AS b
              JOIN merge AS g ON g.into_id = b.id AND g.parted_at IS NULL)
        SELECT id, since FROM below ORDER BY id LIMIT :limit
        """,
        {"id": root_id, "limit": MERGES_MAX},
    )
    for row in rows:
        store_rows.set_one_since(tx, row["id"], row["since"])
    store_rows.set_one_since(tx, root_id, max(row["since"] for row in rows))


def carried(tx: Transaction, root_id: int) -> dict[str, int]:
    """What hangs on a person in this room, counted: rows, aliases, tags, consents."""
    row = tx.one(
        """
        SELECT (SELECT count(*) FROM member_root WHERE root_id = :id) AS "rows",
               (SELECT count(*) FROM alias WHERE member_id = :id) AS aliases,
               (SELECT count(*) FROM tag WHERE member_id = :id) AS tags,
               (SELECT count(*) FROM consent_word WHERE member_id = :id) AS consents
        """,
        {"id": root_id},
    )
    assert row is not None
    return dict(row)


def row_named(tx: Transaction, who: str, phone: str) -> int | None:
    """The row itself, merged or not, that has the ref `who`, or whose number or BSUID it is; or None."""
    value = tx.value(
        """
        SELECT id FROM member WHERE ref = :who
         UNION ALL
        SELECT coalesce(moved_from, member_id) FROM alias
         WHERE kind IN ('phone', 'bsuid') AND value IN (:who, :phone) AND group_id = 0
         LIMIT 1
        """,
        {"who": who, "phone": phone},
    )
    return None if value is None else int(value)


def refs(tx: Transaction, member_ids: Sequence[int]) -> list[str]:
    """The refs of rows, merged or not, in the order asked for."""
    marks = ", ".join("?" * len(member_ids))
    found = {
        row["id"]: row["ref"]
        for row in tx.rows(f"SELECT id, ref FROM member WHERE id IN ({marks})", list(member_ids))
    }
    return [found[key] for key in member_ids if key in found]
