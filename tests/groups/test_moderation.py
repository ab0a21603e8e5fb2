"""The moderation ladder: its rungs, who is immune, and what a gateway does of it. Nothing here has a network."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import NOW
from tests.sync.gateway_events import ANA, AT, BO, GROUP, envelope, hear, our_phone, said
from tests.whatsapp.waha import BASE, KEY, Waha
from waconsole import catalogue
from waconsole.clock import DAY, HOUR, SECOND, iso
from waconsole.command import EXIT_DONE, EXIT_PARTLY, Answer, Invocation
from waconsole.database.connection import Database
from waconsole.errors import NotFound, Refused, Undone, UsageError
from waconsole.groups.moderation import Person, Rung, Spans, fault, next_step, tried
from waconsole.operators import service as operators
from waconsole.settings import GatewaySettings, Settings
from waconsole.settings.secrets import Secret
from waconsole.sync import gateway_muting
from waconsole.sync.watching import sync_once
from waconsole.whatsapp.gateway import driver
from waconsole.whatsapp.gateway.client import Client

SPANS = Spans(warn_days=30, mute_hours=24)
SOMEBODY = Person(is_operator=False, is_admin=False)
WARNED = Rung("warn", NOW - HOUR, NOW + DAY)
MUTED = Rung("mute", NOW - HOUR, NOW + DAY)
LAPSED = Rung("warn", NOW - 2 * DAY, NOW - DAY)


@pytest.mark.parametrize(
    ("rungs", "step"),
    [([], "warn"), ([LAPSED], "warn"), ([WARNED], "mute"), ([MUTED], "remove"), ([WARNED, MUTED], "remove")],
)
def test_the_next_rung_is_the_one_after_the_highest_that_stands(rungs: list[Rung], step: str) -> None:
    assert next_step(rungs, NOW) == step


@pytest.mark.parametrize(
    ("step", "rungs", "person", "at_once", "says"),
    [
        ("warn", [], SOMEBODY, False, ""),
        ("mute", [], SOMEBODY, False, "next rung is to warn"),
        ("mute", [], SOMEBODY, True, ""),
        ("warn", [WARNED], SOMEBODY, False, "warned already"),
        ("mute", [WARNED], SOMEBODY, False, ""),
        ("remove", [WARNED], SOMEBODY, False, "next rung is to mute"),
        ("warn", [], Person(is_operator=True, is_admin=False), True, "an operator"),
        ("remove", [MUTED], Person(is_operator=False, is_admin=True), True, "an admin"),
        ("remove", [MUTED], Person(False, False, is_there=False), False, "not in the group"),
    ],
)
def test_what_cannot_be_done_says_why(
    step: Any, rungs: list[Rung], person: Person, at_once: bool, says: str
) -> None:
    found = fault(step, rungs, person, at_once=at_once, now=NOW)

    assert (says in found) and bool(found) == bool(says)


def test_tried_on_what_was_written_it_climbs_and_forgets() -> None:
    close = tried([0, HOUR, 2 * HOUR, 3 * HOUR], SPANS)
    far = tried([0, 40 * DAY, 80 * DAY], SPANS)

    assert [rung.step for rung in close] == ["warn", "mute", "remove"]
    assert [rung.step for rung in far] == ["warn", "warn", "warn"]
    assert close[1].until_at == HOUR + 24 * HOUR


async def run(database: Database, words: str, *, now: int = NOW, **values: Any) -> Answer:
    """One command as it is called."""
    settings = Settings(gateway=GatewaySettings(enabled=True, base_url=BASE, api_key=Secret(KEY, "test")))
    call = Invocation(values, now, None, settings, lambda _: None, lambda _, __: None, lambda: False)
    command = next(one for one in catalogue.commands() if one.title == words)
    return await command.work(database, call)


async def moderate(database: Database, who: str, step: str, **more: Any) -> Answer:
    values = {
        "member": who,
        "group": "Coffee club",
        "step": step,
        "reason": None,
        "until": None,
        "at_once": False,
        "message": None,
    }
    return await run(database, "groups moderate", **{**values, **more})


async def a_group(database: Database) -> int:
    """A gateway's group: Ana a member, Bo an admin."""
    number_id = await our_phone(database)
    people = [{"id": ANA, "role": "participant"}, {"id": BO, "role": "admin"}]
    told = {"timestamp": AT, "group": {"id": GROUP, "subject": "Coffee club", "participants": people}}
    await hear(database, envelope("group.v2.join", told, id="evt_1"))
    return number_id


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> Waha:
    """The gateway that every command reaches."""
    waha = Waha()

    def clients(settings: GatewaySettings) -> tuple[Client, Client]:
        transport = httpx.MockTransport(waha.handle)
        return Client(BASE, Secret(KEY), transport=transport), Client(BASE, Secret(KEY), transport=transport)

    monkeypatch.setattr(driver, "_clients", clients)
    return waha


ANA_PHONE, BO_PHONE = "+15550001111", "+15550002222"


