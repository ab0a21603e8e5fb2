"""What a number has at WhatsApp beside messages: its rating, its short links, whom it has blocked. And one message's history.

Nothing here waits in a queue: an operator asks, and WhatsApp answers or does not.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members import store as members
from waconsole.members import store_aliases as aliases
from waconsole.members.model import e164
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.outbox import service_pacing, store_numbers, store_suppression
from waconsole.settings import Settings
from waconsole.whatsapp.doors import Handled, Person
from waconsole.whatsapp.driver import Verdict

if TYPE_CHECKING:
    from waconsole.whatsapp.cloud.driver import CloudDriver
    from waconsole.whatsapp.cloud.history import Recorded
    from waconsole.whatsapp.cloud.links import Link
    from waconsole.whatsapp.cloud.quality import NumberSeen

BLOCKED: Final = "blocked"  # the reason of a suppression
HIGH: Final = "HIGH"  # a number's throughput: 1,000 messages a second (Meta: Throughput, 2026-05-21)
HIGH_PER_SECOND: Final = 1_000
BSUID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,128}")


def number_named(tx: Transaction, name: str | None) -> Row:
    """The number of the Cloud API called so, or the first. Raises NotFound, Refused."""
    if name:
        return service_pacing.number_named(tx, name)
    number_id = store_numbers.cloud_number(tx)
    if number_id is None:
        raise Refused(
            "No number of the Cloud API is known: set cloud.phone_number_id, then run `waconsole sync`."
        )
    return store_numbers.number_row(tx, number_id)


@asynccontextmanager
async def opened(settings: Settings, number: Row) -> AsyncIterator[CloudDriver]:
    """The driver of a number of the Cloud API. Raises Refused for any other."""
    if number["driver"] != "cloud":
        raise Refused(f"{number['name']} is no number of the Cloud API: only that has this.")
    from waconsole.whatsapp.cloud.driver import open_cloud

    async with open_cloud(
        settings.cloud, phone_number_id=number["phone_number_id"] or "", waba_id=number["waba_id"] or ""
    ) as driver:
        yield driver


async def rate(
    database: Database, settings: Settings, name: str | None, *, now: int
) -> tuple[Row, NumberSeen]:
    """Ask how WhatsApp rates a number, and write what it says of quality, throughput and limit. Raises Refused."""
    from waconsole.whatsapp.cloud.quality import UNLIMITED, quality

    number = await database.read(lambda tx: number_named(tx, name))
    async with opened(settings, number) as driver:
        verdict, seen = await quality(driver)
    _done(verdict)

    def work(tx: Transaction) -> Row:
        if seen.quality:
            service_pacing.told_quality(tx, number["id"], seen.quality, at=now)
        if seen.throughput:
            fast = HIGH_PER_SECOND if seen.throughput == HIGH else None
            service_pacing.told_throughput(tx, number["id"], fast, at=now)
        if seen.limit_people is not None or UNLIMITED in seen.limit:
            service_pacing.told_limit(tx, number["portfolio"], seen.limit_people, at=now)
        return store_numbers.number_row(tx, number["id"])

    return await database.write(work), seen


async def links(database: Database, settings: Settings, name: str | None) -> list[Link]:
    """The short links of a number. Raises Refused."""
    from waconsole.whatsapp.cloud.links import links_of

    number = await database.read(lambda tx: number_named(tx, name))
    async with opened(settings, number) as driver:
        verdict, found = await links_of(driver).every()
    _done(verdict)
    return found


async def set_link(
    database: Database,
    settings: Settings,
    name: str | None,
    text: str,
    *,
    code: str = "",
    operator: str | None,
    now: int,
) -> Link:
    """Make a short link that opens with `text`, or (with `code`) let one open with another text. Raises Refused."""
    from waconsole.whatsapp.cloud.links import TEXT_CHARACTERS_MAX, links_of

    text = text.strip()
    if not 1 <= len(text) <= TEXT_CHARACTERS_MAX:
        raise Refused(f"The text has {len(text)} characters; WhatsApp takes 1 to {TEXT_CHARACTERS_MAX}.")
    number = await database.read(lambda tx: number_named(tx, name))
    async with opened(settings, number) as driver:
        door = links_of(driver)
        verdict, link = await (door.update(code, text) if code else door.create(text))
    _done(verdict)
    assert link is not None
    after = {"code": link.code, "text": text}
    await _record(database, "change link" if code else "make link", number, after, operator=operator, now=now)
    return link


async def end_link(
    database: Database, settings: Settings, name: str | None, code: str, *, operator: str | None, now: int
) -> None:
    """End a short link. Raises Refused."""
    from waconsole.whatsapp.cloud.links import links_of

    number = await database.read(lambda tx: number_named(tx, name))
    async with opened(settings, number) as driver:
        _done(await links_of(driver).delete(code))
    await _record(database, "end link", number, {"code": code}, operator=operator, now=now)


async def blocked(database: Database, settings: Settings, name: str | None) -> list[Person]:
    """Everybody a number has blocked. Raises Refused."""
    from waconsole.whatsapp.cloud.blocks import blocks_of

    number = await database.read(lambda tx: number_named(tx, name))
    async with opened(settings, number) as driver:
        verdict, found = await blocks_of(driver).everybody()
    _done(verdict)
    return found


async def block(
    database: Database,
    settings: Settings,
    name: str | None,
    people: Sequence[str],
    *,
    on: bool,
    operator: str | None,
    now: int,
) -> list[Handled]:
    """Block people at WhatsApp or let them write again, each a member, a phone or a BSUID. Raises Refused, NotFound.

    While they are blocked nothing is sent to them by that number.
    """
    from waconsole.whatsapp.cloud.blocks import blocks_of

    number = await database.read(lambda tx: number_named(tx, name))
    named = await database.read(lambda tx: [_user(tx, one) for one in people])
    async with opened(settings, number) as driver:
        door = blocks_of(driver)
        users = [user for user, _ in named]
        verdict, handled = await (door.block(users) if on else door.unblock(users))
    if not any(one.ok for one in handled):
        refused = Verdict("refused", code=handled[0].code, detail=handled[0].detail) if handled else verdict
        _done(verdict if verdict.outcome != "accepted" else refused)

    def work(tx: Transaction) -> None:
        acting = operators.acting(tx, operator, now=now)
        good = {one.id for one in handled if one.ok}
        acts = []
        for user, member_id in named:
            if user not in good:
                continue
            acts.append(Act("number", number["id"], {"user": user}, {"user": user, "blocked": on}))
            if member_id is None:
                continue
            if on:
                store_suppression.suppress(
                    tx, member_id=member_id, number_id=number["id"], scope="all", reason=BLOCKED, code=None,
                    outgoing_id=None, since=now, until=None,
                )  # fmt: skip
            else:
                store_suppression.end(tx, member_id=member_id, number_id=number["id"], reason=BLOCKED, at=now)
        operators.record(tx, acting, "block" if on else "unblock", acts, now=now)

    await database.write(work)
    return handled


async def history(database: Database, settings: Settings, number_id: int, wamid: str) -> list[Recorded]:
    """What WhatsApp recorded of a message of ours, the earliest first. Raises Refused when nobody could be asked."""
    from waconsole.whatsapp.cloud.history import history as asked

    number = await database.read(lambda tx: store_numbers.number_row(tx, number_id))
    async with opened(settings, number) as driver:
        verdict, found = await asked(driver, wamid)
    _done(verdict)
    return found


async def _record(
    database: Database, verb: str, number: Row, after: Mapping[str, object], *, operator: str | None, now: int
) -> None:
    def work(tx: Transaction) -> None:
        acting = operators.acting(tx, operator, now=now)
        operators.record(tx, acting, verb, [Act("number", number["id"], {}, after)], now=now)

    await database.write(work)


def _user(tx: Transaction, name: str) -> tuple[str, int | None]:
    """Who is meant, as the Cloud API takes it, and the member's id where one bears it."""
    try:
        member = members.member_named(tx, name)
    except NotFound:
        if BSUID.fullmatch(name):
            return name, None
        if name.lstrip().startswith(("+", "00")) and (phone := e164(name)):
            return phone, None
        raise
    bsuids = aliases.standing(tx, member.id, "bsuid")
    user = member.phone or (str(bsuids[-1]["value"]) if bsuids else "")
    if not user:
        raise Refused(f"{member.name} has neither a number nor a BSUID: nobody can be meant by it.")
    return user, member.id


def _done(verdict: Verdict) -> None:
    """Raises Refused in one sentence for anything but a yes."""
    if verdict.outcome == "accepted":
        return
    why = f" (error {verdict.code})" if verdict.code is not None else ""
    said = f": {verdict.detail.strip().rstrip('.')}" if verdict.detail.strip() else ""
    if verdict.outcome == "unsent":
        raise Refused(f"WhatsApp was not reached, nothing was asked{said}.")
    if verdict.outcome == "unknown":
        raise Refused(f"The answer was lost, it may have been done: look before you ask again{said}.")
    raise Refused(f"WhatsApp refused{why}{said}.")
