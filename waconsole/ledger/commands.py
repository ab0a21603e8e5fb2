"""The books as they are typed: accounts, balances, statements, the trial balance, what has not cleared, exports."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from waconsole.chain import service as chain
from waconsole.clock import iso, parse_iso
from waconsole.command import Answer, Argument, Command, Invocation, listed
from waconsole.database.connection import Database, Row, Transaction
from waconsole.errors import NotFound, UsageError
from waconsole.ledger import service_reading
from waconsole.ledger import store_balances as store
from waconsole.ledger.model import LIMIT_WORDS
from waconsole.money import decimal
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators.store import Act


async def _accounts(database: Database, call: Invocation) -> Answer:
    prefix = call.values["prefix"] or ""
    rows = [_account_row(row) for row in await database.read(lambda tx: store.accounts(tx, prefix))]
    document = listed(rows, call.limit)
    lines = tuple(f"{row['account']}  {row['balance']} {row['currency']}" for row in document["rows"])
    return Answer(document, lines or ("No account has such a name.",))


def _account_row(row: Row) -> dict[str, Any]:
    return {
        "account": row["name"],
        "currency": row["currency"],
        "balance": decimal(row["balance"], row["currency"]),
        "balance_minor": row["balance"],
        "pending_minor": row["debits_pending"] + row["credits_pending"],
        "limit": LIMIT_WORDS.get(row["limit_rule"], "unknown"),
        "closed": bool(row["closed"]),
    }


async def _balance(database: Database, call: Invocation) -> Answer:
    name, text, by_event = call.values["account"], call.values["as_of"], call.values["event_time"]
    if by_event and text is None:
        raise UsageError("--event-time goes with --as-of T.")
    at = None if text is None else _instant(text)
    rows = await database.read(lambda tx: service_reading.balances(tx, name, at=at, by_event=by_event))
    if call.values["currency"] is not None:
        rows = [row for row in rows if row["currency"].lower() == call.values["currency"].lower()]
    if not rows:
        raise NotFound(f"There is no account {name}: `waconsole ledger accounts` lists them.")
    document = {"account": name, "as_of": None if at is None else iso(at), **listed(rows, call.limit)}
    if len(rows) == 1:
        document |= {key: value for key, value in rows[0].items() if key != "account"}
    return Answer(document, tuple(_balance_line(name, row) for row in rows))


def _balance_line(name: str, row: dict[str, Any]) -> str:
    """What is there; of a person's accounts with their names."""
    others = row.get("accounts", [row["account"]] if row["account"] != name else [])
    return f"{row['balance']} {row['currency']}{'  ' if others else ''}{' + '.join(others)}"


def _instant(text: str) -> int:
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise UsageError(f"--as-of takes an instant like 2026-11-26T12:00:00Z, not “{text}”.") from None


async def _statement(database: Database, call: Invocation) -> Answer:
    name, currency = call.values["account"], call.values["currency"]
    rows = await database.read(lambda tx: service_reading.statement(tx, name, currency))
    document = {"account": name, **listed(rows, call.limit)}
    lines = tuple(
        f"{row['effective_at']}  {row['kind']:<8}  {row['change']:>12}  {row['balance']:>12} {row['currency']}"
        f"  {row['other']}  {row['reason'] or row['purpose']}"
        for row in document["rows"]
    )
    return Answer(document, lines or ("Nothing has moved on it.",))


async def _trial(database: Database, call: Invocation) -> Answer:
    rows = await database.read(service_reading.trial)
    document = listed(rows, call.limit)
    lines = [
        f"{row['account']}  {decimal(row['debits_minor'], row['currency'])}"
        f"  {decimal(row['credits_minor'], row['currency'])} {row['currency']}"
        for row in document["rows"]
    ]
    sums = service_reading.sums(rows)
    lines += [
        f"Σ {decimal(debits, currency)}  {decimal(credits, currency)} {currency}"
        for currency, (debits, credits) in sums.items()
    ]
    return Answer(
        {**document, "balanced": all(one == other for one, other in sums.values())},
        tuple(lines) or ("The books are empty.",),
    )


async def _not_cleared(database: Database, call: Invocation) -> Answer:
    rows = await database.read(lambda tx: service_reading.not_cleared(tx, now=call.now))
    document = listed(rows, call.limit)
    lines = tuple(
        f"{row['transfer']}  {row['amount']} {row['currency']}  {row['purpose']}  {row['days']} days"
        f" of {row['allowed_days']}  {row['owner']}"
        for row in document["rows"]
    )
    return Answer(document, lines or ("Everything has cleared in time.",))


async def _export(database: Database, call: Invocation) -> Answer:
    form, out = call.values["format"], call.values["out"]
    lines = await database.stream(lambda tx: service_reading.exported(tx, form))
    count = len(lines) - 1 if form == service_reading.CSV else sum(" * " in line for line in lines)
    if out is None:
        return Answer({"format": form, "count": count, "text": "\n".join(lines) + "\n"}, tuple(lines))
    written = service_reading.write(Path(out).expanduser(), lines)
    document = {"format": form, "count": count, "file": out, "sha256": written}
    return Answer(document, (f"{out}: {count:,} transfers, SHA-256 {written}.",))


async def _rotate(database: Database, call: Invocation) -> Answer:
    def work(tx: Transaction) -> str:
        actor = authority.deciding(tx, call.operator, now=call.now)
        authority.authorize(tx, actor, "ledger.rotate_key", now=call.now)
        key_id = chain.rotate(tx)
        act = Act("chain", chain.next_seq(tx) - 1, {}, {"key": key_id})
        operators.record(tx, actor, "rotate key", [act], now=call.now)
        return key_id

    key_id = await database.write(work)
    return Answer(
        {"key": key_id}, (f"From now on {key_id} seals. Keep the old key: it proves what came before.",)
    )


_ACCOUNT: Final = Argument(
    "account", "its name, like member:REF:payable; or a member: every account of theirs"
)
_CURRENCY: Final = Argument("--currency", "one of its currencies")

COMMANDS: Final[list[Command]] = [
    Command(("ledger", "accounts"), "Every account and its balance.", _accounts,
            (Argument("prefix", "how its name begins, like budget:", optional=True),), writes=False),
    Command(("ledger", "balance"), "How an account stands, or stood.", _balance, (
        _ACCOUNT, _CURRENCY,
        Argument("--as-of", "at this instant, as the books then said", metavar="T"),
        Argument("--event-time", "with --as-of: by when things happened, whenever they were recorded", kind="flag"),
    ), writes=False),
    Command(("ledger", "statement"), "Everything that moved on an account.", _statement, (_ACCOUNT, _CURRENCY),
            writes=False),
    Command(("ledger", "trial"), "The trial balance: all debits are all credits.", _trial, writes=False),
    Command(("ledger", "not-cleared"), "What is pending longer than its kind allows, and who sees to it.",
            _not_cleared, writes=False),
    Command(("ledger", "export"), "Every transfer as CSV or beancount.", _export, (
        Argument("--format", "csv or beancount", default=service_reading.CSV, choices=service_reading.FORMATS),
        Argument("--out", "the file to write; without it the text is printed", metavar="FILE"),
    ), writes=False),
    Command(("ledger", "rotate-key"), "Seal with a new key from now on; the old one proves the past.", _rotate),
]  # fmt: skip
