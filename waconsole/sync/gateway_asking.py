"""What one group of a gateway is asked beside who is in it: whose hidden id is whose, and who asks to come in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from waconsole.clock import MINUTE, SECOND
from waconsole.database.connection import Database, Row, Transaction
from waconsole.groups import store_joins, store_live
from waconsole.sync.gateway_people import Difference, Known, difference, known_by_lid, told_by_phone
from waconsole.whatsapp.doors import JoinRequest, Person
from waconsole.whatsapp.driver import Verdict
from waconsole.whatsapp.gateway.addresses import lid_of, person_address
from waconsole.whatsapp.gateway.driver import GatewayDriver
from waconsole.whatsapp.gateway.envelope import wrapped

JOIN_REQUEST: Final = "group.v2.participants.join-request"
LIDS_ASKED_MAX: Final = 200  # per look at a group; they are asked of the gateway, not of WhatsApp
TURN: Final = 15 * MINUTE  # then others are asked for, where there are more


async def told_difference(
    driver: GatewayDriver, told: Sequence[Person], known: Sequence[Known], *, now: int
) -> Difference:
    """What the phone tells of a group's people that this ledger does not have.

    Who is known by phone alone, while the phone shows people by hidden ids, is looked up: they are there under
    theirs, or gone. Of whom the gateway knows no hidden id nothing is said.
    """
    found = difference(told, known)
    if not found.unsure:
        return found
    lids: dict[str, str] = {}
    for phone in _in_turn(found.unsure, now):
        verdict, address = await driver.lid_of_phone(phone)
        lid = lid_of(address)
        if verdict.outcome not in ("accepted", "refused"):
            break
        if lid is not None:
            lids[phone] = lid
    told = told_by_phone(told, lids)
    settled = difference(told, known_by_lid(known, lids))
    return replace(settled, there=difference(told, known).there)  # whose hidden id is news is told with it


def _in_turn(phones: Sequence[str], now: int) -> Sequence[str]:
    if len(phones) <= LIDS_ASKED_MAX:
        return phones
    start = now // TURN * LIDS_ASKED_MAX % len(phones)
    return [*phones[start:], *phones[:start]][:LIDS_ASKED_MAX]


async def bring_up_joins(
    database: Database, driver: GatewayDriver, session: str, group_id: str, *, clock: Callable[[], int]
) -> tuple[Verdict, list[bytes]]:
    """Ask who waits to come into a group: (what became of that, the events that would have told the new ones).

    What waited in this ledger and is not there any more is closed as `gone`: somebody has dealt with it elsewhere.
    """
    began = clock()
    verdict, found = await driver.join_requests(group_id)
    if verdict.outcome != "accepted":
        return verdict, []

    def work(tx: Transaction) -> list[bytes]:
        group = store_live.group_by_whatsapp_id(tx, group_id)
        asked = store_joins.joins(tx, group["id"]) if group is not None else []
        there = set().union(*map(_names, found))
        for row in asked:
            if row["told_at"] < began and not there & _row_names(row):
                store_joins.settle(tx, row["id"], "gone", at=began)
        waiting = set().union(*map(_row_names, asked))
        return [
            wrapped(JOIN_REQUEST, session, _created(group_id, one, began), at=one.at or began)
            for one in found
            if not waiting & _names(one)
        ]

    return verdict, await database.write(work)


def _names(one: JoinRequest) -> set[str]:
    """What a request may be called: by its own id, or by who asks (the phone or the hidden id)."""
    return {name for name in (one.id, one.person.phone, one.person.lid) if name}


def _row_names(row: Row) -> set[str]:
    person: Any = json.loads(row["person"])
    return {name for name in (row["request_id"], person.get("phone"), person.get("lid")) if name}


def _created(group_id: str, one: JoinRequest, now: int) -> Mapping[str, Any]:
    return {
        "timestamp": (one.at if one.at is not None else now) // SECOND,
        "group": {"id": group_id},
        "action": "created",
        "requesterId": one.id,
        "requesterPn": person_address(phone=one.person.phone, lid=None) or None,
    }
