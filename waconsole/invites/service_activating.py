"""Activate a version of a programme's terms, within its budget or with a second owner; fund the budget; end the programme."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from waconsole.clock import SECOND, iso, span_words
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.invites import service_exposure
from waconsole.invites.exposure import Exposure
from waconsole.invites.store_programmes import (
    ACTIVATED,
    ASKED,
    ENDED,
    Programme,
    Step,
    add_step,
    ended_at,
    next_id,
    programme_named,
    state_of,
    steps,
    value_of,
    versions,
)
from waconsole.invites.terms import Terms, terms_of
from waconsole.ledger import service as ledger
from waconsole.ledger import service_record, store_balances
from waconsole.ledger import store as books
from waconsole.ledger.model import DEBITS_UP_TO_CREDITS, Wanted
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators.authority import Matter
from waconsole.operators.store import Act, Operator

REASON_LENGTH_MAX: Final = 500
SPENT_FROM: Final = "expense:invites"
ACTIVATE: Final = "programmes.activate"


class Made(NamedTuple):
    """A programme, the version of its terms that was made or activated, where it stands, and whether anything changed."""

    programme: Programme
    version: int
    terms: Terms
    state: str
    exposure: Exposure
    is_new: bool


def running(tx: Transaction, name: str) -> Programme:
    """The programme of that name, unless it has ended. Raises Refused, NotFound."""
    programme = programme_named(tx, name)
    at = ended_at(tx, programme.id)
    if at is not None:
        raise Refused(f"{programme.name} ended on {iso(at)}: make another programme.")
    return programme


def begun(
    tx: Transaction,
    actor: Operator,
    programme: Programme,
    version: int,
    terms: Terms,
    *,
    is_draft: bool,
    now: int,
) -> Made:
    """A version that was made: activated within its budget, asked for beyond it."""
    shown = service_exposure.of(tx, terms, programme)
    if is_draft:
        return Made(programme, version, terms, state_of([], version), shown, True)
    if shown.is_over:
        _ask(tx, actor, programme, version, shown, now=now)
    else:
        authority.authorize(tx, actor, ACTIVATE, now=now)
        _activate(tx, actor, programme, version, terms, shown, None, is_alone=False, now=now)
    return Made(programme, version, terms, state_of(steps(tx, programme.id), version), shown, True)


def activate(tx: Transaction, actor: Operator, name: str, *, reason: str = "", now: int) -> Made:
    """Let the newest version earn; what is over its budget only after another owner asked for it. Raises Refused, NotFound.

    Over the budget, and asked for by nobody yet, it is asked for (`state` is `asked`). An active one is left as it is.
    """
    programme = running(tx, name)
    value, version = value_of(tx, programme)
    terms, taken = terms_of(value), steps(tx, programme.id)
    shown = service_exposure.of(tx, terms, programme)
    own = [one for one in taken if one.rule_version == version]
    if any(one.step == ACTIVATED for one in own):
        return Made(programme, version, terms, state_of(taken, version), shown, False)
    asked = next((one for one in own if one.step == ASKED), None)
    if shown.is_over and asked is None:
        authority.authorize(tx, actor, ACTIVATE, now=now)
        _ask(tx, actor, programme, version, shown, reason=reason, now=now)
    elif shown.is_over and asked is not None:
        alone = actor.id == asked.operator_id
        matter = Matter(proposed_by=asked.operator_id, recorded_solo=alone)
        authority.authorize(tx, actor, ACTIVATE, matter, now=now)
        if alone:
            _check_cooled(tx, asked, now=now)
        _activate(tx, actor, programme, version, terms, shown, asked, is_alone=alone, reason=reason, now=now)
    else:
        authority.authorize(tx, actor, ACTIVATE, now=now)
        _activate(tx, actor, programme, version, terms, shown, None, is_alone=False, reason=reason, now=now)
    return Made(programme, version, terms, state_of(steps(tx, programme.id), version), shown, True)


def _check_cooled(tx: Transaction, asked: Step, *, now: int) -> None:
    alone = authority.solo(tx, now=now)
    assert alone is not None, "authorize lets nobody activate what they asked for outside solo mode"
    cooled = asked.recorded_at + alone.cooling_off_seconds * SECOND
    if now < cooled:
        raise Refused(
            f"In solo mode what is over its budget is slept over: it can be activated at {iso(cooled)},"
            f" in {span_words(cooled - now)}."
        )


def _ask(
    tx: Transaction,
    actor: Operator,
    programme: Programme,
    version: int,
    shown: Exposure,
    *,
    reason: str = "",
    now: int,
) -> None:
    _step(tx, actor, programme, ASKED, version, shown, None, is_alone=False, reason=reason, now=now)


def _activate(
    tx: Transaction,
    actor: Operator,
    programme: Programme,
    version: int,
    terms: Terms,
    shown: Exposure,
    asked: Step | None,
    *,
    is_alone: bool,
    reason: str = "",
    now: int,
) -> None:
    _fund(tx, actor, programme, version, terms.budget, now=now)
    _step(tx, actor, programme, ACTIVATED, version, shown, asked, is_alone=is_alone, reason=reason, now=now)


def _step(
    tx: Transaction,
    actor: Operator,
    programme: Programme,
    step: str,
    version: int,
    shown: Exposure,
    asked: Step | None,
    *,
    is_alone: bool,
    reason: str,
    now: int,
) -> None:
    reason = " ".join(reason.split())
    if len(reason) > REASON_LENGTH_MAX:
        raise Refused(f"A reason has at most {REASON_LENGTH_MAX} signs.")
    row = Step(
        next_id(tx, "programme_step"), programme.id, step, version, json.dumps(shown.as_json(), sort_keys=True),
        int(shown.is_over), actor.id, None if asked is None else asked.operator_id, int(is_alone), reason, now,
    )  # fmt: skip
    add_step(tx, row)
    after = {"programme": programme.name, "version": version, "step": step}
    verb = {ASKED: "ask for programme", ACTIVATED: "activate programme", ENDED: "end programme"}[step]
    operators.record(tx, actor, verb, [Act("programme_step", row.id, {}, after)], now=now)


def _fund(
    tx: Transaction, actor: Operator, programme: Programme, version: int, budget: Money | None, *, now: int
) -> None:
    """Move into the budget's account what it has more now than under the version that earned last, or out what it has less."""
    active = [one.rule_version for one in steps(tx, programme.id) if one.step == ACTIVATED]
    before = next(
        (one.terms.budget for one in versions(tx, programme) if active and one.version == active[-1]), None
    )
    if budget is None:
        if before is not None:
            raise Refused(
                f"{programme.name} has a budget of {before}: give it a larger one rather than none."
            )
        return
    if before is not None and before.currency != budget.currency:
        raise Refused(f"The budget of {programme.name} is in {before.currency}: make another programme.")
    account = programme.budget_account
    known = books.account_id(tx, account, budget.currency)
    if known is not None and books.limit_rule(tx, known) != DEBITS_UP_TO_CREDITS:
        raise Refused(f"{programme.name} earned without a budget already: make another programme with one.")
    more = budget.minor - (0 if before is None else before.minor)
    if known is not None and store_balances.balance(tx, known).available + more < 0:
        raise Refused(
            f"{programme.name} has earned more than {budget} already: a budget is not less than that."
        )
    service_record.open_account(tx, account, budget.currency, now=now, limit_rule=DEBITS_UP_TO_CREDITS)
    if not more:
        return
    debit, credit = (SPENT_FROM, account) if more > 0 else (account, SPENT_FROM)
    wanted = Wanted(
        ref=f"budget:invites:{programme.ref}:{version}",
        debit=debit,
        credit=credit,
        money=Money(abs(more), budget.currency),
        purpose="budget",
        effective_at=now - now % SECOND,
        actor=actor.ref,
        rule=programme.policy,
        rule_version=version,
    )
    ledger.post(tx, wanted, now=now)


def end(tx: Transaction, actor: Operator, name: str, *, reason: str, now: int) -> tuple[Programme, bool]:
    """Let nothing count any more from now on; what was earned stays. Answers the programme, and whether that is new."""
    programme = programme_named(tx, name)
    if ended_at(tx, programme.id) is not None:
        return programme, False
    value, version = value_of(tx, programme)
    shown = service_exposure.of(tx, terms_of(value), programme)
    _step(tx, actor, programme, ENDED, version, shown, None, is_alone=False, reason=reason, now=now)
    return programme, True
