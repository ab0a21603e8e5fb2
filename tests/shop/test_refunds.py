"""Refunds before and after their orders end the same; and the other files of a shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shop.shop_files import ANA, INES, ORDERS, REFUNDS, Shop, figures, order
from waconsole.database.connection import Database, Transaction
from waconsole.shop import store_mappings

FILES: dict[str, tuple[str, ...]] = {
    "orders": (ORDERS, order("A1", "30.00"), order("J1", "3000", currency="JPY", rest=",,,,")),
    "refunds": (
        REFUNDS,
        "A1,2026-11-05,10.00",
        "A1,2026-11-05,10",  # the same amount in another spelling
        'A1,2026-11-05,"10,00 €"',
        "A1,2026-11-06,25.00",  # above what is left
        "A1,2026-11-07,20.00",
        "J1,2026-11-05,10.5",  # more decimals than JPY
        "J1,2026-11-05,500",
        "Z9,2026-11-05,5",
    ),
}


@pytest.mark.parametrize(
    "kinds", [("orders", "refunds"), ("refunds", "orders"), ("refunds", "orders", "refunds")]
)
async def test_the_order_of_imports_never_changes_the_end(
    database: Database, tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    shop = Shop(database, tmp_path)

    for kind in kinds:
        result = await shop.imports(kind, *FILES[kind])

    assert [(it["amount"], it["refunded_at"]) for it in (await shop.order("A1"))["refunds"]] == [
        ("10.00", "2026-11-04T23:00:00Z"), ("20.00", "2026-11-06T23:00:00Z"),
    ]  # fmt: skip
    assert [it["refunded_minor"] for it in await shop.orders()] == [500, 3000]
    if kinds[-1] == "refunds":
        new = 4 if len(kinds) == 2 else 0
        assert figures(result) == (8, new, 6 - new, [5, 7])
    else:
        assert result.told == [
            "a refund of 25.00 EUR is above the 20.00 EUR left of order A1",
            "'10.5' has more decimals than JPY, which has no decimals.",
        ]


async def test_a_refund_whose_order_is_missing_waits_and_is_no_reject(
    database: Database, tmp_path: Path
) -> None:
    shop = Shop(database, tmp_path)

    result = await shop.imports(
        "refunds", REFUNDS, "A1,2026-11-05,10.00", "A1,2026-11-05,10.00", 'B1,2026-11-05,"1,000"'
    )

    assert figures(result) == (3, 2, 1, [])
    assert await shop.count("SELECT count(*) FROM visible_refund") == 0


async def test_what_is_no_refund_is_rejected(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    await shop.imports("orders", ORDERS, order("A1"))

    result = await shop.imports(
        "refunds", f"{REFUNDS},currency", "A1,2026-11-05,0,", "A1,2026-11-05,-1,", "A1,2026-11-27,1,", "A1,,1,", ",2026-11-05,1,",
        "A1,2026-11-05,75折,", "Z1,2026-11-05,75折,", "A1,2026-11-05,1,USD", "A1,2026-11-05,,", "A1,2026-11-05,31,",
    )  # fmt: skip

    assert figures(result) == (10, 0, 0, [*range(2, 12)])


async def test_two_refunds_of_one_amount_and_moment_are_told_apart_by_their_names(
    database: Database, tmp_path: Path
) -> None:
    rows = ("A1,2026-11-05,5.00,", "A1,2026-11-05,5.00,r1", "A1,2026-11-05,5.00,r2")
    for number, lines in enumerate((rows, rows[::-1], (rows[1], rows[0], rows[2]))):
        shop = Shop(database, tmp_path)
        head = f"{REFUNDS},refund_id"
        await shop.imports("orders", ORDERS, order(f"A{number}"))
        result = await shop.imports("refunds", head, *(line.replace("A1", f"A{number}") for line in lines))

        assert (result.new, result.unchanged) == (2, 1)
        assert [it["refund_id"] for it in (await shop.order(f"A{number}"))["refunds"]] in (
            ["r1", "r2"],
            ["r2", "r1"],
        )
    other = await shop.imports("refunds", head, "A1,2026-11-05,6.00,r1")
    assert "known with another time or amount" in other.rejected[0][1]


OTHERS = {
    "clicks": (
        "phone,clicked_at,category,product,url",
        f"{INES},2026-11-05T10:00:00Z,dress,Robe,https://shop/x",
        f"{ANA},2026-11-05T10:00:00Z,dress,Robe,https://shop/x",
        f"{INES},2026-11-05T10:00:00Z,dress,Robe,https://shop/x",
        f"{INES},never,dress,Robe,",
    ),
    "carts": ("phone,at,state", f"{INES},2026-11-05,open", f"{INES},2026-11-06,Abandoned", f"{INES},2026-11-05,open", f"{INES},2026-11-05,lost"),
    "costs": ("at,group,kind,currency,amount", "2026-11-05,Mamans,gift,EUR,5", "2026-11-05,,ad,JPY,5", "2026-11-05,Mamans,gift,EUR,5.00", "2026-11-05,Mamans,gift,EUR,-5"),
    "products": ("product,name,category,currency,price", "Robe,Robe d'été,dress,EUR,20", "Hat,,hat,,", "Robe,Robe d'été,dress,EUR,20.00", "Robe,Robe d'été,dress,EUR,21"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
async def test_clicks_carts_costs_and_products_are_facts_once(
    database: Database, tmp_path: Path, kind: str
) -> None:
    shop = Shop(database, tmp_path)

    first, again = [await shop.imports(kind, *OTHERS[kind]) for _ in range(2)]

    assert (figures(first), figures(again)) == ((4, 2, 1, [5]), (4, 0, 3, [5]))
    assert await shop.count(f"SELECT count(*) FROM visible_{kind.removesuffix('s')}") == 2
    await shop.imports(kind, *OTHERS[kind], dry_run=True)
    assert await shop.count(f"SELECT count(*) FROM {kind.removesuffix('s')}") == 2


async def test_a_line_without_a_category_has_its_products(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    await shop.imports("orders", ORDERS, order("A1", rest=",,Robe,1,20.00"))
    await shop.imports("products", *OTHERS["products"])

    assert (await shop.order("A1"))["lines"][0]["category"] == "dress"


async def test_a_mapping_is_saved_and_replaced(database: Database) -> None:
    def work(tx: Transaction) -> tuple[object, ...]:
        store_mappings.save(tx, "orders", "laden", {"total": "Summe"}, now=1)
        store_mappings.save(tx, "orders", "laden", {"total": "Betrag"}, now=2)
        return (
            store_mappings.mapping(tx, "orders", "laden"), store_mappings.mapping(tx, "refunds", "laden"),
            store_mappings.names(tx, "orders"),
        )  # fmt: skip

    assert await database.write(work) == ({"total": "Betrag"}, None, ["laden"])
