"""The gateway's side of the sandbox by itself: what WAHA's paths answer, the dials and the controls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.whatsapp.sandbox.harness import QUICK, SECONDS_MAX, Inside, inside
from waconsole.whatsapp.sandbox import server
from waconsole.whatsapp.sandbox.waha_cast import BIG, SMALL

OWEN = "+14155550170"
KEY = {"X-Api-Key": server.GATEWAY_KEY}


@dataclass
class Waha:
    """The gateway's paths without a port."""

    inside: Inside

    async def ask(self, method: str, path: str, body: object = None, status: int = 0, **query: Any) -> Any:
        """The JSON of an answer; `status` is the one it must have, any good one else."""
        answer = await self.inside.client.request(
            method, f"/api/{path}", json=body, params=query, headers=KEY
        )
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def send(self, words: str, chat: str = BIG, status: int = 0, **more: Any) -> Any:
        form = {"session": "default", "chatId": chat, "text": words, **more}
        return await self.ask("POST", "sendText", form, status)

    async def do(self, name: str, **what: Any) -> dict[str, Any]:
        return await self.inside.control(f"gateway/{name}", what)

    async def say(self, words: str, who: str = OWEN, **more: Any) -> dict[str, Any]:
        return await self.do("say", **{"from": who, "text": words, "group": BIG, **more})

    async def refuses(self, name: str, **what: Any) -> str:
        return await self.inside.refused(f"gateway/{name}", what)

    async def shown(self, name: str) -> Any:
        return (await self.inside.client.get(f"/_sandbox/gateway/{name}")).json()

    async def told(self, *kinds: str) -> list[dict[str, Any]]:
        return [one for one in await self.shown("told") if one["event"] in kinds]

    async def history(self, chat: str = "all", **query: Any) -> list[str]:
        """The words of messages; a filter's dots are written as underlines."""
        named = {
            key.replace("filter_", "filter.").replace("timestamp_", "timestamp."): query[key] for key in query
        }
        rows = await self.ask("GET", f"default/chats/{chat}/messages", **{"limit": 100, **named})
        return [row["body"] for row in rows]

    async def until(self, reached: Callable[[dict[str, Any]], bool]) -> None:
        """Wait for a state."""
        async with asyncio.timeout(SECONDS_MAX):
            while not reached(await self.shown("state")):  # noqa: ASYNC110 - what happens does not know of us
                await asyncio.sleep(0.005)


@asynccontextmanager
async def opened(**dials: Any) -> AsyncIterator[Waha]:
    async with inside({**QUICK, **dials}) as found:
        yield Waha(found)


async def test_the_history_is_asked_by_time_side_and_ack() -> None:
    async with opened(silent=True) as waha:
        for place, words in enumerate(("one", "two", "three")):
            await waha.say(words, at=1_790_000_000 + place)
        await waha.do("say", **{"from": OWEN, "text": "to you alone"})
        ours = await waha.send("four")

        assert await waha.history(BIG) == ["four", "three", "two", "one"]
        assert await waha.history(sortOrder="asc", limit=2, offset=1) == ["two", "three"]
        assert await waha.history(filter_timestamp_gte=1_790_000_002) == [
            "four", "to you alone", "three"
        ]  # fmt: skip
        assert await waha.history(filter_timestamp_lte=1_790_000_000) == ["one"]
        assert await waha.history(filter_fromMe="true") == ["four"]
        assert await waha.history("14155550170@c.us") == ["to you alone"]
        await waha.ask("DELETE", f"default/chats/{BIG}/messages/{ours['id']}")
        assert await waha.history(filter_fromMe="true") == []
        await waha.inside.faults(gateway_history_late_seconds=3600)
        assert await waha.history(filter_timestamp_gte=1_790_000_003) == []


async def test_a_poll_is_voted_in_and_messages_change() -> None:
    async with opened() as waha:
        poll = {"name": "When?", "options": ["Mon", "Fri"], "multipleAnswers": False}
        form = {"session": "default", "chatId": BIG, "poll": poll, "id": "3EB0AABBCCDD"}
        await waha.ask("POST", "sendPoll", form)
        await waha.do("vote", **{"from": OWEN, "message": "3EB0AABBCCDD", "options": ["Fri"]})
        said = await waha.say("helo")
        await waha.do("edit", message=said["id"], text="hello")
        await waha.do("revoke", message=said["id"], **{"from": "Céline Brun"})

        (vote,) = await waha.told("poll.vote")
        assert vote["payload"]["vote"]["selectedOptions"] == ["Fri"]
        assert vote["payload"]["poll"]["id"] == f"true_{BIG}_3EB0AABBCCDD_15550008888@c.us"
        (edited,) = await waha.told("message.edited")
        assert (edited["payload"]["body"], edited["payload"]["editedMessageId"]) == ("hello", said["id"])
        (gone,) = await waha.told("message.revoked")
        assert gone["payload"]["revokedMessageId"] == said["id"]
        wrong = await waha.refuses("vote", **{"from": OWEN, "message": "3EB0AABBCCDD", "options": ["Sun"]})
        assert wrong == "options is a list of some of Mon, Fri."


