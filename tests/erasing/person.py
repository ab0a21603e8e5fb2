"""A ledger in which one person left a trace in every table, beside others who must stay as they are."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.conftest import NOW
from tests.sync import gateway_events
from tests.sync.imports import HEAD, imported, quiet
from tests.sync.webhooks import AT, BO, GROUP, body, message, our_number, take_in, text
from waconsole import catalogue
from waconsole.clock import DAY
from waconsole.database.connection import Database, Transaction
from waconsole.groups import service_moderation
from waconsole.inbox import service_reply, service_saved_replies
from waconsole.ledger import service as books
from waconsole.ledger.model import Wanted
from waconsole.members import service as members
from waconsole.members import service_merge
from waconsole.members.store import member_named
from waconsole.money import Money
from waconsole.operators import service as operators
from waconsole.operators import service_views, store_sign_in
from waconsole.outbox import store_batches, store_suppression
from waconsole.segments import store_layers, store_segments, store_sending, store_tags
from waconsole.settings import Settings
from waconsole.sync.intake_contacts import import_contacts
from waconsole.sync.intake_shop import ShopImport, import_shop
from waconsole.whatsapp.files import folder_of

OWNER: Final = "Ana"
ZED: Final = "15550001234"
ZED_HOME: Final = "+33639980077"
WAMID: Final = (
    "wamid.HBgLMTU1NTAwMDEyMzQVAgASGBQzQTAx"  # as WhatsApp makes them: the number stands in it, in base64
)
NAME: Final = "Zebulon Quartzmeier"
PHOTO: Final = b"\x89PNG\r\n\x1a\nsesquipedalian bytes of a photo"
SHARED: Final = b"\x89PNG\r\n\x1a\nbytes that two people sent"
# What must be nowhere when they are erased: who they are, and one word of everything they wrote or that was written of them.
IDENTIFIERS: Final = (
    ZED, "US.15550001234", "zed_the_quick", NAME, "Quartzmeier", ZED_HOME[1:], "HBgLMTU1NTAwMDEyMzQ", "12 Halibut Lane", "visa-4321x", "device-zz9",
)  # fmt: skip
WORDS: Final = (
    "flibbertigibbet", "snollygoster", "widdershins", "cattywampus", "bumfuzzle", "collywobbles", "gardyloo",
    "taradiddle", "lollygag", "brouhaha", "kerfuffle", "discombobulate", "malarkey", "skedaddle", "hullabaloo",
    "gobbledygook", "whippersnapper", "nincompoop", "codswallop", "sesquipedalian", "rigmarole", "hootenanny",
    "cockalorum", "balderdash",
)  # fmt: skip


@dataclass
class Scene:
    """The ledger's path, and what was counted in it before."""

    path: Path
    ref: str = ""
    merged: str = ""
    before: dict[str, Any] = field(default_factory=dict)


def find_bytes(path: Path, needle: str) -> list[str]:
    """The files of the ledger that hold these words, in any case, in UTF-8."""
    wanted = needle.encode().lower()
    beside = [one for one in path.parent.rglob("*") if one.is_file()]
    return [one.name for one in beside if wanted in one.read_bytes().lower()]


def owner(tx: Transaction, name: str = OWNER, role: str = "owner") -> None:
    """An operator with a passphrase."""
    made = operators.add(tx, name, role, now=NOW)
    kept = store_sign_in.Hashed(b"s" * 16, 2, 1, 1, b"h" * 32)
    store_sign_in.add_passphrase(tx, made.id, kept, set_by=made.id, now=NOW)


async def fill(database: Database, folder: Path) -> None:
    """Everything of them, by the ways the program takes things in."""
    await database.write(owner)
    await our_number(database)
    await _files(database, folder)
    await _wire(database)
    await _phone(database)
    await _by_hand(database)
    await database.write(_money)


