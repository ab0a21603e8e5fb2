"""Take what is due: lane by lane, at the number's rate, one to a recipient, each checked again.

The caller commits before it sends. Replies come first, then service messages, then campaigns, of
which each gets its turn. What may not leave goes where its reason leads; what only has to wait
gets the instant it waits for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from waconsole.database import facts
from waconsole.database.connection import Row, Transaction
from waconsole.outbox import (
    service_eligible,
    service_waking,
    store,
    store_attempts,
    store_breakers,
    store_chosen,
    store_due,
    store_flights,
    store_numbers,
    store_pacing,
)
from waconsole.outbox.eligible import RESEND
from waconsole.outbox.pace import WAIT_MAX
from waconsole.outbox.pacing import LOOK_AGAIN, Rate, Rules, is_resting, pair_after, pair_wait, rate_of
from waconsole.outbox.service_reach import Reach
from waconsole.outbox.service_ticks import Tick, due_tick
from waconsole.outbox.store import HOUR_MAX
from waconsole.outbox.store_attempts import Begun, Waiting
from waconsole.outbox.store_breakers import NUMBER, PAUSED, TRYING
from waconsole.outbox.store_due import REPLIES
from waconsole.whatsapp.content import Text, content_of
from waconsole.whatsapp.driver import Message, Recipient

AT_ONCE_MAX: Final = 100  # rows looked at in one transaction that do not leave
REPLY: Final = "reply"
CLOUD: Final = "cloud"


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is on its way: its attempt is written and `owner`'s, `message` goes to the driver at `at`, after `tick`."""

    outgoing_id: int
    attempt_id: int
    conversation_id: int
    message: Message
    tick: Tick | None = None
    owner: str = ""
    at: int = 0
    lane: int = 0
    campaign: str = ""
    recipient: str = ""
    is_counted: bool = False


@dataclass(slots=True)
class Taking:
    """What one look at the queue did: `taken` to be sent, and how many rows moved to which state instead.

    `opens_at` is when the rate wants more to be taken: until then what was taken before keeps it busy.
    """

    taken: list[Taken] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    opens_at: int = 0


def take(
    tx: Transaction,
    number_id: int,
    *,
    owner: str,
    now: int,
    limit: int,
    others_max: int | None = None,
    chosen: Sequence[str] = (),
    chance: float = 0.0,
    blue_ticks: bool = False,
) -> Taking:
    """Take at most `limit` due messages of a number (`others_max` that are no replies): check each again, write its attempt.

    Fewer when its rate says so. `chosen` are ids for messages, used one by one; `chance` (0 to 1)
    draws the rest between two of a linked phone. With `blue_ticks` a reply to a member takes along
    the tick for what it answers.
    """
    looked = Taking()
    number = store_numbers.number_row(tx, number_id)
    pace = store_pacing.pace(tx, number_id)
    if _stands(tx, number) or is_resting(pace.rest_until, now):
        return looked
    service_waking.wake(tx, number_id, now=now)
    rules = store_pacing.rules(tx, now=now)
    rate = _rate(number, pace, rules, now)
    room = min(limit, _one_first(tx, number, limit))
    slots = rate.slots(pace.free_at, now, room, chance)
    if not slots:
        looked.opens_at = rate.wants_at(pace.free_at, now)
        return looked
    look = _Look(
        tx, number, rules, owner, now, chosen, blue_ticks, looked, Reach(tx, number["portfolio"], rules, now)
    )
    last = pace.last_campaign
    for lane in store_due.LANES:
        count = len(slots) - len(looked.taken)
        if lane != REPLIES and others_max is not None:
            count = min(count, others_max - sum(one.lane != REPLIES for one in looked.taken))
        if count > 0:
            look.lane(lane, count, slots, last)
    look.reach.write()
    if looked.taken:
        of_campaigns = [one.campaign for one in looked.taken if one.lane != REPLIES]
        free_at = rate.after(slots[len(looked.taken) - 1], chance)
        looked.opens_at = rate.wants_at(free_at, now)
        store_pacing.move_on(
            tx, number_id, free_at=free_at, last_campaign=of_campaigns[-1] if of_campaigns else last
        )
    return looked


