"""Pools and coupons as they are shown."""

from __future__ import annotations

from typing import Any

from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.members import store as members
from waconsole.shop import store_coupons
from waconsole.shop.coupons import STATES, Coupon


def pools(tx: Transaction) -> list[dict[str, Any]]:
    """Every pool, with how many of its codes stand where."""
    figures = store_coupons.figures(tx)
    return [
        {
            "pool": one.name,
            "face": one.face or None,
            "cost": None if one.cost is None else one.cost.as_json(),
            "valid_days": one.valid_days,
            **{state: figures.get(one.id, {}).get(state, 0) for state in STATES},
            "added_at": iso(one.added_at),
        }
        for one in store_coupons.pools(tx)
    ]


def listed(
    tx: Transaction, name: str, state: str | None, *, limit: int | None
) -> tuple[int, list[dict[str, Any]]]:
    """(how many, the first `limit`) of a pool's codes, as they came. Raises NotFound."""
    pool = store_coupons.pool_named(tx, name)
    figures = store_coupons.figures(tx).get(pool.id, {})
    count = sum(figures.values()) if state is None else figures.get(state, 0)
    return count, [_row(row) for row in store_coupons.listed(tx, pool.id, state, limit=limit)]


def _row(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {
        "code": row["code"],
        "state": row["state"],
        "member": row["member"],
        "phone": row["phone"],
    }
    found |= {"source": row["source"] or None, "order": row["order_reference"] or None}
    for key in ("issued_at", "expires_at", "redeemed_at"):
        found[key] = None if row[key] is None else iso(row[key])
    return found


def shown(tx: Transaction, coupon: Coupon) -> dict[str, Any]:
    """One coupon with what became of it."""
    member = None if coupon.member_id is None else members.member_by_id(tx, coupon.member_id)
    return {
        "code": coupon.code,
        "state": coupon.state,
        "member": None if member is None else member.ref,
        "phone": None if member is None else member.phone,
        "source": coupon.source or None,
        "order": coupon.order_reference or None,
        "issued_at": None if coupon.issued_at is None else iso(coupon.issued_at),
        "expires_at": None if coupon.expires_at is None else iso(coupon.expires_at),
        "redeemed_at": None if coupon.redeemed_at is None else iso(coupon.redeemed_at),
        "steps": [
            {
                "step": row["step"],
                "at": iso(row["effective_at"]),
                "reason": row["reason"],
                "order": row["order_reference"] or None,
                "expires_at": None if row["expires_at"] is None else iso(row["expires_at"]),
                "by": row["operator"],
            }
            for row in store_coupons.steps(tx, coupon.id)
        ],
    }
