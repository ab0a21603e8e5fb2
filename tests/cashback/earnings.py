"""A small shop in memory, with its members, groups and a key of its own: what the tests of earning stand on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import Any, Final, NamedTuple

from waconsole import catalogue
from waconsole.cashback import model, service_earning, service_schemes, store_lines, store_marks
from waconsole.cashback.earning import Terms
from waconsole.cashback.service_earning import Accrued
from waconsole.chain import service_keys
from waconsole.chain.seal import Unsound
from waconsole.clock import parse_iso
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.database.migrate import migrate
from waconsole.groups import store as groups
from waconsole.groups.store import Stint
from waconsole.ledger import service as ledger
from waconsole.ledger import store as books
from waconsole.ledger import store_balances
from waconsole.ledger.service_verify import verify
from waconsole.members import store as members
from waconsole.members.model import ref_of
from waconsole.money import Money, parse
from waconsole.operators import service as operators
from waconsole.operators.store import Operator
from waconsole.shop import store as shop

INSTALLATION: Final = "0123456789abcdef"
NOW: Final = parse_iso("2026-11-26T12:00:00Z")
SINCE: Final = parse_iso("2026-01-01")
LIN, AMARA, BETO = "+85291234567", "+85298765432", "+85291110000"
FOREIGN_KEYS: Final = ("foreign_keys = ON", "recursive_triggers = ON", "trusted_schema = OFF")


class Line(NamedTuple):
    """What a test asks of a line."""

    order: str | None
    amount: str
    payee: str
    scheme: str
    version: int


@cache
def _image() -> bytes:
    _keep_key()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    tx = Transaction(connection, lambda: False)
    connection.execute("BEGIN")
    migrate(tx, catalogue.migrations())
    facts.set_fact(tx, facts.INSTALLATION, INSTALLATION)
    operators.add(tx, "ann", "owner", now=NOW)
    connection.execute("COMMIT")
    return connection.serialize()


def _keep_key() -> None:
    service_keys._found[service_keys.folder(), f"{INSTALLATION}-1"] = b"k" * 32


@contextmanager
def shop_ledger() -> Iterator[Transaction]:
    """An empty shop with one owner, within one transaction."""
    _keep_key()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_image())
    connection.row_factory = sqlite3.Row
    for pragma in FOREIGN_KEYS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    try:
        yield Transaction(connection, lambda: False)
    finally:
        connection.close()


def ann(tx: Transaction) -> Operator:
    """The owner."""
    return operators.acting(tx, "ann", now=NOW)


def at(text: str) -> int:
    """`2026-10-03` or an instant, as microseconds UTC."""
    return parse_iso(text)


def person(tx: Transaction, phone: str) -> int:
    """The row of whoever has this number, made when it is new."""
    known = tx.value("SELECT member_id FROM alias WHERE kind = 'phone' AND value = ?", (phone,))
    if known is not None:
        return int(known)
    row_id = members.add_member(tx, ref=ref_of("phone", phone), name="", origin="import", now=NOW)
    members.add_alias(tx, member_id=row_id, kind="phone", value=phone, group_id=0, origin="import")
    return row_id


def order(
    tx: Transaction, reference: str, phone: str, day: str, total: str, *, run: int = 0, recorded: int = NOW
) -> int:
    """An order of a total like `333.00 HKD`; answers its id."""
    money = parse(total)
    row_id = shop.next_order_id(tx)
    row = shop.OrderRow(
        row_id, reference, person(tx, phone), at(day), money.currency, money.minor, "import", recorded, run
    )
    shop.add_orders(tx, [row])
    return row_id


def refund(tx: Transaction, reference: str, amount: str, day: str = "2026-11-20", *, name: str = "") -> int:
    """A refund that counts; answers its id."""
    found = tx.one('SELECT id, currency FROM "order" WHERE reference = ?', (reference,))
    assert found is not None
    return tx.insert(
        """
        INSERT INTO refund (reference, refund_ref, refunded_at, amount, amount_minor, order_id, line, origin, recorded_at)
        VALUES (?, ?, ?, ?, ?, ?, 2, 'import', ?)
        """,
        (reference, name, at(day), amount, parse(amount, found["currency"]).minor, found["id"], NOW),
    )


def import_run(tx: Transaction, target: str, *, sealed_at: int | None) -> int:
    """An import, open or sealed."""
    return tx.insert(
        """
        INSERT INTO import_run (ref, kind, target, source, sha256, state, worker, begun_at, pulse_at, sealed_at)
        VALUES (?, 'orders', ?, 'x', 'x', ?, '', 0, 0, ?)
        """,
        (f"run-{target}", target, "open" if sealed_at is None else "sealed", sealed_at),
    )


def group(tx: Transaction, name: str, **people: tuple[str, str | None]) -> int:
    """A group with its people's stays: `lin=("2026-01-01", None)`; the names are those of `PEOPLE`."""
    group_id = groups.add_group(tx, ref=f"g-{name}", name=name, driver="human", origin="live", now=NOW)
    stints = [
        Stint(person(tx, PEOPLE[who]), at(since), None if until is None else at(until))
        for who, (since, until) in people.items()
    ]
    groups.add_stints(tx, group_id, stints, origin="import")
    return group_id


