"""What the books forget of a person: words beside transfers. Amounts, accounts and seals stay as they are."""

from __future__ import annotations

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces
from waconsole.ledger import store


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Take out the words beside transfers of the person's accounts, and wherever they name the person."""
    count = 0
    for account in _accounts(tx, traces):
        count += store.erase_memos(tx, account)
    named, wanted = traces.condition("words")
    ids = [
        (row["id"],)
        for row in tx.execute(f"SELECT id, words FROM transfer_memo WHERE {named}", wanted)
        if traces.found_in(row["words"])
    ]
    tx.executemany("DELETE FROM transfer_memo WHERE id = ?", ids)
    erased.count("transfer_memo", count + len(ids))


def _accounts(tx: Transaction, traces: Traces) -> list[int]:
    return [
        row["id"]
        for ref in traces.refs
        for row in tx.execute(
            "SELECT id FROM account WHERE name >= :first AND name < :last",
            {"first": f"member:{ref}:", "last": f"member:{ref};"},
        )
    ]


def account_names(tx: Transaction, traces: Traces) -> list[tuple[str, str]]:
    """(name, currency) of each account of the person."""
    rows = [
        tx.one("SELECT name, currency FROM account WHERE id = :id", {"id": account})
        for account in _accounts(tx, traces)
    ]
    return [(row["name"], row["currency"]) for row in rows if row is not None]


def owed(tx: Transaction, traces: Traces) -> list[dict[str, object]]:
    """What the books still hold for the person, by account and currency, in minor units: posted and pending."""
    rows = [
        tx.one(
            """
            SELECT name AS account, currency, balance AS balance_minor, debits_pending, credits_pending
              FROM account_balance WHERE id = :id
            """,
            {"id": account},
        )
        for account in _accounts(tx, traces)
    ]
    return [
        {
            "account": row["account"],
            "currency": row["currency"],
            "balance_minor": row["balance_minor"],
            "pending_minor": row["credits_pending"] - row["debits_pending"],
        }
        for row in rows
        if row is not None and (row["balance_minor"] or row["credits_pending"] or row["debits_pending"])
    ]
