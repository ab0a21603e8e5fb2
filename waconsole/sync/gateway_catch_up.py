"""What a gateway told while nobody heard it: asked for after every connecting, and kept raw like what came by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.clock import DAY, MINUTE, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.groups import store_live, store_standing
from waconsole.members import store as members
from waconsole.members import store_hidden
from waconsole.outbox import store_numbers
from waconsole.sync import gateway_asking, gateway_people, gateway_rows, gateway_standing, receive_rows
from waconsole.sync.receive_rows import Body
from waconsole.whatsapp.doors import GroupSeen
from waconsole.whatsapp.driver import Action, Verdict
from waconsole.whatsapp.gateway.addresses import phone_of, seconds
from waconsole.whatsapp.gateway.answers import not_linked
from waconsole.whatsapp.gateway.driver import GatewayDriver
from waconsole.whatsapp.gateway.envelope import wrapped
from waconsole.whatsapp.gateway.events import GROUP_LOOKED_AT, PEOPLE_SEEN
from waconsole.whatsapp.gateway.groups import GROUPS_MAX
from waconsole.whatsapp.gateway.session import SessionSeen

SOURCE: Final = "gateway"
EVERYTHING: Final = "all"  # GOWS and NOWEB tell the messages of every chat at once
HISTORY_PAGE: Final = 100
PAGES_MAX: Final = 2_000
OVERLAP: Final = 10 * MINUTE  # a phone's clock, an event on its way
FIRST: Final = DAY  # how far back the first look goes
LOOK_AGAIN: Final = 15 * MINUTE  # a group whose people were seen so lately is not asked about
BETWEEN_GROUPS_SECONDS: Final = 1.0  # WhatsApp counts questions about groups
HIDDEN_MAX: Final = 50
NO_MORE_QUESTIONS: Final = (
    "WhatsApp answers no more questions about groups for the moment: the others come later."
)


@dataclass(slots=True)
class Caught:
    """What was asked for: messages and groups, and one sentence on what is missing, or empty."""

    messages: int = 0
    groups: int = 0
    trouble: str = ""


async def catch_up(
    database: Database,
    driver: GatewayDriver,
    session: str,
    *,
    clock: Callable[[], int],
    groups_max: int = GROUPS_MAX,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Caught:
    """Keep what was said, and who came and went, since the session was last heard without a gap.

    At most `groups_max` groups are looked at, those that were not lately first. The mark moves on only when all messages were had. Raises what the ledger raises.
    """
    caught = Caught()
    began = clock()
    verdict, seen = await driver.status()
    if seen is None:
        caught.trouble = verdict.detail or "The gateway does not say how its phone stands."
        return caught
    number_id = await database.write(lambda tx: _stands(tx, session, seen, now=began))
    if not seen.works:
        caught.trouble = not_linked(seen.state)
        return caught
    through = await database.read(lambda tx: gateway_rows.heard_through(tx, number_id))
    since = began - FIRST if through is None else through - OVERLAP
    verdict = await _messages(database, driver, session, since=since, clock=clock, caught=caught)
    if verdict.outcome != "accepted":
        caught.trouble = f"What was said while the gateway was not heard is missing: {verdict.detail}"
        return caught
    await database.write(lambda tx: gateway_rows.hear_through(tx, number_id, began))
    await _groups(database, driver, session, clock=clock, caught=caught, most=groups_max, sleep=sleep)
    await _hidden(database, driver, clock=clock)
    return caught


def _stands(tx: Transaction, session: str, seen: SessionSeen, *, now: int) -> int:
    """The number of a session, which stands still while its phone is not linked."""
    number_id = number_of(tx, session, phone=seen.phone, now=now)
    gateway_standing.stands(tx, number_id, seen.state, at=now)
    return number_id


def number_of(tx: Transaction, session: str, *, phone: str | None, now: int) -> int:
    """The number of ours that the gateway's phone is, written when it is new."""
    return store_numbers.add_gateway(
        tx, session=session, name=phone or f"gateway {session}", phone=phone, now=now
    )


