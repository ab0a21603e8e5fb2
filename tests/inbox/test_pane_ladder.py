"""The key of the moderation ladder: what it asks for, and the command it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inbox.ledger_builder import NOW
from tests.inbox.pane_app import inbox, press
from tests.kit.screens import screen_text
from waconsole.database.connection import Transaction
from waconsole.groups import store_live as groups
from waconsole.groups.stays import WROTE, Happened
from waconsole.inbox import service_live
from waconsole.inbox import store_conversations as conversations
from waconsole.inbox.pane_ladder import command
from waconsole.inbox.service_live import Received
from waconsole.kit.pane import CommandWanted
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import store_numbers

GROUP = "120000000000000001@g.us"


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("warn", "groups moderate m-1 --group g-1 --step warn"),
        ("Mute  again; rm", "groups moderate m-1 --group g-1 --step mute --reason 'again; rm'"),
        ("ban them", ""),
        ("", ""),
    ],
)
def test_what_is_typed_becomes_one_command(typed: str, line: str) -> None:
    assert command("m-1", "g-1", typed) == line


def a_group(tx: Transaction) -> None:
    """A linked phone's group in which a member wrote."""
    operators.add(tx, "Ana", "owner", now=NOW)
    number = store_numbers.add_gateway(tx, session="default", name="gateway", phone=None, now=NOW)
    group = groups.ensure_group(tx, GROUP, now=NOW, driver="gateway", number_id=number)
    member = members.ensure_member(tx, phone="+15550001111", name="Bea", origin="live", now=NOW, seen_at=NOW)
    groups.happened(tx, group["id"], member, Happened(WROTE, NOW))
    thread = conversations.add_group_conversation(
        tx, number_id=number, group_id=group["id"], group_ref=group["ref"], read_through_at=0, run_id=0
    )
    alias = members.alias_id(tx, "phone", "+15550001111")
    assert alias is not None
    words = Received(thread, "c-1", alias[0], "false_x@g.us_AAAA_y@c.us", NOW, "text", "buy this")
    service_live.receive(tx, words, now=NOW)


async def test_the_key_asks_for_a_rung_and_a_reason(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inbox(ledger_path, a_group) as (app, pilot):
        wanted: list[str] = []
        post = app.pane.post_message

        def seen(message: object) -> bool:
            if isinstance(message, CommandWanted):
                wanted.append(message.line)
                return True
            return post(message)  # type: ignore[arg-type]

        monkeypatch.setattr(app.pane, "post_message", seen)
        await press(pilot, "D")
        assert "Stand on what a member wrote" in screen_text(app)
        await press(pilot, "enter", "D")
        assert "it is written down" in screen_text(app)
        await press(pilot, *"warn spam", "enter")

        (line,) = wanted
        assert line.startswith("groups moderate ") and line.endswith("--step warn --reason spam")

        await press(pilot, "D", *"remove scam", "enter")
        said = screen_text(app)
        assert "Remove: 1 member of the group" in said and "Bea" in said and "scam" in said
        await press(pilot, "escape")
        assert len(wanted) == 1
        await press(pilot, "D", *"remove scam", "enter", "y")
        assert wanted[1].endswith("--step remove --reason scam")


async def test_in_other_groups_it_says_why_not(ledger_path: Path) -> None:
    async with inbox(ledger_path) as (app, pilot):
        await press(pilot, "D")
        assert "Only in a group of a linked phone" in screen_text(app)
