"""Freeze and block: rows sealed one by one. They end by decisions alone, which the tables do by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from waconsole.chain import service as chain
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.fraud import store_decisions
from waconsole.fraud.deciding import FROZEN, ROOM, STANDING, StandingRow, sealed


class Frozen(NamedTuple):
    """Whom a rule freezes from `began_at` (event time) on, by which item."""

    review_id: int
    member_id: int
    rule: str
    rule_version: int
    began_at: int


def freeze(tx: Transaction, frozen: Sequence[Frozen], *, now: int) -> int:
    """Freeze people by a rule alone, at once; answers how many were not yet.

    Nobody is frozen by an item that is decided: its evidence has to grow first, which opens it again.
    """
    rows: list[StandingRow] = []
    first = store_decisions.next_id(tx, "standing")
    for review_id in dict.fromkeys(one.review_id for one in frozen):
        mine = {one.member_id: one for one in frozen if one.review_id == review_id}
        may = store_decisions.freezable(tx, review_id, list(mine))
        for one in mine.values():
            if one.member_id in may:
                began = one.began_at - one.began_at % SECOND
                rows.append(
                    StandingRow(
                        *(first + len(rows), one.member_id, review_id, FROZEN, one.rule, one.rule_version),
                        *(None, began, now),
                    )
                )
    write(tx, rows)
    return len(rows)


def write(tx: Transaction, rows: Sequence[StandingRow]) -> None:
    """Seal and write who is frozen or blocked from now on. Raises Refused with what the tables say against it."""
    if rows:
        link = chain.append_many(tx, ROOM, STANDING, [(row.id, sealed(row)) for row in rows])
        store_decisions.add_standings(tx, rows, link)
