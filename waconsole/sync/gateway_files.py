"""Files that came by a gateway are fetched at once: it keeps them for minutes, the phone for some days."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from waconsole.clock import DAY, MINUTE
from waconsole.database.connection import Database, Row, Transaction
from waconsole.inbox import store_files as files
from waconsole.outbox.pace import back_off
from waconsole.outbox.service_limits import limits_in_force
from waconsole.sync import gateway_rows
from waconsole.text import stored
from waconsole.whatsapp.gateway.driver import GatewayDriver

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.media_down import Fetched

AT_ONCE_MAX: Final = 50
ASKED_FOR: Final = 2 * MINUTE  # another process may be fetching too
LONGEST_SECONDS: Final = 3600.0
REASON_CHARACTERS_MAX: Final = 300


async def fetch_files(
    database: Database,
    driver: GatewayDriver,
    *,
    clock: Callable[[], int],
    chance: Callable[[], float] = random.random,
) -> int:
    """Fetch what is due, one after the other; answers how many are here now. Raises what the ledger raises.

    What cannot be had is tried again, ever later, as long as the Cloud API would keep it; then the thread says so.
    """
    now = clock()
    waiting = await database.read(lambda tx: gateway_rows.waiting_files(tx, now=now, limit=AT_ONCE_MAX))
    if not waiting:
        return 0
    limits = await database.read(lambda tx: limits_in_force(tx, now=now))
    mine = [row["id"] for row in waiting]
    await database.write(lambda tx: files.asked(tx, mine, until=now + ASKED_FOR))
    here = 0
    for row in waiting:
        fetched = await driver.fetch(row["media_id"], name=row["name"], size_max=limits.received_bytes)
        too_old = clock() - row["sent_at"] > limits.received_days * DAY
        await database.write(
            lambda tx, row=row, fetched=fetched, too_old=too_old: _write(  # type: ignore[misc]
                tx, row, fetched, too_old=too_old, now=clock(), chance=chance()
            )
        )
        here += fetched.copy is not None
        if fetched.outcome == "offline":
            break
    return here


def _write(tx: Transaction, row: Row, fetched: Fetched, *, too_old: bool, now: int, chance: float) -> None:
    reason = stored(fetched.reason[:REASON_CHARACTERS_MAX])
    if fetched.copy is not None:
        copy = fetched.copy
        files.kept(tx, row["id"], sha256=copy.sha256, mime=copy.mime, size=copy.size, now=now)
    elif fetched.outcome == "gone" or too_old:
        files.gone(tx, row["id"], reason)
    else:
        wait = back_off(
            row["tries"] + 1, chance, fetched.retry_after_seconds, longest_seconds=LONGEST_SECONDS
        )
        files.in_vain(tx, row["id"], due_at=now + wait, reason=reason)
