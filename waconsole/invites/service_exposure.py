"""What a programme's terms may cost here and what is warned of: with the members, pools, orders and policies of this ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.invites import lints, store_programmes
from waconsole.invites.exposure import Exposure, exposure
from waconsole.invites.lints import TYPED, Bounds, Ltv
from waconsole.invites.store_programmes import ACTIVE, ENDED, Programme, state_of
from waconsole.invites.terms import (
    CUMULATIVE,
    FIRST_ORDER,
    JOINED_GROUP,
    MESSAGED,
    Terms,
    terms_of,
    to_policy,
)
from waconsole.invites.terms_words import EACH, INVITEE, span_said
from waconsole.ledger import store as books
from waconsole.ledger import store_balances
from waconsole.money import Money, parse
from waconsole.operators import store as operators
from waconsole.policy import bounds as policy_bounds
from waconsole.policy import store as policy
from waconsole.shop import store_coupons

ACTION_WORDS: Final[Mapping[str, str]] = {
    FIRST_ORDER: "a first order",
    JOINED_GROUP: "joining the group",
    MESSAGED: "a message to us",
}


def of(tx: Transaction, terms: Terms, programme: Programme) -> Exposure:
    """The worst case of terms with who takes part and the members there are, and what the pools' codes cost."""
    return exposure(
        terms,
        store_programmes.referrers(tx, programme.id),
        store_coupons.costs(tx),
        everybody=store_programmes.members_who_could_refer(tx),
    )


def bounds(tx: Transaction, *, now: int) -> Bounds:
    """The policies a programme is held against."""

    def value(name: str) -> Any:
        return policy.in_force(tx, name, now=now)[0]

    try:
        floor = parse(str(value("referral.reward_floor")["value"]))
    except NotFound:
        floor = None
    return Bounds(
        steps_max=int(value("referral.funnel_steps_max")["value"]),
        floor=floor,
        band_low=policy_bounds.share(value("budget.cost_share_low")),
        band_high=policy_bounds.share(value("budget.cost_share_high")),
    )


def ltv(tx: Transaction, terms: Terms, currency: str | None, *, now: int) -> Ltv | None:
    """What a buyer brings: as the terms say, else the mean of what buyers here spent in the programme's currency."""
    if terms.ltv is not None:
        return Ltv(TYPED, Fraction(terms.ltv.minor), terms.ltv.currency)
    return (
        None
        if currency is None
        else lints.observed(store_programmes.spent_by_buyer(tx, currency, now=now), currency)
    )


def looked_at(tx: Transaction, terms: Terms, shown: Exposure, *, now: int) -> dict[str, Any]:
    """`warnings`, and `ltv`: what a friend costs against the band of what a buyer brings."""
    held, pools = bounds(tx, now=now), store_coupons.costs(tx)
    value = ltv(tx, terms, shown.currency, now=now)
    return {
        "warnings": lints.warnings(terms, held, value, pools, store_coupons.worths(tx)),
        "ltv": lints.band(terms, held, value, pools),
    }


def said(terms: Terms) -> str:
    """Terms as one sentence for a person."""
    given = []
    for slot, reward in terms.slots:
        if slot == EACH:
            given.append(f"{reward.told()} for each friend")
        elif slot == INVITEE:
            given.append(f"{reward.told()} for the friend")
        else:
            given.append(f"{reward.told()} at {slot}")
    words = ", ".join(given) or "nothing"
    if terms.rungs and terms.mode != CUMULATIVE:
        words += " (a rung gives what is more)"
    counts = ACTION_WORDS[terms.counted_action]
    if terms.minimum is not None and terms.counted_action == FIRST_ORDER:
        counts += f" of {terms.minimum} or more"
    cap = "" if terms.cap is None else f", at most {terms.cap} friends"
    return f"{words}; counted: {counts}{cap}; decided on after {span_said(terms.return_window)}."


def row(tx: Transaction, programme: Programme) -> dict[str, Any]:
    """A programme in a list: where it stands, its newest terms as a sentence, its invites by state."""
    value, version = store_programmes.value_of(tx, programme)
    taken, terms = store_programmes.steps(tx, programme.id), terms_of(value)
    is_active = any(one.step == "activated" for one in taken)
    newest = state_of(taken, version)
    return {
        "programme": programme.name,
        "ref": programme.ref,
        "state": newest if newest == ENDED or not is_active else ACTIVE,
        "version": version,
        "version_state": newest,
        "currency": terms.currency,
        "says": said(terms),
        "invites": store_programmes.counts(tx, programme.id),
        "added_at": iso(programme.added_at),
        "budget": None if terms.budget is None else terms.budget.as_json(),
        "budget_left": _left(tx, programme, terms),
    }


def _left(tx: Transaction, programme: Programme, terms: Terms) -> dict[str, int | str] | None:
    if terms.budget is None:
        return None
    account = books.account_id(tx, programme.budget_account, terms.budget.currency)
    if account is None:
        return terms.budget.as_json()
    return Money(store_balances.balance(tx, account).available, terms.budget.currency).as_json()


def shown(tx: Transaction, programme: Programme, *, now: int) -> dict[str, Any]:
    """A programme in full: terms, versions, steps, worst case, warnings."""
    value, _ = store_programmes.value_of(tx, programme)
    terms, taken = terms_of(value), store_programmes.steps(tx, programme.id)
    worst = of(tx, terms, programme)
    names = {one.id: one.name for one in operators.operators(tx)}
    return {
        **row(tx, programme),
        "terms": to_policy(terms),
        "versions": [
            {
                "version": one.version,
                "state": state_of(taken, one.version),
                "valid_from": iso(one.valid_from) if one.valid_from else None,
                "set_at": iso(one.set_at),
                "says": said(one.terms),
            }
            for one in store_programmes.versions(tx, programme)
        ],
        "steps": [
            {
                "step": one.step,
                "version": one.rule_version,
                "by": names.get(one.operator_id),
                "asked_by": None if one.asked_by is None else names.get(one.asked_by),
                "solo": bool(one.solo),
                "over_budget": bool(one.is_over),
                "worst_case": json.loads(one.exposure).get("worst_case"),
                "reason": one.reason,
                "at": iso(one.recorded_at),
            }
            for one in taken
        ],
        "exposure": worst.as_json(),
        **looked_at(tx, terms, worst, now=now),
    }
