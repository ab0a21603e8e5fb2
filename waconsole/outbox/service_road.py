"""The attempt protocol: take what is due, write the attempt, and later write what came of it.

An attempt is committed before the wire. Only what provably was not sent is tried again by itself;
what may have been sent is `unknown`, until a status of WhatsApp names the attempt or an operator
decides. Nothing here waits or sends: each function is one part of a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.outbox import (
    service_breakers,
    store,
    store_attempts,
    store_breakers,
    store_flights,
    store_numbers,
    store_pacing,
    store_rows,
)
from waconsole.outbox.eligible import CAMPAIGN, NO_ANSWER, NUMBER, TEMPLATE_NEEDED
from waconsole.outbox.pace import back_off, pair_back_off
from waconsole.outbox.pacing import REST_MAX, Rules, pair_punished
from waconsole.outbox.service_breakers import Seen, Tripped
from waconsole.outbox.service_delivery import refused as whom_refused
from waconsole.outbox.service_reach import give_back
from waconsole.outbox.service_suppression import CODES
from waconsole.outbox.service_take import Taken, Taking, take
from waconsole.outbox.store_attempts import Accepted
from waconsole.whatsapp.driver import Action, Verdict

__all__ = (
    "PAUSED", "REFUSALS_MAX", "Conclusion", "Taken", "Taking", "conclude", "conclude_all", "is_paused", "let_go", "start_number",
    "take",
)  # fmt: skip

REFUSALS_MAX: Final = 30  # passing refusals in a row, after which somebody must look
DETAIL_CHARACTERS_MAX: Final = 500
APP_CODES: Final = frozenset({4, 80007})  # too many calls of the whole app: every number rests
# What became of a message that was taken, and was paused before it was on the wire.
PAUSED: Final = Verdict("unsent", detail="paused")


@dataclass(slots=True)
class Conclusion:
    """What came of a bundle: the state each message came to, in order, and what was paused because of it."""

    states: list[str]
    tripped: list[Tripped]


def conclude_all(
    tx: Transaction, number_id: int, landed: Sequence[tuple[Taken, Verdict]], *, now: int, chance: float
) -> Conclusion:
    """Write what came of several attempts, and what that says of the number and of campaigns."""
    if not landed:
        return Conclusion([], [])
    rules = store_pacing.rules(tx, now=now)
    plain = _accepted(tx, landed, now=now)
    states = [
        "accepted"
        if place in plain
        else _conclude(tx, number_id, taken, verdict, rules, now=now, chance=chance)
        for place, (taken, verdict) in enumerate(landed)
    ]
    _rest(tx, number_id, [verdict for _, verdict in landed], now=now, chance=chance)
    seen = [Seen(taken.campaign, verdict.outcome, verdict.code, verdict.detail) for taken, verdict in landed]
    return Conclusion(states, service_breakers.learned(tx, number_id, seen, rules, now=now))


def _accepted(tx: Transaction, landed: Sequence[tuple[Taken, Verdict]], *, now: int) -> set[int]:
    """Write together the answers that say a message was taken, by an id of its own, and nothing else; answers their places."""
    named: dict[str, int] = {}
    for place, (_, verdict) in enumerate(landed):
        if (
            verdict.wamid
            and verdict.wamid.isprintable()
            and verdict == Verdict("accepted", wamid=verdict.wamid, action=verdict.action)
        ):
            named.setdefault(verdict.wamid, place)  # a second that names the same proves nothing
    known = store.known_wamids(tx, list(named)) if named else {}
    accepted = {
        place: Accepted(landed[place][0].attempt_id, landed[place][0].outgoing_id, wamid)
        for wamid, place in named.items()
        if known.get(wamid) in (None, landed[place][0].outgoing_id)
    }
    if accepted:
        store_attempts.end_accepted(tx, list(accepted.values()), now=now)
        store.set_accepted(tx, list(accepted.values()))
    return set(accepted)


def conclude(
    tx: Transaction, number_id: int, taken: Taken, verdict: Verdict, *, now: int, chance: float
) -> str:
    """Write what came of one attempt; answers the state the message came to.

    `chance` (0 to 1) is the jitter of a back-off. A status that came before the answer has settled
    the message already, and whoever took back the lease has called it unknown: then only an answer
    that it was accepted still counts.
    """
    return conclude_all(tx, number_id, [(taken, verdict)], now=now, chance=chance).states[0]


def _conclude(
    tx: Transaction, number_id: int, taken: Taken, verdict: Verdict, rules: Rules, *, now: int, chance: float
) -> str:
    row = store_rows.outgoing_row(tx, taken.outgoing_id)
    outcome, wamid = verdict.outcome, verdict.wamid
    if outcome == "accepted" and (not wamid or store.is_wamid_of_another(tx, wamid, taken.outgoing_id)):
        outcome, wamid = "unknown", None  # an answer that names no message of its own proves nothing
    if outcome == "refused" and verdict.action is Action.UNKNOWN:
        outcome = "unknown"
    is_ours = store_attempts.end(
        tx, taken.attempt_id, outcome=outcome, now=now, wamid=wamid, code=verdict.code, owner=taken.owner,
        detail=verdict.detail[:DETAIL_CHARACTERS_MAX], trace=verdict.trace[:DETAIL_CHARACTERS_MAX],
    )  # fmt: skip
    if outcome == "accepted":
        if row["state"] != "accepted" or row["wamid"] is None:
            # WhatsApp may have taken a template without delivering it yet: its own word for why.
            store.set_outgoing_state(tx, taken.outgoing_id, "accepted", verdict.held, wamid=wamid)
        return "accepted"
    if row["state"] != "sending" or not is_ours:
        return str(row["state"])
    if outcome == "unknown":
        store.set_outgoing_state(tx, taken.outgoing_id, "unknown", NO_ANSWER)
        return "unknown"
    if taken.is_counted:
        portfolio = store_numbers.number_row(tx, number_id)["portfolio"]
        give_back(tx, taken.attempt_id, taken.recipient, portfolio, rules, now=now)
    return _not_sent(tx, number_id, taken, verdict, rules, now=now, chance=chance)


def _not_sent(
    tx: Transaction, number_id: int, taken: Taken, verdict: Verdict, rules: Rules, *, now: int, chance: float
) -> str:
    """Where a message goes that certainly has not left."""
    action, outgoing_id = verdict.action, taken.outgoing_id
    reason = verdict.detail[:DETAIL_CHARACTERS_MAX] or (f"error {verdict.code}" if verdict.code else "")
    if verdict is PAUSED:
        store.set_outgoing_state(tx, outgoing_id, "queued")
        return "queued"
    if taken.campaign and service_breakers.stops_campaign(verdict.code):
        store.set_outgoing_state(tx, outgoing_id, "held", CAMPAIGN)
        return "held"
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
        wait = pair_back_off(store_flights.pair_refusals(tx, number_id, taken.recipient, verdict.code))
        store_attempts.set_pair_free_at(tx, taken.attempt_id, pair_punished(rules, wait, now))
    else:
        store.set_outgoing_state(tx, outgoing_id, "failed", reason or "refused")
        if verdict.code in CODES:
            whom_refused(tx, outgoing_id, verdict.code, at=now, now=now)
        return "failed"
    store.set_outgoing_state(tx, outgoing_id, "queued", not_before=now + wait)
    return "queued"


def _rest(tx: Transaction, number_id: int, verdicts: Sequence[Verdict], *, now: int, chance: float) -> None:
    """Too fast: the number (or every number of the app) rests as long as WhatsApp asks, and goes slower for a while."""
    slow = [one for one in verdicts if one.action is Action.SLOW and one.outcome == "refused"]
    if not slow:
        return
    asked = max((one.retry_after_seconds or 0.0 for one in slow), default=0.0)
    until = now + min(back_off(1, chance, asked), REST_MAX)
    whole_app = any(one.code in APP_CODES for one in slow)
    ids = (
        [row["id"] for row in store_numbers.all_numbers(tx) if row["driver"] == "cloud"] if whole_app else []
    )
    store_pacing.rest(tx, ids or [number_id], until=until, slowed_at=now)


def let_go(tx: Transaction, number_id: int) -> bool:
    """Queue again what a stopped number held; answers whether the number was stopped (then one goes first)."""
    row = store_numbers.number_row(tx, number_id)
    if is_paused(tx, row):
        return False
    store.move_all(tx, number_id, ("held", NUMBER), ("queued", ""))
    return bool(row["stopped_reason"])


def start_number(tx: Transaction, number_id: int, accepted: Sequence[Taken], *, is_tried: bool) -> None:
    """WhatsApp takes messages of this number again: what was taken after it stopped, by whoever sends, was accepted.

    `is_tried` says that the caller let these go first, and knows it.
    """
    row = store_numbers.number_row(tx, number_id)
    if not row["stopped_reason"]:
        return
    if is_tried or any(taken.at > (row["stopped_at"] or 0) for taken in accepted):
        store.set_number_stopped(tx, number_id, "", None)
        store.move_all(tx, number_id, ("held", NUMBER), ("queued", ""))


def is_paused(tx: Transaction, number: Row) -> bool:
    """Whether nothing may leave by a number: it is paused, or everything is."""
    return number["paused_at"] is not None or store_breakers.is_all_paused(tx)
