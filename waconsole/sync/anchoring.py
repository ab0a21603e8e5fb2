"""The chain's head as a message to the owner's own chat: WhatsApp's clock then witnesses it, outside this file."""

from __future__ import annotations

from typing import Final

from waconsole.chain import service as chain
from waconsole.clock import moment
from waconsole.database import facts
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.inbox import service_reply
from waconsole.operators import service as operators
from waconsole.outbox import store as outbox
from waconsole.policy import store as policy
from waconsole.settings import Settings
from waconsole.sync.sending import our_number, thread_with
from waconsole.whatsapp.content import Text

POLICY: Final = "ledger.anchor"
SENT_ON: Final = "anchor_sent_on"
PURPOSE: Final = "transactional"


async def send_anchor(
    database: Database, settings: Settings, to: str, *, operator: str | None, now: int
) -> tuple[str, str, str]:
    """Queue the head to whoever `to` names; answers (line, the outgoing row's ref, its state).

    Raises NotFound and Refused, also where there is nothing to anchor.
    """
    return await database.write(lambda tx: _queue(tx, settings, to, operator=operator, now=now))


async def send_daily(database: Database, settings: Settings, *, now: int) -> bool:
    """Queue the day's head (UTC) where policy `ledger.anchor` names somebody; once a day, whoever asks first."""

    def is_due(tx: Transaction) -> str:
        try:
            to = str(policy.in_force(tx, POLICY, now=now)[0].get("to", ""))
        except NotFound:
            return ""
        return to if to and facts.fact(tx, SENT_ON) != _day(now) and chain.next_seq(tx) > 1 else ""

    def work(tx: Transaction) -> bool:
        to = is_due(tx)
        if to:
            facts.set_fact(tx, SENT_ON, _day(now))
            _queue(tx, settings, to, operator=None, now=now)
        return bool(to)

    return bool(await database.read(is_due)) and await database.write(work)


def _queue(
    tx: Transaction, settings: Settings, to: str, *, operator: str | None, now: int
) -> tuple[str, str, str]:
    if chain.next_seq(tx) == 1:
        raise Refused("Nothing is sealed yet, so there is nothing to anchor.")
    line = chain.anchor(tx, now=now)
    conversation_id = thread_with(tx, to, our_number(tx, settings, now=now), now=now)
    acting = operators.acting(tx, operator, now=now)
    outgoing_id = service_reply.write_out(
        tx, acting, conversation_id, Text(line), answers=None, verb="anchor", now=now, purpose=PURPOSE
    )
    row = outbox.outgoing_rows(tx, [outgoing_id])[0]
    return line, str(row["outgoing"]), str(row["state"])


def _day(now: int) -> str:
    return f"{moment(now):%Y-%m-%d}"
