"""Attack the books: make some to attack, replay every attack in every position of the pragmas, tell what got through.

Only ever on a copy: the caller hands in a connection to one. Each attack is taken back, whatever came of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Final

from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.ledger import service
from waconsole.ledger.attacks import ACCOUNTS, MOVES, POSITIONS, PRAGMAS, Attack, account_of, attacks, ref_of
from waconsole.ledger.model import Wanted
from waconsole.ledger.service_record import close_account, open_account
from waconsole.money import Money

ACTOR: Final = "attack"


def stage(tx: Transaction, *, now: int) -> None:
    """The accounts and transfers the attacks name: repeating it changes nothing."""
    for word, (currency, rule) in ACCOUNTS.items():
        open_account(tx, account_of(word), currency, now=now, limit_rule=rule)
    for word, (verb, debit, credit, amount) in MOVES.items():
        ref = ref_of(word)
        if verb == "void":
            service.void(tx, ref, ref_of(debit), effective_at=SECOND, actor=ACTOR, now=now)
            continue
        if verb == "reverse":
            service.reverse(
                tx, ref, ref_of(debit), effective_at=SECOND, actor=ACTOR, now=now, amount_minor=amount
            )
            continue
        currency = ACCOUNTS[debit][0]
        wanted = Wanted(
            ref=ref,
            debit=account_of(debit),
            credit=account_of(credit),
            money=Money(amount, currency),
            purpose=ACTOR,
            effective_at=SECOND,
            actor=ACTOR,
            expires_at=2 * SECOND if word == "due" else None,
            memo="words to be kept" if word == "single" else "",
        )
        (service.post if verb == "post" else service.pend)(tx, wanted, now=now)
    if tx.one("SELECT 1 FROM account_closing LIMIT 1") is None:
        close_account(tx, account_of("closed"), ACCOUNTS["closed"][0], actor=ACTOR, reason="", now=now)


def position_name(position: tuple[str, ...]) -> str:
    """`foreign_keys=ON recursive_triggers=OFF …`."""
    return " ".join(f"{name}={value}" for name, value in zip(PRAGMAS, position, strict=True))


def leaks(
    connection: sqlite3.Connection,
    cancelled: Callable[[], bool] = lambda: False,
    more: Sequence[Attack] = (),
) -> list[str]:
    """Every attack that changed something, with the pragmas it needed; empty when all were refused.

    `more` are the attacks of other rooms.
    """
    found: list[str] = []
    for position in POSITIONS:
        for name, value in zip(PRAGMAS, position, strict=True):
            connection.execute(f"PRAGMA {name} = {value}")
        connection.execute("BEGIN")
        try:
            for attack in (*attacks(), *more):
                if cancelled():
                    return found
                if got_through(connection, attack):
                    found.append(f"{attack.name} ({position_name(position)})")
        finally:
            connection.execute("ROLLBACK")
    return found


def got_through(connection: sqlite3.Connection, attack: Attack) -> bool:
    """Whether an attack changed anything; inside a transaction, and taken back."""
    connection.execute("SAVEPOINT attack")
    try:
        for statement in attack.statements[:-1]:
            connection.execute(statement)
        before = connection.total_changes
        try:
            connection.execute(attack.statements[-1])
        except sqlite3.Error:
            return False
        return connection.total_changes != before
    finally:
        connection.execute("ROLLBACK TO attack")
        connection.execute("RELEASE attack")
