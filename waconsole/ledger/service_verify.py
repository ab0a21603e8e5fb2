"""Verify: derive every entry and balance again from the transfers, and hold every sealed row against the chain.

It tells what SQLite cannot refuse to whoever owns the file: a dropped trigger, an edited page, a link made without
the key. `since` leaves out what the last verified point covers; the point itself is sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from waconsole import money
from waconsole.chain import service as chain
from waconsole.chain.seal import BEGINNING, Unsound
from waconsole.chain.service_verify import BY_KIND, Sealed, SealedRow, Tables, check
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.ledger import store, store_verify
from waconsole.ledger.model import (
    ACCOUNT,
    CLOSING,
    ROOM,
    TRANSFER,
    memo_commitment,
    sealed_account,
    sealed_closing,
    sealed_transfer,
    transfer_body,
)
from waconsole.ledger.model import BODY_BEGINS as BODY
from waconsole.ledger.replay import Books

BEGIN: Final = (0, 0, BEGINNING)


class Verified(NamedTuple):
    """How far everything is as it was sealed: the last link and the last transfer, and where it began."""

    link_seq: int
    transfer_seq: int
    since_seq: int


def verify(
    tx: Transaction, others: Sealed, *, since_last: bool = False, tables: Tables = BY_KIND
) -> Verified:
    """Verify the books and the whole chain; `others` are the sealed rows of other rooms, `tables` where they stand.

    Raises Unsound.
    """
    point = (chain.verified_to(tx) if since_last else None) or BEGIN
    after, seq, mac = point
    books = Books(
        since=seq,
        totals=lambda account: store_verify.totals_at(tx, account, seq),
        earlier=lambda wanted: store.transfer_at(tx, wanted),
        reversed_before=lambda original: store_verify.reversed_before(tx, original, seq),
        limits=lambda account: store.limit_rule(tx, account),
    )
    sealed: Sealed = {
        **others,
        (ROOM, TRANSFER): partial(_transfers, books=books, seq=seq),
        (ROOM, ACCOUNT): _accounts,
        (ROOM, CLOSING): _closings,
    }
    link_seq = check(tx, sealed, since=(after, mac), tables=tables)
    _check_balances(tx, books, whole=point is BEGIN)
    _check_currencies(tx)
    _check_accounts(tx)
    if point is BEGIN:
        _check_memos(tx)
        chain.points_check(tx)
    return Verified(link_seq, store_verify.transfer_count(tx), seq)


def _transfers(tx: Transaction, after: int, *, books: Books, seq: int) -> Iterator[SealedRow]:
    """Every transfer, once its entries are what the books say."""
    entries = store_verify.entries_after(tx, seq)
    recorded_at = 0
    for row in store_verify.transfers_after(tx, seq):
        seq += 1
        if row.seq != seq:
            raise Unsound("transfer", seq, f"Transfer {seq} is missing.")
        body = transfer_body(row[BODY:])
        if body != row.body_hash:
            raise Unsound("transfer", seq, f"Transfer {seq} was changed after it was sealed.")
        if row.recorded_at < recorded_at:
            raise Unsound("transfer", seq, f"Transfer {seq} was recorded before the one before it.")
        recorded_at = row.recorded_at
        hashed = sealed_transfer(seq, recorded_at, row.released, row.memo_commit, body)
        yield SealedRow(row.chain_seq, seq, hashed)
        for wanted in books.apply(row):
            if next(entries, None) != wanted:
                raise Unsound("entry", wanted[0], f"Entry {wanted[0]} is not what transfer {seq} makes.")
    left = next(entries, None)
    if left is not None:
        raise Unsound("entry", left[0], f"Entry {left[0]} belongs to no transfer.")


def _accounts(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for link, account, name, currency, limit_rule, opened_at in store_verify.accounts_after(tx, after):
        yield SealedRow(link, account, sealed_account(account, name, currency, limit_rule, opened_at))


def _closings(tx: Transaction, after: int) -> Iterator[SealedRow]:
    for link, closing, account, closed_at, actor, reason in store_verify.closings_after(tx, after):
        yield SealedRow(link, closing, sealed_closing(closing, account, closed_at, actor, reason))


def _check_balances(tx: Transaction, books: Books, *, whole: bool) -> None:
    odd = store_verify.account_without_balance(tx)
    if odd is not None:
        raise Unsound("balance", odd, f"Account {odd} and its balance are not both there.")
    odd = store_verify.balance_unlike_entry(tx)
    if odd is not None:
        raise Unsound("balance", odd, f"The balance of account {odd} is not what its entries say.")
    sums: dict[str, int] = {}
    for account, last_seq, *totals in store_verify.balances(tx):
        wanted = books.totals.get(account)
        if wanted is None and not whole:
            continue
        if (wanted or [0, 0, 0, 0]) != totals or books.last_seq.get(account, 0) != last_seq:
            raise Unsound(
                "balance", account, f"The balance of account {account} is not what its transfers make."
            )
        currency = store.account_name(tx, account)[1]
        sums[currency] = sums.get(currency, 0) + totals[1] - totals[0]
    if whole and any(sums.values()):
        raise Unsound("balance", None, "The books do not sum up to nothing.")


def _check_currencies(tx: Transaction) -> None:
    for row_id, code, digits in store_verify.currencies(tx):
        try:
            is_right = money.exponent(code) == digits
        except Refused:
            is_right = False
        if not is_right:
            raise Unsound("currency", row_id, f"{code} does not have {digits} decimals.")


def _check_accounts(tx: Transaction) -> None:
    odd = store_verify.account_without_currency(tx)
    if odd is not None:
        raise Unsound("account", odd, f"Account {odd} is in a currency that is not there.")


def _check_memos(tx: Transaction) -> None:
    for seq, salt, words, commit in store_verify.memos(tx):
        if commit is None or memo_commitment(salt, words) != commit:
            raise Unsound("transfer_memo", seq, f"The words beside transfer {seq} were changed.")
