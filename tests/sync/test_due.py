"""What falls due by the clock alone is written by whoever syncs, once, at the instant it fell due."""

from __future__ import annotations

from tests.conftest import NOW
from waconsole.clock import HOUR
from waconsole.database.connection import Database, Transaction
from waconsole.ledger import service, service_record, store_balances
from waconsole.ledger.model import Wanted
from waconsole.money import Money
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
