"""What a group shows to its people: its picture, and the messages pinned in it."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.groups.service_asking import Asked, ask, found_group
from waconsole.groups.service_doors import CLOUD, in_words, open_group_door
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.outbox.service_limits import limits_in_force
from waconsole.settings import Settings
from waconsole.whatsapp import pictures
from waconsole.whatsapp.doors import GroupDoor
from waconsole.whatsapp.driver import Verdict


async def set_picture(
    database: Database, settings: Settings, name: str, file: Path, *, operator: str | None, now: int
) -> Asked:
    """Give a group a picture, a square JPEG. Raises Refused, NotFound."""
    group, number = await found_group(database, name)
    if number["driver"] != CLOUD:
        raise Refused(
            f"The picture of {group['name']} is changed on the phone: its gateway has no way to it."
        )
    try:
        content = await asyncio.to_thread(_read, file)
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error
    if fault := pictures.fault(content):
        raise Refused(fault)

    async def question(door: GroupDoor) -> Verdict:
        from waconsole.whatsapp.cloud.groups import CloudGroups

        assert isinstance(door, CloudGroups)
        return await door.picture(group["whatsapp_id"], file)

    body = {"picture": hashlib.sha256(content).hexdigest()}
    return await ask(database, settings, "change", group, number, body, question, operator=operator, now=now)


def _read(file: Path) -> bytes:
    """The file, or one byte more of it than WhatsApp takes."""
    with file.open("rb") as handle:
        return handle.read(pictures.BYTES_MAX + 1)


async def pin(
    database: Database,
    settings: Settings,
    name: str,
    wamid: str,
    days: int | None,
    *,
    operator: str | None,
    now: int,
) -> None:
    """Pin a message in a group for some days, or (None) take the pin away. Raises Refused, NotFound.

    It may be asked for twice.
    """
    most = max((await database.read(lambda tx: limits_in_force(tx, now=now))).pin_days)
    if days is not None and not 1 <= days <= most:
        raise Refused(f"A message is pinned for 1 to {most} days, not {days}.")
    group, number = await found_group(database, name)
    async with open_group_door(database, settings, number, now=now) as door:
        verdict = await door.pin(group["whatsapp_id"], wamid, days)
    if verdict.outcome != "accepted":
        raise Refused(in_words(verdict))

    def work(tx: Transaction) -> None:
        acting = operators.acting(tx, operator, now=now)
        act = Act("pinned", group["id"], {}, {"message": wamid, "days": days})
        operators.record(tx, acting, "unpin" if days is None else "pin", [act], now=now)

    await database.write(work)
