"""Tags of rules follow the facts, tags of hands stay or end by themselves, and who had which is known afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import NOW
from tests.invites.asking import order
from tests.invites.asking import say as said
from waconsole import catalogue
from waconsole.clock import DAY, iso
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members import store as members
from waconsole.members import store_merge
from waconsole.members import store_tags as bearing
from waconsole.query.mistakes import QueryError
from waconsole.segments import store_tags
from waconsole.segments.tagging import circle, difference, ordered
from waconsole.settings import Settings
from waconsole.sync import tagging
from waconsole.sync.tagging import catch_up_tags, tag_once


async def say(database: Database, *words: str, now: int = NOW) -> Mapping[str, Any]:
    return (await said(database, *words, by=None, now=now)).document


def people(tx: Transaction, count: int = 4) -> None:
    for place in range(1, count + 1):
        members.ensure_member(
            tx, phone=f"+3363998{place:04d}", bsuid=None, name=f"Person {place}", origin="live", now=NOW, seen_at=NOW
        )  # fmt: skip


def phone(place: int) -> str:
    return f"+3363998{place:04d}"


async def bearing_it(database: Database, name: str, now: int = NOW) -> list[str]:
    rows = (await say(database, "segments", "members", f"tag:{name}", now=now))["rows"]
    return [row["phone"][-1] for row in rows]


def test_what_a_rule_changes_leaves_hands_alone() -> None:
    assert difference([1, 2, 3, 4], borne=[2, 3, 9, 8], ruled=[3, 8]) == ([1, 4], [8])
    assert difference([], borne=[], ruled=[]) == ([], [])


def test_rules_come_after_those_they_name() -> None:
    assert ordered({"a": {"b"}, "b": {"c"}, "c": {"vip"}, "d": set()}) == ["c", "d", "b", "a"]
    assert ordered({"a": {"b"}, "b": {"a"}}) == ["a", "b"], "a circle ends too"
    assert circle("a", {"a": ["b"], "b": ["c", "d"], "d": ["a"]}) == ["a", "b", "d", "a"]
    assert circle("a", {"a": ["b"], "b": ["b"]}) == []
    assert circle("a", {"a": ["a"]}) == ["a", "a"]


async def test_a_tag_follows_its_rule_and_its_past_is_kept(database: Database) -> None:
    rule = "orders(7d) >= 1"

    def begun(tx: Transaction) -> None:
        people(tx)
        order(tx, 1, 6)
        order(tx, 2, 1)

    await database.write(begun)
    await say(database, "members", "tag", "fresh", phone(3))

    found = await say(database, "segments", "tag", "fresh", rule)
    assert (found["version"], found["added"], found["removed"], found["count"]) == (1, 2, 0, 3)
    again = await say(database, "segments", "tag", "fresh", rule)
    assert (again["version"], again["added"], again["removed"]) == (1, 0, 0), "the same again changes nothing"
    assert await bearing_it(database, "fresh") == ["1", "2", "3"]

    later = NOW + 3 * DAY  # the first order is nine days old then
    tagged = await catch_up_tags(database, Settings(), catalogue.vocabulary, now=later, stop=lambda: False)
    assert (tagged.added, tagged.removed) == (0, 1)
    assert await bearing_it(database, "fresh", later) == ["2", "3"]
    with pytest.raises(Refused, match="A rule puts fresh on"):
        await say(database, "members", "untag", "fresh", phone(2), now=later)

    second = await say(database, "segments", "tag", "fresh", "orders(30d) >= 1", now=later)
    assert (second["version"], second["added"]) == (2, 1)
    rows = (await say(database, "segments", "tags", "--history", "fresh", now=later))["rows"]
    assert [(row["phone"][-1], row["by"], row["version"], row["until"], row["ended_by"]) for row in rows] == [
        ("2", "rule", 1, None, None), ("3", "hand", None, None, None), ("1", "rule", 1, iso(later), "rule"),
        ("1", "rule", 2, None, None),
    ]  # fmt: skip
    listed = (await say(database, "segments", "tags", now=later))["rows"]
    assert [(row["tag"], row["kind"], row["version"], row["by_rule"], row["by_hand"]) for row in listed] == [
        ("fresh", "rule", 2, 2, 1)
    ]
    gone = await say(database, "segments", "tag", "fresh", "--drop", now=later)
    assert (gone["version"], gone["rule"], gone["removed"], gone["count"]) == (3, None, 2, 1)
    assert (await say(database, "segments", "tags", now=later))["rows"][0]["kind"] == "hand"
    with pytest.raises(NotFound):
        await say(database, "segments", "tag", "fresh", "--drop", now=later)

    await said(database, "undo", by=None, now=later)
    assert await tag_once(database, Settings(), catalogue.vocabulary, now=later, stop=lambda: False) == ""
    assert await bearing_it(database, "fresh", later) == ["1", "2", "3"]
    with pytest.raises(Exception, match="never changes"):
        await database.write(lambda tx: tx.execute("UPDATE tag_rule SET rule = 'is:new'"))
    with pytest.raises(Exception, match="stays"):
        await database.write(lambda tx: tx.execute("DELETE FROM tag_rule"))


async def test_a_rule_that_comes_back_to_its_tag_is_refused(database: Database) -> None:
    await say(database, "segments", "tag", "a", "tag:b or orders(7d) >= 1")
    await say(database, "segments", "save", "S", "tag:a and lang:fr")
    for rule in ("tag:b", "is:new or tag:a", "not segment:S"):
        with pytest.raises((QueryError, Refused), match="comes back to its own tag"):
            await say(database, "segments", "tag", "b", rule)
    with pytest.raises(QueryError):
        await say(database, "segments", "tag", "c", "orders() >= 1")
    with pytest.raises(Refused, match="--drop"):
        await say(database, "segments", "tag", "c")
    assert not await database.read(lambda tx: store_tags.latest(tx, "c"))

    await say(database, "segments", "tag", "c", "segment:S")
    await say(database, "segments", "drop", "S")
    told = await tag_once(database, Settings(), catalogue.vocabulary, now=NOW, stop=lambda: False)
    assert "The rule of c cannot be asked" in told, "the others are asked all the same"


async def test_a_tag_of_a_hand_ends_when_it_said(database: Database) -> None:
    await database.write(people)
    await say(database, "members", "tag", "trial", phone(1), phone(2), "--for", "2d")
    await say(database, "members", "tag", "trial", phone(3), "--until", "2026-12-01")
    await say(database, "members", "tag", "trial", phone(4))
    assert await bearing_it(database, "trial") == ["1", "2", "3", "4"]
    edge = NOW + 2 * DAY
    assert await bearing_it(database, "trial", edge - 1_000_000) == ["1", "2", "3", "4"]
    assert await bearing_it(database, "trial", edge) == ["3", "4"], "also before anybody swept"

    await said(database, "undo", by=None)
    done = await catch_up_tags(
        database, Settings(), catalogue.vocabulary, now=NOW + 9 * DAY, stop=lambda: False
    )
    assert done.expired == 3
    rows = (await say(database, "segments", "tags", "--history", phone(1)))["rows"]
    assert [(row["tag"], row["until"], row["ended_by"]) for row in rows] == [("trial", iso(edge), "time")]
    for wrong in ((phone(1), "--for", "0d"), (phone(1), "--until", "soon"), (phone(1), "--for", "1d", "--until", "2027-01-01"),
                  (phone(1), "--until", "2026-01-01")):  # fmt: skip
        with pytest.raises(Refused):
            await say(database, "members", "tag", "x", *wrong)


async def test_a_person_of_two_rows_bears_a_rules_tag_once(database: Database) -> None:
    def merged(tx: Transaction) -> None:
        people(tx, 2)
        order(tx, 2, 1)
        store_merge.merge(tx, 2, 1, operator_id=None, now=NOW)

    await database.write(merged)
    assert (await say(database, "segments", "tag", "buyer", "orders(7d) >= 1"))["added"] == 1
    assert (await say(database, "segments", "tag", "buyer", "orders(7d) >= 2"))["removed"] == 1
    assert await database.read(lambda tx: bearing.bearers(tx, "buyer")) == []


async def test_a_running_console_follows_the_facts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.write(people)
    await say(database, "segments", "tag", "buyer", "orders(7d) >= 1")
    monkeypatch.setattr(tagging, "PAUSE_SECONDS", 0.0)
    changed = asyncio.Event()
    database.watch()
    database.on_change.append(changed.set)
    running = asyncio.create_task(
        tagging.keep_tagging(
            database, Settings(), catalogue.vocabulary, clock=lambda: NOW, stop=lambda: False
        )
    )
    await database.write(lambda tx: order(tx, 1, 1))
    async with asyncio.timeout(10):
        while await database.read(lambda tx: bearing.bearers(tx, "buyer")) != [1]:
            await changed.wait()
            changed.clear()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
