"""Pools of coupons, their codes and what became of each: a code's row changes its state, its steps only grow."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members.model import folded
from waconsole.money import Money
from waconsole.shop.coupons import CODES_MAX, EXPIRED, REDEEMED, REINSTATED, WITHDRAWN, Coupon, Pool

POOLS_MAX: Final = 10_000
AT_ONCE_MAX: Final = 10_000
STEPS_MAX: Final = 1_000

_POOL: Final = f"SELECT {', '.join(Pool._fields)} FROM coupon_pool"
_COUPON: Final = f"SELECT {', '.join(Coupon._fields)} FROM coupon"


def _done(tx: Transaction, sql: str, values: Mapping[str, object]) -> int:
    """Rows that changed. Raises Refused with what the tables say against it."""
    try:
        return tx.execute(sql, values).rowcount
    except sqlite3.IntegrityError as error:
        raise Refused(str(error)) from None


def next_pool_id(tx: Transaction) -> int:
    """The id the next pool gets."""
    return int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM coupon_pool"))


def add_pool(tx: Transaction, pool: Pool) -> None:
    """Write a pool. Raises Refused with what the tables say against it."""
    _done(
        tx,
        """
        INSERT INTO coupon_pool (id, name, folded, face, currency, cost_minor, valid_days, operator_id, added_at)
        VALUES (:id, :name, :folded, :face, :currency, :cost_minor, :valid_days, :operator_id, :added_at)
        """,
        {**pool._asdict(), "folded": folded(pool.name)},
    )


def pools(tx: Transaction) -> list[Pool]:
    """Every pool, oldest first."""
    return [Pool(*row) for row in tx.rows(f"{_POOL} ORDER BY id LIMIT ?", (POOLS_MAX,))]


def pool_of(tx: Transaction, name: str) -> Pool | None:
    """The pool of that name (any case), or None."""
    row = tx.one(f"{_POOL} WHERE folded = ?", (folded(name),))
    return None if row is None else Pool(*row)


def pool_named(tx: Transaction, name: str) -> Pool:
    """The pool of that name. Raises NotFound, with those there are."""
    found = pool_of(tx, name)
    if found is None:
        known = ", ".join(one.name for one in pools(tx)) or "none yet"
        raise NotFound(
            f"There is no pool of coupons {name}: there is {known}. `waconsole coupons import` fills one."
        )
    return found


def costs(tx: Transaction) -> dict[str, Money | None]:
    """What a code of each pool costs us, by the pool's folded name; None where nobody said."""
    return {folded(one.name): one.cost for one in pools(tx)}


def worths(tx: Transaction) -> dict[str, Money | None]:
    """What a code of each pool is worth in money, by the pool's folded name; None for a share, or where nobody said."""
    return {folded(one.name): one.worth for one in pools(tx)}


def known_codes(tx: Transaction, codes: Sequence[str]) -> dict[str, int]:
    """Those of `codes` that are there, with the pool each is in."""
    rows = tx.rows(
        """
        SELECT c.code, c.pool_id
          FROM json_each(:codes) AS wanted
         CROSS JOIN coupon AS c ON c.code = wanted.value
         LIMIT :limit
        """,
        {"codes": json.dumps(codes), "limit": AT_ONCE_MAX},
    )
    return {row["code"]: row["pool_id"] for row in rows}


def add_codes(tx: Transaction, pool_id: int, codes: Sequence[str], *, now: int) -> int:
    """Write new codes, free; answers how many."""
    first = int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM coupon"))
    return tx.executemany(
        "INSERT INTO coupon (id, pool_id, code, state, added_at) VALUES (?, ?, ?, 'free', ?)",
        [(first + place, pool_id, code, now) for place, code in enumerate(codes)],
    ).rowcount


