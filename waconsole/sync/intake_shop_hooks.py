"""Take in what a shop's webhooks say: orders, how they stand, refunds. The rules are those of the files.

What was told first stands: an order that is told otherwise later is set aside with the difference, and
nothing of it changes. An order that its shop took back is refunded by whatever its refunds leave of it.
Unless an order was edited, the order in which its webhooks come changes nothing.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final

from waconsole.clock import MINUTE, iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import Refused
from waconsole.money import Money, parse
from waconsole.shop import store, store_refunds, store_words
from waconsole.shop.store_refunds import RefundRow
from waconsole.sync import hooks_generic, hooks_shopify, hooks_woocommerce, intake_refunds, notice_rows
from waconsole.sync import hooks_words as words
from waconsole.sync.hooks_words import HookItem, NothingTold, OrderStanding, OrderTold, RefundTold
from waconsole.sync.intake_orders import OrderWriter
from waconsole.sync.intake_refunds import TAKEN_BACK, Known, RefundWriter, left_of
from waconsole.sync.shop_columns import Plan
from waconsole.sync.shop_dates import Dates
from waconsole.sync.shop_phones import Phones
from waconsole.sync.shop_rows import OrderFact, Reader, RefundFact

LIVE: Final = "live"
AHEAD_MAX: Final = 10 * MINUTE  # how far a shop's clock may be before ours
OF_SOURCE: Final = {
    hooks_shopify.SOURCE: hooks_shopify.items,
    hooks_woocommerce.SOURCE: hooks_woocommerce.items,
    hooks_generic.SOURCE: hooks_generic.items,
}


def take(tx: Transaction, item: HookItem, *, now: int) -> str:
    """Take one thing in. Answers why it is only kept, or an empty text. Raises Refused: it stands aside."""
    event = item.event
    if isinstance(event, OrderTold):
        _order(tx, event, now=now)
    elif isinstance(event, OrderStanding):
        _standing(tx, event, now=now)
    elif isinstance(event, RefundTold):
        _refund(tx, event, now=now)
    elif isinstance(event, NothingTold):
        return event.says
    return ""


def _reader(plan: Plan, now: int) -> Reader:
    return Reader(plan, Dates(UTC), Phones(None), now + AHEAD_MAX)


def _order(tx: Transaction, told: OrderTold, *, now: int) -> None:
    read = _reader(words.ORDERS, now).reading()
    facts = [fact for n, row in enumerate(told.rows, 1) if isinstance(fact := read(n, [*row]), OrderFact)]
    reference = facts[0].reference
    writer = OrderWriter(run_id=0, now=now, origin=LIVE)
    known = store.orders_by_reference(tx, [reference]).get(reference)
    if known is None:
        _, refused = writer.write(tx, facts)
        if refused:
            raise Refused(f"{refused[0][1]}.")
    else:
        writer.buyers.of(tx, [facts[0].phone])
        if reason := writer.differs(known, facts[0]):
            raise Refused(f"{reason}: what was told first stands, and nothing was changed.")
        if known["is_open"]:  # an import that is not finished has it: it is a fact whatever becomes of that
            store.show_order(tx, known["id"])
    _settle(tx, reference, now=now)


def _settle(tx: Transaction, reference: str, *, now: int) -> None:
    """Judge what waited for an order; an operator is told of what does not count."""
    for refusal in intake_refunds.settle(tx, [reference]):
        notice_rows.add(
            tx, key=f"refund|{reference}|{refusal}", at=now, now=now, level="warning", subject="error",
            named=f"order {reference}", sentence="A refund that waited for its order does not count.", detail=refusal,
        )  # fmt: skip


def _standing(tx: Transaction, told: OrderStanding, *, now: int) -> None:
    at = _instant(told.told_at, now)
    before = store_words.order_word(tx, told.shop, told.shop_key)
    store_words.hear_order(tx, told.shop, told.shop_key, told.reference, told_at=at)
    if store_refunds.move_waiting(tx, _waiting_name(told.shop, told.shop_key), told.reference):
        _settle(tx, told.reference, now=now)
    # What comes late says nothing new: the shop has told since how the order stands.
    if before is not None and before["told_at"] > at:
        return
    if told.state == "counts":
        _counts_again(tx, told.reference, at)
    elif told.state == "taken_back":
        _take_back(tx, told, at, now=now)


def _waiting_name(shop: str, shop_key: str) -> str:
    """What a refund waits under until its order says what it is called."""
    return f"{shop}:{shop_key}"


def _instant(text: str, now: int) -> int:
    """Microseconds UTC. Raises Refused."""
    words.must_be_instant(text, "the time of the change")
    if not text:
        raise Refused("The order does not say when it was changed.")
    at = Dates(UTC).instant(text)
    if at > now + AHEAD_MAX:
        raise Refused(f"The time of the change {text} lies in the future ({iso(at)}).")
    return at


def _known(tx: Transaction, reference: str) -> list[Known]:
    return [Known.of(row) for row in store_refunds.refunds_by_reference(tx, [reference]).get(reference, [])]


def _counts_again(tx: Transaction, reference: str, at: int) -> None:
    """An order counts that was taken back before. Raises Refused where that has had its effect."""
    for it in _known(tx, reference):
        if it.refund_ref == TAKEN_BACK and not it.refusal and it.refunded_at < at:
            if it.minor is not None:
                raise Refused(
                    f"Order {reference} was taken back at {iso(it.refunded_at)}, and the shop counts it again:"
                    " what went back stays gone."
                )
            store_refunds.remove_refund(tx, it.id)


def _take_back(tx: Transaction, told: OrderStanding, at: int, *, now: int) -> None:
    """Refund what is left of an order; of one that never came, it waits and counts nowhere."""
    known = _known(tx, told.reference)
    if any(it.refund_ref == TAKEN_BACK and not it.refusal for it in known):
        return
    named = {it.refund_ref for it in known}
    order = _sealed(tx, told.reference)
    currency = told.currency if order is None else order["currency"]
    coming = sum(parse(amount, currency).minor for ref, amount in told.paid_back if ref not in named)
    if order is None:
        left = parse(told.total, currency).minor - sum(
            parse(amount, currency).minor for _, amount in told.paid_back
        )
    else:
        left = left_of(order, known) - coming
    if left > 0:
        store_refunds.add_refund(tx, RefundRow(
            told.reference, TAKEN_BACK, at, str(Money(left, currency)), None if order is None else left,
            None if order is None else order["id"], 0, LIVE, now, 0,
        ))  # fmt: skip


def _sealed(tx: Transaction, reference: str) -> Row | None:
    """The order of that reference, unless an import that is not finished alone knows it."""
    row = store.orders_by_reference(tx, [reference]).get(reference)
    return None if row is None or row["is_open"] else row


def _refund(tx: Transaction, told: RefundTold, *, now: int) -> None:
    row = list(told.row)
    if not row[0]:
        found = store_words.order_word(tx, told.shop, told.shop_key)
        row[0] = _waiting_name(told.shop, told.shop_key) if found is None else found["reference"]
    fact = _reader(words.REFUNDS, now).reading()(1, row)
    assert isinstance(fact, RefundFact)
    if fact.refund_ref and _is_known(tx, fact):
        return
    _, refused = RefundWriter(run_id=0, now=now, dry=False, origin=LIVE).write(tx, [fact])
    if refused:
        raise Refused(f"{refused[0][1].rstrip('.')}.")


def _is_known(tx: Transaction, fact: RefundFact) -> bool:
    """Whether the shop told this very refund before: it may not say when it was, so its name and amount are enough."""
    order = _sealed(tx, fact.reference)
    currency = None if order is None else order["currency"]
    minor = None if order is None else parse(fact.amount, currency).minor
    return any(
        it.refund_ref == fact.refund_ref
        and not it.refusal
        and intake_refunds.is_same(it, fact.amount, minor, currency)
        for it in _known(tx, fact.reference)
    )
