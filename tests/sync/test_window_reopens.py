"""A member writes again: what waited for a template because their window was closed goes as it is, once, while it still counts."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.conftest import NOW
from tests.policies import change
from tests.sync.webhooks import AT, body, keep, our_number, take_in, text
from waconsole.clock import DAY, HOUR, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.operators import service as operators
from waconsole.outbox import service, service_acts, service_take, store, store_numbers, store_rows
from waconsole.outbox.service_road import conclude
from waconsole.sync.process import process_waiting
from waconsole.whatsapp.content import Text
from waconsole.whatsapp.driver import Action, Verdict

LATER: Final = NOW + 3 * DAY
LATER_SECONDS: Final = LATER // SECOND - 60
CLOSED: Final = Verdict("refused", action=Action.TEMPLATE, code=131047, detail="Re-engagement message")


async def held(database: Database, count: int = 1, *, purpose: str = "reply") -> list[int]:
    """Ana wrote once, and so many messages to her wait for a template since; answers their ids."""
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "hi", at=AT)]))

    def work(tx: Transaction) -> list[int]:
        number_id = store.cloud_number(tx)
        assert number_id is not None
        store_numbers.set_per_second(tx, number_id, 1_000_000, at=NOW)
        return [
            service.enqueue(
                tx, number_id=number_id, conversation_id=1, message_id=None, driver="cloud", content=Text(f"text {turn}"),
                purpose=purpose, answers_id=None, operator_id=None, now=LATER - HOUR,
            )
            for turn in range(count)
        ]  # fmt: skip

    ids = await database.write(work)
    assert await states(database) == [("held", "template_needed")] * count
    return ids


async def states(database: Database) -> list[tuple[str, str]]:
    """(state, reason) of every message to send, oldest first."""
    rows = await database.read(lambda tx: tx.rows("SELECT state, state_reason FROM outgoing ORDER BY id"))
    return [tuple(row) for row in rows]


async def notices(database: Database) -> list[tuple[str, str]]:
    """(sentence, detail) of every notice."""
    rows = await database.read(lambda tx: tx.rows("SELECT sentence, detail FROM notice ORDER BY id"))
    return [tuple(row) for row in rows]


async def writes(database: Database, wamid: str = "wamid.2", *, at: int = LATER_SECONDS, **more: Any) -> None:
    """Ana writes again."""
    await take_in(database, body(messages=[text(wamid, "still there?", at=at, **more)]), now=LATER)


async def test_it_is_queued_as_written_and_said_with_the_rule(database: Database) -> None:
    await held(database, 2)

    await writes(database)

    assert await states(database) == [("queued", ""), ("queued", "")]
    refs = await database.read(
        lambda tx: [row["ref"] for row in tx.rows("SELECT ref FROM outgoing ORDER BY id")]
    )
    assert await notices(database) == [
        ("They wrote again: 2 messages that waited for a template are queued as written.", f"whatsapp.reopened v1: {', '.join(refs)}")
    ]  # fmt: skip


async def test_the_same_message_told_twice_lets_go_once(database: Database) -> None:
    (one,) = await held(database)
    await writes(database)
    await database.write(
        lambda tx: store.set_outgoing_state(tx, one, "held", "template_needed")
    )  # WhatsApp said that the window is closed after all

    await writes(database)

    assert await states(database) == [("held", "template_needed")]
    assert len(await notices(database)) == 1


async def test_an_old_message_that_comes_late_opens_nothing(database: Database) -> None:
    await held(database)

    await writes(database, at=LATER_SECONDS - 24 * 3600)

    assert await states(database) == [("held", "template_needed")]
    assert await notices(database) == []


async def test_what_has_expired_meanwhile_never_leaves(database: Database) -> None:
    await held(database, 2)
    await database.write(
        lambda tx: tx.execute("UPDATE outgoing SET expires_at = :at WHERE id = 1", {"at": LATER})
    )

    await writes(database)

    assert await states(database) == [("expired", "expired"), ("queued", "")]


async def test_what_an_operator_holds_or_converted_stays(database: Database) -> None:
    first, second = await held(database, 2)

    def work(tx: Transaction) -> None:
        store.set_outgoing_state(tx, first, "held", "operator")
        store.set_outgoing_state(tx, second, "cancelled", "replaced")

    await database.write(work)
    await writes(database)

    assert await states(database) == [("held", "operator"), ("cancelled", "replaced")]


async def test_what_was_written_long_ago_waits_for_an_operator(database: Database) -> None:
    await held(database, 2)
    await database.write(lambda tx: change(tx, "whatsapp.reopened", now=NOW, days=0))

    await writes(database)

    assert await states(database) == [("held", "template_needed")] * 2


async def test_another_member_who_writes_lets_nothing_go(database: Database) -> None:
    await held(database)

    await writes(database, sender="15550002222")

    assert await states(database) == [("held", "template_needed")]


@pytest.mark.parametrize(
    ("campaign", "becomes"),
    [("", ("queued", "")), ("spring", ("refused", "stopped"))],
    ids=["an answer is still one", "what goes to many does not"],
)
async def test_a_stop_in_that_message_counts_before(
    database: Database, campaign: str, becomes: tuple[str, str]
) -> None:
    await held(database, purpose="service")
    await database.write(lambda tx: tx.execute("UPDATE outgoing SET campaign = ? WHERE id = 1", (campaign,)))

    await take_in(database, body(messages=[text("wamid.2", "STOP", at=LATER_SECONDS)]), now=LATER)

    found = await states(database)
    assert found[0] == becomes and len(found) == 2


async def test_what_whatsapp_refused_for_its_window_goes_once_more_for_each_message_of_theirs(
    database: Database,
) -> None:
    (one,) = await held(database)
    await writes(database)

    def tried(tx: Transaction) -> str:
        number_id = store.cloud_number(tx)
        assert number_id is not None
        (taken,) = service_take.take(tx, number_id, owner="test", now=LATER, limit=5).taken
        assert taken.outgoing_id == one
        return conclude(tx, number_id, taken, CLOSED, now=LATER, chance=0.0)

    assert await database.write(tried) == "held"
    await keep(database)
    await process_waiting(database, clock=lambda: LATER)
    assert await states(database) == [("held", "template_needed")]

    await writes(database, "wamid.3", at=LATER_SECONDS + 1)
    assert await states(database) == [("queued", "")]


async def test_what_may_have_been_sent_goes_again_only_by_the_operators_word(database: Database) -> None:
    (one,) = await held(database)
    await writes(database)

    def lost(tx: Transaction) -> None:
        number_id = store.cloud_number(tx)
        assert number_id is not None
        (taken,) = service_take.take(tx, number_id, owner="test", now=LATER, limit=5).taken
        conclude(tx, number_id, taken, Verdict("unknown", action=Action.UNKNOWN), now=LATER, chance=0.0)

    await database.write(lost)
    await writes(database, "wamid.3", at=LATER_SECONDS + 1)
    assert await states(database) == [("unknown", "no_answer")]

    def resent(tx: Transaction) -> None:
        service_acts.resolve(tx, operators.acting(tx, None, now=LATER), one, "resend", now=LATER)
        store.set_outgoing_state(tx, one, "held", "template_needed")

    await database.write(resent)
    await writes(database, "wamid.4", at=LATER_SECONDS + 2)
    assert await states(database) == [("queued", "resend")]


async def test_it_is_found_by_the_thread(database: Database) -> None:
    values = {"ids": "[1]", "number_id": 2, "reason": "template_needed", "limit": 5}
    plan = await database.read(lambda tx: tx.rows(f"EXPLAIN QUERY PLAN {store_rows.HELD_IN}", values))

    assert any("outgoing_thread" in row["detail"] for row in plan)
