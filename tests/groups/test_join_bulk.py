"""Requests to come in: what stands beside each, decided in bulk with a reason, by hand where nothing reaches a group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.conftest import NOW
from tests.invites.asking import GROUP, invite, person, programme, say, shop_of, stay
from tests.policy.ledgers import OWNER
from waconsole import catalogue
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused, UsageError
from waconsole.groups import risk, service_joins, store, store_live
from waconsole.groups.risk import Attribute, Mark, Risk, Sharing
from waconsole.members.store import member_by_id
from waconsole.outbox import store as outbox
from waconsole.settings import Settings
from waconsole.whatsapp.doors import Handled, JoinRequest, Person
from waconsole.whatsapp.driver import Verdict

FROZEN = Mark(9, "frozen", "rv-1")


def test_the_level_is_high_for_what_was_decided_about_the_person_or_this_group() -> None:
    def level(*marks: tuple[str, str], shared: bool = False) -> str:
        sharing = [Sharing("device", 9, FROZEN)] if shared else []
        return Risk([Mark(1, *mark) for mark in marks], sharing).level("Runners")

    assert level() == "none" and level(shared=True) == "some" and level(("review", "rv-2")) == "some"
    assert level(("removed", "Swimmers")) == "some" and level(("removed", "Runners")) == "high"
    assert level(("blocked", "rv-2")) == level(("frozen", "rv-2")) == "high"


def test_addresses_are_shared_in_any_spelling_and_only_with_marked_people() -> None:
    mine = [
        Attribute(1, "address", "12, Rue de l’Église"),
        Attribute(1, "device", "D1"),
        Attribute(1, "payment", ""),
    ]
    theirs = [
        Attribute(9, "address", "12 RUE DE L'ÉGLISE"), Attribute(8, "device", "D1"), Attribute(1, "device", "d1"),
        Attribute(9, "device", "d1"), Attribute(9, "payment", " "),
    ]  # fmt: skip
    marks = {9: [Mark(9, "review", "rv-2"), FROZEN], 1: [Mark(1, "review", "rv-3")]}
    assert risk.shared_with(mine, theirs, marks) == {
        1: [Sharing("device", 9, FROZEN), Sharing("address", 9, FROZEN)]
    }


class Door:
    """WhatsApp, which does what it is asked but for J3."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], bool]] = []

    async def decide(
        self, group_id: str, requests: list[JoinRequest], *, approve: bool
    ) -> tuple[Verdict, list[Handled]]:
        self.asked.append(([one.id for one in requests], approve))
        return Verdict("accepted"), [Handled(one.id, one.id != "J3", None, "full") for one in requests]


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    found = Door()

    @asynccontextmanager
    async def opened(database: Database, settings: Settings, number: Row, *, now: int) -> AsyncIterator[Door]:
        yield found

    monkeypatch.setattr(service_joins, "open_group_door", opened)
    return found


def asking(tx: Transaction) -> list[int]:
    """Three people ask to come in: one blameless, one who shares a device with somebody under review, one taken out before."""
    group_id = shop_of(tx)
    row = store_live.group_by_whatsapp_id(tx, GROUP)
    assert row is not None
    people = [person(tx, place) for place in range(3)]
    bad, other = person(tx, 8), person(tx, 9)
    tx.execute("UPDATE member SET device = 'D1' WHERE id IN (?, ?)", (people[1], bad))
    tx.execute(
        "INSERT INTO review (id, ref, kind, state, happened_at, found_at) VALUES (1, 'rv-1', 'ring', 'open', 0, 0)"
    )
    tx.execute("INSERT INTO review_member (review_id, member_id) VALUES (1, ?)", (bad,))
    tx.execute(
        """
        INSERT INTO moderation_step (ref, group_id, member_id, step, state, operator_id, taken_at)
        VALUES ('ms-1', ?, ?, 'remove', 'stands', 1, 0)
        """,
        (group_id, people[2]),
    )
    swimmers = store.add_group(tx, ref="g-swim", name="Swimmers", driver="human", origin="live", now=NOW)
    stay(tx, swimmers, people[0], NOW - DAY)
    invite(tx, programme(tx, "friends"), other, people[0], 5, "parcel card")
    for place, member_id in enumerate(people):
        service_joins.heard(
            tx, group_id, f"J{place + 1}", "created", member_id=member_id, alias_id=None,
            person=Person(member_by_id(tx, member_id).phone), channel="invite_link" if place else "",
            at=NOW - (3 - place) * HOUR,
        )  # fmt: skip
    return people


