"""What only a linked phone does in a group, over a gateway without a network."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.groups.test_moderation import ANA_PHONE, BO_PHONE, a_group, far, run
from tests.sync.gateway_events import ANA, BO, GROUP
from tests.whatsapp.waha import Waha
from waconsole.command import EXIT_PARTLY
from waconsole.database.connection import Database
from waconsole.errors import Refused, UsageError
from waconsole.groups import store

AT = f"/api/default/groups/{GROUP.replace('@', '%40')}"

__all__ = ("far",)


@pytest.mark.parametrize(
    ("verb", "path"), [("add", "participants/add"), ("promote", "admin/promote"), ("demote", "admin/demote")]
)
async def test_each_person_is_answered_for(database: Database, far: Waha, verb: str, path: str) -> None:
    await a_group(database)
    far.answers[f"POST {AT}/{path}"] = (200, [{"JID": ANA, "Error": 0}, {"JID": BO, "Error": 403}])

    answer = await run(database, f"groups {verb}", group="Coffee club", person=[ANA_PHONE, BO_PHONE])

    assert answer.document["done"] == [ANA_PHONE]
    assert [(one["member"], one["error"]) for one in answer.document["refused"]] == [(BO_PHONE, 403)]
    assert answer.exit_code == EXIT_PARTLY
    acts = await database.read(
        lambda tx: tx.value("SELECT count(*) FROM act WHERE object_kind = 'group_people'")
    )
    assert acts == 1


async def test_rules_are_set_one_by_one(database: Database, far: Waha) -> None:
    await a_group(database)
    values: dict[str, Any] = {"group": "Coffee club", "only_admins_write": "on", "only_admins_describe": None}

    answer = await run(database, "groups rules", **values, admins_let_in="off")

    assert answer.document == {"group": "Coffee club", "only_admins_write": True, "admins_let_in": False}
    assert [(one.path, one.form) for one in far.asked] == [
        (f"{AT}/settings/security/messages-admin-only", {"adminsOnly": True}),
        (f"{AT}/settings/security/membership-approval", {"newMembersApprovalRequired": False}),
    ]
    assert await database.read(lambda tx: tx.value('SELECT approval FROM "group"')) == "auto"
    with pytest.raises(UsageError):
        await run(database, "groups rules", **{**values, "only_admins_write": None}, admins_let_in=None)


async def test_other_groups_and_a_gateway_that_does_not_answer(database: Database, far: Waha) -> None:
    await a_group(database)
    await database.write(
        lambda tx: store.add_group(tx, ref="g-hand", name="Mamans", driver="human", origin="import", now=1)
    )
    with pytest.raises(Refused, match="linked phone"):
        await run(database, "groups promote", group="Mamans", person=[ANA_PHONE])

    far.answers[f"POST {AT}/admin/promote"] = httpx.ConnectError("no")
    with pytest.raises(Refused, match="not reached"):
        await run(database, "groups promote", group="Coffee club", person=[ANA_PHONE])
