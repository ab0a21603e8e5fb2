"""Write lines: the cap used up in turn, the budget asked, each line sealed, and its amount held by the books."""

from __future__ import annotations

import json
from typing import Any, Final

from waconsole.cashback import model, store_earning, store_lines
from waconsole.cashback.earning import (
    Terms,
    Version,
    cap_minor,
    cut,
    full_minor,
    matures_at,
    month_bounds,
    month_of,
)
from waconsole.cashback.lines import LINE, LineRow, credit_line_ref, order_line_ref, sealed
from waconsole.cashback.roster import Ambassador, Earner, Order, Roster, Scheme
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.ledger import service as ledger
from waconsole.ledger import store as books
from waconsole.ledger import store_balances
from waconsole.ledger.model import DEBITS_UP_TO_CREDITS, PAYABLE, Wanted, member_account
from waconsole.money import Money, decimal

ACTOR: Final = "rule"
AMOUNT_MAX: Final = 9_007_199_254_740_991  # minor units: what one transfer holds


class Writing:
    """Lines that are written together, in one transaction."""

    def __init__(self, tx: Transaction, who: Roster, over: set[str], beyond: set[str], *, now: int) -> None:
        """`over` names the schemes whose budget has nothing left: nothing is added to them any more.

        `beyond` takes the orders that earn more than the books can hold: they earn nothing.
        """
        self._tx, self._who, self._over, self._beyond, self._now = tx, who, over, beyond, now
        self._next_id = next_id(tx, "cashback_line")
        self._lines: list[LineRow] = []
        self._wanted: list[Wanted] = []
        self._used: dict[tuple[int, int, str, str], int] = {}
        self._left: dict[tuple[str, str], int | None] = {}

    def add_order(self, order: Order, earner: Earner) -> None:
        """What an order earns under a scheme, as far as its cap and its budget let it."""
        scheme, version, one = earner.scheme, earner.version, earner.ambassador
        terms = version.terms
        assert terms.rate is not None
        month = month_of(order.ordered_at)
        full = full_minor(terms.rate, order.total_minor)
        cap, used = cap_minor(terms, order.currency), 0
        person = (one.root_id, scheme.id, month, order.currency)
        if cap is not None:
            if person not in self._used:
                rows = [row.id for row in self._who.same_person(one)]
                self._used[person] = store_earning.earned_in_month(self._tx, rows, month, order.currency)
            used = self._used[person]
        amount = cut(full, cap, used)
        inputs = {
            "order": order.reference,
            "buyer": order.buyer,
            "own_order": order.buyer_id == one.root_id,
            "total": decimal(order.total_minor, order.currency),
            "rate": str(terms.rate),
            "basis": terms.basis,
            "cap_minor": cap,
            "cap_used_minor": used,
            "return_days": terms.return_days,
            "joined_at": None if earner.joined_at is None else iso(earner.joined_at),
            "attribution": earner.word_id,
            "others": list(earner.others),
        }
        row = self._row(
            order_line_ref(scheme.name, order.reference), scheme, version.version, one, terms, inputs,
            order_id=order.id, month=month, basis=Money(order.total_minor, order.currency), full=full, amount=amount,
            ordered_at=order.ordered_at,
        )  # fmt: skip
        if self._add(row, scheme, one, source=order.reference) and cap is not None:
            self._used[person] = used + amount

    def add_month(self, scheme: Scheme, version: Version, one: Ambassador, month: str) -> None:
        """A whole month's credit."""
        terms = version.terms
        assert terms.credit is not None
        row = self._row(
            credit_line_ref(scheme.name, one.ref, month), scheme, version.version, one, terms,
            {"credit": str(terms.credit), "month": month, "return_days": terms.return_days},
            order_id=None, month=month, basis=terms.credit, full=terms.credit.minor, amount=terms.credit.minor,
            ordered_at=month_bounds(month)[1],
        )  # fmt: skip
        self._add(row, scheme, one, source=month)

    def _row(
        self,
        ref: str,
        scheme: Scheme,
        version: int,
        one: Ambassador,
        terms: Terms,
        inputs: dict[str, Any],
        *,
        order_id: int | None,
        month: str,
        basis: Money,
        full: int,
        amount: int,
        ordered_at: int,
    ) -> LineRow:
        return LineRow(
            id=self._next_id + len(self._lines),
            ref=ref,
            scheme_id=scheme.id,
            ambassador_id=one.id,
            payee_id=one.member_id,
            order_id=order_id,
            period=month,
            currency=basis.currency,
            basis_minor=basis.minor,
            full_minor=full,
            amount_minor=amount,
            rule=scheme.policy,
            rule_version=version,
            inputs=json.dumps(inputs, sort_keys=True, ensure_ascii=False),
            ordered_at=ordered_at,
            matures_at=matures_at(terms, ordered_at),
            accrued_at=self._now,
        )

    def _add(self, row: LineRow, scheme: Scheme, one: Ambassador, *, source: str) -> bool:
        """Add a line, unless the budget has not enough left for it: then the scheme waits, so that turns are kept."""
        if scheme.name in self._over:
            return False
        if row.amount_minor > AMOUNT_MAX:
            self._beyond.add(source)
            return False
        budget = (model.budget_account(scheme.name), row.currency)
        left = self._budget_left(*budget)
        if left is not None:
            if left < row.amount_minor:
                self._over.add(scheme.name)
                return False
            self._left[budget] = left - row.amount_minor
        self._lines.append(row)
        if row.amount_minor:
            self._wanted.append(
                Wanted(
                    ref=model.accrual_ref(row.ref, 1),
                    debit=budget[0],
                    credit=member_account(one.ref, PAYABLE),
                    money=Money(row.amount_minor, row.currency),
                    purpose=model.PURPOSE,
                    effective_at=row.ordered_at,
                    actor=ACTOR,
                    owner=one.added_by,
                    source=source,
                    rule=row.rule,
                    rule_version=row.rule_version,
                )
            )
        return True

    def _budget_left(self, name: str, currency: str) -> int | None:
        """What a budget may still hold, or None where none was set in this currency."""
        key = (name, currency)
        if key not in self._left:
            account = books.account_id(self._tx, name, currency)
            has_limit = account is not None and books.limit_rule(self._tx, account) == DEBITS_UP_TO_CREDITS
            self._left[key] = (
                store_balances.balance(self._tx, account).available
                if account is not None and has_limit
                else None
            )
        return self._left[key]

    def write(self) -> list[LineRow]:
        """Write everything that was added; answers the lines."""
        if self._lines:
            first = chain.append_many(
                self._tx, model.ROOM, LINE, [(row.id, sealed(row)) for row in self._lines]
            )
            for link, row in enumerate(self._lines, first):
                store_lines.add_line(self._tx, row, link)
            ledger.pend_many(self._tx, self._wanted, now=self._now)
        return self._lines
