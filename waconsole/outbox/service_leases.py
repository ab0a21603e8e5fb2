"""Leases of attempts: whoever sends keeps what is on its way; what nobody keeps any more may have been sent.

A lease that ran out is taken back as unknown, never queued. And what becomes of the unknown: looked
for where its id is known, closed where the class of a message says so, else left for an operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from waconsole.clock import MINUTE
from waconsole.database.connection import Row, Transaction
from waconsole.outbox import store, store_attempts, store_due, store_flights, store_pacing
from waconsole.outbox.eligible import NO_ANSWER, RESEND
from waconsole.outbox.service_acts import POSSIBLY_SENT
from waconsole.outbox.service_take import recipient
from waconsole.whatsapp.content import Text, content_of
from waconsole.whatsapp.driver import Message, Verdict

CLOSED_AT_ONCE_MAX: Final = 500
# A gateway that did not answer may still be sending: it waits ninety seconds for WhatsApp at most (its driver's bound).
SURE_AFTER: Final = 3 * MINUTE


def renew(tx: Transaction, number_id: int, owner: str, *, now: int) -> int:
    """Keep what is on its way for `owner` for another while; answers how many that is."""
    span = store_pacing.rules(tx, now=now).lease_span
    return store_attempts.renew(tx, number_id, owner, until=now + span)


def take_back(
    tx: Transaction, number_id: int, *, owner: str, now: int, doubted: dict[int, int] | None = None
) -> int:
    """Call unknown what others were sending and did not keep; answers how many messages.

    `owner` is who asks: its own are renewed elsewhere. A lease that ends further ahead than any can was
    written by a clock that has been set back since. Whoever still lives renews it, so it is only
    `doubted` (attempt to lease) at the first look, and taken back at the next when it still stands so.
    """
    span = store_pacing.rules(tx, now=now).lease_span
    doubts: dict[int, int] = {}
    rows = []
    for row in store_flights.on_their_way(tx, number_id):
        until = row["lease_until"] or 0
        if row["owner"] == owner:
            continue
        if until > now + 2 * span:
            doubts[row["attempt_id"]] = until
            if doubted is None or doubted.get(row["attempt_id"]) != until:
                continue
        elif until > now:
            continue
        rows.append(row)
    if doubted is not None:
        doubted.clear()
        doubted.update(doubts)
    return _lost(tx, rows, now=now)


def abandon(
    tx: Transaction,
    number_id: int,
    *,
    owner: str = "",
    is_gone: Callable[[str], bool] = lambda _: True,
    now: int,
) -> int:
    """Whoever was sending has died: what was on its way may have been sent. Answers how many became unknown.

    Called by whoever holds the number's drain lock, before the first take; `is_gone` says of an owner
    whether it is known to be dead. What is not waits for its lease to run out.
    """
    rows = [
        row
        for row in store_flights.on_their_way(tx, number_id)
        if row["owner"] != owner and is_gone(row["owner"])
    ]
    return _lost(tx, rows, now=now)


def _lost(tx: Transaction, rows: Sequence[Row], *, now: int) -> int:
    for row in rows:
        store_attempts.end(tx, row["attempt_id"], outcome="unknown", now=now)
        store.set_outgoing_state(tx, row["outgoing_id"], "unknown", NO_ANSWER)
    return len(rows)


def close_unanswered(tx: Transaction, number_id: int, *, now: int) -> int:
    """Close as possibly sent what may have been, where its class says so and its span is over; answers how many."""
    rules = store_pacing.rules(tx, now=now)
    rows = store_flights.unanswered(tx, number_id, before=now - rules.close_span, limit=CLOSED_AT_ONCE_MAX)
    closed = [row["id"] for row in rows if row["purpose"] in rules.closed_purposes]
    for outgoing_id in closed:
        store.set_outgoing_state(tx, outgoing_id, "closed", POSSIBLY_SENT)
    return len(closed)


def lost_messages(tx: Transaction, number_id: int, *, now: int) -> list[tuple[int, int, Message]]:
    """(outgoing, attempt, message) of what may have been sent under an id we chose: the driver can look for it."""
    span = store_pacing.rules(tx, now=now).close_span
    found = []
    for row in store_flights.lost(tx, number_id, since=now - span):
        for one in store_due.waiting_rows(tx, [row["outgoing_id"]]):
            to = recipient(one)
            if to is not None:
                content = content_of(one.body) if one.body else Text(one.text)
                message = Message(to, content, row["opaque"], one.reply_to, row["chosen_id"])
                found.append((one.id, row["attempt_id"], message))
    return found


def looked_for(tx: Transaction, outgoing_id: int, attempt_id: int, verdict: Verdict, *, now: int) -> str:
    """What a look for a lost message said: it is there, or it is not and goes again. Answers its state.

    Only a look that came long enough after the attempt proves that it is not there: till then it may still leave.
    """
    state = str(store.outgoing_columns(tx, outgoing_id)["state"])
    if state != "unknown":
        return state
    if (
        verdict.outcome == "accepted"
        and verdict.wamid
        and not store.is_wamid_of_another(tx, verdict.wamid, outgoing_id)
    ):
        store_attempts.end(tx, attempt_id, outcome="accepted", now=now, wamid=verdict.wamid)
        store.set_outgoing_state(tx, outgoing_id, "accepted", wamid=verdict.wamid)
        return "accepted"
    ended_at = tx.value("SELECT ended_at FROM attempt WHERE id = :id", {"id": attempt_id})
    is_sure = ended_at is not None and now - ended_at >= SURE_AFTER
    if verdict.outcome == "unsent" and is_sure and store_attempts.prove_unsent(tx, attempt_id):
        store.set_outgoing_state(tx, outgoing_id, "queued", RESEND)
        return "queued"
    return state
