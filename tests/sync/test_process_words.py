"""Words that end marketing: heard before every other rule, answered once, never undone by an import."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import NOW
from tests.sync.imports import found
from tests.sync.webhooks import ANA, AT, GROUP, body, message, our_number, take_in, text
from waconsole.clock import HOUR, SECOND
from waconsole.database.connection import Database, Row
from waconsole.members import store as members
from waconsole.outbox import service as outbox
from waconsole.policy import library
from waconsole.sync.intake_words import Heard, OptOut
from waconsole.whatsapp.content import Text

GERMAN = "4915550001111"


@pytest.fixture(scope="module")
def words() -> OptOut:
    """The bundled words."""
    return OptOut.of_policies(
        [(name, value, value["version"]) for name, value in library.bundled() if name.startswith("opt_out.")]
    )


@pytest.mark.parametrize(
    "said",
    [
        "STOP", "stop", "Stop.", "stop!!! 🛑", "ＳＴＯＰ", "S.T.O.P", "*STOP*", "“Stop”", "STOP please", "Stop sending me this",
        "Unsubscribe", "unsubscribe me", "opt-out", "désabonner", "Désabonnez-moi", "DESABONNER", "stop pub", "arrêt",
        "abmelden", "ABMELDUNG", "Keine Werbung mehr bitte", "baja", "darme de baja por favor", "sair", "cancelar inscrição",
        "Disiscrivimi", "Annulla iscrizione", "annulla l'iscrizione per favore", "Annullare l’iscrizione", "afmelden", "수신거부", "수신거부합니다", "수신거부 부탁드려요", "配信停止", "配信停止してください",
        "退訂", "退訂謝謝", "取消订阅", "退订", "TD", "إلغاء الاشتراك", "إيقاف", "СТОП", "unreg",
    ],
)  # fmt: skip
def test_a_stop_word_is_heard(words: OptOut, said: str) -> None:
    heard = words.hear(said)

    assert heard is not None and heard.says == "stop", said


@pytest.mark.parametrize(
    "said",
    [
        "please stop sending me these", "Please stop", "can you stop this?", "how do I unsubscribe?", "Bitte abmelden",
        "広告の配信停止をお願いします", "cancel", "END", "annuler", "annulla", "come annullo l'iscrizione? annulla iscrizione", "取消", "arrêtez de m'écrire",
    ],
)  # fmt: skip
def test_an_unclear_word_is_for_an_operator(words: OptOut, said: str) -> None:
    heard = words.hear(said)

    assert heard is not None and heard.says == "unclear", said


@pytest.mark.parametrize(
    "said",
    [
        "", "👍", "hello", "where is the bus stop near your shop today", "Stop by our shop tomorrow", "baja el precio del sérum",
        "you can't stop the music", "non-stop party tonight with all of you", "the backend is down", "je m'arrête demain",
        "取件", "停電了", "今日は停止線の前で待ちました", "\u202e\u0000\x1b[2J", "x" * 70_000,
    ],
)  # fmt: skip
def test_ordinary_talk_is_left_alone(words: OptOut, said: str) -> None:
    assert words.hear(said) is None, said


def test_a_word_of_many_languages_is_taken_in_the_members_own(words: OptOut) -> None:
    def language(tag: str, phone: str | None) -> str:
        heard = words.hear("STOP", words.language_by(tag, phone))
        assert heard is not None
        return heard.language

    assert language("", None) == "en"
    assert language("fr-CA", None) == "fr"
    assert language("", "+4915550001111") == "de"
    assert language("pt-BR", "+4915550001111") == "pt"


def test_every_language_confirms_in_its_own_words_and_says_why(words: OptOut) -> None:
    for name, value in library.bundled():
        if name.startswith("opt_out.") and "language" in value:
            assert value["says"]
            for kind in ("confirm", "welcome"):
                assert words.sentence(kind, value["language"]) == (value[kind], value["language"])
            start = words.hear(value["start"][0], value["language"])
            assert isinstance(start, Heard) and start.says == "start"
            # What the confirmation names as the way back is one.
            assert any(word.casefold() in value["confirm"].casefold() for word in value["start"]), name


async def rows(database: Database, sql: str) -> list[Row]:
    """What a query finds."""
    return await database.read(lambda tx: tx.rows(sql))


async def member_is(database: Database) -> str | None:
    """What the only member says of marketing."""
    said: str | None = (await found(database, "", subject="members"))[0]["marketing"]
    return said


async def waiting(database: Database, purpose: str) -> int:
    """Something of ours waits for the member, who agreed to it."""
    await database.write(
        lambda tx: members.add_consent(
            tx,
            member_id=1,
            purpose="marketing",
            state="yes",
            source="contacts.csv",
            decided_at=1,
            now=NOW,
            origin="import",
        )
    )
    return await database.write(
        lambda tx: outbox.enqueue(
            tx, number_id=2, conversation_id=1, message_id=None, driver="cloud", content=Text(purpose), purpose=purpose,
            answers_id=None, operator_id=None, now=NOW,
        )
    )  # fmt: skip


async def test_stop_withdraws_consent_refuses_what_waits_and_is_answered_once(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "hi")]))
    marketing, reply = await waiting(database, "marketing"), await waiting(database, "reply")

    await take_in(database, body(messages=[text("wamid.2", "STOP", at=AT + 60)]))
    await take_in(database, body(messages=[text("wamid.3", "stop!", at=AT + 120)]))

    assert await member_is(database) == "stop"
    consents = await rows(database, "SELECT source, decided_at FROM consent WHERE state = 'stop' ORDER BY id")
    assert tuple(consents[0]) == ("word:opt_out.en v1 wamid.2", (AT + 60) * SECOND)
    states = {
        row["id"]: (row["state"], row["state_reason"])
        for row in await rows(database, "SELECT * FROM outgoing")
    }
    assert states[marketing] == ("refused", "opt_out")
    assert states[reply] == ("queued", "")
    told = await rows(
        database, "SELECT text, purpose, rule, rule_version, answers_id FROM outgoing WHERE rule <> ''"
    )
    assert [(row["purpose"], row["rule"], row["rule_version"]) for row in told] == [
        ("service", "opt_out.en.confirm", 1)
    ]
    assert "START" in told[0]["text"]
    assert [row["text"] for row in await found(database) if row["direction"] == "out"] == [told[0]["text"]]
    assert await rows(database, "SELECT * FROM work_item WHERE message_id > 1") == []


async def test_start_lifts_a_stop_and_means_nothing_without_one(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "start")]))
    assert await rows(database, "SELECT * FROM consent") == []

    await take_in(
        database, body(messages=[text("wamid.2", "STOP", at=AT + 1), text("wamid.3", "START", at=AT + 2)])
    )

    assert await member_is(database) == "resume"
    assert len(await rows(database, "SELECT * FROM outgoing")) == 2


async def test_a_late_stop_does_not_outrank_a_later_start(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.0", "STOP", at=AT)]))
    await take_in(database, body(messages=[text("wamid.2", "START", at=AT + 20)]))
    await take_in(database, body(messages=[text("wamid.1", "STOP", at=AT + 10)]))

    assert await member_is(database) == "resume"


async def test_an_import_never_erases_a_stop(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "désabonner")]))

    await database.write(
        lambda tx: members.add_consent(
            tx, member_id=1, purpose="marketing", state="yes", source="contacts.csv", decided_at=NOW, now=NOW,
            origin="import",
        )
    )  # fmt: skip

    assert await member_is(database) == "stop"


async def test_an_unclear_word_becomes_a_work_item_of_its_own_kind(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "please stop sending me these")]))

    item = (await rows(database, "SELECT kind, rule, rule_version, evidence FROM work_item"))[0]
    assert tuple(item) == ("opt_out", "opt_out.en", 1, "please stop sending me these")
    assert await member_is(database) is None
    assert await rows(database, "SELECT * FROM outgoing") == []


async def test_a_stop_outside_the_window_is_taken_and_not_answered(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "STOP")]), now=NOW + 48 * HOUR)

    assert await member_is(database) == "stop"
    assert await rows(database, "SELECT * FROM outgoing") == []


async def test_the_answer_is_in_the_language_of_the_number(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.1", "STOP", sender=GERMAN)]))

    told = await rows(database, "SELECT rule FROM outgoing")
    assert [row["rule"] for row in told] == ["opt_out.de.confirm"]


async def test_in_a_group_only_the_word_alone_counts_and_is_not_answered(database: Database) -> None:
    await our_number(database)
    await take_in(
        database,
        body(messages=[text("wamid.1", "stop it, you two, please", group_id=GROUP)]),
        body(messages=[text("wamid.2", "please stop sending me these", group_id=GROUP)]),
    )
    assert await rows(database, "SELECT * FROM consent") == []

    await take_in(database, body(messages=[text("wamid.3", "STOP", group_id=GROUP)]))

    assert await member_is(database) == "stop"
    assert await rows(database, "SELECT * FROM outgoing") == []


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("button", {"payload": "p", "text": "Unsubscribe"}),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "y", "title": "Stop"}}),
    ],
)
async def test_a_tap_on_a_stop_button_counts(database: Database, kind: str, part: dict[str, Any]) -> None:
    await our_number(database)
    await take_in(database, body(messages=[message("wamid.1", kind, part)]))

    assert await member_is(database) == "stop"


def preference(value: str, at: int) -> bytes:
    """What WhatsApp's own settings say."""
    said = {
        "wa_id": ANA, "user_id": f"US.{ANA}", "category": "marketing_messages", "value": value, "timestamp": at,
    }  # fmt: skip
    return body(field="user_preferences", user_preferences=[said])


