"""Taking a rung of the moderation ladder, and taking it back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from waconsole import clock
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused, Undone
from waconsole.groups import moderation, store, store_people, store_roles, store_standing
from waconsole.groups import store_moderation as rows
from waconsole.groups.moderation import DONE, Person, Rung, Spans, Step
from waconsole.groups.service_doors import in_words, number_of, open_group_door
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.policy import store as policy
from waconsole.settings import Settings
from waconsole.text import stored
from waconsole.whatsapp import doors
from waconsole.whatsapp.capability import capability
from waconsole.whatsapp.driver import Verdict

REASON_CHARACTERS_MAX: Final = 500
DETAIL_CHARACTERS_MAX: Final = 500
STANDING: Final = ("stands", "unknown")


@dataclass(frozen=True, slots=True)
class _Begun:
    """A rung that was written, and what it needs at WhatsApp (None: nothing)."""

    ref: str
    id: int
    whatsapp_id: str | None
    person: doors.Person
    number: Row | None


def spans(tx: Transaction, *, now: int) -> Spans:
    """How long rungs stand, by the policy in force."""
    value = policy.in_force(tx, "moderation.ladder", now=now)[0]
    return Spans(value["warn_days"], value["mute_hours"])


def about(tx: Transaction, group_id: int, member_id: int) -> Person:
    """What the ladder must know of somebody in a group."""
    return Person(
        is_operator=rows.is_operator(tx, member_id),
        is_admin=store_roles.is_admin(tx, group_id, member_id),
        is_there=rows.is_present(tx, group_id, member_id),
    )


def rungs(tx: Transaction, group_id: int, member_id: int) -> list[Rung]:
    """The rungs of somebody in a group that were taken and not taken back."""
    found = rows.steps(tx, group_id=group_id, member_id=member_id)
    return [Rung(row["step"], row["taken_at"], row["until_at"]) for row in found if row["state"] in STANDING]


async def take(
    database: Database,
    settings: Settings,
    who: str,
    group: str,
    step: Step,
    *,
    reason: str,
    until: int | None,
    at_once: bool,
    operator: str | None,
    now: int,
) -> Row:
    """Warn, mute or remove somebody; answers the rung. Raises Refused (also when WhatsApp refuses) and NotFound."""
    if until is not None and until <= now:
        raise Refused("It would be over before it began: choose a later time.")
    reason = stored(reason.strip())[:REASON_CHARACTERS_MAX]
    begun = await database.write(
        lambda tx: _begin(tx, who, group, step, reason, until, at_once=at_once, operator=operator, now=now)
    )
    if begun.number is not None and begun.whatsapp_id is not None:
        async with open_group_door(database, settings, begun.number, now=now) as door:
            verdict, handled = await door.remove(begun.whatsapp_id, [begun.person])
        state, detail = _outcome(verdict, handled)
        await database.write(lambda tx: rows.set_state(tx, begun.id, state, detail))
        if state == "failed":
            raise Refused(f"They were not removed: {detail}")
    return await database.read(lambda tx: must_be_step(tx, begun.ref))


def _begin(
    tx: Transaction,
    who: str,
    name: str,
    step: Step,
    reason: str,
    until: int | None,
    *,
    at_once: bool,
    operator: str | None,
    now: int,
) -> _Begun:
    acting = operators.acting(tx, operator, now=now)
    group = store.group_named(tx, name)
    member = members.member_named(tx, who)
    can = capability(group.driver)
    if step == "mute" and not can.can_moderate:
        raise Refused(f"Nobody can be muted in {group.name}: only a gateway takes back what others write.")
    if step == "remove" and not can.can_moderate:
        how = (
            f"`waconsole groups remove` takes them out of {group.name}"
            if can.remove
            else "do it on the phone"
        )
        raise Refused(f"The ladder removes by a gateway alone: {how}.")
    if wrong := moderation.fault(
        step, rungs(tx, group.id, member.id), about(tx, group.id, member.id), at_once=at_once, now=now
    ):
        raise Refused(f"{member.name or member.ref} in {group.name}: {wrong}.")
    number = standing = None
    if step == "remove":
        standing = store_standing.standing(tx, group.id)
        number = number_of(tx, standing)
    ref = f"mod-{secrets.token_hex(6)}"
    state = "asking" if number is not None else "stands"
    until_at = until if until is not None else spans(tx, now=now).until(step, now)
    row_id = rows.add_step(
        tx,
        {
            "ref": ref, "group_id": group.id, "member_id": member.id, "step": step, "state": state, "reason": reason,
            "operator_id": acting.id, "taken_at": now, "until_at": until_at,
        },
    )  # fmt: skip
    act = Act("moderation", row_id, {}, {"step": step, "group": group.ref, "member": member.ref})
    operators.record(tx, acting, f"moderate: {step}", [act], now=now)
    whatsapp_id = standing["whatsapp_id"] if standing is not None else None
    return _Begun(ref, row_id, whatsapp_id, store_people.person_of(tx, member.id), number)


def _outcome(verdict: Verdict, handled: list[doors.Handled]) -> tuple[str, str]:
    if verdict.outcome == "unknown":
        return "unknown", in_words(verdict)[:DETAIL_CHARACTERS_MAX]
    if verdict.outcome != "accepted":
        return "failed", in_words(verdict)[:DETAIL_CHARACTERS_MAX]
    refused = next((one for one in handled if not one.ok), None)
    if refused is not None:
        return "failed", (refused.detail or "WhatsApp said no.")[:DETAIL_CHARACTERS_MAX]
    return "stands", ""


async def take_back(
    database: Database, settings: Settings, ref: str, *, reason: str, operator: str | None, now: int
) -> tuple[Row, str]:
    """Take a rung back; who was removed is put in again where a gateway can. Answers the rung, and what is left to do.

    Raises Refused and NotFound.
    """

    def work(tx: Transaction) -> tuple[Row, Row | None, doors.Person]:
        acting = operators.acting(tx, operator, now=now)
        row = must_be_step(tx, ref)
        if not rows.take_back(tx, row["id"], operator_id=acting.id, reason=stored(reason.strip()), now=now):
            raise Refused(f"{ref} does not stand: there is nothing to take back.")
        act = Act("moderation", row["id"], {"state": row["state"]}, {"state": "taken_back"})
        operators.record(tx, acting, "moderate: take back", [act], now=now)
        standing = store_standing.standing(tx, row["group_id"])
        can_add = row["step"] == "remove" and capability(standing["driver"]).can_add
        number = number_of(tx, standing) if can_add else None
        return standing, number, store_people.person_of(tx, row["member_id"])

    standing, number, person = await database.write(work)
    row = await database.read(lambda tx: must_be_step(tx, ref))
    if row["step"] != "remove":
        return row, ""
    if number is None:
        return row, "They are not in the group: send them its link."
    from waconsole.whatsapp.gateway.driver import open_gateway

    try:
        async with open_gateway(settings.gateway) as gateway:
            verdict, handled = await gateway.act(standing["whatsapp_id"], "add", [person])
    except Refused as error:
        return row, f"They were not put in again ({error}): send them the group's link."
    state, detail = _outcome(verdict, handled)
    return (
        row,
        "" if state == "stands" else f"They were not put in again ({detail}): send them the group's link.",
    )


def restore_step(
    tx: Transaction, object_id: int, before: dict[str, object], after: dict[str, object]
) -> bool:
    """Undo a warning or a muting: it is taken back. False when it stands no more. Raises Undone for the rest.

    A removal was done at WhatsApp, and who was put in again is there: that is taken back by its own command.
    """
    row = rows.step_by_id(tx, object_id)
    if row is None or "step" not in after or row["step"] == "remove":
        raise Undone(
            "That is not undone by a key: `waconsole groups moderation take-back` takes a rung back."
        )
    return rows.take_back(tx, object_id, operator_id=row["operator_id"], reason="undone", now=clock.now())


RESTORES: Final[dict[str, operators.Restore]] = {"moderation": restore_step}


def must_be_step(tx: Transaction, ref: str) -> Row:
    """The rung of that ref. Raises NotFound."""
    row = rows.step_by_ref(tx, ref)
    if row is None:
        raise NotFound(f"There is no step {ref}: `waconsole groups moderation list` shows them.")
    return row


def in_force(row: Row, now: int) -> bool:
    """Whether a rung is in force now."""
    return row["state"] in STANDING and Rung(row["step"], row["taken_at"], row["until_at"]).stands(now)


def says(row: Row) -> str:
    """What a rung is, in words."""
    return f"{row['member_name'] or row['member_ref']} is {DONE[row['step']]} in {row['group_name']}"
