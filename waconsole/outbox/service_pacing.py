"""Pause and resume: everything, one of our numbers, or one campaign. And what WhatsApp tells of rates and limits.

A pause is a row, so it holds in every process from its commit on: nobody takes a message of what is
paused (the database refuses it too), and what was taken looks once more before the wire. What waits
stays where it is.
"""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.outbox import store, store_attempts, store_breakers, store_due, store_numbers, store_pacing
from waconsole.outbox.eligible import CAMPAIGN, NUMBER, PANIC, RESEND
from waconsole.outbox.store_breakers import ALL, PAUSED, TRYING, WATCHING

BY_OPERATOR: Final = "operator"
NUMBER_PAUSE: Final = "number_pause"  # kinds of objects in the act log
BREAKER: Final = "breaker"


def pause(
    tx: Transaction,
    operator: Operator,
    *,
    number_id: int | None = None,
    campaign: str = "",
    reason: str = "",
    now: int,
    stroke: str | None = None,
) -> str:
    """Let nothing leave: of a number, of a campaign, or (neither named) of anything. Answers the stroke.

    Raises Refused when it is paused already.
    """
    if number_id is not None:
        row = store_numbers.number_row(tx, number_id)
        if row["paused_at"] is not None:
            raise Refused(f"{row['name']} is paused already: nothing was changed.")
        before = _number_columns(tx, number_id)
        store_numbers.set_paused(tx, number_id, at=now, operator_id=operator.id, reason=reason or BY_OPERATOR)
        act = Act(NUMBER_PAUSE, number_id, before, _number_columns(tx, number_id))
        return operators.record(tx, operator, "pause number", [act], now=now, stroke=stroke)
    scope = store_breakers.CAMPAIGN if campaign else ALL
    if store_breakers.breaker(tx, scope, campaign).state == PAUSED:
        what = f"The campaign {campaign}" if campaign else "Everything"
        raise Refused(f"{what} is paused already: nothing was changed.")
    act = _set_breaker(tx, scope, campaign, PAUSED, reason or BY_OPERATOR, operator.id, now)
    return operators.record(tx, operator, f"pause {scope}", [act], now=now, stroke=stroke)


def resume(
    tx: Transaction,
    operator: Operator,
    *,
    number_id: int | None = None,
    campaign: str = "",
    now: int,
    stroke: str | None = None,
) -> str:
    """Let go on what is paused, and queue again what it held. Answers the stroke.

    What paused by itself lets one message go first. Raises Refused when it is not paused.
    """
    if number_id is not None:
        row = store_numbers.number_row(tx, number_id)
        if row["paused_at"] is None:
            raise Refused(f"{row['name']} is not paused: nothing was changed.")
        before = _number_columns(tx, number_id)
        store_numbers.set_paused(tx, number_id, at=None)
        acts = [Act(NUMBER_PAUSE, number_id, before, _number_columns(tx, number_id))]
        tripped = store_breakers.breaker(tx, store_breakers.NUMBER, str(number_id)).state == PAUSED
        if tripped:
            acts.append(_set_breaker(tx, store_breakers.NUMBER, str(number_id), TRYING, "", operator.id, now))
        _release_number(tx, number_id)
        return operators.record(tx, operator, "resume number", acts, now=now, stroke=stroke)
    scope = store_breakers.CAMPAIGN if campaign else ALL
    known = store_breakers.breaker(tx, scope, campaign)
    if known.state != PAUSED:
        what = f"The campaign {campaign}" if campaign else "Not everything"
        raise Refused(f"{what} is {'not ' if campaign else ''}paused: nothing was changed.")
    state = TRYING if campaign and known.operator_id is None else WATCHING
    act = _set_breaker(tx, scope, campaign, state, "", operator.id, now)
    _release(tx, campaign)
    return operators.record(tx, operator, f"resume {scope}", [act], now=now, stroke=stroke)


