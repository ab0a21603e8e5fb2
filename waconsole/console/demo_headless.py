"""The demo without a screen: cashback is paid, members write, an operator answers, and the ledger is counted.

The same road as on the screen: sandbox, receiver, sync, and the services behind the keys.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from waconsole import catalogue, clock
from waconsole.cli.own import Called
from waconsole.cli.proving import proved
from waconsole.command import Answer
from waconsole.console.demo import PREFIX, handed_in, keys_in, sample_in
from waconsole.console.demo_money import pay
from waconsole.console.demo_road import Road, road
from waconsole.console.demo_sample import begin_money, passphrases
from waconsole.console.zone import shown_zone
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, Transient, UsageError, WaconsoleError
from waconsole.inbox import service_reply, service_saved_replies
from waconsole.operators import service as operators
from waconsole.operators.desk import Desk
from waconsole.outbox.store_standing import standing
from waconsole.settings import Settings

SECONDS: Final = 20
SECONDS_MAX: Final = 3_600
SEED: Final = 1
CHATTER: Final = 60  # talks a minute: a short run sees a few
LOOK_SECONDS: Final = 0.1
READY_SECONDS_MAX: Final = 8.0  # of the ten that a run may take longer than it was asked to
AFTER_SECONDS: Final = 3.0  # what a run answers at least once its road is open
SETTLE_SECONDS_MAX: Final = 5.0
THREADS_MAX: Final = 1_000
REPLY_NAME: Final = "on it"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a demo did, counted from its ledger: messages of members, and what became of ours."""

    received: int
    sent: int
    delivered: int
    read: int
    unknown: int
    failed: int

    @property
    def words(self) -> str:
        """The counts in a line."""
        return ", ".join(f"{count:,} {name}" for name, count in asdict(self).items())


async def answer(called: Called) -> Answer:
    """`demo --headless`, as it is typed."""
    seconds = SECONDS if called.values["seconds"] is None else called.values["seconds"]
    seed = SEED if called.values["seed"] is None else called.values["seed"]
    if not 1 <= seconds <= SECONDS_MAX:
        raise UsageError(f"--seconds takes a number from 1 to {SECONDS_MAX:,}.")
    if called.options["read_only"]:
        raise UsageError("A demo without a screen answers members: leave out --read-only.")
    counts = await run(
        called.settings(), now=called.chosen_now(), operator=called.options["as"], seconds=seconds,
        seed=seed, say=called.talk.say, cancelled=called.stop.asked,
    )  # fmt: skip
    return Answer(asdict(counts), (f"{counts.words}.",))


