"""What `find` and `search` answer about a ledger filled from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.sync.imports import HEAD, found, imported, quiet, texts, written
from waconsole import catalogue
from waconsole.clock import DAY
from waconsole.database.connection import Database
from waconsole.errors import Refused, Transient
from waconsole.inbox import service, service_find
from waconsole.query.compile import compile_query, ids_sql
from waconsole.sync.intake_contacts import import_contacts

MAMANS = (
    HEAD,
    "10/11/2026, 09:00 - Inès: vieux message",
    "25/11/2026, 09:12 - Inès: Quelqu'un a essayé la taille 2 ?",
    "25/11/2026, 09:14 - +33 6 39 98 12 17: oui, elle taille petit",
    "25/11/2026, 09:14 - Ana: <Media omitted>",
    "25/11/2026, 09:15 - Ana: corrigé <This message was edited>",
)
CLUB = (
    "2026/11/25 09:30 - 王小明: 這瓶多少錢？可以用折價券嗎",
    "2026/11/25 09:31 - Inès: hello refunds",
    "2026/11/25 09:32 - 王小明: 退款 什麼時候",
)


async def _fill(database: Database, tmp_path: Path) -> None:
    await imported(database, written(tmp_path / "a.txt", *MAMANS), "Mamans Lyon 3", me="Ana")
    await imported(database, written(tmp_path / "b.txt", *CLUB), "Skin Club")
    contacts = tmp_path / "c.csv"
    contacts.write_text("phone,name,language,tags\n+33639981217,Paula,fr,vip\n", encoding="utf-8")
    from zoneinfo import ZoneInfo

    await import_contacts(database, contacts, quiet(), region=None, zone=ZoneInfo("UTC"), now=NOW)


async def test_rows_carry_the_whole_contract(database: Database, tmp_path: Path) -> None:
    await _fill(database, tmp_path)

    row = (await found(database, 'in:"mamans lyon 3" from:Inès age<2d'))[0]

    assert row["group"] == "Mamans Lyon 3"
    assert row["from"] == "Inès"
    assert row["at"] == "2026-11-25T09:12:00Z"
    assert row["kind"] == "text"
    assert row["edited"] is False
    assert row["direction"] == "in"
    assert row["items"][0]["kind"] == "question"
    assert row["reactions"] == []
    assert {"id", "conversation", "member", "wamid", "type", "bsuid", "deleted"} <= set(row)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('in:"Skin Club"', 3),
        ('from:"+33 6 39 98 12 17"', 1),
        ("from:Paula", 1),
        ("from:Inès", 3),
        ("age>2d", 1),
        ("age<2d kind:media", 1),
        ("is:edited", 1),
        ("is:ours", 2),
        ("is:unread", 5),
        ("-is:unread", 3),
        ("tag:vip", 1),
        ("has:item", 3),
        ("kind:system", 1),
        ("tail", 2),
        ('"taille 2"', 1),
        ("TAILLE petit", 1),
        ("essaye", 1),
        ("多少", 1),
        ("refund", 1),
        ('"refund"', 0),
        ("refunds -hello", 0),
        ("", 8),
    ],
)
async def test_a_query_finds_exactly(database: Database, tmp_path: Path, query: str, expected: int) -> None:
    await _fill(database, tmp_path)

    assert len(await found(database, query)) == expected


async def test_newest_first_and_later_lines_first_within_a_time(database: Database, tmp_path: Path) -> None:
    await _fill(database, tmp_path)

    assert await texts(database, 'in:"Mamans Lyon 3"') == [
        "corrigé", "", "oui, elle taille petit", "Quelqu'un a essayé la taille 2 ?", "vieux message",
    ]  # fmt: skip


async def test_unread_and_read_share_all_messages(database: Database, tmp_path: Path) -> None:
    await _fill(database, tmp_path)
    assert await service.read_to(database, 3)

    unread, read, everything = [
        {row["id"] for row in await found(database, query)} for query in ("is:unread", "-is:unread", "")
    ]

    assert unread | read == everything
    assert not unread & read


async def test_members_and_items_are_found(database: Database, tmp_path: Path) -> None:
    await _fill(database, tmp_path)

    members = await found(database, "paula", subject="members")
    assert [(row["phone"], row["name"], row["tags"], row["groups"]) for row in members] == [
        ("+33639981217", "Paula", ["vip"], ["Mamans Lyon 3"])
    ]
    items = await found(database, 'kind:question is:open in:"Mamans Lyon 3"', subject="items")
    assert [(row["state"], row["owed_until"]) for row in items] == [("open", "2026-11-26T09:12:00Z")]
    assert await found(database, "is:late", subject="items", now=NOW - DAY) == []
    late = await found(database, "is:late", subject="items", now=NOW + 2 * DAY)
    assert late == await found(database, "is:open", subject="items")


async def test_search_counts_exactly_and_limits(database: Database, tmp_path: Path) -> None:
    await _fill(database, tmp_path)

    count, rows = await database.read(lambda tx: service_find.search_messages(tx, "taille", limit=1))

    assert (count, len(rows)) == (2, 1)
    assert rows[0]["text"] == "oui, elle taille petit"
    with pytest.raises(Refused):
        await database.read(lambda tx: service_find.search_messages(tx, "!", limit=None))


async def test_explain_names_the_rule(database: Database, tmp_path: Path) -> None:
    await _fill(database, tmp_path)
    item = (await found(database, "kind:question", subject="items"))[-1]

    found_rule = await database.read(
        lambda tx: service_find.explain_item(tx, service_find.item_named(tx, item["item"]), now=NOW)
    )

    assert found_rule["rule"] and found_rule["rule_version"] >= 1
    assert found_rule["says"].endswith(".")
    assert found_rule["evidence"]


async def test_an_exact_search_says_how_far_it_is_and_can_be_stopped(
    database: Database, tmp_path: Path
) -> None:
    await _fill(database, tmp_path)
    said: list[tuple[int, int]] = []

    count, rows = await service_find.search_exactly(
        database, "aille", progress=lambda done, of: said.append((done, of)), cancelled=lambda: False, limit=1
    )

    assert (count, len(rows)) == (2, 1)
    assert rows[0]["text"] == "oui, elle taille petit"
    assert said and said[-1][0] == said[-1][1]
    with pytest.raises(Transient, match="stopped after"):
        await service_find.search_exactly(
            database, "aille", progress=lambda _done, _of: None, cancelled=lambda: True, limit=None
        )


async def test_ids_stand_in_the_condition_of_another_list(database: Database, tmp_path: Path) -> None:
    await _fill(database, tmp_path)
    vocabulary = catalogue.vocabulary()
    compiled = compile_query('in:"Mamans Lyon 3" tag:vip', "members", vocabulary, now=NOW)
    ids = ids_sql(compiled, vocabulary.subject("members"))

    rows = await database.read(
        lambda tx: tx.rows(f"SELECT name FROM visible_member AS m WHERE m.id IN ({ids})", compiled.parameters)
    )

    assert [row["name"] for row in rows] == ["Paula"]
