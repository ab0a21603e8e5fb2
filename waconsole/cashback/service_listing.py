"""Lines and attributions as they are asked for: rows of a list, one line with its cause."""

from __future__ import annotations

import json
from typing import Any

from waconsole.cashback import store_lines, store_schemes
from waconsole.cashback.service_schemes import scheme
from waconsole.clock import iso
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.members import store as members
from waconsole.money import Money
from waconsole.policy import store as policy


def lines(
    tx: Transaction, *, state: str | None, payee: str | None, scheme_name: str | None, limit: int | None
) -> tuple[int, list[dict[str, Any]]]:
    """(how many lines there are, the first `limit` of them) as rows of `cashback list`. Raises NotFound."""
    count, rows = store_lines.lines(
        tx,
        state=state,
        payee_root_id=None if payee is None else members.member_named(tx, payee).id,
        scheme_id=None if scheme_name is None else scheme(tx, scheme_name).id,
        limit=limit,
    )
    return count, [line_row(row) for row in rows]


def line_row(row: Row) -> dict[str, Any]:
    """A line as a row of `cashback list`: amounts as money, the payee as a person."""
    return {
        "line": row["line"],
        "payee": {"member": row["member"], "phone": row["phone"]},
        "amount": Money(row["amount_minor"], row["currency"]).as_json(),
        "reversed": Money(row["reversed_minor"], row["currency"]).as_json(),
        "state": row["state"],
        "held": bool(row["held"]),
        "solo": bool(row["solo"]),
        "disputed": bool(row["disputed"]),
        "orders": [] if row["order_reference"] is None else [row["order_reference"]],
        "scheme": row["scheme"],
        "version": row["version"],
        "period": row["period"],
        "ordered_at": iso(row["ordered_at"]),
        "matures_at": iso(row["matures_at"]),
    }


def line(tx: Transaction, ref: str) -> dict[str, Any]:
    """One line with its cause: what the rule saw, the rule as it was, what refunds took back. Raises NotFound."""
    row = found(tx, ref)
    money = row["currency"]
    return line_row(row) | {
        "accrued_at": iso(row["accrued_at"]),
        "basis": Money(row["basis_minor"], money).as_json(),
        "before_cap": Money(row["full_minor"], money).as_json(),
        "rule": row["rule"],
        "terms": policy.version(tx, row["rule"], row["version"]),
        "inputs": json.loads(row["inputs"]),
        "reversals": [
            {
                "refunded_at": iso(one.refunded_at),
                "refunded": Money(one.refunded_minor, money).as_json(),
                "amount": Money(one.amount_minor, money).as_json(),
                "total": Money(one.total_minor, money).as_json(),
            }
            for one in store_lines.reversals(tx, row["id"])
        ],
        "disputes": [
            {"by": one["operator"], "at": iso(one["disputed_at"]), "reason": one["reason"]}
            for one in store_lines.disputes(tx, row["id"])
        ],
    }


def found(tx: Transaction, ref: str) -> Row:
    """The line of that ref, as in `store_lines.lines`. Raises NotFound."""
    row = store_lines.line_named(tx, ref.strip())
    if row is None:
        raise NotFound(f"There is no line {ref}: `waconsole cashback list` shows them.")
    return row


def attributions(tx: Transaction, buyer: str) -> list[dict[str, Any]]:
    """What was said of whose a buyer's orders are, oldest word first. Raises NotFound."""
    member = members.member_named(tx, buyer)
    rows = []
    for row in store_schemes.attributions(tx, [member.id]):
        whose = row["referrer_root_id"]
        referrer = None if whose is None else members.member_by_id(tx, whose)
        rows.append(
            {
                "buyer": member.phone or member.ref,
                "referrer": None if referrer is None else referrer.phone or referrer.ref,
                "from": iso(row["valid_from"]),
                "origin": row["origin"],
                "by": row["operator"] or row["origin"],
                "at": iso(row["recorded_at"]),
                "reason": row["reason"],
            }
        )
    return rows
