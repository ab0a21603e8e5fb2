"""The gateway's driver against the gateway's side of the sandbox: over real HTTP and a real socket."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sync.imports import found
from tests.whatsapp.sandbox.harness import QUICK, Running, running
from waconsole import clock
from waconsole.database.connection import Database
from waconsole.settings import GatewaySettings, Settings
from waconsole.settings.secrets import Secret
from waconsole.sync import gateway, gateway_catch_up
from waconsole.sync.outward import send_once, sending_numbers
from waconsole.sync.process import process_waiting
from waconsole.sync.sending import send_content
from waconsole.whatsapp.content import Content, Media, Poll, Reaction, Text
from waconsole.whatsapp.doors import Person
from waconsole.whatsapp.driver import Action, Message, Recipient
from waconsole.whatsapp.gateway import events, socket
from waconsole.whatsapp.gateway.driver import GatewayDriver, open_gateway
from waconsole.whatsapp.gateway.signature import signature_ok
from waconsole.whatsapp.sandbox import server
from waconsole.whatsapp.sandbox.waha_cast import BIG, SMALL

SECONDS_MAX = 10.0
OWEN = "+14155550170"  # called by his phone
NAMED_HIDDEN = "Céline Brun"  # an admin, called by her hidden id


@dataclass
class Met:
    """A driver, and the sandbox it talks to."""

    driver: GatewayDriver
    sandbox: Running
    settings: Settings

    async def dials(self, **dials: Any) -> None:
        await self.sandbox.control("faults", {**QUICK, **dials})

    async def do(self, name: str, **what: Any) -> dict[str, Any]:
        """A control of the gateway."""
        return await self.sandbox.control(f"gateway/{name}", what)

    async def shown(self, name: str) -> Any:
        return (await self.sandbox.client.get(f"/_sandbox/gateway/{name}")).json()

    async def told(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in await self.shown("told") if one["event"] == kind]


@asynccontextmanager
async def meeting(media: Path | None = None, **changes: Any) -> AsyncIterator[Met]:
    async with running(**changes) as sandbox:
        base = str(sandbox.client.base_url).rstrip("/")
        key = Secret(server.GATEWAY_KEY, "test")
        settings = Settings(gateway=GatewaySettings(enabled=True, base_url=base, api_key=key))
        async with open_gateway(settings.gateway, media_folder=media) as driver:
            yield Met(driver, sandbox, settings)


def message(words: str, chosen: str | None, to: Recipient | None = None) -> Message:
    return Message(to or Recipient("group", BIG), Text(words), "wa1:x:1:1", chosen_id=chosen)


async def until(reached: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not await reached():  # noqa: ASYNC110 - another task brings it
            await asyncio.sleep(0.005)


async def test_a_lost_answer_is_found_by_the_id_that_was_fetched_first(tmp_path: Path) -> None:
    async with meeting(record=tmp_path / "record") as met:
        (chosen, other) = await met.driver.message_ids(2)

        await met.dials(gateway_drop_after=1)
        lost = await met.driver.send(message("Hello all", chosen))
        there = await met.driver.find(message("Hello all", chosen))
        await met.dials(gateway_error_before=1)
        failed = await met.driver.send(message("Never", other))
        not_there = await met.driver.find(message("Never", other))
        await met.dials()
        again = await met.driver.send(message("Hello all", chosen))

        assert (lost.outcome, failed.outcome) == ("unknown", "unknown")
        assert (there.outcome, there.wamid, not_there.outcome) == ("accepted", chosen, "unsent")
        # The same id is the same message: nothing went out twice.
        assert (again.outcome, again.wamid) == ("accepted", chosen)
        assert [row["id"] for row in await met.shown("record")] == [chosen]
        await met.dials(gateway_repeat_twice=True)
        await met.driver.send(message("Hello all", chosen))
    lines = [json.loads(line) for line in (tmp_path / "record").read_text(encoding="ascii").splitlines()]
    assert [(row["id"], row["to"], row["opaque"], row["road"]) for row in lines] == [
        (chosen, BIG, chosen, "gateway")
    ] * 2
    assert lines[0]["sha256"] == lines[1]["sha256"]


async def test_a_history_that_comes_late_doubles_nothing(database: Database) -> None:
    later = 0

    def now() -> int:
        return clock.now() + later * clock.SECOND

    async with meeting() as met:

        async def send() -> None:
            numbers = await database.write(lambda tx: sending_numbers(tx, met.settings, now=now()))
            await send_once(database, met.settings, numbers, clock=now, stop=lambda: False)

        await met.dials(gateway_drop_after=1, gateway_history_late_seconds=240)
        await send_content(
            database, met.settings, BIG, Text("Hello all"), purpose="reply", reply_to=None, operator=None, now=now()
        )  # fmt: skip
        await send()
        await met.dials(gateway_history_late_seconds=240)
        later = 200  # long enough to believe that it is not there
        await send()

        rows = await database.read(lambda tx: tx.rows("SELECT outcome, chosen_id FROM attempt ORDER BY n"))
        assert [row["outcome"] for row in rows] == ["unsent", "accepted"]
        assert [row["id"] for row in await met.shown("record")] == [rows[0]["chosen_id"]]


async def test_a_poll_of_ours_shows_who_chose_what(database: Database) -> None:
    async with meeting() as met:
        poll = Poll("Which day?", ("Monday", "Friday"))
        await send_content(
            database, met.settings, BIG, poll, purpose="reply", reply_to=None, operator=None, now=clock.now()
        )
        numbers = await database.write(lambda tx: sending_numbers(tx, met.settings, now=clock.now()))
        await send_once(database, met.settings, numbers, clock=clock.now, stop=lambda: False)
        (sent,) = await met.shown("record")
        for who, options in ((OWEN, ["Monday"]), (NAMED_HIDDEN, ["Friday"]), (OWEN, ["Friday"])):
            await met.do("vote", **{"from": who, "message": sent["id"], "options": options})
        told = [json.dumps(one).encode() for one in await met.shown("told")]

    await gateway_catch_up.keep(database, told, now=clock.now())
    await process_waiting(database, clock=clock.now)

    (row,) = await found(database, "", now=clock.now())
    assert row["votes"][0] == {"choice": "Friday", "votes": 2}


async def test_every_content_reaches_people_and_groups(tmp_path: Path) -> None:
    picture = b"\xff\xd8\xff" + b"\x00" * 100
    sha = hashlib.sha256(picture).hexdigest()
    (tmp_path / f"{sha}.jpg").write_bytes(picture)
    contents: list[Content] = [
        Text("Hello"),
        Media("image", sha256=sha, mime="image/jpeg", size=len(picture)),
        Poll("Which day?", ("Monday", "Friday")),
        Media("image", link="https://shop.example/a.jpg", mime="image/jpeg", caption="New"),
        Media("document", link="https://shop.example/a.pdf", mime="application/pdf", name="a.pdf"),
    ]
    async with meeting(tmp_path) as met:
        wamids = []
        for content in contents:
            for to in (Recipient("group", BIG), Recipient("phone", OWEN)):
                verdict = await met.driver.send(Message(to, content, "wa1:x:1:1"))
                assert verdict.outcome == "accepted", verdict.detail
                wamids.append(verdict.wamid)
        said = await met.do("say", **{"from": OWEN, "text": "Thanks", "group": BIG})
        reaction = Message(Recipient("group", BIG), Reaction(said["whole_id"], "👍"), "wa1:x:1:1")
        assert (await met.driver.send(reaction)).outcome == "accepted"
        assert (await met.driver.pin(BIG, said["whole_id"], 7)).outcome == "accepted"
        assert (await met.driver.take_back(BIG, said["whole_id"])).outcome == "accepted"

        rows = await met.shown("record")
        assert [row["type"] for row in rows] == [
            kind for kind in ("text", "image", "poll", "image", "document") for _ in "12"
        ]
        assert [row["id"] for row in rows] == wamids and len(set(wamids)) == len(wamids)
        (told,) = await met.told("message.reaction")
        assert told["payload"]["reaction"] == {"text": "👍", "messageId": said["whole_id"]}
        (gone,) = await met.told("message.revoked")
        assert gone["payload"]["revokedMessageId"] == said["id"]


@pytest.mark.parametrize("other_shapes", [0, 1])
async def test_groups_of_real_size_and_who_is_in_them(other_shapes: int) -> None:
    async with meeting() as met:
        await met.dials(gateway_other_shapes=other_shapes, gateway_group_people=1024)

        verdict, groups = await met.driver.groups()
        _, big = await met.driver.group(BIG)
        _, link = await met.driver.invite_link(BIG)
        _, newer = await met.driver.invite_link(BIG, reset=True)
        changed = await met.driver.change(BIG, subject="Lilas & friends", description="Ours")
        quiet = await met.driver.set(BIG, "messages_admin_only", on=True)
        foreign = await met.driver.change(SMALL, subject="Mine now")
        only_in = await met.driver.set(SMALL, "messages_admin_only", on=True)

        assert verdict.outcome == "accepted" and {one.id for one in groups} == {BIG, SMALL}
        assert big is not None and big.people is not None
        assert (big.subject, big.approval, big.count) == ("Lilas Neighbourhood", "required", 1024)
        assert [one.role for one in big.people[:3]] == ["admin", "admin", "member"]
        hidden = [one for one in big.people if one.lid is not None and one.phone is None]
        assert 100 < len(hidden) < 300 and any(one.lid and one.phone for one in big.people)
        assert link != newer and link.startswith("https://chat.whatsapp.com/")
        assert (changed.outcome, quiet.outcome, foreign.outcome) == ("accepted",) * 3
        assert only_in.outcome == "refused" and "403" in only_in.detail
        _, big = await met.driver.group(BIG)
        assert big is not None and (big.subject, big.description) == ("Lilas & friends", "Ours")
        await met.dials(gateway_overlimit=1)
        verdict, _ = await met.driver.groups()
        assert verdict.action is Action.SLOW


async def test_who_asks_is_let_in_or_declined_and_comes() -> None:
    async with meeting() as met:
        await met.do("join", **{"from": "+12125550199"})
        await met.do("join", **{"from": "+12125550198"})
        await met.do("join", **{"from": "+12125550197"})

        _, asking = await met.driver.join_requests(BIG)
        await met.do("withdraw", **{"from": "+12125550197"})
        _, let_in = await met.driver.decide(BIG, [asking[0], asking[2]], approve=True)
        _, declined = await met.driver.decide(BIG, [asking[1]], approve=False)

        assert [one.person.phone for one in asking] == ["+12125550199", "+12125550198", "+12125550197"]
        assert [(one.ok, one.code) for one in let_in] == [(True, None), (False, 404)]
        assert [one.ok for one in declined] == [True]
        (came,) = await met.told("group.v2.participants")
        assert came["payload"]["type"] == "join"
        asked = [one["payload"]["action"] for one in await met.told("group.v2.participants.join-request")]
        assert asked == ["created"] * 3 + ["revoked", "rejected"]
        for event in await met.shown("told"):
            for item in events.items(json.dumps(event).encode()):
                assert item.event is not None, item

        people = [Person(phone="+12125550199"), Person(phone="+33639981000"), Person(phone="+12125550111")]
        _, removed = await met.driver.remove(BIG, people)
        # One is gone; nobody removes who made the group; the last is not in it.
        assert [(one.ok, one.code) for one in removed] == [(True, None), (False, 403), (False, 404)]


async def test_a_phone_is_let_go_and_linked_again() -> None:
    async with meeting() as met:
        _, server_seen = await met.driver.server()
        await met.do("session", do="ban")
        refused = await met.driver.send(message("Hello", "3EB0AAAABBBB"))
        _, seen = await met.driver.status()
        assert server_seen is not None and server_seen.is_new_enough and server_seen.engine == "GOWS"
        assert refused.action is Action.STOP and seen is not None and seen.state == "FAILED"

        await met.driver.start()
        await until(lambda: is_in(met, "SCAN_QR_CODE"))
        _, code = await met.driver.qr()
        await met.do("session", do="scan")

        assert code.startswith("2@") and await is_in(met, "WORKING")
        states = [one["payload"]["status"] for one in await met.told("session.status")]
        assert states == ["FAILED", "STARTING", "SCAN_QR_CODE", "WORKING"]


async def is_in(met: Met, state: str) -> bool:
    _, seen = await met.driver.status()
    return seen is not None and seen.state == state


async def test_a_webhook_is_signed_and_given_up_after_its_tries() -> None:
    async with meeting() as met:
        hook = {
            "url": met.sandbox.receiver.url, "events": ["message"], "hmac": {"key": "shared"},
            "retries": {"policy": "constant", "delaySeconds": 0.01, "attempts": 2},
        }  # fmt: skip
        met.sandbox.receiver.answers = [500, 200, 500]
        headers = {"X-Api-Key": server.GATEWAY_KEY}
        answer = await met.sandbox.client.put(
            "/api/sessions/default", json={"config": {"webhooks": [hook]}}, headers=headers
        )
        assert answer.status_code == 200
        await until(lambda: is_in(met, "WORKING"))

        async def settled(done: int) -> bool:
            hooks = (await met.shown("state"))["webhooks"]
            return bool(hooks["posted"] + hooks["given_up"] == done)

        await met.do("say", **{"from": OWEN, "text": "Once", "group": BIG})
        await until(lambda: settled(1))
        await met.do("say", **{"from": OWEN, "text": "Never", "group": BIG})
        await until(lambda: settled(2))

        got = met.sandbox.receiver.got
        assert [one.document["payload"]["body"] for one in got] == ["Once"] * 2 + ["Never"] * 3
        wanted = hmac.new(b"shared", got[0].body, hashlib.sha512).hexdigest()
        given, algorithm = got[0].headers["x-webhook-hmac"], got[0].headers["x-webhook-hmac-algorithm"]
        assert given == wanted and signature_ok(got[0].body, given, algorithm, ["shared"])
        assert (await met.shown("state"))["webhooks"]["given_up"] == 1


async def test_no_key_no_answer() -> None:
    async with meeting() as met:
        base = str(met.sandbox.client.base_url)
        async with httpx.AsyncClient(base_url=base, trust_env=False) as stranger:
            wrong = await stranger.get("/api/default/groups", headers={"X-Api-Key": "guess"})
            none = await stranger.get("/api/sessions")
            ping = await stranger.get("/ping")
        assert (wrong.status_code, none.status_code, ping.status_code) == (401, 401, 200)


async def test_what_a_group_says_stands_in_the_ledger_once_whatever_the_socket_does(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "WAIT_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(gateway_catch_up, "BETWEEN_GROUPS_SECONDS", 0.0)
    stopping = False
    words = [f"message {number}" for number in range(6)]
    async with meeting() as met:
        # Everything comes twice, the history tells it again, and the socket is cut again and again.
        await met.dials(gateway_event_duplicate=1, gateway_socket_drop_every=5)

        async def opened() -> bool:
            return bool((await met.shown("state"))["sockets"]["open"])

        async def all_there() -> bool:
            await process_waiting(database, clock=clock.now)
            return len(await found(database, now=clock.now())) >= len(words)

        listening = asyncio.create_task(
            gateway.keep_listening(
                database, met.settings, clock=clock.now, stop=lambda: stopping, say=lambda _: None
            )
        )
        await until(opened)
        for place, word in enumerate(words):
            who = OWEN if place % 2 else NAMED_HIDDEN
            await met.do("say", **{"from": who, "text": word, "group": BIG})
        image = await met.do("say", **{"from": OWEN, "type": "image", "text": "look", "group": BIG})
        words.append("look")
        await met.do("react", **{"from": NAMED_HIDDEN, "message": image["id"], "emoji": "🌷"})
        await met.do("edit", message=image["id"], text="look here")
        await met.do("join", **{"from": "+12125550199"})
        await met.do("leave", **{"from": "Kit"})
        await met.do("role", **{"from": OWEN, "role": "admin"})
        await until(all_there)
        cuts = (await met.shown("state"))["sockets"]["cuts"]
        stopping = True
        await listening
        await process_waiting(database, clock=clock.now)

        rows = await found(database, now=clock.now())
        assert cuts >= 1
        told = sorted("look" if row["text"] == "look here" else row["text"] for row in rows)
        assert told == sorted(words)
        set_aside = "SELECT state, kind, reason FROM inbound_item WHERE state NOT IN ('done', 'kept')"
        assert await database.read(lambda tx: [tuple(row) for row in tx.rows(set_aside)]) == []
