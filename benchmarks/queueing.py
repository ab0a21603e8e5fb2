"""Goal: a message to 120,000 members, beside one bare INSERT ... SELECT of the same rows, and beside another writer."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from benchmarks.place import Place
from benchmarks.report import Report
from waconsole import catalogue, clock
from waconsole.database.connection import Database, Transaction
from waconsole.inbox.store_conversations import add_member_conversations
from waconsole.outbox import store, store_facts
from waconsole.outbox.service import columns_of
from waconsole.outbox.service_bulk import Query, Wanted, enqueue_all
from waconsole.outbox.service_eligible import objections
from waconsole.outbox.service_waking import wake
from waconsole.segments import store_sending
from waconsole.segments.service_letters import Letters
from waconsole.segments.variables import marked
from waconsole.whatsapp.content import Template

MEMBERS: Final = 120_000
RATIO_MAX: Final = 3.0
WAIT_MS_MAX: Final = 100.0
OTHER_SECONDS: Final = 0.005  # between two writes of the other writer
SAID: Final = Template("autumn_sale", "en", (("name", "everybody"),), category="MARKETING")
EVERYBODY: Final = Query("SELECT id FROM visible_member")


def run(report: Report, place: Place) -> None:
    """Three times in ledgers of their own: bare, the product's, and the product's beside a console that writes."""
    del place
    report.begin(f"Queueing one message for {MEMBERS:,} members")
    with tempfile.TemporaryDirectory(prefix="waconsole-queueing-") as folder:
        asyncio.run(_run(report, Path(folder)))


async def _run(report: Report, folder: Path) -> None:
    made = folder / "made.db"
    async with catalogue.open_ledger(made, now=clock.now()) as database:
        number_id = await database.write(lambda tx: people(tx, MEMBERS))
    bare = await _in_copy(made, "bare.db", lambda database: _bare(database, number_id))
    ours = await _in_copy(made, "ours.db", lambda database: _ours(database, number_id))
    report.say("baseline: one bare INSERT ... SELECT", f"{bare / MEMBERS * 1e6:.1f} us/row", f"{bare:.2f} s")
    report.say("in chunks, each committed", f"{ours / MEMBERS * 1e6:.1f} us/row", f"{ours:.2f} s")
    report.goal("enqueue against the bare insert", ours / bare, RATIO_MAX, "x")
    worded = await _in_copy(made, "worded.db", lambda database: _worded(database, number_id))
    report.say("the same with words for each", f"{worded / MEMBERS * 1e6:.1f} us/row", f"{worded:.2f} s")
    report.goal("personalised against the bare insert", worded / bare, RATIO_MAX, "x")
    beside, waits = await _beside(made, number_id)
    report.say("the same beside another writer", f"{beside:.2f} s", f"{len(waits):,} writes of it")
    report.say("  its wait, median", f"{statistics.median(waits):.1f} ms")
    report.say("  its wait, 99 of 100", f"{statistics.quantiles(waits, n=100)[98]:.1f} ms")
    report.goal("  its longest wait", max(waits), WAIT_MS_MAX, "ms")
    each = await _in_copy(folder / "ours.db", "checked.db", lambda database: _checked(database, number_id))
    report.say("asking whether one may leave, in bundles of 20", f"{each:.0f} us/message")


async def _in_copy(made: Path, name: str, work: Callable[[Database], Awaitable[float]]) -> float:
    path = made.with_name(name)
    shutil.copy(made, path)
    async with catalogue.open_ledger(path, now=clock.now()) as database:
        return await work(database)


def people(tx: Transaction, count: int) -> int:
    """Our number, and members with a number, consent and a thread each; answers our number."""
    number_id = store.ensure_number(
        tx, phone_number_id="100000000000001", waba_id="200000000000002", name="Shop", phone=None, now=1
    )
    tx.executemany(
        "INSERT INTO member (ref, name, origin, added_at) VALUES (?, ?, 'import', 1)",
        ((f"m-{place:06}", f"Member {place}") for place in range(count)),
    )
    tx.execute(
        """
        INSERT INTO alias (member_id, kind, value, folded, origin)
        SELECT id, 'phone', '+33' || (600000000 + id), '+33' || (600000000 + id), 'import' FROM member
        """
    )
    tx.execute(
        """
        INSERT INTO consent (member_id, purpose, state, source, decided_at, recorded_at, origin)
        SELECT id, 'marketing', 'yes', 'bench', 1, 1, 'import' FROM member
        """
    )
    ids = [row[0] for row in tx.execute("SELECT id FROM member ORDER BY id")]
    add_member_conversations(tx, number_id, ids)
    return number_id


async def _bare(database: Database, number_id: int) -> float:
    fields = {**columns_of(SAID), "number_id": number_id, "now": clock.now()}

    def work(tx: Transaction) -> None:
        tx.execute(
            """
            INSERT INTO outgoing (ref, number_id, conversation_id, driver, kind, body, text, template_name, template_language,
                                  template_category, purpose, state, written_at, origin)
            SELECT 'out-bare-' || m.id, :number_id, c.id, 'cloud', :kind, :body, :text, :template_name, :template_language,
                   :template_category, 'marketing', 'queued', :now, 'live'
              FROM visible_member AS m
              JOIN conversation AS c ON c.number_id = :number_id AND c.member_id = m.id
            """,
            fields,
        )

    begun = time.perf_counter()
    await database.write(work)
    return time.perf_counter() - begun


def _wanted(number_id: int) -> Wanted:
    return Wanted("bench", number_id, SAID, "marketing", campaign="bench")


async def _ours(database: Database, number_id: int) -> float:
    begun = time.perf_counter()
    batched = await enqueue_all(
        database, EVERYBODY, _wanted(number_id), open_threads=add_member_conversations, now=clock.now()
    )
    assert batched.added == MEMBERS
    return time.perf_counter() - begun


async def _worded(database: Database, number_id: int) -> float:
    """To each by their name: the values are read, the letters put together, all of it written and opened."""
    blanks = marked(["{first_name|there}"])
    template = Template(
        SAID.name, SAID.language, (("name", blanks.parameters[0]),), category=SAID.category,
        text=f"Hello {blanks.parameters[0]}, it is autumn.",
    )  # fmt: skip
    begun = time.perf_counter()
    ids = await database.stream(lambda tx: [int(row[0]) for row in tx.execute(EVERYBODY.sql)])
    values = await database.stream(
        lambda tx: store_sending.values(tx, ids, blanks.variables, now=clock.now())
    )
    letters = Letters(template, blanks.places, values, "bench")
    wanted = Wanted("bench", number_id, letters, "marketing", campaign="bench", segment="everybody")
    batched = await enqueue_all(database, ids, wanted, open_threads=add_member_conversations, now=clock.now())
    assert batched.added == MEMBERS
    return time.perf_counter() - begun


async def _beside(made: Path, number_id: int) -> tuple[float, list[float]]:
    """The same while another console (another connection, the same turn) writes small things."""
    path = made.with_name("beside.db")
    shutil.copy(made, path)
    waits: list[float] = []
    async with (
        catalogue.open_ledger(path, now=clock.now()) as ours,
        catalogue.open_ledger(path, now=clock.now()) as other,
    ):
        queueing = asyncio.create_task(_ours(ours, number_id))
        while not queueing.done():
            begun = time.perf_counter()
            await other.write(lambda tx: tx.execute("UPDATE number SET name = name WHERE id = 1").rowcount)
            waits.append((time.perf_counter() - begun) * 1e3)
            await asyncio.sleep(OTHER_SECONDS)
        return await queueing, waits


async def _checked(database: Database, number_id: int) -> float:
    """What the check of one message costs when it is taken, in microseconds."""
    now = clock.now()

    def work(tx: Transaction) -> float:
        wake(tx, number_id, now=now)
        ids = [
            row[0] for row in tx.rows("SELECT id FROM outgoing WHERE state <> 'draft' ORDER BY id LIMIT 500")
        ]
        begun = time.perf_counter()
        for start in range(0, len(ids), 20):
            objections(tx, ids[start : start + 20], now=now)
        return (time.perf_counter() - begun) / len(ids) * 1e6

    assert store_facts.AT_ONCE >= 20
    return await database.write(work)
