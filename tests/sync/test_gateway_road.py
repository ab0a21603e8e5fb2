"""A gateway's road out: queued like anything else, sent by the linked phone under an id chosen before."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import NOW
from tests.sync.gateway_events import AT, GROUP, HIDDEN, envelope, hear, our_phone, said
from tests.whatsapp.waha import BASE, KEY, Waha
from waconsole.clock import MINUTE, SECOND, iso
from waconsole.database.connection import Database, Row
from waconsole.inbox import service_reply
from waconsole.operators import service as operators
from waconsole.settings import GatewaySettings, Settings
from waconsole.settings.secrets import Secret
from waconsole.sync.gateway_waits import waits
from waconsole.sync.marking import mark_read
from waconsole.sync.outward import send_once, sending_numbers
from waconsole.sync.sending import send_content
from waconsole.whatsapp.content import Content, Poll, Text
from waconsole.whatsapp.gateway import driver
from waconsole.whatsapp.gateway.client import Client

SETTINGS = Settings(gateway=GatewaySettings(enabled=True, base_url=BASE, api_key=Secret(KEY, "test")))


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> Waha:
    """The gateway that is reached."""
    waha = Waha()

    def clients(settings: GatewaySettings) -> tuple[Client, Client]:
        transport = httpx.MockTransport(waha.handle)
        return Client(BASE, Secret(KEY), transport=transport), Client(BASE, Secret(KEY), transport=transport)

    monkeypatch.setattr(driver, "_clients", clients)
    return waha


async def queue(database: Database, content: Content, to: str = GROUP) -> str:
    done = await send_content(
        database, SETTINGS, to, content, purpose="reply", reply_to=None, operator=None, now=NOW
    )
    return done.state


async def send(database: Database, now: int = NOW) -> list[str]:
    numbers = await database.write(lambda tx: sending_numbers(tx, SETTINGS, now=now))
    return (await send_once(database, SETTINGS, numbers, clock=lambda: now, stop=lambda: False))[1]


async def outgoing(database: Database) -> Row:
    row = await database.read(lambda tx: tx.one("SELECT * FROM outgoing"))
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("content", "path"),
    [(Text("Hello all"), "/api/sendText"), (Poll("When?", ("Mon", "Fri")), "/api/sendPoll")],
)
async def test_a_group_nobody_wrote_in_yet_is_written_to_by_the_phone(
    database: Database, far: Waha, content: Content, path: str
) -> None:
    assert await queue(database, content) == "queued"

    assert await send(database) == []

    row = await outgoing(database)
    (sent,) = (one for one in far.asked if one.form)
    assert (row["state"], row["driver"]) == ("accepted", "gateway")
    assert (sent.path, sent.form["chatId"], sent.form["id"]) == (path, GROUP, row["wamid"])


async def test_a_blue_tick_by_hand_goes_by_the_phone(database: Database, far: Waha) -> None:
    await our_phone(database)
    await hear(database, envelope("message.any", said("AAAA", "Hello", by=HIDDEN), id="evt_1"))
    ref = await database.read(lambda tx: str(tx.value("SELECT ref FROM member WHERE ref <> ''")))

    marked = await mark_read(database, SETTINGS, ref, typing=True, operator=None, now=NOW)

    assert (marked.outcome, marked.typing) == ("accepted", True)
    asked = [(one.path, one.form) for one in far.asked]
    assert [path for path, _ in asked] == ["/api/sendSeen", "/api/startTyping"]
    assert asked[0][1]["messageIds"] == [marked.message]


async def test_what_is_left_to_the_rest_between_two_messages_is_said(database: Database, far: Waha) -> None:
    for words in ("Hello all", "and more", "and more again"):
        await queue(database, Text(words))

    await send(database)

    (left,) = await database.read(lambda tx: waits(tx, now=NOW))
    assert left.messages == 2 and 30 * SECOND <= left.until - NOW <= 60 * SECOND
    assert "2 messages wait" in left.sentence and iso(left.until) in left.sentence
    assert await database.read(lambda tx: waits(tx, now=NOW + MINUTE)) == []


async def test_who_is_known_by_a_hidden_id_alone_is_answered(database: Database, far: Waha) -> None:
    await our_phone(database)
    await hear(database, envelope("message.any", said("AAAA", "When do you open?", by=HIDDEN), id="evt_1"))

    def reply(tx: Any) -> int:
        conversation = tx.value("SELECT id FROM conversation")
        acting = operators.acting(tx, None, now=NOW)
        return service_reply.write_out(
            tx, acting, conversation, Text("At nine."), answers=None, verb="reply", now=NOW
        )

    await database.write(reply)
    await send(database)

    assert (await outgoing(database))["state"] == "accepted"
    assert next(one.form["chatId"] for one in far.asked if one.path == "/api/sendText") == HIDDEN


async def test_an_echo_settles_what_was_lost(database: Database, far: Waha) -> None:
    await queue(database, Text("Hello all"))
    far.answers["POST /api/sendText"] = httpx.ReadTimeout("slow")
    history = f"GET /api/default/chats/{GROUP.replace('@', '%40')}/messages"
    far.answers[history] = httpx.ConnectError("no")
    await send(database)
    assert (await outgoing(database))["state"] == "unknown"
    chosen = await database.read(lambda tx: tx.value("SELECT chosen_id FROM attempt"))

    echo = {
        "id": f"true_{GROUP}_{chosen}_15550009999@c.us",
        "from": GROUP,
        "fromMe": True,
        "source": "api",
        "ack": 1,
        "timestamp": AT,
    }
    await hear(database, envelope("message.any", echo, id="evt_1"))

    row = await outgoing(database)
    assert (row["state"], row["wamid"]) == ("accepted", chosen)
    assert (
        await database.read(lambda tx: tx.value("SELECT count(*) FROM message WHERE direction = 'out'")) == 1
    )


async def test_a_lost_one_is_looked_for_in_the_phones_history(database: Database, far: Waha) -> None:
    await queue(database, Text("Hello all"))
    far.answers["POST /api/sendText"] = httpx.ReadTimeout("slow")
    history = f"GET /api/default/chats/{GROUP.replace('@', '%40')}/messages"

    def told(request: httpx.Request) -> tuple[int, Any]:
        form = next(one.form for one in far.asked if one.path == "/api/sendText")
        return 200, [{"id": f"true_{GROUP}_{form['id']}_15550009999@c.us"}]

    far.answers[history] = told
    await send(database)
    await send(database, now=NOW + 120_000_000)

    assert (await outgoing(database))["state"] == "accepted"
    assert sum(one.path == "/api/sendText" for one in far.asked) == 1
