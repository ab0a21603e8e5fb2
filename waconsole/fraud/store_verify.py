"""What verification reads of the desk: decisions and freezes as they stand, and what each item went through, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.fraud.deciding import DecisionRow, Standing, StandingRow
from waconsole.fraud.store_decisions import DECISION, STANDING

STRAYS_MAX: Final = 1
_TOUCHED: Final = """
    SELECT review_id FROM review_decision WHERE chain_seq > :after
     UNION SELECT review_id FROM standing WHERE chain_seq > :after
     UNION SELECT id FROM review WHERE :after = 0
"""


class Ending(NamedTuple):
    """A freeze or block with its link, and how its row says that it ended."""

    link: int
    row: StandingRow
    ended_at: int | None
    ended_by: int | None


def decisions_after(tx: Transaction, link_seq: int) -> Iterator[tuple[int, DecisionRow]]:
    """(link, decision) of every decision sealed after a link."""
    return _decisions(tx, "WHERE chain_seq > :after ORDER BY chain_seq", link_seq)


def standings_after(tx: Transaction, link_seq: int) -> Iterator[tuple[int, StandingRow]]:
    """(link, row) of every freeze and block sealed after a link."""
    cursor = tx.execute(
        f"SELECT chain_seq, {STANDING} FROM standing WHERE chain_seq > ? ORDER BY chain_seq", (link_seq,)
    )
    cursor.row_factory = None
    return ((link, StandingRow(*said)) for link, *said in cursor)


def items(tx: Transaction, after: int) -> Iterator[tuple[int, str, Standing]]:
    """(id, stamp, how it says it stands) of the items that something was sealed of after a link; of all for 0."""
    cursor = tx.execute(
        f"SELECT id, stamp, state, decision_id, snoozed_until FROM review WHERE id IN ({_TOUCHED}) ORDER BY id",
        {"after": after},
    )
    cursor.row_factory = None
    return ((row_id, stamp, Standing(*said)) for row_id, stamp, *said in cursor)


def history(tx: Transaction, after: int) -> Iterator[tuple[int, DecisionRow]]:
    """(link, decision) of all decisions on the same items, item by item, in the order in which they were sealed."""
    return _decisions(tx, f"WHERE review_id IN ({_TOUCHED}) ORDER BY review_id, chain_seq", after)


def endings(tx: Transaction, after: int) -> Iterator[Ending]:
    """All freezes and blocks of the same items, item by item."""
    cursor = tx.execute(
        f"""
        SELECT chain_seq, ended_at, ended_by, {STANDING} FROM standing
         WHERE review_id IN ({_TOUCHED}) ORDER BY review_id, chain_seq
        """,
        {"after": after},
    )
    cursor.row_factory = None
    return (Ending(link, StandingRow(*said), at, by) for link, at, by, *said in cursor)


def _decisions(tx: Transaction, where: str, after: int) -> Iterator[tuple[int, DecisionRow]]:
    cursor = tx.execute(f"SELECT chain_seq, {DECISION} FROM review_decision {where}", {"after": after})
    cursor.row_factory = None
    return ((link, DecisionRow(*said)) for link, *said in cursor)


def signals(tx: Transaction, review_id: int) -> list[tuple[str, int, int, str]]:
    """(rule, version, weight, evidence) of an item, in the order in which a decision keeps them."""
    cursor = tx.execute(
        "SELECT rule, rule_version, weight, evidence FROM signal WHERE review_id = ? ORDER BY weight DESC, rule",
        (review_id,),
    )
    cursor.row_factory = None
    return [(row[0], row[1], row[2], row[3]) for row in cursor]


def has_erased(tx: Transaction, review_id: int) -> bool:
    """Whether somebody an item names was erased since: then words of its evidence are gone."""
    return (
        tx.value(
            """
            SELECT 1 FROM review_person AS p JOIN erasure AS e ON e.member_id = p.root_id
             WHERE p.review_id = ? LIMIT 1
            """,
            (review_id,),
        )
        is not None
    )


def words(tx: Transaction) -> Iterator[tuple[int, object, object, str | None]]:
    """(decision, salt, words, the hash that was sealed) of all words kept beside decisions."""
    cursor = tx.execute(
        """
        SELECT w.id, w.salt, w.words, d.words_hash
          FROM review_words AS w LEFT JOIN review_decision AS d ON d.id = w.id ORDER BY w.id
        """
    )
    cursor.row_factory = None
    return ((row[0], row[1], row[2], row[3]) for row in cursor)


def stray(tx: Transaction) -> tuple[str, int] | None:
    """A row of the desk that is of an item that is not there: (table, id)."""
    for table in ("review_decision", "standing", "review_member", "review_invite", "signal"):
        found = tx.value(
            f"SELECT id FROM {table} WHERE review_id NOT IN (SELECT id FROM review) LIMIT {STRAYS_MAX}"
        )
        if found is not None:
            return table, int(found)
    return None