def coupon_coded(tx: Transaction, code: str) -> Coupon:
    """The coupon of that code, exactly or else in another case. Raises NotFound; Refused where several are meant."""
    sql = f"{_COUPON} WHERE code = :code COLLATE NOCASE ORDER BY code = :code DESC LIMIT 2"
    found = [Coupon(*row) for row in tx.rows(sql, {"code": code.strip()})]
    if not found:
        raise NotFound(f"There is no coupon {code}: `waconsole coupons list POOL` shows them.")
    if len(found) > 1 and found[0].code != code.strip():
        raise Refused(f"Several codes read {code} in another case: write it exactly.")
    return found[0]


def coupon_by_source(tx: Transaction, source: str) -> Coupon | None:
    """The coupon that was given for a reason, or None."""
    row = tx.one(f"{_COUPON} WHERE source = ? AND source <> ''", (source,))
    return None if row is None else Coupon(*row)


def coupon_by_id(tx: Transaction, coupon_id: int) -> Coupon:
    """The coupon of this row. Raises NotFound."""
    row = tx.one(f"{_COUPON} WHERE id = ?", (coupon_id,))
    if row is None:
        raise NotFound("There is no such coupon.")
    return Coupon(*row)


def give_next(
    tx: Transaction, pool_id: int, member_id: int, source: str, *, at: int, until: int
) -> Coupon | None:
    """Issue the oldest free code of a pool; None when there is none left."""
    row = tx.one(f"{_COUPON} WHERE pool_id = ? AND state = 'free' ORDER BY id LIMIT 1", (pool_id,))
    if row is None:
        return None
    _done(
        tx,
        """
        UPDATE coupon SET state = 'issued', member_id = :member, source = :source, issued_at = :at, expires_at = :until
         WHERE id = :id AND state = 'free'
        """,
        {"id": row["id"], "member": member_id, "source": source, "at": at, "until": until},
    )
    return coupon_by_id(tx, row["id"])


def move(
    tx: Transaction,
    coupon: Coupon,
    step: str,
    *,
    at: int | None = None,
    order: str = "",
    until: int | None = None,
) -> None:
    """Bring a coupon to where a step brings it. Raises Refused where it cannot go there."""
    sql = {
        EXPIRED: "UPDATE coupon SET state = 'expired' WHERE id = :id AND state = :state",
        WITHDRAWN: "UPDATE coupon SET state = 'withdrawn' WHERE id = :id AND state = :state",
        REINSTATED: "UPDATE coupon SET state = 'issued', expires_at = :until WHERE id = :id AND state = :state",
        REDEEMED: """
            UPDATE coupon SET state = 'redeemed', redeemed_at = :at, order_reference = :order_reference
             WHERE id = :id AND state = :state
        """,
    }[step]
    values = {"id": coupon.id, "state": coupon.state, "at": at, "order_reference": order, "until": until}
    if not _done(tx, sql, values):
        raise Refused(f"The coupon {coupon.code} has changed since: look at it again.")


def add_step(
    tx: Transaction,
    coupon_id: int,
    step: str,
    *,
    reason: str = "",
    order: str = "",
    until: int | None = None,
    operator_id: int | None = None,
    effective_at: int,
    now: int,
) -> None:
    """Write what became of a coupon."""
    _done(
        tx,
        """
        INSERT INTO coupon_step (id, coupon_id, step, reason, order_reference, expires_at, operator_id, effective_at,
                                 recorded_at)
        VALUES ((SELECT coalesce(max(id), 0) + 1 FROM coupon_step), :coupon, :step, :reason, :order_reference, :until,
                :operator, :effective_at, :now)
        """,
        {
            "coupon": coupon_id, "step": step, "reason": reason, "order_reference": order, "until": until,
            "operator": operator_id, "effective_at": effective_at, "now": now,
        },
    )  # fmt: skip


def steps(tx: Transaction, coupon_id: int) -> list[Row]:
    """(step, reason, order_reference, expires_at, operator, effective_at) of a coupon, oldest first."""
    return tx.rows(
        """
        SELECT s.step, s.reason, s.order_reference, s.expires_at, o.name AS operator, s.effective_at
          FROM coupon_step AS s
          LEFT JOIN operator AS o ON o.id = s.operator_id
         WHERE s.coupon_id = ?
         ORDER BY s.id LIMIT ?
        """,
        (coupon_id, STEPS_MAX),
    )