async def _files(database: Database, folder: Path) -> None:
    chat = folder / f"WhatsApp Chat with {NAME}.zip"
    lines = [
        HEAD,
        f"20/11/2026, 08:01 - Otto added {NAME}",
        f"20/11/2026, 08:02 - {NAME}: does the flibbertigibbet cost more?",
        "20/11/2026, 08:03 - +33 6 39 98 00 77: snollygoster, I mean",
        f"20/11/2026, 08:04 - {NAME}: IMG-1.png (file attached)",
        f"20/11/2026, 08:05 - {NAME}: IMG-2.png (file attached)",
        "20/11/2026, 08:06 - Otto: IMG-2.png (file attached)",
        "20/11/2026, 08:07 - Otto: good morning all",
        f"20/11/2026, 08:08 - {NAME}: POLL:\nwiddershins?\nOPTION: cattywampus (3 votes)\nOPTION: no (1 vote)",
        f"20/11/2026, 08:09 - {NAME} changed the group description",
    ]
    with zipfile.ZipFile(chat, "w") as archive:
        archive.writestr("_chat.txt", "".join(f"{line}\n" for line in lines))
        archive.writestr("IMG-1.png", PHOTO)
        archive.writestr("IMG-2.png", SHARED)
    await imported(database, chat, "Mamans")
    photo = folder_of(database.path) / sha256(PHOTO)
    photo.rename(photo.with_suffix(".png"))  # a copy as WhatsApp's files are kept, with its ending
    chat.unlink()
    contacts = folder / "contacts.csv"
    contacts.write_text(
        "phone,name,language,timezone,consent_marketing,consent_at,tags,address,payment,device\n"
        f"+{ZED},{NAME},fr,Europe/Paris,stop,2026-10-01T00:00:00Z,bumfuzzle,12 Halibut Lane,visa-4321x,device-zz9\n"
        "+15550002222,Bo Ordinary,fr,Europe/Paris,yes,2026-10-01T00:00:00Z,regular,,,\n"
        f"+{ZED},{NAME},fr,Nowhere/Land,yes,collywobbles,x,,,\n"
    )
    utc = ZoneInfo("UTC")
    await import_contacts(database, contacts, quiet(), region=None, zone=utc, now=NOW)
    contacts.unlink()
    for kind, rows in (
        ("orders", [
            "reference,phone,ordered_at,currency,total,category,product,quantity,unit_price",
            f"A1,+{ZED},2026-11-01T10:00:00Z,EUR,25.00,shoes,boot,1,25.00",
            f"A2,{ZED_HOME},2026-11-02T10:00:00Z,EUR,10.00,shoes,boot,1,10.00",
            "A3,+15550002222,2026-11-03T10:00:00Z,EUR,35.00,shoes,boot,1,35.00",
            "A4,+1 (555) 000-1234,gardyloo,EUR,35.00,shoes,boot,1,35.00",
        ]),
        ("clicks", [
            "phone,clicked_at,category,product,url",
            f"+{ZED},2026-11-01T10:00:00Z,shoes,boot,https://shop.example/?who=taradiddle",
            "+15550002222,2026-11-01T10:00:00Z,shoes,boot,https://shop.example/?who=bo",
        ]),
    ):  # fmt: skip
        file = folder / f"{kind}.csv"
        file.write_text("".join(f"{row}\n" for row in rows))
        await import_shop(database, ShopImport(kind, file, utc), quiet(), now=NOW)
        file.unlink()


