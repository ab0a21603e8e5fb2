"""Move what an invite earns: hold it, post it, give its coupon, release it, take it back. One verb, one row, its transfer.

The budget of the programme is asked first; the books refuse what it cannot give, and a wallet never goes below zero: what
is missing comes from the member's clawback account (`ledger.reverse`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.invites import store_issuing, store_rewards
from waconsole.invites.model import (
    EXPIRED,
    INVITEE,
    ISSUED,
    PENDING,
    POSTED,
    PURPOSE,
    REDEEMED,
    REVERSED,
    VOIDED,
    post_ref,
    reverse_ref,
    reward_ref,
    void_ref,
)
from waconsole.invites.rewards import CASHBACK, COUPON, GIVEN_POINTS, PRODUCT, SAMPLE
from waconsole.invites.settling import RewardRow
from waconsole.invites.store_programmes import Programme
from waconsole.invites.verdict import BUDGET, POOL_EMPTY, REFUNDED, Given, Verdict
from waconsole.ledger import service as ledger
from waconsole.ledger import store as books
from waconsole.ledger import store_balances
from waconsole.ledger.model import DEBITS_UP_TO_CREDITS, PAYABLE, POINTS, Wanted, member_account
from waconsole.money import Money
from waconsole.shop import service_coupons, store_coupons

ACTOR: Final = "rule"
COUPONS: Final = "liability:coupons"
GIFTS: Final = "clearing:gifts"
BREAKAGE: Final = "income:breakage"


@dataclass(slots=True)
class Settled:
    """What settling did; `over` are programmes whose budget has nothing left in this pass: turns are kept."""

    pended: int = 0
    posted: int = 0
    voided: int = 0
    reversed: int = 0
    issued: int = 0
    redeemed: int = 0
    expired: int = 0
    steps: int = 0
    told: int = 0
    over: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Giving:
    """What one pass moves rewards with."""

    tx: Transaction
    programme: Programme
    owner: str
    done: Settled
    now: int


def pend(one: Giving, verdict: Verdict, given: Given, round_number: int) -> RewardRow | str:
    """Hold a reward; answers its row, or why it cannot be held."""
    assert verdict.version is not None and verdict.event is not None
    side = store_rewards.sides_of(one.tx, verdict.attempt.id)[given.side]
    cost = _cost(one.tx, verdict, given)
    row = RewardRow(
        0,
        reward_ref(one.programme.ref, verdict.attempt.ref, given.side, given.slot, round_number),
        one.programme.id,
        verdict.attempt.id,
        side[0],
        given.side,
        given.slot,
        given.reward.kind,
        given.reward.amount_minor,
        given.reward.currency,
        0 if cost is None else cost.minor,
        "" if cost is None else cost.currency,
        one.programme.policy,
        verdict.version.version,
        None,
        PENDING,
        round_number,
        None,
        verdict.event.at,
        one.now,
    )
    money = moved(row)
    if money is not None:
        if one.programme.id in one.done.over or not _budget_holds(one, money):
            one.done.over.add(one.programme.id)
            return BUDGET
        ledger.pend(
            one.tx,
            Wanted(
                ref=row.ref, debit=one.programme.budget_account, credit=account(row, side[1]), money=money,
                purpose=PURPOSE, effective_at=row.effective_at, actor=ACTOR, owner=one.owner,
                source=verdict.attempt.ref, rule=row.rule, rule_version=row.rule_version,
            ),
            now=one.now,
        )  # fmt: skip
    row = store_rewards.add_reward(one.tx, row)
    _step(one, row, "pended", row.ref if money is not None else "", at=row.effective_at)
    one.done.pended += 1
    return row


def _cost(tx: Transaction, verdict: Verdict, given: Given) -> Money | None:
    """What one costs us: as the terms say, a coupon else as its pool says, else its face value."""
    assert verdict.version is not None
    slot = INVITEE if given.side == INVITEE else given.slot
    if given.reward.kind == COUPON and all(key != slot for key, _ in verdict.version.terms.costs):
        pool = store_coupons.pool_of(tx, given.reward.pool)
        if pool is not None and pool.cost_minor:
            return Money(pool.cost_minor, pool.currency)
    return given.cost


def moved(row: RewardRow) -> Money | None:
    """What the books move for a reward; None where nothing does."""
    if row.kind in (CASHBACK, GIVEN_POINTS):
        return Money(row.amount_minor, row.currency)
    return Money(row.cost_minor, row.cost_currency) if row.cost_minor else None


def account(row: RewardRow, member: str) -> str:
    """The account that is credited for a reward."""
    if row.kind == CASHBACK:
        return member_account(member, PAYABLE)
    if row.kind == GIVEN_POINTS:
        return member_account(member, POINTS)
    if row.kind == COUPON:
        return COUPONS
    return GIFTS if row.kind in (SAMPLE, PRODUCT) else f"expense:{row.kind}"


def _budget_holds(one: Giving, money: Money) -> bool:
    """Whether the budget may still hold an amount; one that was never set in this currency holds all."""
    known = books.account_id(one.tx, one.programme.budget_account, money.currency)
    if known is None or books.limit_rule(one.tx, known) != DEBITS_UP_TO_CREDITS:
        return True
    return store_balances.balance(one.tx, known).available >= money.minor


def post(one: Giving, verdict: Verdict, row: RewardRow) -> RewardRow | str:
    """Give what was held, a coupon with its code; answers the row, or why it cannot be given yet."""
    at = verdict.due_at if verdict.due_at is not None else one.now
    issued = store_issuing.issued_by(one.tx, row.invite_id)
    if issued is not None:
        at = max(at, issued[1] - issued[1] % SECOND)
    coupon = None
    if row.kind == COUPON:
        assert verdict.version is not None
        pool = store_coupons.pool_of(one.tx, _pool_of(verdict, row))
        coupon = (
            None if pool is None else service_coupons.issue(one.tx, pool, row.member_id, row.ref, one.now)
        )
        if coupon is None:
            return POOL_EMPTY
    transfer = ""
    if moved(row) is not None:
        transfer = post_ref(row.ref)
        ledger.settle(
            one.tx, transfer, row.ref, effective_at=at, actor=ACTOR, now=one.now, reason="earned", rule=row.rule,
            rule_version=row.rule_version, approved_by=None if issued is None else issued[0],
        )  # fmt: skip
    one.done.posted += 1
    if coupon is None:
        _step(one, row, POSTED, transfer, at=at)
        return store_rewards.move_reward(one.tx, row, POSTED)
    one.done.issued += 1
    _step(one, row, ISSUED, transfer, at=at)
    return store_rewards.move_reward(one.tx, row, ISSUED, coupon_id=coupon.id, until=coupon.expires_at)


def _pool_of(verdict: Verdict, row: RewardRow) -> str:
    given = next(one for one in verdict.gives if (one.side, one.slot) == (row.side, row.slot))
    return given.reward.pool


def void(one: Giving, verdict: Verdict, row: RewardRow, why: str) -> RewardRow:
    """Release what was held."""
    at, transfer = _since(one, verdict), ""
    if moved(row) is not None:
        transfer = void_ref(row.ref)
        ledger.void(one.tx, transfer, row.ref, effective_at=at, actor=ACTOR, now=one.now, reason=why)
    _step(one, row, VOIDED, transfer, at=at, why=why)
    one.done.voided += 1
    return store_rewards.move_reward(one.tx, row, VOIDED)


def reverse(one: Giving, verdict: Verdict, row: RewardRow, why: str) -> RewardRow:
    """Take back what was given, under the version that earned it; a code that nobody used is withdrawn."""
    at, transfer = _since(one, verdict), ""
    if row.coupon_id is not None:
        coupon = store_coupons.coupon_by_id(one.tx, row.coupon_id)
        if coupon.state == REDEEMED:
            return row
        service_coupons.withdraw(one.tx, coupon, reason=why, now=one.now)
    if moved(row) is not None:
        transfer = reverse_ref(row.ref)
        ledger.reverse(
            one.tx, transfer, post_ref(row.ref), effective_at=at, actor=ACTOR, now=one.now, reason=why,
            rule=row.rule, rule_version=row.rule_version,
        )  # fmt: skip
    _step(one, row, REVERSED, transfer, at=at, why=why)
    one.done.reversed += 1
    return store_rewards.move_reward(one.tx, row, REVERSED)


def _since(one: Giving, verdict: Verdict) -> int:
    """Since when a reward is not earned any more: the refund's own time, else now."""
    if verdict.reason == REFUNDED and verdict.event is not None and verdict.event.refunded_at is not None:
        return verdict.event.refunded_at
    return one.now - one.now % SECOND


