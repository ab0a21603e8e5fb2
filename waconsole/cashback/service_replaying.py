"""What a scheme would have paid in a past period under other terms: `policy replay cashback.scheme.NAME …`.

Every order of the period is decided twice, in its turn: under the terms that were in force, and with the proposed
ones in their place. Whole months are gone through, because a cap counts in them. Where both agree, what was really
accrued stands; amounts are those before refunds. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

from waconsole.cashback import store_earning, store_replaying, store_schemes
from waconsole.cashback.earning import (
    Terms,
    Version,
    cap_minor,
    cut,
    full_minor,
    month_bounds,
    month_of,
    terms_of,
    whole_months,
)
from waconsole.cashback.lines import credit_line_ref, order_line_ref
from waconsole.cashback.roster import Ambassador, Order, Roster, Scheme, Stay, Word
from waconsole.cashback.service_earning import roster
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound
from waconsole.policy.service_replaying import Changed, Proposed, Replayed

AT_ONCE: Final = 500  # orders asked for in one statement
LATEST: Final = (1 << 62) - 1


class _Earned(NamedTuple):
    """What an order earns: for whom, and how much."""

    ambassador: Ambassador
    amount: int


class _Side:
    """One of the two ways to decide: its own roster, and how far each cap is used up."""

    def __init__(self, who: Roster, scheme: Scheme) -> None:
        """`who` holds this scheme alone."""
        self.who, self.scheme = who, scheme
        self._used: dict[tuple[int, str, str], int] = {}

    def earned(self, order: Order, stays: Sequence[Stay], words: Sequence[Word]) -> _Earned | None:
        """What an order earns, the cap used up in turn."""
        found = self.who.earners(order, stays, words)
        if not found:
            return None
        one, terms = found[0].ambassador, found[0].version.terms
        assert terms.rate is not None
        full, cap = full_minor(terms.rate, order.total_minor), cap_minor(terms, order.currency)
        place = (one.root_id, month_of(order.ordered_at), order.currency)
        amount = cut(full, cap, self._used.get(place, 0))
        self._used[place] = self._used.get(place, 0) + amount
        return _Earned(one, amount)


class _Sums:
    """What changes, line by line, and summed up by payee and by group."""

    def __init__(self, tx: Transaction) -> None:
        """`tx` finds a group's ref."""
        self._tx = tx
        self.lines: list[Changed] = []
        self._sums: dict[tuple[str, str, str], list[int]] = {}
        self._groups: dict[int, str] = {}

    def add(
        self,
        ref: str,
        currency: str,
        before: tuple[Ambassador, int] | None,
        after: tuple[Ambassador, int] | None,
    ) -> None:
        """One line that was decided twice; what is the same is left out."""
        was, would = (0 if one is None else one[1] for one in (before, after))
        whose = ["" if one is None else one[0].ref for one in (before, after)]
        if was == would and (whose[0] == whose[1] or not was):
            return
        self.lines.append(Changed(ref, whose[0], whose[1], currency, was, would))
        for place, side in enumerate((before, after)):
            if side is None:
                continue
            one, minor = side
            self._sum("member", one.ref, currency)[place] += minor
            if one.group_id is not None:
                self._sum("group", self._group(one.group_id), currency)[place] += minor

    def _sum(self, kind: str, who: str, currency: str) -> list[int]:
        return self._sums.setdefault((kind, who, currency), [0, 0])

    def _group(self, group_id: int) -> str:
        if group_id not in self._groups:
            self._groups[group_id] = store_schemes.group_words(self._tx, group_id)[0]
        return self._groups[group_id]

    def of(self, kind: str) -> tuple[Changed, ...]:
        """What changes for the members or the groups."""
        return tuple(
            Changed(who, "", "", currency, *pair)
            for (said, who, currency), pair in sorted(self._sums.items())
            if said == kind and pair[0] != pair[1]
        )


def replay(tx: Transaction, proposed: Proposed, begins: int, ends: int) -> Replayed:
    """Decide the orders and months of a period again, with the proposed terms from `begins` until `ends`."""
    everybody = roster(tx)
    scheme = next((one for one in everybody.schemes.values() if one.policy == proposed.name), None)
    if scheme is None:
        raise NotFound(
            f"No scheme has the policy {proposed.name}: `waconsole cashback schemes list` names them."
        )
    tried = _with(scheme, _from_the_start(scheme, terms_of(proposed.value)), begins, ends)
    theirs = [one for one in everybody.ambassadors if one.scheme_id == scheme.id]
    was, would = (_Side(Roster.of([one], theirs), one) for one in (scheme, tried))
    sums = _Sums(tx)
    seen = _orders(tx, was, would, sums, begins, ends) + _months(tx, was, would, sums, begins, ends)
    return Replayed(seen=seen, money=tuple(sums.lines), members=sums.of("member"), groups=sums.of("group"))


