"""How an act in the inbox is done to many things: in short transactions, recorded as one stroke."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Database, Transaction
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator

AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Done:
    """What an act did. `count` things changed; `id` is the row it made, where it made one."""

    verb: str
    count: int
    id: int | None = None


Change = Callable[[Transaction, Operator, int], Sequence[Act]]


async def each(
    database: Database, operator: str | None, verb: str, ids: Sequence[int], change: Change, *, now: int
) -> Done:
    """Apply `change` to each id, in transactions short enough for others to get their turn."""
    stroke = secrets.token_hex(8)
    changed = 0
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]

        def work(tx: Transaction, part: Sequence[int] = part) -> int:
            acting = operators.acting(tx, operator, now=now)
            acts = [act for one in part for act in change(tx, acting, one)]
            if acts:
                operators.record(tx, acting, verb, acts, now=now, stroke=stroke)
            return len({(act.object_kind, act.object_id) for act in acts})

        changed += await database.write(work)
    return Done(verb, changed)
