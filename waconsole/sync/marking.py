"""The blue tick by hand: show a member that we have read, and perhaps that we type, before any reply.

A reply brings one of its own (`ticking`); this is for whoever needs longer to answer. Nothing is
queued: WhatsApp is asked at once, and what it says is the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.clock import iso
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.inbox import service_find
from waconsole.inbox import store_conversations as conversations
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import service_ticks, store, store_ticks
from waconsole.outbox.service_ticks import Tick
from waconsole.settings import Settings
from waconsole.sync.sending import our_number
from waconsole.whatsapp import capability
from waconsole.whatsapp.cloud.driver import open_cloud
from waconsole.whatsapp.driver import Verdict

IN_GROUPS: Final = "WhatsApp gives no blue ticks in groups: nothing was asked."


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of it: `outcome` is accepted, refused, unsent or unknown, `reason` WhatsApp's words (foreign text)."""

    conversation: str
    message: str
    typing: bool
    outcome: str
    reason: str
    given_at: str | None


async def mark_read(
    database: Database, settings: Settings, who: str, *, typing: bool, operator: str | None, now: int
) -> Marked:
    """Give the blue tick to the newest message of a conversation that a member sent, and to all before it.

    `who` names a conversation or a member. A tick that was given is asked for again only to show
    that we type. What is unread here stays unread. Raises Refused (in a group, nothing received, no
    number) and NotFound.
    """

    def begin(tx: Transaction) -> tuple[str, Tick, bool]:
        number_id = our_number(tx, settings, now=now)
        row = conversations.conversation(tx, _conversation(tx, who, number_id))
        wamid = _markable(tx, row["id"], row["number_id"], group=row["group_id"] is not None)
        if not settings.cloud.phone_number_id or row["number_id"] != number_id:
            raise Refused(
                "That conversation is with another number than cloud.phone_number_id: nothing was asked."
            )
        known = store_ticks.tick_of(tx, wamid)
        if known is not None and known["given_at"] is not None and not typing:
            return row["ref"], Tick(known["id"], wamid, typing), False
        acting = operators.acting(tx, operator, now=now)
        tick_id = store_ticks.ask(
            tx,
            wamid,
            conversation_id=row["id"],
            outgoing_id=None,
            operator_id=acting.id,
            typing=typing,
            now=now,
        )
        return row["ref"], Tick(tick_id, wamid, typing), True

    ref, tick, is_asked = await database.write(begin)
    verdict = Verdict("accepted")
    if is_asked:
        async with open_cloud(settings.cloud) as driver:
            verdict = await driver.mark_read(tick.wamid, typing=typing)

    def end(tx: Transaction) -> int | None:
        if is_asked:
            service_ticks.ticked(tx, [(tick, verdict)], now=now)
        row = store_ticks.tick_of(tx, tick.wamid)
        return None if row is None else row["given_at"]

    given_at = await database.write(end)
    return Marked(
        ref, tick.wamid, typing, verdict.outcome, verdict.detail, None if given_at is None else iso(given_at)
    )


def _markable(tx: Transaction, conversation_id: int, number_id: int, *, group: bool) -> str:
    """WhatsApp's id of the message that gets the tick. Raises Refused."""
    driver = store.number_row(tx, number_id)["driver"]
    if not capability.sending(driver, group=group).mark_read:
        raise Refused(
            IN_GROUPS if group else "Only WhatsApp's Cloud API gives blue ticks: open it on the phone."
        )
    wamid = store_ticks.newest_received(tx, conversation_id)
    if wamid is None:
        raise Refused("Nothing was received in that conversation: there is nothing to give a blue tick to.")
    return wamid


def _conversation(tx: Transaction, who: str, number_id: int | None) -> int:
    """The conversation called `who`, or our number's with the member called so. Raises NotFound."""
    try:
        return service_find.conversation_named(tx, who)
    except NotFound as error:
        if "more than one" in str(error):
            raise
    member = members.member_named(tx, who)
    known = (
        None if number_id is None else conversations.with_member(tx, number_id=number_id, member_id=member.id)
    )
    if known is None:
        raise NotFound(
            f"There is no conversation with {member.ref} yet: they have not written to our number."
        )
    return known
