"""What makes a number or a campaign pause by itself: refusals in a row, and people who cannot be reached.

A refusal that concerns a whole campaign (its template, its form, its quality) pauses it at the first
or after some in a row; the codes that an operator must look at first pause the number. A token that
ran out and the like let a number stand still and are tried again by the drain: that is no pause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.outbox import store_breakers, store_flights, store_numbers
from waconsole.outbox.pacing import Rules
from waconsole.outbox.store_breakers import CAMPAIGN, NUMBER, PAUSED, TRYING, WATCHING, Breaker
from waconsole.whatsapp.classify import RULES
from waconsole.whatsapp.driver import Action

STRIKES: Final = "strikes"  # so many refusals in a row
MISSED: Final = "missed"  # a share of people could not be reached
REFUSED: Final = "refused"  # WhatsApp takes nothing of it
HALVED_AT: Final = 10  # times `tried_min`: then what was counted long ago counts half
DETAIL_CHARACTERS_MAX: Final = 500


class Seen(NamedTuple):
    """What became of one message, as far as a breaker cares. `code` is WhatsApp's, `detail` foreign."""

    campaign: str
    outcome: str
    code: int | None = None
    detail: str = ""


class Tripped(NamedTuple):
    """A number (by id) or a campaign (by name) that has just been paused, and why."""

    scope: str
    key: str
    reason: str
    code: int | None
    detail: str


def stops_campaign(code: int | None) -> bool:
    """Whether a code says that nothing of a campaign will be taken: its message waits with the others."""
    rule = RULES.get(code) if code is not None else None
    return rule is not None and rule.campaign and rule.action in (Action.PARK, Action.STOP)


def learned(
    tx: Transaction, number_id: int, seen: Sequence[Seen], rules: Rules, *, now: int
) -> list[Tripped]:
    """Count what became of a bundle, and pause what must be paused; answers what was."""
    tripped: list[Tripped] = []
    for campaign in sorted({one.campaign for one in seen}):
        of_it = [one for one in seen if one.campaign == campaign]
        if campaign:
            tripped += _count(tx, CAMPAIGN, campaign, of_it, rules, now=now)
    tripped += _count(tx, NUMBER, str(number_id), seen, rules, now=now)
    return tripped


def failed_later(
    tx: Transaction, outgoing_id: int, code: int | None, detail: str, rules: Rules, *, now: int
) -> list[Tripped]:
    """A status says that an accepted message failed: it counts as if the answer had said so."""
    number_id, campaign = store_flights.way_of(tx, outgoing_id)
    return learned(tx, number_id, [Seen(campaign, "failed", code, detail)], rules, now=now)


def _count(
    tx: Transaction, scope: str, key: str, seen: Iterable[Seen], rules: Rules, *, now: int
) -> list[Tripped]:
    before = store_breakers.breaker(tx, scope, key)
    strikes, tried, missed = before.strikes, before.tried, before.missed
    cause: tuple[str, Seen] | None = None
    accepted = False
    for one in seen:
        # Of a number's people only those count whom no campaign wrote to: a bad list is no bad number.
        counts = scope == CAMPAIGN or not one.campaign
        tried += counts and one.outcome in ("accepted", "refused")
        missed += counts and one.code in rules.missed_codes
        if one.outcome == "accepted":
            strikes, accepted = 0, True
        elif _is_strike(scope, one, rules):
            strikes += 1
            if scope == CAMPAIGN and stops_campaign(one.code):
                cause = cause or (REFUSED, one)
            elif strikes >= rules.strikes_max:
                cause = cause or (STRIKES, one)
        if counts and one.code in rules.missed_codes and _is_much(tried, missed, rules):
            cause = cause or (MISSED, one)
    if tried >= rules.tried_min * HALVED_AT:
        tried, missed = tried // 2, missed // 2
    return _written(tx, scope, key, before, (strikes, tried, missed), cause, accepted=accepted, now=now)


def _written(
    tx: Transaction,
    scope: str,
    key: str,
    before: Breaker,
    counts: tuple[int, int, int],
    cause: tuple[str, Seen] | None,
    *,
    accepted: bool,
    now: int,
) -> list[Tripped]:
    if before.state == PAUSED:
        return []
    if cause is not None:
        reason, one = cause
        detail = one.detail[:DETAIL_CHARACTERS_MAX]
        store_breakers.set_state(tx, scope, key, PAUSED, reason=reason, detail=detail, since=now)
        if scope == NUMBER:
            store_numbers.set_paused(tx, int(key), at=now, reason=reason)
        return [Tripped(scope, key, reason, one.code, detail)]
    if before.state == TRYING and accepted:
        store_breakers.set_state(tx, scope, key, WATCHING)
    strikes, tried, missed = counts
    # A row for every campaign that matters, none for a number that only ever does well.
    if (strikes, missed) != (before.strikes, before.missed) or (
        tried != before.tried and (missed or scope == CAMPAIGN)
    ):
        store_breakers.set_counts(tx, scope, key, strikes=strikes, tried=tried, missed=missed)
    return []


def _is_strike(scope: str, one: Seen, rules: Rules) -> bool:
    if scope == NUMBER:
        return one.code in rules.operator_codes
    rule = RULES.get(one.code) if one.code is not None else None
    return rule is not None and rule.campaign


def _is_much(tried: int, missed: int, rules: Rules) -> bool:
    return tried >= rules.tried_min and missed * 100 >= rules.missed_percent * tried
