"""Which of these messages may not leave now, and where that leads: asked at enqueue and again at send, by the same function."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from functools import lru_cache
from typing import Final

from waconsole.clock import DAY, HOUR, MINUTE
from waconsole.database import facts as ledger
from waconsole.database.connection import Row, Transaction
from waconsole.outbox import service_group_posts, store, store_facts, store_templates
from waconsole.outbox.eligible import (
    CAMPAIGN,
    NUMBER,
    PANIC,
    QUIET_HOURS,
    STATE_BY_REASON,
    Facts,
    Rules,
    eligible,
    is_open,
)
from waconsole.outbox.holdout import is_held_out
from waconsole.outbox.quiet import hours, quiet_until, zone
from waconsole.outbox.store_templates import USABLE
from waconsole.policy import store as policy

REGIONS_KEPT_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a message may not leave: the state it comes to, and until when it waits there (None: until somebody acts)."""

    reason: str
    state: str
    not_before: int | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy that `eligible` is asked with."""

    rules: Rules
    silent_after: int
    quiet_from: time
    quiet_to: time
    shop_zone: str
    holdout_percent: float


def in_force(tx: Transaction, now: int) -> InForce:
    """The numbers in force at `now` (policy `send.*`), and the shop's zone."""
    return of_texts(policy.texts_in_force(tx, "send.", now=now), ledger.fact(tx, ledger.SHOP_ZONE) or "")


@lru_cache(maxsize=4)
def of_texts(texts: tuple[tuple[str, str, int], ...], shop_zone: str) -> InForce:
    """The numbers of these `send.*` policies: (name, value as JSON, version)."""
    found = {name: json.loads(text) for name, text, _ in texts}
    caps, quiet = found["send.caps"], hours(found["send.quiet_hours"]["value"])
    rules = Rules(
        window_margin=found["send.window_margin"]["minutes"] * MINUTE,
        caps=caps["count"],
        caps_span=caps["days"] * DAY,
        silent_caps=caps["silent_count"],
        silent_caps_span=caps["silent_days"] * DAY,
        gap=found["send.gap"]["hours"] * HOUR,
    )
    return InForce(rules, caps["silent_after_days"] * DAY, *quiet, shop_zone, found["send.holdout"]["value"])


def objections(tx: Transaction, outgoing_ids: Sequence[int], *, now: int) -> dict[int, Objection]:
    """Why these messages may not leave at `now`, by id; whatever may leave is not in it.

    A handful of statements for a whole bundle (at most `store_facts.AT_ONCE`). Nothing is written.
    """
    force = in_force(tx, now)
    against: dict[int, Objection] = {}
    for outgoing_id, facts in facts_of(tx, outgoing_ids, force, now=now).items():
        reason = eligible(facts, now, force.rules)
        if reason is not None:
            until = facts.quiet_until if reason == QUIET_HOURS else None
            against[outgoing_id] = Objection(reason, STATE_BY_REASON[reason], until)
    return against


def put(tx: Transaction, outgoing_id: int, objection: Objection) -> None:
    """Bring a message to where an objection leads."""
    store.set_outgoing_state(
        tx, outgoing_id, objection.state, objection.reason, not_before=objection.not_before
    )


def facts_of(tx: Transaction, outgoing_ids: Sequence[int], force: InForce, *, now: int) -> dict[int, Facts]:
    """What `eligible` asks of these messages, by id."""
    rows = store_facts.facts_rows(tx, outgoing_ids, now=now)
    paused = store_facts.pauses(tx)
    regions = store_facts.suppressed_regions(tx, now=now)
    kept: dict[tuple[str, str, str], Row | None] = {}
    found: dict[int, Facts] = {}
    counted: dict[int, int] = {}  # whose sends are to be counted, by message
    for row in rows:
        facts = _plain(row, paused, force, now)
        if row["kind"] == "template":
            key = (row["waba_id"], row["template_name"], row["template_language"])
            if key not in kept:
                kept[key] = store_templates.template_row(tx, *key)
            facts = _with_template(facts, kept[key])
        if regions and not facts.suppressed and row["phone"]:
            facts = _with_region(facts, row["phone"], row["number_id"], regions)
        if row["group_id"] and service_group_posts.is_enough(tx, row["id"], row["purpose"], now=now):
            facts = replace(facts, is_enough_posted=True)
        found[row["id"]] = facts
        if row["root_id"] is not None and not (facts.by_itself and is_open(facts, now, force.rules)):
            counted[row["id"]] = row["root_id"]
    return found | _counted(tx, found, counted, force, now) if counted else found


