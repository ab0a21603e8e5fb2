"""The blue tick by hand: show a member that we have read, and perhaps that we type, before any reply.

A reply brings one of its own (`ticking`); this is for whoever needs longer to answer. Nothing is
queued: WhatsApp is asked at once, and what it says is the answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from waconsole.clock import iso
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.inbox import service_find
from waconsole.inbox import store_conversations as conversations
from waconsole.members import store as members
from waconsole.operators import service as operators
from waconsole.outbox import service_ticks, store, store_ticks
from waconsole.outbox.service_ticks import Tick
from waconsole.settings import Settings
from waconsole.sync.doors import open_door
from waconsole.sync.outward import Number, sending_numbers
from waconsole.whatsapp import capability
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

    def begin(tx: Transaction) -> tuple[Row, Number, Tick, bool]:
        numbers = {number["id"]: number for number in sending_numbers(tx, settings, now=now)}
        row = conversations.conversation(tx, _conversation(tx, who, numbers))
        wamid = _markable(tx, row["id"], row["number_id"], group=row["group_id"] is not None)
        number = numbers.get(row["number_id"])
        if number is None:
            raise Refused(
                "That conversation is with another number than those that send (`waconsole numbers list`): nothing was asked."
            )
        known = store_ticks.tick_of(tx, wamid)
        if known is not None and known["given_at"] is not None and not typing:
            return row, number, Tick(known["id"], wamid, typing), False
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
        return row, number, Tick(tick_id, wamid, typing), True

    conversation, number, tick, is_asked = await database.write(begin)
    verdict = Verdict("accepted")
    if is_asked:
        async with open_door(settings, number) as driver:
            verdict = await driver.mark_read(tick.wamid, typing=typing)

    def end(tx: Transaction) -> int | None:
        if is_asked:
            service_ticks.ticked(tx, [(tick, verdict)], now=now)
        row = store_ticks.tick_of(tx, tick.wamid)
        return None if row is None else row["given_at"]

    given_at = await database.write(end)
    return Marked(
        conversation["ref"],
        tick.wamid,
        typing,
        verdict.outcome,
        verdict.detail,
        None if given_at is None else iso(given_at),
    )


def _markable(tx: Transaction, conversation_id: int, number_id: int, *, group: bool) -> str:
    """WhatsApp's id of the message that gets the tick. Raises Refused."""
    driver = store.number_row(tx, number_id)["driver"]
    if not capability.sending(driver, group=group).mark_read:
        raise Refused(
            IN_GROUPS if group else "A human hand answers there: open it on the phone, and the tick is given."
        )
    wamid = store_ticks.newest_received(tx, conversation_id)
    if wamid is None:
        raise Refused("Nothing was received in that conversation: there is nothing to give a blue tick to.")
    return wamid


def _conversation(tx: Transaction, who: str, number_ids: Iterable[int]) -> int:
    """The conversation called `who`, or the first of these numbers' with the member called so: one with something to

    be marked goes before. Raises NotFound.
    """
    try:
        return service_find.conversation_named(tx, who)
    except NotFound as error:
        if "more than one" in str(error):
            raise
    member = members.member_named(tx, who)
    threads = [
        known
        for number_id in number_ids
        if (known := conversations.with_member(tx, number_id=number_id, member_id=member.id)) is not None
    ]
    if not threads:
        raise NotFound(
            f"There is no conversation with {member.ref} yet: they have not written to our number."
        )
    return next((one for one in threads if store_ticks.newest_received(tx, one) is not None), threads[0])
