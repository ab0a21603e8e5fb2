"""What operators ask of a group at WhatsApp: make, change, end it, take people out, make a new link.

A request is written before the wire. WhatsApp mostly takes it with an id and tells by an event what came of it
(`service_results`). What is not idempotent is never asked again without a look at what is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from waconsole.clock import MINUTE
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused
from waconsole.groups import service_results, store, store_live, store_people, store_standing
from waconsole.groups import store_requests as rows
from waconsole.groups.service_asking import Asked, ask, asked_of, begin, finish, found_group, or_refused
from waconsole.groups.service_doors import first_number, in_words, open_group_door
from waconsole.groups.store import Group
from waconsole.policy import store as policy
from waconsole.settings import Settings
from waconsole.whatsapp.doors import Approval, GroupDoor, Handled, Person
from waconsole.whatsapp.driver import Verdict

REMOVED_AT_ONCE_MAX: Final = 8  # of one request; Groups API, Meta's documentation of 2026-05-21
SHORTLY_BEFORE: Final = MINUTE  # their clock and ours


async def create(
    database: Database,
    settings: Settings,
    subject: str,
    *,
    description: str = "",
    approval: Approval = "auto",
    number: str | None = None,
    driver: str = "cloud",
    operator: str | None,
    now: int,
) -> Asked:
    """Ask for a group. A request for one of that name whose answer was lost is looked for first. Raises Refused, NotFound."""
    subject, description = subject.strip(), description.strip()
    body = {"subject": subject, "description": description, "approval": approval}
    number_row = await database.read(lambda tx: first_number(tx, driver, number))
    await database.read(lambda tx: _check_words(tx, subject, description, now=now))
    async with open_group_door(database, settings, number_row, now=now) as door:
        found = await _look(database, door, number_row["id"], subject, now=now)
        if found is not None:
            return found
        row_id = await database.write(
            lambda tx: begin(tx, "create", number_row["id"], None, body, operator=operator, now=now)
        )
        verdict, group_id = await door.create(subject, description, approval)

    def work(tx: Transaction) -> Asked:
        made = None
        if verdict.outcome == "accepted" and group_id:
            made = store_live.ensure_group(
                tx, group_id, now=now, driver=number_row["driver"], number_id=number_row["id"]
            )["id"]
            store_standing.told_settings(
                tx, made, subject=subject, description=description, approval=approval, at=now
            )
        return finish(tx, row_id, verdict, group_id=made, now=now)

    return or_refused(await database.write(work), verdict)


async def _look(
    database: Database, door: GroupDoor, number_id: int, subject: str, *, now: int
) -> Asked | None:
    """What an earlier request for a group of that name came to, whose answer was lost; None: ask.

    Raises Refused while one is under way, and while nobody can look.
    """

    def earlier(tx: Transaction) -> list[Row]:
        pending = [row for row in rows.requests(tx, only_open=True) if _is_for(row, number_id, subject)]
        if any(row["state"] == "pending" for row in pending):
            raise Refused(
                f"A group “{subject}” is being made: `waconsole groups requests` shows how it stands."
            )
        return [row for row in pending if row["request_id"] is None]

    lost = await database.read(earlier)
    if not lost:
        return None
    verdict, seen = await door.groups()
    if verdict.outcome != "accepted":
        raise Refused(
            f"It is not known whether “{subject}” was made before, and nobody can look: {in_words(verdict)}"
        )

    def settle(tx: Transaction) -> Asked | None:
        answer = None
        taken = set[str]()
        for row in lost:
            group = next(
                (
                    one
                    for one in seen
                    if one.subject == subject
                    and one.id not in taken
                    and (one.created_at is None or one.created_at >= row["asked_at"] - SHORTLY_BEFORE)
                ),
                None,
            )
            if group is None:
                gone = {"state": "failed", "detail": "WhatsApp knows no such group.", "ended_at": now}
                rows.set_request(tx, row["id"], gone)
                continue
            taken.add(group.id)
            made = store_live.ensure_group(tx, group.id, now=now, number_id=number_id)["id"]
            store_standing.told_settings(tx, made, subject=subject, at=now)
            rows.set_request(
                tx, row["id"], {"state": "done", "group_id": made, "ended_at": now, "detail": ""}
            )
            answer = asked_of(tx, rows.request_row(tx, row["id"]))
        return answer

    return await database.write(settle)


def _is_for(row: Row, number_id: int, subject: str) -> bool:
    return (
        row["kind"] == "create"
        and row["number_id"] == number_id
        and service_results.body_of(row).get("subject") == subject
    )


async def change(
    database: Database,
    settings: Settings,
    name: str,
    *,
    subject: str | None = None,
    description: str | None = None,
    operator: str | None,
    now: int,
) -> Asked:
    """Change what a group is called or says of itself. Raises Refused, NotFound."""
    words = {"subject": subject, "description": description}
    body = {key: word.strip() for key, word in words.items() if word is not None}
    if not body or not body.get("subject", "x"):
        raise Refused("Say what the group is to be called, or what it says of itself.")
    await database.read(
        lambda tx: _check_words(tx, body.get("subject", "x"), body.get("description", ""), now=now)
    )
    group, number = await found_group(database, name)

    async def question(door: GroupDoor) -> Verdict:
        return await door.change(
            group["whatsapp_id"], subject=body.get("subject"), description=body.get("description")
        )

    return await ask(database, settings, "change", group, number, body, question, operator=operator, now=now)


async def end(database: Database, settings: Settings, name: str, *, operator: str | None, now: int) -> Asked:
    """End a group for everybody. Raises Refused, NotFound."""
    group, number = await found_group(database, name)

    async def question(door: GroupDoor) -> Verdict:
        return await door.delete(group["whatsapp_id"])

    return await ask(database, settings, "delete", group, number, {}, question, operator=operator, now=now)


async def not_in(database: Database, name: str, who: Sequence[str]) -> list[str]:
    """Which of these people are not in a group, as far as this ledger knows. Raises NotFound."""

    def look(tx: Transaction) -> list[str]:
        group_id = store.group_named(tx, name).id
        return [one for one in who[:REMOVED_AT_ONCE_MAX] if not store_people.is_known_in(tx, group_id, one)]

    return await database.read(look)


async def remove(
    database: Database,
    settings: Settings,
    name: str,
    members: Sequence[str],
    *,
    operator: str | None,
    now: int,
) -> tuple[Asked, list[Handled]]:
    """Take one to eight people out of a group; they cannot come back by its link. Raises Refused, NotFound."""
    if not 1 <= len(members) <= REMOVED_AT_ONCE_MAX:
        raise Refused(f"One to {REMOVED_AT_ONCE_MAX} people are taken out at once, not {len(members)}.")
    group, number = await found_group(database, name)
    people = await database.read(lambda tx: [store_people.person_named(tx, one) for one in members])
    if missing := [member for member, one in zip(members, people, strict=True) if not _is_known(one)]:
        raise Refused(f"{missing[0]} has neither a number nor a WhatsApp id: nobody can be meant by it.")
    handled: list[Handled] = []

    async def question(door: GroupDoor) -> Verdict:
        verdict, found = await door.remove(group["whatsapp_id"], people)
        handled.extend(found)
        return verdict

    body = {"people": [_as_body(one) for one in people]}
    asked = await ask(database, settings, "remove", group, number, body, question, operator=operator, now=now)
    return asked, handled


async def invite_link(
    database: Database, settings: Settings, name: str, *, reset: bool, operator: str | None, now: int
) -> tuple[Group, str]:
    """The link of a group; `reset` makes a new one, and all earlier ones die. Raises Refused, NotFound.

    A reset whose answer was lost says so and is not repeated: the link without `reset` shows which one holds.
    """
    group, number = await found_group(database, name)
    row_id = 0
    if reset:
        row_id = await database.write(
            lambda tx: begin(tx, "reset_link", number["id"], group["id"], {}, operator=operator, now=now)
        )
    async with open_group_door(database, settings, number, now=now) as door:
        verdict, link = await door.invite_link(group["whatsapp_id"], reset=reset)

    def work(tx: Transaction) -> Group:
        if link:
            store_standing.told_link(tx, group["id"], link, at=now)
        if reset:
            finish(tx, row_id, Verdict("accepted") if link else verdict, group_id=group["id"], now=now)
        return store.group_by_id(tx, group["id"])

    found = await database.write(work)
    if not link:
        raise Refused(in_words(verdict))
    return found, link


def _check_words(tx: Transaction, subject: str, description: str, *, now: int) -> None:
    limits = policy.in_force(tx, "whatsapp.limits", now=now)[0]
    if not subject:
        raise Refused("Say what the group is to be called: --subject.")
    if len(subject) > limits["group_subject"]:
        raise Refused(f"The subject has {len(subject)} characters; WhatsApp takes {limits['group_subject']}.")
    if len(description) > limits["group_description"]:
        raise Refused(
            f"The description has {len(description):,} characters; WhatsApp takes {limits['group_description']:,}."
        )


def _is_known(person: Person) -> bool:
    return bool(person.phone or person.bsuid or person.lid)


def _as_body(person: Person) -> dict[str, str]:
    parts = {"phone": person.phone, "bsuid": person.bsuid, "lid": person.lid}
    return {key: value for key, value in parts.items() if value}
