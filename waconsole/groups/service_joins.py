"""Who asks to come into a group: heard by events, looked up at WhatsApp, let in or declined by an operator.

Declining tells nobody: WhatsApp sends no event, so the ledger itself remembers it. Deciding may be repeated; a request
that is gone was dealt with by somebody else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.groups import store_joins, store_live, store_standing
from waconsole.groups.service_asking import found_group
from waconsole.groups.service_doors import in_words, open_group_door
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.settings import Settings
from waconsole.text import stored
from waconsole.whatsapp.doors import Handled, JoinRequest, Person

GONE: Final = 131213
REASON_CHARACTERS_MAX: Final = 400
APPROVED: Final = "approved"
DECLINED: Final = "declined"
MISSING: Final = "gone"
LISTED_AFTER: Final = 600 * SECOND
"""How long a list of WhatsApp's may lack somebody it has told us of (our choice; Meta names no time)."""


@dataclass(slots=True)
class Decided:
    """What a decision came to: the requests it was done for, and (request, why) of the others."""

    done: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def heard(
    tx: Transaction,
    group_id: int,
    request_id: str,
    action: str,
    *,
    member_id: int,
    alias_id: int | None,
    person: Person,
    channel: str,
    at: int,
) -> int:
    """Take in that somebody asks (`created`), does no longer (`revoked`) or was `declined` elsewhere; answers the row's id."""
    row_id, _ = store_joins.ask(
        tx, group_id=group_id, request_id=request_id, member_id=member_id, alias_id=alias_id,
        person=_identities(person), channel=channel, at=at,
    )  # fmt: skip
    if action != "created":
        store_joins.settle(tx, row_id, "revoked" if action == "revoked" else DECLINED, at=at)
        return row_id
    came = store_live.came_at(tx, group_id, member_id, since=at)
    if came is not None:  # that they were let in was told before
        store_joins.settle(tx, row_id, APPROVED, at=came)
    return row_id


def came_in(tx: Transaction, group_id: int, member_id: int, *, at: int) -> None:
    """Somebody has come into a group: what they had asked for before is granted."""
    for row in store_joins.asked_by_member(tx, group_id, member_id):
        if row["asked_at"] <= at:
            store_joins.settle(tx, row["id"], APPROVED, at=at)


async def look(database: Database, settings: Settings, name: str, *, now: int) -> int:
    """Ask WhatsApp who waits to come into a group, and bring the ledger up to it; answers how many. Raises Refused.

    What waited here and is not there any more is `gone`: somebody has dealt with it elsewhere. Who asked within
    LISTED_AFTER stays: the list may be behind the webhook. Who is listed again waits again.
    """
    group, number = await found_group(database, name)
    async with open_group_door(database, settings, number, now=now) as door:
        verdict, found = await door.join_requests(group["whatsapp_id"])
    if verdict.outcome != "accepted":
        raise Refused(in_words(verdict))

    def work(tx: Transaction) -> int:
        asked_before = store_joins.joins(tx, group["id"])
        for one in found:
            _met(tx, group["id"], one, now=now)
        there = {one.id for one in found}
        for row in asked_before:
            if row["request_id"] not in there and row["told_at"] < now - LISTED_AFTER:
                store_joins.settle(tx, row["id"], MISSING, at=now)
        return len(found)

    return await database.write(work)


def _met(tx: Transaction, group_id: int, one: JoinRequest, *, now: int) -> None:
    """Write one request that WhatsApp listed."""
    person = one.person
    known = store_joins.join_of(tx, group_id, one.id)
    if known is not None and known["state"] == store_joins.ASKED:
        return
    if known is not None and known["state"] == MISSING:
        store_joins.reopen(tx, known["id"], now=now)
        return
    at = one.at if one.at is not None else now - now % SECOND
    if person.phone or person.bsuid:
        member_id = members.ensure_member(
            tx, phone=person.phone, bsuid=person.bsuid, username=person.username, origin="live", now=now, seen_at=at
        )  # fmt: skip
    else:
        named = members.member_by_alias(tx, "lid", person.lid or "")
        if named is None:
            return  # a gateway tells whose lid that is with the event
        member_id = named
    store_joins.ask(
        tx, group_id=group_id, request_id=one.id, member_id=member_id, alias_id=None, person=_identities(person),
        channel="", at=at,
    )  # fmt: skip


async def decide(
    database: Database,
    settings: Settings,
    name: str,
    who: Sequence[str] | None,
    *,
    approve: bool,
    reason: str = "",
    operator: str | None,
    now: int,
) -> Decided:
    """Let those who ask in, or decline them: by request, member, phone or BSUID; None: everybody who waits.

    Raises Refused, NotFound when nothing could be asked of WhatsApp at all.
    """
    group, _ = await found_group(database, name)
    wanted = await database.read(lambda tx: _wanted(tx, group["id"], who))
    if wanted is None:  # the ledger has not heard of all of them
        await look(database, settings, name, now=now)
        wanted = await database.read(lambda tx: _wanted(tx, group["id"], who))
    if wanted is None:
        raise NotFound(
            f"Not all of those ask to come into {group['name']}: `waconsole groups join-requests` shows who does."
        )
    if not wanted:
        raise Refused(f"Nobody asks to come into {group['name']}.")
    ids = [row["id"] for row in wanted]
    return await decide_rows(
        database, settings, ids, approve=approve, reason=reason, operator=operator, now=now
    )


