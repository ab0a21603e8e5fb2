"""The attempt protocol: take what is due, write the attempt, and later write what came of it.

An attempt is committed before the wire. Only what provably was not sent is tried again by itself;
what may have been sent is `unknown`, until a status of WhatsApp names the attempt or an operator
decides. Nothing here waits or sends: each function is one part of a transaction.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.outbox import store, store_attempts, store_rows
from waconsole.outbox.eligible import NO_ANSWER, NUMBER, STATE_BY_REASON, TEMPLATE_NEEDED, Facts, eligible
from waconsole.outbox.pace import WAIT_MAX, back_off, pair_back_off
from waconsole.outbox.service_delivery import STOPPED_MARKETING, stop_marketing
from waconsole.outbox.service_ticks import Tick, due_tick
from waconsole.outbox.store_attempts import Waiting
from waconsole.whatsapp.content import Text, content_of
from waconsole.whatsapp.driver import Action, Message, Recipient, Verdict

AT_ONCE_MAX: Final = 100  # rows looked at in one transaction
REFUSALS_MAX: Final = 30  # passing refusals in a row, after which somebody must look
DETAIL_CHARACTERS_MAX: Final = 500
REPLY: Final = "reply"


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is on its way: its attempt is written, `message` goes to the driver, after `tick` if there is one."""

    outgoing_id: int
    attempt_id: int
    conversation_id: int
    message: Message
    tick: Tick | None = None


@dataclass(slots=True)
class Taking:
    """What one look at the queue did: `taken` to be sent, and how many rows moved to which state instead."""

    taken: list[Taken] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)


def take(
    tx: Transaction, number_id: int, *, owner: str, now: int, limit: int, blue_ticks: bool = False
) -> Taking:
    """Take at most `limit` due messages of a number: check each again, write its attempt.

    With `blue_ticks` a reply to a member takes along the tick for what it answers. The caller commits before it sends. What may not leave (any more) goes where its reason leads.
    """
    looked = Taking()
    installation = facts.ensure_installation(tx)
    while len(looked.taken) < limit and sum(looked.moved.values()) < AT_ONCE_MAX:
        found = store_attempts.due(tx, number_id, now=now, wait_max=WAIT_MAX, limit=limit - len(looked.taken))
        for one in found:
            reason = eligible(facts_of(one), now)
            if reason is not None:
                state = STATE_BY_REASON[reason]
                store.set_outgoing_state(tx, one.id, state, reason)
                looked.moved[state] += 1
                continue
            looked.taken.append(
                _begin(tx, one, installation=installation, owner=owner, now=now, blue_ticks=blue_ticks)
            )
        if not found:
            break
    return looked


def facts_of(waiting: Waiting) -> Facts:
    """What `eligible` asks of an outgoing row."""
    return Facts(
        purpose=waiting.purpose,
        reachable=recipient(waiting) is not None,
        consent=waiting.consent,
        window_until=waiting.window_until,
        expires_at=waiting.expires_at,
    )


def recipient(waiting: Waiting) -> Recipient | None:
    """Whom an outgoing row goes to: a group, else a phone, else a BSUID; None when it cannot be said."""
    if waiting.group_id:
        return Recipient("group", waiting.group_id)
    if waiting.phone:
        return Recipient("phone", waiting.phone)
    return Recipient("bsuid", waiting.bsuid) if waiting.bsuid else None


def _begin(
    tx: Transaction, one: Waiting, *, installation: str, owner: str, now: int, blue_ticks: bool
) -> Taken:
    to = recipient(one)
    assert to is not None
    n = store_attempts.next_n(tx, one.id)
    opaque = f"wa1:{installation}:{one.ref}:{n}"
    attempt_id = store_attempts.begin(tx, outgoing_id=one.id, n=n, opaque=opaque, owner=owner, now=now)
    store.set_outgoing_state(tx, one.id, "sending")
    tick = None
    if blue_ticks and one.purpose == REPLY:
        tick = due_tick(
            tx, one.conversation_id, one.id, driver="cloud", group=one.group_id is not None, now=now
        )
    message = Message(to, content_of(one.body) if one.body else Text(one.text), opaque, one.reply_to)
    return Taken(one.id, attempt_id, one.conversation_id, message, tick)


