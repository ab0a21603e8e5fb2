"""Every command that decides about money, policy or operators refuses nobody, who is unproven, and each wrong role.

The list is held against `catalogue.commands()`: a command that is new there has to find its place here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cashback import earnings, ledger_lines
from tests.cashback.ledger_lines import LIN, NOW, approved, operator, ref
from waconsole import catalogue
from waconsole.cashback import service_paying
from waconsole.command import EXIT_DONE, Command, Invocation
from waconsole.database.connection import Database, Transaction, open_database
from waconsole.errors import Refused
from waconsole.operators import service as operators
from waconsole.operators.roles import ALLOWED, ROLES
from waconsole.policy import service_attack as policy
from waconsole.settings import Settings
from waconsole.settings.secrets import Secret

ROOMS: Final = ("cashback", "policy", "operators", "erase", "adopt", "ledger")
# Acts of other rooms: each tries its own.
ELSEWHERE: Final = ("programmes", "codes", "coupons", "invites", "proofs", "groups", "fraud", "segments")
# Commands that write and decide nothing, each with its reason.
FREE: Final = {
    "cashback conflicts": "somebody notes that they looked",
}
PROPOSED, ACCRUED, BATCH = "{proposed}", "{accrued}", "{batch}"
# command: (the acts it is, what it is called with)
DECIDES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "operators add": ("operators.add", {"name": "new", "role": "moderator", "member": None, "limit_per_day": []}),
    "operators limit": ("operators.limit", {"name": "kim", "limits": ["1 HKD"]}),
    "operators link": ("operators.link", {"name": "kim", "member": "+85291110000"}),
    "operators passphrase": ("operators.passphrase", {"name": "ann"}),
    "operators retire": ("operators.retire", {"name": "ann"}),
    "adopt": ("ledger.adopt", {}),
    "ledger rotate-key": ("ledger.rotate_key", {}),
    "cashback schemes add": (
        "schemes.add", {"name": "club", "basis": "own", "rate": "3 %", "return_days": 1, "from": "2026-01-01"},
    ),
    "cashback ambassadors add": (
        "ambassadors.add", {"member": "+85291110000", "scheme": "seed", "from": "2026-01-01"},
    ),
    "cashback ambassadors end": ("ambassadors.add", {"member": LIN, "scheme": "seed", "on": "2026-11-01"}),
    "cashback attribute": (
        "ambassadors.add", {"buyer": "+85291110000", "to": LIN, "reason": "why", "from": "2026-01-01"},
    ),
    "cashback dispute": ("cashback.hold", {"line": ACCRUED, "reason": "why"}),
    "cashback propose": ("cashback.propose", {"line": [ACCRUED]}),
    "cashback approve": ("cashback.approve", {"line": [PROPOSED]}),
    "cashback reject": ("cashback.reject", {"line": [PROPOSED], "reason": "why"}),
    "cashback hold": ("cashback.hold", {"line": [ACCRUED]}),
    "cashback release": ("cashback.hold", {"line": [ACCRUED]}),
    "cashback again": ("cashback.batch", {"line": [ACCRUED]}),
    "cashback split": ("cashback.split", {"line": PROPOSED, "amount": "1.00 HKD"}),
    "cashback ask": ("cashback.ask", {"line": ACCRUED, "text": "why?"}),
    "cashback batch": ("cashback.batch", {"currency": "JPY"}),
    "cashback export": ("cashback.export", {"batch": BATCH, "count": 1, "sum": 6000, "out": "{out}"}),
    "cashback reconcile": ("cashback.reconcile", {"batch": BATCH, "file": "{file}"}),
    "policy set": ("policy.set", {"name": "send.gap", "value": "37h", "reason": "why"}),
    "policy copy": ("policy.set", {"preset": "send.gap", "name": "send.gap", "reason": "why"}),
    "policy confirm": ("policy.confirm", {"name": "attack.open", "version": 1}),
    "policy withdraw": ("policy.set", {"name": "attack.open"}),
    "erase": ("member.erase", {"member": LIN, "yes": True}),
}  # fmt: skip
BY_ROLE: Final = {"owner": "zoe", "moderator": "kim", "ambassador": "abe"}


def _commands() -> dict[str, Command]:
    return {one.title: one for one in catalogue.commands() if one.writes and one.words[0] in ROOMS}


def test_every_command_that_decides_stands_here() -> None:
    assert set(_commands()) == set(DECIDES) | set(FREE)
    acts = {act for act in ALLOWED if not act.startswith(ELSEWHERE)}
    assert {act for act, _ in DECIDES.values()} == acts - {"cashback.undo"}  # `undo` is every room's


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a line of each kind, a batch, and an operator without a passphrase; and what a bank says."""
    folder = tmp_path_factory.mktemp("roles")
    with ledger_lines.lines_ledger() as tx:
        approved(tx, 3, 4)
        service_paying.batch(tx, operator(tx, "kim"), "HKD", now=NOW)
        ledger_lines.done(tx, "kim", "propose", 1)
        policy.stage(tx, now=NOW)
        operators.add(tx, "new owner", "owner", now=NOW)
        tx.execute("COMMIT")
        Path(folder, "ledger.db").write_bytes(tx._connection.serialize())
        tx.execute("BEGIN")
    Path(folder, "told.csv").write_text("line,result,reference\n")
    return folder


