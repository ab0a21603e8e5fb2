"""The one place where somebody is allowed to decide: `authorize(actor, act, matter)`. Deny by default.

The database asks again when a decision is written (four eyes, limits, adoption): who goes around this file meets its
triggers. That whoever is named is who they say was proved on the way in (`service_sign_in`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from waconsole.clock import HOUR
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.money import Money
from waconsole.operators import store_known
from waconsole.operators.roles import (
    ADOPTED_ONLY,
    ALLOWED,
    LIMITED,
    NOT_ONES_OWN,
    NOT_ONES_PROPOSAL,
    OWNER,
    ROLES,
)
from waconsole.operators.sealing import ADOPTION, PENDING
from waconsole.operators.store import Operator
from waconsole.operators.store_known import Known

__all__ = [
    "ADOPTION",
    "ALLOWED",
    "PENDING",
    "ROLES",
    "Forbidden",
    "Matter",
    "Solo",
    "authorize",
    "check_solo",
    "deciding",
    "solo",
]

COOLING_OFF_HOURS_MAX: Final = 8_760
SECONDS_PER_HOUR: Final = 3_600


class Forbidden(Refused):
    """This operator may not do this; `rule` says which rule refused, like `four_eyes.payee` or `limit.day`."""

    def __init__(self, rule: str, sentence: str) -> None:
        """`sentence` says what is wrong and what to do."""
        super().__init__(sentence)
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is decided on. What is left out is not asked for.

    `payee_id` is a member's row, `proposed_by` an operator's; `spent_today_minor` is what the actor approved in that
    currency this day (UTC) before; `recorded_solo` says that the decision will stand as one of solo mode.
    """

    payee_id: int | None = None
    proposed_by: int | None = None
    amount: Money | None = None
    spent_today_minor: int = 0
    recorded_solo: bool = False


@dataclass(frozen=True, slots=True)
class Solo:
    """Solo mode in force: the policy's version, and how long after a proposal its own proposer may approve."""

    version: int
    cooling_off_seconds: int


def deciding(tx: Transaction, name: str | None, *, now: int) -> Operator:
    """Whoever decides. Raises Refused when nobody is named, or the one named cannot decide; NotFound for a stranger."""
    if name is None:
        raise Refused("Name who decides: --as OPERATOR. In the console: `:sign-in OPERATOR`.")
    found = store_known.known_by_name(tx, name)
    if found is None:
        raise NotFound(f"No operator is called {name}: `waconsole operators list` names them.")
    _check_active(found)
    return found.operator


def _check_active(found: Known) -> None:
    if found.retired_at is not None:
        raise Forbidden(
            "retired", f"{found.name} is retired and decides nothing any more: name another operator."
        )
    if found.passphrase_id is None:
        raise Forbidden(
            "passphrase",
            f"{found.name} has no passphrase, so nobody can tell that it is them: an owner sets one with"
            f" `waconsole operators passphrase {found.name}`, the first owner with"
            f" `waconsole operators add {found.name} --role owner`.",
        )


def authorize(tx: Transaction, actor: Operator, act: str, matter: Matter = Matter(), *, now: int) -> None:
    """Let `actor` do `act` on `matter`, or raise Forbidden. All is read anew: nothing an operator carries counts."""
    found = store_known.known_by_id(tx, actor.id)
    if found is None:
        raise Forbidden("operator", f"{actor.name} is no operator of this ledger.")
    _check_active(found)
    _check_role(found, act)
    if act in ADOPTED_ONLY and facts.fact(tx, ADOPTION) == PENDING:
        raise Forbidden(
            "adoption",
            "This ledger is a copy: nothing is approved or paid here until an owner says `waconsole adopt`.",
        )
    if act in NOT_ONES_OWN:
        _check_payee(tx, found, matter)
    if act in NOT_ONES_PROPOSAL:
        _check_proposer(tx, found, matter, now=now)
    if act in LIMITED and matter.amount is not None:
        _check_limit(tx, found, matter.amount, matter.spent_today_minor)