def _plain(row: Row, paused: set[tuple[str, str]], force: InForce, now: int) -> Facts:
    suppression, _, scope = (row["suppression"] or "").rpartition(" ")
    pause = ""
    if ("all", "") in paused:
        pause = PANIC
    elif row["number_paused"]:
        pause = NUMBER
    elif ("campaign", row["campaign"]) in paused:
        pause = CAMPAIGN
    where = zone(row["timezone"] or "", force.shop_zone)
    return Facts(
        purpose=row["purpose"],
        reachable=bool(row["group_id"] or row["phone"] or row["bsuid"]),
        consent=row["consent"],
        window_until=row["window_until"],
        expires_at=row["expires_at"],
        driver=row["driver"],
        kind=row["kind"],
        category=row["template_category"],
        is_erased=bool(row["is_erased"]),
        suppressed=suppression,
        of_marketing=scope == "marketing",
        paused=pause,
        quiet_until=quiet_until(now, where, force.quiet_from, force.quiet_to),
        by_itself=bool(row["by_itself"]),
        by_operator=bool(row["by_operator"]),
        in_review=bool(row["in_review"]),
        is_held_out=bool(row["member_ref"]) and is_held_out(row["member_ref"], force.holdout_percent),
    )


def _with_template(facts: Facts, row: Row | None) -> Facts:
    """A template nobody has told of is left to WhatsApp's own answer."""
    if row is None:
        return facts
    usable = None if row["status"] == "" else row["status"] in USABLE
    if row["deleted_at"] is not None:
        usable = False
    return replace(facts, is_usable=usable, category_now=row["category"] or None)


def _with_region(facts: Facts, phone: str, number_id: int, regions: Sequence[Row]) -> Facts:
    region = region_of(phone)
    for row in regions:
        if row["region"] == region and row["number_id"] in (None, number_id):
            return replace(facts, suppressed=row["reason"], of_marketing=row["scope"] == "marketing")
    return facts


@lru_cache(maxsize=REGIONS_KEPT_MAX)
def region_of(phone: str) -> str:
    """The region an E.164 number is of, as two letters; "" for none."""
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or ""
    except phonenumbers.NumberParseException:
        return ""


def _counted(
    tx: Transaction, found: dict[int, Facts], counted: dict[int, int], force: InForce, now: int
) -> dict[int, Facts]:
    """The facts with what these people were sent, and whether they are silent."""
    people, rules = set(counted.values()), force.rules
    longest = max(rules.caps_span, rules.silent_caps_span, rules.gap)
    theirs: dict[int, list[Row]] = {}
    for row in store_facts.sends(tx, people, since=now - longest):
        theirs.setdefault(row["root_id"], []).append(row)
    loud = store_facts.heard_since(tx, set(theirs), since=now - force.silent_after) if theirs else set()
    answered: dict[int, Facts] = {}
    for outgoing_id, root_id in counted.items():
        sends = [row for row in theirs.get(root_id, ()) if row["outgoing_id"] != outgoing_id]
        answered[outgoing_id] = replace(
            found[outgoing_id],
            sent=tuple(row["at"] for row in sends),
            marketing_sent_at=max((row["at"] for row in sends if row["is_marketing"]), default=None),
            is_silent=root_id not in loud,
        )
    return answered
