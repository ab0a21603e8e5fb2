"""What verification reads: rows as they stand, streamed in the order in which they were sealed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.ledger.model import TRANSFER_COLUMNS, Transfer
from waconsole.ledger.replay import NOTHING, Entry

_TOTALS: Final = "debits_posted, credits_posted, debits_pending, credits_pending"


def transfers_after(tx: Transaction, seq: int) -> Iterator[Transfer]:
    """Every transfer after `seq`, in order."""
    cursor = tx.execute(f"SELECT {TRANSFER_COLUMNS} FROM transfer WHERE seq > ? ORDER BY seq", (seq,))
    cursor.row_factory = None
    return map(Transfer._make, cursor)


def entries_after(tx: Transaction, seq: int) -> Iterator[Entry]:
    """Every entry of the transfers after `seq`, in order."""
    cursor = tx.execute(
        f"SELECT id, account_id, effective_at, delta, {_TOTALS} FROM entry WHERE id > ? ORDER BY id",
        (2 * seq,),
    )
    cursor.row_factory = None
    return iter(cursor)


def accounts_after(tx: Transaction, link_seq: int) -> Iterator[tuple[int, int, str, str, int, int]]:
    """(link, id, name, currency, limit rule, opened at) of every account sealed after a link."""
    cursor = tx.execute(
        "SELECT chain_seq, id, name, currency, limit_rule, opened_at FROM account WHERE chain_seq > ? ORDER BY id",
        (link_seq,),
    )
    cursor.row_factory = None
    return iter(cursor)


def closings_after(tx: Transaction, link_seq: int) -> Iterator[tuple[int, int, int, int, str, str]]:
    """(link, id, account, closed at, actor, reason) of every closing sealed after a link."""
    cursor = tx.execute(
        """
        SELECT chain_seq, id, account_id, closed_at, actor, reason
          FROM account_closing WHERE chain_seq > ? ORDER BY id
        """,
        (link_seq,),
    )
    cursor.row_factory = None
    return iter(cursor)


def totals_at(tx: Transaction, account: int, seq: int) -> list[int]:
    """An account's four totals after the transfer `seq`."""
    row = tx.one(
        f"SELECT {_TOTALS} FROM entry WHERE account_id = ? AND id <= ? ORDER BY id DESC LIMIT 1",
        (account, 2 * seq),
    )
    return list(NOTHING if row is None else row)


def reversed_before(tx: Transaction, original: int, seq: int) -> int:
    """How much of a transfer was reversed up to the transfer `seq`."""
    sql = "SELECT coalesce(sum(amount), 0) FROM transfer WHERE reverses_seq = ? AND seq <= ?"
    return int(tx.value(sql, (original, seq)))


def balances(tx: Transaction) -> Iterator[tuple[int, int, int, int, int, int]]:
    """(account, last transfer, the four totals) of every balance."""
    cursor = tx.execute(f"SELECT id, last_seq, {_TOTALS} FROM balance ORDER BY id")
    cursor.row_factory = None
    return iter(cursor)


def balance_unlike_entry(tx: Transaction) -> int | None:
    """The first account whose balance is not what its last entry says, or None."""
    row = tx.one(
        """
        SELECT b.id
          FROM balance AS b
          LEFT JOIN entry AS e ON e.id = (SELECT max(id) FROM entry WHERE account_id = b.id)
         WHERE b.last_seq <> coalesce((e.id + 1) / 2, 0)
            OR b.debits_posted <> coalesce(e.debits_posted, 0) OR b.credits_posted <> coalesce(e.credits_posted, 0)
            OR b.debits_pending <> coalesce(e.debits_pending, 0) OR b.credits_pending <> coalesce(e.credits_pending, 0)
         LIMIT 1
        """
    )
    return None if row is None else int(row[0])


def account_without_balance(tx: Transaction) -> int | None:
    """An account without a balance, or a balance without an account; None when each has its own."""
    row = tx.one(
        """
        SELECT id FROM account WHERE id NOT IN (SELECT id FROM balance)
        UNION ALL
        SELECT id FROM balance WHERE id NOT IN (SELECT id FROM account)
         LIMIT 1
        """
    )
    return None if row is None else int(row[0])


def currencies(tx: Transaction) -> list[tuple[int, str, int]]:
    """(id, code, digits) of every currency."""
    return [(row[0], row[1], row[2]) for row in tx.rows("SELECT id, code, minor_units FROM currency")]


def account_without_currency(tx: Transaction) -> int | None:
    """An account in a currency the ledger does not know, or None."""
    row = tx.one("SELECT id FROM account WHERE currency NOT IN (SELECT code FROM currency) LIMIT 1")
    return None if row is None else int(row[0])


def memos(tx: Transaction) -> Iterator[tuple[int, bytes, str, bytes | None]]:
    """(transfer, salt, words, the commitment its transfer holds) of everything that was not erased."""
    cursor = tx.execute(
        "SELECT m.id, m.salt, m.words, t.memo_commit FROM transfer_memo AS m LEFT JOIN transfer AS t ON t.seq = m.id"
    )
    cursor.row_factory = None
    return iter(cursor)


def transfer_count(tx: Transaction) -> int:
    """How many transfers there are, as their numbers say."""
    return int(tx.value("SELECT coalesce(max(seq), 0) FROM transfer"))
