"""The verbs as they are typed, on a ledger in a file: answers, exit codes, two consoles, a file that is whole or not there."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.cashback import earnings, ledger_lines
from tests.cashback.earnings import LIN, NOW, balance, wallet
from tests.cashback.ledger_lines import ref
from waconsole.cashback import commands_deciding, commands_paying, commands_statement
from waconsole.cashback.commands_statement import Letter
from waconsole.command import EXIT_DONE, EXIT_PARTLY, EXIT_REFUSED, Answer, Invocation
from waconsole.database.connection import Database, Transaction, open_database
from waconsole.errors import Refused
from waconsole.operators.store import Operator
from waconsole.settings import Settings

LETTERS: list[Letter] = []


def keep(
    tx: Transaction, settings: Settings, actor: Operator, letter: Letter, now: int
) -> tuple[str, str, str]:
    LETTERS.append(letter)
    return "out-1", "queued", ""


COMMANDS = {
    one.title.removeprefix("cashback "): one
    for one in (*commands_deciding.COMMANDS, *commands_paying.COMMANDS, *commands_statement.commands(keep))
}


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Database]:
    """The ledger of `ledger_lines`, in a file."""
    earnings._keep_key()
    path = tmp_path / "ledger.db"
    if not path.exists():
        path.write_bytes(ledger_lines._image())
    async with open_database(path) as database:
        yield database


async def call(database: Database, title: str, operator: str | None = "kim", **said: Any) -> Answer:
    command = COMMANDS[title]
    values = {one.key: (False if one.kind == "flag" else one.default) for one in command.arguments} | said
    invocation = Invocation(
        values, NOW, operator, Settings(), say=lambda words: None, progress=lambda done, of: None, cancelled=lambda: False
    )  # fmt: skip
    found = await command.work(database, invocation)
    json.dumps(found.document)
    return found


async def refs(database: Database, *line_ids: int) -> list[str]:
    return await database.read(lambda tx: [ref(tx, one) for one in line_ids])


async def approved(database: Database, *line_ids: int) -> list[str]:
    lines = await refs(database, *line_ids)
    await call(database, "propose", line=lines)
    assert (await call(database, "approve", "zoe", line=lines)).exit_code == EXIT_DONE
    return lines


async def test_verbs_answer_how_many_were_done_and_which_were_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        one, two, late = await refs(database, 1, 2, 8)

        proposed = await call(database, "propose", line=[one, late, one])
        assert (proposed.document, proposed.exit_code) == (
            {"done": 2, "lines": [one, late], "refused": []},
            EXIT_DONE,
        )
        part = await call(database, "approve", "zoe", line=[one, two])
        assert (part.document["done"], part.exit_code) == (1, EXIT_PARTLY)
        assert part.document["refused"] == [
            {"line": two, "reason": "Nobody has proposed it yet: `waconsole cashback propose` does."}
        ]
        nothing = await call(database, "approve", "zoe", line=[late, "cb-none"])
        assert (nothing.document["done"], len(nothing.document["refused"]), nothing.exit_code) == (
            0,
            2,
            EXIT_REFUSED,
        )
        by_role = await call(database, "propose", "abe", line=[two, late])
        assert (by_role.document["done"], by_role.exit_code) == (0, EXIT_REFUSED)
        assert [one["line"] for one in by_role.document["refused"]] == [two, late]
        assert {one["reason"].partition(":")[0] for one in by_role.document["refused"]} == {
            "abe is an ambassador"
        }
        with pytest.raises(Refused, match="--as OPERATOR"):
            await call(database, "approve", None, line=[one])
        with pytest.raises(Refused, match="--reason"):
            await call(database, "reject", "zoe", line=[two])
        assert (await call(database, "split", "zoe", line=late, amount="1.00 HKD")).exit_code == EXIT_REFUSED


async def test_two_consoles_approve_at_once_and_one_wins(tmp_path: Path) -> None:
    async with opened(tmp_path) as first, opened(tmp_path) as second:
        (line,) = await refs(first, 1)
        await call(first, "propose", line=[line])

        answers = await asyncio.gather(
            call(first, "approve", "zoe", line=[line]), call(second, "approve", "ann", line=[line])
        )

        assert sorted(one.exit_code for one in answers) == [EXIT_DONE, EXIT_REFUSED]
        (lost,) = [one for one in answers if one.exit_code == EXIT_REFUSED]
        assert "already approved by" in lost.document["refused"][0]["reason"]
        assert await first.read(lambda tx: balance(tx, wallet(LIN))) == 3000
        conflicts = (await call(first, "conflicts")).document["rows"]
        assert [(one["line"], one["tried"], one["already"]) for one in conflicts] == [
            (line, "approve", "approved")
        ]
        loser = conflicts[0]["operator"]
        assert (await call(first, "conflicts", loser, seen=True)).document["count"] == 1
        assert (await call(first, "conflicts")).document["count"] == 0


async def test_a_batch_is_counted_written_privately_and_reconciled(tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        lines = await approved(database, 1, 3)
        made = (await call(database, "batch", currency="hkd")).document
        assert (made["count"], made["sum"]) == (2, 9000)
        out = tmp_path / "payouts.csv"
        said = {"batch": made["batch"], "count": 2, "sum": 9000, "out": str(out)}

        with pytest.raises(Refused, match="add them up again"):
            await call(database, "export", "zoe", **said | {"sum": 1})
        assert list(tmp_path.glob("*payouts*")) == list(tmp_path.glob(".*.part")) == []
        answer = (await call(database, "export", "zoe", **said)).document
        assert (answer["file"], answer["sha256"]) == (str(out), made["sha256"])
        assert sha256(out.read_bytes()).hexdigest() == made["sha256"]
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        with pytest.raises(Refused, match="--again"):
            await call(database, "export", "zoe", **said)
        assert (await call(database, "export", "zoe", **said, again="lost")).document["sha256"] == made[
            "sha256"
        ]

        results = tmp_path / "results.csv"
        results.write_text(
            f"line,result,reference\n{lines[0]},confirmed,1\n{lines[1]},failed,2\nx,failed,3\n"
        )
        told = await call(database, "reconcile", batch=made["batch"], file=str(results))
        assert (told.exit_code, told.document["confirmed"], told.document["failed"]) == (EXIT_PARTLY, 1, 1)
        again = await call(database, "reconcile", batch=made["batch"], file=str(results))
        assert (again.document["unchanged"], again.document["confirmed"]) == (2, 0)
        shown = (await call(database, "batches", batch=made["batch"])).document
        assert [(one["result"], one["state"]) for one in shown["rows"]] == [
            ("failed", "failed"),
            ("confirmed", "confirmed"),
        ]
        assert (await call(database, "batches")).document["rows"][0]["open"] == 0
        exports = await database.read(lambda tx: tx.rows("SELECT kind, file FROM export_run"))
        assert [tuple(one) for one in exports] == [("payout", str(out))] * 2


async def test_a_file_that_cannot_be_written_exports_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        await approved(database, 1)
        made = (await call(database, "batch", currency="HKD")).document
        with pytest.raises(Refused):
            await call(
                database,
                "export",
                "zoe",
                batch=made["batch"],
                count=1,
                sum=3000,
                out=str(tmp_path / "no" / "p.csv"),
            )

        assert (await call(database, "batches")).document["rows"][0]["exports"] == 0
        assert await database.read(lambda tx: balance(tx, "clearing:payout")) == 0


async def test_an_export_whose_file_was_lost_is_written_again_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as database:
        await approved(database, 1)
        made = (await call(database, "batch", currency="HKD")).document
        said = {"batch": made["batch"], "count": 1, "sum": 3000, "out": str(tmp_path / "p.csv")}

        def dies(*names: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("waconsole.cashback.service_exporting.os.replace", dies)
            with pytest.raises(Refused):
                await call(database, "export", "zoe", **said)
        assert not (tmp_path / "p.csv").exists()
        assert (await call(database, "batches")).document["rows"][0]["exports"] == 1

        answer = (await call(database, "export", "zoe", **said, again="the disk was full")).document
        assert (answer["sha256"], (tmp_path / "p.csv").exists()) == (made["sha256"], True)
        assert await database.read(lambda tx: balance(tx, "clearing:payout")) == 0


async def test_statements_are_shown_written_and_sent_and_payees_are_asked(tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        LETTERS.clear()
        page = tmp_path / "statement.html"
        shown = await call(database, "statement", None, member=LIN, html=str(page))
        assert shown.document["totals"][0]["due_minor"] == 5400
        assert page.read_text().startswith("<!doctype html>")
        with pytest.raises(Refused, match="--as OPERATOR"):
            await call(database, "statement", None, member=LIN, send=True)
        await call(database, "statement", member=LIN, send=True)
        (line,) = await refs(database, 1)
        asked = await call(database, "ask", line=line, text="Did it arrive?")
        assert (asked.document["done"], asked.document["outgoing"]) == (1, "out-1")
        assert [one.purpose for one in LETTERS] == ["transactional", "service"]
        assert LETTERS[1].text == "Did it arrive?"
        refused = await call(database, "approve", "zoe", line=[line])
        assert refused.exit_code == EXIT_REFUSED
        assert (await call(database, "templates")).document["count"] == 4
