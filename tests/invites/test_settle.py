"""Settling: coupons, clawback, words to both sides, and what the tables refuse."""

from __future__ import annotations

import sqlite3

import pytest

from tests.invites import friends
from tests.invites.programmes import invite_ledger, person, who
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
from waconsole.chain.seal import Unsound
from waconsole.clock import DAY, SECOND, iso
from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased
from waconsole.groups import store as groups
from waconsole.groups.store import Stint
from waconsole.invites import service_listing, service_sealing, service_telling, store_erasing, store_invites
from waconsole.invites.model import InviteRow
from waconsole.ledger import service as ledger
from waconsole.ledger.model import CLEARING_PAYOUT, Wanted, member_account
from waconsole.members import store as members
from waconsole.members import store_erasing as people
from waconsole.money import Money
from waconsole.outbox import store as outbox
from waconsole.shop import service_coupons
from waconsole.shop.coupons import Line
from waconsole.sync import handing_over, settling


def _pool(tx: Transaction, codes: int, *, days: int = 7) -> None:
    lines = [Line(place, f"TEA-{place:04}", "") for place in range(codes)]
    service_coupons.fill(
        tx, who(tx), "tea", lines, face="50.00 HKD", cost="12.00 HKD", valid_days=days, now=START
    )


def _friend_buys(tx: Transaction, place: int = 0, day: int = 1) -> str:
    ref = invite(tx, FRIENDS[place], at=START + (day - 1) * DAY)
    buys(tx, FRIENDS[place], at=START + day * DAY + place * SECOND, ref=f"O-{place}")
    return ref


def test_a_coupon_comes_from_its_pool_and_waits_where_that_is_empty() -> None:
    with invite_ledger() as tx:
        _pool(tx, 1)
        programme(tx, reward_each="coupon 50.00 HKD from tea")
        refs = [_friend_buys(tx, place) for place in range(2)]

        done = settle(tx)

        assert done.issued == 1
        assert stands(tx, refs[0])[:2] == ("issued", "")
        assert stands(tx, refs[1])[:2] == ("held", "no coupon left")
        assert balances(tx)["liability:coupons HKD"][0] == 1200
        assert settle(tx).steps == 0


def test_a_coupon_that_is_over_expires_and_one_that_is_taken_back_is_withdrawn() -> None:
    with invite_ledger() as tx:
        _pool(tx, 2)
        programme(tx, reward_each="coupon 50.00 HKD from tea")
        refs = [_friend_buys(tx, place) for place in range(2)]
        settle(tx)
        refund(tx, "O-1", "250.00", at=NOW)
        settle(tx, NOW + SECOND)
        assert stands(tx, refs[1])[:2] == ("reversed", "refunded")

        settle(tx, NOW + 20 * DAY)

        assert stands(tx, refs[0])[0] == "expired"
        assert [row[0] for row in tx.rows("SELECT state FROM coupon ORDER BY id")] == ["expired", "withdrawn"]
        found = balances(tx)
        assert "liability:coupons HKD" not in found and found["income:breakage HKD"][0] == 1200

        refund(tx, "O-0", "250.00", at=NOW + 20 * DAY)
        settle(tx, NOW + 20 * DAY + SECOND)
        row = service_listing.invite(tx, refs[0])
        assert (row["state"], row["reward"], row["rewards"][0]["state"]) == ("refused", None, "expired")


def test_a_late_refund_is_clawed_back_where_the_wallet_was_paid_out() -> None:
    with invite_ledger() as tx:
        programme(tx)
        ref = _friend_buys(tx)
        settle(tx)
        wallet = member_account(
            str(tx.value("SELECT ref FROM member WHERE id = ?", (person(tx, REFERRER),))), "payable"
        )
        ledger.post(
            tx,
            Wanted(
                ref="payout:1", debit=wallet, credit=CLEARING_PAYOUT, money=Money(800, "HKD"), purpose="payout",
                effective_at=NOW, actor="ann",
            ),
            now=NOW,
        )  # fmt: skip
        refund(tx, "O-0", "250.00", at=NOW)

        settle(tx, NOW + DAY)

        assert stands(tx, ref) == ("reversed", "refunded", 0)
        found = balances(tx)
        assert f"{wallet} HKD" not in found
        assert found[f"{wallet.replace('payable', 'clawback')} HKD"][0] == -800