PEOPLE: Final = {"lin": LIN, "amara": AMARA, "beto": BETO}


def scheme(tx: Transaction, name: str = "seed", **said: Any) -> service_schemes.Added:
    """A scheme of 3 % of own orders since January, with 14 days to return, and whatever else is said."""
    terms: dict[str, Any] = {"basis": "own", "rate": Fraction(3, 100), "return_days": 14, "starts_at": SINCE}
    for key in ("cap", "budget", "credit"):
        if isinstance(said.get(key), str):
            said[key] = parse(said[key])
    return service_schemes.add_scheme(tx, ann(tx), name, Terms(**(terms | said)), now=NOW)


def ambassador(
    tx: Transaction, phone: str, name: str = "seed", *, group_id: int | None = None, since: str = "2026-01-01"
) -> int:
    """A member earns under a scheme; answers the row's id."""
    person(tx, phone)
    row, _ = service_schemes.add_ambassador(tx, ann(tx), phone, name, group_id, valid_from=at(since), now=NOW)
    return int(row["id"])


def catch_up(tx: Transaction, *, now: int = NOW, step: int = 8) -> Accrued:
    """What `sync` does, within the transaction of the test."""
    found = service_earning.look(tx, now=now)
    done = Accrued()
    for start in range(0, len(found.orders), step):
        service_earning.accrue(tx, found.orders[start : start + step], done, now=now)
    service_earning.credit(tx, found.months, done, now=now)
    service_earning.reverse_some(tx, found.lines, done, now=now)
    if not done.over:
        store_marks.keep_marks(tx, found.marks)
    return done


def lines(tx: Transaction) -> list[Line]:
    """Every line, in the order in which it was earned."""
    _, rows = store_lines.lines(tx, state=None, payee_root_id=None, scheme_id=None, limit=None)
    return [
        Line(
            row["order_reference"],
            str(Money(row["amount_minor"], row["currency"])),
            row["phone"] or row["member"],
            row["scheme"],
            row["version"],
        )
        for row in rows
    ]


def amounts(tx: Transaction) -> dict[str | None, str]:
    """What each order earned, where there is one scheme."""
    return {one.order: one.amount for one in lines(tx)}


def reversed_of(tx: Transaction, line_id: int = 1) -> int:
    """What refunds took back of a line so far, in minor units."""
    found = store_lines.reversals(tx, line_id)
    return found[-1].total_minor if found else 0


def line_ref(tx: Transaction, line_id: int = 1) -> str:
    """The name of a line."""
    return store_lines.line_by_id(tx, line_id).ref


def balance(tx: Transaction, account: str, currency: str = "HKD") -> int:
    """What stands on an account, in minor units."""
    found = books.account_id(tx, account, currency)
    return 0 if found is None else store_balances.balance(tx, found).posted


def pending(tx: Transaction, account: str, currency: str = "HKD") -> int:
    """What is held on an account, on both sides, in minor units."""
    found = books.account_id(tx, account, currency)
    assert found is not None
    now = store_balances.balance(tx, found)
    return now.credits_pending + now.debits_pending


def wallet(phone: str, kind: str = "payable") -> str:
    """A member's account."""
    return f"member:{ref_of('phone', phone)}:{kind}"


def post(tx: Transaction, line_id: int = 1, *, state: str = "approved") -> None:
    """Let the books stand as after an approval, and the line in `state`, as if its decisions were there."""
    ref = line_ref(tx, line_id)
    ledger.settle(
        tx,
        model.post_ref(ref, 1),
        model.accrual_ref(ref, 1),
        effective_at=NOW,
        actor="ann",
        now=NOW,
        amount_minor=store_lines.line_by_id(tx, line_id).amount_minor - reversed_of(tx, line_id),
    )
    set_state(tx, line_id, state)


def set_state(tx: Transaction, line_id: int, state: str) -> None:
    """Write how a line stands past its guards: how it comes about is not what these tests are about."""
    left = store_lines.line_by_id(tx, line_id).amount_minor - reversed_of(tx, line_id)
    is_open, is_unpaid = state in OPEN, state in UNPAID
    guards = tx.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'line_state'")
    for row in guards:
        tx.execute(f"DROP TRIGGER {row['name']}")
    tx.execute(
        "UPDATE line_state SET state = ?, open_minor = ?, unpaid_minor = ?, rejected_minor = ? WHERE id = ?",
        (state, left * is_open, left * is_unpaid, left * (state == model.REJECTED), line_id),
    )
    for row in guards:
        tx.execute(row["sql"])


OPEN: Final = frozenset({model.ACCRUED, model.PROPOSED})
UNPAID: Final = frozenset({model.APPROVED, model.FAILED, model.RETURNED})


def first_bad(tx: Transaction) -> tuple[str, int | None] | None:
    """What verification says first: (table, row), or None."""
    try:
        verify(tx, catalogue.sealed())
    except Unsound as unsound:
        return unsound.table, unsound.row_id
    return None
