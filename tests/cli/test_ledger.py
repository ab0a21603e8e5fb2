"""The books from the command line: they stand, they are proved, and what was done to the file is told."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from tests.conftest import NOW
from tests.ledger.books import wanted
from waconsole import catalogue
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.ledger import service


@pytest.fixture
def filled(ledger_path: Path) -> Path:
    """A wallet that earned 12.50 EUR in two parts and is being paid 5.00 of it, and some points."""

    def work(tx: Transaction) -> None:
        day = NOW - 10 * DAY
        for ref, minor in (("one", 1000), ("two", 250)):
            one = wanted(ref, "budget:autumn", "member:m1:payable", minor, currency="EUR", effective_at=day)
            service.post(tx, one, now=NOW)
        pay = wanted(
            "pay",
            "member:m1:payable",
            "clearing:payout",
            500,
            currency="EUR",
            effective_at=day,
            purpose="payout",
        )
        service.pend(tx, pay, now=NOW)
        service.post(tx, wanted("pts", "expense:points", "member:m1:points", 7), now=NOW)

    async def write() -> None:
        async with catalogue.open_ledger(ledger_path, now=NOW) as database:
            await database.write(work)

    asyncio.run(write())
    return ledger_path


def test_the_books_are_read_by_command(say: Say, filled: Path) -> None:
    trial = say("ledger", "trial", "--json").document
    rows = {(row["account"], row["currency"]): row for row in trial["rows"]}
    wallet = rows["member:m1:payable", "EUR"]
    assert (wallet["debits_minor"], wallet["credits_minor"], wallet["pending_minor"]) == (0, 1250, 500)
    assert trial["balanced"] and trial["count"] == 5
    balance = say("ledger", "balance", "member:m1:payable", "--json").document
    assert (balance["balance"], balance["available_minor"]) == ("12.50", 750)
    early = ("ledger", "balance", "member:m1:payable", "--as-of", "2026-11-20T00:00:00Z")
    assert say(*early, "--json").document["balance_minor"] == 0
    assert say(*early, "--event-time", "--json").document["balance_minor"] == 1250
    assert [
        row["change"] for row in say("ledger", "statement", "member:m1:payable", "--json").document["rows"]
    ] == [*("10.00", "2.50", "0.00")]
    assert say("ledger", "accounts", "member:", "--json").document["count"] == 2
    late = say("ledger", "not-cleared", "--json").document["rows"]
    assert [(row["transfer"], row["owner"], row["allowed_days"]) for row in late] == [("pay", "nobody", 7)]
    assert say("ledger", "export").out.count("\n") == 5
    out = filled.with_name("books.beancount")
    said = say("ledger", "export", "--format", "beancount", "--out", str(out), "--json").document
    assert said["count"] == 3 and "  Liabilities:M1:Payable:EUR  -10.00 EUR" in out.read_text()
    assert say("ledger", "balance", "nobody").code == 1


def test_a_change_to_the_file_is_told_with_its_row_and_an_older_copy_by_its_anchor(
    say: Say, filled: Path, tmp_path: Path
) -> None:
    older = shutil.copy(filled, tmp_path / "older.db")
    said = say("verify", "--json")
    assert (said.code, said.document["ok"], said.document["transfers"]) == (0, True, 4)
    assert said.document["first_bad"] is None
    words = "words of Ana alone"
    assert say("operators", "add", "Ana", "--role", "owner", handed=words).code == 0
    rotated = say("ledger", "rotate-key", "--as", "Ana", "--json", handed=words)
    assert rotated.document["key"].endswith("-2")
    line = say("anchor", "--json").document["line"]
    assert say("verify", "--anchor", line, "--since-last", "--json").document["ok"]
    assert say("verify", "--json", ledger=Path(older)).document["ok"], (
        "the key is found wherever the file lies"
    )
    with closing(sqlite3.connect(older)) as connection:
        connection.executescript(
            "DROP TRIGGER chain_link_not_deleted; DELETE FROM chain_link WHERE seq = (SELECT max(seq) FROM chain_link)"
        )
    assert say("verify", "--json", ledger=Path(older)).document["first_bad"]["table"] == "sqlite_schema"

    with closing(sqlite3.connect(filled)) as connection:
        guard = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'transfer_not_updated'"
        ).fetchone()[0]
        connection.executescript(
            f"DROP TRIGGER transfer_not_updated; UPDATE transfer SET amount = 999 WHERE seq = 2; {guard}"
        )
    bad = say("verify", "--json")
    assert (bad.code, bad.document["ok"], bad.document["first_bad"]["id"]) == (1, False, 2)
    assert say("verify", "--anchor", "nonsense").code == 2


def test_verify_answers_with_ok_also_of_what_is_no_ledger_any_more(say: Say, filled: Path) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{filled}{ending}").unlink(missing_ok=True)
    content = bytearray(filled.read_bytes())
    content[4096 * 3 : 4096 * 40] = b"x" * (4096 * 37)
    filled.write_bytes(content)
    said = say("verify", "--json")
    assert (said.code, said.document["ok"]) == (1, False)


@pytest.mark.slow
def test_doctor_attacks_a_copy_and_leaves_the_ledger_as_it_is(say: Say, filled: Path) -> None:
    said = say("doctor", "--attack", "--json").document
    (check,) = (row for row in said["checks"] if row["name"] == "attack")
    assert check["ok"] and "8 positions" in check["says"]
    assert say("verify", "--json").document["transfers"] == 4