def _release_number(tx: Transaction, number_id: int) -> None:
    """Queue again what a number's pause held."""
    store.move_all(tx, number_id, ("held", NUMBER), ("queued", ""))


def _release(tx: Transaction, campaign: str) -> None:
    """Queue again what the pause of a campaign, or of everything (""), held."""
    if not campaign:
        for row in store_numbers.all_numbers(tx):
            store.move_all(tx, row["id"], ("held", PANIC), ("queued", ""))
        return
    for outgoing_id in store_due.held_of_campaign(tx, campaign, CAMPAIGN):
        is_again = store_attempts.last_outcome(tx, outgoing_id) == "unknown"
        store.set_outgoing_state(tx, outgoing_id, "queued", RESEND if is_again else "")


def number_named(tx: Transaction, name: str) -> Row:
    """The number of ours that is called so, by name, ref, phone or WhatsApp's id. Raises NotFound and Refused."""
    found = store_numbers.numbers_named(tx, name.strip())
    if not found:
        raise NotFound(f"No number of ours is called {name}: `waconsole numbers list` shows them.")
    if len(found) > 1:
        refs = ", ".join(row["ref"] for row in found)
        raise Refused(f"{name} names {len(found)} numbers: say which by its ref ({refs}).")
    return found[0]


def told_quality(tx: Transaction, number_id: int, quality: str, *, at: int) -> None:
    """WhatsApp told how it rates a number (GREEN, YELLOW, RED)."""
    store_numbers.set_quality(tx, number_id, quality, at=at)


def told_throughput(tx: Transaction, number_id: int, per_second_max: int | None, *, at: int) -> None:
    """WhatsApp told how many messages a second it takes from a number; None: what policy says."""
    store_numbers.set_per_second(tx, number_id, per_second_max, at=at)


def told_limit(tx: Transaction, portfolio: str, people_max: int | None, *, at: int) -> None:
    """WhatsApp told how many people a portfolio reaches in 24 hours; None: any number."""
    store_pacing.tell_limit(tx, portfolio, people_max, at=at)


def _number_columns(tx: Transaction, number_id: int) -> dict[str, object]:
    row = store_numbers.number_row(tx, number_id)
    return {name: row[name] for name in ("paused_at", "paused_by", "paused_reason")}


def _set_breaker(
    tx: Transaction, scope: str, key: str, state: str, reason: str, operator_id: int, now: int
) -> Act:
    breaker_id = store_breakers.row_id(tx, scope, key)
    before = store_breakers.columns(tx, breaker_id)
    store_breakers.set_state(tx, scope, key, state, reason=reason, since=now, operator_id=operator_id)
    return Act(BREAKER, breaker_id, before, store_breakers.columns(tx, breaker_id))


def restore_number(
    tx: Transaction, number_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for a number's pause; False when it was paused or resumed again since."""
    if _number_columns(tx, number_id) != expected:
        return False
    at, by = values["paused_at"], values["paused_by"]
    store_numbers.set_paused(
        tx, number_id, at=None if at is None else int(str(at)), operator_id=None if by is None else int(str(by)),
        reason=str(values["paused_reason"]),
    )  # fmt: skip
    if at is None:
        _release_number(tx, number_id)
    return True


def restore_breaker(
    tx: Transaction, breaker_id: int, values: dict[str, object], expected: dict[str, object]
) -> bool:
    """Undo for a breaker; False when it moved again since."""
    if store_breakers.columns(tx, breaker_id) != expected:
        return False
    since, by = values["since"], values["operator_id"]
    store_breakers.set_state(
        tx, str(values["scope"]), str(values["key"]), str(values["state"]), reason=str(values["reason"]),
        detail=str(values["detail"]), since=None if since is None else int(str(since)),
        operator_id=None if by is None else int(str(by)),
    )  # fmt: skip
    if values["state"] != PAUSED and values["scope"] != store_breakers.NUMBER:
        _release(tx, str(values["key"]))
    return True


RESTORES: Final = {NUMBER_PAUSE: restore_number, BREAKER: restore_breaker}