def due(tx: Transaction, now: int, *, limit: int) -> list[Coupon]:
    """Issued coupons whose time is over, the longest over first."""
    sql = f"{_COUPON} WHERE state = 'issued' AND expires_at <= ? ORDER BY expires_at, id LIMIT ?"
    return [Coupon(*row) for row in tx.rows(sql, (now, limit))]


def told_in_orders(tx: Transaction, now: int, *, limit: int) -> list[Row]:
    """(coupon_id, reference, ordered_at) of coupons that an order line carries and nobody redeemed yet, oldest order first.

    An order counts from when the code was issued until it expires, whoever ordered.
    """
    return tx.rows(
        """
        SELECT c.id AS coupon_id, o.reference, o.ordered_at
          FROM coupon AS c
         CROSS JOIN order_line AS l ON l.coupon = c.code COLLATE NOCASE AND l.coupon <> ''
          JOIN visible_order AS o ON o.id = l.order_id
         WHERE c.state IN ('issued', 'expired')
           AND o.ordered_at >= c.issued_at AND o.ordered_at < c.expires_at AND o.ordered_at <= :now
         ORDER BY o.ordered_at, o.reference, c.id
         LIMIT :limit
        """,
        {"now": now, "limit": limit},
    )


def lines_with_several(tx: Transaction, now: int, *, since: int) -> list[Row]:
    """(coupon, reference, ordered_at) of order lines that carry several codes, of orders from `since` on, oldest first."""
    return tx.rows(
        """
        SELECT l.coupon, o.reference, o.ordered_at
          FROM order_line AS l
          JOIN visible_order AS o ON o.id = l.order_id
         WHERE l.coupon <> '' AND l.coupon LIKE '%,%' AND o.ordered_at BETWEEN :since AND :now
         ORDER BY o.ordered_at, o.reference
         LIMIT :limit
        """,
        {"now": now, "since": since, "limit": CODES_MAX},
    )


def first_issued_at(tx: Transaction) -> int | None:
    """When the first of the codes was issued that an order may still redeem; None where there is none."""
    found = tx.value("SELECT min(issued_at) FROM coupon WHERE state IN ('issued', 'expired')")
    return None if found is None else int(found)


def figures(tx: Transaction) -> dict[int, dict[str, int]]:
    """How many codes of each pool stand in each state."""
    found: dict[int, dict[str, int]] = {}
    for row in tx.rows("SELECT pool_id, state, count(*) AS number FROM coupon GROUP BY pool_id, state"):
        found.setdefault(row["pool_id"], {})[row["state"]] = row["number"]
    return found


def listed(tx: Transaction, pool_id: int, state: str | None, *, limit: int | None) -> list[Row]:
    """(code, state, member, phone, source, issued_at, expires_at, redeemed_at, order_reference) of a pool's codes, as they came."""
    return tx.rows(
        """
        SELECT c.id, c.code, c.state, m.ref AS member, p.phone, c.source, c.issued_at, c.expires_at, c.redeemed_at,
               c.order_reference
          FROM coupon AS c
          LEFT JOIN member_root AS r ON r.id = c.member_id
          LEFT JOIN member AS m ON m.id = r.root_id
          LEFT JOIN member_phone AS p ON p.member_id = r.root_id
         WHERE c.pool_id = :pool AND (:state IS NULL OR c.state = :state)
         ORDER BY c.id
         LIMIT :limit
        """,
        {"pool": pool_id, "state": state, "limit": -1 if limit is None else limit},
    )


def free_codes(tx: Transaction, pool_id: int) -> list[Coupon]:
    """The codes of a pool that nobody has, as they came."""
    sql = f"{_COUPON} WHERE pool_id = ? AND state = 'free' ORDER BY id LIMIT ?"
    return [Coupon(*row) for row in tx.rows(sql, (pool_id, CODES_MAX))]
