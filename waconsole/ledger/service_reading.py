"""What the books answer: rows for commands and panes, and exports."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waconsole.clock import DAY, iso
from waconsole.database import failures
from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.ledger import export
from waconsole.ledger import store_balances as store
from waconsole.ledger.cleared import NOBODY, allowed_days, is_late
from waconsole.ledger.model import member_account
from waconsole.money import decimal
from waconsole.policy import store as policy

CSV, BEANCOUNT = "csv", "beancount"
FORMATS: Final = (CSV, BEANCOUNT)
CLEARING_POLICY: Final = "ledger.clearing"
PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for in one currency: an account, or the accounts of a kind that one person has."""

    name: str
    currency: str
    ids: tuple[int, ...]
    accounts: tuple[str, ...]


def named(tx: Transaction, name: str, *, alone: bool = False) -> list[Named]:
    """What a name stands for, by currency. A person's wallet is theirs under every row that was merged into them.

    An account is for ever, and whoever is merged keeps theirs: `member:REF:KIND` of the row that stands for the person
    is all of that kind, and the person alone (ref, number) all of every kind. Any other name is that account, and with
    `alone` every name is.
    """
    kind, refs = "", list[str]()
    if alone:
        pass
    elif name.startswith("member:"):
        ref, _, kind = name.removeprefix("member:").partition(":")
        refs = store.refs_of(tx, ref)
    elif ":" not in name and not store.accounts_called(tx, name):
        refs = store.refs_of(tx, _number(name))
    found: dict[tuple[str, str], list[Row]] = {}
    for row in store.accounts_of(tx, refs, kind or None) if refs else store.accounts_called(tx, name):
        shown = member_account(refs[0], row["kind"]) if refs else name
        found.setdefault((shown, row["currency"]), []).append(row)
    return [
        Named(*key, tuple(row["id"] for row in rows), tuple(row["name"] for row in rows))
        for key, rows in found.items()
    ]


def _number(who: str) -> str:
    """A number as it is kept, where somebody typed one with a plus or two noughts; anything else as it is."""
    digits = re.sub(r"[\s().\-]", "", who)
    match = re.fullmatch(r"(?:\+|00)([1-9][0-9]{5,14})", digits)
    return who if match is None else f"+{match[1]}"


def balances(tx: Transaction, name: str, *, at: int | None, by_event: bool) -> list[dict[str, Any]]:
    """How what a name stands for (`named`) stands, one for each currency: now, or at `at` by record or by event."""
    rows: list[dict[str, Any]] = []
    for one in named(tx, name):
        row: dict[str, Any] = {"account": one.name, "currency": one.currency}
        if len(one.accounts) > 1 or one.accounts[0] != one.name:
            row["accounts"] = list(one.accounts)
        if at is not None and by_event:
            minor = sum(store.balance_effective(tx, account, at=at) for account in one.ids)
        else:
            found = store.Balance()
            for account in one.ids:
                found += (
                    store.balance(tx, account) if at is None else store.balance_recorded(tx, account, at=at)
                )
            minor = found.posted
            row |= {
                "debits_minor": found.debits_posted,
                "credits_minor": found.credits_posted,
                "debits_pending_minor": found.debits_pending,
                "credits_pending_minor": found.credits_pending,
                "available_minor": found.available,
            }
        row |= {"balance": decimal(minor, one.currency), "balance_minor": minor}
        rows.append(row)
    return rows


def statement(
    tx: Transaction, name: str, currency: str | None, *, alone: bool = False
) -> list[dict[str, Any]]:
    """Every entry of what a name stands for (`named`), in the order of record; `alone` of that very account.

    Raises NotFound.
    """
    found = [
        one
        for one in named(tx, name, alone=alone)
        if currency is None or one.currency.lower() == currency.lower()
    ]
    if not found:
        raise NotFound(f"There is no account {name}: `waconsole ledger accounts` lists them.")
    return [row for one in found for row in _entries(tx, one)]


