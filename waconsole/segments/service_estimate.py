"""What a send would cost, lose and take, before it is queued: what is not known is said to be so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from waconsole.clock import DAY, iso
from waconsole.database.connection import Transaction
from waconsole.money import EXPONENTS
from waconsole.outbox import store_numbers, store_pacing
from waconsole.policy import store as policy
from waconsole.segments import estimate, service_asking, service_waterfall, store_layers, store_segments
from waconsole.segments.service_asking import Asking, Engine
from waconsole.segments.waterfall import Waterfall

PRICES, BLOCKED, LOSSES_DAYS = "send.prices", "send.marketing_blocked", "send.losses_days"
LOST_CODES: Final = (
    131026,
    131049,
    130472,
)  # not reachable, enough marketing for them, an experiment of Meta's
CONFIDENCE: Final = "experiment.confidence"


@dataclass(frozen=True, slots=True)
class Estimated:
    """The waterfall, and what follows for those it reaches, as it is answered."""

    fallen: Waterfall
    document: dict[str, Any]


def estimated(tx: Transaction, rule: str, template: str, asking: Asking, engine: Engine) -> Estimated:
    """Messages, money by the price list in force, what WhatsApp would not deliver, and how long it takes. Raises QueryError."""
    now = asking.now
    chosen = service_waterfall.chosen(tx, template)
    fallen = service_waterfall.of(tx, service_asking.read(tx, rule, asking), engine, chosen)
    ids = [int(one) for one in fallen.of(None)]
    phones = [row["phone"] for row in store_segments.people(tx, ids)]
    document = {
        "match": fallen.match, "steps": [one._asdict() for one in fallen.steps()], "reached": fallen.reached,
        "messages": len(ids), "template": chosen.name, "category": chosen.category.casefold() or None,
        "money": _money(tx, phones, chosen.category or "MARKETING", now), "losses": _losses(tx, phones, chosen.is_marketing, now),
        **_time(tx, len(ids), now),
    }  # fmt: skip
    return Estimated(fallen, document)


def cost(tx: Transaction, ids: list[int], category: str, now: int) -> dict[str, Any] | None:
    """What one message to each of these members costs, as an estimate says it; None: not known."""
    phones = [row["phone"] for row in store_segments.people(tx, ids)]
    return _money(tx, phones, category or "MARKETING", now)


def _money(tx: Transaction, phones: list[str | None], category: str, now: int) -> dict[str, Any] | None:
    """What it costs by the list, which of it has no price, where the list is from; None: not known."""
    value, version = policy.in_force(tx, PRICES, now=now)
    prices = estimate.price_list(str(value["value"]))
    if prices is None or prices.currency not in EXPONENTS:
        return None
    minor, unknown = estimate.cost_minor(phones, category.casefold(), prices, EXPONENTS[prices.currency])
    row = next((one for one in policy.versions(tx, PRICES) if one.version == version), None)
    return {
        "minor": minor, "currency": prices.currency, "without_price": unknown, "policy": PRICES, "version": version,
        "since": iso(row.valid_from) if row is not None else None, "source": row.reason if row is not None else None,
    }  # fmt: skip


def _losses(tx: Transaction, phones: list[str | None], is_marketing: bool, now: int) -> dict[str, Any] | None:
    """How many are not delivered, by our own sends of late: with n and interval; those of blocked numbers beside."""
    if not is_marketing:
        return None
    blocked = tuple(policy.in_force(tx, BLOCKED, now=now)[0]["value"])
    closed = sum(bool(phone) and str(phone).startswith(blocked) for phone in phones) if blocked else 0
    days = int(policy.in_force(tx, LOSSES_DAYS, now=now)[0]["value"])
    sent, missed = store_layers.missed(tx, since=now - days * DAY, codes=LOST_CODES)
    percent = float(policy.in_force(tx, CONFIDENCE, now=now)[0]["value"])
    share = estimate.interval(missed, sent, percent)
    open_ones = len(phones) - closed
    return {
        "blocked_numbers": closed, "blocked": list(blocked), "n": sent, "missed": missed, "days": days,
        "confidence": percent,
        "low": None if share is None else closed + int(share[0] * open_ones),
        "high": None if share is None else closed + -int(-share[1] * open_ones // 1),
    }  # fmt: skip


def _time(tx: Transaction, messages: int, now: int) -> dict[str, Any]:
    """How long it takes at the permitted rate, and by how many people a day our portfolio may reach."""
    rate = policy.in_force(tx, "sending.throughput", now=now)[0]
    spans = policy.in_force(tx, "sending.portfolio", now=now)[0]
    day_max: int | None = int(spans["steps"][0])
    number_id = store_numbers.cloud_number(tx)
    if number_id is not None:
        known = store_pacing.portfolio(
            tx, str(tx.value("SELECT portfolio FROM number WHERE id = :id", {"id": number_id}))
        )
        day_max = known.limit_max if known.is_told else day_max
    taken = estimate.seconds(
        messages, float(rate["per_second"]), day_max=day_max, day_seconds=int(spans["hours"]) * 3600
    )
    return {"seconds": round(taken, 1), "rate_per_second": rate["per_second"], "people_per_day": day_max}
