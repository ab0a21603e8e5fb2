from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.cashback import earnings
from tests.fraud import desk
from tests.fraud.graph_ledger import BEGAN, DAY, NOW, graph_ledger, invite, named, order, person, phone, sweep
from tests.policies import change
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.fraud import service_deciding, service_findings
from waconsole.fraud.service_sweep import Checked, Watch, check_edge
from waconsole.members import store_merge

Lay = Callable[[Transaction], None]


def hurry(tx: Transaction, attempts: int, seconds: int, *, who: int = 1) -> None:
    """`attempts` of one person, the last `seconds` after the first."""
    for one in range(attempts):
        invite(tx, who, 100 + one, BEGAN + one * seconds // max(attempts - 1, 1))


def send_back(tx: Transaction, reference: str, amount: str = "199.00 HKD") -> None:
    earnings.refund(tx, reference, amount, "2026-11-01")


def mules(tx: Transaction, returned: int, of: int, total: str = "199.00 HKD") -> None:
    """`of` invitees of person 1; `returned` of them order `total` once and send it back."""
    for one in range(of):
        invite(tx, 1, 10 + one, BEGAN + one * DAY)
        if one < returned:
            order(tx, f"o{one}", 10 + one, BEGAN + one * DAY + 3600, total)
            send_back(tx, f"o{one}", total)


@pytest.mark.parametrize(
    ("attempts", "seconds", "found"),
    [(51, 3599, [[1]]), (51, 3600, []), (50, 10, []), (60, 3599, [[1]]), (60, 14 * DAY, [])],
)
def test_fifty_one_attempts_within_the_hour_freeze_by_event_time(
    attempts: int, seconds: int, found: list[list[int]]
) -> None:
    with graph_ledger() as tx:
        hurry(tx, attempts, seconds)
        items = sweep(tx)
        assert named(items).get("velocity", []) == found
        assert len(items) == len(found)
        for item in items:
            assert item["frozen"] == [{"member": item["members"][0]["member"], "phone": phone(1)}]
            assert item["signals"][0]["rule"] == "fraud.velocity_attempts"
            assert len(item["signals"][0]["evidence"]) == attempts
            began = (BEGAN + 50 * seconds // (attempts - 1)) * SECOND  # the attempt that was one too many
            assert [row["began_at"] for row in tx.rows("SELECT began_at FROM member_gate")] == [began]


def test_every_part_that_goes_round_is_one_item_and_a_forest_is_none() -> None:
    with graph_ledger() as tx:
        for who, whom in [(1, 2), (2, 1), (3, 4), (4, 5), (5, 3), (3, 5), (5, 6), (7, 8), (8, 9), (2, 7)]:
            invite(tx, who, whom, BEGAN + who * DAY)
        invite(tx, 1, 2, BEGAN + 5 * DAY)
        items = sweep(tx)
        assert named(items) == {"ring": [[1, 2], [3, 4, 5]]}
        assert [item["frozen"] for item in items] == [[], []]
        assert [len(item["signals"][0]["evidence"]) for item in items] == [3, 4]
        assert tx.value("SELECT count(*) FROM invite_gate WHERE verdict = 'held'") == 7


def chain(
    tx: Transaction, people: int, *, step: int = 3600, address: str = "1, Main St.", aside: int = 0
) -> None:
    if aside:
        invite(tx, aside, 50, BEGAN + 20 * DAY)
    for one in range(1, people):
        invite(tx, one, one + 1, BEGAN + one * step, address="1mainst" if one == 1 else "")
    person(tx, people, address=address)


def test_a_chain_is_five_who_share_something() -> None:
    cases: list[tuple[Lay, bool]] = [
        (lambda tx: chain(tx, 5), True),
        (lambda tx: chain(tx, 30), True),
        (lambda tx: chain(tx, 4), False),
        (lambda tx: chain(tx, 5, step=3601), False),
        (lambda tx: chain(tx, 5, address="2, Main St."), False),
        (lambda tx: chain(tx, 5, aside=3), False),
    ]
    for lay, is_found in cases:
        with graph_ledger() as tx:
            lay(tx)
            assert ("chain" in named(sweep(tx))) == is_found


@pytest.mark.parametrize(
    ("returned", "of", "total", "found"),
    [
        (5, 5, "199.00 HKD", True),
        (4, 4, "199.00 HKD", False),
        (8, 10, "199.00 HKD", True),
        (7, 9, "199.00 HKD", False),
        (5, 5, "200.99 HKD", True),  # 1 % above
        (5, 5, "201.00 HKD", False),
        (5, 5, "197.01 HKD", True),
        (5, 5, "197.00 HKD", False),
        (5, 5, "199.00 EUR", False),
    ],
)
def test_mules_order_once_at_the_minimum_and_send_it_back(
    returned: int, of: int, total: str, found: bool
) -> None:
    with graph_ledger() as tx:
        mules(tx, returned, of, total)
        items = sweep(tx)
        assert named(items) == ({"mule": [[1, *range(10, 10 + returned)]]} if found else {})


def test_who_orders_again_or_keeps_a_part_is_no_mule() -> None:
    for lay in (
        lambda tx: order(tx, "again", 10, BEGAN + 9 * DAY),
        lambda tx: tx.execute("UPDATE refund SET amount_minor = amount_minor - 1 WHERE reference = 'o0'"),
        lambda tx: tx.execute(
            "UPDATE refund SET refunded_at = :at WHERE reference = 'o0'", {"at": NOW + SECOND}
        ),
    ):
        with graph_ledger() as tx:
            mules(tx, 5, 5)
            lay(tx)
            assert sweep(tx) == []


def test_who_had_ordered_before_the_invite_is_presented_as_new() -> None:
    with graph_ledger() as tx:
        for whom, apart in ((2, -1), (3, 0), (4, 1)):
            invite(tx, 1, whom, BEGAN)
            order(tx, f"o{whom}", whom, BEGAN + apart)
        invite(tx, 5, 4, BEGAN + DAY)
        invite(tx, 1, 4, BEGAN + DAY)  # the same referrer asks again: they brought this member
        items = sweep(tx)
        assert named(items) == {"existing_customer": [[1, 2], [5, 4]]}
        assert [one["kind"] for one in items[0]["signals"][0]["evidence"]] == ["order", "invite"]
        assert items[0]["signals"][0]["evidence"][0]["id"] == "o2"


def test_oneself_under_another_number_is_oneself() -> None:
    with graph_ledger() as tx:
        invite(tx, 1, 2, BEGAN)
        invite(tx, 3, 4, BEGAN)
        assert sweep(tx) == []
        store_merge.merge(tx, person(tx, 2), person(tx, 1), operator_id=None, rule="number", now=NOW)
        items = sweep(tx)
        assert named(items) == {"self_referral": [[1]]}
        assert tx.value("SELECT count(*) FROM open_review_member") == 1


def test_households_offices_and_what_comes_late_are_left_alone() -> None:
    with graph_ledger() as tx:
        for one in range(2, 7):  # a household of six that orders apart
            invite(tx, 1, one, BEGAN + one * DAY, address="flat 9", payment="visa 1")
            order(tx, f"h{one}", one, BEGAN + one * 2 * DAY, "199.00 HKD")
        for one in range(40):  # an office: one colleague asks all others within the hour
            invite(tx, 20, 21 + one, BEGAN + one * 60, address="tower 1")
            order(tx, f"w{one}", 21 + one, BEGAN + DAY + one * 100)
        for one in range(60):  # a phone that was away for a fortnight
            invite(tx, 90, 100 + one, BEGAN + one * 5 * 3600, recorded=NOW)
        assert sweep(tx) == []


def ring(tx: Transaction, *people: int, at: int = BEGAN) -> None:
    for one, other in zip(people, [*people[1:], people[0]], strict=True):
        invite(tx, one, other, at)


def test_the_same_finding_is_the_same_item_and_nothing_is_written_twice() -> None:
    with graph_ledger() as tx:
        ring(tx, 1, 2, 3)
        hurry(tx, 55, 600, who=50)
        first = sweep(tx)
        before = tx._connection.total_changes
        assert sweep(tx) == first
        assert tx._connection.total_changes == before


def test_a_ring_that_grows_is_still_that_ring() -> None:
    with graph_ledger() as tx:
        ring(tx, 1, 2, 3)
        ring(tx, 7, 8)
        ids = {item["id"] for item in sweep(tx)}
        ring(tx, 3, 4, 5)
        grown = sweep(tx)
        assert {item["id"] for item in grown} == ids
        assert named(grown)["ring"][0] == [1, 2, 3, 4, 5]
        invite(tx, 5, 7, BEGAN)
        invite(tx, 8, 1, BEGAN)
        assert [item["id"] for item in sweep(tx)] == [grown[0]["id"]]
        assert tx.value("SELECT count(*) FROM invite_gate WHERE verdict = 'held'") == 10


def test_what_is_decided_stays_so_until_its_evidence_grows() -> None:
    with graph_ledger() as tx:
        hurry(tx, 51, 600)
        item = sweep(tx)[0]
        desk.decide(
            tx, "ann", "release", item["id"], reason=service_deciding.reasons(tx, "release", now=NOW)[0]
        )
        assert sweep(tx) == []
        assert tx.value("SELECT count(*) FROM member_gate") == 0
        order(tx, "later", 1, BEGAN + DAY)  # says nothing of haste
        assert sweep(tx) == []
        invite(tx, 1, 99, BEGAN + 300)
        again = sweep(tx)
        assert [one["id"] for one in again] == [item["id"]]
        assert len(again[0]["frozen"]) == 1


def test_what_was_voided_stays_void_when_one_attempt_more_opens_its_item() -> None:
    with graph_ledger() as tx:
        hurry(tx, 51, 600)
        item = sweep(tx)[0]["id"]
        reason = service_deciding.reasons(tx, "void", now=NOW)[0]
        desk.decide(tx, "ann", "void", item, reason=reason)
        invite(tx, 1, 99, BEGAN + 300)
        assert [one["id"] for one in sweep(tx)] == [item]

        def gates() -> dict[str, int]:
            rows = tx.rows("SELECT verdict, count(*) AS number FROM invite_gate GROUP BY verdict")
            return {row["verdict"]: row["number"] for row in rows}

        assert gates() == {"void": 51, "held": 1}
        desk.decide(tx, "ann", "snooze", item, until=NOW + DAY * SECOND)
        assert gates() == {"void": 51, "held": 1}
        desk.decide(tx, "ann", "release", item, reason=service_deciding.reasons(tx, "release", now=NOW)[0])
        assert gates() == {"release": 52}


def test_what_later_facts_speak_against_is_let_go_and_comes_back() -> None:
    with graph_ledger() as tx:
        mules(tx, 5, 5)
        first = sweep(tx)
        invite(tx, 1, 30, BEGAN)
        invite(tx, 1, 31, BEGAN)
        assert sweep(tx) == []
        assert tx.value("SELECT count(*) FROM invite_gate") == 0
        order(tx, "o30", 30, BEGAN + 3600, "199.00 HKD")
        send_back(tx, "o30")
        assert [item["id"] for item in sweep(tx)] == [first[0]["id"]]


def test_nothing_after_now_counts_and_other_limits_are_another_version() -> None:
    with graph_ledger() as tx:
        hurry(tx, 51, 600)
        assert sweep(tx, now=(BEGAN + 599) * SECOND) == []
        change(tx, "fraud.velocity_attempts", now=NOW - 1, value=51)
        assert sweep(tx) == []
        invite(tx, 1, 99, BEGAN + 1)
        assert sweep(tx)[0]["signals"][0]["version"] == 2


def test_haste_below_the_limit_is_an_item_only_where_devices_say_so_too() -> None:
    with graph_ledger() as tx:
        for one in range(30):
            invite(tx, 1, 10 + one, BEGAN + one * 60, device=f"d{one % 4}")
            invite(tx, 2, 50 + one, BEGAN + one * 60)
        items = sweep(tx)
        assert [(item["kind"], item["members"][0]["phone"]) for item in items] == [("pattern", phone(1))]
        assert items[0]["frozen"] == []


def test_one_invite_is_probed_as_it_comes_in() -> None:
    with graph_ledger() as tx:
        hurry(tx, 50, 3000)
        assert check_edge(tx, invite(tx, 1, 98, BEGAN + 9_000)) == Checked()
        assert check_edge(tx, invite(tx, 1, 99, BEGAN + 1_500)).is_hasty  # late, and in the midst of it
        ids = [invite(tx, *pair, BEGAN) for pair in ((201, 202), (202, 203), (203, 201), (204, 204))]
        assert [check_edge(tx, one) for one in ids[2:]] == [Checked(closes_ring=True), Checked(is_self=True)]
        assert not check_edge(tx, 10**6)
        late = invite(tx, 301, 302, BEGAN)
        assert not check_edge(tx, late)


def test_every_signal_has_a_rule_a_version_and_evidence_that_is_there() -> None:
    with graph_ledger() as tx:
        ring(tx, 1, 2, 3)
        mules(tx, 5, 5)
        hurry(tx, 51, 600, who=400)
        for one in (1, 2):
            person(tx, one, device="d")
        items = sweep(tx)
        assert {item["kind"] for item in items} == {"ring", "mule", "velocity"}
        for item in items:
            for one in [*item["signals"], *item["counter"]]:
                assert one["rule"].startswith("fraud.") and one["version"] >= 1 and one["evidence"]
                for row in one["evidence"]:
                    assert _is_there(tx, row), row


def _is_there(tx: Transaction, row: dict[str, Any]) -> bool:
    table, column = {
        "invite": ("invite", "ref"),
        "order": ('"order"', "reference"),
        "member": ("member", "ref"),
    }[row["kind"]]
    return bool(tx.value(f"SELECT 1 FROM {table} WHERE {column} = ?", (row["id"],)))


def test_two_sweeps_at_once_make_one_item_of_a_finding() -> None:
    with graph_ledger() as tx:
        ring(tx, 1, 2)
        plans = [service_findings.plan(tx, watch=Watch(), now=NOW)[0] for _ in range(2)]
        for planned in plans:
            for one in planned:
                service_findings.keep(tx, one, now=NOW)
        assert tx.value("SELECT count(*) FROM review") == 1


def test_one_invite_probed_is_hasty_where_a_span_close_by_holds_too_many() -> None:
    dice, seen = random.Random(5), set()
    with graph_ledger() as tx:
        desk.set_policy(tx, "fraud.velocity_attempts", 3)  # more than three within less than ten minutes
        desk.set_policy(tx, "fraud.velocity_seconds", 600)
        for who in (1, 2):
            began = sorted(BEGAN + dice.randint(0, 9_000 if who == 1 else 4_000) for _ in range(30))
            ids = [invite(tx, who, who * 100 + place, at) for place, at in enumerate(began)]
            for one, at in zip(ids, began, strict=True):
                near = [other for other in began if abs(other - at) < 600]
                is_hasty = any(late - early < 600 for early, late in zip(near, near[3:], strict=False))
                assert check_edge(tx, one).is_hasty == is_hasty
                seen.add(is_hasty)
    assert seen == {True, False}
