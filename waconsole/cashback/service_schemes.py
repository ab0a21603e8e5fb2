"""Add a scheme or change its terms, add and end ambassadors, say whose a buyer's orders are.

A scheme, an ambassador and an attribution are one owner's act and in force at once, also for the past. Who may do it
is the caller's to ask (`operators.authority`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from waconsole.cashback import model, store_schemes
from waconsole.cashback.earning import GROUP, Terms, check_terms, said, terms_of, to_policy
from waconsole.cashback.lines import (
    AMBASSADOR,
    ATTRIBUTION,
    ENDING,
    SCHEME,
    AmbassadorRow,
    AttributionRow,
    EndingRow,
    SchemeRow,
    budget_ref,
    sealed,
)
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.clock import SECOND, iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.ledger import service as ledger
from waconsole.ledger import service_record, store_balances
from waconsole.ledger import store as books
from waconsole.ledger.model import DEBITS_UP_TO_CREDITS, Wanted
from waconsole.members import store as members
from waconsole.money import Money
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.policy import service as policy

NAME_LENGTH_MAX: Final = 60
REASON_LENGTH_MAX: Final = 500
SPENT_FROM: Final = "expense:cashback"
BY_OPERATOR: Final = "operator"


class Added(NamedTuple):
    """A scheme, the version of its terms, and whether anything changed."""

    scheme: SchemeRow
    version: int
    terms: Terms
    is_new: bool


def add_scheme(tx: Transaction, actor: Operator, name: str, terms: Terms, *, now: int) -> Added:
    """Add a scheme, or give one that is there other terms from their `starts_at` on. The same again changes nothing."""
    name = name.strip()
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable() or ":" in name:
        raise Refused(f"A scheme's name has 1 to {NAME_LENGTH_MAX} signs, and no colon.")
    known = store_schemes.scheme_named(tx, name)
    before = None
    if known is not None:
        before = max(store_schemes.versions(tx, known.policy), key=lambda one: one.version)
        if terms.budget is None:
            terms = replace(terms, budget=before.terms.budget)
    check_terms(terms)
    if known is not None and before is not None and before.terms == terms_of(to_policy(terms)):
        return Added(known, before.version, before.terms, False)
    more = _more_budget(tx, name, before.terms.budget if before else None, terms.budget)
    version = policy.set_version(
        tx,
        model.scheme_policy(name),
        to_policy(terms),
        says=said(terms),
        reason="the terms of a cashback scheme",
        valid_from=terms.starts_at,
        set_by=actor,
        now=now,
    )
    if known is None:
        known = SchemeRow(next_id(tx, "scheme"), name, model.scheme_policy(name), now)
        link = chain.append(tx, model.ROOM, SCHEME, known.id, sealed(known))
        store_schemes.add_scheme(tx, known, link)
    if more is not None and more.minor:
        _set_budget(tx, actor, name, version, more, now=now)
    after = {"scheme": name, "version": version}
    operators.record(tx, actor, "add scheme", [Act(SCHEME, known.id, {}, after)], now=now)
    return Added(known, version, terms, True)


def _more_budget(tx: Transaction, name: str, before: Money | None, budget: Money | None) -> Money | None:
    """What a budget has more than before (less: below nothing). Raises Refused when it cannot be given or taken."""
    if budget is None:
        return None
    if before is not None and before.currency != budget.currency:
        raise Refused(
            f"The budget of {name} is in {before.currency}: add another scheme for {budget.currency}."
        )
    known = books.account_id(tx, model.budget_account(name), budget.currency)
    if known is not None and books.limit_rule(tx, known) != DEBITS_UP_TO_CREDITS:
        raise Refused(f"{name} earned without a budget already: add another scheme with one.")
    more = budget.minor - (0 if before is None else before.minor)
    if known is not None and store_balances.balance(tx, known).available + more < 0:
        raise Refused(f"{name} has earned more than {budget} already: a budget is not less than that.")
    return Money(more, budget.currency)


def _set_budget(tx: Transaction, actor: Operator, name: str, version: int, more: Money, *, now: int) -> None:
    """Move into the budget's account what it has more now, or out of it what it has less."""
    account = model.budget_account(name)
    service_record.open_account(tx, account, more.currency, now=now, limit_rule=DEBITS_UP_TO_CREDITS)
    debit, credit = (SPENT_FROM, account) if more.minor > 0 else (account, SPENT_FROM)
    wanted = Wanted(
        ref=budget_ref(name, version),
        debit=debit,
        credit=credit,
        money=Money(abs(more.minor), more.currency),
        purpose="budget",
        effective_at=now - now % SECOND,
        actor=actor.ref,
        rule=model.scheme_policy(name),
        rule_version=version,
    )
    ledger.post(tx, wanted, now=now)


