"""The blue tick: when a reply asks for one, and what is written of it.

It may be lost and it may be asked for twice (WhatsApp takes it as one), but it never decides
anything about the reply it goes with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.clock import MINUTE
from waconsole.database.connection import Transaction
from waconsole.outbox import store_ticks
from waconsole.whatsapp import capability
from waconsole.whatsapp.classify import action_of
from waconsole.whatsapp.driver import Action, Verdict

TIMES_MAX: Final = 3  # a message whose tick failed so often is left without
ASKED_AGAIN_AFTER: Final = MINUTE  # one whose answer nobody wrote down
DETAIL_CHARACTERS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Tick:
    """A blue tick on its way: its row is written, `wamid` is the received message it is for."""

    id: int
    wamid: str
    typing: bool


def due_tick(
    tx: Transaction, conversation_id: int, outgoing_id: int, *, driver: str, group: bool, now: int
) -> Tick | None:
    """Write that the newest received message of a conversation gets its tick before a reply; None: it gets none.

    None where the driver cannot mark as read (in groups), where nothing was received, and where the
    tick was given, is on its way, or was refused for good.
    """
    if not capability.sending(driver, group=group).mark_read:
        return None
    wamid = store_ticks.newest_received(tx, conversation_id)
    if wamid is None:
        return None
    known = store_ticks.tick_of(tx, wamid)
    if known is not None:
        is_on_its_way = (
            known["outcome"] == "" and known["asked_at"] <= now < known["asked_at"] + ASKED_AGAIN_AFTER
        )
        is_wrong = known["outcome"] == "refused" and action_of(known["code"]) is Action.FIX
        if known["given_at"] is not None or is_on_its_way or is_wrong or known["times"] >= TIMES_MAX:
            return None
    typing = capability.sending(driver, group=group).typing
    tick_id = store_ticks.ask(
        tx,
        wamid,
        conversation_id=conversation_id,
        outgoing_id=outgoing_id,
        operator_id=None,
        typing=typing,
        now=now,
    )
    return Tick(tick_id, wamid, typing)


def ticked(tx: Transaction, answers: Sequence[tuple[Tick, Verdict]], *, now: int) -> None:
    """Write what came of ticks."""
    for tick, verdict in answers:
        detail = verdict.detail[:DETAIL_CHARACTERS_MAX]
        store_ticks.end(tx, tick.id, outcome=verdict.outcome, code=verdict.code, detail=detail, now=now)