def conclude(
    tx: Transaction, number_id: int, taken: Taken, verdict: Verdict, *, now: int, chance: float
) -> str:
    """Write what came of an attempt; answers the state the message came to.

    `chance` (0 to 1) is the jitter of a back-off. A status that came before the answer has settled
    the message already; then only the attempt is ended.
    """
    row = store_rows.outgoing_row(tx, taken.outgoing_id)
    outcome, wamid = verdict.outcome, verdict.wamid
    if outcome == "accepted" and (not wamid or store.is_wamid_of_another(tx, wamid, taken.outgoing_id)):
        outcome, wamid = "unknown", None  # an answer that names no message of its own proves nothing
    if outcome == "refused" and verdict.action is Action.UNKNOWN:
        outcome = "unknown"
    store_attempts.end(
        tx, taken.attempt_id, outcome=outcome, now=now, wamid=wamid, code=verdict.code,
        detail=verdict.detail[:DETAIL_CHARACTERS_MAX], trace=verdict.trace[:DETAIL_CHARACTERS_MAX],
    )  # fmt: skip
    if outcome == "accepted":
        if row["state"] != "accepted" or row["wamid"] is None:
            store.set_outgoing_state(tx, taken.outgoing_id, "accepted", wamid=wamid)
        return "accepted"
    if row["state"] != "sending":
        return str(row["state"])
    if outcome == "unknown":
        store.set_outgoing_state(tx, taken.outgoing_id, "unknown", NO_ANSWER)
        return "unknown"
    return _not_sent(tx, number_id, taken.outgoing_id, verdict, now=now, chance=chance)


def _not_sent(
    tx: Transaction, number_id: int, outgoing_id: int, verdict: Verdict, *, now: int, chance: float
) -> str:
    """Where a message goes that certainly has not left."""
    action = verdict.action
    reason = verdict.detail[:DETAIL_CHARACTERS_MAX] or (f"error {verdict.code}" if verdict.code else "")
    if action is Action.STOP:
        store.set_number_stopped(tx, number_id, reason or "refused", now)
        store.set_outgoing_state(tx, outgoing_id, "held", NUMBER)
        return "held"
    if action is Action.TEMPLATE:
        store.set_outgoing_state(tx, outgoing_id, "held", TEMPLATE_NEEDED)
        return "held"
    times = store_attempts.refusals(tx, outgoing_id)
    passes = verdict.outcome == "unsent" or action is Action.SLOW
    if passes or (action is Action.RETRY and times < REFUSALS_MAX):
        wait = back_off(times, chance, verdict.retry_after_seconds)
    elif action is Action.PAIR and times < REFUSALS_MAX:
        wait = pair_back_off(store_attempts.refusals(tx, outgoing_id, verdict.code))
    else:
        store.set_outgoing_state(tx, outgoing_id, "failed", reason or "refused")
        if verdict.code == STOPPED_MARKETING:
            stop_marketing(tx, outgoing_id, at=now, now=now)
        return "failed"
    store.set_outgoing_state(tx, outgoing_id, "queued", not_before=now + wait)
    return "queued"


def abandon(tx: Transaction, number_id: int, *, now: int) -> int:
    """Whoever was sending has died: what was on its way may have been sent. Answers how many became unknown.

    Called by whoever holds the number's drain lock, before the first take.
    """
    count = 0
    for row in store_attempts.on_their_way(tx, number_id):
        store_attempts.end(tx, row["attempt_id"], outcome="unknown", now=now)
        store.set_outgoing_state(tx, row["outgoing_id"], "unknown", NO_ANSWER)
        count += 1
    return count


def let_go(tx: Transaction, number_id: int) -> bool:
    """Queue again what a stopped number held; answers whether the number was stopped (then one goes first)."""
    store.move_all(tx, number_id, ("held", NUMBER), ("queued", ""))
    return bool(store.number_row(tx, number_id)["stopped_reason"])


def start_number(tx: Transaction, number_id: int) -> None:
    """WhatsApp takes messages of this number again."""
    store.set_number_stopped(tx, number_id, "", None)
