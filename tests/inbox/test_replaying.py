"""Which items another rule would have drawn: what members wrote is read again, and nothing written."""

from __future__ import annotations

import json

import pytest

from tests.conftest import NOW
from waconsole import catalogue
from waconsole.clock import DAY
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.groups import store as groups
from waconsole.inbox import store_conversations as conversations
from waconsole.policy import store as policy
from waconsole.policy.service_replaying import Replayed, replay

RULE = "triage.c.en.1"
TEXTS = ("I still haven't received my parcel", "no news from the courier since Monday", "good morning")


async def test_a_rule_with_another_phrase_draws_what_it_missed(database: Database) -> None:
    def tried(tx: Transaction, phrases: list[str]) -> Replayed:
        words = [json.dumps({"any": phrases, "no": []})]
        return replay(tx, RULE, words, catalogue.replayers(), catalogue.checks(), begins=NOW, ends=NOW + DAY)[
            1
        ]

    def work(tx: Transaction) -> None:
        group_id = groups.add_group(tx, ref="g-oils", name="Oils", driver="human", origin="live", now=NOW)
        number_id = int(tx.value("SELECT id FROM number LIMIT 1"))
        thread = conversations.add_group_conversation(
            tx, number_id=number_id, group_id=group_id, group_ref="g-oils", read_through_at=0, run_id=0
        )
        for place, text in enumerate(TEXTS):
            tx.execute(
                """
                INSERT INTO message (conversation_id, direction, kind, text, sent_at, search_key, origin, import_run_id)
                VALUES (:thread, 'in', 'text', :text, :at, :at, 'live', 0)
                """,
                {"thread": thread, "text": text, "at": NOW + place},
            )
        value = policy.in_force(tx, RULE, now=NOW)[0]
        assert tried(tx, value["any"]) == Replayed(seen=3)
        (changed,) = tried(tx, [*value["any"], "no news from the courier"]).groups
        assert (changed.who, changed.before, changed.after) == ("g-oils", "1 no item", "1 complaint")
        (changed,) = tried(tx, ["nobody says this"]).groups
        assert (changed.before, changed.after) == ("1 complaint", "1 no item")
        with pytest.raises(Refused, match="has no field many"):
            replay(tx, RULE, ['{"many": []}'], catalogue.replayers(), {}, begins=NOW, ends=NOW + DAY)

    await database.write(work)
