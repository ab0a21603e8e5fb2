"""A warning that is told: a message in the words of policy, queued to the member or to their group."""

from __future__ import annotations

from typing import Final, Literal

from waconsole.clock import DAY
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.groups import store as groups
from waconsole.groups import store_live, store_standing
from waconsole.inbox import service_reply
from waconsole.inbox import store_conversations as conversations
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import store as outbox
from waconsole.policy import store as policy
from waconsole.sync import gateway_threads
from waconsole.text import stored
from waconsole.whatsapp.content import Text

Told = Literal["member", "group"]
TOLD: Final[tuple[Told, ...]] = ("member", "group")
ENGLISH: Final = "en"
GATEWAY: Final = "gateway"


def words(
    tx: Transaction, to: Told, languages: tuple[str, ...], *, group: str, reason: str, days: int, now: int
) -> str:
    """What a warning says, in the first of these languages that policy has words of."""
    for language in (*languages, ENGLISH):
        try:
            value = policy.in_force(tx, f"moderation.warning_{language}", now=now)[0]
        except NotFound:
            continue
        said = str(value[to])
        for name, filled in (("{days}", f"{days}"), ("{group}", group), ("{reason}", reason)):
            said = said.replace(name, filled)
        return stored(said.strip())
    raise NotFound("There are no words of a warning: `waconsole policy list moderation` shows them.")


async def tell(database: Database, step: Row, to: Told, *, operator: str | None, now: int) -> str:
    """Queue the words of a warning (a row of the ladder); answers the outgoing row's ref.

    Raises Refused where the group has no linked phone to say it, or the person may not be written to.
    """

    def work(tx: Transaction) -> str:
        standing = store_standing.standing(tx, step["group_id"])
        number_id = standing["number_id"]
        if standing["driver"] != GATEWAY or number_id is None:
            raise Refused(
                f"{step['group_name']} is not reached by a linked phone: write to them in your own words."
            )
        group = groups.group_by_id(tx, step["group_id"])
        member = members.member_named(tx, step["member_ref"])
        languages = tuple(filter(None, (member.language if to == "member" else "", group.language)))
        days = max(1, ((step["until_at"] or now) - step["taken_at"]) // DAY)
        said = words(tx, to, languages, group=group.name, reason=step["reason"], days=days, now=now)
        if to == "group":
            row = store_live.group_by_whatsapp_id(tx, standing["whatsapp_id"])
            assert row is not None
            conversation_id = gateway_threads.with_group(tx, number_id, row)[0]
        else:
            conversation_id = _alone_with(tx, number_id, member.id, member.ref)
        acting = operators.acting(tx, operator, now=now)
        outgoing_id = service_reply.write_out(
            tx, acting, conversation_id, Text(said), answers=None, verb="warn", now=now, purpose="service"
        )
        return str(outbox.outgoing_rows(tx, [outgoing_id])[0]["outgoing"])

    return await database.write(work)


def _alone_with(tx: Transaction, number_id: int, member_id: int, ref: str) -> int:
    known = conversations.with_member(tx, number_id=number_id, member_id=member_id)
    if known is not None:
        return known
    return conversations.add_member_conversation(tx, number_id=number_id, member_id=member_id, member_ref=ref)
