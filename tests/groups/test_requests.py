"""Asking WhatsApp about groups: written first, never asked twice blindly, decided by an operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.conftest import NOW
from waconsole.clock import SECOND
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.groups import (
    service_asking,
    service_display,
    service_joins,
    service_look,
    service_requests,
    store,
    store_joins,
    store_live,
    store_requests,
    store_standing,
)
from waconsole.members import store as members
from waconsole.outbox import store_numbers
from waconsole.settings import Settings
from waconsole.whatsapp.doors import GroupSeen, Handled, JoinRequest, Person
from waconsole.whatsapp.driver import Action, Verdict

GROUP, NUMBER = "R1JPVVAtRkFLRS0wMDE", "100000000000001"
YES = Verdict("accepted")
BO = Person(bsuid="DE.9", username="bo.fake")


@dataclass
class Door:
    """A driver's groups: what it is asked, and what it answers."""

    verdict: Verdict = YES
    seen: list[GroupSeen] = field(default_factory=list)
    asking: list[JoinRequest] = field(default_factory=list)
    handled: list[Handled] | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def groups(self) -> tuple[Verdict, list[GroupSeen]]:
        self.asked.append(("groups",))
        return YES, self.seen

    async def group(self, group_id: str) -> tuple[Verdict, GroupSeen | None]:
        return YES, next((one for one in self.seen if one.id == group_id), None)

    async def create(self, subject: str, description: str, approval: str) -> tuple[Verdict, str]:
        self.asked.append(("create", subject, approval))
        return self.verdict, ""

    async def invite_link(self, group_id: str, *, reset: bool = False) -> tuple[Verdict, str]:
        self.asked.append(("link", reset))
        return self.verdict, "https://chat.whatsapp.com/NEW" if self.verdict is YES else ""

    async def join_requests(self, group_id: str) -> tuple[Verdict, list[JoinRequest]]:
        return self.verdict, self.asking

    async def decide(
        self, group_id: str, requests: list[JoinRequest], *, approve: bool
    ) -> tuple[Verdict, list[Handled]]:
        self.asked.append(("decide", [one.id for one in requests], approve))
        if self.verdict is not YES:
            return self.verdict, []
        return YES, self.handled or [Handled(one.id, True) for one in requests]

    async def pin(self, group_id: str, wamid: str, days: int | None) -> Verdict:
        self.asked.append(("pin", wamid, days))
        return self.verdict

    async def remove(self, group_id: str, people: list[Person]) -> tuple[Verdict, list[Handled]]:
        self.asked.append(("remove", people))
        return self.verdict, [Handled(one.phone or one.bsuid or "", True) for one in people]


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """The door every group is reached by."""
    found = Door()

    @asynccontextmanager
    async def opened(database: Database, settings: Settings, number: Row, *, now: int) -> AsyncIterator[Door]:
        yield found

    for module in (service_asking, service_display, service_joins, service_look, service_requests):
        monkeypatch.setattr(module, "open_group_door", opened)
    return found


async def ready(database: Database) -> str:
    """A number, a group; answers the group's ref."""

    def work(tx: Transaction) -> str:
        number_id = store_numbers.ensure_number(
            tx, phone_number_id=NUMBER, waba_id="2", name="shop", phone=None, now=NOW
        )
        return str(store_live.ensure_group(tx, GROUP, now=NOW, number_id=number_id)["ref"])

    return await database.write(work)


def create(database: Database, subject: str = "Coffee club", **more: Any) -> Any:
    return service_requests.create(database, Settings(), subject, operator=None, now=NOW, **more)


async def test_a_group_is_pending_under_whatsapps_id_of_the_request(database: Database, door: Door) -> None:
    await ready(database)
    door.verdict = Verdict("accepted", trace="REQ1")
    asked = await create(database, approval="required")

    assert (asked.state, asked.request_id, asked.group) == ("pending", "REQ1", "")
    assert door.asked == [("create", "Coffee club", "required")]
    with pytest.raises(Refused, match="is being made"):
        await create(database)
    with pytest.raises(Refused, match="128"):
        await create(database, "x" * 129)