async def run(
    settings: Settings,
    *,
    now: int | None,
    operator: str | None,
    seconds: int,
    seed: int,
    say: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> Counts:
    """Let members write and be answered for `seconds`; answers what the ledger says of it.

    Raises Refused when the sandbox or the receiver does not start, Transient when nothing came of
    it or `cancelled` says so.
    """
    until = asyncio.get_running_loop().time() + seconds
    who = operator or next(iter(passphrases()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name, keys_in(Path(name)), handed_in(who) as proof:
        folder = Path(name)
        ledger = await asyncio.to_thread(sample_in, folder, now=now)
        await begin_money(ledger, now=clock.now() if now is None else now)
        ours = road(settings, folder, now=now, chatter=CHATTER, seed=seed)
        async with catalogue.open_ledger(ledger, now=clock.now() if now is None else now) as database:
            desk = _desk(database, ours.settings, now=now, operator=who)
            await proved(database, who, proof, now=desk.clock())
            syncing = ours.syncing(desk)
            troubles: list[str] = []
            bugs: list[Exception] = []

            def told(sentence: str, kind: str) -> None:
                say(sentence)
                if kind == "refused":
                    troubles.append(sentence)

            syncing.begin(lambda: None, told, bugs.append)
            try:
                paid = await pay(database, who, now=desk.clock())
                say(paid.words)
                await _work(desk, ours, troubles, until, cancelled)
            finally:
                await syncing.end()
            if bugs:
                raise bugs[0]
            return await database.read(counted)


def _desk(database: Database, settings: Settings, *, now: int | None, operator: str | None) -> Desk:
    started = clock.now()
    running = clock.now if now is None else (lambda: clock.now() - started + now)
    return Desk(
        database=database,
        settings=settings,
        operator=operator,
        clock=running,
        zone=shown_zone(settings.shop.timezone),
        read_only=False,
        vocabulary=catalogue.vocabulary,
        test_clock=now is not None,
    )


async def _work(
    desk: Desk, ours: Road, troubles: list[str], until: float, cancelled: Callable[[], bool]
) -> None:
    """Answer everybody once until the time is over; then let all that is on its way arrive."""
    loop = asyncio.get_running_loop()
    ready = loop.time() + READY_SECONDS_MAX
    while (await desk.database.read(counted)).received == 0:
        if troubles:
            raise Refused(troubles[0])
        _go_on(cancelled)
        if loop.time() > max(ready, until):
            raise Transient("Nothing came from the sandbox: the machine may be too busy for a demo.")
        await asyncio.sleep(LOOK_SECONDS)
    until = max(until, loop.time() + AFTER_SECONDS)
    tried: set[int] = set()
    while loop.time() < until:
        await _answer(desk, tried)
        _go_on(cancelled)
        await asyncio.sleep(LOOK_SECONDS)
    await asyncio.to_thread(ours.control, "chatter", {"per_minute": 0})
    await asyncio.to_thread(ours.control, "faults", {"silent": True})
    settled = loop.time() + SETTLE_SECONDS_MAX
    while loop.time() < settled and not await desk.database.read(_is_settled):  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)


def _go_on(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Transient("Stopped.")


async def _answer(desk: Desk, tried: set[int]) -> None:
    """Answer each direct conversation whose window is open and that nobody has answered, with a saved text."""
    now = desk.clock()

    def texts(tx: Transaction) -> list[tuple[int, str]]:
        operator = operators.acting_name(tx, desk.operator)
        return [(one, _text(tx, one, operator)) for one in _unanswered(tx, now=now) if one not in tried]

    def _text(tx: Transaction, conversation_id: int, operator: str) -> str:
        offered = service_saved_replies.offered(tx, conversation_id)
        text = next((one.text for one in offered if one.name == REPLY_NAME), "")
        filled = service_saved_replies.fill(
            tx, text, conversation_id, operator=operator, now=now, zone=desk.zone
        )
        return filled.text

    for conversation_id, text in await desk.database.read(texts):
        tried.add(conversation_id)
        # Somebody may have asked to be left alone since: then there is nothing to answer.
        with contextlib.suppress(WaconsoleError):
            await service_reply.reply(
                desk.database, conversation_id, text, operator=desk.operator, now=desk.clock()
            )


def _unanswered(tx: Transaction, *, now: int) -> list[int]:
    rows = tx.rows(
        """
        SELECT c.id FROM visible_conversation AS c
          JOIN number AS n ON n.id = c.number_id
         WHERE n.driver = 'cloud' AND c.member_id IS NOT NULL AND c.window_until > :now
           AND NOT EXISTS (SELECT 1 FROM outgoing AS o WHERE o.conversation_id = c.id)
         ORDER BY c.window_until
         LIMIT :limit
        """,
        {"now": now, "limit": THREADS_MAX},
    )
    return [row["id"] for row in rows]


def counted(tx: Transaction) -> Counts:
    """What came by the wire and what became of what we sent."""
    sent: dict[str, int] = {"accepted": 0, "unknown": 0, "failed": 0}
    delivery: dict[str, int] = {}
    failed = 0
    for row in tx.rows(
        """
        SELECT s.state, s.delivery, s.delivery_error IS NOT NULL AS failed, count(*) AS times
          FROM outgoing_state AS s
          JOIN outgoing AS o ON o.id = s.id
         WHERE o.driver = 'cloud'
         GROUP BY s.state, s.delivery, s.delivery_error IS NOT NULL
         LIMIT 1000
        """
    ):
        sent[row["state"]] = sent.get(row["state"], 0) + row["times"]
        if row["state"] == "accepted":
            delivery[row["delivery"]] = delivery.get(row["delivery"], 0) + row["times"]
            failed += row["times"] if row["failed"] else 0
    read = delivery.get("read", 0) + delivery.get("played", 0)
    return Counts(
        received=int(tx.value("SELECT count(*) FROM visible_message WHERE direction = 'in' AND wamid IS NOT NULL")),
        sent=sent["accepted"],
        delivered=delivery.get("delivered", 0) + read,
        read=read,
        unknown=sent["unknown"],
        failed=sent["failed"] + failed,
    )  # fmt: skip


def _is_settled(tx: Transaction) -> bool:
    """Whether nothing waits, everything sent has been read, and every webhook has been taken apart."""
    from waconsole.sync.receive_rows import waiting_count

    stands, counts = standing(tx), counted(tx)
    waits = stands is not None and stands.waiting > 0
    return not waits and counts.read == counts.sent and waiting_count(tx) == 0
