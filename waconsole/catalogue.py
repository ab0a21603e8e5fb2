"""The list of rooms, for the ways in: their migrations, commands and presets.

A new room is one line here.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from waconsole.database import facts
from waconsole.database.connection import Database, Transaction, open_database
from waconsole.database.home import came_to, home_of, keep_came_to
from waconsole.database.migrate import Migration, is_current, migrate, migrations_of
from waconsole.errors import NotFound, WaconsoleError

if TYPE_CHECKING:
    from waconsole.cashback.commands_statement import Letter
    from waconsole.chain.service_verify import Sealed
    from waconsole.command import Command
    from waconsole.operators.service import Restore
    from waconsole.operators.store import Operator
    from waconsole.outbox.service_batches import Withdrawn
    from waconsole.policy.service_replaying import Replayer
    from waconsole.policy.service_setting import Checks
    from waconsole.query.fields import Vocabulary
    from waconsole.settings import Settings

# In floor order: a room's tables may refer to those of the rooms before it.
ROOMS_WITH_TABLES: Final = (
    "database", "chain", "operators", "policy", "members", "ledger", "shop", "outbox", "groups", "inbox",
    "invites", "fraud", "cashback", "segments", "sync",
)  # fmt: skip
ROOMS_WITH_COMMANDS: Final = (
    "database", "operators", "policy", "quoted", "members", "ledger", "shop", "groups", "outbox", "inbox",
    "invites", "fraud", "cashback", "sync",
)  # fmt: skip
# Commands beside a room's `commands`; those that are no list are handed the words of the query language.
MORE_COMMANDS: Final = (
    "outbox.commands_templates", "outbox.commands_management", "sync.commands_anchor", "sync.commands_notices",
    "operators.commands_views", "inbox.commands_replies", "inbox.commands_find", "segments.commands_asking",
    "segments.commands_segments", "segments.commands_waterfall", "segments.commands_tags", "sync.commands_sync", "sync.commands_segment_sending",
    "segments.commands_layers", "segments.commands_looking",
    "sync.commands_moderation", "sync.commands_convert", "sync.commands_erasing",
)  # fmt: skip
# A room may add fields to a subject of a room before it.
ROOMS_WITH_FIELDS: Final = (
    "members.fields", "shop.fields", "outbox.fields", "outbox.fields_members", "inbox.fields", "inbox.fields_others",
    "invites.fields", "segments.fields",
)  # fmt: skip
# What they say of putting back is in `RESTORES`.
ROOMS_THAT_RESTORE: Final = (
    "operators.service_views", "members.service", "outbox.service", "outbox.service_pacing", "groups.service",
    "groups.service_moderation", "inbox.service", "segments.service_segments", "segments.service_tags", "inbox.service_reply",
    "segments.service_withdrawing", "inbox.service_saved_replies", "invites.service_invitations", "invites.service_codes", "invites.service_words",
)  # fmt: skip

_HOUSE: Final = Path(__file__).parent


def migrations() -> list[Migration]:
    """Every room's scripts, in floor order."""
    return [
        migration
        for room in ROOMS_WITH_TABLES
        for migration in migrations_of(room, _HOUSE / room / "migrations")
    ]


def commands() -> list[Command]:
    """Every room's commands, in the order of the rooms."""
    from importlib import import_module

    found: list[Command] = []
    for room in ROOMS_WITH_COMMANDS:
        if (_HOUSE / room / "commands.py").exists():
            found += import_module(f"waconsole.{room}.commands").COMMANDS
    found += import_module("waconsole.policy.commands_setting").commands(checks)
    found += import_module("waconsole.policy.commands_replaying").commands(replayers, checks)
    for more in MORE_COMMANDS:
        module = import_module(f"waconsole.{more}")
        found += module.COMMANDS if hasattr(module, "COMMANDS") else module.commands(vocabulary)
    found += import_module("waconsole.cashback.commands_statement").commands(_write)
    return [*found, _undo_command()]


