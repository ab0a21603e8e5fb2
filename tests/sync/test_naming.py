"""Official groups get the name WhatsApp knows them by, over real HTTP; nobody's own name is touched."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import NOW
from tests.sync.test_drain_road import ANA, Road, _open
from waconsole import clock
from waconsole.clock import DAY, MINUTE
from waconsole.database.connection import Database, Transaction
from waconsole.groups import store, store_live, store_subjects
from waconsole.sync.naming import name_groups
from waconsole.sync.watching import keep_in_sync

CAST: Final = "Sunrise"  # what the group of this test is called
GROUP: Final = "R1JPVVAtRkFLRS0wMDE"


@pytest.fixture
def road(ledger_path: Path) -> AbstractAsyncContextManager[Road]:
    """A road with nobody on it."""
    return _open(ledger_path)


async def names(road: Road) -> list[str]:
    """What the groups are called."""
    return [group.name for group in await road.database.read(store.groups)]


async def met(road: Road, subject: str, group: str = GROUP) -> None:
    """Somebody writes in a group that is called so in WhatsApp."""
    await road.met(ANA, group=group)
    road.sandbox.world.groups[group].subject = subject


async def test_a_new_official_group_gets_its_subject_as_its_name(road: Road) -> None:
    await met(road, CAST)
    assert await names(road) == [GROUP]

    await road.sync()

    assert await names(road) == [CAST]
    group = await road.database.read(lambda tx: store.group_named(tx, "sunrise"))
    assert group.driver == "cloud"


async def test_it_is_named_while_both_roads_are_watched(road: Road) -> None:
    await road.sync()
    ended = asyncio.Event()
    watching = asyncio.create_task(
        keep_in_sync(road.database, road.settings, clock=clock.now, stop=ended.is_set, say=lambda _: None)
    )
    await met(road, CAST)
    async with asyncio.timeout(10):
        while await names(road) != [CAST]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    ended.set()
    await watching


async def test_a_name_is_one_groups_alone_and_hostile_text_is_only_text(road: Road) -> None:
    await road.database.write(
        lambda tx: store.add_group(tx, ref="g-1", name="sunrise", driver="human", origin="import", now=NOW)
    )
    await met(road, f"  {CAST}\x00 ")
    await met(road, "[/oops]\x1b[2J", group="R1JPVVAtRkFLRS0wMDI")

    await road.sync()

    assert set(await names(road)) == {"sunrise", f"{CAST} (2)", "[/oops]\x1b[2J"}


async def test_a_name_an_operator_gave_stays(road: Road) -> None:
    await met(road, CAST)
    await road.database.write(lambda tx: store.rename(tx, store.group_named(tx, GROUP).id, "Our own name"))

    await road.sync()

    assert await names(road) == ["Our own name"]


async def test_what_whatsapp_does_not_tell_is_asked_again_ever_later(road: Road) -> None:
    await road.met(ANA, group=GROUP)
    del road.sandbox.world.groups[GROUP]
    at = clock.now()
    asked: list[int] = []
    for later in (0, 30, 61, 120, 400):
        await name_groups(road.database, road.settings, clock=lambda later=later: at + later * clock.SECOND)  # type: ignore[misc]
        asked.append(await road.database.read(lambda tx: tx.value("SELECT times FROM group_subject")))

    assert asked == [1, 1, 1, 1, 2]
    assert store_subjects.back_off(1) == 4 * MINUTE
    assert store_subjects.back_off(100) == 1024 * MINUTE < DAY


async def test_offline_is_no_answer(road: Road) -> None:
    await met(road, CAST)
    online = road.settings
    road.settings = replace(online, cloud=replace(online.cloud, base_url="https://graph.facebook.invalid"))
    assert await name_groups(road.database, road.settings, clock=clock.now) == 0

    assert await names(road) == [GROUP]
    later = clock.now() + 2 * MINUTE
    assert await name_groups(road.database, online, clock=lambda: later) == 1


async def test_a_group_known_by_hand_is_never_asked_about(database: Database) -> None:
    def work(tx: Transaction) -> list[store_subjects.Unnamed]:
        store.add_group(tx, ref="g-1", name="By hand", driver="human", origin="import", now=NOW)
        store_live.ensure_group(tx, GROUP, now=NOW)
        return store_subjects.unnamed(tx, now=NOW)

    assert [one.whatsapp_id for one in await database.write(work)] == [GROUP]
