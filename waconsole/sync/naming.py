"""What official groups are called: WhatsApp is asked once about each that is known by its id alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from waconsole.database.connection import Database, Transaction
from waconsole.groups import store_subjects as subjects
from waconsole.groups.store_subjects import Unnamed
from waconsole.settings import Settings
from waconsole.whatsapp import capability
from waconsole.whatsapp.cloud.driver import open_cloud

ASKED_AT_ONCE_MAX: Final = 20


async def name_groups(database: Database, settings: Settings, *, clock: Callable[[], int]) -> int:
    """Ask about every group that is due and give it WhatsApp's name; answers how many got one.

    Nothing is opened while none is due. What WhatsApp does not tell is asked again, ever later.
    Raises Refused when the settings name no number that can be asked with.
    """
    if not settings.cloud.phone_number_id or not await database.read(lambda tx: _due(tx, clock())):
        return 0

    def begin(tx: Transaction) -> list[Unnamed]:
        now = clock()
        found = _due(tx, now)
        for group in found:
            subjects.asked(tx, group.id, now=now)
        return found

    named = 0
    async with open_cloud(settings.cloud) as driver:
        for group in await database.write(begin):
            verdict, subject = await driver.group_subject(group.whatsapp_id)
            if verdict.outcome == "unsent":
                break  # offline: so are the others
            if verdict.outcome != "accepted":
                await database.write(lambda tx, group=group: subjects.in_vain(tx, group.id))  # type: ignore[misc]
                continue
            name = await database.write(
                lambda tx, group=group, subject=subject: subjects.told(tx, group.id, subject)  # type: ignore[misc]
            )
            named += name is not None
    return named


def _due(tx: Transaction, now: int) -> list[Unnamed]:
    found = [group for group in subjects.unnamed(tx, now=now) if capability.tells_subject(group.driver)]
    return found[:ASKED_AT_ONCE_MAX]