async def test_beside_each_request_stands_the_way_and_what_speaks_for_a_look(database: Database) -> None:
    await database.write(asking)
    for words in ((), ("Runners",)):
        answer = await say(database, "groups", "join-requests", *words, "--offline")
        first, second, third = answer.document["rows"]
        assert [row["risk"]["level"] for row in (first, second, third)] == ["none", "some", "high"]
    assert (first["group_name"], first["risk"]["groups"], first["entry_channel"]) == (
        "Runners",
        ["Swimmers"],
        "",
    )
    assert first["invited_by"]["channel"] == "parcel card" and first["invitation"] is None
    (shared,) = second["risk"]["shared"]
    assert (shared["attribute"], shared["kind"], shared["where"]) == ("device", "review", "rv-1")
    assert third["risk"]["reasons"][0]["says"] == "was taken out of Runners"
    assert "shares a device with somebody who is under review" in answer.lines[1]


async def test_many_are_decided_at_once_and_whoever_declines_says_why(database: Database, door: Door) -> None:
    await database.write(asking)
    with pytest.raises(Refused, match="--reason"):
        await say(database, "groups", "decline", "Runners", "J1")
    with pytest.raises(UsageError, match="--all"):
        await say(database, "groups", "approve", "Runners")
    assert door.asked == []
    done = await say(database, "groups", "decline", "Runners", "J1", "J2", "--reason", "not a customer")
    assert (done.document["done"], done.exit_code) == (["J1", "J2"], 0)
    full = await say(database, "groups", "approve", "Runners", "--all")
    assert (full.document["refused"], full.exit_code) == ([{"request": "J3", "reason": "full"}], 1)
    rows = (await say(database, "groups", "join-requests", "--offline", "--all")).document["rows"]
    assert {row["request"]: (row["state"], row["reason"], row["decided_by"]) for row in rows} == {
        "J1": ("declined", "not a customer", OWNER), "J2": ("declined", "not a customer", OWNER), "J3": ("asked", "", None),
    }  # fmt: skip


async def test_a_group_that_nothing_reaches_is_a_task_that_can_be_taken_back(database: Database) -> None:
    def work(tx: Transaction) -> None:
        asking(tx)
        group = store.group_named(tx, "Swimmers")
        tx.execute(
            "INSERT INTO conversation (ref, number_id, group_id) VALUES ('c-swim', ?, ?)",
            (outbox.hand_number_id(tx), group.id),
        )

    await database.write(work)

    async def decide(*words: str) -> Any:
        return await say(database, "groups", *words)

    offered = await decide("approve", "Swimmers", "Person 1", "Person 2", "--reason", "known")
    assert (len(offered.document["tasks"]), offered.document["done"]) == (2, [])
    tasks = await database.read(lambda tx: outbox.tasks(tx, only_open=True))
    assert all(task.text.startswith("Let in on the phone: Person") and "known" in task.text for task in tasks)
    await catalogue.undo(database, operator=OWNER, now=NOW)
    assert await database.read(outbox.tasks_open_count) == 0
    with pytest.raises(Refused, match="name them"):
        await decide("approve", "Swimmers", "--all")
    with pytest.raises(Refused, match="--reason"):
        await decide("decline", "Swimmers", "Person 1")
