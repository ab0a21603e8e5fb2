"""Member rows: one for each person met, and the pointer of a row that turned out to be somebody known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.members import store_aliases, store_erased
from waconsole.members.model import folded, ref_of

ROWS_OF_ONE_MAX: Final = 1000
FILLED: Final = ("name", "language", "timezone", "address", "payment", "device")


def add_member(tx: Transaction, *, ref: str, name: str, origin: str, now: int, run_id: int = 0) -> int:
    """Write a new member and answer the id; a known ref answers who stands for its member.

    The ref of somebody who was erased is nobody's: they get another.
    """
    (ref,) = store_erased.fresh_refs(tx, [ref])
    known = tx.value("SELECT root_id FROM member WHERE ref = :ref", {"ref": ref})
    if known is not None:
        return int(known)
    return tx.insert(
        """
        INSERT INTO member (ref, name, folded, origin, added_at, import_run_id)
        VALUES (:ref, :name, :folded, :origin, :now, :run_id)
        """,
        {"ref": ref, "name": name, "folded": folded(name), "origin": origin, "now": now, "run_id": run_id},
    )


def add_people(
    tx: Transaction, phones: Sequence[str], *, origin: str, now: int, run_id: int
) -> dict[str, int]:
    """Write a member without a name for each of these new E.164 numbers; answers the ids by number."""
    first = int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM member"))
    made = store_erased.fresh_refs(tx, [ref_of("phone", phone) for phone in phones])
    refs = dict(zip(made, phones, strict=True))
    written = tx.executemany(
        """
        INSERT INTO member (id, ref, origin, added_at, import_run_id) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (ref) DO NOTHING
        """,
        [(member_id, ref, origin, now, run_id) for member_id, ref in enumerate(refs, first)],
    ).rowcount
    if written == len(refs):
        found = dict(zip(refs.values(), range(first, first + written), strict=True))
    else:  # a member is known by that ref, whose number is somebody else's by now
        rows = tx.rows(
            "SELECT m.ref, m.id FROM json_each(:refs) AS wanted CROSS JOIN member AS m ON m.ref = wanted.value LIMIT :limit",
            {"refs": json.dumps(list(refs)), "limit": len(refs)},
        )
        found = {refs[row["ref"]]: int(row["id"]) for row in rows}
    store_aliases.add_phones(tx, found, origin=origin)
    return found


def root_of(tx: Transaction, member_id: int) -> int:
    """The id of the row that stands for a member: its own, unless it has been merged."""
    root = tx.value("SELECT root_id FROM member_root WHERE id = :id", {"id": member_id})
    return member_id if root is None else int(root)


def rows_of(tx: Transaction, root_id: int) -> list[int]:
    """The ids of every row a person has, the one that stands for them among them, oldest first."""
    rows = tx.rows(
        "SELECT id FROM member_root WHERE root_id = :id ORDER BY id LIMIT :limit",
        {"id": root_id, "limit": ROWS_OF_ONE_MAX},
    )
    return [row["id"] for row in rows]


def show_member(tx: Transaction, member_id: int) -> None:
    """A member met outside an import run no longer waits for that run."""
    tx.execute("UPDATE member SET import_run_id = 0 WHERE id = :id AND import_run_id <> 0", {"id": member_id})


def update_member(tx: Transaction, member_id: int, words: Mapping[str, str]) -> bool:
    """Fill in what a contacts file says (`FILLED` columns); an empty word changes nothing. True when a row changed."""
    return set_words(tx, member_id, {name: word for name, word in words.items() if word})


def set_words(tx: Transaction, member_id: int, words: Mapping[str, str]) -> bool:
    """Set `FILLED` columns of one row to these very words, empty ones too. True when the row changed."""
    filled = dict(words)
    if not filled:
        return False
    assert set(filled) <= set(FILLED)
    if "name" in filled:
        filled["folded"] = folded(filled["name"])
    cursor = tx.execute(
        f"UPDATE member SET {', '.join(f'{name} = :{name}' for name in filled)}"
        f" WHERE id = :id AND ({' OR '.join(f'{name} <> :{name}' for name in filled)})",
        {**filled, "id": member_id},
    )
    return cursor.rowcount > 0


def words_of(tx: Transaction, member_id: int) -> dict[str, str]:
    """The `FILLED` columns of one row."""
    row = tx.one(f"SELECT {', '.join(FILLED)} FROM member WHERE id = :id", {"id": member_id})
    return {} if row is None else dict(row)


def point(tx: Transaction, member_ids: Sequence[int], root_id: int) -> None:
    """Let `root_id` stand for these rows; a row that is pointed at itself stands for itself."""
    tx.executemany(
        "UPDATE member SET merged_into = nullif(?, id) WHERE id = ?",
        [(root_id, member_id) for member_id in member_ids],
    )
    store_aliases.resettle(tx, member_ids, root_id)


def one_since(tx: Transaction, member_id: int) -> int:
    """Since when a merged row is one with the row that stands for it (or that stands for more than itself)."""
    return int(tx.value("SELECT one_since FROM member_root WHERE id = :id", {"id": member_id}) or 0)


def set_one_since(tx: Transaction, member_id: int, at: int) -> None:
    """Set what `one_since` answers; 0 where a row is nothing but itself."""
    tx.execute("UPDATE member SET one_since = :at WHERE id = :id", {"at": at, "id": member_id})


def remove_run(tx: Transaction, run_id: int, *, limit: int) -> int:
    """Take out up to `limit` members that only an unsealed run knew; answers how many."""
    rows = tx.rows(
        "SELECT id FROM member WHERE import_run_id = :run_id LIMIT :limit", {"run_id": run_id, "limit": limit}
    )
    ids = [row["id"] for row in rows]
    store_aliases.remove_of(tx, ids)
    tx.executemany("DELETE FROM member WHERE id = ?", [(member_id,) for member_id in ids])
    return len(ids)