def next_at(tx: Transaction, number_id: int, *, now: int) -> int | None:
    """When something of a number may be taken next (an instant up to `now`: at once); None: nothing waits that may leave."""
    number = store_numbers.number_row(tx, number_id)
    if _stands(tx, number):
        return None
    instants: list[int] = []
    wake_at = service_waking.next_wake_at(tx, number_id)
    if wake_at is not None:
        instants.append(wake_at if wake_at <= now + HOUR_MAX else now)
    paused = store_breakers.campaigns(tx, PAUSED)
    for lane in store_due.LANES:
        due_at = store_due.next_due_at(tx, number_id, lane, without=paused)
        if due_at is not None:
            instants.append(due_at if due_at <= now + WAIT_MAX else now)
    if not instants:
        return None
    pace = store_pacing.pace(tx, number_id)
    rate = _rate(number, pace, store_pacing.rules(tx, now=now), now)
    at = max(min(instants), rate.opens_at(pace.free_at, now))
    return max(at, pace.rest_until) if is_resting(pace.rest_until, now) else at


def recipient(waiting: Waiting) -> Recipient | None:
    """Whom an outgoing row goes to: a group, else a phone, else a BSUID; None when it cannot be said."""
    if waiting.group_id:
        return Recipient("group", waiting.group_id)
    if waiting.phone:
        return Recipient("phone", waiting.phone)
    return Recipient("bsuid", waiting.bsuid) if waiting.bsuid else None


def _stands(tx: Transaction, number: Row) -> bool:
    return number["paused_at"] is not None or store_breakers.is_all_paused(tx)


def _rate(number: Row, pace: store_pacing.Pace, rules: Rules, now: int) -> Rate:
    return rate_of(
        rules, driver=number["driver"], told=number["per_second_max"], is_shared=bool(number["shared"]),
        slowed_at=pace.slowed_at, now=now,
    )  # fmt: skip


def _one_first(tx: Transaction, number: Row, limit: int) -> int:
    """How many may be on their way by a number that is tried again: one, whoever sends it."""
    trying = store_breakers.breaker(tx, NUMBER, str(number["id"])).state == TRYING
    if not (trying or number["stopped_reason"]):
        return limit
    return 0 if store_flights.is_anything_in_flight(tx, number["id"]) else 1


