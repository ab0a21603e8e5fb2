"""A group takes so many posts a day: one more is warned of, one beyond the last is not sent; an answer always is."""

from __future__ import annotations

import pytest

from tests.conftest import NOW
from tests.invites.asking import shop_of
from waconsole.clock import DAY
from waconsole.database.connection import Database, Transaction
from waconsole.outbox import service as outbox
from waconsole.outbox import service_group_posts, store_rows
from waconsole.outbox.service_eligible import objections
from waconsole.whatsapp.content import Text


def thread(tx: Transaction, group: int, number: int) -> int:
    return tx.insert(
        "INSERT INTO conversation (ref, number_id, group_id) VALUES (?, ?, ?)", (f"c-{number}", number, group)
    )


def post(
    tx: Transaction,
    conversation: int,
    number: int,
    driver: str,
    purpose: str,
    now: int,
    answers: int | None = None,
) -> int:
    return outbox.enqueue(
        tx, number_id=number, conversation_id=conversation, message_id=None, driver=driver, content=Text("Offer"),
        purpose=purpose, answers_id=answers, operator_id=None, now=now,
    )  # fmt: skip


def state(tx: Transaction, outgoing: int) -> tuple[str, str]:
    row = store_rows.outgoing_row(tx, outgoing)
    return row["state"], row["state_reason"]


@pytest.mark.parametrize("driver", ["cloud", "human"])
async def test_the_sixth_post_of_a_day_is_not_sent(database: Database, driver: str) -> None:
    def work(tx: Transaction) -> None:
        group = shop_of(tx)
        number = int(tx.value("SELECT id FROM number WHERE driver = ? LIMIT 1", (driver,)))
        tx.execute("UPDATE number SET added_at = 0")
        where = thread(tx, group, number)
        tx.execute("UPDATE conversation SET window_until = ? WHERE id = ?", (NOW + DAY, where))
        posted = [post(tx, where, number, driver, "points", NOW + place) for place in range(6)]
        told = [bool(service_group_posts.advice(tx, one, now=NOW)) for one in posted]
        assert told == [False, False, False, True, True, True]
        assert state(tx, posted[5]) == ("refused", "capped")
        assert all(state(tx, one)[1] != "capped" for one in posted[:5])
        reply = post(tx, where, number, driver, "reply", NOW + 7)
        assert state(tx, reply)[1] != "capped", "whoever writes by hand is warned, and decides"
        assert service_group_posts.advice(tx, reply, now=NOW)
        answer = post(tx, where, number, driver, "reply", NOW + 8, answers=1)
        assert service_group_posts.advice(tx, answer, now=NOW) == "", "an answer is no post"
        tomorrow = post(tx, where, number, driver, "points", NOW + DAY)
        assert state(tx, tomorrow)[1] != "capped"
        if driver == "cloud":
            tx.execute("UPDATE outgoing SET state = 'queued', state_reason = '' WHERE id = ?", (posted[5],))
            assert objections(tx, [posted[5]], now=NOW)[posted[5]].reason == "capped", (
                "asked again when it leaves"
            )

    await database.write(work)
