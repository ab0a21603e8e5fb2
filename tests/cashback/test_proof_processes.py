"""Processes that decide and pay at once, and processes that are killed: money leaves once, and nothing is half done."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from waconsole import catalogue, clock
from waconsole.database.connection import Transaction, open_database
from waconsole.ledger.service_verify import verify

PASSPHRASE: Final = "words that nobody guesses"
MEMBERS: Final = ("+85291234567", "+85298765432", "+85291110000")
LINES: Final = 200
KILLS: Final = 15
COMMANDS_MAX: Final = 20

# What one operator after another does all day, as a program that may die anywhere and is begun again.
PROGRAM: Final = """
import contextlib, io, json, sys
from pathlib import Path
from waconsole.__main__ import main

ledger, folder, first = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
members = sys.argv[4:]

def say(*words, who="ann"):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        main(["--ledger", ledger, "--json", "--as", who, *words])
    found = json.loads(said.getvalue())
    print(*words[:2], found.get("error", ""), flush=True)
    return found

def lines(state):
    return [row["line"] for row in say("cashback", "list", "--state", state)["rows"]]

for number in range(first, first + 50):
    orders = [f"K{number}-{place},{phone},2026-01-0{1 + place},HKD,{100 + number}.{place}5" for place, phone in enumerate(members)]
    (folder / "orders.csv").write_text("reference,phone,ordered_at,currency,total\\n" + "\\n".join(orders) + "\\n")
    say("import", "orders", str(folder / "orders.csv"))
    back = f"reference,refunded_at,amount\\nK{max(number - 2, first)}-1,2026-02-01,10.00\\n"
    (folder / "refunds.csv").write_text(back)
    say("import", "refunds", str(folder / "refunds.csv"))
    say("sync", "--once")
    if found := lines("accrued"):
        say("cashback", "propose", *found)
    if found := lines("proposed"):
        say("cashback", "approve", *found, who="zoe")
    say("cashback", "batch", "--currency", "HKD")
    for row in say("cashback", "batches")["rows"]:
        out = folder / f"{row['batch']}.csv"
        if not row["exports"] or not out.exists():
            again = ["--again", "lost"] if row["exports"] else []
            say("cashback", "export", row["batch"], "--count", str(row["count"]), "--sum", str(row["sum"]),
                "--out", str(out), *again)
        if row["open"] and out.exists():
            rows = out.read_text().splitlines()[1:]
            told = [f"{one.split(',')[0]},{'failed' if place % 5 == 4 else 'confirmed'}," for place, one in enumerate(rows)]
            (folder / "told.csv").write_text("line,result,reference\\n" + "\\n".join(told) + "\\n")
            say("cashback", "reconcile", row["batch"], str(folder / "told.csv"))
    if found := lines("failed"):
        say("cashback", "again", *found)
