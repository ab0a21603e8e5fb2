"""The books once more, from nothing but the transfers: what every entry and balance must be. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from waconsole.chain.seal import Unsound
from waconsole.ledger.model import (
    CREDITS_UP_TO_DEBITS,
    DEBITS_UP_TO_CREDITS,
    EXPIRE,
    MOVES,
    PENDING,
    POST,
    RESOLVES,
    REVERSAL,
    SINGLE,
    Transfer,
)

# debits posted, credits posted, debits pending, credits pending
Totals = list[int]
# An entry as it is stored: id, account, effective at, delta, and the four totals after it.
Entry = tuple[int, int, int, int, int, int, int, int]

DEBITS, CREDITS, HELD_DEBITS, HELD_CREDITS = range(4)
NOTHING: Final = (0, 0, 0, 0)


class Books:
    """Every account's totals as the transfers seen so far make them."""

    def __init__(
        self,
        *,
        since: int,
        totals: Callable[[int], Totals],
        earlier: Callable[[int], Transfer | None],
        reversed_before: Callable[[int], int],
        limits: Callable[[int], int],
    ) -> None:
        """What came up to the transfer `since` is asked: totals, limit rules, a transfer, how much of it was reversed."""
        self._since = since
        self.totals: dict[int, Totals] = {}
        self.last_seq: dict[int, int] = {}
        self._of, self._earlier, self._reversed_before, self._limit_of = (
            totals,
            earlier,
            reversed_before,
            limits,
        )
        self._limits: dict[int, int] = {}
        self._open: dict[int, Transfer] = {}
        self._reversed: dict[int, int] = {}

    def apply(self, row: Transfer) -> tuple[Entry, Entry]:
        """The two entries this transfer makes, debit first. Raises Unsound when a rule forbids it."""
        kind, amount, seq = row.kind, row.amount, row.seq
        if kind == PENDING:
            self._open[seq] = row
        elif kind in RESOLVES:
            self._resolve(row)
        elif kind == REVERSAL:
            self._reverse(row)
        if (kind not in RESOLVES and row.released) or row.debit_id == row.credit_id or amount <= 0:
            raise Unsound("transfer", seq, f"Transfer {seq} moves what it cannot.")
        debit, credit = self._account(row.debit_id), self._account(row.credit_id)
        moved = amount if kind in MOVES else 0
        held = amount if kind == PENDING else -row.released
        debit[DEBITS] += moved
        debit[HELD_DEBITS] += held
        credit[CREDITS] += moved
        credit[HELD_CREDITS] += held
        self.last_seq[row.debit_id] = self.last_seq[row.credit_id] = seq
        if moved or held > 0:
            self._check_limits(row, debit, credit)
        at = row.effective_at
        return (
            (2 * seq - 1, row.debit_id, at, -moved, debit[0], debit[1], debit[2], debit[3]),
            (2 * seq, row.credit_id, at, moved, credit[0], credit[1], credit[2], credit[3]),
        )

    def _account(self, account: int) -> Totals:
        found = self.totals.get(account)
        if found is None:
            found = self.totals[account] = self._of(account)
        return found

    def _check_limits(self, row: Transfer, debit: Totals, credit: Totals) -> None:
        rule = self._limit(row.debit_id)
        if rule == DEBITS_UP_TO_CREDITS and debit[DEBITS] + debit[HELD_DEBITS] > debit[CREDITS]:
            raise Unsound("transfer", row.seq, f"Transfer {row.seq} takes more than the account held.")
        rule = self._limit(row.credit_id)
        if rule == CREDITS_UP_TO_DEBITS and credit[CREDITS] + credit[HELD_CREDITS] > credit[DEBITS]:
            raise Unsound("transfer", row.seq, f"Transfer {row.seq} goes over what the account may take.")

    def _limit(self, account: int) -> int:
        found = self._limits.get(account)
        if found is None:
            found = self._limits[account] = self._limit_of(account)
        return found

    def _resolve(self, row: Transfer) -> None:
        pending = row.pending_seq or 0
        held = self._open.pop(pending, None) if pending > self._since else self._earlier(pending)
        fits = (
            held is not None
            and held.seq < row.seq
            and held.kind == PENDING
            and (held.debit_id, held.credit_id, held.amount) == (row.debit_id, row.credit_id, row.released)
            and (row.amount <= held.amount if row.kind == POST else row.amount == held.amount)
            and (row.kind != EXPIRE or held.expires_at is not None)
        )
        if not fits:
            raise Unsound("transfer", row.seq, f"Transfer {row.seq} ends a pending one that is not open.")

    def _reverse(self, row: Transfer) -> None:
        original = self._earlier(row.reverses_seq or 0)
        if (
            original is None
            or original.seq >= row.seq
            or original.kind not in (SINGLE, POST)
            or (original.debit_id, original.credit_id) != (row.credit_id, row.debit_id)
        ):
            raise Unsound("transfer", row.seq, f"Transfer {row.seq} reverses what was never moved.")
        before = self._reversed.get(original.seq)
        if before is None:
            before = self._reversed_before(original.seq)
        self._reversed[original.seq] = before + row.amount
        if before + row.amount > original.amount:
            raise Unsound("transfer", row.seq, f"Transfer {row.seq} reverses more than was moved.")
