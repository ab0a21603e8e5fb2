"""Codes as they are typed: given, shared, drawn, revoked, and taken back."""

from __future__ import annotations

import struct
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.conftest import NOW
from tests.invites import friends
from tests.invites.asking import say, shop_of
from tests.policy.ledgers import OWNER, SECOND
from tests.sync import webhooks
from waconsole import catalogue
from waconsole.clock import DAY, HOUR
from waconsole.clock import SECOND as A_SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused, UsageError
from waconsole.invites import service_programmes
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.policy import store as policies
from waconsole.policy.service import set_version
from waconsole.sync import arriving, receive_rows
from waconsole.sync.process import process_waiting
from waconsole.sync.receive_rows import Body

LIN = "+85291234567"


def _shop(tx: Transaction, *, phone: str | None = "+85230000000") -> None:
    shop_of(tx)
    tx.execute("UPDATE number SET phone = :phone WHERE driver = 'cloud'", {"phone": phone})
    member = members.ensure_member(
        tx, phone=LIN, bsuid=None, name="Lin", origin="import", now=NOW, seen_at=NOW
    )
    members.update_member(tx, member, {"language": "fr-CA"})
    owner = operators.acting(tx, OWNER, now=NOW)
    for name in ("spring", "autumn"):
        service_programmes.create(
            tx, owner, name, friends.TERMS | {"invitee.each": "coupon 50.00 HKD from POOL"}, valid_from=None, is_draft=False,
            now=NOW,
        )  # fmt: skip


def _set(tx: Transaction, name: str, value: str) -> None:
    before, _ = policies.in_force(tx, name, now=NOW)
    owner = operators.acting(tx, OWNER, now=NOW)
    set_version(
        tx,
        name,
        {**before, "value": value},
        says=before["says"],
        reason="ours",
        valid_from=NOW,
        set_by=owner,
        now=NOW,
    )


async def test_a_code_is_given_once_for_each_programme_and_place(database: Database) -> None:
    await database.write(_shop)
    first = (await say(database, "invites", "code", LIN, "--programme", "Spring")).document
    again = (await say(database, "invites", "code", "Lin", "--programme", "spring")).document
    other = (await say(database, "invites", "code", LIN, "--programme", "autumn")).document
    card = (
        await say(database, "invites", "code", LIN, "--programme", "spring", "--channel", "parcel_card")
    ).document
    assert (first["code"], first["changed"], again["changed"]) == (again["code"], True, False)
    assert (first["phone"], first["programme"], first["state"], first["channel"]) == (
        LIN,
        "spring",
        "in_force",
        None,
    )
    assert other["code"] != first["code"]
    assert (card["code"], card["channel"]) == (f"{first['code']}-C", "parcel_card")
    listed = (await say(database, "invites", "codes", "list", "--programme", "spring")).document
    assert [row["code"] for row in listed["rows"]] == [card["code"], first["code"]]
    with pytest.raises(NotFound, match="there is spring, autumn"):
        await say(database, "invites", "code", LIN, "--programme", "winter")
    with pytest.raises(Refused, match="There is no place shop"):
        await say(database, "invites", "code", LIN, "--programme", "spring", "--channel", "shop")
    with pytest.raises(UsageError):
        await say(database, "invites", "code", LIN)


async def test_a_code_is_revoked_with_those_of_its_places_and_undone(database: Database) -> None:
    await database.write(_shop)
    code = (await say(database, "invites", "code", LIN, "--programme", "spring")).document["code"]
    await say(database, "invites", "code", LIN, "--programme", "spring", "--channel", "email")
    with pytest.raises(Refused, match="Name who decides"):
        await say(database, "invites", "code", "--revoke", code, "--reason", "posted", by=None)
    with pytest.raises(Refused, match="--reason WHY"):
        await say(database, "invites", "code", "--revoke", code)
    spelled = f"{code[:3].lower()} {code[3:]}"
    gone = (
        await say(database, "invites", "code", "--revoke", spelled, "--reason", "posted", by=SECOND)
    ).document
    assert (gone["state"], gone["revoked"]) == ("revoked", [code, f"{code}-M"])
    with pytest.raises(Refused, match="not in force"):
        await say(database, "invites", "qr", code)
    assert (await catalogue.undo(database, operator=SECOND, now=NOW))[0] == "revoke code"
    assert (await say(database, "invites", "qr", code)).document["code"] == code
    await say(database, "invites", "code", "--revoke", code, "--reason", "posted", by=SECOND)
    new = (await say(database, "invites", "code", LIN, "--programme", "spring")).document
    assert (new["changed"], new["code"] == code) == (True, False)


