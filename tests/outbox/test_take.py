"""What leaves next: by lane, by campaign in turn, one to a recipient, within every limit, and by an index."""

from __future__ import annotations

import sqlite3
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from tests.conftest import NOW
from tests.outbox.road import add_number, add_thread, queue
from tests.policies import change
from waconsole.clock import DAY, HOUR, MINUTE, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import (
    service,
    service_pacing,
    service_take,
    store,
    store_attempts,
    store_due,
    store_flights,
    store_numbers,
    store_pacing,
)
from waconsole.outbox.service_road import Taken, conclude, conclude_all
from waconsole.whatsapp.content import Template
from waconsole.whatsapp.driver import Action, Verdict

NOON = NOW  # 12:00 UTC: nobody's quiet hours in this ledger


def _take(tx: Transaction, number_id: int, *, now: int = NOW, limit: int = 10, **more: Any) -> list[Taken]:
    return service_take.take(tx, number_id, owner="test", now=now, limit=limit, **more).taken


def _done(tx: Transaction, number_id: int, taken: list[Taken], *, now: int = NOW) -> None:
    for one in taken:
        verdict = Verdict("accepted", wamid=f"wamid.{one.attempt_id}")
        conclude(tx, number_id, one, verdict, now=now, chance=0.0)


def _campaign(tx: Transaction, outgoing_id: int, name: str) -> int:
    tx.execute("UPDATE outgoing SET campaign = :name WHERE id = :id", {"name": name, "id": outgoing_id})
    return outgoing_id


def _agreed(tx: Transaction) -> None:
    """Everybody wants marketing."""
    for row in tx.rows("SELECT id FROM member"):
        members.add_consent(
            tx, member_id=row["id"], purpose="marketing", state="yes", source="test", decided_at=NOW - DAY, now=NOW,
            origin="live",
        )  # fmt: skip


def _news(tx: Transaction, number_id: int, place: int, campaign: str, *, until: int | None = None) -> int:
    """A template of a campaign to a new member; answers its id."""
    until = NOW + HOUR if until is None else until
    thread = add_thread(tx, number_id, place, window_until=until)
    _agreed(tx)
    content = Template("news", "en", category="MARKETING", text="News")
    outgoing_id = service.enqueue(
        tx, number_id=number_id, conversation_id=thread, message_id=None, driver="cloud", content=content,
        purpose="marketing", answers_id=None, operator_id=None, now=NOW,
    )  # fmt: skip
    return _campaign(tx, outgoing_id, campaign)


