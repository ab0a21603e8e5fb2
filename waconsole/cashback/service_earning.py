"""Catch up with the shop: every order that earns gets its line, and the budget holds it; every refund takes its part back.

`look` finds out on a reading connection what there is to write; `accrue`, `credit` and `reverse_some` write a bounded
part of it each, in one transaction. Everything is asked again where it is written and every name is made from the
facts, so it may be repeated, killed, or done by two processes at once.

What makes an order earn may come to be known late: an export that tells who was in a group, two rows that are one
person, an ambassador since last month. So each ambassador's orders are looked for again whenever one of those facts
changed, and otherwise only the orders that are new.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from waconsole.cashback import service_reversing, store_earning, store_marks, store_schemes
from waconsole.cashback.earning import GROUP, OWN, REFERRED, whole_months
from waconsole.cashback.roster import Ambassador, Earner, Order, Roster, Scheme, Stay, Word
from waconsole.cashback.service_accrual import Writing
from waconsole.database.connection import Transaction

ASKED_AT_ONCE: Final = 500
NEW_ASKED_MAX: Final = 2_000  # new orders above which the ambassadors' are looked for instead
ORDERS, REFUNDS = "orders", "refunds"


@dataclass(slots=True)
class Look:
    """What there is to write: orders in their turn, months of credit, lines to reverse; then how far it came."""

    orders: array[int] = field(default_factory=lambda: array("q"))
    months: list[tuple[int, str]] = field(default_factory=list)  # (ambassador, month)
    lines: array[int] = field(default_factory=lambda: array("q"))
    marks: dict[str, str] = field(default_factory=dict)

    def is_empty(self) -> bool:
        """Whether there is nothing to write but how far it came."""
        return not (self.orders or self.months or self.lines)


@dataclass(slots=True)
class Accrued:
    """What was written; `over` names schemes whose budget has nothing left, `beyond` orders too large to earn."""

    lines: int = 0
    reversals: int = 0
    over: set[str] = field(default_factory=set)
    beyond: set[str] = field(default_factory=set)
    roster: tuple[str, Roster] | None = field(default=None, repr=False, compare=False)

    def roster_now(self, tx: Transaction) -> Roster:
        """The roster, read again only when something of it changed."""
        facts = store_marks.roster_facts(tx)
        if self.roster is None or self.roster[0] != facts:
            self.roster = (facts, roster(tx))
        return self.roster[1]


def roster(tx: Transaction) -> Roster:
    """Every scheme and ambassador as they stand."""
    schemes = [
        Scheme(one.id, one.name, one.policy, store_schemes.versions(tx, one.policy))
        for one in store_schemes.schemes(tx)
    ]
    ambassadors = [
        Ambassador(
            row["id"], row["member_id"], row["root_id"], row["own_ref"], row["scheme_id"], row["group_id"],
            row["valid_from"], row["ended_at"], row["added_by"],
        )
        for row in store_schemes.ambassadors(tx)
    ]  # fmt: skip
    return Roster.of(schemes, ambassadors)


def look(tx: Transaction, *, now: int) -> Look:
    """Find out what there is to write. It may take a while on a large shop: use a connection for long reads."""
    found = Look()
    who = roster(tx)
    if not who.ambassadors:
        return found
    kept = store_marks.marks(tx)
    _look_for_orders(tx, who, kept, found, now=now)
    found.months = list(_months(tx, who, now=now))
    _look_for_refunds(tx, kept, found)
    found.marks = {name: facts for name, facts in found.marks.items() if kept.get(name) != facts}
    return found


def _look_for_orders(tx: Transaction, who: Roster, kept: dict[str, str], found: Look, *, now: int) -> None:
    last = store_earning.last_order_id(tx)
    after = min(int(kept.get(ORDERS, 0)), last)
    unseen = store_earning.first_unseen_order(tx, after, now=now) if last > after else None
    found.marks[ORDERS] = str(last if unseen is None else unseen - 1)
    new = store_earning.orders_after(tx, after, limit=NEW_ASKED_MAX + 1)
    is_many = len(new) > NEW_ASKED_MAX
    ids = set() if is_many else _earning(tx, who, new)
    people, words = store_marks.people_facts(tx), store_marks.attribution_facts(tx)
    for one in who.ambassadors:
        scheme = who.schemes[one.scheme_id]
        facts = _facts(tx, scheme, one, people, words)
        name = f"ambassador:{one.id}"
        found.marks[name] = facts
        if kept.get(name) != facts:
            ids.update(_orders_of(tx, scheme, one, after=0))
        elif is_many:
            ids.update(_orders_of(tx, scheme, one, after=after))
    found.orders = store_earning.in_turn(tx, ids, now=now)


def _facts(tx: Transaction, scheme: Scheme, one: Ambassador, people: str, words: int) -> str:
    """Everything but orders that decides what is an ambassador's."""
    parts = [",".join(str(version.version) for version in scheme.versions), str(one.ended_at), people]
    if GROUP in scheme.bases() and one.group_id is not None:
        parts.append(f"{one.group_id}:{store_marks.group_facts(tx, one.group_id)}")
    if REFERRED in scheme.bases():
        parts.append(str(words))
    return "|".join(parts)


