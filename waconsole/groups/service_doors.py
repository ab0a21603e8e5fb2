"""The way to a group: the number of ours it hangs on, and the driver that reaches it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.outbox import store_numbers as numbers
from waconsole.outbox.service_limits import limits_in_force
from waconsole.settings import Settings
from waconsole.whatsapp.doors import GroupDoor
from waconsole.whatsapp.driver import Verdict

CLOUD: Final = "cloud"
GATEWAY: Final = "gateway"


def number_of(tx: Transaction, group: Row) -> Row:
    """The number a group (`store_standing.standing`) is reached by. Raises Refused where a human hand must do it."""
    if group["whatsapp_id"] is None or group["driver"] not in (CLOUD, GATEWAY):
        raise Refused(
            f"{group['name']} is known from its chat alone: what is done in it is done on the phone, by hand."
        )
    if group["ended_at"] is not None:
        raise Refused(f"{group['name']} is no more: it was ended at WhatsApp.")
    if group["number_id"] is not None:
        return numbers.number_row(tx, group["number_id"])
    return first_number(tx, group["driver"])


def first_number(tx: Transaction, driver: str, name: str | None = None) -> Row:
    """The number called `name`, or the first of that driver. Raises Refused, NotFound."""
    if name:
        found = numbers.numbers_named(tx, name)
        if len(found) != 1:
            raise NotFound(f"No single number is called {name}: `waconsole numbers list` shows them.")
        return found[0]
    for row in numbers.all_numbers(tx):
        if row["driver"] == driver:
            return row
    if driver == GATEWAY:
        raise Refused("No gateway is connected: `gateway.enabled` switches one on.")
    raise Refused(
        "No number of the Cloud API is connected: set cloud.phone_number_id, then run `waconsole sync`."
    )


@asynccontextmanager
async def open_group_door(
    database: Database, settings: Settings, number: Row, *, now: int
) -> AsyncIterator[GroupDoor]:
    """The groups of a number; its connections are closed at the end. Raises Refused in one sentence.

    A linked phone is handed what the policy in force at `now` says WhatsApp takes.
    """
    if number["driver"] == CLOUD:
        from waconsole.whatsapp.cloud.driver import open_cloud
        from waconsole.whatsapp.cloud.groups import groups_of

        async with open_cloud(
            settings.cloud, phone_number_id=number["phone_number_id"] or "", waba_id=number["waba_id"] or ""
        ) as cloud:
            yield groups_of(cloud)
    elif number["driver"] == GATEWAY:
        if not settings.gateway.enabled:
            raise Refused(
                f"{number['name']} is reached by a gateway, and none is used: `gateway.enabled` switches it on."
            )
        from waconsole.whatsapp.gateway.driver import open_gateway

        limits = await database.read(lambda tx: limits_in_force(tx, now=now))
        async with open_gateway(settings.gateway, limits=limits) as gateway:
            yield gateway
    else:
        raise Refused(f"{number['name']} is a human hand: it is done on the phone.")


def in_words(verdict: Verdict) -> str:
    """Why something was not done, in one sentence; WhatsApp's own words are foreign."""
    why = f" (error {verdict.code})" if verdict.code is not None else ""
    said = f": {verdict.detail.strip().rstrip('.')}" if verdict.detail.strip() else ""
    if verdict.outcome == "unsent":
        return f"WhatsApp was not reached, nothing was asked{said}."
    if verdict.outcome == "unknown":
        return f"The answer was lost: it may have been done{said}."
    return f"WhatsApp refused{why}{said}."
