"""What only a linked phone does in a group: put people in, make them admins, and say who may write there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import Refused
from waconsole.groups import store, store_people, store_standing
from waconsole.groups.service_doors import in_words, number_of
from waconsole.operators import service as operators
from waconsole.operators.store import Act
from waconsole.settings import Settings
from waconsole.whatsapp.capability import capability
from waconsole.whatsapp.doors import Handled, Person

if TYPE_CHECKING:
    from waconsole.whatsapp.driver import Verdict

AT_ONCE_MAX: Final = 50
Change = Literal["add", "promote", "demote"]
Rule = Literal["messages_admin_only", "info_admin_only", "membership_approval"]


async def change_people(
    database: Database,
    settings: Settings,
    name: str,
    who: Sequence[str],
    change: Change,
    *,
    operator: str | None,
    now: int,
) -> list[tuple[str, Handled]]:
    """Put people into a group, make them admins or no longer; what became of each. Raises Refused and NotFound."""
    if not 0 < len(who) <= AT_ONCE_MAX:
        raise Refused(f"Name 1 to {AT_ONCE_MAX} people.")

    def look(tx: Transaction) -> tuple[Row, list[Person]]:
        group = _linked(tx, name, "can_add" if change == "add" else "can_promote")
        return group, [store_people.person_named(tx, one) for one in who]

    group, people = await database.read(look)
    from waconsole.whatsapp.gateway.driver import open_gateway

    async with open_gateway(settings.gateway) as gateway:
        verdict, handled = await gateway.act(group["whatsapp_id"], change, people)
    _must(verdict)
    found = list(zip(who, handled, strict=True))
    done = [one for one, became in found if became.ok]
    if done:
        await database.write(lambda tx: _record(tx, group["id"], change, {"people": done}, operator, now=now))
    return found


async def set_rule(
    database: Database,
    settings: Settings,
    name: str,
    rule: Rule,
    *,
    on: bool,
    operator: str | None,
    now: int,
) -> Row:
    """Let only admins write, only admins change what it says of itself, or let admins decide who comes in.

    Answers how the group stands. Raises Refused and NotFound.
    """
    group = await database.read(lambda tx: _linked(tx, name, "can_moderate"))
    from waconsole.whatsapp.gateway.driver import open_gateway

    async with open_gateway(settings.gateway) as gateway:
        verdict = await gateway.set(group["whatsapp_id"], rule, on=on)
    _must(verdict)

    def work(tx: Transaction) -> Row:
        if rule == "membership_approval":
            store_standing.told_settings(tx, group["id"], approval="required" if on else "auto", at=now)
        _record(tx, group["id"], rule, {"on": on}, operator, now=now)
        return store_standing.standing(tx, group["id"])

    return await database.write(work)


def _linked(tx: Transaction, name: str, flag: str) -> Row:
    """The group called `name`, reached by a gateway. Raises Refused and NotFound."""
    group = store_standing.standing(tx, store.group_named(tx, name).id)
    if not capability(group["driver"]).as_dict()[flag]:
        raise Refused(f"{group['name']} is not a linked phone's group: that is done on the phone, by hand.")
    number_of(tx, group)
    return group


def _must(verdict: Verdict) -> None:
    if verdict.outcome != "accepted":
        raise Refused(in_words(verdict))


def _record(
    tx: Transaction, group_id: int, verb: str, after: dict[str, object], operator: str | None, *, now: int
) -> None:
    acting = operators.acting(tx, operator, now=now)
    operators.record(tx, acting, f"groups: {verb}", [Act("group_people", group_id, {}, after)], now=now)
