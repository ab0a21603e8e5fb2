"""What the review desk owes without anybody at it: items whose time is over, and the neutral words to whom it concerns."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import WaconsoleError
from waconsole.fraud import service_deciding, store_decisions
from waconsole.inbox import service_live, service_reply
from waconsole.inbox import store_conversations as conversations
from waconsole.outbox import service as outbox
from waconsole.outbox import store as outgoing
from waconsole.policy import store as policy
from waconsole.settings import Settings
from waconsole.sync.sending import our_number, thread_with
from waconsole.whatsapp.content import Text

AT_ONCE: Final = 50
ROUNDS_MAX: Final = 10_000
# What is said: nothing of the evidence, whatever the item.
WORDS: Final = {"freeze": "fraud.freeze_text", "ask": "fraud.ask_text"}


async def attend(database: Database, settings: Settings, *, now: int) -> list[str]:
    """Do to items what their time-out says, and queue what people are told; answers the items that timed out.

    Repeating it changes nothing: silence decides once, and everybody is told once of each freeze and asked once.
    """
    over = await time_out(database, now=now)
    if not await database.read(lambda tx: store_decisions.untold(tx, limit=1)):
        return over
    for _ in range(ROUNDS_MAX):
        told = await database.write(lambda tx: tell(tx, settings, now=now))
        if told < AT_ONCE:
            break
    return over


async def time_out(database: Database, *, now: int) -> list[str]:
    """Do to items whose time is over what policy says; answers their refs. Repeating it changes nothing."""
    over: list[str] = []
    if await database.read(lambda tx: service_deciding.timed_out(tx, now=now)):
        for _ in range(ROUNDS_MAX):
            done = await database.write(lambda tx: service_deciding.time_out(tx, now))
            over += done
            if not done:
                break
    return over


def tell(tx: Transaction, settings: Settings, *, now: int) -> int:
    """Queue the neutral words to some of those who are frozen or asked and were not told yet; answers how many."""
    rows = store_decisions.untold(tx, limit=AT_ONCE)
    for row in rows:
        ref, said = _write(tx, settings, row, now=now)
        store_decisions.add_notice(
            tx, review_id=row["review_id"], member_id=row["member_id"], cause=row["cause"], cause_id=row["cause_id"],
            outgoing=ref, said=said, now=now,
        )  # fmt: skip
    return len(rows)


def _write(tx: Transaction, settings: Settings, row: Row, *, now: int) -> tuple[str, str]:
    """(the outgoing row's ref, '') where the words are queued; ('', why) where nobody can be reached."""
    name = WORDS[row["cause"]]
    value, version = policy.in_force(tx, name, now=now)
    content = Text(str(value["value"]))
    try:
        conversation_id = thread_with(tx, row["ref"], our_number(tx, settings, now=now), now=now)
        outbox.must_be_sendable(content.body)
    except WaconsoleError as error:
        return "", str(error)
    driver = service_reply.driver_of(tx, conversation_id)
    message_id = None
    if driver != "human":
        message_id = service_live.add_ours(tx, conversation_id=conversation_id, content=content, at=now)
    outgoing_id = outbox.enqueue(
        tx, number_id=conversations.conversation(tx, conversation_id)["number_id"], conversation_id=conversation_id,
        message_id=message_id, driver=driver, content=content, purpose="transactional", answers_id=None,
        operator_id=None, now=now, rule=name, rule_version=version,
    )  # fmt: skip
    return str(outgoing.outgoing_rows(tx, [outgoing_id])[0]["outgoing"]), ""
