"""Schemes, ambassadors and lines as they are typed, from files to what is earned."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from waconsole.__main__ import main

PASSPHRASE = "a long enough passphrase"
LIN, AMARA = "+85291234567", "+85298765432"
ORDERS = f"""reference,phone,ordered_at,currency,total
A1,{LIN},2026-10-03T10:00:00Z,HKD,333.00
A2,{LIN},2026-10-03T09:00:00Z,HKD,16.50
J1,{LIN},2026-10-04T09:00:00Z,JPY,1050
G1,{AMARA},2026-01-15T09:00:00Z,HKD,100.00
"""
REFUNDS = "reference,refunded_at,amount\nA1,2026-11-10T10:00:00Z,111.00\n"
# Amara writes a month after the export begins: she was there from its first line on.
CHAT = f"""01/01/2026, 08:00 - Messages and calls are end-to-end encrypted.
01/01/2026, 09:00 - {LIN}: Good morning
01/02/2026, 09:00 - {AMARA}: And to you
"""

Typed = Callable[..., tuple[int, Any]]


@pytest.fixture
def typed(
    ledger_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Typed]:
    """Type a command on this test's own ledger, at noon of 26 November 2026: (exit code, document)."""
    monkeypatch.setenv("WACONSOLE_PASSPHRASE", PASSPHRASE)

    def said(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main(["--ledger", str(ledger_path), "--now", "2026-11-26T12:00:00Z", "--json", *words])
        return code, json.loads(capsys.readouterr().out)

    assert said("init", "--test-clock")[0] == 0
    assert said("operators", "add", "ann", "--role", "owner")[0] == 0
    yield said


def hkd(minor: int) -> dict[str, int | str]:
    return {"minor": minor, "currency": "HKD"}


def jpy(minor: int) -> dict[str, int | str]:
    return {"minor": minor, "currency": "JPY"}


def file(folder: Path, name: str, text: str) -> str:
    """A file of this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def seed(typed: Typed, *more: str, name: str = "seed", basis: str = "own") -> tuple[int, Any]:
    """Add a scheme of 3 % with a fortnight to return."""
    terms = ("--basis", basis, "--rate", "3 %", "--return-days", "14", "--from", "2026-01-01")
    return typed("cashback", "schemes", "add", name, *terms, "--as", "ann", *more)


def test_orders_of_a_file_are_earned_once_by_sync_and_refunds_take_their_part_back(
    typed: Typed, tmp_path: Path
) -> None:
    typed("import", "orders", file(tmp_path, "o.csv", ORDERS))
    typed("import", "refunds", file(tmp_path, "r.csv", REFUNDS))
    assert seed(typed, "--cap", "10.00 HKD")[1]["changed"] is True
    assert seed(typed, "--cap", "10.00 HKD")[1] | {"version": 1} == seed(typed, "--cap", "10.00 HKD")[1]
    added = ("cashback", "ambassadors", "add", LIN, "--scheme", "seed", "--from", "2026-01-01", "--as", "ann")
    assert typed(*added)[1]["changed"] is True and typed(*added)[1]["changed"] is False

    assert [typed("sync", "--once")[0] for _ in range(2)] == [0, 0]

    code, found = typed("cashback", "list")
    assert (code, found["count"]) == (0, 3)
    said = [
        {key: row[key] for key in ("orders", "amount", "reversed", "state", "version")}
        for row in found["rows"]
    ]
    assert said == [
        {"orders": ["A2"], "amount": hkd(50), "reversed": hkd(0), "state": "accrued", "version": 1},
        {"orders": ["A1"], "amount": hkd(950), "reversed": hkd(317), "state": "accrued", "version": 1},
        {"orders": ["J1"], "amount": jpy(32), "reversed": jpy(0), "state": "accrued", "version": 1},
    ]
    assert {row["payee"]["phone"] for row in found["rows"]} == {LIN}
    shown = typed("cashback", "show", found["rows"][1]["line"])[1]
    assert (shown["before_cap"], shown["inputs"]["cap_used_minor"]) == (hkd(999), 50)
    assert {one["name"] for one in shown["evidence"]} >= {"return_window", "cap", "own_order", "paid_before"}
    assert typed("cashback", "list", "--state", "approved")[1] == {"count": 0, "rows": []}
    assert typed("verify")[1]["ok"] is True
    reason = ("--reason", "bought for somebody else", "--as", "ann")
    held = typed("cashback", "dispute", shown["line"], *reason)[1]
    assert (held["held"], held["disputed"], held["disputes"][0]["by"]) == (True, True, "ann")
    assert typed("cashback", "list", "--state", "held")[1]["count"] == 1


def test_who_wrote_in_an_export_is_of_the_group_from_its_first_line_on(typed: Typed, tmp_path: Path) -> None:
    typed("import", "orders", file(tmp_path, "o.csv", ORDERS))
    chat = file(tmp_path, "c.txt", CHAT)
    typed("import", "chat", chat, "--group", "Skin", "--date-order", "dmy")
    assert seed(typed, name="groups", basis="group")[0] == 0
    code, refused = typed(
        "cashback", "ambassadors", "add", LIN, "--scheme", "groups", "--from", "2026-01-01", "--as", "ann"
    )
    assert (code, "--group" in refused["error"]) == (1, True)
    typed(
        "cashback", "ambassadors", "add", LIN, "--scheme", "groups", "--group", "skin", "--from", "2026-01-01",
        "--as", "ann",
    )  # fmt: skip
    typed("sync", "--once")

    orders = [row["orders"] for row in typed("cashback", "list", "--payee", LIN)[1]["rows"]]

    assert sorted(orders) == [["A1"], ["A2"], ["G1"], ["J1"]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--rate", "75折"), "can be read as what is paid or as what is taken off"),
        (("--rate", "101 %"), "A rate is more than 0 % and at most 100 %."),
        (("--rate", "3", "--cap", "0 HKD"), "A cap of 0.00 HKD leaves nothing to earn"),
        (("--rate", "3", "--cap", "100"), "names no currency"),
        (("--rate", "3", "--from", "2026-13-45"), "is no day: write it like 2026-11-01"),
        (("--rate", "3", "--to", "2025-12-31"), "A scheme ends after it began"),
        (("--rate", "3", "--credit", "50 points"), "say one"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused_in_a_sentence(
    typed: Typed, words: tuple[str, ...], sentence: str
) -> None:
    since = () if "--from" in words else ("--from", "2026-01-01")
    code, document = typed(
        "cashback",
        "schemes",
        "add",
        "x",
        "--basis",
        "own",
        "--return-days",
        "14",
        "--as",
        "ann",
        *words,
        *since,
    )

    assert (code, sentence in document["error"]) == (1, True)
    assert typed("cashback", "schemes", "list")[1]["count"] == 0


def test_three_spellings_of_a_rate_are_one_and_only_an_owner_who_is_named_adds_a_scheme(typed: Typed) -> None:
    terms = (
        "cashback",
        "schemes",
        "add",
        "seed",
        "--basis",
        "own",
        "--return-days",
        "14",
        "--from",
        "2026-01-01",
    )
    rows = [typed(*terms, "--rate", rate, "--as", "ann")[1] for rate in ("3", "0.03", "3 %")]

    assert [(row["rate"], row["version"], row["changed"]) for row in rows] == [
        ("3/100", 1, True), ("3/100", 1, False), ("3/100", 1, False),
    ]  # fmt: skip
    assert typed(*terms, "--rate", "4 %")[0] == 1
    assert typed("operators", "add", "mo", "--role", "moderator", "--as", "ann")[0] in (0, 1)
    assert typed(*terms, "--rate", "4 %", "--as", "mo")[0] == 1