def scheme(tx: Transaction, name: str) -> SchemeRow:
    """The scheme of that name. Raises NotFound, with those there are."""
    found = store_schemes.scheme_named(tx, name.strip())
    if found is None:
        known = ", ".join(one.name for one in store_schemes.schemes(tx)) or "none yet"
        raise NotFound(
            f"There is no scheme {name}: there is {known}. `waconsole cashback schemes add` adds one."
        )
    return found


def add_ambassador(
    tx: Transaction,
    actor: Operator,
    who: str,
    scheme_name: str,
    group_id: int | None,
    *,
    valid_from: int,
    now: int,
) -> tuple[Row, bool]:
    """Let a member earn under a scheme from `valid_from` on; answers their row, and whether it is new.

    Under a group's basis the orders of the members of `group_id` count. Raises Refused, NotFound.
    """
    member, under = members.member_named(tx, who), scheme(tx, scheme_name)
    bases = {one.terms.basis for one in store_schemes.versions(tx, under.policy) if one.terms.credit is None}
    if GROUP in bases and group_id is None:
        raise Refused(f"{under.name} pays on the orders of a group: name it with --group.")
    for row in store_schemes.ambassadors_of(tx, member.id, under.id):
        if row["group_id"] != group_id:
            continue
        if row["valid_from"] == valid_from:
            if row["ended_at"] is not None:
                raise Refused("They were an ambassador from that day and ended: add them from a later one.")
            return row, False
        if row["valid_from"] < valid_from and (row["ended_at"] is None or row["ended_at"] > valid_from):
            raise Refused(
                f"They have been an ambassador of {under.name} since {iso(row['valid_from'])} already."
            )
    words = ("", "") if group_id is None else store_schemes.group_words(tx, group_id)
    added = AmbassadorRow(
        next_id(tx, "ambassador"), member.id, under.id, group_id, *words, valid_from, actor.id, now
    )
    link = chain.append(tx, model.ROOM, AMBASSADOR, added.id, sealed(added))
    store_schemes.add_ambassador(tx, added, link)
    after = {"member": member.ref, "scheme": under.name, "group_id": group_id, "valid_from": valid_from}
    operators.record(tx, actor, "add ambassador", [Act(AMBASSADOR, added.id, {}, after)], now=now)
    return store_schemes.ambassadors_of(tx, member.id, under.id)[-1], True


def end_ambassador(
    tx: Transaction, actor: Operator, who: str, scheme_name: str, *, ends_at: int, now: int
) -> list[Row]:
    """Let a member earn nothing more under a scheme from `ends_at` on; answers their rows. Raises Refused, NotFound."""
    member, under = members.member_named(tx, who), scheme(tx, scheme_name)
    rows = [row for row in store_schemes.ambassadors_of(tx, member.id, under.id) if row["ended_at"] is None]
    if not rows:
        raise Refused(f"They are no ambassador of {under.name}, or ended already.")
    acts = []
    for row in rows:
        if row["valid_from"] >= ends_at:
            raise Refused(f"They began on {iso(row['valid_from'])}: they cannot end before that.")
        ending = EndingRow(next_id(tx, "ambassador_ending"), row["id"], ends_at, actor.id, now)
        link = chain.append(tx, model.ROOM, ENDING, ending.id, sealed(ending))
        store_schemes.add_ending(tx, ending, link)
        acts.append(Act(AMBASSADOR, row["id"], {"ended_at": None}, {"ended_at": ends_at}))
    operators.record(tx, actor, "end ambassador", acts, now=now)
    return store_schemes.ambassadors_of(tx, member.id, under.id)


def attribute(
    tx: Transaction, actor: Operator, buyer: str, to: str | None, *, reason: str, valid_from: int, now: int
) -> AttributionRow:
    """Say whose a buyer's orders are from `valid_from` on, or nobody's any more. Raises Refused, NotFound."""
    if not reason.strip() or len(reason) > REASON_LENGTH_MAX:
        raise Refused(
            f"An attribution has a reason of at most {REASON_LENGTH_MAX} signs: write --reason WHY."
        )
    bought = members.member_named(tx, buyer)
    referrer = None if to is None else members.member_named(tx, to)
    if referrer is not None and referrer.id == bought.id:
        raise Refused("Nobody refers themselves.")
    row = AttributionRow(
        next_id(tx, "attribution"), bought.id, None if referrer is None else referrer.id, valid_from, BY_OPERATOR,
        reason.strip(), actor.id, now,
    )  # fmt: skip
    link = chain.append(tx, model.ROOM, ATTRIBUTION, row.id, sealed(row))
    store_schemes.add_attribution(tx, row, link)
    after = {
        "buyer": bought.ref,
        "referrer": None if referrer is None else referrer.ref,
        "valid_from": valid_from,
    }
    operators.record(tx, actor, "attribute orders", [Act(ATTRIBUTION, row.id, {}, after)], now=now)
    return row
