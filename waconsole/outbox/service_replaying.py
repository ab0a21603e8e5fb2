"""What caps, gap and quiet hours would have held back in a past period: `policy replay send.caps count=2 …`.

Every message to a person that left, or was put off for such a reason, is asked about again at its instant: once under
what was in force then, and once with the proposed value in its place. What would have left counts against the caps
of what came after, on either side. Consent, templates and pauses are taken as they were. Nothing is written.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from typing import Final

from waconsole.clock import DAY
from waconsole.database import facts as ledger
from waconsole.database.connection import Row, Transaction
from waconsole.outbox import store_replaying
from waconsole.outbox.eligible import MARKETING, Facts, eligible
from waconsole.outbox.quiet import quiet_until, zone
from waconsole.outbox.service_eligible import InForce, of_texts
from waconsole.policy import store as policy
from waconsole.policy.model import SEND
from waconsole.policy.service_replaying import Changed, Proposed, Replayed

POLICIES: Final = ("send.caps", "send.gap", "send.quiet_hours", "send.window_margin")
WINDOW: Final = DAY  # the customer service window (Meta, 2026-05-21)
SENT: Final = "sent"


class _Heard:
    """When people wrote: to a number of ours, and to any."""

    def __init__(self, rows: list[Row]) -> None:
        """`rows` are in the order of their instants."""
        self._times: dict[tuple[int, int | None], list[int]] = {}
        for row in rows:
            for key in ((row["root_id"], row["number_id"]), (row["root_id"], None)):
                self._times.setdefault(key, []).append(row["sent_at"])

    def last(self, root_id: int, number_id: int, at: int) -> int | None:
        """When this person last wrote to a number before `at`."""
        times = self._times.get((root_id, number_id), [])
        place = bisect_right(times, at)
        return times[place - 1] if place else None

    def any_since(self, root_id: int, since: int, at: int) -> bool:
        """Whether they wrote to any number in a span."""
        times = self._times.get((root_id, None), [])
        return bisect_left(times, since) < bisect_right(times, at)


class _Side:
    """One of the two ways to decide, with what it let out."""

    def __init__(self, heard: _Heard) -> None:
        """Nothing was sent yet."""
        self._heard = heard
        self._sent: dict[int, list[tuple[int, bool]]] = {}

    def decide(self, row: Row, force: InForce) -> str | None:
        """The reason against a message at its instant, or None."""
        root_id, at, rules = row["root_id"], row["at"], force.rules
        sent = self._sent.get(root_id, [])
        last = self._heard.last(root_id, row["number_id"], at)
        facts = Facts(
            purpose=row["purpose"],
            reachable=True,
            consent="yes",
            window_until=None if last is None else last + WINDOW,
            expires_at=None,
            driver=row["driver"],
            kind=row["kind"],
            category=row["template_category"],
            sent=tuple(when for when, _ in sent),
            marketing_sent_at=max((when for when, is_marketing in sent if is_marketing), default=None),
            is_silent=not self._heard.any_since(root_id, at - force.silent_after, at),
            quiet_until=quiet_until(
                at, zone(row["timezone"] or "", force.shop_zone), force.quiet_from, force.quiet_to
            ),
            by_itself=bool(row["by_itself"]),
            by_operator=bool(row["by_operator"]),
        )
        return eligible(facts, at, rules)

    def count(self, row: Row) -> None:
        """A message that leaves counts against the caps, as `store_facts.sends` counts."""
        is_marketing = row["purpose"] in ("marketing", "invitation") or row["template_category"] == MARKETING
        counts = row["kind"] == "template" or row["purpose"] in ("marketing", "invitation", "points")
        if counts and row["template_category"] != "AUTHENTICATION":
            self._sent.setdefault(row["root_id"], []).append((row["at"], is_marketing))


class _Forces:
    """What was in force at an instant, and the same with the proposed value in its place; read anew where it changed."""

    def __init__(self, tx: Transaction, proposed: Proposed) -> None:
        """Nothing is read yet but when something changed."""
        self._tx, self._proposed = tx, proposed
        self._shop_zone = ledger.fact(tx, ledger.SHOP_ZONE) or ""
        self._changes = sorted({row.valid_from for row in policy.versions_beginning(tx, SEND)})
        self._known: dict[int, tuple[InForce, InForce]] = {}

    def looked_back(self, begins: int) -> int:
        """How far back anything counts, on either side, at any instant that is replayed."""
        spans = [WINDOW]
        for at in (begins, *(one for one in self._changes if one > begins)):
            for force in self.at(at):
                rules = force.rules
                spans += [rules.caps_span, rules.silent_caps_span, rules.gap, force.silent_after]
        return max(spans)

    def at(self, at: int) -> tuple[InForce, InForce]:
        """(in force then, as proposed)."""
        place = bisect_right(self._changes, at)
        if place not in self._known:
            texts = policy.texts_in_force(self._tx, SEND, now=at)
            value = json.dumps(self._proposed.value)
            tried = tuple(
                (name, value if name == self._proposed.name else text, number) for name, text, number in texts
            )
            self._known[place] = (of_texts(texts, self._shop_zone), of_texts(tried, self._shop_zone))
        return self._known[place]


def replay(tx: Transaction, proposed: Proposed, begins: int, ends: int) -> Replayed:
    """Ask about every message of a period again, with the proposed value in the place of what was in force."""
    forces = _Forces(tx, proposed)
    since = begins - forces.looked_back(begins)
    heard = _Heard(store_replaying.heard(tx, since=since, ends=ends))
    was, would = _Side(heard), _Side(heard)
    money: list[Changed] = []
    people: dict[str, tuple[Counter[str], Counter[str]]] = {}
    seen = 0
    for row in store_replaying.messages(tx, since=since, ends=ends):
        if row["at"] < begins:
            if row["has_left"]:
                was.count(row)
                would.count(row)
            continue
        seen += 1
        in_force, tried = forces.at(row["at"])
        reasons = (was.decide(row, in_force), would.decide(row, tried))
        for side, reason in zip((was, would), reasons, strict=True):
            if reason is None:
                side.count(row)
        if reasons[0] == reasons[1]:
            continue
        pair = people.setdefault(row["member"], (Counter(), Counter()))
        for counter, reason in zip(pair, reasons, strict=True):
            counter[reason or SENT] += 1
        if row["price_minor"] and None in reasons:
            paid = [row["price_minor"] if reason is None else 0 for reason in reasons]
            words = [reason or SENT for reason in reasons]
            money.append(Changed(row["ref"], words[0], words[1], row["price_currency"], *paid))
    members = tuple(Changed(who, _said(pair[0]), _said(pair[1])) for who, pair in sorted(people.items()))
    return Replayed(seen=seen, money=tuple(money), members=members)


def _said(counts: Counter[str]) -> str:
    """`2 sent, 1 capped`."""
    return ", ".join(
        f"{count} {word}" for word, count in sorted(counts.items(), key=lambda one: (one[0] != SENT, one[0]))
    )
