"""The books' rows: currencies, accounts, transfers. Entries and balances are written by triggers alone."""

from __future__ import annotations

import sqlite3
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.ledger.model import TRANSFER_COLUMNS, Transfer

_PLACES: Final = ", ".join("?" * len(Transfer._fields))
REVERSALS_MAX: Final = 10_000


def account_id(tx: Transaction, name: str, currency: str) -> int | None:
    """The id of an account, or None."""
    row = tx.one("SELECT id FROM account WHERE name = ? AND currency = ?", (name, currency))
    return None if row is None else int(row[0])


def limit_rule(tx: Transaction, account: int) -> int:
    """An account's limit rule; 0 for one that is not there."""
    return int(tx.value("SELECT limit_rule FROM account WHERE id = ?", (account,)) or 0)


def account_name(tx: Transaction, account: int) -> tuple[str, str]:
    """(name, currency) of an account."""
    row = tx.one("SELECT name, currency FROM account WHERE id = ?", (account,))
    assert row is not None
    return row[0], row[1]


def next_account_id(tx: Transaction) -> int:
    """The id the next account will have."""
    return int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM account"))


def add_currency(tx: Transaction, code: str, minor_units: int) -> None:
    """Make a currency known, unless it is."""
    if tx.one("SELECT 1 FROM currency WHERE code = ?", (code,)) is None:
        tx.execute("INSERT INTO currency (code, minor_units) VALUES (?, ?)", (code, minor_units))


def add_account(
    tx: Transaction, *, account: int, name: str, currency: str, limit_rule: int, now: int, chain_seq: int
) -> None:
    """Write a new account; its balance begins at nothing."""
    tx.execute(
        """
        INSERT INTO account (id, name, currency, limit_rule, opened_at, chain_seq)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (account, name, currency, limit_rule, now, chain_seq),
    )


def next_closing_id(tx: Transaction) -> int:
    """The id the next closing will have."""
    return int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM account_closing"))


def add_closing(
    tx: Transaction, *, closing: int, account: int, now: int, actor: str, reason: str, chain_seq: int
) -> None:
    """Close an account for good. Raises Refused when something stands or is pending on it."""
    try:
        tx.execute(
            """
            INSERT INTO account_closing (id, account_id, closed_at, actor, reason, chain_seq)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            (closing, account, now, actor, reason, chain_seq),
        )
    except sqlite3.IntegrityError as error:
        raise Refused(str(error)) from None


def last_transfer(tx: Transaction) -> tuple[int, int]:
    """(seq, recorded at) of the newest transfer; zeros when there is none."""
    row = tx.one("SELECT seq, recorded_at FROM transfer ORDER BY seq DESC LIMIT 1")
    return (0, 0) if row is None else (row[0], row[1])


def known_body(tx: Transaction, ref: str) -> tuple[int, bytes] | None:
    """(seq, body hash) of the transfer with this id, or None."""
    row = tx.one("SELECT seq, body_hash FROM transfer WHERE ref = ?", (ref,))
    return None if row is None else (row[0], row[1])


def transfer_by_ref(tx: Transaction, ref: str) -> Transfer | None:
    """The transfer with this id, or None."""
    row = tx.one(f"SELECT {TRANSFER_COLUMNS} FROM transfer WHERE ref = ?", (ref,))
    return None if row is None else Transfer(*row)


def transfer_at(tx: Transaction, seq: int) -> Transfer | None:
    """The transfer at `seq`, or None."""
    row = tx.one(f"SELECT {TRANSFER_COLUMNS} FROM transfer WHERE seq = ?", (seq,))
    return None if row is None else Transfer(*row)


def transfers_of_journal(tx: Transaction, journal: str, *, limit: int) -> list[Transfer]:
    """The linked transfers of a journal, in order."""
    sql = f"""
        SELECT {TRANSFER_COLUMNS} FROM transfer WHERE ref = :journal
        UNION ALL
        SELECT {TRANSFER_COLUMNS} FROM transfer WHERE journal = :journal AND journal <> ref
         ORDER BY seq LIMIT :limit
        """
    return [Transfer(*row) for row in tx.rows(sql, {"journal": journal, "limit": limit})]


def add_transfer(tx: Transaction, row: tuple[object, ...]) -> None:
    """Write the next transfer, in the order of `Transfer`. Raises Refused with what the tables say against it."""
    try:
        tx.execute(f"INSERT INTO transfer ({TRANSFER_COLUMNS}) VALUES ({_PLACES})", row)
    except sqlite3.IntegrityError as error:
        raise Refused(str(error)) from None


def add_memo(tx: Transaction, seq: int, salt: bytes, words: str) -> None:
    """Keep personal words beside a transfer."""
    tx.execute("INSERT INTO transfer_memo (id, salt, words) VALUES (?, ?, ?)", (seq, salt, words))


def memo(tx: Transaction, seq: int) -> str:
    """The words kept beside a transfer, empty when there are none or they were erased."""
    return str(tx.value("SELECT words FROM transfer_memo WHERE id = ?", (seq,)) or "")


def erase_memos(tx: Transaction, account: int) -> int:
    """Take out the words beside every transfer of an account; answers how many. The transfers stay provable."""
    return tx.execute(
        """
        DELETE FROM transfer_memo
         WHERE id IN (SELECT (id + 1) / 2 FROM entry WHERE account_id = ?)
        """,
        (account,),
    ).rowcount


def resolution_of(tx: Transaction, seq: int) -> Transfer | None:
    """What became of a pending transfer, or None while it is open."""
    row = tx.one(f"SELECT {TRANSFER_COLUMNS} FROM transfer WHERE pending_seq = ?", (seq,))
    return None if row is None else Transfer(*row)


def reversed_amount(tx: Transaction, seq: int) -> int:
    """How much of a transfer was reversed, in minor units."""
    return int(tx.value("SELECT coalesce(sum(amount), 0) FROM transfer WHERE reverses_seq = ?", (seq,)))


def due_to_expire(tx: Transaction, *, now: int, limit: int) -> list[Transfer]:
    """Open pending transfers whose time has come, oldest first."""
    sql = f"""
        SELECT {TRANSFER_COLUMNS}
          FROM transfer AS p
         WHERE kind = 'pending' AND expires_at <= ?
           AND NOT EXISTS (SELECT 1 FROM transfer AS r WHERE r.pending_seq = p.seq)
         ORDER BY expires_at, seq LIMIT ?
        """
    return [Transfer(*row) for row in tx.rows(sql, (now, limit))]
