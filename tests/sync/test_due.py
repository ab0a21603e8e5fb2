"""What falls due by the clock alone is written by whoever syncs, once, at the instant it fell due."""

from __future__ import annotations

from tests.conftest import NOW
from waconsole.chain import service as chain
from waconsole.clock import DAY, HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.ledger import service, service_record, store_balances
from waconsole.ledger.model import Wanted
from waconsole.money import Money
from waconsole.operators import service as operators
from waconsole.policy.service import set_version
from waconsole.settings import Settings
from waconsole.sync.due import write_due
from waconsole.sync.watching import sync_once


async def test_what_was_held_until_a_time_is_let_go_by_sync(database: Database) -> None:
    wanted = Wanted(
        ref="reward-1", debit="budget:autumn", credit="member:m-1:payable", money=Money(500, "HKD"), purpose="reward",
        effective_at=NOW, actor="rule", expires_at=NOW + HOUR, owner="Ana",
    )  # fmt: skip

    def pend(tx: Transaction) -> None:
        for name in (wanted.debit, wanted.credit):
            service_record.open_account(tx, name, "HKD", now=NOW)
        service.pend(tx, wanted, now=NOW)

    await database.write(pend)
    assert await write_due(database, now=NOW + HOUR - 1) == 0

    await sync_once(database, Settings(), clock=lambda: NOW + 3 * HOUR, stop=lambda: False)

    assert await write_due(database, now=NOW + 4 * HOUR) == 0
    kinds = await database.read(
        lambda tx: [
            tuple(row) for row in tx.rows("SELECT kind, effective_at FROM transfer ORDER BY seq LIMIT 9")
        ]
    )
    assert kinds == [("pending", NOW), ("expire", NOW + HOUR)]
    assert await database.read(store_balances.open_pending) == []


async def test_the_days_anchor_goes_once_to_the_chat_that_policy_names(database: Database) -> None:
    def begin(tx: Transaction) -> None:
        owner = operators.add(tx, "Ana", "owner", now=NOW)
        set_version(
            tx, "ledger.anchor", {"to": "+15550001111"}, says="The owner's own chat.", reason="a witness",
            valid_from=NOW, set_by=owner, now=NOW,
        )  # fmt: skip

    await database.write(begin)
    for later in (0, HOUR, DAY):
        await sync_once(database, Settings(), clock=lambda: NOW + later, stop=lambda: False)  # noqa: B023

    said = await database.read(
        lambda tx: [row["text"] for row in tx.rows("SELECT text, purpose FROM outgoing ORDER BY id LIMIT 9")]
    )
    assert len(said) == 2
    await database.read(
        lambda tx: chain.anchor_check(tx, said[0])
    )  # raises for a line that is not of this chain
