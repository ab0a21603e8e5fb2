"""Blue ticks over real HTTP: before the reply, once, and never in its way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import pytest

from tests.conftest import NOW
from tests.outbox.road import Wire, add_number, add_thread, queue
from tests.sync.test_drain_road import ANA, BO, GROUP, REPLIES, Road, _open
from waconsole import clock
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.outbox import store_ticks
from waconsole.outbox.service_ticks import TIMES_MAX
from waconsole.outbox.store_rows import outgoing_named
from waconsole.settings import SyncSettings
from waconsole.sync import drain as draining
from waconsole.sync import ticking
from waconsole.sync.drain import drain
from waconsole.sync.marking import Marked, mark_read
from waconsole.sync.synced import Synced
from waconsole.sync.watching import keep_in_sync
from waconsole.whatsapp.content import shown
from waconsole.whatsapp.driver import Action, Message, Verdict

COST_SECONDS_MAX: Final = 0.010  # what a tick may add to a reply


@pytest.fixture
def road(ledger_path: Path) -> AbstractAsyncContextManager[Road]:
    """A road with nobody on it."""
    return _open(ledger_path)


async def ticks(database: Database) -> list[dict[str, Any]]:
    """Every tick of the ledger, oldest first."""
    rows = await database.read(lambda tx: tx.rows("SELECT * FROM blue_tick ORDER BY id"))
    return [dict(row) for row in rows]


async def test_a_reply_brings_the_blue_tick_with_typing_before_it_and_once(road: Road) -> None:
    await road.met(ANA)
    await road.met(ANA)
    newest = road.sandbox.receiver.values("messages")[-1]["id"]
    await road.send(ANA, "one")
    await road.send(ANA, "two")

    assert await road.sync() == Synced(sent=2)

    world = road.sandbox.world
    assert [(one.message, one.typing) for one in world.marked] == [(newest, True)]
    assert world.marked[0].at < world.accepted[0].at
    (tick,) = await ticks(road.database)
    assert (tick["wamid"], tick["outcome"], tick["times"]) == (newest, "accepted", 1)
    assert tick["given_at"] is not None
    first = (await road.rows())[0]["outgoing"]
    shown = await road.database.read(lambda tx: store_ticks.tick_with(tx, outgoing_named(tx, first)))
    assert shown is not None and (shown["message"], shown["outcome"]) == (newest, "accepted")


async def test_what_is_written_later_gets_a_tick_of_its_own(road: Road) -> None:
    await road.met(ANA)
    await road.send(ANA, "one")
    await road.sync()
    await road.met(ANA)
    await road.send(ANA, "two")
    await road.sync()

    assert [one.message for one in road.sandbox.world.marked] == [
        one["id"] for one in road.sandbox.receiver.values("messages")
    ]


async def test_nothing_is_ticked_in_a_group_or_when_it_never_is(road: Road) -> None:
    await road.met(BO, group=GROUP)
    await road.send(GROUP, "Guten Morgen")
    assert await road.sync() == Synced(sent=1)

    road.settings = replace(road.settings, sync=SyncSettings(blue_tick="never"))
    await road.met(ANA)
    await road.send(ANA, "one")
    assert await road.sync() == Synced(sent=1)

    assert road.sandbox.world.marked == []
    assert await ticks(road.database) == []


async def test_a_tick_leaves_what_is_unread_here_unread(road: Road) -> None:
    await road.met(ANA)
    await road.send(ANA, "one")

    await road.sync()

    assert road.sandbox.world.marked
    assert await road.database.read(lambda tx: tx.value("SELECT unread FROM conversation")) == 1


async def test_a_message_that_whatsapp_does_not_know_does_not_hurt_the_reply(road: Road) -> None:
    await road.met(ANA)
    road.sandbox.world.messages.clear()
    await road.send(ANA, "one")
    await road.send(ANA, "two")

    assert await road.sync() == Synced(sent=2)

    (tick,) = await ticks(road.database)
    assert (tick["outcome"], tick["code"], tick["times"]) == ("refused", 100, 1)
    assert [row["attempts"] for row in await road.rows()] == [1, 1]


# -- by hand


async def test_a_tick_is_given_by_hand_and_the_reply_asks_for_none_again(road: Road) -> None:
    await road.met(ANA)
    marked = await mark(road, ANA)
    again = await mark(road, marked.conversation)
    await road.send(ANA, "one")
    await road.sync()
    typing = await mark(road, ANA, typing=True)

    wamid = road.sandbox.receiver.values("messages")[0]["id"]
    assert (marked.message, marked.outcome, marked.given_at is not None) == (wamid, "accepted", True)
    assert again == marked
    assert [(one.message, one.typing) for one in road.sandbox.world.marked] == [(wamid, False), (wamid, True)]
    assert (typing.outcome, typing.given_at) == ("accepted", marked.given_at)
    assert await road.database.read(lambda tx: tx.value("SELECT unread FROM conversation")) == 1


async def test_what_whatsapp_says_to_a_tick_by_hand_is_said(road: Road) -> None:
    await road.met(ANA)
    road.sandbox.world.messages.clear()

    marked = await mark(road, ANA)

    assert (marked.outcome, marked.given_at) == ("refused", None)
    assert "message_id" in marked.reason
    road.settings = replace(
        road.settings, cloud=replace(road.settings.cloud, base_url="https://graph.facebook.invalid")
    )
    assert (await mark(road, ANA)).outcome == "unsent"


async def test_where_there_is_no_tick_to_give_it_says_so(road: Road) -> None:
    await road.met(BO, group=GROUP)

    for who, says in ((GROUP, "groups"), (BO, "have not written"), ("nobody", "No member is known")):
        with pytest.raises(Refused, match=says):
            await mark(road, who)

    await road.met(ANA)
    road.settings = replace(road.settings, cloud=replace(road.settings.cloud, phone_number_id="77"))
    conversation = await road.database.read(
        lambda tx: tx.value("SELECT ref FROM conversation WHERE member_id IS NOT NULL")
    )
    with pytest.raises(Refused, match="another number"):
        await mark(road, conversation)
    assert road.sandbox.world.marked == []


async def mark(road: Road, who: str, *, typing: bool = False) -> Marked:
    """As `mark-read` does."""
    return await mark_read(road.database, road.settings, who, typing=typing, operator=None, now=clock.now())


# -- with a driver that misbehaves


class Marking(Wire):
    """A wire that also marks as read, as `marks` says."""

    marks: Callable[[str], Any] = staticmethod(lambda wamid: Verdict("accepted"))
    order: list[str]

    async def mark_read(
        self, wamid: str, *, typing: bool = False, left: Callable[[], None] = lambda: None
    ) -> Verdict:
        self.order.append(wamid)
        verdict = self.marks(wamid)
        return verdict if isinstance(verdict, Verdict) else await verdict(left)

    async def send(self, message: Message) -> Verdict:
        self.order.append(shown(message.content))
        return await super().send(message)


def wire(marks: Callable[[str], Any]) -> Marking:
    """A wire whose ticks end as told."""
    made = Marking()
    made.marks, made.order = marks, []
    return made


async def thread(database: Database, *texts: str) -> int:
    """A member who wrote, and our replies; answers our number."""

    def work(tx: Transaction) -> int:
        number_id = add_number(tx)
        conversation_id = add_thread(tx, number_id, 1)
        tx.execute(
            """
            INSERT INTO message (conversation_id, direction, kind, text, wamid, sent_at, origin)
            VALUES (:id, 'in', 'text', 'Hi', 'wamid.HI', :now, 'live')
            """,
            {"id": conversation_id, "now": NOW},
        )
        for text in texts:
            queue(tx, number_id, conversation_id, text)
        return number_id

    return await database.write(work)


async def run(database: Database, number_id: int, driver: Wire) -> draining.Drained:
    """One run with ticks."""
    return await drain(
        database, number_id, driver, clock=lambda: NOW, owner="test:1", once=True, blue_ticks=True
    )


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict("unsent", action=Action.RETRY, detail="ConnectError"),
        Verdict("unknown", action=Action.UNKNOWN, detail="ReadTimeout"),
        Verdict("refused", action=Action.STOP, code=190),
    ],
    ids=["unsent", "unknown", "refused"],
)
async def test_a_tick_that_fails_is_asked_for_again_with_the_next_replies_and_no_more(
    database: Database, verdict: Verdict
) -> None:
    number_id = await thread(database, *(f"text {place}" for place in range(TIMES_MAX + 2)))
    driver = wire(lambda _: verdict)

    assert await run(database, number_id, driver) == draining.Drained(sent=TIMES_MAX + 2)

    assert driver.order[:4] == ["wamid.HI", "text 0", "wamid.HI", "text 1"]
    # What never left was not asked: offline uses up nothing.
    assert driver.order.count("wamid.HI") == TIMES_MAX + (2 if verdict.outcome == "unsent" else 0)
    assert (await ticks(database))[0]["outcome"] == verdict.outcome


async def test_a_tick_that_raises_is_unknown(database: Database) -> None:
    number_id = await thread(database, "one")

    def breaks(_: str) -> Verdict:
        raise RuntimeError("a driver never raises")

    assert await run(database, number_id, wire(breaks)) == draining.Drained(sent=1)
    assert (await ticks(database))[0]["outcome"] == "unknown"


async def test_a_reply_waits_for_no_answer_of_its_tick(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticking, "END_SECONDS_MAX", 0.05)
    number_id = await thread(database, "one")

    async def hangs(left: Callable[[], None]) -> Verdict:
        left()
        await asyncio.sleep(60)
        raise AssertionError

    driver = wire(lambda _: hangs)
    began = time.perf_counter()

    assert await run(database, number_id, driver) == draining.Drained(sent=1)

    assert time.perf_counter() - began < ticking.LEAD_SECONDS_MAX
    assert driver.order == ["wamid.HI", "one"]
    assert (await ticks(database))[0]["outcome"] == "unknown"


async def test_a_tick_that_cannot_leave_is_dropped_and_the_reply_goes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticking, "LEAD_SECONDS_MAX", 0.05)
    number_id = await thread(database, "one")
    ended: list[str] = []

    async def connects_for_ever(left: Callable[[], None]) -> Verdict:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("given up")
        raise AssertionError

    assert await run(database, number_id, wire(lambda _: connects_for_ever)) == draining.Drained(sent=1)

    assert ended == ["given up"]
    assert (await ticks(database))[0]["outcome"] == "unknown"


@pytest.mark.bench
async def test_a_tick_costs_a_reply_little(road: Road, capsys: pytest.CaptureFixture[str]) -> None:
    members = [f"+1555000{place:04}" for place in range(2000, 2000 + REPLIES)]
    await road.met(*members)
    world = road.sandbox.world
    found: dict[str, tuple[float, float]] = {}
    for choice in ("never", "reply"):
        settings = replace(road.settings, sync=SyncSettings(blue_tick=choice))
        ended = asyncio.Event()
        watching = asyncio.create_task(
            keep_in_sync(road.database, settings, clock=clock.now, stop=ended.is_set, say=lambda _: None)
        )
        await asyncio.sleep(0.5)
        times = []
        for place, member in enumerate(members):
            before = len(world.accepted)
            began = time.perf_counter()
            await road.send(member, f"reply {place}")
            while len(world.accepted) == before:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            times.append(time.perf_counter() - began)
        ended.set()
        await watching
        cuts = quantiles(times, n=100)
        found[choice] = cuts[49], cuts[94]
    with capsys.disabled():
        for choice, (p50, p95) in found.items():
            print(
                f"\nreply to accepted, ticks {choice}: p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms",
                end="",
            )
    assert len(world.marked) == REPLIES
    assert found["reply"][0] - found["never"][0] <= COST_SECONDS_MAX
