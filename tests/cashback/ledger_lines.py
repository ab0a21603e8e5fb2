"""Lines to decide on: a small shop, operators who may and may not, orders that earned."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from tests.cashback import earnings
from tests.cashback.earnings import AMARA, LIN, NOW, at
from waconsole.cashback import service_deciding, store_deciding, store_lines
from waconsole.cashback.service_deciding import Outcome
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.money import parse
from waconsole.operators import service as operators
from waconsole.operators import store_known, store_sign_in
from waconsole.operators.store import Operator
from waconsole.operators.store_sign_in import Hashed

CURRENCIES: Final = ("HKD", "JPY", "KWD", "points")
# name: (role, the member they are)
PEOPLE: Final = {
    "ann": ("owner", None),
    "kim": ("moderator", None),
    "lee": ("moderator", LIN),
    "abe": ("ambassador", AMARA),
    "zoe": ("owner", None),
}
LIMIT: Final = 100_000
KEPT: Final = Hashed(b"s" * 16, 2, 8, 1, b"h" * 32)


def _staffed(tx: Transaction) -> None:
    owner = earnings.ann(tx)
    for name, (role, phone) in PEOPLE.items():
        if name == "ann":
            one = owner
        else:
            member = None if phone is None else earnings.person(tx, phone)
            one = operators.add(tx, name, role, now=NOW, member_id=member)
        store_sign_in.add_passphrase(tx, one.id, KEPT, set_by=owner.id, now=NOW - DAY)
        for currency in CURRENCIES:
            store_sign_in.add_limit(tx, one.id, currency, LIMIT, set_by=owner.id, now=NOW)


@cache
def _image() -> bytes:
    with earnings.shop_ledger() as tx:
        _staffed(tx)
        earnings.scheme(tx)
        earnings.ambassador(tx, LIN)
        earnings.ambassador(tx, AMARA)
        for number, (phone, total) in enumerate(
            [(LIN, "1000.00 HKD"), (LIN, "500.00 HKD"), (AMARA, "2000.00 HKD"), (LIN, "90000 JPY"),
             (LIN, "111.111 KWD"), (LIN, "4000 points"), (AMARA, "10.00 HKD"), (LIN, "300.00 HKD")], 1,
        ):  # fmt: skip
            day = "2026-11-25" if number == 8 else "2026-10-01"
            earnings.order(tx, f"A{number}", phone, day, total)
        earnings.catch_up(tx)
        tx.execute("COMMIT")
        image = tx._connection.serialize()
        tx.execute("BEGIN")
    return image


@contextmanager
def lines_ledger() -> Iterator[Transaction]:
    """A ledger with eight lines of two payees, within one transaction; the last one's return window is open."""
    image = _image()
    earnings._keep_key()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(image)
    connection.row_factory = sqlite3.Row
    for pragma in earnings.FOREIGN_KEYS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    try:
        yield Transaction(connection, lambda: False)
    finally:
        connection.close()


def operator(tx: Transaction, name: str) -> Operator:
    """An operator of `PEOPLE`."""
    found = store_known.known_by_name(tx, name)
    assert found is not None
    return found.operator


def ref(tx: Transaction, line_id: int) -> str:
    """The name of a line."""
    return store_lines.line_by_id(tx, line_id).ref


def do(
    tx: Transaction,
    name: str,
    verb: str,
    *line_ids: int,
    now: int = NOW,
    amount: str | None = None,
    **said: Any,
) -> Outcome:
    """What an operator does to lines, by their rows."""
    if verb in ("reject", "ask"):
        said.setdefault("reason", "because")
    return service_deciding.decide(
        tx,
        operator(tx, name),
        verb,
        [ref(tx, one) for one in line_ids],
        now=now,
        amount=None if amount is None else parse(amount),
        **said,
    )


def done(tx: Transaction, name: str, verb: str, *line_ids: int, **said: Any) -> None:
    """The same, where nothing is refused."""
    outcome = do(tx, name, verb, *line_ids, **said)
    assert outcome.refused == [], outcome.refused


def why(tx: Transaction, name: str, verb: str, line_id: int, **said: Any) -> str:
    """The same, where a line is refused: why."""
    outcome = do(tx, name, verb, line_id, **said)
    assert outcome.done == []
    return outcome.refused[0].reason


def approved(tx: Transaction, *line_ids: int, now: int = NOW) -> None:
    """Lines that kim proposed and zoe approved."""
    done(tx, "kim", "propose", *line_ids, now=now)
    done(tx, "zoe", "approve", *line_ids, now=now)


def state(tx: Transaction, line_id: int) -> str:
    """How a line stands, in a word."""
    return store_deciding.standing(tx, line_id).state


def later(days: float) -> int:
    """An instant some days after `NOW`."""
    return NOW + int(days * DAY)


__all__ = [
    "AMARA", "CURRENCIES", "LIMIT", "LIN", "NOW", "approved", "at", "do", "done", "later", "lines_ledger", "operator",
    "ref", "state", "why",
]  # fmt: skip
