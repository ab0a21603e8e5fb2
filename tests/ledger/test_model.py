"""The books against a plain model of them, step by step; two writers at once; single bytes turned over."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import NOW as TODAY
from tests.ledger.books import NOW, books, fill, raw, wanted
from waconsole import catalogue
from waconsole.chain.seal import Unsound
from waconsole.clock import DAY, SECOND
from waconsole.database import schema
from waconsole.database.connection import Transaction, open_database
from waconsole.errors import Refused
from waconsole.ledger import service, service_record, store, store_balances
from waconsole.ledger.service_verify import verify

WALLETS = ("member:a:points", "member:b:points", "member:c:points")
ISSUER = "issuer"
NAMES = (ISSUER, *WALLETS)
AMOUNTS = st.integers(1, 60)


class Books(RuleBasedStateMachine):
    """Accounts, pending, expiry, reversals, closing: the model is four numbers an account."""

    pending: Bundle[str] = Bundle("pending")
    moved: Bundle[str] = Bundle("moved")

    @initialize()
    def begin(self) -> None:
        """Empty books, and a model of nothing."""
        self.opened = books()
        self.tx = self.opened.__enter__()
        self.now = NOW
        self.count = 0
        self.posted = dict.fromkeys((*NAMES, *(it.replace("points", "clawback") for it in WALLETS)), 0)
        self.held: dict[str, tuple[str, str, int, int | None]] = {}
        self.transfers: dict[str, tuple[str, str, int]] = {}
        self.back: dict[str, int] = {}
        self.closed: set[str] = set()
        self.said: list[Any] = []

    def ref(self) -> str:
        """The next id."""
        self.count += 1
        return f"t{self.count}"

    def available(self, name: str) -> int:
        """What a wallet may still spend; the issuer has no limit."""
        if name not in WALLETS:
            return 10**9
        return self.posted[name] - sum(it[2] for it in self.held.values() if it[0] == name)

    def may(self, debit: str, credit: str, amount: int) -> bool:
        """Whether the model lets an amount go."""
        return debit != credit and self.available(debit) >= amount and not self.closed & {debit, credit}

    def tried(self, wish: bool, work: Any) -> bool:
        """Do it, and hold it against the model."""
        try:
            work()
        except Refused:
            assert not wish
            return False
        assert wish
        return True

    def move(self, debit: str, credit: str, amount: int) -> None:
        """What a transfer does to the model."""
        self.posted[debit] -= amount
        self.posted[credit] += amount

    @rule(target=moved, debit=st.sampled_from(NAMES), credit=st.sampled_from(NAMES), amount=AMOUNTS)
    def post(self, debit: str, credit: str, amount: int) -> Any:
        """Move at once."""
        ref = self.ref()
        one = wanted(ref, debit, credit, amount)
        if not self.tried(self.may(debit, credit, amount), lambda: service.post(self.tx, one, now=self.now)):
            return multiple()
        self.move(debit, credit, amount)
        self.transfers[ref] = (debit, credit, amount)
        self.said.append(one)
        return ref

    @rule(
        target=pending,
        debit=st.sampled_from(NAMES),
        credit=st.sampled_from(NAMES),
        amount=AMOUNTS,
        days=st.one_of(st.none(), st.integers(1, 3)),
    )
    def pend(self, debit: str, credit: str, amount: int, days: int | None) -> Any:
        """Hold."""
        ref = self.ref()
        expires_at = None if days is None else self.now + days * DAY
        one = wanted(ref, debit, credit, amount, expires_at=expires_at)
        if not self.tried(self.may(debit, credit, amount), lambda: service.pend(self.tx, one, now=self.now)):
            return multiple()
        self.held[ref] = (debit, credit, amount, expires_at)
        return ref

    @rule(target=moved, one=pending, part=AMOUNTS)
    def settle(self, one: str, part: int) -> Any:
        """Post a part of what is held."""
        ref, held = self.ref(), self.held.get(one)
        wish = held is not None and part <= held[2] and (held[3] is None or self.now < held[3])
        wish = wish and held is not None and not self.closed & {held[0], held[1]}
        after = {"effective_at": SECOND, "actor": "asha", "now": self.now, "amount_minor": part}
        if not self.tried(wish, lambda: service.settle(self.tx, ref, one, **after)):  # type: ignore[arg-type]
            return multiple()
        assert held is not None
        del self.held[one]
        self.move(held[0], held[1], part)
        self.transfers[ref] = (held[0], held[1], part)
        return ref

    @rule(one=pending)
    def void(self, one: str) -> None:
        """Release what is held."""
        held = self.held.get(one)
        work = service.void
        if self.tried(
            held is not None,
            lambda: work(self.tx, self.ref(), one, effective_at=SECOND, actor="asha", now=self.now),
        ):
            del self.held[one]

    @rule(days=st.integers(1, 2))
    def pass_days(self, days: int) -> None:
        """Time goes on, and what is due expires."""
        self.now += days * DAY
        due = [ref for ref, held in self.held.items() if held[3] is not None and held[3] <= self.now]
        assert service.expire_due(self.tx, now=self.now) == len(due)
        for ref in due:
            del self.held[ref]

    @rule(one=moved, part=AMOUNTS)
    def reverse(self, one: str, part: int) -> None:
        """Give a part back; what the wallet lacks comes from the clawback account."""
        debit, credit, amount = self.transfers[one]
        lacks = max(part - max(self.available(credit), 0), 0) if credit in WALLETS else 0
        wish = self.back.get(one, 0) + part <= amount
        wish = wish and not (lacks and credit in self.closed)
        after = {"effective_at": SECOND, "actor": "asha", "now": self.now, "amount_minor": part}
        if self.tried(wish, lambda: service.reverse(self.tx, self.ref(), one, **after)):  # type: ignore[arg-type]
            self.back[one] = self.back.get(one, 0) + part
            self.move(credit, debit, part)
            if lacks:
                self.move(credit.replace("points", "clawback"), credit, lacks)

    @rule(name=st.sampled_from(WALLETS))
    def close(self, name: str) -> None:
        """Close a wallet."""
        account = store.account_id(self.tx, name, "points")
        if account is None:
            return
        wish = self.posted[name] == 0 and name not in self.closed
        wish = wish and not any(name in held[:2] for held in self.held.values())
        if self.tried(
            wish,
            lambda: service_record.close_account(
                self.tx, name, "points", actor="asha", reason="", now=self.now
            ),
        ):
            self.closed.add(name)

    @precondition(lambda self: self.said)
    @rule(choice=st.randoms(use_true_random=False))
    def repeat(self, choice: random.Random) -> None:
        """Say it again: nothing new; say something else under the same id: refused."""
        one = choice.choice(self.said)
        assert not service.post(self.tx, one, now=self.now).is_new
        self.tried(False, lambda: service.post(self.tx, wanted(one.ref, "issuer", "x", 61), now=self.now))

    @invariant()
    def stands(self) -> None:
        """Every account stands as in the model, and all of them sum up to nothing."""
        if not hasattr(self, "tx"):
            return
        rows = {row["name"]: row for row in store_balances.accounts(self.tx)}
        for name, posted in self.posted.items():
            assert (rows[name]["balance"] if name in rows else 0) == posted
        for name, row in rows.items():
            assert row["debits_pending"] == sum(it[2] for it in self.held.values() if it[0] == name)
            assert row["credits_pending"] == sum(it[2] for it in self.held.values() if it[1] == name)
        assert sum(row["balance"] for row in rows.values()) == 0

    def teardown(self) -> None:
        """What was written is what was sealed."""
        if hasattr(self, "tx"):
            verify(self.tx, {})
            self.opened.__exit__(None, None, None)


def _run(examples: int, steps: int) -> None:
    kind = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=examples < 100,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Books, settings=kind)


def test_the_books_do_what_the_model_does() -> None:
    _run(12, 25)


@pytest.mark.slow
def test_the_books_do_what_the_model_does_for_long() -> None:
    _run(500, 50)


async def _two_writers(path: Path, rounds: int) -> None:
    async with catalogue.open_ledger(path, now=TODAY):
        pass
    async with open_database(path) as one, open_database(path) as other:
        refused = 0

        async def spend(database: Any, who: str) -> None:
            nonlocal refused
            for place in range(rounds):
                refs = [f"both-{place}", f"{who}-{place}"]
                try:
                    await database.write(partial(_spend, refs=refs))
                except Refused:
                    refused += 1
                await asyncio.sleep(0)

        await one.write(
            lambda tx: service.post(tx, wanted("fund", ISSUER, WALLETS[0], rounds * 2), now=TODAY)
        )
        await asyncio.gather(spend(one, "one"), spend(other, "other"))

        def look(tx: Transaction) -> tuple[int, int]:
            verify(tx, catalogue.sealed())
            account = store.account_id(tx, WALLETS[0], "points")
            assert account is not None
            return store_balances.balance(tx, account).posted, store.last_transfer(tx)[0]

        posted, count = await one.read(look)
        done = rounds * 2 - refused
        assert posted == rounds * 2 - (count - 1)
        assert count - 1 <= rounds * 2 and done >= rounds - 1 and posted >= 0


def _spend(tx: Transaction, refs: list[str]) -> None:
    for ref in refs:
        service.post(tx, wanted(ref, WALLETS[0], "shop", 1), now=TODAY)


async def test_two_consoles_at_once_spend_each_unit_once(tmp_path: Path) -> None:
    await _two_writers(tmp_path / "ledger.db", 8)


@pytest.mark.slow
async def test_two_consoles_at_once_for_long(tmp_path: Path) -> None:
    await _two_writers(tmp_path / "ledger.db", 2_000)


TABLES = (
    "chain_link",
    "currency",
    "account",
    "account_closing",
    "transfer",
    "transfer_memo",
    "entry",
    "balance",
)


def _stands(connection: sqlite3.Connection) -> tuple[bool, list[Any]]:
    """(whether something is told, every value of every table)."""
    tx = Transaction(connection, lambda: False)
    migrations = [one for one in catalogue.migrations() if one.room in ("database", "chain", "ledger")]
    told = bool(schema.faults(tx, TABLES)) or bool(schema.differences(tx, migrations))
    if not told:
        try:
            verify(tx, {})
        except Unsound:
            told = True
    return told, [tuple(row) for table in TABLES for row in tx.rows(f"SELECT * FROM {table} ORDER BY 1")]


def _flip(path: Path, flips: int, seed: int) -> dict[str, int]:
    """Turn single bits over, anywhere behind the file's head; every change of a value is told."""
    with books(staged=True) as tx:
        fill(tx, 150)
        tx.execute("COMMIT")
        path.write_bytes(raw(tx).serialize())
    image, chosen = bytearray(path.read_bytes()), random.Random(seed)
    found = {"told": 0, "harmless": 0, "missed": 0}
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        told, values = _stands(connection)
        assert not told
    for _ in range(flips):
        place, bit = chosen.randrange(100, len(image)), 1 << chosen.randrange(8)
        image[place] ^= bit
        path.write_bytes(image)
        image[place] ^= bit
        try:
            with closing(sqlite3.connect(path)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA cell_size_check = ON")
                told, now = _stands(connection)
        except (sqlite3.DatabaseError, ValueError, TypeError, OverflowError):
            told, now = True, []
        found["told" if told else "harmless" if now == values else "missed"] += 1
    return found


def test_a_bit_turned_over_is_told_or_changes_nothing(tmp_path: Path) -> None:
    assert _flip(tmp_path / "flip.db", 12, 1)["missed"] == 0


@pytest.mark.slow
def test_many_bits_turned_over_are_told_or_change_nothing(tmp_path: Path) -> None:
    assert _flip(tmp_path / "flip.db", 3_000, 2)["missed"] == 0


def test_a_process_that_is_killed_leaves_whole_books(tmp_path: Path) -> None:
    """What was not committed is gone, in the log as in the file: a copy taken in the middle is whole."""
    path, copied = tmp_path / "ledger.db", tmp_path / "copy.db"

    async def work() -> None:
        async with catalogue.open_ledger(path, now=TODAY) as database:
            for place in range(5):
                await database.write(partial(_spend_from, place=place))

            def half(tx: Transaction) -> None:
                service.post(tx, wanted("never", ISSUER, WALLETS[0], 1), now=TODAY)
                for ending in ("", "-wal"):
                    if os.path.exists(f"{path}{ending}"):
                        shutil.copy(f"{path}{ending}", f"{copied}{ending}")

            await database.write(half)
        async with open_database(copied) as database:
            assert await database.read(lambda tx: verify(tx, catalogue.sealed()).transfer_seq) == 5

    asyncio.run(work())


def _spend_from(tx: Transaction, place: int) -> None:
    service.post(tx, wanted(f"t{place}", ISSUER, WALLETS[0], 1), now=TODAY)