def _entries(tx: Transaction, one: Named) -> Iterator[dict[str, Any]]:
    """The entries of one currency; of several accounts together, with the balance of all of them after each."""
    entries = [
        _entry_row(row) | ({"account": name} if len(one.ids) > 1 else {})
        for account, name in zip(one.ids, one.accounts, strict=True)
        for row in store.statement(tx, account)
    ]
    if len(one.ids) == 1:
        yield from entries
        return
    last = dict.fromkeys(one.accounts, (0, 0, 0))
    for row in sorted(entries, key=lambda row: row["seq"]):
        last[row["account"]] = row["balance_minor"], row["debits_pending_minor"], row["credits_pending_minor"]
        balance, debits, credits = (sum(parts) for parts in zip(*last.values(), strict=True))
        yield row | {
            "balance": decimal(balance, row["currency"]),
            "balance_minor": balance,
            "debits_pending_minor": debits,
            "credits_pending_minor": credits,
        }


def _entry_row(row: Row) -> dict[str, Any]:
    currency = row["currency"]
    return {
        "transfer": row["ref"],
        "seq": row["seq"],
        "kind": row["kind"],
        "journal": row["journal"],
        "effective_at": iso(row["effective_at"]),
        "recorded_at": iso(row["recorded_at"]),
        "side": "debit" if row["is_debit"] else "credit",
        "other": row["other"],
        "currency": currency,
        "amount_minor": row["amount"],
        "change": decimal(row["delta"], currency),
        "change_minor": row["delta"],
        "balance": decimal(row["balance"], currency),
        "balance_minor": row["balance"],
        "debits_pending_minor": row["debits_pending"],
        "credits_pending_minor": row["credits_pending"],
        "purpose": row["purpose"],
        "source": row["source"],
        "rule": row["rule"],
        "rule_version": row["rule_version"],
        "actor": row["actor"],
        "approved_by": row["approved_by"],
        "reason": row["reason"],
    }


def trial(tx: Transaction) -> list[dict[str, Any]]:
    """Every account's debits and credits; `pending_minor` is what is pending on it, on either side."""
    return [
        {
            "account": row["name"],
            "currency": row["currency"],
            "debits_minor": row["debits_posted"],
            "credits_minor": row["credits_posted"],
            "pending_minor": row["debits_pending"] + row["credits_pending"],
            "debits_pending_minor": row["debits_pending"],
            "credits_pending_minor": row["credits_pending"],
        }
        for row in store.accounts(tx)
    ]


def sums(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """(debits, credits) of a trial balance by currency: equal, or something is wrong."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        debits, credits = found.get(row["currency"], (0, 0))
        found[row["currency"]] = debits + row["debits_minor"], credits + row["credits_minor"]
    return dict(sorted(found.items()))


def late_pending(tx: Transaction, *, now: int) -> list[Row]:
    """Rows of `store_balances.open_pending` older than policy `ledger.clearing` allows, oldest first."""
    days = policy.in_force(tx, CLEARING_POLICY, now=now)[0]["days"]
    return [
        row for row in store.open_pending(tx) if is_late(row["purpose"], row["effective_at"], days, now=now)
    ]


def not_cleared(tx: Transaction, *, now: int) -> list[dict[str, Any]]:
    """Every pending transfer older than policy `ledger.clearing` allows for its purpose, oldest first."""
    days = policy.in_force(tx, CLEARING_POLICY, now=now)[0]["days"]
    return [
        {
            "transfer": row["ref"],
            "purpose": row["purpose"],
            "owner": row["owner"] or NOBODY,
            "debit": row["debit"],
            "credit": row["credit"],
            "currency": row["currency"],
            "amount": decimal(row["amount"], row["currency"]),
            "amount_minor": row["amount"],
            "pended_at": iso(row["effective_at"]),
            "days": (now - row["effective_at"]) // DAY,
            "allowed_days": allowed_days(row["purpose"], days),
            "source": row["source"],
        }
        for row in late_pending(tx, now=now)
    ]


def exported(tx: Transaction, form: str) -> list[str]:
    """Every transfer as lines of CSV or beancount."""
    rows: Sequence[Mapping[str, Any]] = [dict(row) for row in store.moved(tx)]
    return list(export.csv_lines(rows) if form == CSV else export.beancount_lines(rows))


def write(file: Path, lines: Iterable[str]) -> str:
    """Write an export whole, readable by us alone; answers its SHA-256. Raises Refused."""
    text = "".join(f"{line}\n" for line in lines).encode()
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
        with open(descriptor, "wb") as opened:
            opened.write(text)
        os.replace(part, file)
    except OSError as error:
        raise failures.os_in_words(error, file) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return hashlib.sha256(text).hexdigest()
