"""Leases: kept by who lives, taken back as unknown from who does not, and fenced against who comes late."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import NOW
from tests.outbox.road import accepted, add_number, add_thread, queue
from waconsole.clock import DAY, HOUR, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.outbox import service_leases as leases
from waconsole.outbox import service_take, store
from waconsole.outbox.service_road import Taken, conclude
from waconsole.sync.owners import is_gone, owner, run_of
from waconsole.whatsapp.driver import Action, Verdict


def _on_its_way(
    tx: Transaction, *, purpose: str = "reply", chosen: tuple[str, ...] = ()
) -> tuple[int, Taken]:
    number_id = add_number(tx)
    queue(tx, number_id, add_thread(tx, number_id, 1), "hello", purpose=purpose)
    looked = service_take.take(tx, number_id, owner="one", now=NOW, limit=1, chosen=chosen)
    return number_id, looked.taken[0]


def _state(tx: Transaction) -> tuple[Any, ...]:
    row = tx.one(
        "SELECT o.state, o.state_reason, a.outcome FROM outgoing AS o JOIN attempt AS a ON a.outgoing_id = o.id"
    )
    assert row is not None
    return tuple(row)


async def test_a_lease_that_ran_out_becomes_unknown_and_never_queued(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id, _ = _on_its_way(tx)
        taken_back = [
            leases.take_back(tx, number_id, owner="two", now=NOW + at * SECOND) for at in (0, 59, 60)
        ]
        assert _state(tx) == ("unknown", "no_answer", "unknown")
        assert service_take.next_at(tx, number_id, now=NOW + HOUR) is None
        return taken_back

    assert await database.write(work) == [0, 0, 1]


async def test_who_lives_keeps_it(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id, _ = _on_its_way(tx)
        found = []
        for at in range(20, 200, 20):
            assert leases.renew(tx, number_id, "one", now=NOW + at * SECOND) == 1
            found.append(leases.take_back(tx, number_id, owner="two", now=NOW + at * SECOND))
        assert leases.renew(tx, number_id, "two", now=NOW) == 0  # nobody renews for another
        return found

    assert sum(await database.write(work)) == 0


async def test_a_lease_from_a_clock_that_was_set_back_is_doubted_before_it_is_taken_back(
    database: Database,
) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id, _ = _on_its_way(tx)
        doubted: dict[int, int] = {}
        then = NOW - DAY
        found = [leases.take_back(tx, number_id, owner="two", now=then, doubted=doubted)]
        leases.renew(tx, number_id, "one", now=then + 20 * SECOND)  # whoever lives renews by the new clock
        found.append(leases.take_back(tx, number_id, owner="two", now=then + 20 * SECOND, doubted=doubted))
        tx.execute("UPDATE attempt SET lease_until = :until", {"until": NOW + DAY})
        for at in (40, 60):
            found.append(
                leases.take_back(tx, number_id, owner="two", now=then + at * SECOND, doubted=doubted)
            )
        return found

    assert await database.write(work) == [0, 0, 0, 1]


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_jumps_a_day_loses_and_doubles_nothing(database: Database, days: int) -> None:
    def work(tx: Transaction) -> tuple[Any, ...]:
        number_id, taken = _on_its_way(tx)
        then = NOW + days * DAY
        leases.renew(tx, number_id, "one", now=then)  # whoever lives renews by the new clock
        assert leases.take_back(tx, number_id, owner="two", now=then) == 0
        conclude(tx, number_id, taken, accepted(1), now=then, chance=0.0)
        return _state(tx)

    assert await database.write(work) == ("accepted", "", "accepted")


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (accepted(1), ("accepted", "", "accepted")),
        (Verdict("refused", action=Action.RETRY, code=131057), ("unknown", "no_answer", "unknown")),
        (Verdict("unsent", action=Action.RETRY), ("unknown", "no_answer", "unknown")),
        (Verdict("unknown", action=Action.UNKNOWN), ("unknown", "no_answer", "unknown")),
    ],
    ids=["accepted", "refused", "unsent", "unknown"],
)
async def test_who_comes_late_can_only_say_that_it_was_accepted(
    database: Database, verdict: Verdict, state: tuple[str, ...]
) -> None:
    def work(tx: Transaction) -> tuple[Any, ...]:
        number_id, taken = _on_its_way(tx)
        leases.take_back(tx, number_id, owner="two", now=NOW + HOUR)
        conclude(tx, number_id, taken, verdict, now=NOW + HOUR, chance=0.0)
        return _state(tx)

    assert await database.write(work) == state


async def test_nobody_ends_the_attempt_of_another(database: Database) -> None:
    def work(tx: Transaction) -> tuple[Any, ...]:
        number_id, taken = _on_its_way(tx)
        other = replace(taken, owner="two")
        conclude(tx, number_id, other, Verdict("unsent", action=Action.RETRY), now=NOW, chance=0.0)
        return _state(tx)

    assert await database.write(work) == ("sending", "", "")


async def test_what_is_not_answered_for_is_closed_where_its_class_says_so(database: Database) -> None:
    def work(tx: Transaction) -> list[list[str]]:
        number_id = add_number(tx)
        for place, purpose in enumerate(
            ("reply", "service", "transactional", "points", "invitation", "marketing")
        ):
            queue(tx, number_id, add_thread(tx, number_id, place), "hello", purpose=purpose)
        tx.execute("UPDATE outgoing SET state = 'queued', state_reason = '' WHERE state = 'refused'")
        tx.execute(
            "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at) SELECT id, 1, 'wa1:' || id, 'one', 1 FROM outgoing"
        )
        tx.execute("UPDATE outgoing SET state = 'sending'")
        leases.abandon(tx, number_id, now=NOW)
        found = []
        for at in (NOW + DAY - 1, NOW + DAY):
            leases.close_unanswered(tx, number_id, now=at)
            found.append([row["state"] for row in tx.rows("SELECT state FROM outgoing ORDER BY id")])
        return found

    before, after = await database.write(work)
    assert before == ["unknown"] * 6
    assert after == ["unknown"] * 4 + ["closed"] * 2


@pytest.mark.parametrize(
    ("verdict", "later", "state"),
    [
        (Verdict("accepted", wamid="chosen-1"), 0, ("accepted", "", "accepted")),
        (Verdict("unsent"), leases.SURE_AFTER, ("queued", "resend", "unsent")),
        (Verdict("unsent"), leases.SURE_AFTER - 1, ("unknown", "no_answer", "unknown")),
        (Verdict("unknown", action=Action.UNKNOWN), 0, ("unknown", "no_answer", "unknown")),
    ],
    ids=["there", "not there", "not there yet", "nobody can say"],
)
async def test_what_has_an_id_of_ours_is_looked_for(
    database: Database, verdict: Verdict, later: int, state: tuple[str, ...]
) -> None:
    def work(tx: Transaction) -> tuple[Any, ...]:
        number_id, taken = _on_its_way(tx, chosen=("chosen-1",))
        assert taken.message.chosen_id == "chosen-1"
        leases.abandon(tx, number_id, now=NOW)
        ((outgoing_id, attempt_id, message),) = leases.lost_messages(tx, number_id, now=NOW)
        assert (message.chosen_id, message.opaque) == ("chosen-1", taken.message.opaque)
        leases.looked_for(tx, outgoing_id, attempt_id, verdict, now=NOW + later)
        return _state(tx)

    assert await database.write(work) == state


@pytest.mark.parametrize("by", ["a look", "an operator"])
async def test_what_is_sent_again_goes_under_the_id_it_had(database: Database, by: str) -> None:
    def work(tx: Transaction) -> list[str]:
        number_id, taken = _on_its_way(tx, chosen=("chosen-1",))
        queue(tx, number_id, add_thread(tx, number_id, 2), "new")
        leases.abandon(tx, number_id, now=NOW)
        then = NOW + leases.SURE_AFTER
        if by == "a look":
            leases.looked_for(tx, taken.outgoing_id, taken.attempt_id, Verdict("unsent"), now=then)
        else:
            store.set_outgoing_state(tx, taken.outgoing_id, "queued", "resend")
        stock = ("chosen-2", "chosen-3")
        looked = service_take.take(tx, number_id, owner="one", now=then, limit=2, chosen=stock)
        return sorted(one.message.chosen_id or "" for one in looked.taken)

    assert await database.write(work) in (["chosen-1", "chosen-2"], ["chosen-1", "chosen-3"])


async def test_what_has_no_id_of_ours_is_never_proven_unsent(database: Database) -> None:
    def work(tx: Transaction) -> tuple[Any, ...]:
        number_id, taken = _on_its_way(tx)
        leases.abandon(tx, number_id, now=NOW)
        assert leases.lost_messages(tx, number_id, now=NOW) == []
        leases.looked_for(tx, taken.outgoing_id, taken.attempt_id, Verdict("unsent"), now=NOW)
        return _state(tx)

    assert await database.write(work) == ("unknown", "no_answer", "unknown")


def test_a_process_knows_who_is_gone() -> None:
    ours = run_of(owner())
    host, boot, pid, began = owner().rsplit(":", 3)

    assert not is_gone(ours)
    assert not is_gone(f"another-machine:{boot}:{pid}:{began}/1")  # that cannot be known from here
    assert is_gone(f"{host}:deadbeef:{pid}:{began}/1")  # before this boot
    assert is_gone(f"{host}:{boot}:{pid}:{int(began) - 1}/1")  # the id came back
    assert is_gone(f"{host}:{boot}:{2**22 + 1}:{began}/1")
    assert is_gone("test:1/4")
    assert run_of(owner()) != ours
    assert str(os.getpid()) == pid


async def test_only_who_is_known_to_be_gone_is_abandoned_at_once(database: Database) -> None:
    def work(tx: Transaction) -> list[int]:
        number_id, _ = _on_its_way(tx)
        kept = leases.abandon(tx, number_id, owner="two", is_gone=lambda _: False, now=NOW)
        own = leases.abandon(tx, number_id, owner="one", now=NOW)
        return [kept, own, leases.abandon(tx, number_id, owner="two", now=NOW)]

    assert await database.write(work) == [0, 0, 1]
    assert (await database.read(lambda tx: store.outgoing_columns(tx, 1)))["state"] == "unknown"