async def _wire(database: Database) -> None:
    me: dict[str, Any] = {
        "profile": {"name": NAME, "username": "zed_the_quick"},
        "wa_id": ZED,
        "user_id": f"US.{ZED}",
    }
    who: dict[str, Any] = {"contacts": [me]}
    edit: dict[str, Any] = {
        "original_message_id": WAMID, "message": {"type": "text", "text": {"body": "brouhaha, I meant"}},
    }  # fmt: skip
    await take_in(
        database,
        body(messages=[text(WAMID, "lollygag?", sender=ZED), text("wamid.bo", "hello from Bo", sender=BO)],
             contacts=[me, {"profile": {"name": "Bo Ordinary"}, "wa_id": BO, "user_id": f"US.{BO}"}]),
        body(messages=[message("wamid.e1", "edit", edit, sender=ZED, at=AT + 10)], **who),
        body(messages=[text("wamid.g1", "kerfuffle in a group", sender=ZED, at=AT + 20, group_id=GROUP)], **who),
        body(messages=[text("wamid.g2", "what kerf?", sender=BO, at=AT + 21, group_id=GROUP)], names=[(BO, "Bo Ordinary")]),
        body(messages=[message("wamid.r1", "reaction", {"message_id": "wamid.g2", "emoji": "🦤"}, sender=ZED,
                               at=AT + 30, group_id=GROUP)], **who),
        body(messages=[message("wamid.i1", "image", {"id": "777", "mime_type": "image/png", "caption": "discombobulate",
                               "sha256": "x"}, sender=ZED, at=AT + 40)], **who),
        body(messages=[{"from": ZED, "id": "wamid.bad", "timestamp": "malarkey", "type": "text", "text": {"body": "skedaddle"}}], **who),
        json.dumps({"object": f"+{ZED} hullabaloo"}).encode(),
        body(messages=[text("wamid.bo2", "ask +1 555 000 1234 about it", sender=BO, at=AT + 50)], names=[(BO, "Bo Ordinary")]),
    )  # fmt: skip


async def _phone(database: Database) -> None:
    """The same by a linked phone, whose ids hold the number as it is."""
    await gateway_events.our_phone(database)
    zed, bo, group = f"{ZED}@c.us", gateway_events.BO, gateway_events.GROUP
    quoted = {"id": "KKKK", "participant": zed, "body": "cockalorum"}
    await gateway_events.hear(
        database,
        gateway_events.envelope("message.any", gateway_events.said("KKKK", "cockalorum", by=zed, group=group), id="1"),
        gateway_events.envelope("message.any", gateway_events.said("LLLL", "no", by=bo, group=group, replyTo=quoted), id="2"),
        gateway_events.envelope("message.any", gateway_events.said("MMMM", "balderdash", by=zed), id="3"),
        gateway_events.envelope("message.reaction", {**gateway_events.said("NNNN", "", by=bo, group=group),
                                "reaction": {"text": "👍", "messageId": f"false_{group}_KKKK_{zed}"}}, id="4"),
    )  # fmt: skip


def _rules(tx: Transaction) -> None:
    """Rules of segments and tags that name them."""
    segment_id = store_segments.add_segment(
        tx, ref="seg-1", name=f"Round {NAME}", folded=f"round {NAME.lower()}", now=NOW
    )
    store_segments.add_version(
        tx, segment_id, 1, rule=f'not from:"+{ZED}"', members=(), owner=OWNER, purpose=f"All but {NAME}.",
        review_on="2027-02-25", operator_id=None, now=NOW,
    )  # fmt: skip
    key = f"Round {NAME}-promo"
    number_id = tx.value("SELECT min(id) FROM number")
    store_batches.begin(
        tx, ref=key, number_id=number_id, purpose="marketing", campaign=key, content="x", now=NOW
    )
    store_sending.add_send(
        tx, {"ref": key, "segment": f"Round {NAME}", "version": 1, "rule": f"from:+{ZED}", "template": "promo", "language": "en",
             "steps": "[]", "matched": 1, "reached": 1, "without": 0, "operator_id": None, "now": NOW, "not_before": None},
    )  # fmt: skip
    tx.execute(
        "UPDATE outgoing SET segment = ?, campaign = ?, rule = ?",
        (f"from:+{ZED}", key, f'segment:"Round {NAME}"'),
    )
    store_tags.add(tx, "around", 1, f"not from:+{ZED}", operator_id=None, now=NOW)
    store_layers.add_pick(
        tx, {"rule": f"from:{ZED_HOME}", "seed": 1, "focus_share": 25.0, "random_share": 5.0, "matched": 1, "focused": 1,
             "at_random": 0, "digest": "x", "now": NOW},
    )  # fmt: skip