def _orders_of(tx: Transaction, scheme: Scheme, one: Ambassador, *, after: int) -> Iterator[int]:
    """Orders above an id that may be an ambassador's and earned nothing under the scheme."""
    said = {
        "root_id": one.root_id,
        "scheme_id": scheme.id,
        "group_id": one.group_id,
        "begins_at": one.valid_from,
        "ends_at": store_earning.FOREVER if one.ended_at is None else one.ended_at,
        "after": after,
    }
    bases = scheme.bases()
    if OWN in bases:
        yield from store_earning.own_orders(tx, said)
    if GROUP in bases and one.group_id is not None:
        yield from store_earning.group_orders(tx, said)
    if REFERRED in bases:
        yield from store_earning.referred_orders(tx, said)


def _earning(tx: Transaction, who: Roster, order_ids: array[int]) -> set[int]:
    """Those of some orders that earn something they have no line for."""
    found: set[int] = set()
    for start in range(0, len(order_ids), ASKED_AT_ONCE):
        found.update(order.id for order, _ in earners(tx, who, order_ids[start : start + ASKED_AT_ONCE]))
    return found


def earners(tx: Transaction, who: Roster, order_ids: Sequence[int]) -> list[tuple[Order, Earner]]:
    """Who earns some orders, in the order asked for; what earned already is left out."""
    orders = store_earning.orders(tx, order_ids)
    buyers = {order.buyer_id for order in orders}
    bases = who.bases()
    stays: dict[int, list[Stay]] = {}
    words: dict[int, list[Word]] = {}
    if GROUP in bases:
        for row in store_earning.stays(tx, buyers):
            stays.setdefault(row["root_id"], []).append(
                Stay(row["group_id"], row["joined_at"], row["left_at"])
            )
    if REFERRED in bases:
        for row in store_schemes.attributions(tx, list(buyers)):
            words.setdefault(row["root_id"], []).append(
                Word(row["id"], row["referrer_root_id"], row["valid_from"])
            )
    known = store_earning.earned(tx, order_ids)
    return [
        (order, earner)
        for order in orders
        for earner in who.earners(order, stays.get(order.buyer_id, ()), words.get(order.buyer_id, ()))
        if (order.id, earner.scheme.id) not in known
    ]


def _months(tx: Transaction, who: Roster, *, now: int) -> Iterator[tuple[int, str]]:
    """Whole calendar months that are over and for which an ambassador has no credit yet, each person's once."""
    seen: set[tuple[int, int, str]] = set()
    for one in who.ambassadors:
        scheme = who.schemes[one.scheme_id]
        if not scheme.gives_credit():
            continue
        ends_at = now if one.ended_at is None else min(now, one.ended_at)
        begins_at = max(one.valid_from, min(version.valid_from for version in scheme.versions))
        rows = [row.member_id for row in who.same_person(one)]
        known = store_earning.credited_months(tx, scheme.id, rows)
        for month in whole_months(begins_at, ends_at):
            place = (one.root_id, scheme.id, month)
            if month not in known and place not in seen and scheme.credit_version(month) is not None:
                seen.add(place)
                yield one.id, month


def _look_for_refunds(tx: Transaction, kept: dict[str, str], found: Look) -> None:
    before, _, after = kept.get(REFUNDS, "#0").rpartition("#")
    facts, first_waiting = store_marks.refund_facts(tx)
    if facts == before:
        found.marks[REFUNDS] = kept[REFUNDS]
        return
    unseen = store_earning.first_unseen_refund(tx, int(after))
    through = min(first_waiting, first_waiting if unseen is None else unseen) - 1
    found.marks[REFUNDS] = f"{facts}#{through}"
    found.lines = store_earning.lines_to_reverse(tx, int(after))


def accrue(tx: Transaction, order_ids: Sequence[int], done: Accrued, *, now: int) -> None:
    """Write what some orders earn, in their turn, and what was refunded of them already. The caller hands in a few at a time."""
    who = done.roster_now(tx)
    writing = Writing(tx, who, done.over, done.beyond, now=now)
    for order, earner in earners(tx, who, order_ids):
        writing.add_order(order, earner)
    lines = writing.write()
    done.lines += len(lines)
    for line in lines:
        done.reversals += service_reversing.reverse(tx, line.id, now=now)


def credit(tx: Transaction, months: Sequence[tuple[int, str]], done: Accrued, *, now: int) -> None:
    """Write some months' credits."""
    who = done.roster_now(tx)
    due = set(_months(tx, who, now=now))
    writing = Writing(tx, who, done.over, done.beyond, now=now)
    by_id = {one.id: one for one in who.ambassadors}
    for ambassador_id, month in months:
        if (ambassador_id, month) not in due:
            continue
        one = by_id[ambassador_id]
        scheme = who.schemes[one.scheme_id]
        version = scheme.credit_version(month)
        if version is not None:
            writing.add_month(scheme, version, one, month)
    done.lines += len(writing.write())


def reverse_some(tx: Transaction, line_ids: Sequence[int], done: Accrued, *, now: int) -> None:
    """Reverse what refunds left to reverse of some lines."""
    for line_id in line_ids:
        done.reversals += service_reversing.reverse(tx, line_id, now=now)