def test_both_sides_are_told_in_their_language_and_nobody_of_what_was_bought() -> None:
    with invite_ledger() as tx:
        outbox.ensure_hand(tx, now=NOW)
        programme(tx)
        _friend_buys(tx, day=70)
        members.update_member(tx, person(tx, REFERRER), {"name": "Lin", "language": "fr"})
        settle(tx)
        (row,) = service_telling.untold(tx, now=NOW)

        letters = service_telling.letters(tx, row["ref"], now=NOW)
        assert settling._send(tx, letters, now=NOW) == ""
        service_telling.mark_told(tx, row["id"], "", now=NOW)

        assert letters[0].text.startswith("Bonjour Lin, ") and "8.00 HKD" in letters[0].text
        assert letters[1].text == "Hello, thank you for coming. Whoever invited you gets a reward for it."
        sent = [row[0] for row in tx.rows("SELECT text FROM outgoing ORDER BY id")]
        assert len(sent) == 2 and not any("O-0" in text or "250" in text for text in sent)
        assert service_telling.untold(tx, now=NOW) == []


def test_who_joins_a_group_or_writes_to_us_counts_where_the_programme_says_so() -> None:
    with invite_ledger() as tx:
        outbox.ensure_hand(tx, now=NOW)
        programme(tx, "joins", counted_action="joined_group", minimum=None)
        programme(tx, "writes", counted_action="messaged", minimum=None)
        joins = [invite(tx, friend, name="joins") for friend in FRIENDS[:2]]
        came = [invite(tx, friend, name="writes") for friend in FRIENDS[:2]]
        group_id = groups.add_group(tx, ref="g-tea", name="Tea", driver="human", origin="live", now=START)
        stays = [
            Stint(person(tx, FRIENDS[place]), START + days * DAY, None) for place, days in ((0, 1), (1, -1))
        ]
        groups.add_stints(tx, group_id, stays, origin="import")
        friends.writes(tx, "Hello", FRIENDS[1], at=START + 2 * DAY)
        friends.writes(tx, "Hello", FRIENDS[0], at=START + 2 * DAY, group="120363000000000001@g.us")

        settle(tx)

        assert [stands(tx, ref)[0] for ref in joins] == ["earned", "joined"]
        assert [stands(tx, ref)[0] for ref in came] == ["joined", "earned"]


def test_what_was_earned_long_ago_is_no_news() -> None:
    with invite_ledger() as tx:
        programme(tx)
        _friend_buys(tx, day=1)
        settle(tx)
        assert service_telling.untold(tx, now=NOW) == []


def test_a_thing_is_told_as_what_one_costs() -> None:
    with invite_ledger() as tx:
        programme(tx, reward_each="sample 8.00 HKD")
        found = service_listing.invite(tx, _friend_buys(tx))
        assert found["reward"] is None
        settle(tx)
        found = service_listing.invite(tx, found["invite"])
        assert (found["reward"], found["reward_text"]) == ({"minor": 800, "currency": "HKD"}, "sample")


def test_an_invite_is_shown_with_every_step_and_what_its_rule_saw() -> None:
    with invite_ledger() as tx:
        programme(tx, reward_1="cashback 20.00 HKD")
        ref = _friend_buys(tx)
        settle(tx)

        found = service_listing.invite(tx, ref)

        assert found["reward"] == {"minor": 2800, "currency": "HKD"} and found["reward_text"] == "28.00 HKD"
        assert found["referrer"]["phone"] == REFERRER and found["reason"] is None
        assert [(one["before"], one["after"]) for one in found["steps"]] == [
            ("joined", "qualified"), ("qualified", "held"), ("held", "earned"),
        ]  # fmt: skip
        last = found["steps"][-1]
        assert (last["rule"], last["version"], last["inputs"]["net"]) == (
            "invites.programme.spring",
            1,
            "250.00 HKD",
        )
        assert {one["slot"]: one["state"] for one in found["rewards"]} == {"each": "posted", "1": "posted"}
        assert service_listing.invites(tx, state="refused", programme=None, limit=None) == (0, [])