async def test_the_ladder_is_climbed_and_taken_back(database: Database, far: Waha) -> None:
    await a_group(database)

    warned = await moderate(database, ANA_PHONE, "warn", reason="spam")
    muted = await moderate(database, ANA_PHONE, "mute")
    removed = await moderate(database, ANA_PHONE, "remove")

    assert warned.document["until"] == iso(NOW + 30 * DAY) and warned.document["reason"] == "spam"
    assert muted.document["until"] == iso(NOW + 24 * HOUR)
    assert (removed.document["state"], removed.document["until"], removed.exit_code) == (
        "stands",
        None,
        EXIT_DONE,
    )
    assert [(one.path.rpartition("groups/")[2], one.form) for one in far.asked] == [
        (f"{GROUP.replace('@', '%40')}/participants/remove", {"participants": [{"id": ANA}]})
    ]

    back = await run(
        database, "groups moderation take-back", step=removed.document["step_ref"], reason="a mistake"
    )

    assert (back.document["state"], back.exit_code) == ("taken_back", EXIT_DONE)
    assert far.asked[-1].path.endswith("/participants/add")
    values: dict[str, Any] = {"group": "Coffee club", "member": None, "all": False}
    listed = await run(database, "groups moderation list", **values)
    assert [row["step"] for row in listed.document["rows"]] == ["mute", "warn"]
    later = await run(database, "groups moderation list", now=NOW + 2 * DAY, **values)
    assert [row["step"] for row in later.document["rows"]] == ["warn"]
    everything = await run(database, "groups moderation list", **{**values, "all": True})
    assert everything.document["count"] == 3


@pytest.mark.parametrize("to", ["member", "group"])
async def test_a_warning_is_told_in_the_words_of_policy_where_that_is_asked(
    database: Database, far: Waha, to: str
) -> None:
    await a_group(database)
    await database.write(lambda tx: tx.execute("UPDATE \"group\" SET language = 'fr'"))

    warned = await moderate(database, ANA_PHONE, "warn", reason="Pas de publicité.", message=to)

    row = await database.read(lambda tx: tx.one("SELECT * FROM outgoing"))
    assert row is not None
    assert (row["ref"], row["state"], row["driver"]) == (warned.document["message"], "queued", "gateway")
    assert row["text"].startswith("Un mot des modérateurs") and row["text"].endswith("Pas de publicité.")
    assert ("Coffee club" in row["text"] and "30 jours" in row["text"]) == (to == "member")
    with pytest.raises(UsageError):
        await moderate(database, ANA_PHONE, "mute", message=to)


async def test_a_warning_that_cannot_be_told_stands_and_says_so(database: Database, far: Waha) -> None:
    await a_group(database)
    await database.write(lambda tx: tx.execute('UPDATE "group" SET number_id = NULL'))

    warned = await moderate(database, ANA_PHONE, "warn", message="group")

    assert (warned.document["message"], warned.exit_code) == (None, EXIT_PARTLY)
    assert warned.document["state"] == "stands" and "nobody was told" in warned.lines[-1]


@pytest.mark.parametrize("after_seconds", [60, 0])
async def test_one_sync_takes_back_what_the_muted_wrote(
    database: Database, far: Waha, after_seconds: int
) -> None:
    """Also in the second of the muting: a message bears whole seconds."""
    await a_group(database)
    await moderate(database, ANA_PHONE, "mute", at_once=True)
    await database.write(lambda tx: tx.execute("UPDATE moderation_step SET taken_at = taken_at + 999"))
    later = NOW + after_seconds * SECOND + SECOND // 2
    words = said("AAAA", "buy this", group=GROUP, at=later // SECOND)
    me = {"id": "15550009999@c.us"}
    far.answers["GET /api/sessions/default"] = (200, {"name": "default", "status": "WORKING", "me": me})
    far.answers["GET /api/default/chats/all/messages"] = (200, [words])
    settings = Settings(gateway=GatewaySettings(enabled=True, base_url=BASE, api_key=Secret(KEY, "test")))

    await sync_once(database, settings, clock=lambda: later, stop=lambda: False)

    assert [one.path.rpartition("/")[2] for one in far.asked if one.method == "DELETE"] == [
        words["id"].replace("@", "%40")
    ]


async def test_a_warning_is_undone_by_a_key_and_a_removal_is_not(database: Database, far: Waha) -> None:
    await a_group(database)
    await moderate(database, ANA_PHONE, "warn")

    assert await catalogue.undo(database, operator=None, now=NOW) == ("moderate: warn", 1, [])

    listed = await run(database, "groups moderation list", group=None, member=ANA_PHONE, all=True)
    assert [(row["state"], row["ended_reason"]) for row in listed.document["rows"]] == [
        ("taken_back", "undone")
    ]
    await moderate(database, ANA_PHONE, "remove", at_once=True)
    with pytest.raises(Undone, match="take-back"):
        await catalogue.undo(database, operator=None, now=NOW)


async def test_what_is_written_after_a_muting_is_over_stays(database: Database, far: Waha) -> None:
    number_id = await a_group(database)
    await moderate(database, ANA_PHONE, "mute", at_once=True)
    over = NOW + 24 * HOUR
    words = said("LATE", "hello again", group=GROUP, at=over // SECOND + 60)
    await hear(database, envelope("message.any", words, id="evt_l"), now=over + 2 * 60 * SECOND)

    async with far.driver() as gateway:
        gone = await gateway_muting.take_back_muted(
            database, gateway, number_id, clock=lambda: over + 2 * 60 * SECOND
        )

    assert (gone, far.asked) == (0, [])


async def test_operators_and_admins_are_immune(database: Database, far: Waha) -> None:
    await a_group(database)
    ana = await database.read(
        lambda tx: tx.value("SELECT member_id FROM alias WHERE value = :phone", {"phone": ANA_PHONE})
    )
    await database.write(lambda tx: operators.add(tx, "Ana", "owner", now=NOW, member_id=ana))

    with pytest.raises(Refused, match="an operator is not moderated"):
        await moderate(database, ANA_PHONE, "warn")
    with pytest.raises(Refused, match="an admin of the group"):
        await moderate(database, BO_PHONE, "warn")
    with pytest.raises(NotFound):
        await run(database, "groups moderation take-back", step="mod-none", reason=None)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((200, [{"JID": ANA, "Error": 403}]), "failed"),
        ((401, {"message": "Unauthorized"}), "failed"),
        (httpx.ConnectError("no"), "failed"),
    ],
)
async def test_a_removal_that_was_not_done_does_not_stand(
    database: Database, far: Waha, answer: Any, state: str
) -> None:
    await a_group(database)
    far.answers[f"POST /api/default/groups/{GROUP.replace('@', '%40')}/participants/remove"] = answer

    with pytest.raises(Refused, match="not removed"):
        await moderate(database, ANA_PHONE, "remove", at_once=True)

    row = await database.read(lambda tx: tx.one("SELECT state, detail FROM moderation_step"))
    assert row is not None and row["state"] == state and row["detail"]
    listed = await run(database, "groups moderation list", group=None, member=ANA_PHONE, all=False)
    assert listed.document["count"] == 0


