"""Templates and ratings, fetched anew once a day by whoever syncs: WhatsApp's own words on them can be missed.

Beside sending and never in its way: after it or in a task of its own, bounded, and what goes wrong waits for the next
time. A template that is not in the list any more stays as it is: `templates sync`, typed, takes it out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from waconsole.clock import HOUR, MINUTE
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, WaconsoleError
from waconsole.outbox import service_management, service_templates
from waconsole.policy import store as policy
from waconsole.settings import Settings
from waconsole.sync import notice_rows
from waconsole.sync.doors import CLOUD
from waconsole.sync.outward import sending_numbers
from waconsole.sync.waiting import a_while

POLICY: Final = "whatsapp.refresh"
SINCE: Final = "standing_known_since"  # the fact that says since when this ledger syncs with WhatsApp
TRIED: Final = "standing_tried_at"  # and when it was last tried
SECONDS_MAX: Final = 20.0
FIRST_SECONDS: Final = 30.0  # whoever has just begun has better things to do
LOOK_SECONDS: Final = 600.0


async def refresh_when_due(
    database: Database, settings: Settings, *, clock: Callable[[], int], once: bool
) -> str:
    """Fetch templates and ratings when that was not done for the hours of the policy; answers what to say of it, or "".

    A ledger that never fetched any is due at once, but for `once`: what is run now and then begins to count then.
    Raises nothing but cancellation.
    """
    if not settings.cloud.phone_number_id or not settings.cloud.token:
        return ""
    try:
        if not await database.write(lambda tx: _begin(tx, now=clock(), once=once)):
            return ""
        async with asyncio.timeout(SECONDS_MAX):
            return await _refreshed(database, settings, clock=clock)
    except TimeoutError:
        return f"Templates and ratings did not come within {SECONDS_MAX:.0f} seconds: they are asked for again later."
    except WaconsoleError as error:
        return f"Templates and ratings could not be fetched, and are asked for again later: {error}"


async def keep_refreshing(
    database: Database,
    settings: Settings,
    *,
    clock: Callable[[], int],
    stop: Callable[[], bool],
    say: Callable[[str], None],
) -> None:
    """Do it for as long as `stop` does not say otherwise."""
    await a_while(FIRST_SECONDS, stop)
    while not stop():
        if said := await refresh_when_due(database, settings, clock=clock, once=False):
            say(said)
        await a_while(LOOK_SECONDS, stop)


def _begin(tx: Transaction, *, now: int, once: bool) -> bool:
    """Whether it is due; then it is written that it is tried, so that no other process does as well."""
    rule = policy.in_force(tx, POLICY, now=now)[0]
    fetched, since, tried = (_instant(tx, name) for name in (service_templates.FETCHED, SINCE, TRIED))
    if fetched is None and since is None and once:
        facts.set_fact(tx, SINCE, str(now))
        return False
    last = since if fetched is None and once else fetched
    if last is not None and 0 <= now - last < rule["hours"] * HOUR:
        return False
    if tried is not None and 0 <= now - tried < rule["again_minutes"] * MINUTE:
        return False
    facts.set_fact(tx, TRIED, str(now))
    return True


def _instant(tx: Transaction, name: str) -> int | None:
    known = facts.fact(tx, name)
    return int(known) if known is not None and known.isdecimal() else None


async def _refreshed(database: Database, settings: Settings, *, clock: Callable[[], int]) -> str:
    numbers = [
        number
        for number in await database.write(lambda tx: sending_numbers(tx, settings, now=clock()))
        if number["driver"] == CLOUD
    ]
    is_first = await database.read(lambda tx: facts.fact(tx, service_templates.FETCHED)) is None
    refused, rated, others = "", 0, list[str]()
    for number in numbers:
        try:
            row, _ = await service_management.rate(database, settings, number["ref"], now=clock())
        except Refused as error:  # of one number; the others may answer
            refused = str(error)
            continue
        rated += 1
        if row["quality"] != number["quality"]:
            others.append(str(row["name"]))
    done = service_templates.Synced(0, 0, 0)
    if settings.cloud.waba_id or any(number["waba_id"] for number in numbers):
        done = await service_templates.sync(database, settings, now=clock(), drops=False)
    else:
        await database.write(lambda tx: facts.set_fact(tx, service_templates.FETCHED, str(clock())))
    if not is_first:
        await database.write(lambda tx: _notice(tx, done.changed, others, now=clock()))
    said = (
        f"Asked WhatsApp anew: templates {done.found:,}, changed {done.changed:,}, numbers rated {rated:,}."
    )
    return f"{said} {refused}".strip()


def _notice(tx: Transaction, templates: int, numbers: list[str], *, now: int) -> None:
    """Say what WhatsApp told nobody of, or what was missed."""
    if templates:
        what = "A template" if templates == 1 else f"{templates:,} templates"
        notice_rows.add(
            tx, key=f"refreshed|templates|{now}", at=now, now=now, level="note", subject="template", named="",
            sentence=f"{what} at WhatsApp stood otherwise than here: `waconsole templates list` shows them.",
        )  # fmt: skip
    for name in numbers:
        notice_rows.add(
            tx, key=f"refreshed|number|{name}|{now}", at=now, now=now, level="note", subject="number", named=name,
            sentence="WhatsApp rates this number otherwise than we knew: `waconsole numbers list` shows it.",
        )  # fmt: skip
