"""Saved replies: variables, languages, undo; and that what stays open is never sent."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.inbox.ledger_builder import community
from tests.inbox.pane_app import inbox, press
from tests.kit.screens import screen_text
from waconsole import catalogue
from waconsole.__main__ import main
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.inbox import saved_words, service_saved_replies
from waconsole.inbox.saved_words import Filled, first_name, language_rank
from waconsole.inbox.store_saved_replies import saved_replies
from waconsole.kit.compose import ReplyText

WORDS = {"name": "Inès Roy", "first_name": "Inès", "group": "", "operator": "Ana"}


def test_variables_are_filled_and_what_is_not_known_is_marked() -> None:
    assert saved_words.filled("{first_name}, {operator}: {{ok}} {group} {date} {group}", WORDS) == Filled(
        "Inès, Ana: {ok} ⟦group⟧ ⟦date⟧ ⟦group⟧", ("group", "date")
    )
    assert saved_words.left_open("⟦group⟧ and ⟦group⟧, not ⟦x⟧") == ("group",)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Hi {nmae}", "There is no variable {nmae}: did you mean {name}?"),
        ("Hi {Name}", "did you mean {name}?"),
        ("{}", "There is no variable {}"),
        ("{price!r}", "there is {name}, {first_name}, {group}, {operator}, {date}, {time}."),
    ],
)
async def test_an_unknown_variable_is_refused_when_it_is_saved(
    database: Database, text: str, refused: str
) -> None:
    with pytest.raises(Refused) as error:
        await service_saved_replies.save(database, "hi", text, operator=None, now=NOW)

    assert refused in str(error.value)
    assert await database.read(saved_replies) == []


def test_first_names_and_languages() -> None:
    assert [first_name(name) for name in ("Inès Roy", "王小明", "+33 6 39 98 00 12", "")] == [
        "Inès",
        "王小明",
        "",
        "",
    ]
    assert [language_rank(one, "pt-BR") for one in ("pt-br", "pt", "", "fr")] == [0, 1, 2, 3]


async def saved(database: Database, name: str, text: str, language: str = "") -> None:
    await service_saved_replies.save(database, name, text, language=language, operator=None, now=NOW)


async def test_one_name_has_a_text_in_each_language_and_undo_goes_back(database: Database) -> None:
    await saved(database, "hello", "Bonjour", "fr")
    await saved(database, "hello", "Hello")
    await saved(database, "Hello", "Good day")

    def texts(tx: Transaction) -> list[tuple[str, str, str]]:
        return [(one.name, one.language, one.text) for one in saved_replies(tx)]

    assert await database.read(texts) == [("Hello", "", "Good day"), ("hello", "fr", "Bonjour")]
    await service_saved_replies.drop(database, "hello", operator=None, now=NOW)
    assert await database.read(texts) == []

    undone = [(await catalogue.undo(database, operator=None, now=NOW))[0] for _ in range(2)]
    assert undone == ["drop reply", "save reply"]
    assert await database.read(texts) == [("hello", "", "Hello"), ("hello", "fr", "Bonjour")]
    with pytest.raises(NotFound, match="No saved reply is called bye"):
        await service_saved_replies.drop(database, "bye", operator=None, now=NOW)


async def test_a_reply_is_filled_for_its_thread_in_the_zone_of_the_shop(database: Database) -> None:
    await database.write(community)
    text = "{name} / {first_name} / {group} / {operator} / {date} {time}"

    def work(tx: Transaction) -> list[Filled]:
        conversation = tx.value("SELECT id FROM visible_conversation ORDER BY id LIMIT 1")
        writer = tx.value("SELECT id FROM visible_member WHERE name = 'Paula'")
        taipei: dict[str, Any] = {"operator": "Ana", "now": NOW, "zone": ZoneInfo("Asia/Taipei")}
        return [
            service_saved_replies.fill(tx, text, conversation, member_id=writer, **taipei),
            service_saved_replies.fill(tx, text, conversation, **{**taipei, "zone": UTC}),
        ]

    to_paula, to_group = await database.read(work)
    assert to_paula.text == "Paula / Paula / Mamans Lyon 3 / Ana / 2026-11-26 20:00"
    assert to_group == Filled(
        "⟦name⟧ / ⟦first_name⟧ / Mamans Lyon 3 / Ana / 2026-11-26 12:00", ("name", "first_name")
    )


async def test_those_of_the_threads_language_are_offered_first(database: Database) -> None:
    await database.write(community)
    for language in ("de", "", "fr", "fr-CA"):
        await saved(database, f"hello {language}", "x", language)

    def work(tx: Transaction) -> list[str]:
        tx.execute("UPDATE \"group\" SET language = 'fr' WHERE name = 'Mamans Lyon 3'")
        conversation = tx.value("SELECT id FROM visible_conversation ORDER BY id LIMIT 1")
        return [one.language for one in service_saved_replies.offered(tx, conversation)]

    assert await database.write(work) == ["fr", "fr-CA", "", "de"]


def with_replies(tx: Transaction) -> None:
    """The community, with two saved replies."""
    community(tx)
    operator = tx.value("SELECT min(id) FROM operator")
    for name, text in (("soon", "{group}: jeudi matin."), ("thanks", "Merci {first_name} !")):
        tx.execute(
            "INSERT INTO saved_reply (name, folded, text, operator_id, saved_at) VALUES (:name, :name, :text, :by, 0)",
            {"name": name, "text": text, "by": operator},
        )


async def test_the_key_puts_a_reply_into_the_box(ledger_path: Path) -> None:
    async with inbox(ledger_path, with_replies) as (app, pilot):
        await press(pilot, "apostrophe")

        assert "soon" in screen_text(app)
        assert "Merci {first_name} !" in screen_text(app)

        await press(pilot, "1")

        assert app.query_one(ReplyText).text == "Mamans Lyon 3: jeudi matin."

        await press(pilot, "enter")

        assert "Queued" in app.said[-1] or "queued" in app.said[-1]
        texts = await app.desk.database.read(
            lambda tx: [row[0] for row in tx.rows("SELECT text FROM outgoing")]
        )
        assert "Mamans Lyon 3: jeudi matin." in texts


async def test_a_mark_that_stands_is_not_sent(ledger_path: Path) -> None:
    async with inbox(ledger_path, with_replies) as (app, pilot):
        await press(pilot, "apostrophe", "2")

        assert app.query_one(ReplyText).text == "Merci ⟦first_name⟧ !"
        assert app.said[-1] == "Not known here: ⟦first_name⟧. Write it before you send."

        await press(pilot, "enter")

        assert app.said[-1].startswith("⟦first_name⟧ is still open")
        assert app.query_one(ReplyText).text == "Merci ⟦first_name⟧ !"
        count = await app.desk.database.read(
            lambda tx: tx.value("SELECT count(*) FROM outgoing WHERE text LIKE 'Merci%'")
        )
        assert count == 0


def test_replies_as_they_are_typed(ledger_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def say(*words: str) -> tuple[int, Any]:
        code = main([*words, "--ledger", str(ledger_path), "--json"])
        return code, json.loads(capsys.readouterr().out)

    code, row = say("replies", "save", "hello", "--text", "Bonjour {first_name}", "--language", "fr")
    assert (code, row) == (0, {"reply": "hello", "language": "fr", "text": "Bonjour {first_name}"})
    assert say("replies", "list")[1] == {"count": 1, "rows": [row]}
    code, answer = say("replies", "save", "hello", "--text", "{who}")
    assert (code, answer["error"].partition(":")[0]) == (1, "There is no variable {who}")
    assert say("replies", "save", "hello", "--text", "x", "--language", "klingon!")[0] == 1
    assert say("replies", "drop", "hello")[1] == {"dropped": 1, "rows": [row]}
    assert say("undo")[1] == {"undone": "drop reply", "count": 1}
    assert say("replies", "list")[1]["count"] == 1
