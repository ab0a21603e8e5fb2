"""People who turn out to be one, before and after rewards were given: whose wallet, whose places, and read by whom."""

from __future__ import annotations

from typing import Any

from tests.invites.programmes import AMARA, invite_ledger, person
from tests.invites.rewarded import (
    FRIENDS,
    NOW,
    REFERRER,
    START,
    balances,
    buys,
    invite,
    programme,
    settle,
    stands,
)
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.invites import service_sealing
from waconsole.ledger import service_reading
from waconsole.ledger.model import member_account
from waconsole.members import store_merge
from waconsole.members.store import member_by_id


def _earn(tx: Transaction, place: int, by: str = REFERRER) -> str:
    ref = invite(tx, FRIENDS[place], by=by)
    buys(tx, FRIENDS[place], at=START + (1 + place) * DAY)
    return ref


def _merge(tx: Transaction, who: str, into: str) -> store_merge.Merge:
    return store_merge.merge(
        tx, person(tx, who), person(tx, into), operator_id=None, rule="former phone", now=NOW
    )


def _wallet(tx: Transaction, phone: str) -> str:
    return member_account(str(member_by_id(tx, person(tx, phone)).ref), "payable")


def _balance(tx: Transaction, name: str, **asked: Any) -> int:
    (row,) = service_reading.balances(tx, name, at=None, by_event=False, **asked)
    return int(row["balance_minor"])


def test_a_merged_persons_rewards_are_read_together_before_and_after_the_next_one() -> None:
    with invite_ledger() as tx:
        programme(tx)
        _earn(tx, 0)
        settle(tx)
        old, new = _wallet(tx, REFERRER), _wallet(tx, AMARA)
        _merge(tx, REFERRER, AMARA)

        assert _balance(tx, new) == _balance(tx, AMARA) == _balance(tx, REFERRER) == 800
        _earn(tx, 1)  # the file still names the old number
        settle(tx)

        assert {name: minor for name, (minor, _) in balances(tx).items() if "payable" in name} == {
            f"{old} HKD": 800,
            f"{new} HKD": 800,
        }
        assert _balance(tx, new) == _balance(tx, "00852 9876-5432") == 1600
        assert _balance(tx, old) == 800
        lines = [
            (row["kind"], row["balance_minor"], row["account"])
            for row in service_reading.statement(tx, new, None)
        ]
        assert lines[1:] == [("post", 800, old), ("pending", 800, new), ("post", 1600, new)]
        assert len(service_reading.statement(tx, new, None, alone=True)) == 2


def test_a_merge_that_is_undone_brings_a_reward_back_to_whom_it_is_for() -> None:
    with invite_ledger() as tx:
        programme(tx)
        ref = _earn(tx, 0)
        merge = _merge(tx, REFERRER, AMARA)
        settle(tx)
        new = _wallet(tx, AMARA)
        assert _balance(tx, new) == 800

        store_merge.part(tx, merge, now=NOW)
        settle(tx)

        assert stands(tx, ref) == ("earned", "", 800)
        assert (_balance(tx, new), _balance(tx, _wallet(tx, REFERRER))) == (0, 800)
        assert settle(tx).steps == 0
        for rows in service_sealing.sealed_rows().values():
            assert list(rows(tx, 0)) == []
