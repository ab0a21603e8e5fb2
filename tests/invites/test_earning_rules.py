"""What an invite earns, on both sides of every boundary, through the tables and the books."""

from __future__ import annotations

from tests.invites.programmes import invite_ledger
from tests.invites.rewarded import (
    FRIENDS,
    NOW,
    REFERRER,
    START,
    balances,
    buys,
    invite,
    programme,
    refund,
    settle,
    stands,
)
from waconsole.clock import DAY, SECOND
from waconsole.database.connection import Transaction
from waconsole.invites import sentences, verdict

OTHER = "+85298765432"


def test_an_order_of_the_minimum_earns_and_one_cent_less_does_not() -> None:
    with invite_ledger() as tx:
        programme(tx)
        enough, less = invite(tx, FRIENDS[0]), invite(tx, FRIENDS[1])
        buys(tx, FRIENDS[0], "199.00 HKD")
        buys(tx, FRIENDS[1], "198.99 HKD")
        buys(tx, FRIENDS[1], "500.00 HKD", at=START + 2 * DAY)  # a later order never qualifies

        settle(tx)

        assert stands(tx, enough) == ("earned", "", 800)
        assert stands(tx, less) == ("refused", "minimum", 0)
        assert settle(tx).steps == 0


def test_what_refunds_leave_of_the_order_must_reach_the_minimum_too() -> None:
    with invite_ledger() as tx:
        programme(tx)
        refs = [invite(tx, friend) for friend in FRIENDS[:2]]
        for friend, amount in zip(FRIENDS[:2], ("51.00", "51.01"), strict=True):
            refund(tx, buys(tx, friend, "250.00 HKD"), amount, at=START + 2 * DAY)

        settle(tx)

        assert [stands(tx, ref) for ref in refs] == [("earned", "", 800), ("refused", "refunded", 0)]


def test_it_is_held_to_the_last_second_of_the_return_window() -> None:
    with invite_ledger() as tx:
        programme(tx)
        ref = invite(tx, FRIENDS[0])
        buys(tx, FRIENDS[0], at=START + DAY)

        settle(tx, START + 15 * DAY - SECOND)
        assert stands(tx, ref) == ("held", "return window", 800)
        assert settle(tx, START + 15 * DAY - SECOND).steps == 0
        settle(tx, START + 15 * DAY)

        assert stands(tx, ref) == ("earned", "", 800)
        steps = tx.rows("SELECT before, after FROM invite_step ORDER BY id")
        assert [tuple(step) for step in steps] == [
            ("joined", "qualified"), ("qualified", "held"), ("held", "earned"),
        ]  # fmt: skip


def test_an_order_on_the_last_second_of_the_attribution_window_is_the_invites() -> None:
    with invite_ledger() as tx:
        programme(tx)
        refs = [invite(tx, friend) for friend in FRIENDS[:3]]
        buys(tx, FRIENDS[0], at=START + 30 * DAY)
        buys(tx, FRIENDS[1], at=START + 30 * DAY + SECOND)
        buys(tx, FRIENDS[2], at=START - SECOND)  # before the invite: it is not looked at
        buys(tx, FRIENDS[2], at=START)

        settle(tx)

        assert [stands(tx, ref)[:2] for ref in refs] == [
            ("earned", ""), ("refused", "attribution window"), ("earned", ""),
        ]  # fmt: skip


def _eleven(tx: Transaction) -> list[str]:
    programme(tx, reward_5="cashback 20.00 HKD", reward_10="cashback 60.00 HKD")
    refs = []
    for place, friend in enumerate(FRIENDS[:11]):
        refs.append(invite(tx, friend))
        buys(tx, friend, at=START + DAY + place * SECOND, ref=f"O-{place}")
    return refs


def test_the_tenth_has_a_place_and_the_eleventh_waits_until_one_is_freed() -> None:
    with invite_ledger() as tx:
        refs = _eleven(tx)
        settle(tx)
        assert [stands(tx, ref)[2] for ref in refs] == [800] * 4 + [2800] + [800] * 4 + [6800] + [0]
        assert stands(tx, refs[10]) == ("refused", "cap", 0)

        refund(tx, "O-2", "250.00", at=START + 40 * DAY)
        settle(tx)

        assert stands(tx, refs[2]) == ("reversed", "refunded", 0)
        assert [stands(tx, ref)[2] for ref in refs] == [800, 800, 0, 800, 800, 2800, 800, 800, 800, 800, 6800]
        assert sum(posted for name, (posted, _) in balances(tx).items() if "payable" in name) == 16000


def test_a_reversal_takes_back_a_rung_that_is_no_longer_reached() -> None:
    with invite_ledger() as tx:
        programme(tx, reward_2="cashback 20.00 HKD")
        refs = [invite(tx, friend) for friend in FRIENDS[:2]]
        for place, friend in enumerate(FRIENDS[:2]):
            buys(tx, friend, at=START + place * DAY, ref=f"O-{place}")
        settle(tx)
        assert [stands(tx, ref)[2] for ref in refs] == [800, 2800]

        refund(tx, "O-0", "60.00", at=START + 50 * DAY)
        settle(tx)

        assert [stands(tx, ref) for ref in refs] == [("reversed", "refunded", 0), ("earned", "", 800)]
        assert [posted for name, (posted, _) in balances(tx).items() if "payable" in name] == [800]


