"""A past month under other terms: the terms in force give what happened, others tell what would have been given."""

from __future__ import annotations

import pytest

from tests.invites.programmes import invite_ledger
from tests.invites.rewarded import FRIENDS, START, TERMS, buys, invite, programme, refund, settle
from waconsole import catalogue
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.invites import service_replaying
from waconsole.policy.service_replaying import Proposed, Replayed, replay

NAME = "invites.programme.spring"
MONTH = 30 * DAY


def laid(tx: Transaction, count: int = 5) -> None:
    """Friends who bought a day apart, the third of whom sent it back; settled."""
    programme(tx, reward_3="cashback 20.00 HKD", cap="4")
    for place, friend in enumerate(FRIENDS[:count]):
        invite(tx, friend, at=START + place * DAY)
        reference = buys(tx, friend, at=START + place * DAY + DAY)
        if place == 2:
            refund(tx, reference, "250.00", at=START + 5 * DAY)
    settle(tx)


def tried(
    tx: Transaction, begins: int = START, ends: int = START + MONTH, *, each: str = "", cap: str = "4"
) -> Replayed:
    value = TERMS | {"reward.3": "cashback 20.00 HKD", "cap": cap}
    value["reward.each"] = each or value["reward.each"]
    return service_replaying.replay(tx, Proposed(NAME, value), begins, ends)


def test_the_terms_in_force_give_what_happened() -> None:
    with invite_ledger() as tx:
        laid(tx)

        found = tried(tx)

        assert (found.seen, found.money, found.members) == (5, (), ())


def test_other_terms_tell_invite_by_invite_and_person_by_person_and_touch_nothing() -> None:
    with invite_ledger() as tx:
        laid(tx)
        before = tx.value("SELECT total_changes()")

        found = tried(tx, each="cashback 10.00 HKD")

        assert [one.after_minor - one.before_minor for one in found.money] == [200] * 4
        assert [(one.before_minor, one.after_minor) for one in found.members] == [(5200, 6000)]
        assert tx.value("SELECT total_changes()") == before


def test_a_period_takes_its_own_and_moves_the_places_of_later() -> None:
    with invite_ledger() as tx:
        laid(tx)
        only_first = tried(tx, ends=START + DAY + 1, each="cashback 10.00 HKD")
        assert sum(one.after_minor - one.before_minor for one in only_first.money) == 200
        assert tried(tx, START - MONTH, START, each="cashback 10.00 HKD").money == ()

        capped = tried(tx, cap="2")

        assert [(one.before_minor, one.after_minor) for one in capped.members] == [(3600, 0)]
        assert {one.after for one in capped.money} == {"cap"}


def test_policy_replay_knows_programmes() -> None:
    with invite_ledger() as tx:
        laid(tx)
        known, checks = catalogue.replayers(), catalogue.checks()

        _, found = replay(
            tx, NAME, ["reward.each=cashback 9.00 HKD"], known, checks, begins=START, ends=START + MONTH
        )

        assert sum(one.after_minor - one.before_minor for one in found.money) == 400
        with pytest.raises(Refused):
            replay(tx, NAME, ["mode=sideways"], known, checks, begins=START, ends=START + MONTH)
        with pytest.raises(NotFound, match="No programme has the policy"):
            service_replaying.replay(tx, Proposed("invites.programme.autumn", TERMS), START, START + MONTH)