async def _by_hand(database: Database) -> None:
    def thread(tx: Transaction) -> tuple[int, int, str]:
        member = member_named(tx, f"+{ZED}")
        place = tx.value("SELECT id FROM conversation WHERE member_id = :id", {"id": member.id})
        store_suppression.suppress(
            tx, member_id=member.id, number_id=None, scope="all", reason="blocked", code=None, outgoing_id=None,
            since=NOW - DAY, until=None,
        )  # fmt: skip
        return int(place), member.id, member_named(tx, ZED_HOME).ref

    place, member_id, other = await database.write(thread)
    by: dict[str, Any] = {"operator": OWNER, "now": NOW}
    await service_reply.reply(database, place, "gobbledygook to you", **by)
    await service_reply.note(database, place, "a whippersnapper, that one", **by)
    await service_reply.keep_draft(database, place, "nincompoop begun")
    await members.tag(database, [member_id], "codswallop", True, **by)
    await database.write(_rules)
    await service_saved_replies.save(database, "greeting", f"Hello {NAME}, welcome", **by)
    await service_views.save(
        database, "Zed", f'from:"{NAME}"', subject="members", shared=True, check=lambda *_: None, **by
    )
    await service_moderation.take(
        database, Settings(), other, "Mamans", "warn", reason="rigmarole", until=None, at_once=False, **by
    )
    await service_merge.merge(database, other, f"+{ZED}", **by)
    await service_merge.merge(database, await database.read(_by_name), f"+{ZED}", **by)


def _by_name(tx: Transaction) -> str:
    """The row that the export knows by its name alone."""
    return str(
        tx.value(
            "SELECT m.ref FROM member AS m JOIN alias AS a ON a.member_id = m.id WHERE a.group_id <> 0 AND a.value = :name",
            {"name": NAME},
        )
    )


def _money(tx: Transaction) -> None:
    member = member_named(tx, f"+{ZED}")
    books.post(
        tx,
        Wanted(
            ref="reward:1", debit="budget:spring", credit=f"member:{member.ref}:payable", money=Money(500, "EUR"),
            purpose="reward", actor="rule", effective_at=NOW, memo=f"hootenanny for {NAME}",
        ),
        now=NOW,
    )  # fmt: skip


async def make(folder: Path) -> Scene:
    """The ledger in a folder of its own."""
    scene = Scene(folder / "ledger.db")
    inputs = folder.parent / f"{folder.name}-inputs"
    inputs.mkdir()
    async with catalogue.open_ledger(scene.path, now=NOW) as database:
        await fill(database, inputs)
        scene.ref = await database.read(lambda tx: member_named(tx, f"+{ZED}").ref)
        scene.before = await database.read(counted)
    return scene


def counted(tx: Transaction) -> dict[str, Any]:
    """What is counted and booked, whoever is erased."""
    tables = ("message", "outgoing", "membership", "click", "member", "transfer", "poll_vote")
    return {table: tx.value(f"SELECT count(*) FROM {table}") for table in tables} | {
        "orders": [tuple(row) for row in tx.rows('SELECT reference, member_id, total_minor FROM "order" ORDER BY id')],
        "balances": [tuple(row) for row in tx.rows("SELECT name, balance FROM account_balance ORDER BY id")],
    }  # fmt: skip


def copies(path: Path) -> set[str]:
    """The SHA-256 of the copies beside the ledger."""
    folder = folder_of(path)
    return {one.name for one in folder.iterdir()} if folder.is_dir() else set()


def sha256(content: bytes) -> str:
    """How a copy is named."""
    return hashlib.sha256(content).hexdigest()


def run(folder: Path) -> Scene:
    """As `make`, for a fixture."""
    return asyncio.run(make(folder))
