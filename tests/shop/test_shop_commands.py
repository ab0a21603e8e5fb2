"""Importing a shop's files as it is typed, and an import that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.shop.shop_files import INES, ORDERS, order
from waconsole import catalogue
from waconsole.__main__ import main

KILLED_AFTER_CHUNKS = 2
THEN = "2024-11-01T10:00:00Z"


def waconsole(ledger: Path, *words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """(exit code, document) of a command."""
    capsys.readouterr()
    code = main(["--ledger", str(ledger), "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_every_kind_of_file_has_its_command() -> None:
    words = {one.words for one in catalogue.commands()}

    assert {
        ("import", kind) for kind in ("orders", "refunds", "products", "clicks", "carts", "costs")
    } <= words
    assert {("orders", "list"), ("orders", "show")} <= words


def test_orders_are_imported_by_a_saved_mapping_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, path, rejects = tmp_path / "l.db", tmp_path / "o.csv", tmp_path / "rejects.csv"
    path.write_text(
        "Bestellnr;Telefon;Datum;Summe\n77;0639981217;13.11.2024;1.234,50\n78;0639981217;13.11.2024;x\n",
        "utf-8",
    )
    mapped = [
        f"--map={one}" for one in ("reference=Bestellnr", "phone=Telefon", "ordered_at=Datum", "total=Summe")
    ]
    typed = ("import", "orders", str(path), "--region", "fr", "--timezone", "Europe/Paris")

    code, document = waconsole(
        ledger, *typed, *mapped, "--map=currency==EUR", "--save-mapping", "laden", "--preview", capsys=capsys
    )
    assert (
        code == 0 and document["columns"]["total"] == "Summe" and document["rows"][0]["total_minor"] == 123450
    )
    assert document["rejected"] == [{"line": 3, "reason": "'x' is no amount."}]
    assert waconsole(ledger, "orders", "list", capsys=capsys) == (0, {"count": 0, "rows": []})

    answer = waconsole(ledger, *typed, "--mapping", "laden", "--rejects", str(rejects), capsys=capsys)
    assert answer == (
        3, {"rows": 2, "new": 1, "unchanged": 0, "rejected": [{"line": 3, "reason": "'x' is no amount."}]}
    )  # fmt: skip
    assert rejects.read_text("utf-8-sig").splitlines() == [
        "Bestellnr;Telefon;Datum;Summe;reason", "78;0639981217;13.11.2024;x;'x' is no amount.",
    ]  # fmt: skip
    _, listed = waconsole(ledger, "orders", "list", "--member", INES, "--limit", "1", capsys=capsys)
    assert [(row["reference"], row["total"]) for row in listed["rows"]] == [("77", "1234.50")]
    assert waconsole(ledger, "orders", "show", "77", capsys=capsys)[1]["lines"][0]["quantity"] == 0
    assert waconsole(ledger, "orders", "show", "99", capsys=capsys)[0] == 1
    assert waconsole(ledger, *typed, "--mapping", "lade", capsys=capsys)[0] == 1
    assert waconsole(ledger, *typed, "--map=total", capsys=capsys)[0] == 1


# The worker kills itself, as `kill -9` would, once it has committed so many chunks.
WORKER = """
import os, signal, sys
from waconsole.__main__ import main
from waconsole.database.connection import Database
from waconsole.sync import shop_parts

shop_parts.PART_ROWS, shop_parts.CHUNK_PARTS = 10, 2
write, left = Database.write, int(sys.argv[1])

async def counted(self, work):
    global left
    result = await write(self, work)
    left -= work.__qualname__.startswith("_write_all")
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

Database.write = counted
main(sys.argv[2:])
"""


def test_an_import_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, path = tmp_path / "l.db", tmp_path / "o.csv"
    rows = [order(f"R{number}", at=THEN) for number in range(50)]
    path.write_text("\n".join([ORDERS, order("R0", "bad", at=THEN), *rows, *rows[:3]]), encoding="utf-8")
    waconsole(ledger, "init", capsys=capsys)
    words = ("--ledger", str(ledger), "--json", "import", "orders", str(path))

    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(KILLED_AFTER_CHUNKS), *words],
        check=False, capture_output=True, timeout=60, env=os.environ,
    )  # fmt: skip

    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert waconsole(ledger, "orders", "list", capsys=capsys)[1]["count"] == 0
    code, document = waconsole(ledger, "import", "orders", str(path), capsys=capsys)
    assert (code, document["rows"], document["new"], document["unchanged"]) == (3, 54, 50, 3)
    assert [one["line"] for one in document["rejected"]] == [2]
    assert waconsole(ledger, "orders", "list", capsys=capsys)[1]["count"] == 50
    assert waconsole(ledger, "doctor", capsys=capsys)[1]["ok"]