async def _messages(
    database: Database,
    driver: GatewayDriver,
    session: str,
    *,
    since: int,
    clock: Callable[[], int],
    caught: Caught,
) -> Verdict:
    verdict = Verdict("accepted")
    for page in range(PAGES_MAX):
        verdict, rows = await driver.history(
            EVERYTHING, since_seconds=since // SECOND, limit=HISTORY_PAGE, offset=page * HISTORY_PAGE
        )
        if verdict.outcome != "accepted":
            break
        # Its own time, so that the same message asked for again is the same body.
        told = [
            wrapped("message.any", session, row, at=(seconds(row.get("timestamp")) or 0) * SECOND)
            for row in rows
        ]
        caught.messages += await keep(database, told, now=clock())
        if len(rows) < HISTORY_PAGE:
            break
    return verdict


async def keep(database: Database, told: Sequence[bytes], *, now: int) -> int:
    """Keep bodies of a gateway in one commit; answers how many are new."""
    if not told:
        return 0
    bodies = [Body(content, now, SOURCE) for content in told]
    return await database.write(lambda tx: receive_rows.keep_bodies(tx, bodies))


async def _groups(
    database: Database,
    driver: GatewayDriver,
    session: str,
    *,
    clock: Callable[[], int],
    caught: Caught,
    most: int,
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    verdict, groups = await driver.groups()
    if verdict.outcome != "accepted":
        caught.trouble = f"The gateway did not tell the groups: {verdict.detail}"
        return
    for listed in groups:
        if caught.groups >= most:
            return
        known = await database.read(lambda tx, id=listed.id: gateway_rows.group_known(tx, id))  # type: ignore[misc]
        if known is not None and known.looked_at is not None and clock() - known.looked_at < LOOK_AGAIN:
            continue
        verdict, seen = await driver.group(listed.id)
        if verdict.action is Action.SLOW:
            caught.trouble = NO_MORE_QUESTIONS
            return
        if verdict.outcome == "accepted" and seen is not None:
            told = await _told(driver, session, seen, known, now=clock())
            verdict, joins = await gateway_asking.bring_up_joins(
                database, driver, session, seen.id, clock=clock
            )
            await keep(database, [*told, *joins], now=clock())
            await database.write(lambda tx, seen=seen: _looked_at(tx, seen, now=clock()))  # type: ignore[misc]
            caught.groups += 1
            if verdict.action is Action.SLOW:
                caught.trouble = NO_MORE_QUESTIONS
                return
        await sleep(BETWEEN_GROUPS_SECONDS)


def _looked_at(tx: Transaction, seen: GroupSeen, *, now: int) -> None:
    """Note when a group was looked at; one that is new is known once its event is taken apart."""
    group = store_live.group_by_whatsapp_id(tx, seen.id)
    if group is not None:
        store_standing.told_count(tx, group["id"], seen.count, looked_at=now)


async def _told(
    driver: GatewayDriver, session: str, seen: GroupSeen, known: gateway_people.GroupKnown | None, *, now: int
) -> list[bytes]:
    """The events that would have told what is different in a group."""
    at = now // SECOND
    events: list[tuple[str, Mapping[str, Any]]] = []
    group = gateway_people.settings_told(seen, known)
    if group is not None:
        events.append((GROUP_LOOKED_AT, {"timestamp": at, "group": group}))
    if seen.people is not None:
        people = known.people if known is not None else ()
        found = await gateway_asking.told_difference(driver, seen.people, people, now=now)
        for part in gateway_people.parts(found.there):
            payload = {"timestamp": at, "group": {"id": seen.id}, "participants": list(part)}
            events.append((PEOPLE_SEEN, payload))
        for part in gateway_people.parts(found.gone):
            payload = {"timestamp": at, "group": {"id": seen.id}, "type": "leave", "participants": list(part)}
            events.append(("group.v2.participants", payload))
    return [wrapped(event, session, payload, at=now) for event, payload in events]


async def _hidden(database: Database, driver: GatewayDriver, *, clock: Callable[[], int]) -> None:
    """Ask for the numbers behind hidden ids; who has one now is one member with it."""
    for lid in await database.read(lambda tx: store_hidden.hidden_ids(tx, limit=HIDDEN_MAX)):
        verdict, address = await driver.phone_of_lid(lid)
        phone = phone_of(address)
        if verdict.outcome not in ("accepted", "refused"):
            return
        if phone is not None:
            now = clock()
            await database.write(
                lambda tx, phone=phone, lid=lid, now=now: members.ensure_member(  # type: ignore[misc]
                    tx, phone=phone, lid=lid, origin="live", now=now, seen_at=now - now % SECOND
                )
            )
