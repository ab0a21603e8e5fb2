"""The desk as it is read: the queue's order, the evidence panel, rings drawn as text, what is at stake; and as it is typed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cashback import earnings
from tests.fraud.desk import (
    NOW,
    decide,
    desk_ledger,
    done,
    invite,
    item,
    lay_programme,
    operator,
    person,
    phone,
)
from waconsole import catalogue
from waconsole.__main__ import main
from waconsole.clock import DAY, HOUR, iso
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, UsageError
from waconsole.fraud import service_desk, service_taking, store_stakes
from waconsole.fraud.commands_deciding import until
from waconsole.fraud.commands_panel import line, panel
from waconsole.fraud.drawing import drawn, letter, short
from waconsole.fraud.stakes import Stakes, limits_of, said, size, worst_of
from waconsole.members import store_merge
from waconsole.policy import service as policy

PASSPHRASE = "a long enough passphrase"


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with desk_ledger() as found:
        yield found


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_the_queue_goes_by_money_by_age_or_by_the_time_left(tx: Transaction) -> None:
    item(tx, "small", [2, 3], held=60_000, found_at=NOW - 3 * HOUR)
    item(tx, "large", [4, 5], held=180_000, found_at=NOW - 5 * HOUR)
    item(tx, "euro", [6, 7], held=70_000, currency="EUR", found_at=NOW - HOUR)
    item(tx, "gone", [8, 9], held=900, found_at=NOW - 30 * HOUR)
    done(tx, "kim", "void", "gone")
    done(tx, "kim", "snooze", "small", until=NOW + DAY)
    service_taking.take(tx, operator(tx, "zoe"), "large", now=NOW)

    assert names(service_desk.queue(tx, now=NOW)) == ["large", "euro", "small"]
    assert names(service_desk.queue(tx, order="age", now=NOW)) == ["large", "small", "euro"]
    assert names(service_desk.queue(tx, order="left", now=NOW)) == ["large", "euro", "small"]
    assert names(service_desk.queue(tx, state="decided", now=NOW)) == ["gone"]
    assert names(service_desk.queue(tx, state="snoozed", now=NOW)) == ["small"]
    assert names(service_desk.queue(tx, state="snoozed", now=NOW + DAY)) == []
    late = service_desk.queue(tx, now=NOW + DAY)
    assert {one["state"] for one in late} == {"open"}
    assert line(late[0]).endswith("ring of 2  its time is over for 5h (hold)")
    assert line(late[0] | {"frozen": ["m-lee"], "time_left_seconds": 0}).endswith(
        "ring of 2  1 frozen  hold in 0s"
    )
    assert names(service_desk.queue(tx, state="taken", now=NOW)) == ["large"]
    assert names(service_desk.queue(tx, operator_id=operator(tx, "zoe").id, now=NOW)) == ["large"]
    assert len(service_desk.queue(tx, state="all", now=NOW)) == 4
    assert names(service_desk.queue(tx, kind="chain", now=NOW)) == []
    with pytest.raises(UsageError):
        service_desk.queue(tx, state="paid", now=NOW)
    item(tx, "let-go", [2, 4])
    tx.execute("UPDATE review SET gone_at = 1 WHERE ref = 'let-go'")
    assert len(service_desk.queue(tx, now=NOW)) == 3, "what sweeps no longer find waits for nobody"
    row = service_desk.queue(tx, now=NOW)[0]
    assert (row["age_seconds"], row["time_left_seconds"], row["on_timeout"]) == (5 * 3600, 19 * 3600, "hold")
    assert row["held"] == {"minor": 180_000, "currency": "HKD"}
    assert row["held_all"] == [
        {"amount": "1800.00 HKD", "amount_minor": 180_000, "minor": 180_000, "currency": "HKD"}
    ]
    assert row["taken_by"] == "zoe"


def test_the_panel_tells_who_why_what_when_and_what_may_be_done(tx: Transaction) -> None:
    item(tx, "old", [8, 9])
    done(tx, "kim", "void", "old", reason="ring")
    item(tx, "ring-a", [2, 3, 4], held=180_000, address="1highst")
    invite(tx, 6, 7, address="1highst")
    earnings.order(tx, "O1", phone(3), iso(NOW - 4 * HOUR), "199.00 HKD")
    earnings.refund(tx, "O1", "199.00", iso(NOW - 2 * HOUR))

    found = service_desk.show(tx, "ring-a", now=NOW, operator="kim")

    assert found["drawn"] == "A → B → C → A"
    assert [one["rule"] for one in found["signals"]] == ["ring"]
    assert [one["weight"] for one in found["counter"]] == [-20]
    assert found["signals"][0]["evidence"][0]["id"] == "i-2-3"
    assert [(one["attribute"], one["people"], len(one["others"])) for one in found["linked"]] == [
        ("address", ["A", "B", "C"], 1)
    ]
    assert [one["kind"] for one in found["timeline"]] == ["invited"] * 3 + ["joined"] * 3 + [
        "ordered",
        "refunded",
    ]
    assert found["timeline"][-1]["who"] == "B"
    assert (found["precedents"]["count"], found["precedents"]["outcomes"]) == (1, {"void": 1})
    acts = {one["outcome"]: one for one in found["acts"]}
    assert list(acts) == ["release", "void", "freeze", "block", "ask", "escalate", "snooze"]
    assert acts["void"]["key"] == "x" and "1800.00 HKD is void" in acts["void"]["consequence"]
    assert "ring" in acts["void"]["reasons"] and acts["void"]["why_not"] is None
    text = "\n".join(panel(found))
    assert "•• 02" in text and phone(2) not in text
    assert service_desk.show(tx, "ring-a", now=NOW, hidden="address")["linked"] == []
    assert service_desk.show(tx, "ring-a", now=NOW, only="device")["linked"] == []
    with pytest.raises(NotFound):
        service_desk.show(tx, "ring-b", now=NOW)


def test_acts_come_from_the_item_and_say_why_not(tx: Transaction) -> None:
    item(tx, "a", [1, 2], held=600_000)

    def acts(name: str | None = None) -> dict[str, dict[str, Any]]:
        return {one["outcome"]: one for one in service_desk.show(tx, "a", now=NOW, operator=name)["acts"]}

    assert "is a member of this item" in acts("lee")["void"]["why_not"]
    assert "abe is an ambassador" in acts("abe")["void"]["why_not"]
    assert acts()["void"]["second"] and not acts()["freeze"]["second"]
    decide(tx, "kim", "void", "a")
    assert acts()["void"]["proposed_by"] == "kim"
    done(tx, "kim", "freeze", "a")
    assert list(acts()) == ["release", "void", "unfreeze", "block", "ask", "escalate", "appeal"]
    decide(tx, "kim", "block", "a")
    done(tx, "zoe", "block", "a")
    assert list(acts()) == ["appeal"]
    shown = service_desk.show(tx, "a", now=NOW)["decisions"]
    assert [(one["outcome"], one["proposal"], one["proposed_by"]) for one in shown] == [
        ("void", True, None), ("freeze", False, None), ("block", True, None), ("block", False, "kim"),
    ]  # fmt: skip


def test_two_rows_of_one_person_are_one_person(tx: Transaction) -> None:
    item(tx, "a", [2, 3, 4])
    done(tx, "kim", "freeze", "a", reason="ring")
    kept, gone = person(tx, 2), person(tx, 3)
    store_merge.merge(tx, kept, gone, operator_id=operator(tx, "ann").id, now=NOW)

    found = service_desk.show(tx, "a", now=NOW)

    assert [(one["letter"], one["standing"]) for one in found["members"]] == [
        ("A", "frozen"),
        ("B", "frozen"),
    ]
    done(tx, "kim", "block", "a", reason="ring")
    assert {one["standing"] for one in service_desk.show(tx, "a", now=NOW)["members"]} == {"blocked"}


def test_the_worst_case_reads_the_programmes_terms(tx: Transaction) -> None:
    terms = {"reward.each": "cashback 8.00 HKD", "invitee.each": "coupon 50.00 HKD", "cost.invitee": "5.00 HKD",
             "reward.2": "cashback 20.00 HKD", "reward.5": "cashback 100.00 HKD", "cap": 10, "mode": "cumulative"}  # fmt: skip
    assert worst_of(terms, {1: 1}) == {"HKD": 1300}
    assert worst_of(terms, {1: 2}) == {"HKD": 2600 + 2000}
    assert worst_of(terms, {1: 10}) == worst_of(terms, {1: 11}) == {"HKD": 13_000 + 12_000}
    assert worst_of({**terms, "mode": "upgrade"}, {1: 5, 2: 1}) == {"HKD": 6 * 1300 + 10_000}
    assert worst_of({"reward.each": "membership 7 days", "cap": None}, {1: 3}) == {}
    policy.set_version(
        tx, "invites.programme.spring", terms, says="x", reason="x", valid_from=0, set_by=operator(tx, "ann"), now=NOW
    )  # fmt: skip
    row = item(tx, "a", [2, 3], held=800)
    assert store_stakes.stakes(tx, [row], now=NOW)[row] == Stakes({"HKD": 800}, {}, {"HKD": 2600})
    assert store_stakes.held_together(tx, [row, row]) == {"HKD": 800}


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        ([], ""),
        ([(1, 2), (2, 1)], "A → B → A"),
        ([(1, 2), (2, 3), (3, 1), (2, 1)], "A → B → C → A"),
        ([(1, 2), (2, 3), (3, 4)], "A → B → C → D"),
        ([(1, 2), (1, 3), (1, 4)], "A → 3 people"),
        ([(1, 2), (9, 8)], "A → B"),
    ],
)
def test_who_brought_whom_is_drawn_as_text(edges: list[tuple[int, int]], says: str) -> None:
    assert drawn(edges, {1: "A", 2: "B", 3: "C", 4: "D"}) == says


def test_long_lines_and_many_people_stay_readable() -> None:
    letters = {place: letter(place) for place in range(40)}
    assert (letter(25), letter(26), letter(702)) == ("Z", "AA", "AAA")
    line = drawn([(place, place + 1) for place in range(39)], letters)
    assert line == "A → B → C → D → E → F → G → H → I → J → … 29 more … → AN"
    assert (short("Lin Chan Wai"), short("")) == ("Lin C. W.", "")


def test_amounts_and_times_as_they_are_said() -> None:
    assert said({"HKD": 180_000, "EUR": 100}) == "1800.00 HKD, 1.00 EUR"
    assert (said({}), size({}), size({"JPY": 5, "HKD": 400})) == ("nothing", 0, 5)
    assert limits_of({"value": ["5000.00 HKD", "95000 JPY"]}) == {"HKD": 500_000, "JPY": 95_000}
    assert until("3d", now=NOW) == NOW + 3 * DAY
    assert until("2026-12-01", now=NOW) == earnings.at("2026-12-01")
    with pytest.raises(UsageError):
        until("soon", now=NOW)


Typed = Callable[..., tuple[int, Any]]


@pytest.fixture
def typed(ledger_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type a command on this test's own ledger, at noon of 26 November 2026: (exit code, document)."""
    monkeypatch.setenv("WACONSOLE_PASSPHRASE", PASSPHRASE)

    def say(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main(["--ledger", str(ledger_path), "--now", "2026-11-26T12:00:00Z", "--json", *words])
        out = capsys.readouterr()
        return code, json.loads(out.out) if out.out else out.err

    async def lay() -> None:
        def work(tx: Transaction) -> None:
            guards = tx.rows("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
            lay_programme(tx, earnings.ann(tx).id)
            for number, ref in enumerate(("ring-a", "ring-b", "ring-c")):
                item(tx, ref, [2 + number, 3 + number])
            kept = {row["sql"] for row in tx.rows("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")}
            for guard in guards:
                if guard["sql"] not in kept:
                    tx.execute(guard["sql"])

        async with catalogue.open_ledger(ledger_path, now=NOW) as database:
            await database.write(work)

    assert say("init", "--test-clock")[0] == 0
    assert say("operators", "add", "ann", "--role", "owner")[0] == 0
    asyncio.run(lay())
    return say


def test_the_desk_as_it_is_typed(typed: Typed) -> None:
    code, found = typed("fraud", "queue")
    assert (code, found["count"], sorted(names(found["rows"]))) == (0, 3, ["ring-a", "ring-b", "ring-c"])
    assert typed("fraud", "show", "ring-a")[1]["drawn"] == "A → B → A"
    assert typed("fraud", "show", "no")[0] == 1
    decide_a = ("fraud", "decide", "ring-a", "--outcome", "void", "--reason", "ring")
    assert typed(*decide_a)[0] == 1, "a person decides: --as"
    assert typed(*decide_a[:-2], "--as", "ann")[0] == 1, "for a reason"
    assert typed("fraud", "decide", "ring-a", "--outcome", "pay", "--reason", "ring", "--as", "ann")[0] == 2
    code, found = typed(*decide_a, "--cascade", "--dry-run", "--as", "ann")
    assert (code, found["dry_run"], found["done"], found["people"]) == (
        0,
        True,
        ["ring-a", "ring-b", "ring-c"],
        4,
    )
    assert found["held"] == {"minor": 0, "currency": ""}
    assert typed("fraud", "queue")[1]["count"] == 3, "a dry run decides nothing"

    assert typed("fraud", "take", "ring-a", "--as", "ann")[1]["taken"] is True
    assert typed("fraud", "queue", "--mine", "--as", "ann")[1]["count"] == 1
    assert typed("fraud", "take", "ring-a", "--back", "--as", "ann")[1]["taken"] is False
    code, found = typed(
        "fraud", "decide", "ring-a", "ring-x", "--outcome", "void", "--reason", "ring", "--as", "ann"
    )
    assert (code, found["done"], [one["id"] for one in found["refused"]]) == (3, ["ring-a"], ["ring-x"])
    assert typed(*decide_a, "--as", "ann")[0] == 1
    assert (
        typed("fraud", "appeal", "ring-a", "--reason", "new_evidence", "--evidence", "x", "--as", "ann")[0]
        == 0
    )
    assert typed("undo", "--as", "ann")[1] == {"undone": "appeal review", "count": 1}
    assert typed("undo", "--as", "ann")[1]["undone"] == "void review"
    assert typed("fraud", "queue")[1]["count"] == 3
    assert (
        typed("fraud", "rules", "set", "ring", "weight=40", "--reason", "tried", "--as", "ann")[1]["version"]
        == 3
    )
    own = (
        "fraud",
        "rules",
        "add",
        "big",
        "ring_size >= 3 and not office > 2",
        "--weight",
        "-5",
        "--reason",
        "x",
    )
    assert typed(*own, "--as", "ann")[1]["rule"] == "fraud.counter.big"
    assert typed(*own, "--as", "ann")[0] == 1
    fields = {one["field"]: one for one in typed("fraud", "rules", "fields")[1]["rows"]}
    assert (fields["silent"]["arguments"], fields["silent_share"]["kind"]) == (["after"], "share")
    rules = {one["name"]: one for one in typed("fraud", "rules", "list")[1]["rows"]}
    assert rules["big"]["when"] == "ring_size >= 3 and not office > 2"
    assert (rules["ring"]["weight"], rules["ring"]["in_force"]) == (40, True)
    code, found = typed(
        "fraud", "backtest", "ring", "--set", "people_min=3", "weight=50", "--since", "2026-01-01"
    )
    assert (code, found["tried"]["people_min"], found["tried"]["weight"]) == (0, 3, 50)
    assert typed("fraud", "backtest", "rung")[0] == 1
    assert typed("fraud", "backtest", "ring", "--set", "five")[0] == 2
    assert {one["name"] for one in typed("fraud", "health")[1]["rows"]} == set(rules)
    assert typed("verify")[1].get("first_bad") is None
