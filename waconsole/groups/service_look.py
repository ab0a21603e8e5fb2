"""Bring the ledger up to the groups a number has at WhatsApp: which there are, how they stand, how many are in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused
from waconsole.groups import store_live, store_standing
from waconsole.groups.service_doors import first_number, in_words, open_group_door
from waconsole.settings import Settings
from waconsole.whatsapp.doors import GroupSeen

LOOKED_AT_MAX: Final = 1_000  # groups whose people and settings are asked for in one go, one by one


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found: groups at WhatsApp, those that are new here, those that are no more there."""

    found: int
    new: int
    ended: int


async def look(
    database: Database, settings: Settings, *, number: str | None = None, driver: str = "cloud", now: int
) -> Looked:
    """Ask for every group of a number and how each stands. Raises Refused, NotFound."""
    row = await database.read(lambda tx: first_number(tx, driver, number))
    async with open_group_door(database, settings, row, now=now) as door:
        verdict, listed = await door.groups()
        if verdict.outcome != "accepted":
            raise Refused(in_words(verdict))
        whole: dict[str, GroupSeen] = {}
        for one in listed[:LOOKED_AT_MAX]:
            asked, seen = await door.group(one.id)
            if asked.outcome == "unsent":
                break
            if asked.outcome == "accepted" and seen is not None:
                whole[one.id] = seen
    return await database.write(lambda tx: _bring_up(tx, row, listed, whole, now=now))


def _bring_up(
    tx: Transaction, number: Row, listed: list[GroupSeen], whole: dict[str, GroupSeen], *, now: int
) -> Looked:
    new = ended = 0
    for one in listed:
        new += store_live.group_by_whatsapp_id(tx, one.id) is None
        group = store_live.ensure_group(tx, one.id, now=now, driver=number["driver"], number_id=number["id"])
        seen = whole.get(one.id, one)
        store_standing.told_settings(
            tx, group["id"], subject=seen.subject or one.subject, description=seen.description,
            approval=seen.approval, at=now,
        )  # fmt: skip
        if seen.suspended is not None:
            store_standing.told_suspension(tx, group["id"], suspended=seen.suspended, at=now)
        if one.id in whole:
            store_standing.told_count(tx, group["id"], seen.count, looked_at=now)
    there = {one.id for one in listed}
    for row in store_live.groups_of_number(tx, number["id"]):
        if row["whatsapp_id"] not in there and row["added_at"] < now:
            ended += store_standing.ended(tx, row["id"], now)
    return Looked(len(listed), new, ended)