"""


def _environment() -> dict[str, str]:
    return {**os.environ, "WACONSOLE_PASSPHRASE": PASSPHRASE}


def _say(ledger: Path, *words: str, given: str = "") -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "waconsole", "--ledger", str(ledger), "--json", *words],
        check=False, capture_output=True, text=True, input=given, env=_environment(), timeout=120,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert isinstance(document, dict) and "error" not in document, document
    return document


def _begun(tmp_path: Path, orders: int) -> Path:
    """A ledger with two owners, a scheme, three ambassadors and lines that are ripe."""
    ledger = tmp_path / "ledger.db"
    limit = ("--limit-per-day", "1000000 HKD")
    _say(ledger, "operators", "add", "ann", "--role", "owner", *limit, given=f"{PASSPHRASE}\n")
    _say(ledger, "--as", "ann", "operators", "add", "zoe", "--role", "owner", *limit, given=f"{PASSPHRASE}\n")
    scheme = ("--basis", "own", "--rate", "3 %", "--return-days", "14", "--from", "2026-01-01")
    _say(ledger, "--as", "ann", "cashback", "schemes", "add", "seed", *scheme)
    rows = [
        f"A{number:03},{MEMBERS[number % 3]},2026-01-05,HKD,{100 + number}.00" for number in range(orders)
    ]
    file = tmp_path / "orders.csv"
    file.write_text("reference,phone,ordered_at,currency,total\n" + "\n".join(rows) + "\n")
    _say(ledger, "import", "orders", str(file))
    for phone in MEMBERS:
        _say(
            ledger, "--as", "ann", "cashback", "ambassadors", "add", phone, "--scheme", "seed", "--from", "2026-01-01"
        )  # fmt: skip
    _say(ledger, "sync", "--once")
    return ledger


def _look(ledger: Path) -> None:
    """Everything that must hold, whatever happened."""

    async def look() -> None:
        async with catalogue.open_ledger(ledger, now=clock.now()) as database:
            await database.read(lambda tx: verify(tx, catalogue.sealed()))
            await database.read(_conserved)

    asyncio.run(look())


def _conserved(tx: Transaction) -> None:
    assert not tx.value("SELECT sum(balance) FROM account_balance")
    assert not tx.rows("SELECT 1 FROM account_balance WHERE name LIKE '%:payable' AND balance < 0")
    lines = tx.rows(
        """
        SELECT l.amount_minor - s.reversed_minor - s.rejected_minor - s.paid_minor AS due, s.open_minor, m.ref
          FROM cashback_line AS l JOIN line_state AS s ON s.id = l.id JOIN member AS m ON m.id = l.payee_id
        """
    )
    due: Counter[str] = Counter()
    for row in lines:
        due[row["ref"]] += row["due"] - row["open_minor"]
    for ref, minor in due.items():
        names = (f"member:{ref}:payable", f"member:{ref}:clawback")
        sql = "SELECT coalesce(sum(balance), 0) FROM account_balance WHERE name IN (?, ?)"
        assert tx.value(sql, names) == minor
    twice = tx.rows("SELECT 1 FROM cashback_line GROUP BY order_id, scheme_id HAVING count(*) > 1")
    assert not twice
    paid = tx.value("SELECT coalesce(sum(paid_minor), 0) FROM line_state")
    sql = "SELECT coalesce(sum(balance), 0) FROM account_balance WHERE name LIKE 'clearing:payout%'"
    assert tx.value(sql) == paid


def _files_are_whole(ledger: Path, folder: Path) -> int:
    """Every export file that is there is the batch's bytes; answers how many. Parts of files are none."""

    async def hashes() -> dict[str, str]:
        async with open_database(ledger, read_only=True) as database:
            rows = await database.read(lambda tx: tx.rows("SELECT ref, sha256 FROM batch"))
        return {row[0]: row[1] for row in rows}

    wanted = asyncio.run(hashes())
    found = list(folder.glob("pb-*.csv"))
    for file in found:
        assert sha256(file.read_bytes()).hexdigest() == wanted[file.stem], file
    return len(found)


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_half_and_money_leaves_once(tmp_path: Path) -> None:
    ledger, folder = _begun(tmp_path, 6), tmp_path / "out"
    folder.mkdir()
    dice = random.Random(11)
    for number in range(KILLS):
        words = [sys.executable, "-c", PROGRAM, str(ledger), str(folder), str(1_000 * (number + 1)), *MEMBERS]
        child = subprocess.Popen(words, env=_environment(), stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(dice.randrange(1, COMMANDS_MAX))]
        time.sleep(dice.uniform(0.0, 0.3))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert all(said), said
        _look(ledger)
        _files_are_whole(ledger, folder)
    assert _files_are_whole(ledger, folder) >= KILLS // 3

    document = _say(ledger, "cashback", "list")
    assert document["count"] > KILLS
    assert _say(ledger, "verify")["ok"] is True


@pytest.mark.slow
def test_two_processes_approve_two_hundred_lines_at_once_and_each_is_approved_once(tmp_path: Path) -> None:
    ledger = _begun(tmp_path, LINES)
    lines = [row["line"] for row in _say(ledger, "cashback", "list")["rows"]]
    assert len(lines) == LINES
    limit = ("--limit-per-day", "1000000 HKD")
    _say(ledger, "--as", "ann", "operators", "add", "kim", "--role", "owner", *limit, given=f"{PASSPHRASE}\n")
    _say(ledger, "--as", "kim", "cashback", "propose", *lines)

    both = [
        subprocess.Popen(
            [sys.executable, "-m", "waconsole", "--ledger", str(ledger), "--json", "--as", who, "cashback", "approve", *lines],
            env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        for who in ("ann", "zoe")
    ]  # fmt: skip
    answers = [json.loads(one.communicate(timeout=120)[0]) for one in both]

    done = [set(one["lines"]) for one in answers]
    assert not done[0] & done[1] and done[0] | done[1] == set(lines)
    for mine, answer, other in ((done[0], answers[0], "zoe"), (done[1], answers[1], "ann")):
        assert {one["line"] for one in answer["refused"]} == set(lines) - mine
        assert all(f"already approved by {other}" in one["reason"] for one in answer["refused"])
    batchers = [
        subprocess.Popen(
            [sys.executable, "-m", "waconsole", "--ledger", str(ledger), "--json", "--as", who, "cashback", "batch",
             "--currency", "HKD"],
            env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        for who in ("ann", "zoe")
    ]  # fmt: skip
    made = [json.loads(one.communicate(timeout=120)[0]) for one in batchers]
    assert sorted("batch" in one for one in made) == [False, True]
    assert next(one for one in made if "batch" in one)["count"] == LINES
    assert "waits to be paid" in next(one for one in made if "error" in one)["error"]
    _look(ledger)
