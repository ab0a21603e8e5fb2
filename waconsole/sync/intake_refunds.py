"""Rows of a refunds file, and the refunds that waited for their order.

A refund of an order that is here counts up to what is left of it. One whose order is not here yet waits
under its reference; when the order comes it is judged as if it had come after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.database import runs
from waconsole.database.connection import Row, Transaction
from waconsole.errors import Refused
from waconsole.money import Money, parse
from waconsole.shop import store, store_refunds
from waconsole.shop.store_refunds import RefundRow
from waconsole.sync.shop_amounts import NO_CURRENCY_YET
from waconsole.sync.shop_buyers import ORIGIN
from waconsole.sync.shop_rows import RefundFact

REFERENCES_AT_ONCE: Final = 200
TAKEN_BACK: Final = "(cancelled)"  # the refund of whatever was left of an order its shop took back
COVERED: Final = "It is part of what went back when the order was taken back."
ROUNDS_MAX: Final = 100_000


@dataclass(slots=True)
class Known:
    """A refund of an order, as the ledger has it; `minor` None: it waits."""

    id: int
    refund_ref: str
    refunded_at: int
    amount: str
    minor: int | None
    refusal: str
    line: int
    run_id: int

    @classmethod
    def of(cls, row: Row) -> Known:
        """From a row of `refunds_by_reference`."""
        return cls(
            row["id"], row["refund_ref"], row["refunded_at"], row["amount"], row["amount_minor"], row["refusal"],
            row["line"], row["import_run_id"],
        )  # fmt: skip


class RefundWriter:
    """Writes the refunds of one run."""

    def __init__(self, *, run_id: int, now: int, dry: bool, origin: str = ORIGIN) -> None:
        """`dry`: nothing that others see may change, only rows of the run. Run 0 is none: they are seen at once."""
        self.run_id, self.now, self.dry, self.origin = run_id, now, dry, origin

    def write(self, tx: Transaction, facts: Sequence[RefundFact]) -> tuple[int, list[tuple[RefundFact, str]]]:
        """Write some rows; answers how many were new, and those that are refused with the reason."""
        references = list(dict.fromkeys(fact.reference for fact in facts))
        orders = {
            reference: row
            for reference, row in store.orders_by_reference(tx, references).items()
            if not row["is_open"]
        }
        if not self.dry:
            settle(tx, list(orders))
        known = {
            reference: [Known.of(row) for row in rows]
            for reference, rows in store_refunds.refunds_by_reference(tx, references).items()
        }
        new, refused = 0, []
        for fact in facts:
            try:
                new += self._one(tx, fact, orders.get(fact.reference), known.setdefault(fact.reference, []))
            except Refused as reason:
                refused.append((fact, str(reason)))
        return new, refused

    def _one(self, tx: Transaction, fact: RefundFact, order: Row | None, known: list[Known]) -> bool:
        """Write one row; False: it is known. Raises Refused."""
        minor = None if order is None else _minor(fact.amount, order["currency"])
        currency = None if order is None else order["currency"]
        alike = [
            it
            for it in known
            if it.refunded_at == fact.refunded_at and is_same(it, fact.amount, minor, currency)
        ]
        for it in alike:
            if it.refusal and it.refund_ref in ("", fact.refund_ref):
                raise Refused(it.refusal)
        alike = [it for it in alike if not it.refusal]
        if self._is_known(tx, fact, alike, known):
            return False
        if order is not None and minor is not None:
            if _is_covered(order, minor, known):
                return False
            _allow(order, minor, known)
        store_refunds.add_refund(tx, RefundRow(
            fact.reference, fact.refund_ref, fact.refunded_at, fact.amount, minor,
            None if order is None else order["id"], fact.line, self.origin, self.now, self.run_id,
        ))  # fmt: skip
        rows = store_refunds.refunds_by_reference(tx, [fact.reference])[fact.reference]
        known[:] = [Known.of(row) for row in rows]
        return True

    def _is_known(self, tx: Transaction, fact: RefundFact, alike: list[Known], known: list[Known]) -> bool:
        if not fact.refund_ref:
            return bool(alike)
        if any(it.refund_ref == fact.refund_ref for it in alike):
            return True
        if any(it.refund_ref == fact.refund_ref and not it.refusal for it in known):
            raise Refused(
                f"refund {fact.refund_ref} of order {fact.reference} is known with another time or amount"
            )
        nameless = next((it for it in alike if not it.refund_ref), None)
        if nameless is None:
            return False
        nameless.refund_ref = fact.refund_ref
        if not self.dry:
            store_refunds.name_refund(tx, nameless.id, fact.refund_ref)
        return True


def settle(tx: Transaction, references: Sequence[str]) -> list[str]:
    """Judge the refunds that wait for these orders, in the order they came; answers what was refused, in words."""
    told: list[str] = []
    refunds = store_refunds.refunds_by_reference(tx, references)
    waiting = [
        reference
        for reference, rows in refunds.items()
        if any(row["order_id"] is None and not row["refusal"] for row in rows)
    ]
    orders = store.orders_by_reference(tx, waiting) if waiting else {}
    for reference in waiting:
        order = orders.get(reference)
        if order is None or order["is_open"]:
            continue
        known = [Known.of(row) for row in refunds[reference]]
        for it in sorted(known, key=_is_rest):
            if it.minor is None and not it.refusal and (refusal := _settle_one(tx, order, it, known)):
                told.append(refusal)
                if it.run_id:
                    runs.add_rejects(tx, it.run_id, [(it.line, refusal, f"{reference},{it.amount}")])
    return told


def settle_all(tx: Transaction) -> tuple[int, list[str]]:
    """Judge some of the refunds whose order is here by now; answers of how many orders, and what was refused."""
    references = store_refunds.waiting_references(tx, limit=REFERENCES_AT_ONCE)
    return len(references), settle(tx, references)


def _settle_one(tx: Transaction, order: Row, it: Known, known: list[Known]) -> str:
    """Let one refund count, or say why it does not."""
    try:
        minor = _minor(it.amount, order["currency"])
        twin = next(
            (
                other
                for other in known
                if other is not it and other.minor == minor and other.refunded_at == it.refunded_at
                and not other.refusal and (not other.refund_ref or not it.refund_ref or other.refund_ref == it.refund_ref)
            ),
            None,
        )  # fmt: skip
        if twin is not None:  # another spelling of the same amount
            store_refunds.remove_refund(tx, it.id)
            if it.refund_ref and not twin.refund_ref:
                twin.refund_ref = it.refund_ref
                store_refunds.name_refund(tx, twin.id, it.refund_ref)
            return ""
        if _is_rest(it):
            minor = min(minor, left_of(order, known))
            if not minor:
                store_refunds.remove_refund(tx, it.id)
                return ""
        if _is_covered(order, minor, known):
            it.refusal = COVERED
            store_refunds.refuse(tx, it.id, it.refusal)
            return ""
        _allow(order, minor, known)
    except Refused as refusal:
        it.refusal = str(refusal)
        store_refunds.refuse(tx, it.id, it.refusal)
        return it.refusal
    it.minor = minor
    store_refunds.settle(tx, it.id, order_id=order["id"], amount_minor=minor)
    return ""


def _is_rest(it: Known) -> bool:
    """Whether it stands for whatever the others leave."""
    return it.refund_ref == TAKEN_BACK


def _is_covered(order: Row, minor: int, known: Sequence[Known]) -> bool:
    """Whether a refund is part of what was counted already when its order was taken back."""
    return minor > left_of(order, known) and any(_is_rest(it) and it.minor for it in known)


def left_of(order: Row, known: Sequence[Known]) -> int:
    """What is left of an order after its refunds that count, in minor units."""
    return int(order["total_minor"]) - sum(it.minor or 0 for it in known if not it.refusal)


def _minor(amount: str, currency: str) -> int:
    """An amount in its order's currency, above zero. Raises Refused."""
    minor = parse(amount, currency).minor
    if minor <= 0:
        raise Refused(f"amount {amount} is not above 0")
    return minor


def _allow(order: Row, minor: int, known: list[Known]) -> None:
    """Raise Refused when a refund is above what is left of its order."""
    left = left_of(order, known)
    if minor > left:
        currency = order["currency"]
        raise Refused(
            f"a refund of {Money(minor, currency)} is above the {Money(left, currency)} left of order {order['reference']}"
        )


def is_same(it: Known, amount: str, minor: int | None, currency: str | None) -> bool:
    """Whether a known refund is of the same amount."""
    if it.minor is not None and minor is not None:
        return it.minor == minor
    for one in (currency,) if currency else (None, *NO_CURRENCY_YET):
        try:
            if parse(it.amount, one) == parse(amount, one):
                return True
        except Refused:
            continue
    return it.amount == amount
