"""What WhatsApp says of an account acts at once: its numbers stand still, or go on, and limits and quality follow."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.outbox import service_pacing, store, store_accounts, store_numbers
from waconsole.outbox.account_words import REASON, Meaning, limit_of, meaning, quality_of
from waconsole.outbox.eligible import NUMBER
from waconsole.policy import store as policy
from waconsole.whatsapp.cloud.quality import UNLIMITED, people_of
from waconsole.whatsapp.events_standing import AccountChanged

HIGH_PER_SECOND: Final = 1_000  # Meta: Throughput (2026-05-21): the automatic upgrade


def heard(tx: Transaction, event: AccountChanged, *, now: int) -> Meaning | None:
    """Take in a word on an account or a number; answers what to say, None when a later word is known."""
    at = now if event.at is None else event.at
    means = meaning(event.field, event.event, event.value)
    if means.stops is not None and not _stand(tx, event, means, at=at, now=now):
        return None
    if event.field == "phone_number_quality_update":
        _number(tx, event, at=at)
    if event.field in ("phone_number_quality_update", "business_capability_update"):
        _limit(tx, event, at=at)
    return means


def _stand(tx: Transaction, event: AccountChanged, means: Meaning, *, at: int, now: int) -> bool:
    """Let the numbers of the account stand still, or those go on that an earlier word stopped."""
    is_latest = store_accounts.set_account_word(
        tx, event.account_id, word=event.event, sentence=means.sentence, stops=bool(means.stops), at=at
    )
    if not is_latest:
        return False
    for number in store_accounts.numbers_of(tx, event.account_id):
        if means.stops and number["paused_at"] is None:
            store_numbers.set_paused(tx, number["id"], at=now, reason=REASON + means.sentence)
        elif not means.stops and number["paused_by"] is None and number["paused_reason"].startswith(REASON):
            store_numbers.set_paused(tx, number["id"], at=None)
            store.move_all(tx, number["id"], ("held", NUMBER), ("queued", ""))
    return True


def _number(tx: Transaction, event: AccountChanged, *, at: int) -> None:
    for number in store_accounts.numbers_of(tx, event.account_id):
        if event.phone and number["phone"] and number["phone"] != event.phone:
            continue
        quality = quality_of(event.event)
        if quality:
            service_pacing.told_quality(tx, number["id"], quality, at=at)
        if event.event == "THROUGHPUT_UPGRADE":
            service_pacing.told_throughput(tx, number["id"], HIGH_PER_SECOND, at=at)


def _limit(tx: Transaction, event: AccountChanged, *, at: int) -> None:
    """Since 2025 the limit is the portfolio's: every number of it shares what is told of one."""
    limit = limit_of(event.value)
    people = people_of(limit)
    if people is None and UNLIMITED not in limit.upper():
        return
    numbers = store_accounts.numbers_of(tx, event.account_id)
    for portfolio in dict.fromkeys(number["portfolio"] for number in numbers):
        service_pacing.told_limit(tx, portfolio, people, at=at)


def use_call(tx: Transaction, waba_id: str, *, now: int) -> None:
    """Count one management call against the account. Raises Refused when WhatsApp takes no more in this hour."""
    rule = policy.in_force(tx, "whatsapp.management_calls", now=now)[0]
    most = rule["per_hour_active"] if store_accounts.is_active(tx, waba_id) else rule["per_hour"]
    if store_accounts.calls_in_last_hour(tx, waba_id, now=now) >= most:
        raise Refused(
            f"WhatsApp takes {most:,} management calls in an hour, and so many were made: try again later."
        )
    store_accounts.count_call(tx, waba_id, now=now)