async def test_who_cannot_be_put_in_again_is_to_be_sent_the_link(database: Database, far: Waha) -> None:
    await a_group(database)
    far.answers[f"POST /api/default/groups/{GROUP.replace('@', '%40')}/participants/add"] = (
        200,
        [{"JID": ANA, "Error": 403}],
    )
    removed = await moderate(database, ANA_PHONE, "remove", at_once=True)

    back = await run(database, "groups moderation take-back", step=removed.document["step_ref"], reason=None)

    assert "link" in back.document["left"] and back.exit_code == EXIT_PARTLY


async def test_what_the_muted_write_is_taken_back_once(database: Database, far: Waha) -> None:
    number_id = await a_group(database)
    await moderate(database, ANA_PHONE, "mute", at_once=True)
    at = NOW // SECOND + 60
    words = [said(f"AAAA{place}", "buy this", group=GROUP, at=at + place) for place in range(2)]
    await hear(
        database,
        envelope("message.any", said("BEFORE", "hello", group=GROUP), id="evt_2"),
        *(envelope("message.any", one, id=f"evt_m{place}") for place, one in enumerate(words)),
        envelope("message.any", said("BO01", "hello", by=BO, group=GROUP, at=at), id="evt_3"),
        now=NOW + 2 * 60 * SECOND,
    )
    lost = f"DELETE /api/default/chats/{GROUP.replace('@', '%40')}/messages/" + words[1]["id"].replace(
        "@", "%40"
    )
    far.answers[lost] = httpx.ReadTimeout("slow")

    async with far.driver() as gateway:

        def clock() -> int:
            return NOW + 3 * 60 * SECOND

        assert await gateway_muting.take_back_muted(database, gateway, number_id, clock=clock) == 1
        del far.answers[lost]
        assert await gateway_muting.take_back_muted(database, gateway, number_id, clock=clock) == 1
        assert await gateway_muting.take_back_muted(database, gateway, number_id, clock=clock) == 0

    assert [one.path.rpartition("_AAAA")[2][0] for one in far.asked] == ["0", "1", "1"]
    assert {one.method for one in far.asked} == {"DELETE"}


async def test_the_ladder_is_tried_on_history_and_does_nothing(database: Database, far: Waha) -> None:
    await a_group(database)
    await hear(
        database,
        *(
            envelope("message.any", said(f"A{place}", "buy this", group=GROUP, at=AT + place), id=f"evt_a{place}")
            for place in range(4)
        ),
        envelope("message.any", said("B0", "buy this", by=BO, group=GROUP), id="evt_b"),
        envelope("message.any", said("C0", "buy this"), id="evt_c"),
    )  # fmt: skip

    tried_on = await run(database, "groups moderation try", query="buy", group=None)

    rows = {row["immune"]: row for row in tried_on.document["rows"]}
    assert [one["step"] for one in rows[None]["steps"]] == ["warn", "mute", "remove"]
    assert (rows[None]["messages"], rows["an admin of the group is not moderated"]["steps"]) == (4, [])
    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM moderation_step")) == 0
    assert far.asked == []