async def decide_rows(
    database: Database,
    settings: Settings,
    ids: Sequence[int],
    *,
    approve: bool,
    reason: str = "",
    operator: str | None,
    now: int,
) -> Decided:
    """As `decide`, for rows of whichever groups; one group after the other. Who declines says why."""
    reason = stored(reason.strip())
    if len(reason) > REASON_CHARACTERS_MAX:
        raise Refused(f"The reason is longer than {REASON_CHARACTERS_MAX} characters: shorten it.")
    if not approve and not reason:  # policy groups.join_requests
        raise Refused("Say why they are declined: --reason WHY, for those who come after you.")
    acting = await database.write(lambda tx: operators.acting(tx, operator, now=now))
    rows = await database.read(lambda tx: store_joins.join_rows(tx, list(ids)))
    decided = Decided()
    for group_id in dict.fromkeys(row["group_id"] for row in rows):
        of_group = [row for row in rows if row["group_id"] == group_id]
        await _decide_in(
            database, settings, group_id, of_group, acting, decided, approve=approve, reason=reason, now=now
        )
    return decided


async def _decide_in(
    database: Database,
    settings: Settings,
    group_id: int,
    rows: list[Row],
    acting: Operator,
    decided: Decided,
    *,
    approve: bool,
    reason: str,
    now: int,
) -> None:
    for row in rows:
        if row["state"] != store_joins.ASKED:
            decided.refused.append((row["request_id"], f"It is {row['state']} already."))
    rows = [row for row in rows if row["state"] == store_joins.ASKED]
    if not rows:
        return
    ref = await database.read(lambda tx: str(store_standing.standing(tx, group_id)["ref"]))
    group, number = await found_group(database, ref)
    asked = [_request(row) for row in rows]
    async with open_group_door(database, settings, number, now=now) as door:
        verdict, handled = await door.decide(group["whatsapp_id"], asked, approve=approve)
    if verdict.outcome != "accepted" and not handled:
        decided.refused += [(row["request_id"], in_words(verdict)) for row in rows]
        return
    by_id = {one.id: one for one in handled}

    def work(tx: Transaction) -> None:
        acts = []
        for row in rows:
            one = by_id.get(row["request_id"])
            state = _record(tx, row, one, acting, approve=approve, reason=reason, now=now)
            if state:
                decided.done.append(row["request_id"])
                after = {"state": state, "reason": reason}
                acts.append(Act("join_request", row["id"], {"state": row["state"]}, after))
            else:
                why = one.detail if one is not None and one.detail else in_words(verdict)
                decided.refused.append((row["request_id"], why))
        if acts:
            operators.record(tx, acting, "approve" if approve else "decline", acts, now=now)

    await database.write(work)


def _record(
    tx: Transaction,
    row: Row,
    one: Handled | None,
    acting: Operator,
    *,
    approve: bool,
    reason: str,
    now: int,
) -> str:
    """Write what became of one request; answers its new state, "" when it stays open."""
    if one is None or not one.ok:
        store_joins.failed(tx, row["id"], one.code if one else None, one.detail if one else "")
        return ""
    state = "gone" if one.code == GONE else APPROVED if approve else DECLINED
    store_joins.settle(tx, row["id"], state, at=now, operator_id=acting.id, reason=reason)
    return state


def _request(row: Row) -> JoinRequest:
    person = json.loads(row["person"])
    return JoinRequest(row["request_id"], Person(**person), row["asked_at"])


def _identities(person: Person) -> dict[str, str]:
    kept = {key: value for key, value in asdict(person).items() if key != "role"}
    return {key: value for key, value in kept.items() if value}


def _wanted(tx: Transaction, group_id: int, who: Sequence[str] | None) -> list[Row] | None:
    """The open requests that are meant; None when one of `who` is not among them."""
    waiting = store_joins.joins(tx, group_id)
    if who is None:
        return waiting
    found: dict[int, Row] = {}
    for name in who:
        row = _meant(tx, waiting, name)
        if row is None:
            return None
        found[row["id"]] = row
    return list(found.values())


def _meant(tx: Transaction, waiting: list[Row], name: str) -> Row | None:
    for row in waiting:
        if name in (row["request_id"], row["member_ref"]):
            return row
    for row in waiting:
        if name.removeprefix("@") in json.loads(row["person"]).values():
            return row
    try:
        member = members.member_named(tx, name)
    except NotFound:
        return None
    return next((row for row in waiting if row["member_id"] == member.id), None)