async def test_a_stop_of_whatsapp_itself_is_mirrored_and_lifted_only_there(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[text("wamid.0", "hi", at=AT - 9)]))
    marketing = await waiting(database, "marketing")
    await take_in(database, preference("stop", AT))
    assert await member_is(database) == "stop"
    assert (await rows(database, f"SELECT state FROM outgoing WHERE id = {marketing}"))[0][
        "state"
    ] == "refused"

    await take_in(database, body(messages=[text("wamid.1", "START", at=AT + 10)]))
    assert await member_is(database) == "stop"
    assert [row["kind"] for row in await rows(database, "SELECT kind FROM work_item")] == ["opt_out"]

    await take_in(database, preference("resume", AT + 20))
    assert await member_is(database) == "resume"


def edit(
    wamid: str, words: str, *, target: str = "wamid.1", at: int = AT + 10, **more: Any
) -> dict[str, Any]:
    """The new text of a message."""
    part = {"original_message_id": target, "message": {"type": "text", "text": {"body": words}}}
    return message(wamid, "edit", part, at=at, **more)


@pytest.mark.parametrize("order", [(0, 1, 1), (1, 0, 1)], ids=["message first", "edit first"])
async def test_a_message_edited_into_a_stop_word_counts_once_from_its_edit(
    database: Database, order: tuple[int, ...]
) -> None:
    await our_number(database)
    came = [text("wamid.1", "hi"), edit("wamid.e1", "STOP")]

    for place in order:
        await take_in(database, body(messages=[came[place]]))

    consents = await rows(database, "SELECT state, source, decided_at FROM consent")
    assert [tuple(row) for row in consents] == [("stop", "word:opt_out.en v1 wamid.e1", (AT + 10) * SECOND)]
    told = await rows(database, "SELECT rule, answers_id FROM outgoing")
    assert [tuple(row) for row in told] == [("opt_out.en.confirm", 1)]


