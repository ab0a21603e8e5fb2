"""A message to a segment: who gets it, what each reads, all of it visible at once or none, and nothing twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.invites.asking import person, shop_of
from tests.invites.asking import say as said
from waconsole import catalogue
from waconsole.clock import DAY, HOUR, iso, parse_iso
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import service_bulk, service_waking, store_batches, store_numbers
from waconsole.outbox.holdout import is_held_out
from waconsole.outbox.service_eligible import objections
from waconsole.policy import service as policy
from waconsole.segments import previews, store_sending
from waconsole.segments.service_letters import Letters
from waconsole.segments.variables import clean, marked
from waconsole.segments.windows import hours_of, next_within
from waconsole.whatsapp.content import Template, as_body, content_of

BODY = "Hello {{who}}, {{what}}"
NAMES = {1: "Ana", 2: "محمد", 3: "Zoë 🎉 Ngọc-Ánh van der Berg", 4: "", 5: "Bo", 6: "Cy"}


def crowd(tx: Transaction) -> None:
    """Six people with consent (but the sixth), a promotion in English, one in two languages."""
    shop_of(tx)
    for place, name in NAMES.items():
        member_id = person(tx, place, consent="yes" if place != 6 else "no", is_open=False)
        tx.execute("UPDATE member SET name = ?, timezone = 'Europe/Paris' WHERE id = ?", (name, member_id))
    components = json.dumps([{"type": "BODY", "text": BODY}])
    for template, language in (("promo", "en"), ("sale", "en"), ("sale", "de")):
        tx.execute(
            """
            INSERT INTO template (waba_id, name, language, category, status, parameter_format, components, told_at, synced_at)
            VALUES ('2', ?, ?, 'MARKETING', 'APPROVED', 'NAMED', ?, 0, 1)
            """,
            (template, language, components),
        )


def asked(*more: str, template: str = "promo") -> tuple[str, ...]:
    return ("--template", template, "--param", "who={first_name|friend}", "what=new: {name|you}", *more)


async def say(database: Database, *words: str, now: int = NOW) -> Mapping[str, Any]:
    return (await said(database, *words, now=now)).document


def waiting(tx: Transaction) -> list[tuple[str, str, str, int]]:
    rows = tx.rows("SELECT text, segment, rule, rule_version FROM visible_outgoing ORDER BY id")
    return [(row["text"], row["segment"], row["rule"], row["rule_version"]) for row in rows]


def test_places_are_filled_or_the_member_is_left_out() -> None:
    blanks = marked(["who={first_name|dear friend}", "what={ last_product }!"], [(0, "{ref}")])
    assert blanks.variables == {"first_name", "last_product", "ref"}
    assert [one.fallback for one in blanks.places] == ["dear friend", None, None]
    for wrong in ("{nickname}", "{name|}", "{}"):
        with pytest.raises(Refused):
            marked([wrong])
    assert clean(" Ana\n\t  María\0 ") == "Ana María"

    template = Template(
        "t",
        "en",
        (("who", marked(["{name|you}"]).parameters[0]),),
        text="Hi " + marked(["{name|you}"]).parameters[0],
    )
    values: dict[int, dict[str, str]] = {1: {"name": 'A "quoted" \\ name'}, 2: {}}
    letters = Letters(template, marked(["{name|you}"]).places, values, "typed")
    rows = {member: (body, text) for member, body, text, _ in letters.rows([1, 2])}
    assert rows[2] == (as_body(Template("t", "en", (("who", "you"),), text="Hi you")), "Hi you")
    back = content_of(rows[1][0])
    assert isinstance(back, Template) and back.parameters == (("who", 'A "quoted" \\ name'),)
    assert Letters(template, marked(["{name}"]).places, values, "").words(2) is None
    assert letters.sample.text == "Hi _"


def test_four_recipients_are_looked_at_first() -> None:
    texts = [
        (1, "Hello Ana"),
        (2, "Hello محمد"),
        (3, "Hi"),
        (4, "Hello 🎉"),
        (5, "Hello somebody with a long name"),
        (6, "♥️"),
    ]
    found = [(one.why, one.member_id) for one in previews.chosen(texts)]
    assert found == [("longest", 5), ("shortest", 3), ("rtl", 2), ("emoji", 4)]
    assert previews.chosen([]) == []


def test_hours_begin_where_somebody_lives() -> None:
    tuesday = hours_of({"days": ["Tue"], "hours": "10:00-11:00"})
    paris, tokyo = ZoneInfo("Europe/Paris"), ZoneInfo("Asia/Tokyo")
    at = parse_iso("2026-11-24T09:30:00Z")  # a Tuesday: 10:30 in Paris, 18:30 in Tokyo
    assert next_within(at, paris, tuesday) == at
    assert iso(next_within(at + 30 * 60_000_000, paris, tuesday)) == "2026-12-01T09:00:00Z", "the end is out"
    assert iso(next_within(at, tokyo, tuesday)) == "2026-12-01T01:00:00Z"
    night = hours_of({"hours": "02:00-03:00, 23:00-01:00"})
    gap, twice = parse_iso("2026-03-29T00:30:00Z"), parse_iso("2026-10-25T00:30:00Z")
    assert iso(next_within(gap, paris, night)) == "2026-03-29T21:00:00Z", (
        "two to three does not exist on that night"
    )
    assert next_within(twice, paris, night) == twice, "half past two, the first time"
    late = parse_iso("2026-11-24T23:30:00Z")
    assert next_within(late, paris, night) == late, "past midnight it is still the span of the day before"
    for wrong in ({}, {"hours": "ten"}, {"hours": "10:00-11:00", "days": ["Tuesday"]}):
        with pytest.raises(Refused):
            hours_of(wrong)


async def test_each_waits_for_hours_of_their_own(database: Database) -> None:
    def elsewhere(tx: Transaction) -> None:
        crowd(tx)
        tx.execute("UPDATE member SET timezone = 'Asia/Tokyo' WHERE id = 2")

    await database.write(elsewhere)
    await say(database, "segments", "send", "not tag:nobody", *asked("--window", "tuesday"))
    found = await database.read(
        lambda tx: sorted({iso(row["not_before"]) for row in tx.rows("SELECT not_before FROM outgoing")})
    )
    assert found == ["2026-12-01T01:00:00Z", "2026-12-01T09:00:00Z"], "five days on, in each zone"
    number = await database.read(store_numbers.cloud_number)
    assert number is not None
    assert await database.write(lambda tx: service_waking.wake(tx, number, now=NOW)) == 0
    tokyo = parse_iso("2026-12-01T01:00:00Z")
    assert await database.write(lambda tx: service_waking.wake(tx, number, now=tokyo)) == 1
    with pytest.raises(NotFound):
        await say(database, "segments", "send", "not tag:nobody", *asked("--window", "never"))


async def test_a_segment_is_written_to_once(database: Database) -> None:
    await database.write(crowd)
    await say(database, "segments", "save", "Everybody", "not tag:nobody")
    trial = await say(database, "segments", "send", "Everybody", *asked("--dry-run"))
    assert (trial["match"], trial["reached"], trial["count"], trial["queued"]) == (6, 5, 5, 0)
    texts = {row["why"]: row["text"] for row in trial["previews"]}
    assert texts == {
        "longest": f"Hello Zoë, new: {NAMES[3]}", "shortest": "Hello Bo, new: Bo", "rtl": "Hello محمد, new: محمد",
        "emoji": f"Hello Zoë, new: {NAMES[3]}",
    }  # fmt: skip
    assert await database.read(waiting) == []

    done = await say(database, "segments", "send", "Everybody", *asked())
    assert done["queued"] == 5
    rows = await database.read(waiting)
    assert ("Hello friend, new: you", "Everybody", "segment:Everybody", 1) in rows
    again = await say(database, "segments", "send", "Everybody", *asked())
    assert (again["queued"], again["count"]) == (0, 5), "the same on the same day adds nothing"
    assert len(await database.read(waiting)) == 5
    sends = (await say(database, "segments", "sends"))["rows"]
    assert [
        (row["segment"], row["version"], row["match"], row["reached"], row["count"]) for row in sends
    ] == [("Everybody", 1, 6, 5, 5)]
    assert {one["reason"]: one["excluded"] for one in sends[0]["steps"]}["no_consent"] == 1

    missing = await say(
        database,
        "segments",
        "send",
        "lang:xx or not lang:xx",
        "--template",
        "promo",
        "--param",
        "who={name}",
        "what=x",
        "--dry-run",
    )
    assert (missing["without_value"], missing["segment"]) == (1, None), (
        "who has no name is left out, not greeted with a hole"
    )
    with pytest.raises(Refused, match="de, en"):
        await say(database, "segments", "send", "Everybody", *asked(template="sale"))
    await database.write(
        lambda tx: tx.execute("UPDATE template SET waba_id = '' WHERE name = 'promo'").rowcount
    )
    await say(database, "segments", "send", "Everybody", *asked("--key", "imported"))
    kinds = await database.read(
        lambda tx: {tuple(row) for row in tx.rows("SELECT purpose, template_category FROM outgoing")}
    )
    assert kinds == {("marketing", "MARKETING")}, "also where a list of templates named no account"
    with pytest.raises(NotFound):
        await say(database, "segments", "send", "Everybody", *asked(template="nothing"))
    with pytest.raises(Refused, match="passed"):
        await say(database, "segments", "send", "Everybody", *asked("--at", "2026-11-01"))


async def test_whoever_said_stop_meanwhile_is_asked_again_when_it_leaves(database: Database) -> None:
    await database.write(crowd)
    at = NOW + 3 * DAY  # more than two days: what waits so long is not taken for a clock that was set back
    night = NOW + 12 * HOUR
    await say(database, "segments", "send", "not tag:nobody", *asked("--at", iso(at)))

    def woken(tx: Transaction, now: int) -> int:
        number = store_numbers.cloud_number(tx)
        assert number is not None
        return service_waking.wake(tx, number, now=now)

    assert await database.write(lambda tx: woken(tx, at - HOUR)) == 0
    number = await database.read(store_numbers.cloud_number)
    assert number is not None
    assert await database.read(lambda tx: service_waking.next_wake_at(tx, number)) == at

    def stopped(tx: Transaction) -> dict[int, str]:
        tx.execute("UPDATE consent SET state = 'stop' WHERE member_id = 1")
        woken(tx, at)
        ids = [row["id"] for row in tx.rows("SELECT id FROM outgoing WHERE state = 'queued' ORDER BY id")]
        return {place: one.reason for place, one in enumerate(objections(tx, ids, now=at).values())}

    assert await database.write(stopped) == {0: "stopped"}
    late = await say(database, "segments", "send", "not tag:nobody", *asked("--dry-run"), now=night)
    waits = await say(
        database, "segments", "send", "not tag:nobody", *asked("--dry-run", "--wait-quiet"), now=night
    )
    assert (late["reached"], waits["reached"]) == (0, 4)


async def test_what_has_not_left_is_withdrawn_and_what_has_is_counted(database: Database) -> None:
    await database.write(crowd)

    def one_has_left(tx: Transaction) -> None:
        number = store_numbers.cloud_number(tx)
        assert number is not None
        service_waking.wake(tx, number, now=NOW)
        tx.execute(
            """
            UPDATE outgoing SET state = 'accepted', state_reason = 'operator' WHERE id = (SELECT min(id) FROM outgoing)
            """
        )
        tx.execute("UPDATE outgoing SET state = 'scheduled' WHERE id = (SELECT max(id) FROM outgoing)")

    states = "SELECT state, count(*) AS count FROM visible_outgoing GROUP BY state ORDER BY state"
    await say(database, "segments", "send", "not tag:nobody", *asked("--key", "one"))
    await database.write(one_has_left)
    undone = await say(database, "undo")
    assert undone == {"undone": "send to segment", "count": 1, "withdrawn": 4, "gone": 1}
    assert [tuple(row) for row in await database.read(lambda tx: tx.rows(states))] == [
        ("accepted", 1),
        ("cancelled", 4),
    ]
    again = await said(database, "segments", "withdraw", "one", now=NOW)
    assert again.document == {"key": "one", "withdrawn": 4, "gone": 1}
    assert "4 withdrawn before they left; 1 had left" in again.lines[0]
    sends = (await say(database, "segments", "sends"))["rows"]
    assert [(row["key"], row["withdrawn"]) for row in sends] == [("one", True)]
    with pytest.raises(Refused, match="was withdrawn"):
        await say(database, "segments", "send", "not tag:nobody", *asked("--key", "one"))
    with pytest.raises(NotFound):
        await say(database, "segments", "withdraw", "two")
    with pytest.raises(Refused, match="names everybody"):
        await say(database, "segments", "send", " # an empty variable", *asked())

    await say(database, "segments", "send", "not tag:nobody", *asked("--key", "two"))
    assert (await say(database, "segments", "withdraw", "two"))["gone"] == 0
    with pytest.raises(Refused, match="cannot be undone"):
        await say(database, "undo")


async def test_who_is_kept_out_is_known(database: Database) -> None:
    def half(tx: Transaction) -> set[str]:
        crowd(tx)
        policy.set_version(
            tx, "send.holdout", {"value": 50, "unit": "percent"}, says="A test.", reason="a test", valid_from=0,
            set_by=operators.acting(tx, None, now=NOW), now=NOW,
        )  # fmt: skip
        refs = [members.member_by_id(tx, one).ref for one in range(1, 6)]
        return {ref for ref in refs if is_held_out(ref, 50)}

    wanted = await database.write(half)
    done = await say(database, "segments", "send", "not tag:nobody", *asked("--key", "half"))
    assert done["held_out"] == len(wanted) > 0
    assert done["queued"] == 5 - len(wanted)
    kept = await database.read(
        lambda tx: {
            row["ref"]
            for row in tx.rows(
                "SELECT m.ref FROM segment_holdout AS h JOIN member AS m ON m.id = h.member_id"
            )
        }
    )
    assert kept == wanted


async def test_what_died_half_way_is_gone_on_with(
    ledger_path: Path,
    database: AbstractAsyncContextManager[Database] | Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(database, Database)
    await database.write(crowd)
    monkeypatch.setattr(service_bulk, "PIECE", 2)
    monkeypatch.setattr(service_bulk, "CHUNK_SECONDS", 0.0)
    opened = store_batches.open_batch

    def dies(tx: Transaction, batch_id: int, *, now: int) -> None:
        raise OSError("killed")

    monkeypatch.setattr(store_batches, "open_batch", dies)
    with pytest.raises(OSError, match="killed"):
        await said(database, "segments", "send", "not tag:nobody", *asked())
    monkeypatch.setattr(store_batches, "open_batch", opened)
    assert await database.read(waiting) == [], "nobody sees a part of it"
    assert (await say(database, "segments", "sends"))["rows"] == []
    async with catalogue.open_ledger(ledger_path, now=NOW) as after:
        done = await say(after, "segments", "send", "not tag:nobody", *asked())
        assert done["count"] == 5
        assert len(await after.read(waiting)) == 5
        assert len(await after.read(store_sending.sends)) == 1
