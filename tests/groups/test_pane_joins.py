"""The pane of requests: who asks, one or many decided, and WhatsApp's no in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.console.shell import console
from tests.inbox.ledger_builder import NOW
from waconsole.clock import HOUR
from waconsole.database.connection import Database, Row, Transaction
from waconsole.groups import service_joins, store_live
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import store_numbers
from waconsole.settings import Settings
from waconsole.whatsapp.doors import Handled, JoinRequest, Person
from waconsole.whatsapp.driver import Verdict

PEOPLE = (("Ana \x1b[31m", "+33639980012", "J1"), ("Bo", None, "J2"), ("Cy", None, "J3"))


def asking(tx: Transaction) -> None:
    """Three people ask to come into one group."""
    operators.add(tx, "Ana", "owner", now=NOW)
    number_id = store_numbers.ensure_number(
        tx, phone_number_id="100000000000001", waba_id="2", name="shop", phone=None, now=NOW
    )
    group = store_live.ensure_group(tx, "R1JPVVAtRkFLRS0wMDE", now=NOW, number_id=number_id)
    for place, (name, phone, request_id) in enumerate(PEOPLE):
        bsuid = f"DE.{place}"
        member_id = members.ensure_member(
            tx, phone=phone, bsuid=bsuid, name=name, origin="live", now=NOW, seen_at=NOW
        )
        service_joins.heard(
            tx, group["id"], request_id, "created", member_id=member_id, alias_id=None, person=Person(phone, bsuid),
            channel="invite_link", at=NOW - (3 - place) * HOUR,
        )  # fmt: skip


class Door:
    """WhatsApp, which lets nobody in by J3."""

    async def decide(
        self, group_id: str, requests: list[JoinRequest], *, approve: bool
    ) -> tuple[Verdict, list[Handled]]:
        return Verdict("accepted"), [
            Handled(one.id, one.id != "J3", None if one.id != "J3" else 131204, "the group is full")
            for one in requests
        ]


async def test_requests_are_decided_by_key_one_or_many(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def opened(database: Database, settings: Settings, number: Row, *, now: int) -> AsyncIterator[Door]:
        yield Door()

    monkeypatch.setattr(service_joins, "open_group_door", opened)
    async with console(ledger_path, asking, clock=lambda: NOW, size=(140, 30)) as shell:
        await shell.press("g", "j")
        assert "Waiting 3" in shell.text and "by link" in shell.text and "Ana ␛[31m" in shell.text
        assert "+33639980012" not in shell.text

        await shell.press("a")
        await shell.until("1 let in.")
        assert "Waiting 2" in shell.text

        await shell.press("space", "j", "space", "X")
        await shell.type("not known", "enter")
        assert "Decline: 2 requests" in shell.text and "nothing takes it back" in shell.text
        await shell.press("y")
        await shell.until("1 declined. 1 not: the group is full")
        assert "Waiting 1" in shell.text