@pytest.fixture
def opened(file: Path) -> AbstractAsyncContextManager[Database]:
    """The ledger, open for writing."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[Database]:
        earnings._keep_key()
        async with open_database(file / "ledger.db") as database:
            yield database

    return opening()


def _said(tx: Transaction, folder: Path, value: Any) -> Any:
    if isinstance(value, list):
        return [_said(tx, folder, one) for one in value]
    words = {
        PROPOSED: ref(tx, 1),
        ACCRUED: ref(tx, 2),
        BATCH: tx.value("SELECT ref FROM batch"),
        "{out}": str(folder / "out.csv"),
        "{file}": str(folder / "told.csv"),
    }
    return words.get(value, value) if isinstance(value, str) else value


async def _secret(words: str, is_new: bool) -> Secret:
    return Secret("words that nobody guesses")


async def _refused(
    database: Database, folder: Path, command: Command, values: dict[str, Any], name: str | None
) -> str:
    """Why a command is refused; it must not have written anything."""

    def look(tx: Transaction) -> tuple[Any, ...]:
        tables = ("chain_link", "act", "transfer", "outgoing", "policy_version", "operator", "line_decision")
        return tuple(tx.value(f"SELECT coalesce(max(rowid), 0) FROM {table}") for table in tables)

    given = await database.read(lambda tx: {key: _said(tx, folder, it) for key, it in values.items()})
    defaults = {one.key: (False if one.kind == "flag" else one.default) for one in command.arguments}
    call = Invocation(
        defaults | given, NOW, name, Settings(), say=lambda words: None, progress=lambda done, of: None,
        cancelled=lambda: False, secret=_secret,
    )  # fmt: skip
    before = await database.read(look)
    try:
        answer = await command.work(database, call)
    except Refused as refused:
        assert await database.read(look) == before
        return str(refused)
    assert answer.exit_code != EXIT_DONE, f"{name or 'nobody'} did it"
    return str(answer.document)


async def test_a_command_that_decides_refuses_whoever_may_not(file: Path, opened: Database) -> None:
    known = _commands()
    wrong = []
    for title, (act, values) in DECIDES.items():
        wanted = {None: "--as", "new owner": "no passphrase", "nobody": "called nobody"}
        wanted |= {BY_ROLE[role]: "this is for" for role in ROLES if role not in ALLOWED[act]}
        for name, words in wanted.items():
            why = await _refused(opened, file, known[title], values, name)
            if words not in why:
                wrong.append(f"{title} by {name}: {why}")
    assert wrong == []
