"""`doctor`: is this ledger sound, and what is in the way of sending and receiving? It only reads; `--sweep` first takes out imports that died."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from waconsole import catalogue, clock
from waconsole.cli.ledger import NO_TEST_CLOCK, has_test_clock, is_missing, opened
from waconsole.cli.own import Called, Own
from waconsole.command import EXIT_DONE, EXIT_REFUSED, Answer, Argument
from waconsole.database import failures
from waconsole.database.check import Check, asked, engine_checks
from waconsole.database.connection import Transaction
from waconsole.database.engine import connect
from waconsole.database.migrate import is_current
from waconsole.errors import UsageError, WaconsoleError
from waconsole.operators import store as operators
from waconsole.settings import Settings
from waconsole.settings.read import ledger_path

BATCHES_TOLD_MAX: Final = 5


async def _doctor(called: Called) -> Answer:
    settings, chosen_now = called.settings(), called.chosen_now()
    path, _ = ledger_path(settings)
    now = clock.now() if chosen_now is None else chosen_now
    swept: list[str] | None = None
    if is_missing(path) or called.values["sweep"]:
        async with opened(called) as database:
            if called.values["sweep"]:
                from waconsole.sync.sweep import sweep_dead_runs

                work = sweep_dead_runs(database, now=now)
                swept = await called.stop.during(work, database.interrupt_stream)
    checks = await _examine(called, path, settings, now=now, is_chosen=chosen_now is not None)
    if called.values["attack"]:
        from waconsole.cli.attack import attack_check

        attacking = asyncio.to_thread(asked, "attack", lambda: attack_check(path, called.stop.asked, now=now))
        checks.append(await called.stop.during(attacking, lambda: None))
    return _answer(path, checks, swept)


async def _examine(
    called: Called, path: Path, settings: Settings, *, now: int, is_chosen: bool
) -> list[Check]:
    """Ask everything in one snapshot, on a connection that cannot write."""
    try:
        connection = connect(path, read_only=True)
    except WaconsoleError as error:
        return [Check("opening", False, str(error))]
    with contextlib.closing(connection):
        tx = Transaction(connection, lambda: False)
        connection.execute("BEGIN")
        if is_chosen and not has_test_clock(tx):
            raise UsageError(NO_TEST_CLOCK)
        asking = asyncio.to_thread(lambda: list(_checks(tx, path, settings, now=now)))
        try:
            return await called.stop.during(asking, connection.interrupt)
        except sqlite3.Error as error:
            raise failures.in_words(error, path) from error


def _checks(tx: Transaction, path: Path, settings: Settings, *, now: int) -> Iterator[Check]:
    from waconsole.sync.check_erasing import erasing_checks
    from waconsole.sync.check_road import road_checks
    from waconsole.sync.check_rows import row_checks

    version = asked("version", lambda: _version(tx))
    yield version
    if not version.ok:
        return
    yield from engine_checks(tx, path, now=now)
    if not version.advice:
        yield from row_checks(tx, path)
        yield asked("copy", lambda: _copied(tx))
        yield asked("adoption", lambda: _adoption(tx))
        yield asked("batches", lambda: _batches(tx))
        yield asked("numbers", lambda: _numbers(tx, settings))
        yield from road_checks(tx, settings, now=now)
        yield from erasing_checks(tx)
        yield asked("operators", lambda: _operators(tx))
    yield _settings(settings)


def _version(tx: Transaction) -> Check:
    if is_current(tx, catalogue.migrations()):
        return Check("version", True, "The ledger is of this waconsole's version.")
    return Check(
        "version", True, "An older waconsole wrote this ledger: the next command brings it up.", advice=True
    )


def _copied(tx: Transaction) -> Check:
    """Whether something is held because this ledger was copied, moved or restored."""
    from waconsole.outbox.eligible import NEW_INSTALLATION
    from waconsole.outbox.store_rows import held_because

    held = held_because(tx, NEW_INSTALLATION)
    if not held:
        return Check("copy", True, "Nothing is held because this ledger is a copy.")
    return Check(
        "copy",
        True,
        f"This ledger was copied, moved or restored: {held:,} messages are held, as another copy may have sent them."
        " `waconsole outbox release --all --reason new_installation` when you are sure.",
        advice=True,
    )


def _adoption(tx: Transaction) -> Check:
    """Whether this copy of a ledger waits for an owner before anything is approved or paid."""
    from waconsole.operators.service_adopting import is_pending

    if not is_pending(tx):
        return Check("adoption", True, "Nothing waits for an owner to adopt this ledger.")
    return Check(
        "adoption",
        True,
        "This ledger is a copy: nothing is approved or paid here until an owner says `waconsole adopt --as OWNER`.",
        advice=True,
    )


def _batches(tx: Transaction) -> Check:
    """Whether messages to many were written by half: nobody sees those, and nothing sends them."""
    from waconsole.outbox.store_batches import unopened

    found = unopened(tx)
    if not found:
        return Check("batches", True, "Every message to many was written whole.")
    named = ", ".join(f"{row['ref']} ({row['row_count']:,})" for row in found[:BATCHES_TOLD_MAX])
    return Check(
        "batches",
        True,
        f"Written by half, seen and sent by nobody: {named}. The same command goes on with it.",
        advice=True,
    )


def _numbers(tx: Transaction, settings: Settings) -> Check:
    from waconsole.outbox.store_former import former_advice

    advice = former_advice(tx, settings.cloud.phone_number_id)
    if advice:
        return Check("numbers", True, advice, advice=True)
    return Check("numbers", True, "Nothing waits for a number that is not sent with.")


def _operators(tx: Transaction) -> Check:
    count = len(operators.operators(tx))
    if count:
        return Check("operators", True, f"{count} may act.")
    return Check("operators", True, "Nobody acts yet: the first act makes an owner of you.", advice=True)


def _settings(settings: Settings) -> Check:
    missing = [name for name in ("shop.timezone", "shop.region") if not settings.value(name)]
    if not missing:
        return Check("settings", True, "Nothing that helps is missing.")
    return Check(
        "settings",
        True,
        f"{' and '.join(missing)} would help: `waconsole config show` says how.",
        advice=True,
    )


def _answer(path: Path, checks: list[Check], swept: list[str] | None) -> Answer:
    ok = all(check.ok for check in checks)
    document: dict[str, Any] = {"ok": ok, "ledger": str(path), "checks": [check.row() for check in checks]}
    lines = [f"{path} is {'sound' if ok else 'NOT sound'}."]
    if swept is not None:
        document["swept"] = swept
        lines.append(f"Taken out: {', '.join(swept) or 'nothing, no import had died'}.")
    for check in checks:
        sign = "✗" if not check.ok else "!" if check.advice else "✓"
        lines.append(f"{sign} {check.name}: {check.says}")
    return Answer(document, tuple(lines), EXIT_DONE if ok else EXIT_REFUSED)


DOCTOR: Final = Own(
    ("doctor",),
    "Is this ledger sound, and what is missing for sending and receiving? Only reads.",
    _doctor,
    (
        Argument("--sweep", "first take out imports that were never finished", kind="flag"),
        Argument("--attack", "also try all known attacks on a copy of the books", kind="flag"),
    ),
)
