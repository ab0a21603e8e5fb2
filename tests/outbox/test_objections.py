"""Whether messages may leave, asked of the ledger itself: who they go to, what those were sent, what is suppressed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import NOW
from tests.outbox.road import add_number, add_thread, phone
from waconsole.clock import DAY, HOUR, SECOND, parse_iso
from waconsole.database import facts
from waconsole.database.connection import Database, Parameters, Row, Transaction
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import (
    service,
    service_eligible,
    service_suppression,
    service_templates,
    service_waking,
    store,
    store_facts,
    store_suppression,
)
from waconsole.whatsapp.content import Content, Template, Text

NOON = NOW - NOW % DAY + 12 * HOUR
PROMO = Template("autumn_sale", "en", category="MARKETING")
SHIPPED = Template("shipped", "en", category="UTILITY")


@dataclass
class Ground:
    """A transaction, our number, and members with a thread each; the window of none is open."""

    tx: Transaction
    number_id: int
    places: int = 0

    def thread(self, *, window_until: int | None = None, consent: str = "") -> int:
        """Somebody new."""
        self.places += 1
        thread = add_thread(self.tx, self.number_id, self.places, window_until=window_until)
        if consent:
            members.add_consent(
                self.tx, member_id=self.member(thread), purpose="marketing", state=consent, source="test",
                decided_at=NOON - DAY, now=NOON, origin="live",
            )  # fmt: skip
        return thread

    def member(self, thread: int) -> int:
        return int(self.tx.value("SELECT member_id FROM conversation WHERE id = ?", (thread,)))

    def write(
        self,
        thread: int,
        content: Content = PROMO,
        *,
        purpose: str = "marketing",
        now: int = NOON,
        operator_id: int | None = None,
    ) -> int:
        return service.enqueue(
            self.tx, number_id=self.number_id, conversation_id=thread, message_id=None, driver="cloud", content=content,
            purpose=purpose, answers_id=None, operator_id=operator_id, now=now,
        )  # fmt: skip

    def send(self, thread: int, content: Content = PROMO, *, purpose: str = "marketing", at: int) -> int:
        """A message that left at `at`."""
        key = self.write(thread, content, purpose=purpose, now=at)
        self.tx.execute("UPDATE outgoing SET state = 'queued' WHERE id = ? AND state <> 'queued'", (key,))
        self.tx.execute(
            "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at) VALUES (?, 1, ?, 'test', ?)",
            (key, f"opaque {key}", at),
        )
        self.tx.execute("UPDATE outgoing SET state = 'sending' WHERE id = ?", (key,))
        return key

    def stands(self, key: int) -> tuple[str, str]:
        row = store.outgoing_columns(self.tx, key)
        return row["state"], row["state_reason"]


Play = Callable[[Callable[[Ground], None]], Any]


@pytest.fixture
def play(database: AbstractAsyncContextManager[Database]) -> Play:
    """Run a test inside one transaction."""

    async def run(work: Callable[[Ground], None]) -> None:
        async with database as ledger:
            await ledger.write(lambda tx: work(Ground(tx, add_number(tx))))

    return run


async def test_what_a_person_said_and_was_sent(play: Play) -> None:
    def work(ground: Ground) -> None:
        agreed = ground.thread(consent="yes")
        assert ground.stands(ground.write(agreed)) == ("queued", "")
        assert ground.stands(ground.write(ground.thread())) == ("refused", "no_consent")
        assert ground.stands(ground.write(ground.thread(consent="stop"))) == ("refused", "stopped")
        # by hand in a talk: a stop counts alone
        owner = operators.acting(ground.tx, None, now=NOON).id
        talking = ground.thread(window_until=NOON + HOUR)
        assert ground.stands(ground.write(talking)) == ("refused", "no_consent")
        assert ground.stands(ground.write(talking, operator_id=owner)) == ("queued", "")
        stopped = ground.thread(window_until=NOON + HOUR, consent="stop")
        assert ground.stands(ground.write(stopped, operator_id=owner)) == ("refused", "stopped")
        assert ground.stands(ground.write(stopped, Text("Yes?"), purpose="reply")) == ("queued", "")
        assert ground.stands(ground.write(ground.thread(), Text("Hi"), purpose="reply")) == (
            "held",
            "template_needed",
        )
        # what left counts, what waits does not
        ground.send(agreed, at=NOON - 10 * DAY)
        assert ground.stands(ground.write(agreed)) == ("refused", "capped"), "silent: one in 14 days"
        ground.tx.execute(
            "INSERT INTO message (conversation_id, alias_id, direction, kind, text, sent_at, origin)"
            " VALUES (?, (SELECT max(id) FROM alias WHERE member_id = ?), 'in', 'text', 'x', ?, 'live')",
            (agreed, ground.member(agreed), NOON - 6 * DAY),
        )
        assert ground.stands(ground.write(agreed)) == ("queued", "")
        ground.send(agreed, at=NOON - 36 * HOUR + SECOND)
        assert ground.stands(ground.write(agreed)) == ("refused", "gap")
        assert ground.stands(ground.write(agreed, SHIPPED, purpose="service")) == ("queued", "")
        ground.send(agreed, SHIPPED, purpose="service", at=NOON - DAY)
        ground.send(agreed, Text("reply"), purpose="reply", at=NOON - DAY)
        assert ground.stands(ground.write(agreed, SHIPPED, purpose="service")) == ("queued", "")
        ground.send(agreed, SHIPPED, purpose="service", at=NOON - HOUR)
        assert ground.stands(ground.write(agreed, SHIPPED, purpose="service")) == ("refused", "capped")

    await play(work)


async def test_a_merged_person_is_asked_as_one(play: Play) -> None:
    def work(ground: Ground) -> None:
        first, second = ground.thread(consent="yes"), ground.thread(consent="yes")
        ground.send(first, at=NOON - 2 * HOUR)
        ground.tx.execute("UPDATE conversation SET window_until = ? WHERE id = ?", (NOON + HOUR, first))
        into, merged = ground.member(first), ground.member(second)
        ground.tx.execute(
            "UPDATE member SET merged_into = ?, one_since = ? WHERE id = ?", (into, NOON - DAY, merged)
        )
        ground.tx.execute("UPDATE member SET one_since = ? WHERE id = ?", (NOON - DAY, into))
        assert ground.stands(ground.write(second, Text("Hi"), purpose="reply")) == ("queued", "")
        ground.tx.execute("UPDATE conversation SET window_until = NULL WHERE id = ?", (first,))
        assert ground.stands(ground.write(second)) == ("refused", "capped")

    await play(work)


async def test_what_whatsapp_refuses_is_not_tried_with_the_same_person_again(play: Play) -> None:
    def work(ground: Ground) -> None:
        tx, learn = ground.tx, service_suppression.learn
        limited, stopped = ground.thread(consent="yes"), ground.thread(consent="yes")
        refused = ground.write(limited)
        assert learn(tx, refused, 131049, at=NOON, now=NOON) is not None
        assert learn(tx, refused, 131049, at=NOON, now=NOON) is None, "the same word again is no news"
        assert learn(tx, refused, 131026, at=NOON, now=NOON) is None
        assert ground.stands(ground.write(limited)) == ("refused", "suppressed")
        assert ground.stands(ground.write(limited, SHIPPED, purpose="service")) == ("queued", "")
        assert ground.stands(ground.write(limited, now=NOON + DAY)) == ("queued", "")

        learn(tx, ground.write(stopped), 131050, at=NOON, now=NOON)
        assert ground.stands(ground.write(stopped, now=NOON + 900 * DAY)) == ("refused", "suppressed")
        service_suppression.preference(tx, ground.member(stopped), ground.number_id, "resume", at=NOON + DAY)
        assert ground.stands(ground.write(stopped, now=NOON + 2 * DAY)) == ("queued", "")

        other = ground.thread(window_until=NOON + 9 * HOUR)
        learn(tx, ground.write(other, Text("Hi"), purpose="reply"), 130497, at=NOON, now=NOON)
        assert ground.stands(ground.write(ground.thread(window_until=NOON + HOUR), Text("Hi"), purpose="reply")) == (
            "refused", "suppressed",
        )  # fmt: skip
        rows = store_suppression.suppressions(tx, now=NOON)
        assert [(row["to"], row["reason"], row["scope"]) for row in rows] == [
            ("FR", "country", "all"),
            (phone(1), "marketing_limit", "marketing"),
        ]
        assert len(store_suppression.suppressions(tx, now=NOON + DAY)) == 1

    await play(work)


async def test_quiet_hours_let_it_wait_in_their_own_zone(play: Play) -> None:
    evening = parse_iso("2026-11-26T21:30:00Z")

    def work(ground: Ground) -> None:
        tx = ground.tx
        here, there = ground.thread(consent="yes"), ground.thread(consent="yes")
        talking = ground.thread(consent="yes", window_until=evening + HOUR)
        tx.execute("UPDATE member SET timezone = 'America/New_York' WHERE id = ?", (ground.member(there),))
        late = ground.write(here, now=evening)
        assert ground.stands(late) == ("scheduled", "quiet_hours")
        assert ground.stands(ground.write(there, now=evening)) == ("queued", "")
        assert ground.stands(ground.write(talking, now=evening)) == ("queued", "")
        morning = parse_iso("2026-11-27T09:00:00Z")
        assert service_waking.next_wake_at(tx, ground.number_id) == morning
        assert service_waking.wake(tx, ground.number_id, now=morning - 1) == 0
        assert service_waking.wake(tx, ground.number_id, now=morning) == 1
        assert ground.stands(late) == ("queued", "")
        facts.set_fact(tx, facts.SHOP_ZONE, "America/New_York")
        assert ground.stands(ground.write(here, now=evening)) == ("queued", "")

    await play(work)


async def test_a_template_that_changed_is_held_and_goes_on_when_it_is_approved(play: Play) -> None:
    def work(ground: Ground) -> None:
        tx, thread = ground.tx, ground.thread(consent="yes")
        waba = tx.value("SELECT waba_id FROM number WHERE id = ?", (ground.number_id,))
        tx.execute(
            "INSERT INTO template (waba_id, name, language, status, category) VALUES (?, 'autumn_sale', 'en', 'PAUSED', 'MARKETING')",
            (waba,),
        )
        key = ground.write(thread)
        assert ground.stands(key) == ("held", "template_status")
        tx.execute("UPDATE template SET status = 'APPROVED'")
        assert service_templates.let_go(tx, waba, "autumn_sale", "en") == 1
        assert service_eligible.objections(tx, [key], now=NOON) == {}
        tx.execute("UPDATE template SET category = 'UTILITY'")
        assert ground.stands(ground.write(thread)) == ("held", "template_category")
        tx.execute("UPDATE template SET category = 'MARKETING', deleted_at = 1")
        assert ground.stands(ground.write(thread)) == ("held", "template_status")

    await play(work)


async def test_what_is_paused_is_held(play: Play) -> None:
    def work(ground: Ground) -> None:
        tx, thread = ground.tx, ground.thread(consent="yes")
        key = ground.write(thread)
        tx.execute("UPDATE number SET paused_at = 1")
        assert service_eligible.objections(tx, [key], now=NOON)[key].reason == "number"
        tx.execute("UPDATE number SET paused_at = NULL")
        tx.execute("INSERT INTO breaker (scope, key, state) VALUES ('campaign', 'autumn', 'paused')")
        assert service_eligible.objections(tx, [key], now=NOON) == {}
        tx.execute("UPDATE outgoing SET campaign = 'autumn' WHERE id = ?", (key,))
        assert service_eligible.objections(tx, [key], now=NOON)[key].reason == "campaign"
        tx.execute("INSERT INTO breaker (scope, key, state) VALUES ('all', '', 'paused')")
        assert service_eligible.objections(tx, [key], now=NOON)[key].reason == "panic"

    await play(work)


async def test_facts_are_found_by_index(database: Database) -> None:
    def plans(tx: Transaction) -> list[str]:
        asked: list[str] = []

        def explained(self: Transaction, sql: str, values: Parameters = ()) -> list[Row]:
            asked.extend(str(row[3]) for row in self.execute(f"EXPLAIN QUERY PLAN {sql}", values))
            return []

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Transaction, "rows", explained)
            store_facts.facts_rows(tx, [1, 2], now=NOON)
            store_facts.sends(tx, {1, 2}, since=NOON)
            store_facts.heard_since(tx, {1, 2}, since=NOON)
        return asked

    found = await database.read(plans)
    assert not [line for line in found if "AUTOMATIC" in line]
    assert (
        len([line for line in found if "conversation_member (number_id=? AND member_id=?)" in line]) == 2
    ), found
    scans = [line for line in found if line.startswith("SCAN")]
    assert {line.split()[1] for line in scans} <= {"n", "left_ones", "ranked", "import_run", "json_each"}, (
        scans
    )
