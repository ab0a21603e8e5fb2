"""How far catching up came, and what changes whenever there may be something to catch up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from waconsole.database.connection import Transaction

MARKS_MAX: Final = 200_000


def marks(tx: Transaction) -> dict[str, str]:
    """How far catching up came, by name."""
    rows = tx.rows("SELECT name, facts FROM earning_mark LIMIT ?", (MARKS_MAX,))
    return {row[0]: row[1] for row in rows}


def keep_marks(tx: Transaction, found: Mapping[str, str]) -> None:
    """Write down how far it came."""
    tx.executemany(
        """
        INSERT INTO earning_mark (name, facts) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET facts = excluded.facts
        """,
        list(found.items()),
    )


def people_facts(tx: Transaction) -> str:
    """Something that changes whenever two rows become one person, or are parted."""
    row = tx.one(
        "SELECT count(*), coalesce(max(id), 0), count(parted_at), coalesce(max(parted_at), 0) FROM merge"
    )
    assert row is not None
    return "/".join(str(value) for value in row)


def group_facts(tx: Transaction, group_id: int) -> str:
    """Something that changes whenever a group's stays do."""
    row = tx.one(
        """
        SELECT count(*), coalesce(max(id), 0), coalesce(sum(joined_at / 1000000), 0), coalesce(sum(left_at / 1000000), 0),
               count(left_at)
          FROM membership
         WHERE group_id = ?
        """,
        (group_id,),
    )
    assert row is not None
    return "/".join(str(value) for value in row)


def roster_facts(tx: Transaction) -> str:
    """Something that changes whenever a scheme, its terms or an ambassador do, or the group they were added with."""
    row = tx.one(
        """
        SELECT (SELECT max(id) FROM scheme), (SELECT max(id) FROM policy_version), (SELECT max(id) FROM ambassador),
               (SELECT max(id) FROM ambassador_ending),
               (SELECT max(id) FROM "group"), (SELECT count(*) FROM "group")
        """
    )
    assert row is not None
    return "/".join(str(value) for value in row) + people_facts(tx)


def attribution_facts(tx: Transaction) -> int:
    """Something that changes whenever somebody says whose orders are whose."""
    return int(tx.value("SELECT coalesce(max(id), 0) FROM attribution"))


def run_facts(tx: Transaction) -> str:
    """Something that changes whenever an import begins, becomes visible or is taken out."""
    row = tx.one(
        "SELECT coalesce(max(id), 0), count(*), count(sealed_at), (SELECT count(*) FROM open_run) FROM import_run"
    )
    assert row is not None
    return "/".join(str(value) for value in row)


def refund_facts(tx: Transaction) -> tuple[str, int]:
    """(Something that changes whenever a refund comes to count, the id below which none can come to count any more)."""
    row = tx.one(
        """
        SELECT coalesce(max(id), 0),
               (SELECT count(*) FROM refund WHERE order_id IS NULL AND refusal = ''),
               (SELECT min(id) FROM refund WHERE order_id IS NULL AND refusal = '')
          FROM refund
        """
    )
    assert row is not None
    last, waiting, first_waiting = row
    return (
        f"{last}/{waiting}/{first_waiting}/{run_facts(tx)}",
        last + 1 if first_waiting is None else first_waiting,
    )
