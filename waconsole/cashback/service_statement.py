"""A person's statement, as figures, as JSON and as a message."""

from __future__ import annotations

import re
from typing import Any, Final

from waconsole.cashback import store_statement
from waconsole.cashback.statement import StatedLine, Statement
from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.members import store as members
from waconsole.money import Money

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def statement(tx: Transaction, member: str, period: str | None = None, *, now: int) -> Statement:
    """The statement of whoever `member` names, with every row that was merged into them. Raises NotFound, Refused.

    `period` is a calendar month (UTC), 2026-11: the lines earned in it, and what became of them until `now`.
    """
    if period is not None and _MONTH.fullmatch(period) is None:
        raise Refused(f"{period!r} is no month: write it like 2026-11.")
    found = members.member_named(tx, member)
    return Statement(
        member=found.ref,
        payee=found.phone or found.ref,
        name=found.name,
        period=period,
        lines=tuple(store_statement.lines_of(tx, found.id, period)),
        clawback=tuple(store_statement.clawback_of(tx, found.id)),
        at=now,
    )


def as_document(said: Statement) -> dict[str, Any]:
    """A statement as JSON: `totals` by currency, and every line."""
    return {
        "member": said.member,
        "payee": said.payee,
        "period": said.period,
        "solo": said.is_solo,
        "totals": [
            {
                "currency": one.currency,
                "earned_minor": one.earned_minor,
                "reversed_minor": one.reversed_minor,
                "paid_minor": one.paid_minor,
                "due_minor": one.due_minor,
            }
            for one in said.totals
        ],
        "clawback": [{"currency": currency, "minor": minor} for currency, minor in said.clawback],
        "lines": [_row(one) for one in said.lines],
    }


def _row(one: StatedLine) -> dict[str, Any]:
    return {
        "line": one.line,
        "orders": [one.order] if one.order else [],
        "scheme": one.scheme,
        "version": one.version,
        "period": one.period,
        "ordered_at": iso(one.ordered_at),
        "state": one.state,
        "held": one.held,
        "solo": one.solo,
        "currency": one.currency,
        "amount": str(Money(one.earned_minor, one.currency)),
        "earned_minor": one.earned_minor,
        "reversed_minor": one.reversed_minor,
        "paid_minor": one.paid_minor,
        "netted_minor": one.netted_minor,
        "due_minor": one.due_minor,
    }
