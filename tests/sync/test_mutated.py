"""Webhooks bent at random places: none of them meets a failure that nobody foresaw, and the ledger stays sound."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import NOW
from tests.sync import gateway_events as gateway
from tests.sync.test_any_order import CLEO, EVENTS, prepared
from tests.sync.test_intake_events import JOINING, group_event, told
from tests.sync.webhooks import ANA, AT, BO, GROUP, body, message, our_number, text
from waconsole.database.connection import Database
from waconsole.sync import receive_rows
from waconsole.sync.check_rows import row_checks
from waconsole.sync.process import process_waiting
from waconsole.sync.receive_rows import Body

BODIES: Final = 300
LONG: Final = 12_000
AT_ONCE: Final = 25
ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 10**30, -(2**63), "", " ", "\x00", "\ud800", "é́́", "0", "-7", "9" * 30, "NaN", "x" * 70_000,
    [], {}, [[]], [None], {"": ""}, {"id": {}}, "15550001111", "US.1", "wamid.1", GROUP, gateway.GROUP, "@g.us", "@", "stop",
)  # fmt: skip
MEDIA: Final = {
    "id": "3",
    "mime_type": "image/jpeg",
    "sha256": "ZmFrZQ==",
    "caption": "receipt",
    "filename": "a/../b",
}
WEBHOOKS: Final = (
    *EVENTS,
    *JOINING,
    *(body(messages=[message(f"wamid.{kind}", kind, MEDIA)]) for kind in ("image", "video", "audio", "document", "sticker")),
    body(messages=[message("wamid.int", "interactive", {"type": "list_reply", "list_reply": {"id": "s", "title": "09:00"}})]),
    body(messages=[message("wamid.loc", "location", {"latitude": 1.5, "longitude": 2.5, "name": "here"})]),
    body(messages=[message("wamid.con", "contacts", [{"name": {"formatted_name": "Bo"}, "phones": [{"phone": BO}]}])]),  # type: ignore[arg-type]
    body(messages=[text("wamid.quote", "this one", context={"id": "wamid.1"}, errors=[{"code": 131051, "title": "x"}])]),
    body(messages=[message("wamid.sys", "system", {"type": "user_changed_number", "body": "…", "wa_id": BO, "user_id": CLEO, "previous_user_id": f"US.{ANA}"})]),
    body(statuses=[{"id": "wamid.ours", "status": "failed", "timestamp": str(AT), "recipient_id": ANA, "errors": [{"code": 131049, "title": "x", "error_data": {"details": "d"}}]}]),
    body(errors=[{"code": 130429, "title": "too fast", "message": "m", "error_data": {"details": "d"}}]),
    told("message_template_quality_update", {"previous_quality_score": "GREEN", "new_quality_score": "RED", "message_template_id": 5, "message_template_name": "tour", "message_template_language": "de"}),
    told("template_category_update", {"message_template_id": 5, "message_template_name": "tour", "message_template_language": "de", "previous_category": "UTILITY", "new_category": "MARKETING"}),
    told("phone_number_quality_update", {"display_phone_number": "15550009999", "event": "FLAGGED", "current_limit": "TIER_10K"}),
    told("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": ["DISABLE"], "waba_ban_date": "x"}}),
    told("business_capability_update", {"max_daily_conversation_per_phone": 1000, "max_phone_numbers_per_business": 2}),
    group_event("group_create", AT, request_id="REQ", subject="Coffee club", invite_link="https://chat.whatsapp.com/FAKE"),
    group_event("group_settings_update", AT, request_id="REQ", group_subject={"text": "Tea", "update_successful": True}),
    group_event("group_suspend", AT),
)  # fmt: skip
HEARD: Final = (
    gateway.envelope("message.any", gateway.said("AAAA", "Hello"), id="evt_1"),
    gateway.envelope("message.any", gateway.said("BBBB", "Hello all", by=gateway.HIDDEN, group=gateway.GROUP), id="evt_2"),
    gateway.envelope("message.ack", gateway.said("CCCC", "", ours=True) | {"ack": 3}, id="evt_3"),
    gateway.envelope("message.any", gateway.said("DDDD", "", hasMedia=True, media={"url": "http://x/y", "mimetype": "image/jpeg"}), id="evt_4"),
    gateway.envelope("message.reaction", {**gateway.said("EEEE", ""), "reaction": {"text": "👍", "messageId": "AAAA"}}, id="evt_5"),
    gateway.envelope("message.edited", {**gateway.said("AAAA", "Hello!"), "editedMessageId": "AAAA"}, id="evt_6"),
    gateway.envelope("message.revoked", {"after": gateway.said("AAAA", ""), "revokedMessageId": "AAAA"}, id="evt_7"),
    gateway.envelope("group.v2.participants", {"group": {"id": gateway.GROUP}, "type": "join", "participants": [{"id": gateway.BO, "role": "admin"}], "timestamp": AT}, id="evt_8"),
    gateway.envelope("group.v2.join", {"group": {"id": gateway.GROUP, "subject": "Tea", "participants": [{"id": gateway.ANA}]}, "timestamp": AT}, id="evt_9"),
    gateway.envelope("session.status", {"name": "default", "status": "WORKING"}, id="evt_10"),
    gateway.envelope("poll.vote", {"vote": {"id": "x", "selectedOptions": ["a"]}, "poll": {"id": "y"}}, id="evt_11"),
)  # fmt: skip


def bent(dice: random.Random, whole: Any) -> bytes:
    """A body in which one to three places are another value, gone, or there twice."""
    whole = copy.deepcopy(whole)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        places: list[tuple[Any, Any]] = []
        level = [whole]
        while level:
            one = level.pop()
            inner = list(one.items()) if isinstance(one, dict) else list(enumerate(one))
            places += [(one, key) for key, _ in inner]
            level += [value for _, value in inner if isinstance(value, dict | list)]
        if not places:
            break
        holder, key = dice.choice(places)
        how = dice.random()
        if how < 0.7:
            holder[key] = copy.deepcopy(dice.choice(ODD))
        elif how < 0.85:
            del holder[key]
        elif isinstance(holder, dict):
            holder[
                dice.choice(
                    ("id", "type", "timestamp", "from", "text", "group_id", "user_id", str(key) + "x")
                )
            ] = holder[key]
        else:
            holder.append(copy.deepcopy(holder[key]))
    return json.dumps(whole).encode()


async def unforeseen(database: Database, seed: int, count: int) -> list[tuple[Any, ...]]:
    """What failed without a sentence of its own, of so many bent bodies."""
    await our_number(database)
    await gateway.our_phone(database)
    await database.write(prepared)
    dice = random.Random(seed)
    corpus = [(json.loads(content), "webhook") for content in WEBHOOKS] + [
        (json.loads(it), "gateway") for it in HEARD
    ]
    for start in range(0, count, AT_ONCE):
        bodies = [
            Body(bent(dice, whole), NOW, source)
            for whole, source in dice.choices(corpus, k=min(AT_ONCE, count - start))
        ]
        await database.write(lambda tx, bodies=bodies: receive_rows.keep_bodies(tx, bodies))  # type: ignore[misc]
        await process_waiting(database, clock=lambda: NOW)
    assert await database.read(lambda tx: tx.value("SELECT count(*) FROM inbound WHERE state <> 'done'")) == 0
    faults = await database.read(lambda tx: [it for it in row_checks(tx, Path("/nowhere")) if not it.ok])
    assert faults == []
    return await database.read(
        lambda tx: [
            tuple(row)
            for row in tx.rows(
                "SELECT reason, kind, substr(raw, 1, 500) FROM inbound_item WHERE state = 'trying'"
            )
        ]
    )


async def test_what_is_bent_is_taken_in_or_stands_aside_with_a_reason(database: Database) -> None:
    assert await unforeseen(database, 1, BODIES) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 14))
async def test_thousands_that_are_bent_are_taken_in_or_stand_aside(database: Database, seed: int) -> None:
    assert await unforeseen(database, seed, LONG // 4) == []
