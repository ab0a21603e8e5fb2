"""What changes messages of a gateway: votes, what we do on the phone itself, and one message under two names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sync.gateway_events import ANA, AT, BO, GROUP, HIDDEN, envelope, hear, our_phone, said
from tests.sync.imports import found
from waconsole.database.connection import Database
from waconsole.inbox import store_messages

OUR_LID = "9000000009@lid"


def voted(short: str, *options: str, by: str = ANA, ours: bool = False, at: int = AT + 60) -> dict[str, Any]:
    """A vote in the poll we wrote in the group."""
    poll = {"id": f"true_{GROUP}_POLL_{OUR_LID}", "fromMe": True, "to": GROUP, "from": OUR_LID}
    vote = said(short, "", by=by, group=GROUP, ours=ours, at=at)
    return {"vote": {**vote, "timestamp": at * 1000, "selectedOptions": list(options)}, "poll": poll}


async def test_votes_are_counted_by_their_time_whenever_they_come(database: Database) -> None:
    await our_phone(database)
    poll = said("POLL", "Which day?", by=OUR_LID, group=GROUP, ours=True, source="app")
    events = [
        envelope("poll.vote", voted("V2", "Friday", at=AT + 90), id="evt_2"),
        envelope("poll.vote", voted("V1", "Monday", "Friday"), id="evt_1"),  # earlier, and told later
        envelope("poll.vote", voted("V3", "Friday", by=BO), id="evt_3"),
        envelope("poll.vote", voted("V4", "Monday", by=OUR_LID, ours=True), id="evt_4"),
        envelope("poll.vote", voted("V5", "Monday", by=HIDDEN), id="evt_5"),
        envelope("poll.vote", voted("V6", by=HIDDEN, at=AT + 99), id="evt_6"),  # taken back
    ]

    await hear(database, events[0], envelope("message.any", poll, id="evt_0"), *events[1:], events[2])

    (ours,) = await found(database, "")
    assert ours["votes"] == [{"choice": "Friday", "votes": 2}, {"choice": "Monday", "votes": 1}]
    votes = await database.read(lambda tx: store_messages.votes_of(tx, ours["id"]))
    assert [tuple(row) for row in votes] == [("Friday", 2), ("Monday", 1)]
    left = "SELECT count(*) FROM inbound_item WHERE state <> 'done'"
    assert await database.read(lambda tx: tx.value(left)) == 0


async def test_what_we_do_on_the_phone_itself_is_shown(database: Database) -> None:
    await our_phone(database)
    theirs = said("AAAA", "Hello", group=GROUP)
    written = said("3EB0PHONE", "We open at nine", by=OUR_LID, group=GROUP, ours=True, source="app")
    gone = said("3EB0GONE", "Wrong group", by=OUR_LID, group=GROUP, ours=True, source="app")

    def by_us(short: str, words: str = "", **more: Any) -> dict[str, Any]:
        return said(short, words, by=OUR_LID, group=GROUP, ours=True, **{"source": "app", **more})

    key = {"Message": {"protocolMessage": {"key": {"ID": "3EB0GONE", "participant": OUR_LID}}}}
    reaction = {"text": "👍", "messageId": theirs["id"]}
    await hear(
        database,
        *(envelope("message.any", one, id=one["id"]) for one in (theirs, written, gone)),
        envelope("message.reaction", by_us("R1", reaction=reaction), id="evt_r"),
        envelope(
            "message.reaction", by_us("R2", source="api", reaction={**reaction, "text": "😀"}), id="evt_a"
        ),
        envelope("message.edited", by_us("E1", "We open at ten", editedMessageId="3EB0PHONE"), id="evt_e"),
        envelope(
            "message.revoked",
            {"after": by_us("X1"), "revokedMessageId": "3EB0GONE", "_data": key},
            id="evt_x",
        ),
    )

    rows = {row["wamid"]: row for row in await found(database, "")}
    assert [one["emoji"] for one in rows[theirs["id"]]["reactions"]] == ["👍"]
    assert (rows["3EB0PHONE"]["text"], rows["3EB0PHONE"]["edited"]) == ("We open at ten", True)
    assert rows["3EB0GONE"]["deleted"]

    took_away = by_us("R3", reaction={**reaction, "text": ""}, at=AT + 5)
    await hear(database, envelope("message.reaction", took_away, id="evt_t"))
    assert (await found(database, "Hello"))[0]["reactions"] == []


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("group", ["", GROUP])
async def test_one_message_is_named_by_phone_and_by_hidden_id(
    database: Database, group: str, is_late: bool
) -> None:
    await our_phone(database)
    known = {
        "timestamp": AT,
        "type": "join",
        "group": {"id": GROUP},
        "participants": [{"id": HIDDEN, "pn": ANA}],
    }
    message = envelope("message.any", said("AAAA", "Hello", group=group), id="evt_1")
    edit = said("EEEE", "Hello you", by=HIDDEN, group=group, editedMessageId="AAAA")
    changed = envelope("message.edited", edit, id="evt_2")
    answer = said("BBBB", "and you?", by=BO, group=group, replyTo={"id": "AAAA", "participant": HIDDEN})

    await hear(database, envelope("group.v2.participants", known, id="evt_0"))
    await hear(database, *((changed, message) if is_late else (message, changed)))
    if group:
        await hear(database, envelope("message.any", answer, id="evt_3"))
        quoted = await database.read(
            lambda tx: tx.value("SELECT reply_to_id FROM message WHERE text = 'and you?'")
        )
        assert quoted == (await found(database, "Hello"))[0]["id"]

    assert [(row["text"], row["edited"]) for row in await found(database, "Hello")] == [("Hello you", True)]
