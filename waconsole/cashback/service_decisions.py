"""Write a decision: sealed, with its words beside it and its act in the log, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from waconsole.cashback import model, store_deciding
from waconsole.cashback.deciding import DECISION, DecisionRow, sealed
from waconsole.cashback.store_deciding import Decidable
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator

OBJECT: Final = "cashback_line"


@contextmanager
def whole(tx: Transaction) -> Iterator[None]:
    """All of one decision or nothing of it, also for a caller who goes on with the next line."""
    tx.execute("SAVEPOINT deciding")
    try:
        yield
    except BaseException:
        tx.execute("ROLLBACK TO deciding")
        tx.execute("RELEASE deciding")
        raise
    tx.execute("RELEASE deciding")


class Deciding(NamedTuple):
    """A decision that is being made; `at` is never before the line's last one, whatever a clock does."""

    tx: Transaction
    actor: Operator
    line: Decidable
    now: int

    @property
    def at(self) -> int:
        """When it is decided."""
        return max(self.now, self.line.standing.decided_at)

    @property
    def effective_at(self) -> int:
        """The same in whole seconds, for the books."""
        return self.at - self.at % SECOND


def blank(one: Deciding, kind: str) -> DecisionRow:
    """A decision on a line as it stands, about no amount yet."""
    stands = one.line.standing
    return DecisionRow(
        id=next_id(one.tx, "line_decision"),
        line_id=one.line.id,
        kind=kind,
        state_before=stands.state,
        held_before=stands.held,
        round=stands.round,
        amount_minor=0,
        netted_minor=0,
        batch_id=None,
        undoes_id=None,
        operator_id=one.actor.id,
        proposed_by=None,
        proposed_at=None,
        approved_by=None,
        approved_at=None,
        solo=0,
        solo_version=None,
        cooling_off=0,
        words_hash=None,
        decided_at=one.at,
    )


def record(one: Deciding, row: DecisionRow, reason: str, *, verb: str, stroke: str | None) -> str:
    """Seal and write a decision and its act; answers the stroke."""
    write(one.tx, row, reason)
    before = {"state": row.state_before, "held": row.held_before, "line": one.line.ref}
    after = {"decision": row.id, "kind": row.kind, "amount_minor": row.amount_minor}
    act = Act(OBJECT, row.line_id, before, after, rule=one.line.rule, rule_version=one.line.rule_version)
    return operators.record(one.tx, one.actor, verb, [act], now=one.now, stroke=stroke)


def write(tx: Transaction, row: DecisionRow, reason: str = "") -> None:
    """Seal and write a decision, with its words beside it. Raises Refused with what the tables say against it."""
    salt, hashed = store_deciding.draw_words(reason)
    row = row._replace(words_hash=hashed)
    link = chain.append(tx, model.ROOM, DECISION, row.id, sealed(row))
    store_deciding.add_decision(tx, row, link)
    store_deciding.add_words(tx, DECISION, row.id, salt, reason)