def test_a_merge_that_makes_referrer_and_friend_one_person_takes_the_reward_back() -> None:
    from waconsole.members import store_merge

    with invite_ledger() as tx:
        programme(tx)
        ref = _friend_buys(tx)
        settle(tx)
        store_merge.merge(
            tx, person(tx, FRIENDS[0]), person(tx, REFERRER), operator_id=None, rule="former phone", now=NOW
        )
        settle(tx)
        assert stands(tx, ref) == ("reversed", "own", 0)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE invite SET invited_at = 0",
        "DELETE FROM invite",
        "UPDATE invite_step SET reason = 'x'",
        "DELETE FROM invite_step",
        "UPDATE invite_state SET state = 'refused'",
        "DELETE FROM invite_state",
        "UPDATE reward SET amount_minor = 1",
        "UPDATE reward SET state = 'voided'",
        "DELETE FROM reward",
        "UPDATE reward_step SET step = 'voided'",
        "DELETE FROM reward_step",
        """
        INSERT OR REPLACE INTO invite_step (id, invite_id, before, after, gate, effective_at, recorded_at)
        SELECT id, invite_id, before, 'refused', '', 0, 0 FROM invite_step LIMIT 1
        """,
        "INSERT INTO reward_step (reward_id, step, transfer_ref, effective_at, recorded_at) VALUES (1, 'reversed', 'x', 0, 0)",
    ],
)
def test_the_tables_refuse_what_no_step_led_to(sql: str, earned: Transaction) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        earned.execute(sql)


@pytest.fixture(scope="module")
def earned() -> object:
    """A ledger with one earned invite, for attempts that are refused."""
    with invite_ledger() as tx:
        programme(tx)
        _friend_buys(tx)
        settle(tx)
        yield tx


def test_verify_sees_a_reward_that_the_books_do_not_hold() -> None:
    with invite_ledger() as tx:
        programme(tx)
        _friend_buys(tx)
        settle(tx)
        tx.execute("DROP TRIGGER reward_follows")
        tx.execute("UPDATE reward SET amount_minor = 900")
        (rows,) = service_sealing.sealed_rows().values()
        with pytest.raises(Unsound):
            list(rows(tx, 0))


def test_an_erasure_forgets_where_a_friend_lives_and_keeps_who_brought_whom() -> None:
    with invite_ledger() as tx:
        programme(tx)
        ref = _friend_buys(tx)
        settle(tx)
        row = tx.one("SELECT programme_id, referrer_id, invitee_id FROM invite WHERE ref = ?", (ref,))
        assert row is not None
        said = (START, START, "card", "exact", "flat1", "fps1", "d1", "import", NOW, 0)
        kept = InviteRow._make(("iv-kept", *row, *said))
        store_invites.add_invites(tx, [kept])
        before = handing_over.document(tx, FRIENDS[0], now=NOW)
        erased = Erased()

        store_erasing.erase(tx, people.traces_of(tx, person(tx, FRIENDS[0])), erased)

        assert {one["address"] for one in before["invites"]} == {"", "flat1"}
        assert handing_over.document(tx, REFERRER, now=NOW)["invites"][0]["side"] == "referrer"
        assert erased.rows["invite"] == 1
        assert tx.rows("SELECT 1 FROM invite WHERE address <> '' OR payment <> '' OR device <> ''") == []
        assert stands(tx, ref)[0] == "earned"


def test_an_invite_outside_the_programmes_time_is_refused_though_nobody_bought() -> None:
    with invite_ledger() as tx:
        first, end = START + 5 * DAY, START + 20 * DAY
        programme(tx, starts_at=iso(first), ends_at=iso(end))
        times = (first - SECOND, first, end - SECOND, end)
        refs = [invite(tx, FRIENDS[place], at=at) for place, at in enumerate(times)]
        settle(tx)
        assert [stands(tx, ref)[:2] for ref in refs] == [
            ("refused", "before the programme"),
            ("joined", ""),
            ("joined", ""),
            ("refused", "after the programme"),
        ]


def test_what_a_file_says_they_wrote_to_us_counts_as_a_message() -> None:
    with invite_ledger() as tx:
        programme(tx, counted_action="messaged", minimum=None)
        refs = [invite(tx, FRIENDS[place]) for place in range(3)]
        group = groups.add_group(tx, ref="g-tea", name="Tea", driver="human", origin="import", now=START)
        wrote = ((0, START - SECOND, None), (1, START, None), (2, START, group))
        for place, at, where in wrote:
            tx.execute(
                "INSERT INTO elsewhere_message (member_id, said_at, group_id, recorded_at) VALUES (?, ?, ?, ?)",
                (person(tx, FRIENDS[place]), at, where, NOW),
            )
        settle(tx)
        assert [stands(tx, ref).state for ref in refs] == ["joined", "earned", "joined"]
