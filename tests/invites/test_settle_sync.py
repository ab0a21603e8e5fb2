"""What sync and the console do by themselves: sweep, settle, and rest when nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.invites import friends
from tests.invites.programmes import LIN, who
from tests.invites.test_import_invites import HEADER, ORDERS, PHONE, opened, row, told
from waconsole.clock import DAY, HOUR, MINUTE, iso
from waconsole.database.connection import Database, Transaction
from waconsole.fraud import service_sweep
from waconsole.policy.service import set_version
from waconsole.sync import arriving, settling


async def test_it_sweeps_and_settles_what_changed_and_rests_otherwise(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await opened(database, tmp_path)
    days = [NOW - 20 * DAY, NOW]
    did: list[str] = []
    real = {"sweep": settling.sweep_and_settle, "settle": settling.settle}

    async def sweeping(*args: object, **options: object) -> object:
        did.append("sweep")
        return await real["sweep"](*args, **options)  # type: ignore[arg-type]

    async def settling_(*args: object, **options: object) -> object:
        did.append("settle")
        return await real["settle"](*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(settling, "sweep_and_settle", sweeping)
    monkeypatch.setattr(settling, "settle", settling_)
    last = settling._Last()
    await shop.imports("invites", HEADER, row(1, day="2026-11-01"))
    await shop.imports("orders", ORDERS, f"O1,{PHONE}001,2026-11-02T12:00:00Z,HKD,250.00")

    for now in (*days, *days[1:]):
        last.rests_until = 0.0
        await settling._once(database, last, now=now, stop=lambda: False)

    assert did == [
        "sweep",
        "settle",
        "settle",
    ]  # the window is over: nothing new was told, so nothing is swept
    assert await told(shop, "SELECT state FROM invite_standing") == [("earned",)]


async def test_nothing_is_paid_while_the_sweep_rests(database: Database, tmp_path: Path) -> None:
    shop = await opened(database, tmp_path)
    await shop.imports("invites", HEADER, row(1))
    await shop.imports("orders", ORDERS, f"O1,{PHONE}001,2026-10-02T12:00:00Z,HKD,250.00")
    last = settling._Last(rests_until=float("inf"))

    await settling._once(database, last, now=NOW, stop=lambda: False)

    assert await told(shop, "SELECT state FROM invite_standing") == [("joined",)]


async def test_whoever_makes_haste_is_frozen_as_the_friend_writes(database: Database, tmp_path: Path) -> None:
    shop = await opened(database, tmp_path)
    lines = [f"{LIN},{PHONE}{place:03},{iso(NOW - 20 * MINUTE)},spring,,,,," for place in range(49)]
    await shop.imports("invites", HEADER, *lines)

    for friend, frozen in (
        (friends.FRIEND, 0),
        (friends.OTHER, 1),
    ):  # the 50th attempt of the hour, and the 51st

        def written(tx: Transaction, friend: str = friend) -> None:
            friends.writes(tx, f"hi {friends.code(tx).code}", friend, at=NOW + 30 * MINUTE)

        await database.write(written)
        await arriving.catch_up_arrivals(database, now=NOW + HOUR)

        assert len(await told(shop, "SELECT kind FROM member_gate")) == frozen
        assert len(await told(shop, "SELECT id FROM review")) == frozen


async def test_sync_sweeps_again_only_where_something_came_in(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await opened(database, tmp_path)
    await shop.imports("invites", HEADER, row(1))
    swept: list[int] = []
    real = service_sweep.sweep

    async def sweep(database: Database, *, now: int) -> service_sweep.Swept:
        swept.append(now)
        return await real(database, now=now)

    monkeypatch.setattr(service_sweep, "sweep", sweep)

    for now in (NOW, NOW, NOW + DAY):
        await settling.sweep_and_settle(database, now=now)
    await shop.imports("orders", ORDERS, f"O1,{PHONE}001,2026-10-02T12:00:00Z,HKD,250.00")
    assert await database.read(lambda tx: settling.is_unswept(tx, now=NOW + DAY))
    for now in (NOW + DAY, NOW + DAY, NOW - DAY):
        await settling.sweep_and_settle(database, now=now)

    assert swept == [NOW, NOW + DAY, NOW - DAY]


async def test_what_the_time_out_voids_is_not_paid_by_the_same_settling(
    database: Database, tmp_path: Path
) -> None:
    shop = await opened(database, tmp_path)
    await shop.imports("invites", HEADER, row(1), f"{PHONE}001,{LIN},2026-10-02T10:00:00Z,spring,,,,,")
    await shop.imports("orders", ORDERS, f"O1,{PHONE}001,2026-10-02T12:00:00Z,HKD,250.00")
    await settling.sweep_and_settle(database, now=NOW)
    assert await told(shop, "SELECT state, reason FROM invite_standing WHERE id = 1") == [
        ("held", "review open")
    ]

    def silence(tx: Transaction) -> None:
        set_version(
            tx,
            "fraud.timeout",
            {"value": "void"},
            says="x",
            reason="x",
            valid_from=NOW,
            set_by=who(tx),
            now=NOW,
        )

    await database.write(silence)
    done = await settling.settle(database, now=NOW + 10 * DAY)

    assert (done.voided, done.posted) == (1, 0)
    assert await told(shop, "SELECT state, reason FROM invite_standing WHERE id = 1") == [
        ("refused", "time_out")
    ]