def _step(one: Giving, row: RewardRow, step: str, transfer: str, *, at: int, why: str = "") -> None:
    store_rewards.add_reward_step(
        one.tx, row.id, step, transfer=transfer, reason=why, effective_at=at, now=one.now
    )


def coupon_moved(
    one: Giving, row: RewardRow, became: str, *, at: int, until: int | None, round_number: int
) -> None:
    """Follow a coupon: what was used is spent, what ended is ours again, what is reinstated is owed again."""
    step, state = {
        REDEEMED: (REDEEMED, REDEEMED),
        ISSUED: ("reinstated", ISSUED),
    }.get(became, (EXPIRED, EXPIRED))
    transfer, money = "", moved(row)
    pair = {
        REDEEMED: (COUPONS, "expense:coupons"),
        "reinstated": (BREAKAGE, COUPONS),
        EXPIRED: (COUPONS, BREAKAGE),
    }[step]
    if row.state == EXPIRED and step == REDEEMED:
        pair = (BREAKAGE, "expense:coupons")
    if money is not None:
        transfer = f"{row.ref}:{step}:{round_number}"
        ledger.post(
            one.tx,
            Wanted(
                ref=transfer, debit=pair[0], credit=pair[1], money=money, purpose=PURPOSE, effective_at=at,
                actor=ACTOR, source=row.ref, rule=row.rule, rule_version=row.rule_version, reason=step,
            ),
            now=one.now,
        )  # fmt: skip
    why = "withdrawn" if became == "withdrawn" else ""
    _step(one, row, step, transfer, at=at, why=why)
    store_rewards.move_reward(one.tx, row, state, until=until)
    one.done.redeemed += state == REDEEMED
    one.done.expired += state == EXPIRED