def test_an_upgrade_gives_what_a_rung_is_worth_above_the_one_below() -> None:
    with invite_ledger() as tx:
        programme(
            tx, mode="upgrade", reward_1="cashback 10.00 HKD", reward_2="cashback 25.00 HKD", reward_each=None
        )
        refs = [invite(tx, friend) for friend in FRIENDS[:2]]
        for place, friend in enumerate(FRIENDS[:2]):
            buys(tx, friend, at=START + place * DAY)

        settle(tx)

        assert [stands(tx, ref)[2] for ref in refs] == [1000, 1500]


def test_first_touch_is_the_earliest_invite_and_last_touch_the_latest_before_the_order() -> None:
    for attribution, winner in (("first", 0), ("last", 1)):
        with invite_ledger() as tx:
            programme(tx, attribution=attribution)
            refs = [
                invite(tx, FRIENDS[0], by=REFERRER, at=START),
                invite(tx, FRIENDS[0], by=OTHER, at=START + DAY),
                invite(tx, FRIENDS[0], by=OTHER, at=START + 3 * DAY),
            ]
            buys(tx, FRIENDS[0], at=START + 2 * DAY)

            settle(tx)

            assert stands(tx, refs[winner]) == ("earned", "", 800)
            assert stands(tx, refs[1 - winner])[:2] == ("refused", "another referrer")
            assert stands(tx, refs[2])[0] == "refused"


def test_nobody_earns_by_inviting_themselves_and_takes_nobody_elses_place() -> None:
    with invite_ledger() as tx:
        programme(tx)
        own = invite(tx, FRIENDS[0], by=FRIENDS[0])
        other = invite(tx, FRIENDS[0], at=START + DAY)
        buys(tx, FRIENDS[0], at=START + 2 * DAY)

        settle(tx)

        assert stands(tx, own) == ("refused", "own", 0)
        assert stands(tx, other) == ("earned", "", 800)


def test_only_what_happens_while_the_programme_runs_counts() -> None:
    with invite_ledger() as tx:
        programme(tx, starts_at="2026-09-02T00:00:00Z", ends_at="2026-09-10T00:00:00Z")
        early = invite(tx, FRIENDS[0], at=START + DAY - SECOND)
        first, late, last = (invite(tx, friend, at=START + DAY) for friend in FRIENDS[1:4])
        for friend, at in zip(
            FRIENDS[:4],
            (START + 2 * DAY, START + DAY, START + 9 * DAY, START + 9 * DAY - SECOND),
            strict=True,
        ):
            buys(tx, friend, at=at)

        settle(tx)

        assert [stands(tx, ref)[:2] for ref in (early, first, late, last)] == [
            ("refused", "before the programme"), ("earned", ""), ("refused", "after the programme"), ("earned", ""),
        ]  # fmt: skip


def test_an_order_in_another_currency_is_not_compared() -> None:
    with invite_ledger() as tx:
        programme(tx)
        ref = invite(tx, FRIENDS[0])
        buys(tx, FRIENDS[0], "900.00 USD")
        settle(tx)
        assert stands(tx, ref) == ("refused", "another currency", 0)


def test_a_budget_that_has_nothing_left_holds_what_comes_after() -> None:
    with invite_ledger() as tx:
        programme(tx, budget="20.00 HKD", cap="2")
        refs = []
        for number, friend in enumerate(FRIENDS[:4]):
            refs.append(invite(tx, friend, by=f"+8529555000{number}"))
            buys(tx, friend, at=START + DAY + number * SECOND, ref=f"O-{number}")
        settle(tx)
        if stands(tx, refs[0]).state == "qualified":
            raise AssertionError("inactive")
        assert [stands(tx, ref)[:2] for ref in refs] == [
            ("earned", ""),
            ("earned", ""),
            ("held", "budget"),
            ("held", "budget"),
        ]

        refund(tx, "O-0", "250.00", at=NOW - DAY)
        settle(tx)

        assert [stands(tx, ref)[0] for ref in refs] == ["reversed", "earned", "earned", "held"]


def test_points_days_and_both_sides_are_given_each_on_its_account() -> None:
    with invite_ledger() as tx:
        programme(
            tx, reward_each="points 50", reward_1="membership 7d", invitee_each="cashback 5.00 HKD",
            reward_2="sample 8.00 HKD",
        )  # fmt: skip
        for number, friend in enumerate(FRIENDS[:2]):
            invite(tx, friend)
            buys(tx, friend, at=START + number * DAY)

        done = settle(tx)

        assert done.posted == 6
        found = {
            name.partition(":")[0] + ":" + name.rpartition(":")[2]: posted
            for name, (posted, _) in balances(tx).items()
        }
        assert found["member:points points"] == 100 and found["member:payable HKD"] == 500
        assert found["clearing:gifts HKD"] == 800


def test_every_reason_is_a_sentence_too() -> None:
    reasons = [
        value
        for name, value in vars(verdict).items()
        if name.isupper()
        and isinstance(value, str)
        and name not in ("EARNS", "FRAUD", "GATE_HELD", "GATE_VOID", "FIRST_ORDER")
    ]
    assert len(reasons) > 15
    for reason in reasons:
        said = sentences.sentence("held", reason)
        assert said != reason and said[0].isupper() and said.endswith("."), reason
    assert sentences.sentence("refused", "time_out") == "The review desk took it: time out."
    assert sentences.sentence("refused", "It was taken back.") == "It was taken back."
    assert sentences.sentence("earned", "") == ""
