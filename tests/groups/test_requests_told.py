"""What is said of a request about a group: who is no member of it, when it is overdue, and WhatsApp's no once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import NOW
from waconsole.clock import MINUTE
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.groups import service_display, service_requests, service_results, store_live
from waconsole.groups.service_doors import in_words
from waconsole.groups.stays import Happened
from waconsole.members import store as members
from waconsole.outbox import service_management
from waconsole.policy import store as policy
from waconsole.settings import Settings
from waconsole.whatsapp.driver import Verdict

GROUP = "R1JPVVAtRkFLRS0wMDE"


async def test_who_is_not_in_the_group_is_named_before_it_is_asked(database: Database) -> None:
    def work(tx: Transaction) -> None:
        group_id = store_live.ensure_group(tx, GROUP, now=NOW, number_id=None)["id"]
        for phone in ("+33639980011", "+33639980012"):
            member_id = members.ensure_member(
                tx, phone=phone, bsuid=None, name="", origin="live", now=NOW, seen_at=NOW
            )
            if phone.endswith("1"):
                store_live.happened(tx, group_id, member_id, Happened("joined", NOW))

    await database.write(work)
    who = ["+33639980011", "+33639980012", "+33639980099", "DE.1"]
    assert await service_requests.not_in(database, GROUP, who) == who[1:]


@pytest.mark.parametrize(
    ("state", "late", "shown"),
    [("pending", -1, "pending"), ("pending", 0, "overdue"), ("asking", 1, "overdue"), ("done", 1, "done")],
)
def test_a_request_is_overdue_from_its_deadline_on(state: str, late: int, shown: str) -> None:
    row: Any = {"state": state, "deadline_at": NOW}
    assert service_results.state_of(row, now=NOW + late * MINUTE) == shown


async def test_a_pin_lasts_as_long_as_the_policy_says(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "in_force", lambda *_, **__: ({"pin_days": [1, 4]},))
    with pytest.raises(Refused, match="1 to 4 days, not 5"):
        await service_display.pin(database, Settings(), GROUP, "wamid.1", 5, operator=None, now=NOW)


def test_whatsapps_own_full_stop_is_not_followed_by_ours() -> None:
    verdict = Verdict("refused", code=100, detail="There is no code NOPE. ")
    assert in_words(verdict) == "WhatsApp refused (error 100): There is no code NOPE."
    with pytest.raises(Refused, match=r"NOPE\.$"):
        service_management._done(verdict)
