"""Fill pools with a shop's codes, give them to members, and keep what became of each. Every verb runs in the caller's transaction.

A code is issued once, for one reason (`source`); the same reason again answers the same code. Whether somebody may act is
the caller's to ask (`operators.authority`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.clock import DAY, SECOND, iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator
from waconsole.policy import store as policy
from waconsole.shop import store, store_coupons
from waconsole.shop.coupons import (
    EXPIRED,
    ISSUED,
    REDEEMED,
    REINSTATED,
    WITHDRAWN,
    Coupon,
    Line,
    Pool,
    Said,
    codes_in,
    expires_at,
    name_of,
    said_of,
)

DAYS_POLICY: Final = "promotion.code_days_max"
POOL, COUPON = "coupon_pool", "coupon"
CHUNK_ROWS: Final = 5_000
DUE_MAX: Final = 10_000
REASON_LENGTH_MAX: Final = 500


class Filled(NamedTuple):
    """What an import of codes did: `rejected` are (line, reason)."""

    pool: Pool
    rows: int
    new: int
    unchanged: int
    rejected: list[tuple[int, str]]


def days_max(tx: Transaction, *, now: int) -> int:
    """How many days a code is valid at most: the policy `promotion.code_days_max`."""
    return int(policy.in_force(tx, DAYS_POLICY, now=now)[0]["value"])


def fill(
    tx: Transaction,
    actor: Operator,
    name: str,
    lines: Sequence[Line],
    *,
    face: str | None,
    cost: str | None,
    valid_days: int | None,
    now: int,
) -> Filled:
    """Put codes into a pool, which is made with the first; a code that is there is unchanged. Raises Refused.

    A code of another pool is rejected, as is what is no code.
    """
    said = said_of(face, cost, valid_days, days_max=days_max(tx, now=now))
    pool = _pool(tx, actor, name_of(name), said, now=now)
    rejected = [(one.line, one.refusal) for one in lines if one.refusal]
    new = unchanged = 0
    for start in range(0, len(lines), CHUNK_ROWS):
        part = [one for one in lines[start : start + CHUNK_ROWS] if not one.refusal]
        known = store_coupons.known_codes(tx, [one.code for one in part])
        fresh: dict[str, None] = {}
        for one in part:
            if known.get(one.code, pool.id) != pool.id:
                rejected.append((one.line, "This code is in another pool already."))
            elif one.code in known or one.code in fresh:
                unchanged += 1
            else:
                fresh[one.code] = None
        new += store_coupons.add_codes(tx, pool.id, list(fresh), now=now)
    if new:
        after = {"pool": pool.name, "codes": new}
        operators.record(tx, actor, "import coupons", [Act(POOL, pool.id, {}, after)], now=now)
    return Filled(pool, len(lines), new, unchanged, sorted(rejected))


def _pool(tx: Transaction, actor: Operator, name: str, said: Said, *, now: int) -> Pool:
    known = store_coupons.pool_of(tx, name)
    if known is None:
        days = said.valid_days or days_max(tx, now=now)
        pool = Pool(
            store_coupons.next_pool_id(tx),
            name,
            said.face,
            said.currency,
            said.cost_minor,
            days,
            actor.id,
            now,
        )
        store_coupons.add_pool(tx, pool)
        return pool
    other = [
        word
        for word, wanted, stands in (
            ("--face", said.face, known.face),
            (
                "--cost",
                (said.cost_minor, said.currency) if said.cost_minor else None,
                (known.cost_minor, known.currency),
            ),
            ("--valid-days", said.valid_days, known.valid_days),
        )
        if wanted and wanted != stands
    ]
    if other:
        raise Refused(
            f"The pool {known.name} says another {' and '.join(other)}: make another pool for these codes."
        )
    return known


def issue(tx: Transaction, pool: Pool, member_id: int, source: str, now: int) -> Coupon | None:
    """Give a member the next free code of a pool for a reason; None when the pool is empty.

    The same `source` again answers the code it was given before, whatever became of it since. The code is valid from `now`
    for the pool's days, and never longer than the policy in force allows.
    """
    known = store_coupons.coupon_by_source(tx, source)
    if known is not None:
        return known
    at = now - now % SECOND
    until = expires_at(at, pool.valid_days, days_max(tx, now=now))
    given = store_coupons.give_next(tx, pool.id, member_id, source, at=at, until=until)
    if given is not None:
        store_coupons.add_step(tx, given.id, ISSUED, reason=source, until=until, effective_at=at, now=now)
    return given


def expire_due(tx: Transaction, now: int) -> list[Coupon]:
    """Let end what is over and was not used; answers the coupons, which are expired now. At most `DUE_MAX` at once.

    Redemptions that orders tell come first (`redeem_told`): an order of before the end counts, however late it is told.
    """
    found = store_coupons.due(tx, now, limit=DUE_MAX)
    for one in found:
        store_coupons.move(tx, one, EXPIRED)
        store_coupons.add_step(tx, one.id, EXPIRED, effective_at=one.expires_at or now, now=now)
    return [store_coupons.coupon_by_id(tx, one.id) for one in found]


def redeem_told(tx: Transaction, now: int) -> list[Coupon]:
    """Redeem every coupon that an order line carries; answers those that are redeemed now. At most `DUE_MAX` at once."""
    told = [
        (row["coupon_id"], row["reference"], row["ordered_at"])
        for row in store_coupons.told_in_orders(tx, now, limit=DUE_MAX)
    ]
    since = store_coupons.first_issued_at(tx)
    if since is not None:
        told += [
            one
            for row in store_coupons.lines_with_several(tx, now, since=since)
            for one in _of_several(tx, row)
        ]
    found: dict[int, None] = {}
    for coupon_id, reference, ordered_at in sorted(told, key=lambda one: (one[2], one[1], one[0]))[:DUE_MAX]:
        if coupon_id in found:
            continue
        _redeem(tx, store_coupons.coupon_by_id(tx, coupon_id), reference, ordered_at, None, now=now)
        found[coupon_id] = None
    return [store_coupons.coupon_by_id(tx, one) for one in found]


def _of_several(tx: Transaction, row: Row) -> list[tuple[int, str, int]]:
    found = []
    for code in codes_in(row["coupon"]):
        try:
            one = store_coupons.coupon_coded(tx, code)
        except Refused:  # none of ours
            continue
        if one.state in (ISSUED, EXPIRED) and (one.issued_at or 0) <= row["ordered_at"] < (
            one.expires_at or 0
        ):
            found.append((one.id, row["reference"], row["ordered_at"]))
    return found


def _redeem(
    tx: Transaction, coupon: Coupon, reference: str, at: int, actor: Operator | None, *, now: int
) -> None:
    store_coupons.move(tx, coupon, REDEEMED, at=at, order=reference)
    operator_id = None if actor is None else actor.id
    store_coupons.add_step(
        tx, coupon.id, REDEEMED, order=reference, operator_id=operator_id, effective_at=at, now=now
    )


def redeem(tx: Transaction, actor: Operator, code: str, reference: str, *, now: int) -> tuple[Coupon, bool]:
    """Say by hand that a code was used in an order; answers it, and whether that is new. Raises Refused, NotFound."""
    coupon = store_coupons.coupon_coded(tx, code)
    order = store.order_named(tx, reference.strip())
    if order is None:
        raise NotFound(f"There is no order {reference} here: import it first.")
    if coupon.state == REDEEMED and coupon.order_reference == order["reference"]:
        return coupon, False
    if coupon.state not in (ISSUED, EXPIRED):
        where = f" in order {coupon.order_reference}" if coupon.state == REDEEMED else ""
        raise Refused(f"The coupon {coupon.code} is {coupon.state}{where}: it is not redeemed.")
    if order["ordered_at"] >= (coupon.expires_at or 0):
        raise Refused(
            f"The coupon {coupon.code} expired on {iso(coupon.expires_at or 0)}, before that order:"
            " reinstate it first, or leave it."
        )
    _redeem(tx, coupon, order["reference"], order["ordered_at"], actor, now=now)
    after = {"code": coupon.code, "order": order["reference"]}
    operators.record(tx, actor, "redeem coupon", [Act(COUPON, coupon.id, {}, after)], now=now)
    return store_coupons.coupon_by_id(tx, coupon.id), True


def reinstate(
    tx: Transaction, coupon: Coupon, days: int, *, reason: str, actor: Operator | None = None, now: int
) -> Coupon:
    """Let an expired code be used again for `days` from now, at most the policy's. Raises Refused."""
    if coupon.state != EXPIRED:
        raise Refused(f"The coupon {coupon.code} is {coupon.state}: only what expired is reinstated.")
    most = days_max(tx, now=now)
    if not 0 < days <= most:
        raise Refused(f"A code is valid for 1 to {most} days: `{DAYS_POLICY}` is the policy that says so.")
    reason, at = _reason(reason), now - now % SECOND
    until = at + days * DAY
    store_coupons.move(tx, coupon, REINSTATED, until=until)
    operator_id = None if actor is None else actor.id
    store_coupons.add_step(
        tx,
        coupon.id,
        REINSTATED,
        reason=reason,
        until=until,
        operator_id=operator_id,
        effective_at=at,
        now=now,
    )
    if actor is not None:
        after = {"code": coupon.code, "expires_at": until}
        operators.record(tx, actor, "reinstate coupon", [Act(COUPON, coupon.id, {}, after)], now=now)
    return store_coupons.coupon_by_id(tx, coupon.id)


