"""Balances: now, as of the time of record, as of the time of the event; statements; the trial balance; what is open."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.database.connection import Row, Transaction

ACCOUNTS_MAX: Final = 1_000_000
LINES_MAX: Final = 1_000_000


class Balance(NamedTuple):
    """The four totals of an account in minor units: posted and pending, on either side."""

    debits_posted: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    credits_pending: int = 0

    def __add__(self, other: object) -> Balance:
        """Both together."""
        assert isinstance(other, Balance)
        return Balance(*(one + more for one, more in zip(self, other, strict=True)))

    @property
    def posted(self) -> int:
        """Credits − debits that were posted."""
        return self.credits_posted - self.debits_posted

    @property
    def available(self) -> int:
        """What may still be taken from a wallet: what is pending on its debit side is held."""
        return self.posted - self.debits_pending


_TOTALS: Final = "debits_posted, credits_posted, debits_pending, credits_pending"


def balance(tx: Transaction, account: int) -> Balance:
    """How an account stands now."""
    row = tx.one(f"SELECT {_TOTALS} FROM balance WHERE id = ?", (account,))
    return Balance() if row is None else Balance(*row)


def balance_recorded(tx: Transaction, account: int, *, at: int) -> Balance:
    """How an account stood in the books at the instant `at` of record."""
    row = tx.one(
        f"SELECT {_TOTALS} FROM entry WHERE account_id = ? AND id <= ? ORDER BY id DESC LIMIT 1",
        (account, 2 * seq_recorded(tx, at=at)),
    )
    return Balance() if row is None else Balance(*row)


def balance_effective(tx: Transaction, account: int, *, at: int) -> int:
    """Credits − debits of everything that happened up to `at`, whenever it was recorded; minor units."""
    sql = "SELECT coalesce(sum(delta), 0) FROM entry WHERE account_id = ? AND effective_at <= ?"
    return int(tx.value(sql, (account, at)))


def seq_recorded(tx: Transaction, *, at: int) -> int:
    """The last transfer recorded at or before `at`; 0 when there is none. The books grow in order: we halve."""
    low, high = 0, int(tx.value("SELECT coalesce(max(seq), 0) FROM transfer"))
    while low < high:
        middle = (low + high + 1) // 2
        if tx.value("SELECT recorded_at FROM transfer WHERE seq = ?", (middle,)) <= at:
            low = middle
        else:
            high = middle - 1
    return low


def accounts(tx: Transaction, prefix: str = "") -> list[Row]:
    """Every account whose name begins with `prefix`, with its totals, by name and currency."""
    return tx.rows(
        """
        SELECT id, name, currency, limit_rule, closed, debits_posted, credits_posted, debits_pending, credits_pending,
               balance
          FROM account_balance
         WHERE name >= :prefix AND name < :beyond
         ORDER BY name, currency
         LIMIT :limit
        """,
        {"prefix": prefix, "beyond": prefix + "\U0010ffff", "limit": ACCOUNTS_MAX},
    )


def accounts_called(tx: Transaction, name: str) -> list[Row]:
    """The accounts of a name, one for each of its currencies."""
    sql = "SELECT id, name, currency, limit_rule, closed FROM account_balance WHERE name = ? ORDER BY currency LIMIT ?"
    return tx.rows(sql, (name, ACCOUNTS_MAX))


def refs_of(tx: Transaction, who: str) -> list[str]:
    """The refs of every row of the person whom a ref, a number or a BSUID names, of the row that stands for them first.

    Empty where nobody is called so, and where it is the ref of a row that another one stands for: its accounts are its own.
    """
    rows = tx.rows(
        """
        SELECT m.ref
          FROM (SELECT id FROM member WHERE ref = :who
                 UNION
                SELECT member_id FROM alias WHERE kind IN ('phone', 'bsuid') AND value = :who AND group_id = 0) AS me
          JOIN member_root AS r ON r.root_id = me.id
          JOIN member AS m ON m.id = r.id
         ORDER BY m.id <> me.id, m.id
         LIMIT :limit
        """,
        {"who": who, "limit": ACCOUNTS_MAX},
    )
    return [row["ref"] for row in rows]


def accounts_of(tx: Transaction, refs: Sequence[str], kind: str | None) -> list[Row]:
    """The accounts of members by their refs: of one kind (`payable`, …), or of every kind; by kind and currency."""
    return tx.rows(
        """
        SELECT a.id, a.name, a.currency, substr(a.name, length(w.value) + 9) AS kind
          FROM json_each(:refs) AS w
          JOIN account AS a ON a.name > 'member:' || w.value || ':' AND a.name < 'member:' || w.value || ';'
         WHERE :kind IS NULL OR a.name = 'member:' || w.value || ':' || :kind
         ORDER BY 4, a.currency, a.id
         LIMIT :limit
        """,
        {"refs": json.dumps(list(refs)), "kind": kind, "limit": ACCOUNTS_MAX},
    )


def statement(tx: Transaction, account: int, *, limit: int = LINES_MAX) -> list[Row]:
    """Every entry of an account in the order of record, with its transfer and the other account."""
    return tx.rows(
        """
        SELECT t.seq, t.ref, t.kind, t.journal, t.amount, t.currency, t.purpose, t.source, t.rule, t.rule_version,
               t.effective_at, t.recorded_at, t.actor, t.approved_by, t.reason, other.name AS other, e.delta,
               e.credits_posted - e.debits_posted AS balance, e.debits_pending, e.credits_pending,
               (e.id = 2 * t.seq - 1) AS is_debit
          FROM entry AS e
          JOIN transfer AS t ON t.seq = (e.id + 1) / 2
          JOIN account AS other ON other.id = CASE WHEN e.id = 2 * t.seq - 1 THEN t.credit_id ELSE t.debit_id END
         WHERE e.account_id = :account
         ORDER BY e.id
         LIMIT :limit
        """,
        {"account": account, "limit": limit},
    )


def open_pending(tx: Transaction, *, limit: int = LINES_MAX) -> list[Row]:
    """Every pending transfer that is neither posted, voided nor expired, oldest first, with its accounts."""
    return tx.rows(
        """
        SELECT p.seq, p.ref, p.purpose, p.owner, p.source, p.amount, p.currency, p.recorded_at, p.effective_at,
               p.expires_at, p.reason, d.name AS debit, c.name AS credit
          FROM open_transfer AS p
          JOIN account AS d ON d.id = p.debit_id
          JOIN account AS c ON c.id = p.credit_id
         ORDER BY p.effective_at, p.seq
         LIMIT :limit
        """,
        {"limit": limit},
    )


def moved(tx: Transaction, *, limit: int = LINES_MAX) -> list[Row]:
    """Every transfer with the names of its accounts, in order, for an export."""
    return tx.rows(
        """
        SELECT t.seq, t.ref, t.kind, t.journal, d.name AS debit, c.name AS credit, t.currency, t.amount, p.ref AS pending,
               r.ref AS reverses, t.purpose, t.owner, t.source, t.rule, t.rule_version, t.effective_at, t.recorded_at,
               t.expires_at, t.actor, t.approved_by, t.reason
          FROM transfer AS t
          JOIN account AS d ON d.id = t.debit_id
          JOIN account AS c ON c.id = t.credit_id
          LEFT JOIN transfer AS p ON p.seq = t.pending_seq
          LEFT JOIN transfer AS r ON r.seq = t.reverses_seq
         ORDER BY t.seq
         LIMIT :limit
        """,
        {"limit": limit},
    )