def _from_the_start(scheme: Scheme, terms: Terms) -> Terms:
    """The terms as if they had counted since the scheme did, unless they name a beginning no version has.

    What is tried takes over the fields of the version in force, its `from` too: left alone, a rate that was changed in
    April would earn nothing in March, and the replay would tell a loss nobody proposed.
    """
    begun = {one.terms.starts_at for one in scheme.versions}
    return replace(terms, starts_at=min(begun)) if terms.starts_at in begun else terms


def _with(scheme: Scheme, terms: Terms, begins: int, ends: int) -> Scheme:
    """The scheme as if the terms had been set last, from `begins` on, and what was in force again from `ends` on."""
    number = max((one.version for one in scheme.versions), default=0) + 1
    again = [
        Version(
            number + place, max(one.valid_from, ends), LATEST + max(one.valid_from, one.set_at), one.terms
        )
        for place, one in enumerate(scheme.versions, 1)
    ]
    return scheme._replace(versions=[*scheme.versions, Version(number, begins, LATEST, terms), *again])


def _orders(tx: Transaction, was: _Side, would: _Side, sums: _Sums, begins: int, ends: int) -> int:
    """Every order of the months the period touches; answers how many of the period were decided."""
    bases = was.scheme.bases() | would.scheme.bases()
    if not bases or not was.who.ambassadors:
        return 0
    seen = 0
    first, last = month_bounds(month_of(begins))[0], month_bounds(month_of(ends - 1))[1]
    ids = store_replaying.order_ids_between(tx, first, last)
    while chunk := list(islice(ids, AT_ONCE)):
        for order, stays, words in _facts(tx, chunk):
            before, after = was.earned(order, stays, words), would.earned(order, stays, words)
            if not begins <= order.ordered_at < ends or (before is None and after is None):
                continue
            seen += 1
            if before == after:
                continue
            accrued = store_replaying.line_of_order(tx, order.id, was.scheme.id)
            if before is not None and accrued is not None:
                before = before._replace(amount=accrued)
            ref = order_line_ref(was.scheme.name, order.reference)
            sums.add(ref, order.currency, before, after)
    return seen


def _facts(tx: Transaction, order_ids: Sequence[int]) -> Iterator[tuple[Order, list[Stay], list[Word]]]:
    """Some orders, each with its buyer's stays in groups and what was said of them."""
    orders = store_earning.orders(tx, order_ids)
    buyers = {order.buyer_id for order in orders}
    stays: dict[int, list[Stay]] = {}
    words: dict[int, list[Word]] = {}
    for row in store_earning.stays(tx, buyers):
        stays.setdefault(row["root_id"], []).append(Stay(row["group_id"], row["joined_at"], row["left_at"]))
    for row in store_schemes.attributions(tx, list(buyers)):
        words.setdefault(row["root_id"], []).append(
            Word(row["id"], row["referrer_root_id"], row["valid_from"])
        )
    for order in orders:
        yield order, stays.get(order.buyer_id, []), words.get(order.buyer_id, [])


def _months(tx: Transaction, was: _Side, would: _Side, sums: _Sums, begins: int, ends: int) -> int:
    """Every whole month of the period for which somebody has a credit; answers how many were decided."""
    if not (was.scheme.gives_credit() or would.scheme.gives_credit()):
        return 0
    seen: set[tuple[int, str]] = set()
    for one in was.who.ambassadors:
        until = ends if one.ended_at is None else min(ends, one.ended_at)
        for month in whole_months(max(begins, one.valid_from), until):
            if (one.root_id, month) in seen:
                continue
            seen.add((one.root_id, month))
            pair = [side.scheme.credit_version(month) for side in (was, would)]
            credits = [None if version is None else version.terms.credit for version in pair]
            if credits[0] == credits[1]:
                continue
            ref = credit_line_ref(was.scheme.name, one.ref, month)
            accrued = store_replaying.credit_of_month(tx, ref)
            for currency in sorted({money.currency for money in credits if money is not None}):
                sides = [
                    None if money is None or money.currency != currency else (one, money.minor)
                    for money in credits
                ]
                if sides[0] is not None and accrued is not None:
                    sides[0] = (one, accrued[0])
                sums.add(ref, currency, sides[0], sides[1])
    return len(seen)
