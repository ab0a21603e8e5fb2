"""`import invites`, from a file to what settling makes of it; stopped, killed and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.invites.programmes import PASSPHRASE, who
from tests.shop.shop_files import Shop
from tests.sync.imports import quiet
from waconsole.clock import DAY
from waconsole.database import runs
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Transient
from waconsole.invites import service_programmes
from waconsole.operators import service_known
from waconsole.operators.service_known import Wanted
from waconsole.sync import settling, shop_parts, sweep
from waconsole.sync.intake_chat import Talk
from waconsole.sync.intake_shop import ShopImport, import_shop

LIN, PHONE = "+85291234567", "+85291000"
HEADER = "referrer_phone,invitee_phone,invited_at,programme,channel,arrived_at,address,payment,device"
ORDERS = "reference,phone,ordered_at,currency,total"
TERMS = {"minimum": "199.00 HKD", "reward.each": "cashback 8.00 HKD"}


def row(
    place: int, *, by: str = LIN, day: str = "2026-10-01", programme: str = "spring", rest: str = ",,,,"
) -> str:
    """A row of an invites file."""
    return f"{by},{PHONE}{place:03},{day}T10:00:00Z,{programme}{rest},"


async def opened(database: Database, tmp_path: Path) -> Shop:
    """A ledger with one programme that earns."""

    def work(tx: Transaction) -> None:
        service_known.add(tx, None, Wanted("ann", "owner"), PASSPHRASE, now=NOW)
        service_programmes.create(tx, who(tx), "Spring", TERMS, valid_from=None, is_draft=False, now=NOW)

    await database.write(work)
    return Shop(database, tmp_path)


async def told(shop: Shop, sql: str) -> list[tuple[Any, ...]]:
    """What a statement finds."""
    return await shop.database.read(lambda tx: [tuple(one) for one in tx.rows(sql)])


async def test_columns_stand_in_any_order_and_a_row_twice_is_one_invite(
    database: Database, tmp_path: Path
) -> None:
    shop = await opened(database, tmp_path)
    lines = [
        f"programme,channel,invited_at,device,invitee_phone,address,{'referrer_phone'}",
        f"spring,card,2026-10-01T10:00:00Z,X,{PHONE}001,Ｆlat 1/12  Queen’s Rd,0085291234567",
        f"SPRING,card,2026-10-01T10:00:00Z,x,{PHONE}001,flat 112 queens rd.,+852 9123-4567",
        f"spring,,2026-10-01T10:00:00Z,,{PHONE}001,,{LIN}",
    ]

    done = await shop.imports("invites", *lines)
    again = await shop.imports("invites", lines[0], *reversed(lines[1:]))

    assert (done.rows, done.new, done.unchanged, done.rejected) == (3, 2, 1, [])
    assert (again.rows, again.new, again.unchanged) == (3, 0, 3)
    assert await told(shop, "SELECT channel, address, device, arrived_at = invited_at FROM invite ORDER BY channel") == [
        ("", "", "", 1), ("card", "flat112queensrd", "x", 1),
    ]  # fmt: skip


async def test_what_cannot_be_read_is_a_reject_with_its_line_and_reason(
    database: Database, tmp_path: Path
) -> None:
    shop = await opened(database, tmp_path)
    done = await shop.imports(
        "invites", HEADER, row(1), row(2, programme="autumn"), row(3, by="12"), row(4, day="2027-10-01"),
        f"{LIN},,2026-10-01T10:00:00Z,spring,,,,,", row(5, programme=""), row(1, rest=",,2026-10-05T10:00:00Z,,"),
        row(6, rest=",,2026-12-05T10:00:00Z,,"),
    )  # fmt: skip

    reasons = {line: reason for line, reason, _ in done.rejected}
    assert (done.rows, done.new, len(reasons)) == (8, 1, 7)
    assert "no programme autumn" in reasons[3] and "referrer_phone '12' cannot be read" in reasons[4]
    assert (
        "lies in the future" in reasons[5]
        and reasons[6] == "no invitee_phone"
        and reasons[7] == "no programme"
    )
    assert "known with an arrival at 2026-10-01T10:00:00Z" in reasons[8] and "arrived_at" in reasons[9]


async def test_an_import_that_was_stopped_shows_nothing_and_goes_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await opened(database, tmp_path)
    monkeypatch.setattr(shop_parts, "PART_ROWS", 2)
    monkeypatch.setattr(shop_parts, "CHUNK_PARTS", 1)
    path = shop.folder / "many.csv"
    path.write_text("\n".join([HEADER, *(row(place) for place in range(9))]) + "\n")
    calls = iter([False, False, True])
    wanted = ShopImport("invites", path, ZoneInfo("UTC"))
    talk = Talk(lambda _: None, lambda _, __: None, lambda: next(calls))
    with pytest.raises(Transient):
        await import_shop(shop.database, wanted, talk, now=NOW)
    assert await told(shop, "SELECT count(*) FROM invite_edge") == [(0,)]
    assert await told(shop, "SELECT count(*) > 0 FROM invite") == [(1,)]

    done = await import_shop(shop.database, wanted, quiet(), now=NOW)
    assert (done.rows, done.new) == (9, 9) and await told(shop, "SELECT count(*) FROM invite_edge") == [(9,)]

    trial = await shop.imports("invites", HEADER, row(50), dry_run=True)
    assert (trial.new, await told(shop, "SELECT count(*) FROM invite")) == (1, [(9,)])


async def test_a_dead_import_is_swept_with_the_people_only_it_knew(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await opened(database, tmp_path)
    monkeypatch.setattr(shop_parts, "PART_ROWS", 1)
    monkeypatch.setattr(shop_parts, "CHUNK_PARTS", 1)
    calls = iter([False, False, True])
    path = shop.folder / "some.csv"
    path.write_text("\n".join([HEADER, *(row(place) for place in range(4))]) + "\n")
    with pytest.raises(Transient):
        await import_shop(
            shop.database, ShopImport("invites", path, ZoneInfo("UTC")),
            Talk(lambda _: None, lambda _, __: None, lambda: next(calls)), now=NOW,
        )  # fmt: skip
    (run,) = await shop.database.read(runs.open_runs)

    await sweep.sweep_run(shop.database, run, now=NOW)

    assert await told(shop, "SELECT (SELECT count(*) FROM invite), (SELECT count(*) FROM member)") == [(0, 0)]


async def test_settling_after_each_file_or_after_all_of_them_ends_the_same(
    database: Database, tmp_path: Path
) -> None:
    shop = await opened(database, tmp_path)
    await shop.imports(
        "orders",
        ORDERS,
        *(f"O{place},{PHONE}{place:03},2026-10-0{place}T12:00:00Z,HKD,250.00" for place in range(1, 6)),
    )
    await settling.settle(shop.database, now=NOW)
    await shop.imports(
        "invites", HEADER, *(row(place) for place in range(1, 6)), row(2, by="+85298765432", day="2026-09-30")
    )
    first = await settling.settle(shop.database, now=NOW)
    again = await settling.settle(shop.database, now=NOW)

    states = await told(
        shop, "SELECT state, reason, count(*) FROM invite_standing GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert states == [("earned", "", 5), ("refused", "another referrer", 1)]
    assert (first.posted, first.told, again.posted, again.told, again.steps) == (5, 0, 0, 0, 0)


async def test_it_stops_between_two_transactions_and_what_is_new_meanwhile_is_looked_for_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await opened(database, tmp_path)
    monkeypatch.setattr(settling, "AT_ONCE", 2)
    await shop.imports("invites", HEADER, *(row(place) for place in range(1, 8)))
    await shop.imports(
        "orders",
        ORDERS,
        *(f"O{place},{PHONE}{place:03},2026-10-02T12:00:00Z,HKD,250.00" for place in range(1, 8)),
    )
    asked = iter([False, False, True])

    first = await settling.settle(shop.database, now=NOW, stop=lambda: next(asked, True))
    rest = await settling.settle(shop.database, now=NOW)

    assert 0 < first.posted < 7 and first.posted + rest.posted == 7
    late = await settling.sweep_and_settle(shop.database, now=NOW + DAY)
    assert late.steps == 0