async def test_a_group_whose_answer_was_lost_is_looked_for_before_it_is_asked_again(
    database: Database, door: Door
) -> None:
    await ready(database)
    door.verdict = Verdict("unknown", action=Action.UNKNOWN)
    assert (await create(database)).state == "unknown"

    door.seen = [
        GroupSeen("OLD", "Coffee club", created_at=1),
        GroupSeen("NEW", "Coffee club", created_at=NOW),
    ]
    asked = await create(database)
    assert (asked.state, [words[0] for words in door.asked]) == ("done", ["create", "groups"])
    group = await database.read(lambda tx: store_live.group_by_whatsapp_id(tx, "NEW"))
    assert group is not None
    assert (asked.group, group["name"]) == (group["ref"], "Coffee club")


async def test_a_group_that_is_not_there_is_asked_for_again(database: Database, door: Door) -> None:
    await ready(database)
    door.verdict = Verdict("unknown", action=Action.UNKNOWN)
    await create(database)
    door.verdict = Verdict("accepted", trace="REQ2")
    assert (await create(database)).state == "pending"
    states = [row["state"] for row in await database.read(store_requests.requests)]
    assert states == ["pending", "failed"]


async def test_whatsapps_no_is_a_sentence_and_a_failed_request(database: Database, door: Door) -> None:
    await ready(database)
    door.verdict = Verdict("refused", action=Action.PARK, code=131215, detail="not eligible")
    with pytest.raises(Refused, match=r"error 131215\): not eligible"):
        await create(database)
    (row,) = await database.read(store_requests.requests)
    assert (row["state"], row["code"]) == ("failed", 131215)


async def test_a_link_is_reset_once(database: Database, door: Door) -> None:
    ref = await ready(database)
    group, link = await service_requests.invite_link(
        database, Settings(), GROUP, reset=True, operator=None, now=NOW
    )
    assert (group.ref, link, door.asked) == (ref, "https://chat.whatsapp.com/NEW", [("link", True)])
    door.verdict = Verdict("unknown", action=Action.UNKNOWN)
    with pytest.raises(Refused, match="may have been done"):
        await service_requests.invite_link(database, Settings(), ref, reset=True, operator=None, now=NOW)


async def test_people_are_taken_out_by_what_they_are_known_by(database: Database, door: Door) -> None:
    ref = await ready(database)
    door.verdict = Verdict("accepted", trace="REQ3")
    await database.write(
        lambda tx: members.ensure_member(
            tx, phone=None, bsuid="DE.9", name="Bo", origin="live", now=NOW, seen_at=NOW
        )
    )
    asked, _ = await service_requests.remove(
        database, Settings(), ref, ["Bo", "+33639980012"], operator=None, now=NOW
    )
    assert asked.state == "pending"
    ((_, people),) = door.asked
    assert [(one.phone, one.bsuid) for one in people] == [(None, "DE.9"), ("+33639980012", None)]
    for who in ([], ["x"] * 9):
        with pytest.raises(Refused, match="One to 8"):
            await service_requests.remove(database, Settings(), ref, who, operator=None, now=NOW)


async def test_a_message_is_pinned_for_days_that_whatsapp_takes(database: Database, door: Door) -> None:
    ref = await ready(database)
    for days in (4, None):
        await service_display.pin(database, Settings(), ref, "wamid.1", days, operator=None, now=NOW)
    assert door.asked == [("pin", "wamid.1", 4), ("pin", "wamid.1", None)]
    with pytest.raises(Refused, match="1 to 30"):
        await service_display.pin(database, Settings(), ref, "wamid.1", 31, operator=None, now=NOW)


async def joined(database: Database, *ids: str) -> str:
    """A group where somebody asks to come in by each of these requests."""
    ref = await ready(database)

    def work(tx: Transaction) -> None:
        group_id = store.group_named(tx, ref).id
        for place, request_id in enumerate(ids):
            member_id = members.ensure_member(
                tx, phone=None, bsuid=f"DE.{place}", name=f"Bo{place}", origin="live", now=NOW, seen_at=NOW
            )
            service_joins.heard(
                tx, group_id, request_id, "created", member_id=member_id, alias_id=None,
                person=Person(bsuid=f"DE.{place}"), channel="", at=NOW - SECOND,
            )  # fmt: skip

    await database.write(work)
    return ref


