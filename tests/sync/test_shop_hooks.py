"""Order webhooks of shops: what they say becomes the facts a file would, once, in whatever order they come."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import NOW
from tests.shop.shop_files import Shop, figures
from tests.sync.shop_hooks import (
    HOSTILE,
    INES,
    ORDER,
    Told,
    encoded,
    generic,
    shopify_order,
    shopify_refund,
    take_in,
    woo_order,
)
from tests.sync.test_mutated import bent
from waconsole.clock import DAY, parse_iso
from waconsole.database import runs
from waconsole.database.connection import Database, Transaction
from waconsole.shop import service
from waconsole.sync import hooks_shopify, intake_shop_hooks, receive_rows
from waconsole.sync.hooks_words import OrderTold
from waconsole.sync.process import process_waiting, replay
from waconsole.sync.receive_rows import Body

NEW: Final = ("shopify", "orders/create")
CHANGED: Final = ("shopify", "orders/updated")
REFUNDED: Final = ("shopify", "refunds/create")
WOO: Final = ("woocommerce", "order.updated")
STANDS: Final = "what was told first stands, and nothing was changed."
PAID_BACK: Final = shopify_refund(929361463, ("10.00", "EUR", "success"))


async def order(database: Database, reference: str = "#1001") -> dict[str, Any]:
    """One order in full."""
    return await database.read(lambda tx: service.order(tx, reference))


async def aside(database: Database) -> list[tuple[str, str, str]]:
    """(state, kind, reason) of what is not done, the newest first."""
    rows = await database.read(receive_rows.items_left)
    return [(row["state"], row["kind"], row["reason"]) for row in rows]


async def standing(database: Database) -> list[tuple[Any, ...]]:
    """Every order with what was refunded of it."""
    rows = await database.read(lambda tx: service.orders(tx, None, limit=None)[1])
    return [(row["reference"], row["total"], row["refunded"], row["currency"], row["phone"]) for row in rows]


async def test_an_order_of_shopify_is_what_its_export_would_say(database: Database) -> None:
    done = await take_in(database, (*NEW, shopify_order()))

    assert (done.received, done.processed, done.quarantined) == (2, 2, 0)
    found = await order(database)
    assert (found["total"], found["currency"], found["ordered_at"], found["phone"]) == (
        "30.00", "EUR", "2026-11-20T08:12:00Z", INES,
    )  # fmt: skip
    assert [(it["product"], it["quantity"], it["unit_price"], it["coupon"]) for it in found["lines"]] == [
        ("Robe - S", 1, "20.00", "SUMMER"), ("Foulard", 2, "5.00", "SUMMER"),
    ]  # fmt: skip

    def recorded(tx: Transaction) -> list[Any]:
        return [
            tx.value("SELECT origin FROM visible_order"),
            tx.value("SELECT recorded_at FROM visible_order") == NOW,
            tx.value("SELECT origin FROM member"),
            tx.value("SELECT count(*) FROM consent"),
        ]

    assert await database.read(recorded) == ["live", True, "live", 0]


async def test_an_order_of_woocommerce_is_what_its_export_would_say(database: Database) -> None:
    await take_in(database, (*WOO, woo_order()))

    found = await order(database, "727")
    assert (found["total"], found["ordered_at"], found["phone"]) == ("29.35", "2026-11-20T08:12:00Z", INES)
    assert [(it["product"], it["quantity"], it["unit_price"], it["coupon"]) for it in found["lines"]] == [
        ("Woo Single #1", 2, "3.00", "SUMMER"), (HOSTILE, 1, "12.00", "SUMMER"),
    ]  # fmt: skip


async def test_a_shop_of_ones_own_says_orders_and_refunds(database: Database) -> None:
    refund = {"reference": "A-1", "refunded_at": "2026-11-21T00:00:00Z", "amount": "2.345", "refund_id": "r1"}
    plain = {
        "reference": "A-2",
        "phone": INES,
        "ordered_at": "2026-11-20T00:00:00Z",
        "currency": "JPY",
        "total": "1000.00",
    }
    body = generic(orders=[ORDER, plain], refunds=[refund])

    done = await take_in(database, ("generic", "", body), ("generic", "", generic(orders=[ORDER])))

    assert (done.received, done.processed, done.quarantined) == (4, 3, 0)
    assert sorted(await standing(database)) == [
        ("A-1", "12.345", "2.345", "KWD", INES), ("A-2", "1000", "0", "JPY", INES),
    ]  # fmt: skip


STORIES: Final[dict[str, tuple[Told, ...]]] = {
    "refunded": (
        (*NEW, shopify_order()),
        (*REFUNDED, PAID_BACK),
        (*CHANGED, shopify_order(refunds=(PAID_BACK,), updated="2026-11-22T08:00:01+01:00")),
        (*REFUNDED, shopify_refund(7, ("5.00", "EUR", "success"), at="2026-11-23T08:00:00Z")),
    ),
    "cancelled": (
        (*NEW, shopify_order()),
        (*REFUNDED, PAID_BACK),
        ("shopify", "orders/cancelled", shopify_order(
            refunds=(PAID_BACK,), updated="2026-11-22T08:00:02+01:00", cancelled_at="2026-11-22T08:00:02+01:00",
        )),
    ),
    "cancelled and paid back later": (
        (*NEW, shopify_order()),
        ("shopify", "orders/cancelled", shopify_order(
            updated="2026-11-22T08:00:02+01:00", cancelled_at="2026-11-22T08:00:02+01:00"
        )),
        (*REFUNDED, shopify_refund(8, ("30.00", "EUR", "success"), at="2026-11-23T08:00:00Z")),
    ),
    "a second try to pay": (
        (*WOO, woo_order(status="pending", modified="2026-11-20T08:12:00")),
        (*WOO, woo_order(status="failed", modified="2026-11-20T08:12:30")),
        (*WOO, woo_order(status="processing", modified="2026-11-20T08:13:00")),
        (*WOO, woo_order(status="completed", modified="2026-11-21T08:13:00", refunds=((9, "4.35"),))),
    ),
    "cancelled by the shop": (
        (*WOO, woo_order(status="processing", modified="2026-11-20T08:13:00")),
        (*WOO, woo_order(status="cancelled", modified="2026-11-20T09:00:00")),
    ),
    "never paid": (
        (*WOO, woo_order(status="pending", modified="2026-11-20T08:12:00")),
        (*WOO, woo_order(status="cancelled", modified="2026-11-20T09:00:00")),
    ),
}  # fmt: skip
ENDS: Final = {
    "refunded": [("#1001", "30.00", "15.00", "EUR", INES)],
    "cancelled": [("#1001", "30.00", "30.00", "EUR", INES)],
    "cancelled and paid back later": [("#1001", "30.00", "30.00", "EUR", INES)],
    "a second try to pay": [("727", "29.35", "4.35", "EUR", INES)],
    "cancelled by the shop": [("727", "29.35", "29.35", "EUR", INES)],
    "never paid": [],
}


@pytest.mark.parametrize("story", STORIES)
async def test_late_early_and_repeated_webhooks_end_the_same(database: Database, story: str) -> None:
    # Every permutation is of another order: another reference, another key.
    told = [
        (source, topic, renamed(content, place))
        for place, permuted in enumerate(itertools.permutations(STORIES[story]))
        for source, topic, content in permuted
    ]
    await take_in(database, *told, *told, *map(again, told))

    ends = {row[1:] for row in await standing(database)}
    assert ends == {row[1:] for row in ENDS[story]}
    assert await aside(database) == []


def renamed(content: Any, place: int) -> Any:
    """The same story of another order."""
    found = dict(content)
    if "order_id" in found:
        return found | {"order_id": found["order_id"] + place}
    found["id"] += place
    found |= {"name": f"#{place}"} if "name" in found else {"number": str(found["id"])}
    found["refunds"] = [
        one | ({"order_id": found["id"]} if "order_id" in one else {}) for one in found["refunds"]
    ]
    return found


def again(told: Told) -> Told:
    """The same said once more in other bytes."""
    source, topic, content = told
    assert isinstance(content, dict)
    return source, topic, content | {"tags": "seen"}


async def test_an_order_edited_later_keeps_its_first_total_and_stands_aside_once(database: Database) -> None:
    edited = shopify_order(total="45.00", updated="2026-11-21T10:00:00+01:00")
    packed = shopify_order(total="45.00", updated="2026-11-21T11:00:00+01:00", fulfillment_status="fulfilled")
    await take_in(database, (*NEW, shopify_order()), (*CHANGED, edited), (*CHANGED, packed))

    assert await standing(database) == [("#1001", "30.00", "0.00", "EUR", INES)]
    assert await aside(database) == [
        (
            "quarantined",
            "OrderTold",
            f"order #1001 is known with a total of 30.00 EUR, not 45.00 EUR: {STANDS}",
        )
    ]
    refunded = shopify_order(total="45.00", updated="2026-11-22T08:00:01+01:00", refunds=(PAID_BACK,))
    await take_in(database, (*CHANGED, refunded))
    assert await standing(database) == [("#1001", "30.00", "10.00", "EUR", INES)]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ((*NEW, shopify_order(billing_address={}, shipping_address=None)), "no phone"),
        ((*NEW, shopify_order(phone="not a number")), "phone 'not a number' cannot be read"),
        ((*NEW, shopify_order(total="-1.00")), "total -1.00 is negative"),
        ((*NEW, shopify_order(total="1,000")), "is no amount as a webhook writes it"),
        ((*NEW, shopify_order(total="30.005")), "more decimals than EUR"),
        ((*NEW, shopify_order(total="1000.50", currency="JPY")), "more decimals than JPY"),
        ((*NEW, shopify_order(currency="EURO")), "'EURO' is no currency"),
        ((*NEW, shopify_order(created_at="2026-12-20T09:12:00+01:00")), "lies in the future"),
        ((*NEW, shopify_order(created_at="20/11/2026")), "write it with its offset"),
        ((*NEW, shopify_order(name="")), "no name"),
        ((*NEW, shopify_order(lines=(("Robe", -1, "20.00"),))), "quantity -1 is not above 0"),
        ((*REFUNDED, shopify_refund(1, ("75折", "EUR", "success"))), "is no amount"),
        ((*REFUNDED, shopify_refund(1, ("5", "EUR", "success"), ("5", "CAD", "success"))), "write it into a file of refunds"),
        (("generic", "", generic(orders=[ORDER | {"ordered_at": "2026-11-20T09:12:00"}])), "write it with its offset"),
        (("generic", "", generic(orders=[ORDER | {"phone": "0639981217"}])), "cannot be read"),
        (("generic", "", generic(refunds=["no object"])), '"refunds" is no list of objects'),
        (("generic", "", [1]), "no JSON object"),
        (("generic", "", {}), 'neither "orders" nor "refunds"'),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_fact_stands_aside_with_its_reason(
    database: Database, told: Told, reason: str
) -> None:
    await take_in(database, told)

    found = await aside(database)
    assert [state for state, _, _ in found] == ["quarantined"] and reason in found[0][2], found
    assert await standing(database) == []


async def test_a_refund_above_what_is_left_stands_aside_and_can_be_tried_again(database: Database) -> None:
    much = shopify_refund(5, ("31.00", "EUR", "success"))
    await take_in(database, (*NEW, shopify_order()), (*REFUNDED, much))
    assert await aside(database) == [
        ("quarantined", "RefundTold", "a refund of 31.00 EUR is above the 30.00 EUR left of order #1001.")
    ]

    bodies = await database.read(lambda tx: [row["inbound_id"] for row in receive_rows.items_left(tx)])
    done = await replay(database, bodies, clock=lambda: NOW)
    assert (done.processed, done.quarantined) == (0, 1)


async def test_a_buyer_s_currency_is_told_in_the_shop_s(database: Database) -> None:
    def both(ours: str, theirs: str) -> dict[str, Any]:
        return {
            "shop_money": {"amount": ours, "currency_code": "EUR"},
            "presentment_money": {"amount": theirs, "currency_code": "CAD"},
        }

    line = {"subtotal_set": both("10.00", "15.00"), "total_tax_set": both("2.00", "3.00")}
    shipping = {"amount_set": both("-1.00", "-1.50"), "tax_amount_set": both("0.00", "0.00")}
    refund = shopify_refund(
        5, ("19.50", "CAD", "success"), ("4.00", "CAD", "pending"),
        refund_line_items=[line], order_adjustments=[shipping],
    )  # fmt: skip
    await take_in(
        database, (*REFUNDED, refund), (*NEW, shopify_order(presentment_currency="CAD", refunds=(refund,)))
    )

    assert await standing(database) == [("#1001", "30.00", "13.00", "EUR", INES)]


async def test_topics_nobody_asked_for_are_kept_and_counted(database: Database) -> None:
    draft = shopify_order(name="#D1")
    done = await take_in(
        database, ("shopify", "draft_orders/create", draft), ("woocommerce", "order.deleted", {"id": 727}),
        ("shopify", "", shopify_order()), (*NEW, {"id": 1}), (*NEW, shopify_order(test=True)),
        (*REFUNDED, shopify_refund(3)),
    )  # fmt: skip

    assert (done.received, done.processed, done.quarantined) == (6, 6, 0)
    assert [state for state, _, _ in await aside(database)] == ["kept"] * 5
    assert "draft_orders/create tells nothing this version takes" in (await aside(database))[-1][2]
    assert await standing(database) == []


async def test_a_delivery_that_is_repeated_is_only_counted(database: Database) -> None:
    bodies = [
        Body(encoded(shopify_order()), NOW, "shopify", "orders/create", "d-1"),
        Body(encoded(shopify_order(total="99.00")), NOW, "shopify", "orders/create", "d-1"),
        Body(encoded(shopify_order()), NOW, "shopify", "orders/paid", "d-2"),
        Body(encoded(shopify_order()), NOW, "shopify", "orders/paid", "d-3"),
    ]

    assert await database.write(lambda tx: receive_rows.keep_bodies(tx, bodies)) == 2
    assert (await process_waiting(database, clock=lambda: NOW)).processed == 2
    assert await standing(database) == [("#1001", "30.00", "0.00", "EUR", INES)]


async def test_an_order_taken_back_and_counted_again_is_for_an_operator(database: Database) -> None:
    told = [
        woo_order(status=status, modified=f"2026-11-20T0{hour}:00:00")
        for hour, status in ((8, "processing"), (9, "cancelled"), (9, "cancelled"))
    ]
    again_counted = woo_order(status="processing", modified="2026-11-20T09:30:00", customer_note="again")
    for content in [*told, again_counted]:
        await take_in(database, (*WOO, content))

    assert await standing(database) == [("727", "29.35", "29.35", "EUR", INES)]
    assert await aside(database) == [
        (
            "quarantined",
            "OrderStanding",
            "Order 727 was taken back at 2026-11-20T09:00:00Z, and the shop counts it again: what went back stays gone.",
        )
    ]


EXPORT: Final = (  # Shopify's
    "Name,Financial Status,Currency,Total,Discount Code,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Country,Billing Phone",
    "#1001,paid,EUR,30.00,SUMMER,2026-11-20 09:12:00 +0100,1,Robe - S,20.00,FR,'0639981217",
    "#1001,,,,,,2,Foulard,5.00,,",
)
WOO_EXPORT: Final = (
    "order_id,date,status,order_total,order_currency,billing_phone,billing_country,item_name,item_quantity,item_total,coupons",
    "727,2026-11-20 09:12:00,processing,29.35,EUR,0639981217,FR,Woo Single #1,2,6.00,SUMMER",
)


async def test_an_order_of_a_webhook_and_of_an_export_is_one(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    ours = (*NEW, shopify_order()), (*WOO, woo_order())
    await take_in(database, *ours)
    after = [figures(await shop.imports("orders", *lines)) for lines in (EXPORT, WOO_EXPORT)]
    assert after == [(2, 0, 2, []), (1, 0, 1, [])]

    await shop.imports("orders", *(line.replace("#1001", "#1002") for line in EXPORT))
    await take_in(database, (*CHANGED, shopify_order(name="#1002", order_id=5)))
    assert await aside(database) == []
    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM visible_order_line")) == 6
    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM member")) == 1


async def test_an_order_that_an_unfinished_import_hides_is_seen_when_a_shop_tells_it(
    database: Database, tmp_path: Path
) -> None:
    def begun(tx: Transaction) -> None:
        runs.begin(tx, kind="orders", target="orders", source="o.csv", sha256="x", now=NOW)
        run = runs.open_run_of(tx, "orders")
        assert run is not None
        found = hooks_shopify.items(encoded(shopify_order()), "orders/create")
        event = found[1].event
        assert isinstance(event, OrderTold)
        intake_shop_hooks.take(tx, found[1], now=NOW)
        tx.execute('UPDATE "order" SET import_run_id = :id', {"id": run.id})
        tx.execute("UPDATE order_line SET import_run_id = :id", {"id": run.id})

    await database.write(begun)
    assert await standing(database) == []
    await take_in(database, (*REFUNDED, PAID_BACK), (*NEW, shopify_order()))

    assert await standing(database) == [("#1001", "30.00", "10.00", "EUR", INES)]
    assert len((await order(database))["lines"]) == 2


async def test_a_shop_s_clock_may_be_a_little_before_ours(database: Database) -> None:
    at = parse_iso("2026-11-20T08:11:00Z")
    await take_in(database, (*NEW, shopify_order(updated="2026-11-20T09:12:00+01:00")), now=at)

    assert len(await standing(database)) == 1
    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM order_word")) == 1
    assert at < NOW - 5 * DAY


async def bent_bodies(database: Database, seed: int, count: int) -> list[tuple[Any, ...]]:
    """What failed without a sentence of its own, of so many bent bodies of shops."""
    dice = random.Random(seed)
    corpus = [told for story in STORIES.values() for told in story]
    corpus.append(
        (
            "generic",
            "",
            generic(
                orders=[ORDER],
                refunds=[{"reference": "A-1", "amount": "1", "refunded_at": "2026-11-21T00:00:00Z"}],
            ),
        )
    )
    bodies = [
        Body(bent(dice, content), NOW, source, topic)
        for source, topic, content in dice.choices(corpus, k=count)
    ]
    await database.write(lambda tx: receive_rows.keep_bodies(tx, bodies))
    await process_waiting(database, clock=lambda: NOW)
    return await database.read(
        lambda tx: [
            tuple(row)
            for row in tx.rows(
                "SELECT reason, kind, substr(raw, 1, 300) FROM inbound_item WHERE state = 'trying'"
            )
        ]
    )


async def test_bent_webhooks_are_taken_in_or_stand_aside_with_a_reason(database: Database) -> None:
    assert await bent_bodies(database, 3, 60) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
async def test_thousands_of_bent_webhooks_are_taken_in_or_stand_aside(database: Database, seed: int) -> None:
    assert await bent_bodies(database, seed, 3_000) == []
