"""What pauses by itself: refusals in a row, people who cannot be reached; and how it begins again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import NOW
from tests.outbox.road import accepted, add_number, add_thread, heard, queue
from waconsole.clock import HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.operators import service as operators
from waconsole.outbox import (
    service,
    service_pacing,
    service_take,
    store_breakers,
    store_numbers,
    store_pacing,
)
from waconsole.outbox.service_breakers import MISSED, REFUSED, STRIKES, Seen, Tripped, learned
from waconsole.outbox.service_road import Taken, conclude_all
from waconsole.sync.drained import tripped_sentence
from waconsole.whatsapp.driver import Action, Verdict


def _spring(tx: Transaction, count: int) -> tuple[int, list[Taken]]:
    """`count` messages of a campaign, in open windows, all on their way."""
    number_id = add_number(tx)
    for place in range(count):
        queue(tx, number_id, add_thread(tx, number_id, place), "spring", purpose="service")
    tx.execute("UPDATE outgoing SET campaign = 'spring'")
    return number_id, service_take.take(tx, number_id, owner="test", now=NOW, limit=count).taken


def _no(code: int, action: Action = Action.PARK) -> Verdict:
    return Verdict("refused", action=action, code=code, detail="no")


def _states(tx: Transaction) -> list[tuple[str, str]]:
    return [tuple(row) for row in tx.rows("SELECT state, state_reason FROM outgoing ORDER BY id")]


@pytest.mark.parametrize("code", [131048, 132001, 132015, 131064])
async def test_a_code_that_is_about_the_campaign_pauses_it_and_burns_nothing(
    database: Database, code: int
) -> None:
    def work(tx: Transaction) -> dict[str, Any]:
        number_id, taken = _spring(tx, 3)
        action = Action.STOP if code == 131048 else Action.PARK
        answers = [(one, _no(code, action)) for one in taken[:2]]
        done = conclude_all(tx, number_id, answers, now=NOW, chance=0.0)
        done_later = conclude_all(tx, number_id, [(taken[2], accepted(3))], now=NOW, chance=0.0)
        found = {
            "states": done.states, "tripped": [*done.tripped, *done_later.tripped],
            "stopped": store_numbers.number_row(tx, number_id)["stopped_reason"],
        }  # fmt: skip
        service_pacing.resume(tx, operators.acting(tx, None, now=NOW), campaign="spring", now=NOW)
        one_first = service_take.take(tx, number_id, owner="test", now=NOW, limit=10).taken
        conclude_all(tx, number_id, [(one_first[0], accepted(4))], now=NOW, chance=0.0)
        rest = service_take.take(tx, number_id, owner="test", now=NOW, limit=10).taken
        return {
            **found,
            "then": (len(one_first), len(rest)),
            "state": store_breakers.breaker(tx, "campaign", "spring").state,
        }

    found = await database.write(work)
    assert found["states"] == ["held", "held"]
    assert found["tripped"] == [Tripped("campaign", "spring", REFUSED, code, "no")]
    assert found["stopped"] == ""  # replies go on
    assert (found["then"], found["state"]) == ((1, 1), "watching")
    assert "spring" in tripped_sentence(found["tripped"][0])


async def test_forms_that_are_refused_in_a_row_pause_the_campaign(database: Database) -> None:
    def work(tx: Transaction) -> list[list[Tripped]]:
        number_id, taken = _spring(tx, 12)
        tripped = []
        for place, one in enumerate(taken):
            verdict = accepted(place) if place == 3 else _no(132000, Action.FIX)
            tripped.append(conclude_all(tx, number_id, [(one, verdict)], now=NOW, chance=0.0).tripped)
        return tripped

    tripped = await database.write(work)
    assert [bool(one) for one in tripped].index(True) == 8  # five in a row after the one that was taken
    assert tripped[8] == [Tripped("campaign", "spring", STRIKES, 132000, "no")]


async def test_a_share_of_people_who_cannot_be_reached_pauses_the_campaign(database: Database) -> None:
    def work(tx: Transaction) -> tuple[list[Tripped], list[Tripped], str]:
        number_id = add_number(tx)
        rules = store_pacing.rules(tx, now=NOW)
        good, bad = Seen("spring", "accepted"), Seen("spring", "refused", 131026)
        early = learned(tx, number_id, [bad] * 9 + [good] * 36, rules, now=NOW)
        late = learned(tx, number_id, [good] * 4 + [bad], rules, now=NOW)
        return early, late, store_breakers.breaker(tx, "number", str(number_id)).state

    early, late, number = await database.write(work)
    assert early == []
    assert [(one.scope, one.reason) for one in late] == [("campaign", MISSED)]
    assert number == "watching"  # a bad list is no bad number


async def test_a_failure_that_a_status_tells_counts_once(database: Database) -> None:
    def work(tx: Transaction) -> tuple[int, int]:
        number_id, taken = _spring(tx, 1)
        conclude_all(tx, number_id, [(taken[0], accepted(1))], now=NOW, chance=0.0)
        for _ in range(3):
            service.status(tx, heard("wamid.FAKE0001", "failed", code=131026), now=NOW)
        known = store_breakers.breaker(tx, "campaign", "spring")
        return known.tried, known.missed

    assert await database.write(work) == (1, 1)


async def test_codes_an_operator_must_look_at_pause_the_number(database: Database) -> None:
    def work(tx: Transaction) -> tuple[list[Tripped], str, int, int]:
        number_id = add_number(tx)
        rules = store_pacing.rules(tx, now=NOW)
        spam = Seen("", "refused", 131048, "quality")
        tripped = learned(tx, number_id, [spam] * 4, rules, now=NOW)
        tripped += learned(tx, number_id, [spam], rules, now=NOW)
        reason = store_numbers.number_row(tx, number_id)["paused_reason"]
        for place in range(3):
            queue(tx, number_id, add_thread(tx, number_id, place), "hello")
        held = [row["state"] for row in tx.rows("SELECT state FROM outgoing")].count("held")
        service_pacing.resume(tx, operators.acting(tx, None, now=NOW), number_id=number_id, now=NOW)
        return (
            tripped,
            reason,
            held,
            len(service_take.take(tx, number_id, owner="test", now=NOW, limit=10).taken),
        )

    tripped, reason, held, first = await database.write(work)
    assert tripped == [Tripped("number", "2", STRIKES, 131048, "quality")]
    assert (reason, held, first) == (STRIKES, 3, 1)
    assert "paused" in tripped_sentence(tripped[0])


async def test_what_met_a_stopped_number_has_not_used_up_its_tries(database: Database) -> None:
    def work(tx: Transaction) -> list[tuple[str, str]]:
        number_id = add_number(tx)
        queue(tx, number_id, add_thread(tx, number_id, 1), "hello")
        for turn in range(40):
            (taken,) = service_take.take(
                tx, number_id, owner="test", now=NOW + turn * HOUR // 60, limit=1
            ).taken
            conclude_all(tx, number_id, [(taken, _no(190, Action.STOP))], now=NOW + turn, chance=0.0)
            tx.execute("UPDATE outgoing SET state = 'queued', state_reason = ''")
            tx.execute("UPDATE number SET stopped_reason = ''")
        (taken,) = service_take.take(tx, number_id, owner="test", now=NOW + HOUR, limit=1).taken
        conclude_all(tx, number_id, [(taken, _no(131057, Action.RETRY))], now=NOW + HOUR, chance=0.0)
        return _states(tx)

    assert await database.write(work) == [("queued", "")]