def decide(database: Database, ref: str, who: list[str] | None, *, approve: bool = True, **more: Any) -> Any:
    return service_joins.decide(
        database, Settings(), ref, who, approve=approve, operator=None, now=NOW, **more
    )


async def test_everybody_who_waits_is_let_in_and_each_answer_counts(database: Database, door: Door) -> None:
    ref = await joined(database, "J1", "J2", "J3")
    door.handled = [Handled("J1", True), Handled("J2", True, 131213), Handled("J3", False, 131204, "full")]
    decided = await decide(database, ref, None, reason="known")

    assert (decided.done, decided.refused) == (["J1", "J2"], [("J3", "full")])
    rows = await database.read(lambda tx: store_joins.joins(tx, only_asked=False))
    assert {row["request_id"]: (row["state"], row["reason"], row["code"]) for row in rows} == {
        "J1": ("approved", "known", None), "J2": ("gone", "known", None), "J3": ("asked", "", 131204),
    }  # fmt: skip


async def test_one_is_declined_by_member_and_remembered_here(database: Database, door: Door) -> None:
    ref = await joined(database, "J1", "J2")
    decided = await decide(database, ref, ["Bo1"], approve=False, reason="spam")

    assert (decided.done, door.asked) == (["J2"], [("decide", ["J2"], False)])
    assert await database.read(store_joins.counts) == {1: 1}
    again = await decide(database, ref, ["J1", "DE.0"])  # twice the same person
    assert again.done == ["J1"]
    with pytest.raises(NotFound, match="Not all of those"):
        await decide(database, ref, ["J1"])


async def test_offline_nothing_is_decided(database: Database, door: Door) -> None:
    ref = await joined(database, "J1")
    door.verdict = Verdict("unsent", action=Action.RETRY, detail="ConnectError")
    decided = await decide(database, ref, ["J1"])
    assert (decided.done, await database.read(store_joins.counts)) == ([], {1: 1})
    assert decided.refused == [("J1", "WhatsApp was not reached, nothing was asked: ConnectError.")]


async def test_a_look_brings_in_who_asks_and_lets_go_who_does_not(database: Database, door: Door) -> None:
    ref = await joined(database, "J1")
    door.asking = [JoinRequest("J9", BO, NOW - SECOND)]

    async def looked(now: int) -> dict[str, str]:
        assert await service_joins.look(database, Settings(), ref, now=now) == len(door.asking)
        rows = await database.read(lambda tx: store_joins.joins(tx, only_asked=False))
        return {row["request_id"]: row["state"] for row in rows}

    # A list may be behind the webhook that told of somebody a moment ago.
    assert await looked(NOW) == {"J9": "asked", "J1": "asked"}
    late = NOW + service_joins.LISTED_AFTER
    assert await looked(late) == {"J9": "asked", "J1": "gone"}
    door.asking.append(JoinRequest("J1", BO, NOW - SECOND))
    assert await looked(late + SECOND) == {"J9": "asked", "J1": "asked"}


async def test_a_look_at_all_groups_brings_names_and_ends(database: Database, door: Door) -> None:
    await ready(database)
    door.seen = [GroupSeen("G2", "Tea club", "we drink", "required", suspended=True, count=3)]
    looked = await service_look.look(database, Settings(), now=NOW + SECOND)
    assert (looked.found, looked.new, looked.ended) == (1, 1, 1)

    def stands(tx: Transaction) -> Row:
        group = store_live.group_by_whatsapp_id(tx, "G2")
        assert group is not None
        return store_standing.standing(tx, group["id"])

    row = await database.read(stands)
    assert (row["name"], row["description"], row["approval"], row["people_count"]) == (
        "Tea club", "we drink", "required", 3,
    )  # fmt: skip
    assert row["suspended_at"] is not None


async def test_a_group_of_a_human_hand_is_refused_in_words(database: Database) -> None:
    await database.write(
        lambda tx: store.add_group(tx, ref="g1", name="Paris", driver="human", origin="import", now=NOW)
    )
    with pytest.raises(Refused, match="on the phone, by hand"):
        await service_joins.decide(database, Settings(), "Paris", None, approve=True, operator=None, now=NOW)
