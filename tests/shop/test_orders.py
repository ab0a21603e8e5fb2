"""What importing orders leaves in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.shop.shop_files import ANA, INES, ORDERS, Shop, figures, order
from tests.sync.imports import quiet
from waconsole.database import runs
from waconsole.database.connection import Database
from waconsole.errors import Refused, Transient
from waconsole.members import store as members
from waconsole.members import store_merge
from waconsole.sync import shop_parts
from waconsole.sync.intake_chat import Talk
from waconsole.sync.intake_shop import ShopImport, import_shop, write_rejects
from waconsole.sync.sweep import sweep_dead_runs

UTC = ZoneInfo("UTC")


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty rows a chunk, in parts of ten."""
    monkeypatch.setattr(shop_parts, "PART_ROWS", 10)
    monkeypatch.setattr(shop_parts, "CHUNK_PARTS", 2)


async def test_rows_of_one_reference_are_one_order(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    result = await shop.imports(
        "orders", ORDERS,
        order("A1", rest="NEW,dress,Robe,1,20.00"), order("A2", "3000", phone=ANA, currency="JPY", rest=",,,,"),
        order("A1", rest=",hat,Chapeau,2,5.00"),
    )  # fmt: skip

    assert figures(result) == (3, 3, 0, [])
    assert [(it["reference"], it["phone"], it["total"], it["currency"]) for it in await shop.orders()] == [
        ("A2", ANA, "3000", "JPY"), ("A1", INES, "30.00", "EUR"),
    ]  # fmt: skip
    lines = (await shop.order("A1"))["lines"]
    assert [(it["product"], it["quantity"], it["unit_price_minor"], it["coupon"]) for it in lines] == [
        ("Robe", 1, 2000, "NEW"), ("Chapeau", 2, 500, ""),
    ]  # fmt: skip


async def test_an_unknown_buyer_becomes_a_member_without_consent(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    await shop.imports("orders", ORDERS, order("A1", phone="0033 6-39.98 12 17"))

    member = await shop.database.read(lambda tx: members.member_named(tx, INES))
    assert await shop.database.read(lambda tx: members.consents(tx, member.id)) == []


async def test_two_identical_rows_are_one_fact_and_again_change_nothing(
    database: Database, tmp_path: Path
) -> None:
    shop = Shop(database, tmp_path)
    lines = (ORDERS, order("A1"), order("A1"), order("A2"))
    first = await shop.imports("orders", *lines)
    before = await shop.orders()

    again = await shop.imports("orders", *lines)

    assert (figures(first), figures(again)) == ((3, 2, 1, []), (3, 0, 3, []))
    assert await shop.orders() == before


async def test_every_order_of_the_same_files_ends_the_same(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    rows = [order("A1", rest=",a,x,1,1"), order("A1", rest=",a,y,1,1"), order("B1", phone=ANA)]
    ends = []
    for number, some in enumerate((rows, rows[::-1])):
        for row in some:
            await shop.imports(
                "orders",
                ORDERS,
                *(it.replace("A1", f"A{number}-").replace("B1", f"B{number}-") for it in (row, row)),
            )
        ends.append([len((await shop.order(f"{name}{number}-"))["lines"]) for name in "AB"])

    assert ends == [[2, 1]] * 2


REJECTED: list[tuple[str, str]] = [
    (order("A1", phone=""), "no phone"),
    (order("", "5"), "no reference"),
    (order("A1", phone="12"), "phone '12' cannot be read; a national number needs --region"),
    (order("A1", at="soon"), "'soon' is no date"),
    (order("A1", at=""), "no ordered_at"),
    (order("A1", at="2026-11-27"), "lies in the future"),
    (order("A1", "-5"), "total -5 is negative"),
    (order("A1", "5.123"), "more decimals than EUR"),
    (order("A1", "5.0", currency="JPY"), "more decimals than JPY"),
    (order("A1", "five"), "is no amount"),
    (order("A1", ""), "no total"),
    (order("A1", "75折"), "what is paid or as what is taken off"),
    (order("A1", "3 %"), "is a rate"),
    (order("A1", currency="EURO"), "'EURO' is no currency"),
    (order("A1", currency=""), "names no currency"),
    (order("A1", rest=",a,b,0,1"), "quantity 0 is not above 0"),
    (order("A1", rest=",a,b,-1,1"), "quantity -1 is not above 0"),
    (order("A1", rest=",a,b,1.5,1"), "quantity '1.5' is no whole number"),
    (order("A1", rest=",a,b,1,-1"), "unit_price -1 is negative"),
    (
        order("A1", rest=",dress,Robe,1,5,5"),
        "11 cells stand under 10 columns: a cell with ',' in it needs quotes",
    ),
    (order("OLD", "31.00"), "order OLD is known with a total of 30.00 EUR, not 31.00 EUR"),
    (order("OLD", currency="USD"), "known with a total of 30.00 EUR, not 30.00 USD"),
    (order("OLD", phone=ANA), "known of another buyer"),
    (order("OLD", rest=",dress,Robe,2,20.00"), "known with 1 × 20.00 EUR of Robe, not 2 × 20.00 EUR"),
]


async def test_two_columns_of_one_name_are_asked_about(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    with pytest.raises(Refused, match="more than one column called total"):
        await shop.imports("orders", f"{ORDERS},Total", order("A1") + ",31.00")
    assert (await shop.imports("orders", f"{ORDERS},note,Note", order("A1") + ",a,b")).new == 1


async def test_what_cannot_be_read_is_rejected_with_line_and_reason(
    database: Database, tmp_path: Path
) -> None:
    shop = Shop(database, tmp_path)
    await shop.imports("orders", ORDERS, order("OLD"))

    result = await shop.imports(
        "orders", ORDERS, *(row for row, _ in REJECTED), order("OLD", rest=",,Neu,1,1")
    )

    assert figures(result) == (len(REJECTED) + 1, 1, 0, [*range(2, len(REJECTED) + 2)])
    for (_, reason), (_, words) in zip(
        [(line, why) for line, why, _ in result.rejected], REJECTED, strict=True
    ):
        assert words in reason
    assert [it["reference"] for it in await shop.orders()] == ["OLD"]


async def test_the_first_of_two_totals_holds(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    result = await shop.imports("orders", ORDERS, order("A1", "30.00"), order("A1", "31.00"))

    assert figures(result) == (2, 1, 0, [3])


async def test_rejects_are_kept_and_written_to_be_corrected(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    result = await shop.imports(
        "orders", ORDERS, order("A1"), order("A2", "1;5"), order("A3", "x,y".join('""'))
    )
    path = tmp_path / "rejects.csv"

    write_rejects(path, result)

    text = path.read_text("utf-8-sig")
    assert text.splitlines()[0] == f"{ORDERS},reason" and path.stat().st_mode & 0o777 == 0o600
    kept = await shop.database.read(
        lambda tx: runs.rejects(tx, tx.value("SELECT max(id) FROM import_run"), limit=9)
    )
    assert [line for line, _, _ in kept] == [3, 4]
    path.write_text(text.replace("1;5", "1.50").replace("x,y", "2.00"), encoding="utf-8")
    assert figures(await shop.file("orders", path)) == (2, 2, 0, [])
    with pytest.raises(Refused, match="name another one"):
        write_rejects(path, await shop.file("orders", path))


async def test_a_trial_keeps_nothing(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    result = await shop.imports("orders", ORDERS, order("A1"), order("A1"), order("A2", "x"), dry_run=True)

    assert figures(result) == (3, 1, 1, [4])
    assert await shop.orders() == []
    assert await shop.count('SELECT (SELECT count(*) FROM member) + (SELECT count(*) FROM "order")') == 0


@pytest.mark.usefixtures("small_chunks")
async def test_a_stopped_import_shows_nothing_and_goes_on(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    path = tmp_path / "many.csv"
    rows = [order(f"R{number}") for number in range(45)]
    path.write_text("\n".join([ORDERS, order("R0", "bad"), *rows]), encoding="utf-8")
    stops = iter([False, True])
    wanted = ShopImport("orders", path, UTC)
    stopped = Talk(lambda _: None, lambda _done, _of: None, lambda: next(stops))
    with pytest.raises(Transient, match="Stopped after 20 rows"):
        await import_shop(shop.database, wanted, stopped, now=NOW)
    assert await shop.orders() == []

    result = await import_shop(shop.database, wanted, quiet(), now=NOW)

    assert figures(result) == (46, 45, 0, [2])
    assert await shop.count("SELECT count(*) FROM visible_order") == 45


@pytest.mark.usefixtures("small_chunks")
async def test_another_import_takes_out_the_one_that_died(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    path = tmp_path / "many.csv"
    path.write_text("\n".join([ORDERS, *(order(f"R{number}") for number in range(45))]), encoding="utf-8")
    for again in (True, False):
        stops = iter([False, True])
        stopped = Talk(lambda _: None, lambda _done, _of: None, lambda stops=stops: next(stops))  # type: ignore[misc]
        with pytest.raises(Transient):
            await import_shop(shop.database, ShopImport("orders", path, UTC), stopped, now=NOW)
        if again:
            assert len(await sweep_dead_runs(shop.database, now=NOW)) == 1

    assert figures(await shop.imports("orders", ORDERS, order("A1"))) == (1, 1, 0, [])
    assert await shop.count('SELECT count(*) FROM "order"') == 1
    assert await shop.count("SELECT count(*) FROM member") == 1


async def test_orders_follow_a_merged_buyer(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    await shop.imports("orders", ORDERS, order("A1"), order("A2", phone=ANA))

    def merge(tx: Any) -> None:
        store_merge.merge(
            tx, members.member_named(tx, ANA).id, members.member_named(tx, INES).id,
            operator_id=None, rule="hand", now=NOW,
        )  # fmt: skip

    await shop.database.write(merge)

    assert len({it["member"] for it in await shop.orders()}) == 1
    assert figures(await shop.imports("orders", ORDERS, order("A2"), order("A2", phone=ANA))) == (2, 0, 2, [])
