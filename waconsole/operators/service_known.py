"""Operators: adding one with a passphrase, limits, the member they are, retiring. All of it is an owner's act."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.money import Money, decimal, parse
from waconsole.operators import service, store, store_known, store_sign_in
from waconsole.operators.authority import Forbidden, authorize, deciding
from waconsole.operators.roles import OWNER
from waconsole.operators.sealing import OPERATOR
from waconsole.operators.store import Act, Operator
from waconsole.operators.store_known import Known
from waconsole.operators.store_sign_in import Hashed

NO_END: Final = (1 << 63) - 1
SOLO_ENDS: Final = "Solo mode is over: there are two now who decide, and they are each other's four eyes."


class Wanted(NamedTuple):
    """An operator as somebody wants to add them."""

    name: str
    role: str
    member: str | None = None
    limits: tuple[Money, ...] = ()


def amounts(texts: Sequence[str]) -> tuple[Money, ...]:
    """Limits as they are written, `500 HKD` each. Raises Refused."""
    found = tuple(parse(text) for text in texts)
    for one in found:
        if one.minor < 0:
            raise Refused(f"A limit is not below zero: {one}.")
        if sum(other.currency == one.currency for other in found) > 1:
            raise Refused(f"There are two limits in {one.currency}: name each currency once.")
    return found


def check_add(tx: Transaction, actor: str | None, wanted: Wanted, *, now: int) -> Operator | None:
    """Who adds: an owner; None on a ledger without any passphrase, whose first one makes an owner. Raises Refused."""
    if not wanted.name:
        raise Refused("An operator needs a name.")
    adds = None
    if store_known.has_passphrases(tx):
        adds = deciding(tx, actor, now=now)
        authorize(tx, adds, "operators.add", now=now)
    elif wanted.role != OWNER:
        raise Refused("The first operator must be an owner: write --role owner.")
    there = store_known.known_by_name(tx, wanted.name)
    if there is not None:
        _check_is_to_be(there, wanted)
    _member(tx, wanted.member, 0 if there is None else there.id)
    return adds


def _check_is_to_be(there: Known, wanted: Wanted) -> None:
    if there.retired_at is not None:
        raise Refused(f"{there.name} is retired, and the name stays theirs: choose another name.")
    if there.passphrase_id is not None:
        raise Refused(f"An operator is already called {there.name}: choose another name.")
    if there.role != wanted.role:
        raise Refused(
            f"{there.name} is an operator already, with the role {there.role}: write --role {there.role}."
        )


def _member(tx: Transaction, who: str | None, operator_id: int) -> int | None:
    """The member that `who` names. Raises NotFound, Refused for one who is another operator already."""
    if who is None:
        return None
    member_id = store.member_id_of(tx, _plain(who))
    if member_id is None:
        raise NotFound(f"No member is known as {who}: name a ref, a phone number with +, or a BSUID.")
    root = store_known.member_root(tx, member_id)
    for one in store_known.known_operators(tx):
        if one.id == operator_id or one.retired_at is not None or one.member_id is None:
            continue
        if store_known.member_root(tx, one.member_id) == root:
            raise Refused(f"This member is {one.name} already: one person is one operator.")
    return member_id


def _plain(who: str) -> str:
    """A phone number without what people write between its digits."""
    number = "".join(letter for letter in who if letter not in " .-()\u00a0")
    return number if who.strip().startswith("+") and number[1:].isdecimal() else who.strip()


def add(
    tx: Transaction, actor: str | None, wanted: Wanted, kept: Hashed, *, now: int
) -> tuple[Known, tuple[str, ...]]:
    """Add an operator with a passphrase; answers them and what else there is to say. One owner's act, in force at once.

    Who is there without a passphrase (the owner made of the system's account) gets it.
    """
    adds = check_add(tx, actor, wanted, now=now)
    there = store_known.known_by_name(tx, wanted.name)
    member_id = _member(tx, wanted.member, 0 if there is None else there.id)
    if there is None:
        added = service.add(tx, wanted.name, wanted.role, now=now, member_id=member_id)
    else:
        added = there.operator
        if member_id is not None:
            store_sign_in.add_link(tx, added.id, member_id, set_by=(adds or added).id, now=now)
    set_by = adds or added
    before = _solo_is_on(tx) and _active_count(tx) == 1
    store_sign_in.add_passphrase(tx, added.id, kept, set_by=set_by.id, now=now)
    for limit in wanted.limits:
        store_sign_in.add_limit(tx, added.id, limit.currency, limit.minor, set_by=set_by.id, now=now)
    after = {
        "name": added.name,
        "role": added.role,
        "member_id": member_id,
        "limits": [_written(one) for one in wanted.limits],
    }
    service.record(tx, set_by, "add operator", [Act(OPERATOR, added.id, {}, after)], now=now)
    return _known(tx, added.id), (SOLO_ENDS,) if before and _active_count(tx) > 1 else ()


def _written(limit: Money) -> dict[str, str]:
    return {"amount": decimal(limit.minor, limit.currency), "currency": limit.currency}


def _known(tx: Transaction, operator_id: int) -> Known:
    found = store_known.known_by_id(tx, operator_id)
    assert found is not None
    return found


def _active_count(tx: Transaction) -> int:
    return sum(one.is_active for one in store_known.known_operators(tx))


def _solo_is_on(tx: Transaction) -> bool:
    """Whether solo mode is in force or about to be."""
    found = store_known.policy_value(tx, store_known.SOLO, now=NO_END)
    return found is not None and json.loads(found[0]).get("on") is True


def named(tx: Transaction, name: str) -> Known:
    """The operator called `name`. Raises NotFound."""
    found = store_known.known_by_name(tx, name)
    if found is None:
        raise NotFound(f"No operator is called {name}: `waconsole operators list` names them.")
    return found


def _here(tx: Transaction, name: str) -> Known:
    found = named(tx, name)
    if found.retired_at is not None:
        raise Refused(f"{found.name} is retired: nothing is set for them any more.")
    return found


def set_limits(tx: Transaction, actor: str | None, name: str, limits: Sequence[Money], *, now: int) -> Known:
    """Set how much an operator may approve in a day, in force at once. An owner's act."""
    sets = deciding(tx, actor, now=now)
    authorize(tx, sets, "operators.limit", now=now)
    found = _here(tx, name)
    before = {one.currency: store_known.limit_of(tx, found.id, one.currency) for one in limits}
    for limit in limits:
        store_sign_in.add_limit(tx, found.id, limit.currency, limit.minor, set_by=sets.id, now=now)
    acts = [
        Act(
            OPERATOR,
            found.id,
            {"limit": _before(before[one.currency], one.currency)},
            {"limit": _written(one)},
        )
        for one in limits
    ]
    service.record(tx, sets, "set limit", acts, now=now)
    return found


def _before(minor: int | None, currency: str) -> dict[str, str] | None:
    return None if minor is None else _written(Money(minor, currency))


def link(tx: Transaction, actor: str | None, name: str, who: str, *, now: int) -> Known:
    """Say which member an operator is. An owner's act."""
    sets = deciding(tx, actor, now=now)
    authorize(tx, sets, "operators.link", now=now)
    found = _here(tx, name)
    member_id = _member(tx, who, found.id)
    assert member_id is not None
    store_sign_in.add_link(tx, found.id, member_id, set_by=sets.id, now=now)
    act = Act(OPERATOR, found.id, {"member_id": found.member_id}, {"member_id": member_id})
    service.record(tx, sets, "link operator", [act], now=now)
    return _known(tx, found.id)


def check_passphrase(
    tx: Transaction, actor: str | None, name: str | None, *, now: int
) -> tuple[Operator, Known]:
    """Who sets whose passphrase: everybody their own, an owner those of others. Raises Refused."""
    sets = deciding(tx, actor, now=now)
    found = _here(tx, sets.name if name is None else name)
    if found.id != sets.id:
        authorize(tx, sets, "operators.passphrase", now=now)
    return sets, found


def set_passphrase(tx: Transaction, actor: str | None, name: str | None, kept: Hashed, *, now: int) -> Known:
    """Set a passphrase: sign-ins made with the one before end."""
    sets, found = check_passphrase(tx, actor, name, now=now)
    row = store_sign_in.add_passphrase(tx, found.id, kept, set_by=sets.id, now=now)
    act = Act(OPERATOR, found.id, {"passphrase": found.passphrase_id}, {"passphrase": row})
    service.record(tx, sets, "set passphrase", [act], now=now)
    return _known(tx, found.id)


def retire(tx: Transaction, actor: str | None, name: str, *, now: int) -> Known:
    """Let an operator decide nothing any more. An owner's act; the last owner stays."""
    sets = deciding(tx, actor, now=now)
    authorize(tx, sets, "operators.retire", now=now)
    found = _here(tx, name)
    owners = [one for one in store_known.known_operators(tx) if one.is_active and one.role == OWNER]
    if [one.id for one in owners] == [found.id]:
        raise Forbidden("last_owner", f"{found.name} is the last owner: add another one first.")
    store_sign_in.add_retirement(tx, found.id, set_by=sets.id, now=now)
    act = Act(OPERATOR, found.id, {"retired": False}, {"retired": True})
    service.record(tx, sets, "retire operator", [act], now=now)
    return _known(tx, found.id)