def _check_role(found: Known, act: str) -> None:
    roles = ALLOWED.get(act, frozenset())
    if found.role in roles:
        return
    who = " or ".join(role for role in ROLES if role in roles)
    if not who:
        raise Forbidden("act", f"Nobody may do {act} here.")
    raise Forbidden("role", f"{found.name} is {_a(found.role)}: this is for {_a(who)}. Name one with --as.")


def _a(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


def _check_payee(tx: Transaction, found: Known, matter: Matter) -> None:
    ones_own = store_known.member_root(tx, found.member_id)
    if ones_own is not None and ones_own == store_known.member_root(tx, matter.payee_id):
        raise Forbidden(
            "four_eyes.payee", f"{found.name} would decide on their own money: somebody else does that."
        )


def _check_proposer(tx: Transaction, found: Known, matter: Matter, *, now: int) -> None:
    if matter.proposed_by is None or not _is_same_person(tx, found, matter.proposed_by):
        return
    if matter.recorded_solo and matter.proposed_by == found.id and solo(tx, now=now) is not None:
        return
    raise Forbidden("four_eyes.proposer", f"{found.name} proposed this: somebody else decides on it.")


def _is_same_person(tx: Transaction, found: Known, other_id: int) -> bool:
    """The same operator, or another name of theirs: two operators whose members turned out to be one."""
    if found.id == other_id:
        return True
    other = store_known.known_by_id(tx, other_id)
    ones_own = store_known.member_root(tx, found.member_id)
    return (
        other is not None
        and ones_own is not None
        and ones_own == store_known.member_root(tx, other.member_id)
    )


def _check_limit(tx: Transaction, found: Known, amount: Money, spent_minor: int) -> None:
    limit = store_known.limit_of(tx, found.id, amount.currency)
    if limit is None:
        raise Forbidden(
            "limit.none",
            f"{found.name} has no limit in {amount.currency}, so nothing can be approved in it:"
            f" an owner sets one with `waconsole operators limit {found.name} 'AMOUNT {amount.currency}'`.",
        )
    if spent_minor + amount.minor > limit:
        raise Forbidden(
            "limit.day",
            f"{amount} is more than {found.name} may still approve today:"
            f" {Money(max(limit - spent_minor, 0), amount.currency)} of {Money(limit, amount.currency)} is left.",
        )


def solo(tx: Transaction, *, now: int) -> Solo | None:
    """Solo mode where it is in force: it is on, has cooled off since it was set, and one operator alone could decide since.

    A second operator who may decide ends it at once and for good: it has to be set anew.
    """
    found = store_known.policy_value(tx, store_known.SOLO, now=now)
    if found is None:
        return None
    text, version, set_at = found
    value = json.loads(text)
    if value.get("on") is not True:
        return None
    hours = value["cooling_off_hours"]
    if now < set_at + hours * HOUR or store_known.active_between(tx, set_at) > 1:
        return None
    return Solo(version, hours * SECONDS_PER_HOUR)


def check_solo(tx: Transaction, value: Mapping[str, Any], *, now: int) -> None:
    """Refuse a version of `operators.solo` that may not be set: on while a second operator may decide, or without cooling off."""
    on, hours = value.get("on"), value.get("cooling_off_hours")
    if not isinstance(on, bool):
        raise Refused("Solo mode is on or off: `on` is true or false.")
    if not isinstance(hours, int) or isinstance(hours, bool) or not 1 <= hours <= COOLING_OFF_HOURS_MAX:
        raise Refused(f"Solo mode cools off for 1 to {COOLING_OFF_HOURS_MAX:,} whole hours.")
    if not on:
        return
    active = [one for one in store_known.known_operators(tx) if one.is_active]
    if len(active) > 1:
        names = ", ".join(one.name for one in active)
        raise Forbidden(
            "solo",
            f"Solo mode is for one who is alone, and there are {names}: they are each other's four eyes.",
        )
    if not any(one.role == OWNER for one in active):
        raise Refused(
            "Solo mode is for an owner with a passphrase: `waconsole operators add NAME --role owner`."
        )
