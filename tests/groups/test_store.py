"""Groups are named without guessing, and stays are merged without loss."""

from __future__ import annotations

import pytest

from tests.conftest import NOW
from waconsole.clock import DAY
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound
from waconsole.groups import service, store
from waconsole.groups.store import Stint
from waconsole.members import store as members


def _group(tx: Transaction, ref: str, name: str) -> int:
    return store.add_group(tx, ref=ref, name=name, driver="human", origin="import", now=NOW)


async def test_a_group_is_named_by_ref_or_name_in_any_case(database: Database) -> None:
    await database.write(lambda tx: (_group(tx, "g-1", "Mamans"), _group(tx, "g-2", "Runners Köln")))

    for name, ref in (("g-2", "g-2"), ("Mamans", "g-1"), ("runners  köln", "g-2")):
        group = await database.read(lambda tx, name=name: store.group_named(tx, name))  # type: ignore[misc]
        assert group.ref == ref
    with pytest.raises(NotFound, match="groups list"):
        await database.read(lambda tx: store.group_named(tx, "Papas"))


async def test_a_name_of_several_groups_is_an_error_that_lists_them(database: Database) -> None:
    await database.write(
        lambda tx: (_group(tx, "g-1", "Mamans"), _group(tx, "g-2", "MAMANS"), _group(tx, "g-3", "Mamans"))
    )

    with pytest.raises(NotFound, match=r"g-1 \(Mamans\), g-3 \(Mamans\)"):
        await database.read(lambda tx: store.group_named(tx, "Mamans"))
    assert (await database.read(lambda tx: store.group_named(tx, "MAMANS"))).ref == "g-2"


async def test_stays_that_touch_become_one(database: Database) -> None:
    def work(tx: Transaction) -> list[tuple[int, int | None]]:
        group = _group(tx, "g-1", "Mamans")
        member = members.add_member(tx, ref="m-1", name="Ana", origin="import", now=NOW)
        for stint in (
            Stint(member, NOW - 10 * DAY, None),
            Stint(member, NOW - 20 * DAY, NOW - 5 * DAY),
            Stint(member, NOW - 2 * DAY, None, "admin", "link"),
        ):
            store.add_stints(tx, group, [stint], origin="import")
            store.add_stints(tx, group, [stint], origin="import")
        rows = tx.rows("SELECT joined_at, left_at FROM membership ORDER BY joined_at")
        return [(row[0] - NOW, row[1] and row[1] - NOW) for row in rows]

    assert await database.write(work) == [(-20 * DAY, -5 * DAY), (-2 * DAY, None)]


async def test_an_imported_group_can_be_read_and_not_posted_to(database: Database) -> None:
    await database.write(lambda tx: _group(tx, "g-1", "Mamans"))
    group = await database.read(lambda tx: store.group_named(tx, "Mamans"))

    assert service.can(group) == {
        "read": True,
        "post": False,
        "delete": False,
        "remove": False,
        "sees_reads": False,
        "can_add": False,
        "can_promote": False,
        "can_moderate": False,
        "async_writes": False,
        "join_request_events": False,
    }


async def test_what_a_group_is_for_is_an_act(database: Database) -> None:
    from waconsole import catalogue

    await database.write(lambda tx: _group(tx, "g-1", "Mamans"))
    described = await service.describe(
        database, "Mamans", {"purpose": "after-sales", "language": "fr"}, operator=None, now=NOW
    )
    assert (described.purpose, described.language, described.kpi) == ("after-sales", "fr", "")

    await catalogue.undo(database, operator=None, now=NOW)

    assert (await database.read(lambda tx: store.group_named(tx, "Mamans"))).purpose == ""