def withdraw(
    tx: Transaction, coupon: Coupon, *, reason: str, actor: Operator | None = None, now: int
) -> Coupon:
    """Take a code back that nobody used: it is given to nobody any more. The same again changes nothing. Raises Refused."""
    if coupon.state == WITHDRAWN:
        return coupon
    if coupon.state == REDEEMED:
        raise Refused(
            f"The coupon {coupon.code} was used in order {coupon.order_reference}: it is not withdrawn."
        )
    reason, at = _reason(reason), now - now % SECOND
    store_coupons.move(tx, coupon, WITHDRAWN)
    operator_id = None if actor is None else actor.id
    store_coupons.add_step(
        tx, coupon.id, WITHDRAWN, reason=reason, operator_id=operator_id, effective_at=at, now=now
    )
    if actor is not None:
        after = {"code": coupon.code}
        operators.record(tx, actor, "withdraw coupon", [Act(COUPON, coupon.id, {}, after)], now=now)
    return store_coupons.coupon_by_id(tx, coupon.id)


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH_MAX:
        raise Refused(f"Write why with --reason, in at most {REASON_LENGTH_MAX} signs.")
    return reason


def withdraw_free(tx: Transaction, actor: Operator, name: str, *, reason: str, now: int) -> int:
    """Withdraw every code of a pool that nobody has; answers how many. Raises Refused, NotFound."""
    pool = store_coupons.pool_named(tx, name)
    found = store_coupons.free_codes(tx, pool.id)
    reason, at = _reason(reason), now - now % SECOND
    for one in found:
        store_coupons.move(tx, one, WITHDRAWN)
        store_coupons.add_step(
            tx, one.id, WITHDRAWN, reason=reason, operator_id=actor.id, effective_at=at, now=now
        )
    if found:
        after = {"pool": pool.name, "codes": len(found)}
        operators.record(tx, actor, "withdraw coupons", [Act(POOL, pool.id, {}, after)], now=now)
    return len(found)