async def test_replies_leave_before_service_before_campaigns(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id = add_number(tx)
        for place in range(4):
            _news(tx, number_id, place, "spring")
        queue(tx, number_id, add_thread(tx, number_id, 10), "a code", purpose="service")
        queue(tx, number_id, add_thread(tx, number_id, 11), "an answer")
        return [one.lane for one in _take(tx, number_id)]

    assert await database.write(work) == [0, 1, 2, 2, 2, 2]


async def test_a_reply_overtakes_a_campaign_in_its_own_thread(database: Database) -> None:
    def work(tx: Transaction) -> list[str]:
        number_id = add_number(tx)
        sale = _news(tx, number_id, 1, "spring")
        thread = tx.value("SELECT conversation_id FROM outgoing WHERE id = :id", {"id": sale})
        queue(tx, number_id, thread, "an answer")
        first = _take(tx, number_id)
        _done(tx, number_id, first)
        return [one.campaign for one in [*first, *_take(tx, number_id)]]

    assert await database.write(work) == ["", "spring"]


async def test_campaigns_leave_room_for_replies_and_take_turns(database: Database) -> None:
    def work(tx: Transaction) -> list[str]:
        number_id = add_number(tx)
        for place in range(30):
            _news(tx, number_id, place, "big")
        for place in range(30, 34):
            _news(tx, number_id, place, "small")
        for place in range(34, 36):
            _news(tx, number_id, place, "tiny")
        left = []
        for _ in range(6):
            taken = _take(tx, number_id, others_max=3)
            _done(tx, number_id, taken)
            left += [one.campaign for one in taken]
        return left

    left = await database.write(work)
    assert len(left) == 18
    assert Counter(left[:6]) == {"big": 2, "small": 2, "tiny": 2}
    assert Counter(left) == {"big": 12, "small": 4, "tiny": 2}


async def test_campaigns_that_wait_keep_no_other_from_its_turn(database: Database) -> None:
    def work(tx: Transaction) -> list[str]:
        number_id = add_number(tx)
        for place in range(14):
            _news(tx, number_id, place, f"campaign {place:02}")
        tx.execute(
            "UPDATE outgoing SET not_before = :later WHERE campaign < 'campaign 12'", {"later": NOW + MINUTE}
        )
        return [one.campaign for one in _take(tx, number_id, limit=5)]

    assert await database.write(work) == ["campaign 12", "campaign 13"]


async def test_one_is_in_flight_to_a_recipient_and_the_database_keeps_to_it(database: Database) -> None:
    def work(tx: Transaction) -> tuple[int, int]:
        number_id = add_number(tx)
        thread = add_thread(tx, number_id, 1)
        for text in ("one", "two"):
            queue(tx, number_id, thread, text)
        first = _take(tx, number_id)
        with pytest.raises(sqlite3.IntegrityError, match="on its way at a time"):
            tx.execute(
                """
                INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at, number_id, recipient)
                SELECT 2, 1, 'x', 'me', 1, number_id, recipient FROM attempt
                """
            )
        nothing = _take(tx, number_id)
        _done(tx, number_id, first)
        return len(nothing), len(_take(tx, number_id))

    assert await database.write(work) == (0, 1)


async def test_what_is_ordered_waits_for_delivered_but_not_for_ever(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id = add_number(tx)
        thread = add_thread(tx, number_id, 1)
        for text in ("one", "two", "three"):
            queue(tx, number_id, thread, text, purpose="service")
        change(tx, "sending.order", now=NOW, purposes=["service"])
        _done(tx, number_id, _take(tx, number_id))
        counts = [len(_take(tx, number_id, now=NOW + SECOND))]
        tx.execute(
            "INSERT INTO delivery (wamid, status, rank, delivered_at) VALUES ('wamid.1', 'delivered', 2, 1)"
        )
        second = _take(tx, number_id, now=NOW + 2 * SECOND)
        _done(tx, number_id, second, now=NOW + 2 * SECOND)
        counts += [len(second), len(_take(tx, number_id, now=NOW + 61 * SECOND))]
        return [*counts, len(_take(tx, number_id, now=NOW + 63 * SECOND))]

    assert await database.write(work) == [0, 1, 0, 1]


async def test_the_rate_is_one_for_all_who_take(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id = add_number(tx, per_second_max=80)
        for place in range(40):
            queue(tx, number_id, add_thread(tx, number_id, place), "hello")
        instants: list[int] = []
        for turn in range(10):
            taken = service_take.take(
                tx, number_id, owner=f"process {turn % 2}", now=NOW + turn * 50_000, limit=10
            )
            instants += [one.at for one in taken.taken]
        return instants

    instants = await database.write(work)
    assert len(instants) == 40
    assert {later - earlier for earlier, later in pairwise(instants)} == {12_500}


async def test_a_pair_gets_a_burst_and_then_one_in_six_seconds(database: Database) -> None:
    def work(tx: Transaction) -> tuple[int, int | None, int]:
        number_id = add_number(tx)
        thread = add_thread(tx, number_id, 1)
        for turn in range(50):
            queue(tx, number_id, thread, f"text {turn}")
        count = 0
        while taken := _take(tx, number_id):
            _done(tx, number_id, taken)
            count += len(taken)
        at = service_take.next_at(tx, number_id, now=NOW)
        return count, at, len(_take(tx, number_id, now=NOW + 6 * SECOND))

    assert await database.write(work) == (45, NOW + 6 * SECOND, 1)


async def test_a_refused_pair_waits_for_every_message_to_it(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id = add_number(tx)
        sale = _news(tx, number_id, 1, "spring")
        thread = tx.value("SELECT conversation_id FROM outgoing WHERE id = :id", {"id": sale})
        (taken,) = _take(tx, number_id)
        pair = Verdict("refused", action=Action.PAIR, code=131056)
        conclude(tx, number_id, taken, pair, now=NOW, chance=0.0)
        queue(tx, number_id, thread, "an answer")
        return [len(_take(tx, number_id, now=NOW + at)) for at in (0, SECOND)]

    assert await database.write(work) == [0, 1]


async def test_a_portfolio_reaches_so_many_people_in_a_moving_day(database: Database) -> None:
    def work(tx: Transaction) -> dict[str, Any]:
        number_id = add_number(tx)
        store_pacing.tell_limit(tx, "", 3, at=NOW)
        for place in range(5):
            _news(tx, number_id, place, "spring", until=NOW - HOUR)
        _news(tx, number_id, 9, "spring")  # inside a window: it counts for nothing
        first = _take(tx, number_id)
        refused = Verdict("refused", action=Action.PARK, code=131026)
        conclude(
            tx, number_id, first[0], refused, now=NOW, chance=0.0
        )  # reached nobody: their place is free again
        _done(tx, number_id, first[1:])
        queue(tx, number_id, add_thread(tx, number_id, 20), "an answer")
        replies = len(_take(tx, number_id))
        soon = NOW + 11 * MINUTE
        again = _take(tx, number_id, now=soon)
        _done(tx, number_id, again, now=soon)
        people, _ = store_pacing.reached(tx, "", after=0, through=soon + HOUR)
        next_at = service_take.next_at(tx, number_id, now=soon)
        day = NOW + DAY + 30 * MINUTE
        tx.execute(
            "UPDATE conversation SET window_until = :at WHERE window_until > :now",
            {"at": day + HOUR, "now": NOW},
        )
        return {
            "first": len(first), "replies": replies, "again": len(again), "people": people, "waits": next_at is None or next_at > soon,
            "after a day": len(_take(tx, number_id, now=day)),
        }  # fmt: skip

    found = await database.write(work)
    assert found == {"first": 4, "replies": 1, "again": 1, "people": 3, "waits": True, "after a day": 1}


async def test_nothing_of_what_is_paused_is_taken_whoever_asks(database: Database) -> None:
    def work(tx: Transaction) -> list[tuple[int, int | None]]:
        number_id = add_number(tx)
        operator = operators.acting(tx, None, now=NOW)
        for place in range(3):
            _news(tx, number_id, place, "spring")
        found = []
        for what in ({}, {"number_id": number_id}, {"campaign": "spring"}):
            service_pacing.pause(tx, operator, now=NOW, **what)
            found.append((len(_take(tx, number_id)), service_take.next_at(tx, number_id, now=NOW)))
            with pytest.raises(sqlite3.IntegrityError, match="Nothing leaves what is paused"):
                tx.execute(
                    "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at) VALUES (1, 1, 'x', 'me', 1)"
                )
            service_pacing.resume(tx, operator, now=NOW, **what)
        return [*found, (len(_take(tx, number_id)), None)]

    assert await database.write(work) == [(0, None)] * 3 + [(3, None)]


async def test_what_is_due_is_found_by_an_index_among_120_000(database: Database) -> None:
    def work(tx: Transaction) -> list[str]:
        number_id = add_number(tx)
        tx.execute("UPDATE number SET per_second_max = 80")
        plans: list[str] = []
        seen = tx.rows

        class Watched:
            """The transaction, with the plan of every query that looks for what is due."""

            somebody_waits = staticmethod(lambda: False)
            execute, executemany, insert, one = tx.execute, tx.executemany, tx.insert, tx.one

            def rows(self, sql: str, values: Any = ()) -> list[sqlite3.Row]:
                plans.extend(row["detail"] for row in seen("EXPLAIN QUERY PLAN " + sql, values))
                return seen(sql, values)

            def value(self, sql: str, values: Any = ()) -> Any:
                plans.extend(row["detail"] for row in seen("EXPLAIN QUERY PLAN " + sql, values))
                return tx.value(sql, values)

        watched: Any = Watched()
        for lane in store_due.LANES:
            store_due.due(watched, number_id, lane, now=NOW, limit=10, after="", without=())
            store_due.due_ids(watched, number_id, lane, "spring", now=NOW, limit=10)
            store_due.next_due_at(watched, number_id, lane, without=())
        store_due.is_anything_queued(watched, number_id)
        store_flights.last_of_pairs(watched, number_id, ["m1", "m2"])
        store_flights.pair_refusals(watched, number_id, "m1", 131056)
        store_attempts.newest(watched, [1, 2])
        return plans

    plans = await database.write(work)
    assert plans
    of_outgoing = [plan for plan in plans if plan.startswith(("SCAN o", "SEARCH o"))]
    assert all(
        "USING INDEX outgoing_" in plan or "USING COVERING INDEX outgoing_" in plan for plan in of_outgoing
    ), plans
    assert not [
        plan
        for plan in plans
        if plan.startswith("SCAN") and "breaker" not in plan and "SCAN j VIRTUAL" not in plan
    ], plans
    assert not [plan for plan in plans if "TEMP B-TREE" in plan], plans


async def test_a_resend_that_lost_its_word_in_a_hold_still_goes(database: Database) -> None:
    def work(tx: Transaction) -> int:
        number_id = add_number(tx)
        queue(tx, number_id, add_thread(tx, number_id, 1), "hello")
        (taken,) = _take(tx, number_id)
        conclude(tx, number_id, taken, Verdict("unknown", action=Action.UNKNOWN), now=NOW, chance=0.0)
        service.resolve(tx, operators.acting(tx, None, now=NOW), 1, "resend", now=NOW)
        store.set_outgoing_state(tx, 1, "held", "number")
        store.set_outgoing_state(tx, 1, "queued")
        return len(_take(tx, number_id))

    assert await database.write(work) == 1


async def test_a_number_that_is_tried_again_lets_one_go_first_whoever_sends(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id = add_number(tx)
        for place in range(5):
            queue(tx, number_id, add_thread(tx, number_id, place), "hello")
        store_numbers.set_number_stopped(tx, number_id, "Session has expired", NOW)
        first = _take(tx, number_id)
        meanwhile = _take(tx, number_id)
        conclude_all(tx, number_id, [(first[0], Verdict("accepted", wamid="wamid.1"))], now=NOW, chance=0.0)
        store_numbers.set_number_stopped(tx, number_id, "", None)
        return [len(first), len(meanwhile), len(_take(tx, number_id))]

    assert await database.write(work) == [1, 0, 4]


async def test_whatsapp_asks_for_a_rest_and_every_process_keeps_to_it(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id = add_number(tx)
        for place in range(3):
            queue(tx, number_id, add_thread(tx, number_id, place), "hello")
        (taken,) = _take(tx, number_id, limit=1)
        slow = Verdict("refused", action=Action.SLOW, code=130429, retry_after_seconds=7.0)
        conclude(tx, number_id, taken, slow, now=NOW, chance=0.0)
        return [len(_take(tx, number_id, now=NOW + at * SECOND)) for at in (0, 6, 7)]

    assert await database.write(work) == [0, 0, 3]