def _write(
    tx: Transaction, settings: Settings, actor: Operator, letter: Letter, now: int
) -> tuple[str, str, str]:
    """What writes to a member; it loads with the first letter."""
    from waconsole.sync.letters import write

    return write(tx, settings, actor, letter, now)


def sealed() -> Sealed:
    """The rows that rooms other than the ledger sealed into the chain, for `verify`, by room and kind."""
    from waconsole.cashback import service_sealing as cashback
    from waconsole.cashback import service_sealing_deciding as deciding
    from waconsole.fraud import service_sealing as fraud
    from waconsole.invites import service_sealing as invites
    from waconsole.operators import service_sealing as operators
    from waconsole.policy import service_sealing as policy

    decided = {**cashback.sealed_rows(), **deciding.sealed_rows(), **fraud.sealed_rows()}
    return {**operators.sealed(), **policy.sealed(), **decided, **invites.sealed_rows()}


def checks() -> Checks:
    """What rooms say of a value that is to be set for one of their policies, by the policies' prefix."""
    from waconsole.cashback import earning
    from waconsole.fraud import checking
    from waconsole.inbox import rules
    from waconsole.invites import share, terms
    from waconsole.segments import rfm

    return {
        "cashback.scheme.": earning.terms_of,
        **checking.CHECKS,
        **share.CHECKS,
        terms.PREFIX: terms.terms_of,
        rfm.POLICY: rfm.cutting_of,
        "triage.": rules.rule_from_table,
    }


def replayers() -> dict[str, Replayer]:
    """How rooms decide a past period again under a proposed policy, by the policies' prefix; the longest one counts."""
    from waconsole.cashback import service_replaying as cashback
    from waconsole.inbox import service_replaying as inbox
    from waconsole.invites import service_replaying as invites
    from waconsole.invites.terms import PREFIX
    from waconsole.outbox import service_replaying as outbox

    return {
        "cashback.scheme.": cashback.replay,
        PREFIX: invites.replay,
        inbox.TRIAGE: inbox.replay,
        **dict.fromkeys(outbox.POLICIES, outbox.replay),
    }


@cache
def vocabulary() -> Vocabulary:
    """What the query language may ask, declared by the rooms; gathered on first use."""
    from importlib import import_module

    from waconsole.money import EXPONENTS
    from waconsole.query.fields import Vocabulary
    from waconsole.segments.service_asking import reads

    rooms = [import_module(f"waconsole.{room}") for room in ROOMS_WITH_FIELDS]
    subjects = [subject for room in rooms for subject in room.SUBJECTS]
    fields = [field for room in rooms for field in room.FIELDS]
    return replace(Vocabulary.of(subjects, fields, EXPONENTS), reads=reads)


def _undo_command() -> Command:
    """`waconsole undo`: it stands here because it knows how every room puts things back."""
    from waconsole.command import Answer, Command, Invocation

    async def work(database: Database, call: Invocation) -> Answer:
        from waconsole.outbox import service_batches

        verb, count, withdrawn = await undo(database, operator=call.operator, now=call.now)
        await service_batches.sweep_all(database)
        document = {"undone": verb, "count": count}
        for one in withdrawn:
            document |= {"withdrawn": one.cancelled, "gone": one.gone}
        return Answer(document, (f"Undone: {verb} ({count}).", *(f"{one.said}." for one in withdrawn)))

    return Command(("undo",), "Take back your last act, exactly.", work)


async def undo(database: Database, *, operator: str | None, now: int) -> tuple[str, int, Sequence[Withdrawn]]:
    """Take back the operator's last act; answers (verb, how many things, what of many messages had left). Raises Undone."""
    from waconsole.cashback import service_deciding as cashback
    from waconsole.fraud import service_deciding as fraud
    from waconsole.operators import service as operators
    from waconsole.outbox import service_batches

    decided = {**cashback.restores(operator, now=now), **fraud.restores(operator, now=now)}
    backwards = {**restores(), **decided}
    verb, count = await database.write(
        lambda tx: operators.undo(tx, operators.acting(tx, operator, now=now), backwards, now=now)
    )
    return verb, count, await database.glance(service_batches.pending)