async def test_a_hidden_phone_is_known_once_its_owner_writes() -> None:
    async with opened() as waha:
        people = next(one for one in (await waha.shown("state"))["groups"] if one["id"] == BIG)["people"]
        hidden = next(one for one in people if one["phone"] and not one["known"])
        lid = f"{hidden['lid']}@lid"
        digits = hidden["phone"].removeprefix("+")

        assert await waha.ask("GET", f"default/lids/{lid}") == {"lid": lid, "pn": None}
        assert (await waha.ask("GET", f"default/lids/pn/{digits}"))["lid"] is None
        before = (await waha.ask("GET", "default/lids/count"))["count"]
        await waha.say("me", lid)
        assert await waha.ask("GET", f"default/lids/{lid}") == {"lid": lid, "pn": f"{digits}@c.us"}
        assert (await waha.ask("GET", f"default/lids/pn/{digits}"))["lid"] == lid
        assert (await waha.ask("GET", "default/lids/count"))["count"] == before + 1


async def test_who_may_not_may_not() -> None:
    async with opened() as waha:
        await waha.ask(
            "PUT", f"default/groups/{BIG}/settings/security/messages-admin-only", {"adminsOnly": True}
        )
        assert (
            await waha.refuses("say", **{"from": OWEN, "text": "x", "group": BIG})
            == "Only admins may write there."
        )
        assert (await waha.say("I may", "Céline Brun"))["id"]
        await waha.send("we may")
        outside = await waha.refuses("say", **{"from": "+12125550111", "text": "x", "group": BIG})
        assert outside == "They are not in that group."
        error = await waha.ask("GET", f"default/groups/{SMALL}/invite-code", status=500)
        assert "403: forbidden" in error["exception"]["message"]
        await waha.ask("GET", "default/groups/120000000000000099@g.us", status=500)
        await waha.ask("DELETE", f"default/groups/{BIG}", status=501)
        await waha.send("", status=400)
        await waha.send("hi", "nobody", status=500)
        assert (await waha.ask("GET", "other/groups", status=404))[
            "message"
        ] == 'Session "other" does not exist'


async def test_we_follow_a_link_leave_and_are_told() -> None:
    async with opened() as waha:
        link = next(one for one in (await waha.shown("state"))["groups"] if one["id"] == SMALL)["link"]
        await waha.ask("POST", f"default/groups/{SMALL}/leave")
        assert (await waha.ask("GET", "default/groups/count")) == {"count": 1}
        info = await waha.ask("GET", "default/groups/join-info", code=link)
        assert info["Name"] == "Atelier du samedi" and "Participants" not in info
        assert await waha.ask("POST", "default/groups/join", {"code": link}) == {"id": SMALL}
        kinds = [
            one["event"]
            for one in await waha.told("group.v2.join", "group.v2.leave", "group.v2.participants")
        ]
        assert kinds == ["group.v2.leave", "group.v2.participants", "group.v2.participants", "group.v2.join"]
        await waha.ask("POST", "default/groups/join", {"code": "nowhere"}, status=500)


async def test_a_ban_ends_the_link_and_nothing_goes_out() -> None:
    async with opened(gateway_banned_after=2) as waha:
        await waha.send("one")
        await waha.send("two")
        refused = await waha.send("three", status=422)
        assert (refused["status"], refused["expected"]) == ("FAILED", ["WORKING"])
        assert len(await waha.shown("record")) == 2
        await waha.ask("GET", "default/auth/qr", status=422)


async def test_too_many_refreshes_are_answered_as_whatsapp_does() -> None:
    async with opened(gateway_refresh_pause_seconds=60) as waha:
        assert await waha.ask("POST", "default/groups/refresh") is True
        error = await waha.ask("POST", "default/groups/refresh", status=500)
        assert "429: rate-overlimit" in error["exception"]["message"]
        await waha.inside.control("clock", {"ahead_seconds": 61})
        assert await waha.ask("POST", "default/groups/refresh") is True


async def test_who_sleeps_longer_than_the_tries_last_has_lost_its_events() -> None:
    async with opened() as waha:
        config = {"webhooks": [{"url": "http://127.0.0.1:9/hook", "events": ["message"]}]}
        await waha.ask("PUT", "sessions/default", {"config": config})
        await waha.until(lambda state: state["sessions"][0]["status"] == "WORKING")
        await waha.say("while you slept")
        await waha.until(lambda state: state["webhooks"]["tries"] == 1)
        assert (await waha.shown("state"))["webhooks"]["waiting"] == 1
        await waha.inside.control("clock", {"ahead_seconds": 3600})
        await waha.until(lambda state: state["webhooks"]["waiting"] == 0)
        assert (await waha.shown("state"))["webhooks"]["given_up"] == 1
        assert await waha.history() == ["while you slept"]


@pytest.mark.parametrize(
    ("dial", "expected"), [("gateway_event_missing", 1), ("gateway_event_delay_seconds", 0)]
)
async def test_events_are_told_or_swallowed(dial: str, expected: int) -> None:
    async with opened(**{dial: 1}) as waha:
        await waha.say("hi")
        assert (await waha.shown("state"))["swallowed"] == 2 * expected
        (event,) = await waha.told("message")
        assert event["id"].startswith("evt_01") and len(event["id"]) == 30
        assert (event["engine"], event["session"], event["me"]["id"]) == (
            "GOWS",
            "default",
            "15550008888@c.us",
        )
