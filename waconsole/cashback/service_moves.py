"""What each decision moves in the books: an approval posts, a rejection voids, a split holds the rest anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from waconsole.cashback import model, store_deciding
from waconsole.cashback.deciding import AGAIN, DecisionRow
from waconsole.cashback.model import ACCRUED, APPROVED, PROPOSED, REJECTED
from waconsole.cashback.service_decisions import Deciding
from waconsole.cashback.store_deciding import Decidable
from waconsole.clock import SECOND, iso
from waconsole.errors import Refused
from waconsole.ledger import service as ledger
from waconsole.ledger import store as books
from waconsole.ledger.model import PAYABLE, Wanted, member_account
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.operators.authority import Matter

SOLO_ACTOR: Final = "solo:{name}"


def move(one: Deciding, row: DecisionRow, amount: Money | None) -> DecisionRow:
    """Move the books as a decision says; answers it with its amounts. Raises Refused."""
    makes = _MOVES.get(row.kind)
    return row if makes is None else makes(one, row, amount)


def _propose(one: Deciding, row: DecisionRow, amount: Money | None) -> DecisionRow:
    stands = one.line.standing
    rest = int(stands.state != ACCRUED)  # what a split left is held by the next round's transfer
    return row._replace(amount_minor=stands.open_minor, round=stands.round + rest)


def _approve(one: Deciding, row: DecisionRow, amount: Money | None) -> DecisionRow:
    tx, actor, line, stands = one.tx, one.actor, one.line, one.line.standing
    part = stands.open_minor if amount is None else _part(line, amount)
    if one.now < line.matures_at:
        raise Refused(
            f"Its return window ends {iso(line.matures_at)}: nothing is approved before, as the order may come back."
        )
    solo = authority.solo(tx, now=one.at)
    is_solo = solo is not None and stands.proposed_by == actor.id
    authority.authorize(
        tx,
        actor,
        "cashback.approve",
        Matter(
            payee_id=line.payee_id,
            proposed_by=stands.proposed_by,
            amount=Money(part, line.currency),
            spent_today_minor=store_deciding.approved_today(tx, actor.id, line.currency, at=one.at),
            recorded_solo=is_solo,
        ),
        now=one.at,
    )
    cooling_off = solo.cooling_off_seconds * SECOND if is_solo and solo is not None else 0
    assert stands.proposed_at is not None
    if one.at < stands.proposed_at + cooling_off:
        raise Refused(
            f"In solo mode a proposal cools off until {iso(stands.proposed_at + cooling_off)}: approve it then."
        )
    proposer = store_deciding.operator_name(tx, stands.proposed_by)
    ledger.settle(
        tx,
        model.post_ref(line.ref, stands.round),
        model.accrual_ref(line.ref, stands.round),
        effective_at=one.effective_at,
        actor=SOLO_ACTOR.format(name=actor.name) if is_solo else proposer,
        now=one.now,
        amount_minor=part,
        approved_by=actor.name,
        reason="approved",
        rule=line.rule,
        rule_version=line.rule_version,
    )
    if part < stands.open_minor:
        pend(one, stands.open_minor - part, stands.round + 1)
    return row._replace(
        amount_minor=part,
        proposed_by=stands.proposed_by,
        proposed_at=stands.proposed_at,
        approved_by=actor.id,
        approved_at=row.decided_at,
        solo=int(is_solo),
        solo_version=solo.version if is_solo and solo is not None else None,
        cooling_off=cooling_off,
    )


def _part(line: Decidable, amount: Money) -> int:
    """What of a line is approved now. Raises Refused for what is no part of it."""
    open_minor = line.standing.open_minor
    if amount.currency != line.currency or not 0 < amount.minor < open_minor:
        raise Refused(
            f"{amount} is no part of the {Money(open_minor, line.currency)} that is open: name more than nothing and less"
            " than that."
        )
    return amount.minor


def pend(one: Deciding, minor: int, round_number: int) -> None:
    """Hold what is open of a line under its next transfer."""
    first = ledger.transfer(one.tx, model.accrual_ref(one.line.ref, 1))
    wanted = Wanted(
        ref=model.accrual_ref(one.line.ref, round_number),
        debit=books.account_name(one.tx, first.debit_id)[0],
        credit=member_account(one.line.wallet, PAYABLE),
        money=Money(minor, one.line.currency),
        purpose=model.PURPOSE,
        effective_at=one.line.ordered_at,
        actor=one.actor.name,
        owner=first.owner,
        source=first.source,
        rule=one.line.rule,
        rule_version=one.line.rule_version,
    )
    ledger.pend(one.tx, wanted, now=one.now)


def _reject(one: Deciding, row: DecisionRow, amount: Money | None) -> DecisionRow:
    tx, line, stands = one.tx, one.line, one.line.standing
    matter = Matter(payee_id=line.payee_id)
    authority.authorize(tx, one.actor, "cashback.reject", matter, now=one.now)
    if stands.open_minor:
        ledger.void(
            tx,
            model.void_ref(line.ref, stands.round),
            model.accrual_ref(line.ref, stands.round),
            effective_at=one.effective_at,
            actor=one.actor.name,
            now=one.now,
            reason="rejected",
        )
    return row._replace(amount_minor=stands.open_minor)


def _pay_again(one: Deciding, row: DecisionRow, amount: Money | None) -> DecisionRow:
    return row._replace(amount_minor=one.line.standing.unpaid_minor)


_MOVES: Final[Mapping[str, Callable[[Deciding, DecisionRow, Money | None], DecisionRow]]] = {
    PROPOSED: _propose,
    APPROVED: _approve,
    REJECTED: _reject,
    AGAIN: _pay_again,
}
