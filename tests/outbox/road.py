"""A ledger with a number, members whose window is open, and a driver that misbehaves as it is told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.conftest import NOW
from waconsole.clock import HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.inbox import store_conversations as conversations
from waconsole.members import store as members
from waconsole.outbox import service, store, store_numbers
from waconsole.outbox.store_rows import outgoing_ids
from waconsole.whatsapp.content import Text
from waconsole.whatsapp.driver import Action, Message, Verdict
from waconsole.whatsapp.events import StatusChanged

PHONE_NUMBER_ID: Final = "100000000000001"
WINDOW: Final = NOW + 20 * HOUR


def phone(place: int) -> str:
    """A member's phone number."""
    return f"+3363998{place:04}"


def add_thread(tx: Transaction, number_id: int, place: int, *, window_until: int | None = WINDOW) -> int:
    """A member with a phone number and the conversation with them; answers the conversation."""
    ref = f"m-{place:04}"
    member_id = members.add_member(tx, ref=ref, name=f"Member {place}", origin="live", now=NOW)
    members.add_alias(
        tx, member_id=member_id, kind="phone", value=phone(place), group_id=0, origin="live", seen_from=NOW
    )
    conversation_id = conversations.add_member_conversation(
        tx, number_id=number_id, member_id=member_id, member_ref=ref
    )
    tx.execute(
        "UPDATE conversation SET window_until = :until WHERE id = :id",
        {"until": window_until, "id": conversation_id},
    )
    return conversation_id


def add_number(tx: Transaction, *, per_second_max: int = 1_000_000) -> int:
    """Our number, fast enough for a clock that stands still."""
    number_id = store.ensure_number(
        tx, phone_number_id=PHONE_NUMBER_ID, waba_id="200000000000002", name="Shop", phone=None, now=NOW
    )
    store_numbers.set_per_second(tx, number_id, per_second_max, at=NOW)
    return number_id


def queue(tx: Transaction, number_id: int, conversation_id: int, text: str, *, purpose: str = "reply") -> int:
    """A text to send."""
    return service.enqueue(
        tx, number_id=number_id, conversation_id=conversation_id, message_id=None, driver="cloud", content=Text(text),
        purpose=purpose, answers_id=None, operator_id=None, now=NOW,
    )  # fmt: skip


async def queue_many(database: Database, count: int, *, each: int = 1) -> int:
    """`each` texts to each of `count` members; answers our number."""

    def work(tx: Transaction) -> int:
        number_id = add_number(tx)
        threads = [add_thread(tx, number_id, place) for place in range(count)]
        for turn in range(each):
            for thread in threads:
                queue(tx, number_id, thread, f"text {turn}")
        return number_id

    return await database.write(work)


async def rows(database: Database) -> list[dict[str, Any]]:
    """Every outgoing row, oldest first."""
    return await database.read(lambda tx: store.outgoing_rows(tx, outgoing_ids(tx)[::-1]))


async def states(database: Database) -> list[str]:
    """The state of every outgoing row, oldest first."""
    return [row["state"] for row in await rows(database)]


async def say(database: Database, event: StatusChanged) -> bool:
    """Take in a status."""
    return await database.write(lambda tx: service.status(tx, event, now=NOW))


def heard(
    wamid: str,
    word: str,
    *,
    opaque: str | None = None,
    at: int = NOW,
    code: int | None = None,
    participant: str | None = None,
) -> StatusChanged:
    """A status of WhatsApp's."""
    return StatusChanged(wamid, word, at, "33639980000", participant, opaque, code, "", None)


def accepted(number: int) -> Verdict:
    """WhatsApp took it."""
    return Verdict("accepted", wamid=f"wamid.FAKE{number:04}")


Answer = Callable[[Message, int], Verdict | Awaitable[Verdict]]


@dataclass
class Wire:
    """A driver that keeps what it was handed, in order, and answers as `answer` says (accepting by itself)."""

    answer: Answer = lambda message, number: accepted(number)
    sent: list[Message] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def send(self, message: Message) -> Verdict:
        """Hand one message over."""
        self.sent.append(message)
        number = len(self.sent)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            verdict = self.answer(message, number)
            return verdict if isinstance(verdict, Verdict) else await verdict
        finally:
            self.at_once -= 1

    async def message_ids(self, count: int) -> list[str]:
        """WhatsApp chooses the ids."""
        return []

    async def find(self, message: Message) -> Verdict:
        """Nobody can say."""
        return Verdict("unknown", action=Action.UNKNOWN)

    async def mark_read(
        self, wamid: str, *, typing: bool = False, left: Callable[[], None] = lambda: None
    ) -> Verdict:
        """Nothing is marked here."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing is open."""


def beside(path: Path) -> sqlite3.Connection:
    """A connection that is nobody's: what it sees has been committed."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    return connection


async def until(asks: Callable[[], Awaitable[bool]], *, seconds: float = 10.0) -> None:
    """Ask again and again, until the answer is yes. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        for _ in range(round(seconds * 1000)):
            if await asks():
                return
            await asyncio.sleep(0.005)
    raise TimeoutError