@dataclass(slots=True)
class _Look:
    """One take: what it looks with, and what it has found so far."""

    tx: Transaction
    number: Row
    rules: Rules
    owner: str
    now: int
    chosen: Sequence[str]
    blue_ticks: bool
    looked: Taking
    reach: Reach
    installation: str = ""

    def lane(self, lane: int, count: int, slots: Sequence[int], last: str) -> None:
        """Take up to `count` messages of a lane."""
        without = set(store_breakers.campaigns(self.tx, PAUSED))
        trying = store_breakers.campaigns(self.tx, TRYING)
        without |= {
            one for one in trying if store_flights.is_campaign_in_flight(self.tx, self.number["id"], one)
        }
        seen = 0
        goal = len(self.looked.taken) + count
        while len(self.looked.taken) < goal and seen < AT_ONCE_MAX:
            ids = store_due.due(
                self.tx, self.number["id"], lane, now=self.now, limit=goal - len(self.looked.taken), after=last,
                without=without,
            )  # fmt: skip
            if not ids:
                return
            against = service_eligible.objections(self.tx, ids, now=self.now)
            waiting = store_due.waiting_rows(self.tx, ids)
            newest = store_flights.last_of_pairs(self.tx, self.number["id"], {one.key for one in waiting})
            made = store_attempts.newest(self.tx, ids)
            begun: dict[str, tuple[Waiting, Begun]] = {}  # by recipient
            for one in waiting:
                seen += 1
                if one.campaign in without:
                    continue
                if one.id in against:
                    service_eligible.put(self.tx, one.id, against[one.id])
                    self.looked.moved[against[one.id].state] += 1
                    continue
                before = newest.get(one.key)
                if wait := LOOK_AGAIN if one.key in begun else self._wait(one, before):
                    self._put_off(one, wait)
                    continue
                place, free_at = len(self.looked.taken) + len(begun), before["pair_free_at"] if before else 0
                if attempt := self._begun(one, *made.get(one.id, (0, "")), place=place, pair_free_at=free_at):
                    begun[one.key] = (one, attempt)
                    if one.campaign in trying:
                        without.add(one.campaign)
            if begun:
                self._take(list(begun.values()), slots)

    def _wait(self, one: Waiting, newest: Row | None) -> int:
        """How long a message waits for its recipient; `newest` is the latest attempt for them, if any."""
        if newest is None:
            return 0
        if newest["outcome"] == "" or (one.purpose in self.rules.ordered and self._is_undelivered(one)):
            return LOOK_AGAIN
        return (
            pair_wait(self.rules, newest["pair_free_at"], self.now) if self.number["driver"] == CLOUD else 0
        )

    def _is_undelivered(self, one: Waiting) -> bool:
        at = store_flights.undelivered_since(self.tx, one.conversation_id)
        return at is not None and at <= self.now < at + self.rules.order_span

    def _put_off(self, one: Waiting, wait: int) -> None:
        self.looked.moved["queued"] += 1
        until = self.now + min(wait, WAIT_MAX)
        store.set_outgoing_state(self.tx, one.id, "queued", one.state_reason, not_before=until)

    def _begun(self, one: Waiting, made: int, outcome: str, *, place: int, pair_free_at: int) -> Begun | None:
        """The attempt to be written, after `made` of which the last came to `outcome`.

        None when the portfolio admits nobody else: then it waits for a span of minutes.
        """
        counted_at, is_open = None, one.window_until is not None and self.now < one.window_until
        if one.kind == "template" and one.group_row is None and not is_open:
            counted_at = self.reach.admits(one.key)
            if counted_at is None:
                self._put_off(one, self.rules.reach_span)
                return None
        if outcome == "unknown" and one.state_reason != RESEND:
            # Only an operator queues it again: a hold in between has taken the word away.
            store.set_outgoing_state(self.tx, one.id, "queued", RESEND)
        self.installation = self.installation or facts.ensure_installation(self.tx)
        opaque = f"wa1:{self.installation}:{one.ref}:{made + 1}"
        chosen_id = store_chosen.chosen_before(self.tx, one.id) if made else None
        if chosen_id is None and place < len(self.chosen):
            chosen_id = self.chosen[place]
        paid_at = pair_after(self.rules, pair_free_at, self.now)
        return Begun(one.id, made + 1, opaque, one.key, paid_at, counted_at, chosen_id)

    def _take(self, begun: Sequence[tuple[Waiting, Begun]], slots: Sequence[int]) -> None:
        """Write the attempts, and say what is to be sent."""
        ids = store_attempts.begin(
            self.tx, [attempt for _, attempt in begun], number_id=self.number["id"], owner=self.owner, now=self.now,
            lease_until=self.now + self.rules.lease_span,
        )  # fmt: skip
        store.set_sending(self.tx, list(ids))
        for one, attempt in begun:
            tick, to = None, recipient(one)
            assert to is not None
            if self.blue_ticks and one.purpose == REPLY:
                tick = due_tick(
                    self.tx, one.conversation_id, one.id, driver=self.number["driver"], group=one.group_id is not None,
                    now=self.now,
                )  # fmt: skip
            content = content_of(one.body) if one.body else Text(one.text)
            message = Message(to, content, attempt.opaque, one.reply_to, attempt.chosen_id)
            self.looked.taken.append(
                Taken(
                    one.id, ids[one.id], one.conversation_id, message, tick, self.owner, slots[len(self.looked.taken)],
                    one.lane, one.campaign, one.key, attempt.counted_at is not None,
                )
            )  # fmt: skip
