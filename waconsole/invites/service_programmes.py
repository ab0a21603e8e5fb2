"""Make a programme, and give it other terms.

A programme is one owner's act and in force at once, also for the past, while its worst case is within its budget. Over
the budget a version earns nothing until another owner activates it; the database asks again (`010_guards.sql`). Who may do
it is the caller's to ask, but for activating (`service_activating`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from waconsole.clock import SECOND, iso
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.invites import service_exposure
from waconsole.invites.service_activating import Made, begun, running
from waconsole.invites.store_programmes import (
    Programme,
    add_programme,
    next_id,
    programme_of,
    ref_of,
    state_of,
    steps,
    value_of,
)
from waconsole.invites.terms import Terms, terms_of, to_policy
from waconsole.money import parse
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.policy import service as policy
from waconsole.policy import store as policies

NAME_LENGTH_MAX: Final = 60
PROGRAMME: Final = "programme"


def completed(tx: Transaction, value: Mapping[str, Any], *, now: int) -> dict[str, Any]:
    """A value with every key it does not name from the policies in force: a version of a programme is complete.

    The minimum of policy counts only in the programme's own currency: nothing is converted.
    """

    def said(name: str) -> Any:
        return policies.in_force(tx, name, now=now)[0]["value"]

    base = {
        "counted_action": said("referral.counted_action"),
        "mode": said("referral.ladder_mode"),
        "attribution": said("referral.attribution"),
        "attribution_window": f"{said('referral.attribution_window_days')}d",
        "return_window": f"{said('fraud.return_window_days')}d",
        "cap": said("fraud.rewarded_invites_max"),
    }
    terms = terms_of({**base, **value})
    minimum = str(said("fraud.minimum_order"))
    if "minimum" not in value and terms.currency == parse(minimum).currency:
        base["minimum"] = minimum
    return to_policy(terms_of({**base, **value}))


def create(
    tx: Transaction,
    actor: Operator,
    name: str,
    value: Mapping[str, Any],
    *,
    valid_from: int | None,
    is_draft: bool,
    now: int,
) -> Made:
    """Make a programme of these terms, in force at once within its budget; the same again changes nothing. Raises Refused.

    `value` is as typed, instants already as such. It counts from `valid_from`, else from its `starts_at`, else for all
    that was before too.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable() or ":" in name:
        raise Refused(f"A programme's name has 1 to {NAME_LENGTH_MAX} signs, and no colon.")
    if valid_from is not None:
        value = {"starts_at": iso(valid_from), **value}
    value = completed(tx, value, now=now)
    terms = terms_of(value)
    known = programme_of(tx, name)
    if known is not None:
        return _same(tx, known, terms, now=now)
    begins = valid_from if valid_from is not None else terms.starts_at or 0
    programme = Programme(next_id(tx, PROGRAMME), ref_of(name), name, actor.id, now)
    version = _set_version(tx, actor, programme, value, terms, valid_from=begins, now=now)
    add_programme(tx, programme)
    after = {"programme": name, "version": version}
    operators.record(tx, actor, "add programme", [Act(PROGRAMME, programme.id, {}, after)], now=now)
    return begun(tx, actor, programme, version, terms, is_draft=is_draft, now=now)


def _same(tx: Transaction, known: Programme, terms: Terms, *, now: int) -> Made:
    value, version = value_of(tx, known)
    if to_policy(terms_of(value)) != to_policy(terms):
        raise Refused(
            f"There is a programme {known.name} with other terms: `waconsole invites programme set {known.name}"
            " --set KEY=VALUE` gives it others."
        )
    shown = service_exposure.of(tx, terms, known)
    return Made(known, version, terms, state_of(steps(tx, known.id), version), shown, False)


def change(
    tx: Transaction,
    actor: Operator,
    name: str,
    typed: Mapping[str, Any],
    *,
    valid_from: int | None,
    is_draft: bool,
    now: int,
) -> Made:
    """Give a programme other terms from `valid_from` (now) on; what is not typed stays. Raises Refused, NotFound."""
    programme = running(tx, name)
    before, number = value_of(tx, programme)
    terms = terms_of({**before, **typed})
    if to_policy(terms) == to_policy(terms_of(before)):
        return _same(tx, programme, terms, now=now)
    begins = now - now % SECOND if valid_from is None else valid_from
    version = _set_version(tx, actor, programme, to_policy(terms), terms, valid_from=begins, now=now)
    change = Act(PROGRAMME, programme.id, {"version": number}, {"version": version})
    operators.record(tx, actor, "change programme", [change], now=now)
    return begun(tx, actor, programme, version, terms, is_draft=is_draft, now=now)


def _set_version(
    tx: Transaction,
    actor: Operator,
    programme: Programme,
    value: Mapping[str, Any],
    terms: Terms,
    *,
    valid_from: int,
    now: int,
) -> int:
    return policy.set_version(
        tx,
        programme.policy,
        value,
        says=service_exposure.said(terms),
        reason="the terms of an invite programme",
        valid_from=valid_from,
        set_by=actor,
        now=now,
    )
