"""Saved views: whose they are, how they are named and ordered, and that every change can be undone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOW
from waconsole import catalogue
from waconsole.__main__ import main
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused, Undone
from waconsole.operators import service, service_views
from waconsole.operators.service_views import SavedView, views_of


def right(_query: str, _subject: str) -> None:
    """Every query is."""


async def two_operators(database: Database) -> None:
    def work(tx: Transaction) -> None:
        service.add(tx, "Ana", "owner", now=NOW)
        service.add(tx, "Bo", "moderator", now=NOW)

    await database.write(work)


async def save(database: Database, name: str, query: str = "is:owed", **options: Any) -> SavedView:
    values: dict[str, Any] = {
        "subject": "conversation",
        "check": right,
        "operator": "Ana",
        "now": NOW,
        **options,
    }
    return await service_views.save(database, name, query, **values)


async def names(database: Database, operator: str = "Ana", subject: str = "conversation") -> list[str]:
    def work(tx: Transaction) -> list[str]:
        return [one.name for one in views_of(tx, subject, service.acting_id(tx, operator))]

    return await database.read(work)


async def undo(database: Database, operator: str = "Ana") -> str:
    return (await catalogue.undo(database, operator=operator, now=NOW))[0]


async def test_shared_views_come_first_and_own_ones_are_ones_own(database: Database) -> None:
    await two_operators(database)
    await save(database, "Late")
    await save(database, "Prices", shared=True)
    await save(database, "Late", operator="Bo")
    await save(database, "Members", subject="member")

    assert await names(database) == ["Prices", "Late"]
    assert await names(database, "Bo") == ["Prices", "Late"]
    assert await names(database, subject="member") == ["Members"]


async def test_saving_again_gives_the_view_another_query_and_undo_the_first(database: Database) -> None:
    await two_operators(database)
    first = await save(database, "Late", "is:owed")
    again = await save(database, "late", "is:owed age>2d")

    assert again == SavedView(first.id, "conversation", first.operator_id, "late", "is:owed age>2d", 1)
    assert await undo(database) == "save view"
    assert [one.query for one in await database.read(lambda tx: views_of(tx, "conversation", 1))] == [
        "is:owed"
    ]
    await undo(database)
    assert await names(database) == []


async def test_no_two_tabs_beside_each_other_bear_one_name(database: Database) -> None:
    await two_operators(database)
    await save(database, "Late")
    with pytest.raises(Refused, match="your own: choose another name"):
        await save(database, "LATE", shared=True)
    with pytest.raises(Refused, match="Another view beside this one is called Late"):
        await save(database, "Late", shared=True, operator="Bo")
    await save(database, "Prices", shared=True)
    with pytest.raises(Refused, match="called prices"):
        await service_views.rename(database, "Late", "prices", operator="Ana", now=NOW)
    assert await names(database) == ["Prices", "Late"]


async def test_a_view_moves_and_comes_back(database: Database) -> None:
    await two_operators(database)
    for name in ("A", "B", "C", "D"):
        await save(database, name)
    await service_views.drop(database, "B", operator="Ana", now=NOW)

    await service_views.move(database, "D", 1, operator="Ana", now=NOW)
    assert await names(database) == ["D", "A", "C"]
    with pytest.raises(Refused, match="places go from 1 to 3"):
        await service_views.move(database, "D", 4, operator="Ana", now=NOW)

    assert [await undo(database), await undo(database)] == ["move view", "drop view"]
    assert await names(database) == ["A", "B", "C", "D"]


async def test_an_undo_whose_name_is_taken_since_is_refused(database: Database) -> None:
    await two_operators(database)
    await save(database, "Late", shared=True)
    await service_views.drop(database, "Late", operator="Ana", now=NOW)
    await save(database, "Late", shared=True, operator="Bo")

    with pytest.raises(Undone):
        await undo(database)


async def test_what_the_query_check_refuses_is_not_saved(database: Database) -> None:
    def wrong(_query: str, _subject: str) -> None:
        raise Refused("No field is called ins.")

    with pytest.raises(Refused, match="No field"):
        await save(database, "Late", check=wrong)
    with pytest.raises(NotFound, match="No view is called Late"):
        await service_views.drop(database, "Late", operator=None, now=NOW)


@pytest.fixture
def say(ledger_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Says a command and answers (exit code, document)."""

    def said(*words: str) -> tuple[int, Any]:
        code = main([*words, "--ledger", str(ledger_path), "--json"])
        return code, json.loads(capsys.readouterr().out)

    said("init")
    return said


def test_views_as_they_are_typed(say: Any) -> None:
    code, saved = say("views", "save", "Late", "is:owed")
    assert (code, saved) == (
        0, {"view": "Late", "in": "conversation", "query": "is:owed", "shared": False, "place": 1},
    )  # fmt: skip
    assert say("views", "save", "Fr", "lang:fr", "--in", "members", "--shared")[1]["in"] == "member"
    assert [row["view"] for row in say("views", "list")[1]["rows"]] == ["Late", "Fr"]
    assert [row["view"] for row in say("views", "list", "--in", "members")[1]["rows"]] == ["Fr"]
    assert say("views", "rename", "Late", "Owed")[1]["view"] == "Owed"
    assert say("views", "move", "Owed", "1")[1]["place"] == 1
    assert say("views", "drop", "Owed")[0] == 0
    assert say("undo")[1]["undone"] == "drop view"


def test_a_view_with_a_wrong_query_is_refused_with_its_place(say: Any) -> None:
    code, answer = say("views", "save", "Late", "is:owwed")
    assert code == 1
    assert "owwed" in answer["error"]
    code, answer = say("views", "save", "Late", "is:owed", "--in", "horses")
    assert (code, answer["error"].partition(":")[0]) == (1, "Nothing can be asked of horses")