@asynccontextmanager
async def open_ledger(
    path: Path, *, now: int, read_only: bool = False, create: bool = True, installed: bool = True
) -> AsyncIterator[Database]:
    """Open the ledger at `path` with its tables and presets up to date.

    `installed` gives this copy its installation id (a ledger that is only being built has none). One that has
    one and was copied, moved or restored since gets another, and what waits in it is held.
    Raises NotFound when there is no ledger and `create` is False (or it would be read-only).
    """
    if not path.exists() and (read_only or not create):
        raise NotFound(
            f"There is no ledger at {path}: `waconsole init` makes one, --ledger FILE names another."
        )
    async with open_database(path, read_only=read_only) as database:
        if read_only:
            await database.glance(lambda tx: is_current(tx, migrations()))
        else:
            await _bring_up(database, now=now, installed=installed)
            if installed:
                await _go_on_erasing(database, now=now)
        try:
            yield database
        finally:
            if installed and not read_only:
                with contextlib.suppress(WaconsoleError, sqlite3.Error):  # a damaged one was told of already
                    keep_came_to(path, await database.glance(_came_to))


def _came_to(tx: Transaction) -> int:
    """How far sending has come: attempts are never taken out."""
    return int(tx.value("SELECT coalesce(max(id), 0) FROM attempt"))


async def _go_on_erasing(database: Database, *, now: int) -> None:
    """Clean the file of an erasure whose process died before it was done; where that fails, `doctor` tells."""
    if await database.glance(lambda tx: tx.value("SELECT 1 FROM erasure WHERE state = 'erased' LIMIT 1")):
        from waconsole.sync import service_erasing as erasing

        with contextlib.suppress(WaconsoleError):
            await erasing.clean(database, now=now)


async def _bring_up(database: Database, *, now: int, installed: bool) -> None:
    from waconsole.policy import library

    scripts = migrations()
    digest, home = library.digest(), home_of(database.path)

    def is_ready(tx: Transaction) -> bool:
        return (
            is_current(tx, scripts)
            and facts.fact(tx, facts.PRESETS) == digest
            and (not installed or (facts.fact(tx, facts.INSTALLATION) is not None and is_home(tx)))
        )

    def is_home(tx: Transaction) -> bool:
        return facts.fact(tx, facts.HOME) == home and _came_to(tx) >= came_to(database.path)

    def work(tx: Transaction) -> None:
        from waconsole.operators import service_adopting, service_sealing
        from waconsole.outbox import service_installation
        from waconsole.outbox import store as outbox
        from waconsole.policy import service as policy

        migrate(tx, scripts)
        has_presets = facts.fact(tx, facts.PRESETS) == digest
        facts.set_fact(tx, facts.PRESETS, digest)
        if installed:
            if facts.fact(tx, facts.HOME) is not None and not is_home(tx):
                service_installation.begin_anew(tx, now=now)
                service_adopting.begin(tx)
            facts.ensure_installation(tx)  # before anything is sealed: a copy seals with a key of its own
            facts.set_fact(tx, facts.HOME, home)
        if not has_presets:
            library.seed(tx, now=now)
        if installed:
            service_sealing.seal_standing(tx)
            policy.seal_standing(tx)
        outbox.ensure_hand(tx, now=now)

    if not await database.glance(is_ready):
        await database.write(work)
        if installed:
            keep_came_to(database.path, await database.glance(_came_to))


async def keep_shop_zone(database: Database, zone: str) -> None:
    """Keep the shop's time zone in the ledger, where every process that sends finds it; an empty one changes nothing."""
    if not zone or database.read_only:
        return
    if await database.glance(lambda tx: facts.fact(tx, facts.SHOP_ZONE)) != zone:
        await database.write(lambda tx: facts.set_fact(tx, facts.SHOP_ZONE, zone))


def restores() -> dict[str, Restore]:
    """How every room puts its objects back: what `undo` works with."""
    from importlib import import_module

    found: dict[str, Restore] = {}
    for room in ROOMS_THAT_RESTORE:
        found |= import_module(f"waconsole.{room}").RESTORES
    return found