async def test_what_is_shared_leads_to_our_number_with_the_code_in_the_text(database: Database) -> None:
    await database.write(_shop)
    kit = (await say(database, "invites", "share", LIN, "--programme", "spring", "--every-channel")).document
    parts = urlsplit(kit["link"])
    assert (parts.netloc, parts.path) == ("wa.me", "/85230000000")
    assert unquote(parts.query.removeprefix("text=")) == kit["text"]
    assert kit["code"] in kit["text"]
    assert (kit["language"], kit["landing"]) == ("fr", None)
    assert kit["message"].endswith("Je reçois une récompense quand vous commandez.")
    places = {row["channel"]: row["code"] for row in kit["channels"]}
    assert sorted(places) == ["ad", "broadcast", "email", "newsletter", "order_page", "parcel_card", "social"]
    assert places["order_page"] == f"{kit['code']}-P"

    def ours(tx: Transaction) -> None:
        _set(tx, "referral.landing", "https://shop.example/go?lang=fr")
        _set(tx, "referral.brand", "{offer} Café")

    await database.write(ours)
    kit = (
        await say(
            database,
            "invites",
            "share",
            LIN,
            "--programme",
            "spring",
            "--channel",
            "email",
            "--language",
            "en",
        )
    ).document
    asked = parse_qs(urlsplit(kit["landing"]).query)
    assert asked == {
        "lang": ["fr"], "utm_source": ["email"], "utm_medium": ["referral"], "utm_campaign": ["spring"],
        "utm_content": [kit["code"]],
    }  # fmt: skip
    assert kit["message"] == (
        f"I like {{offer}} Café: {kit['landing']} gives you 50.00 HKD. I get a reward when you order."
    )
    with pytest.raises(Refused, match="no texts in xx"):
        await say(database, "invites", "share", LIN, "--programme", "spring", "--language", "xx")


async def test_a_qr_code_is_drawn_here_or_into_a_file(database: Database, tmp_path: Path) -> None:
    await database.write(lambda tx: _shop(tx, phone=None))
    code = (await say(database, "invites", "code", LIN, "--programme", "spring")).document["code"]
    answer = await say(database, "invites", "qr", code)
    assert set("".join(answer.document["qr"])) <= set("█▀▄ ")
    assert answer.document["link"].startswith("https://wa.me/?text=")
    assert "leads to nobody" in answer.lines[-1]
    png, svg = tmp_path / "F.png", tmp_path / "F.svg"
    for out in (png, svg):
        named = (
            await say(database, "invites", "qr", code, "--number", "+852 3000 0000", "--out", str(out))
        ).document
        assert (named["file"], named["link"][:26]) == (str(out), "https://wa.me/85230000000?")
    assert png.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    assert width == height > 200
    assert "<svg" in svg.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        await say(database, "invites", "qr", code, "--out", "F.gif")
    with pytest.raises(Refused, match="cannot be written"):
        await say(database, "invites", "qr", code, "--out", str(tmp_path / "none" / "F.png"))
    with pytest.raises(NotFound):
        await say(database, "invites", "qr", "2C2C2C2" if code != "2C2C2C2" else "X", "--programme", "spring")


async def test_a_webhook_becomes_an_invite_and_words_are_typed_on_it(database: Database) -> None:
    await database.write(_shop)
    code = (await say(database, "invites", "code", LIN, "--programme", "spring")).document["code"]
    later = NOW + HOUR
    message = webhooks.text(
        "wamid.X",
        f"hi {code.lower()}",
        at=later // A_SECOND,
        referral={"source_type": "ad", "source_id": "7"},
    )
    await database.write(
        lambda tx: receive_rows.keep_bodies(tx, [Body(webhooks.body(messages=[message]), later)])
    )
    await process_waiting(database, clock=lambda: later + A_SECOND)
    done = [await arriving.catch_up_arrivals(database, now=later + A_SECOND) for _ in range(2)]
    assert [one.invites for one in done] == [1, 0]

    ref = await database.read(lambda tx: str(tx.value("SELECT ref FROM invite WHERE channel = 'ad'")))
    answer = await say(database, "invites", "read", f"x{code} {code[:3]}")
    assert [LIN in line or "no longer" in line for line in answer.lines] == [False]
    read = answer.document
    assert (read["code"], read["referrer"]["phone"], read["programme"]) == (code, LIN, "spring")
    with pytest.raises(Refused, match="Name who decides"):
        await say(database, "invites", "dispute", ref, "--reason", "two say so", by=None)
    row = (await say(database, "invites", "dispute", ref, "--reason", "two say so", now=NOW + DAY)).document
    assert (row["invite"], row["confidence"], row["referrer"]["phone"]) == (ref, "disputed", LIN)
    assert (await catalogue.undo(database, operator=OWNER, now=NOW + DAY))[0] == "dispute invite"
    added = (
        await say(
            database,
            "invites",
            "add",
            LIN,
            "+852 6000 0009",
            "--programme",
            "spring",
            "--at",
            "2026-11-26",
            now=NOW + DAY,
        )
    ).document
    assert (added["invitee"]["phone"], added["confidence"], added["refusal"], added["changed"]) == (
        "+85260000009",
        "manual",
        None,
        True,
    )
    moved = (
        await say(
            database,
            "invites",
            "correct",
            ref,
            "--referrer",
            "+85260000009",
            "--reason",
            "said so",
            now=NOW + DAY,
        )
    ).document
    assert (moved["referrer"]["phone"], moved["instead_of"], moved["confidence"]) == (
        "+85260000009",
        ref,
        "manual",
    )
