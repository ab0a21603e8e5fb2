"""A ledger that was copied, moved or restored holds what waits in it; one that stayed where it is does not."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import NOW
from tests.outbox.road import add_number, add_thread, queue
from waconsole import catalogue
from waconsole.clock import HOUR
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.database.home import NOWHERE, home_of
from waconsole.outbox import store

Stands = list[tuple[str, str]]


def _write(tx: Transaction) -> None:
    """One of each that waits, one on its way, one an operator holds."""
    number_id = add_number(tx)
    keys = [queue(tx, number_id, add_thread(tx, number_id, place), "text") for place in range(5)]
    store.set_outgoing_state(tx, keys[1], "scheduled", "quiet_hours", not_before=NOW + HOUR)
    store.set_outgoing_state(tx, keys[2], "held", "number")
    store.set_outgoing_state(tx, keys[3], "held", "operator")
    tx.execute(
        "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at) VALUES (?, 1, 'opaque', 'test', ?)",
        (keys[4], NOW),
    )
    store.set_outgoing_state(tx, keys[4], "sending")


def _stands(tx: Transaction) -> tuple[str, Stands]:
    rows = tx.rows("SELECT state, state_reason FROM outgoing ORDER BY id LIMIT 10")
    return facts.fact(tx, facts.INSTALLATION) or "", [(row[0], row[1]) for row in rows]


async def _opened(path: Path) -> tuple[str, Stands]:
    async with catalogue.open_ledger(path, now=NOW) as database:
        return await database.read(_stands)


ALONE: Stands = [
    ("queued", ""),
    ("scheduled", "quiet_hours"),
    ("held", "number"),
    ("held", "operator"),
    ("sending", ""),
]
HELD: Stands = [("held", "new_installation")] * 3 + [("held", "operator"), ("unknown", "no_answer")]


async def test_a_copy_is_held_once_and_the_original_goes_on(tmp_path: Path) -> None:
    ledger, copied, moved = tmp_path / "ledger.db", tmp_path / "copy.db", tmp_path / "moved.db"
    async with catalogue.open_ledger(ledger, now=NOW) as database:
        await database.write(_write)
    installation, stands = await _opened(ledger)
    assert stands == ALONE
    shutil.copy(ledger, copied)

    other, stands = await _opened(copied)
    assert (stands, other != installation) == (HELD, True)
    async with catalogue.open_ledger(copied, now=NOW) as database:
        await database.write(lambda tx: store.set_outgoing_state(tx, 1, "queued"))
    again, stands = await _opened(copied)
    assert (again, stands[0]) == (other, ("queued", "")), "what was released stays so"
    assert await _opened(ledger) == (installation, ALONE)

    ledger.rename(moved)
    assert (await _opened(moved))[1] == HELD, "a moved one may be a copy for all we know"


async def test_a_ledger_from_before_homes_were_kept_is_taken_as_it_stands(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    async with catalogue.open_ledger(ledger, now=NOW) as database:
        await database.write(_write)
        await database.write(lambda tx: tx.execute("DELETE FROM ledger_fact WHERE name = 'home'").rowcount)
    assert (await _opened(ledger))[1] == ALONE
    async with catalogue.open_ledger(ledger, now=NOW) as database:
        assert await database.read(lambda tx: facts.fact(tx, facts.HOME)) == home_of(ledger) != NOWHERE


async def test_an_older_copy_written_over_its_own_original_is_told(tmp_path: Path) -> None:
    ledger, copied = tmp_path / "ledger.db", tmp_path / "copy.db"
    async with catalogue.open_ledger(ledger, now=NOW) as database:
        await database.write(_write)
    shutil.copy(ledger, copied)
    assert (await _opened(ledger))[1] == ALONE

    def sent(tx: Transaction) -> None:
        tx.execute(
            "INSERT INTO attempt (outgoing_id, n, opaque, owner, started_at) VALUES (1, 1, 'later', 'test', ?)",
            (NOW,),
        )
        store.set_outgoing_state(tx, 1, "sending")

    async with catalogue.open_ledger(ledger, now=NOW) as database:
        await database.write(sent)
    inode = ledger.stat().st_ino
    shutil.copy(copied, ledger)
    assert ledger.stat().st_ino == inode

    installation, stands = await _opened(ledger)
    assert stands == HELD
    assert await _opened(ledger) == (installation, HELD), "told once"