async def test_an_edit_whose_message_never_comes_is_heard(database: Database) -> None:
    await our_number(database)
    await take_in(database, body(messages=[edit("wamid.e1", "désabonner")]))

    assert await member_is(database) == "stop"
    assert await rows(database, "SELECT * FROM outgoing") == []


async def test_an_edit_into_an_unclear_word_asks_an_operator_once(database: Database) -> None:
    await our_number(database)
    unclear = "please stop sending me these"
    await take_in(database, body(messages=[edit("wamid.e1", unclear), text("wamid.1", "hi")]))
    await take_in(database, body(messages=[edit("wamid.e2", f"{unclear}!", at=AT + 20)]))

    assert await member_is(database) is None
    items = await rows(database, "SELECT evidence FROM work_item WHERE kind = 'opt_out'")
    assert [row["evidence"] for row in items] == [unclear]


async def test_talk_in_a_group_is_left_alone_after_an_edit_too(database: Database) -> None:
    await our_number(database)
    await take_in(
        database,
        body(messages=[text("wamid.1", "hi", group_id=GROUP)]),
        body(messages=[edit("wamid.e1", "stop it, you two, please", group_id=GROUP)]),
    )
    assert await rows(database, "SELECT * FROM consent") == []

    await take_in(database, body(messages=[edit("wamid.e2", "STOP", group_id=GROUP)]))

    assert await member_is(database) == "stop"
    assert await rows(database, "SELECT * FROM outgoing") == []
