"""Several who send: two processes without the lock, several numbers, a pause in the middle of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import NOW
from tests.outbox.road import Wire, accepted, add_number, add_thread, queue, queue_many, states, until
from tests.policies import change
from waconsole import catalogue
from waconsole.clock import HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.operators import service as operators
from waconsole.outbox import service_pacing, service_take, store_numbers
from waconsole.sync import drain as draining
from waconsole.sync.drain import Drained, drain
from waconsole.sync.owners import owner
from waconsole.whatsapp.driver import Action, Message, Verdict


def _clock() -> Callable[[], int]:
    began = time.monotonic_ns()
    return lambda: NOW + (time.monotonic_ns() - began) // 1000


async def _drain(
    database: Database,
    number_id: int,
    wire: Wire,
    *,
    once: bool = True,
    stop: Callable[[], bool] = lambda: False,
) -> Drained:
    return await drain(
        database, number_id, wire, clock=_clock(), owner=owner(), once=once, stop=stop, chance=lambda: 0.0
    )


async def test_two_who_send_without_the_lock_double_nothing(database: Database, ledger_path: Path) -> None:
    number_id = await queue_many(database, 80, each=2)
    barrier, both_send, senders = asyncio.Event(), asyncio.Event(), set[int]()

    def wire(first: int) -> Wire:
        async def slowly(message: Message, number: int) -> Verdict:
            barrier.set()
            senders.add(first)
            if len(senders) == 2:
                both_send.set()
            async with asyncio.timeout(10):  # the first must not be through before the second has begun
                await both_send.wait()
            await asyncio.sleep(0.002)
            return accepted(first + number)

        return Wire(slowly)

    wires = [wire(0), wire(1000)]
    async with catalogue.open_ledger(ledger_path, now=NOW) as other:
        one = asyncio.create_task(_drain(database, number_id, wires[0]))
        await barrier.wait()
        (lock,) = ledger_path.parent.glob("*.drain-*")
        lock.unlink()
        both = await asyncio.gather(one, _drain(other, number_id, wires[1]))

    sent = [message.opaque for each in wires for message in each.sent]
    assert sum(it.sent for it in both) == len(sent) == len(set(sent)) == 160
    assert sum(it.unknown for it in both) == 0
    assert min(len(each.sent) for each in wires) > 0
    assert await states(database) == ["accepted"] * 160
    attempts = await database.read(lambda tx: tx.value("SELECT count(*) FROM attempt"))
    assert attempts == 160


async def test_what_is_taken_and_paused_before_the_wire_stays(database: Database) -> None:
    number_id = await queue_many(database, 5)
    wire = Wire()
    paused: list[str] = []

    def pause(tx: Transaction) -> None:
        service_pacing.pause(tx, operators.acting(tx, None, now=NOW), now=NOW)

    async def pausing(message: Message, number: int) -> Verdict:
        if not paused:
            paused.append("now")
            await database.write(pause)
        return accepted(number)

    def slow_slots(tx: Transaction) -> None:
        store_numbers.set_per_second(tx, number_id, 1, at=NOW)  # one a second: the first pauses the others

    await database.write(slow_slots)
    wire.answer = pausing

    drained = await _drain(database, number_id, wire)

    assert (drained.sent, drained.reason, len(wire.sent)) == (1, "paused", 1)
    assert await states(database) == ["accepted"] + ["queued"] * 4
    await database.write(lambda tx: store_numbers.set_per_second(tx, number_id, 1_000, at=NOW))
    await database.write(
        lambda tx: service_pacing.resume(tx, operators.acting(tx, None, now=NOW), now=NOW) and None
    )
    assert (await _drain(database, number_id, wire)).sent == 4


async def test_a_paused_number_sends_nothing_and_says_so(database: Database) -> None:
    number_id = await queue_many(database, 3)
    await database.write(
        lambda tx: service_pacing.pause(tx, operators.acting(tx, None, now=NOW), number_id=number_id, now=NOW)
    )
    wire = Wire()

    assert await _drain(database, number_id, wire) == Drained(reason="paused")
    assert wire.sent == []


async def test_what_pauses_by_itself_is_said(database: Database) -> None:
    number_id = await queue_many(database, 2 * draining.IN_FLIGHT_MAX)
    await database.write(lambda tx: tx.execute("UPDATE outgoing SET campaign = 'spring'").rowcount)
    no = Verdict("refused", action=Action.PARK, code=132001, detail="Template does not exist")
    wire = Wire(lambda message, number: no)

    drained = await _drain(database, number_id, wire)

    assert len(wire.sent) <= draining.IN_FLIGHT_MAX
    assert "spring" in drained.said[0]
    assert set(await states(database)) == {"held", "queued"}


async def test_a_linked_phone_gets_its_ids_before_the_wire_and_is_asked_what_was_lost(
    database: Database,
) -> None:
    def work(tx: Transaction) -> int:
        number_id = store_numbers.add_gateway(tx, session="default", name="Phone", phone=None, now=NOW)
        for place in range(2):
            queue(tx, number_id, add_thread(tx, number_id, place), "hello")
        change(tx, "sending.gateway", now=NOW, rest_seconds_min=0, rest_seconds_max=0)
        return number_id

    class Phone(Wire):
        """It knows the ids beforehand, and has what it was handed."""

        async def message_ids(self, count: int) -> list[str]:
            """So many."""
            return [f"chosen-{len(self.sent)}-{place}" for place in range(count)]

        async def find(self, message: Message) -> Verdict:
            """Whatever was handed over is there."""
            assert message.chosen_id in {one.chosen_id for one in self.sent}
            return Verdict("accepted", wamid=message.chosen_id)

    number_id = await database.write(work)
    wire = Phone(lambda message, number: Verdict("unknown", action=Action.UNKNOWN))

    assert (await _drain(database, number_id, wire)).unknown == 2
    chosen = [message.chosen_id for message in wire.sent]
    assert len(set(chosen)) == 2 and None not in chosen
    written = await database.read(
        lambda tx: [row["chosen_id"] for row in tx.rows("SELECT chosen_id FROM attempt ORDER BY id")]
    )
    assert written == chosen
    await _drain(database, number_id, wire)
    assert (await states(database), len(wire.sent)) == (["accepted", "accepted"], 2)


async def test_a_run_keeps_its_leases_while_an_answer_takes_long(database: Database) -> None:
    number_id = await queue_many(database, 1)
    await database.write(lambda tx: change(tx, "sending.lease", now=NOW, seconds=1, renew_seconds=0))
    ended = asyncio.Event()

    async def long(message: Message, number: int) -> Verdict:
        await ended.wait()
        return accepted(number)

    running = asyncio.create_task(_drain(database, number_id, Wire(long)))

    async def is_renewed() -> bool:
        until_ = await database.read(lambda tx: tx.value("SELECT lease_until - started_at FROM attempt"))
        return until_ is not None and until_ > 1_100_000

    await until(is_renewed)
    ended.set()
    assert (await running).sent == 1


async def test_a_lease_of_another_machine_is_waited_for_and_then_taken_back(database: Database) -> None:
    number_id = await queue_many(database, 1)
    far = owner().replace(owner().split(":", 1)[0], "another-machine", 1)
    await database.write(
        lambda tx: len(service_take.take(tx, number_id, owner=f"{far}/1", now=NOW, limit=1).taken)
    )
    assert await _drain(database, number_id, Wire()) == Drained()
    assert await states(database) == ["sending"]

    later = await drain(
        database, number_id, Wire(), clock=lambda: NOW + HOUR, owner=owner(), once=True, chance=lambda: 0.0
    )
    assert (later, await states(database)) == (Drained(unknown=1), ["unknown"])


async def test_every_number_sends_side_by_side(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        ids = [add_number(tx)]
        ids.append(
            store_numbers.ensure_number(tx, phone_number_id="77", waba_id="", name="Two", phone=None, now=NOW)
        )
        store_numbers.set_per_second(tx, ids[1], 1_000_000, at=NOW)
        for place in range(12):
            queue(tx, ids[place % 2], add_thread(tx, ids[place % 2], place), "hello")
        return ids

    ids = await database.write(work)
    wires = [Wire(), Wire(lambda message, number: accepted(500 + number))]
    done = await asyncio.gather(*(_drain(database, one, wire) for one, wire in zip(ids, wires, strict=True)))
    assert [one.sent for one in done] == [6, 6]
    assert await states(database) == ["accepted"] * 12
