"""Decide on lines: propose, approve, reject, hold, ask, release, split, pay again. Each line by itself.

Each decision moves the books, is sealed and is written to the act log in one transaction. `authorize` says in words what
is not allowed; the tables' triggers have the last word. Where somebody else was faster the line is refused with who it
was and when, and whoever came second finds it among their conflicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from waconsole.cashback import model, store_deciding
from waconsole.cashback.deciding import AGAIN, ASKED, HELD, RELEASED, UNDONE, DecisionRow, why_not
from waconsole.cashback.model import APPROVED, PROPOSED, REJECTED
from waconsole.cashback.service_decisions import OBJECT, Deciding, blank, record, whole, write
from waconsole.cashback.service_moves import move, pend
from waconsole.cashback.store_deciding import Decidable
from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.ledger import service as ledger
from waconsole.ledger import store as books
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.operators.authority import Matter
from waconsole.operators.service import Restore
from waconsole.operators.store import Operator

LINES_AT_ONCE_MAX: Final = 10_000
REASON_LENGTH_MAX: Final = 500

_KINDS: Final[Mapping[str, str]] = {
    "propose": PROPOSED,
    "approve": APPROVED,
    "reject": REJECTED,
    "hold": HELD,
    "ask": ASKED,
    "release": RELEASED,
    "split": APPROVED,
    "again": AGAIN,
}
VERBS: Final = tuple(_KINDS)
# What the matrix of `operators.roles` asks for each verb.
_ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "release": ("cashback.hold",),
    "split": ("cashback.split", "cashback.approve"),
    "again": ("cashback.batch",),
}
# Where somebody else's decision of these kinds is there already, the other one came too late.
_FINAL: Final = frozenset({PROPOSED, APPROVED, REJECTED})
_RACED: Final = frozenset({"propose", "approve", "reject", "split"})


class Refusal(NamedTuple):
    """A line that was not decided on, why, and the rule that says so."""

    line: str
    reason: str
    rule: str = ""


class TooLate(Refused):
    """Somebody had decided on the line before: `decision` says which."""

    rule = "too_late"

    def __init__(self, sentence: str, decision: DecisionRow) -> None:
        """`sentence` says who and when."""
        super().__init__(sentence)
        self.decision = decision


@dataclass(slots=True)
class Outcome:
    """What came of deciding on lines: those that were decided on, in order, and those that were refused."""

    done: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    stroke: str | None = None


def decide(
    tx: Transaction,
    actor: Operator,
    verb: str,
    lines: Sequence[str],
    *,
    now: int,
    reason: str = "",
    amount: Money | None = None,
    stroke: str | None = None,
) -> Outcome:
    """Do one of `VERBS` to lines, each by itself: what is refused leaves nothing, and the others stand.

    `reason` is asked for by `reject` and `ask`, `amount` (what is approved now) by `split`. Long work passes the `stroke`
    of the first answer on, so that it is undone as one. Raises Refused for what concerns no single line.
    """
    check(verb, len(lines), reason)
    if (verb == "split") != (amount is not None):
        raise Refused("Say how much is approved now: --amount '40.00 HKD'.")
    for act in _ACTS.get(verb, (f"cashback.{verb}",)):
        authority.authorize(tx, actor, act, now=now)
    outcome = Outcome(stroke=stroke)
    for ref in dict.fromkeys(lines):
        found = store_deciding.decidable(tx, ref)
        if found is None:
            outcome.refused.append(
                Refusal(ref, "There is no such line: `waconsole cashback list` names them.")
            )
            continue
        try:
            with whole(tx):
                one = Deciding(tx, actor, found, now)
                outcome.stroke = _decide_one(one, verb, reason, amount, stroke=outcome.stroke)
        except Refused as refused:
            outcome.refused.append(Refusal(ref, str(refused), getattr(refused, "rule", "")))
            if isinstance(refused, TooLate) and refused.decision.operator_id != actor.id:
                store_deciding.add_conflict(
                    tx, line_id=found.id, operator_id=actor.id, tried=verb, decision_id=refused.decision.id, now=now
                )  # fmt: skip
        else:
            outcome.done.append(ref)
    return outcome


def check(verb: str, count: int, reason: str) -> None:
    """Raise Refused for what concerns no single line: an unknown verb, a reason that is missing or too long, too many."""
    if verb not in _KINDS:
        raise Refused(f"Nobody can {verb} a line.")
    if verb == "reject" and not reason.strip():
        raise Refused("Say why: --reason 'WORDS'.")
    if verb == "ask" and not reason.strip():
        raise Refused("Say what to ask: --text 'WORDS'.")
    if len(reason) > REASON_LENGTH_MAX:
        raise Refused(f"A reason has at most {REASON_LENGTH_MAX} signs.")
    if count > LINES_AT_ONCE_MAX:
        raise Refused(f"At most {LINES_AT_ONCE_MAX:,} lines are decided on at once.")


def _decide_one(one: Deciding, verb: str, reason: str, amount: Money | None, *, stroke: str | None) -> str:
    kind = _KINDS[verb]
    why = why_not(one.line.standing, kind)
    if why:
        _check_raced(one.tx, verb, one.line)
        raise Refused(why)
    row = move(one, blank(one, kind), amount)
    return record(one, row, reason, verb=f"{verb} cashback", stroke=stroke)


def _check_raced(tx: Transaction, verb: str, line: Decidable) -> None:
    """Raise TooLate where a decision that stands is what is in the way."""
    stands, last_id = line.standing, store_deciding.last_decision(tx, line.id)
    if verb not in _RACED or last_id is None:
        return
    last = store_deciding.decision(tx, last_id)
    if last.kind in _FINAL and last.kind == stands.state and (last.kind != PROPOSED or verb == "propose"):
        name = store_deciding.operator_name(tx, last.operator_id)
        raise TooLate(f"It was already {last.kind} by {name} at {iso(last.decided_at)}.", last)


def restores(operator: str | None, *, now: int) -> dict[str, Restore]:
    """How a decision is taken back, until its line is in a batch: what `undo` works with. `operator` is who was named."""

    def restore(tx: Transaction, line_id: int, before: dict[str, object], after: dict[str, object]) -> bool:
        return undo(tx, operator, line_id, int(str(after["decision"])), now=now)

    return {OBJECT: restore}


def undo(tx: Transaction, operator: str | None, line_id: int, decision_id: int, *, now: int) -> bool:
    """Take a decision back: a posted transfer is reversed, what was held is held anew under the next round's transfer.

    Answers False when it is not the last one on its line any more. Raises Refused when nobody who may is named.
    """
    actor = authority.deciding(tx, operator, now=now)
    found = store_deciding.decidable(tx, store_deciding.line_ref(tx, line_id))
    if found is None:
        raise NotFound("There is no such line.")
    if store_deciding.last_decision(tx, line_id) != decision_id:
        return False
    undone = store_deciding.decision(tx, decision_id)
    money = undone.kind in {APPROVED, REJECTED}
    matter = Matter(payee_id=found.payee_id) if money else Matter()
    authority.authorize(tx, actor, "cashback.undo", matter, now=now)
    one = Deciding(tx, actor, found, now)
    row = blank(one, UNDONE)._replace(undoes_id=decision_id)
    if undone.kind == APPROVED:
        row = _undo_approval(one, row, undone)
    elif undone.kind == REJECTED:
        row = _undo_rejection(one, row)
    write(tx, row)
    return True


def _undo_approval(one: Deciding, row: DecisionRow, undone: DecisionRow) -> DecisionRow:
    """Give the money back to its budget, and hold all that is open again."""
    tx, line, stands = one.tx, one.line, one.line.standing
    posted = ledger.transfer(tx, model.post_ref(line.ref, undone.round))
    left = posted.amount - books.reversed_amount(tx, posted.seq)
    if left:
        ledger.reverse(
            tx,
            model.undo_ref(line.ref, undone.round),
            posted.ref,
            effective_at=one.effective_at,
            actor=one.actor.name,
            now=one.now,
            amount_minor=left,
            reason="approval undone",
        )
    next_round = stands.round + 1
    rest = model.accrual_ref(line.ref, next_round)
    held = books.transfer_by_ref(tx, rest)
    if held is not None:
        if books.resolution_of(tx, held.seq) is None:
            ledger.void(
                tx, model.void_ref(line.ref, next_round), rest, effective_at=one.effective_at, actor=one.actor.name,
                now=one.now, reason="split undone",
            )  # fmt: skip
        next_round += 1
    _hold_again(one, stands.open_minor + left, next_round)
    return row._replace(amount_minor=left, round=next_round)


def _undo_rejection(one: Deciding, row: DecisionRow) -> DecisionRow:
    back = one.line.standing.rejected_minor  # less what was refunded of it since
    next_round = one.line.standing.round + 1
    _hold_again(one, back, next_round)
    return row._replace(amount_minor=back, round=next_round)


def _hold_again(one: Deciding, minor: int, next_round: int) -> None:
    if minor:
        pend(one, minor, next_round)


def see_conflicts(tx: Transaction, actor: Operator, *, now: int) -> int:
    """Note that an operator looked at the conflicts they met; answers how many."""
    return store_deciding.see_conflicts(tx, actor.id, now=now)
