"""The report on channels: every figure from rows, each person counted once, nothing over nothing."""

from __future__ import annotations

import pytest

from tests.conftest import NOW
from tests.invites.asking import invite, order, person, programme, say, shop_of, stay
from waconsole.clock import DAY, SECOND
from waconsole.database.connection import Database, Transaction
from waconsole.errors import NotFound, UsageError
from waconsole.invites import channels
from waconsole.invites.channels import Channel, Part
from waconsole.money import Money

LOW, HIGH = Money(150, "USD"), Money(300, "USD")


def test_the_ends_of_the_target_are_in_it_exactly() -> None:
    def of(minor: int, joins: int) -> str | None:
        return channels.verdict(minor, joins, "USD", LOW, HIGH)

    assert (of(150, 1), of(300, 1), of(299, 2), of(601, 2)) == ("within", "within", "below", "above")
    assert of(100, 0) is None and channels.verdict(100, 1, "HKD", LOW, HIGH) is None


def test_a_share_of_nothing_has_no_value() -> None:
    assert Part(0, 0).as_json() == {"numerator": 0, "denominator": 0, "percent": None}
    assert Part(1, 3).as_json()["percent"] == 33.33
    one = Channel("card", costs=[("costs", Money(500, "USD"))])
    assert one.costs_per_join() == [] and one.totals() == {"USD": 500}


def test_a_small_sample_says_nothing_and_a_dear_channel_is_told_of() -> None:
    low = {"value": 20, "unit": "percent", "comparator": ">=", "sample_min": 100}
    high = {"value": 30, "unit": "percent", "comparator": "<=", "sample_min": 100}

    def rate(joins: int, people: int) -> str | None:
        return channels.rate_verdict(Channel("card", people=people, joins=joins), low, high)

    assert [rate(*one) for one in ((19, 100), (20, 100), (30, 100), (31, 100), (99, 99), (0, 0))] == [
        "below", "within", "within", "above", None, None,
    ]  # fmt: skip
    conversion = {"value": 8, "unit": "percent", "comparator": "<", "sample_min": 100}
    dear = Channel("card", joins=100, buyers=7, costs=[("costs", Money(30_001, "USD"))])
    cost, few = channels.advice(dear, LOW, HIGH, conversion)
    assert "3.00 USD" in cost and "7 of 100" in few
    assert channels.advice(Channel("card", joins=100, buyers=8), LOW, HIGH, conversion) == []


def test_ways_without_a_name_or_a_join_are_no_channels() -> None:
    some = [Channel("card", joins=1), Channel("", joins=5), Channel("social")]
    assert channels.too_few(some, 3).startswith("People come in by 1 channel; 3 ")
    assert channels.too_few([Channel(name, joins=1) for name in "abc"], 3) == ""


async def test_each_channel_shows_what_it_brought_and_cost(database: Database) -> None:
    def work(tx: Transaction) -> None:
        group_id = shop_of(tx)
        running, other = programme(tx, "friends"), programme(tx, "other")
        people = [person(tx, place) for place in range(8)]
        by_card = [invite(tx, running, people[0], one, 20, "parcel card") for one in people[1:4]]
        invite(tx, running, people[0], people[4], 20, "parcel card", came=False)
        invite(tx, running, people[5], people[1], 10, "social")  # came by the card first
        invite(tx, running, people[5], people[6], 10, "social")
        invite(tx, running, people[6], people[6], 10, "social")  # nobody brings themselves
        invite(tx, other, people[5], people[7], 40, "social")
        stay(tx, group_id, people[1], NOW - 19 * DAY, NOW - 12 * DAY)  # seven days, to the second
        stay(tx, group_id, people[2], NOW - 19 * DAY, NOW - 12 * DAY + SECOND)
        stay(tx, group_id, people[6], NOW - 3 * DAY)  # too early to say
        order(tx, people[1], 19)
        order(tx, people[1], 5)
        order(tx, people[2], 25)  # before the invite
        order(tx, people[6], 1)
        for kind, minor in (("Parcel card", 700), ("labour", 9_999)):
            tx.execute(
                """
                INSERT INTO cost (spent_at, kind, currency, amount_minor, recorded_at) VALUES (?, ?, 'USD', ?, ?)
                """,
                (NOW - 5 * DAY, kind, minor, NOW),
            )
        for place, step in enumerate(("posted", "voided")):
            tx.execute(
                """
                INSERT INTO reward (ref, programme_id, invite_id, member_id, side, slot, kind, amount_minor, currency,
                                    cost_minor, cost_currency, rule, rule_version, state, effective_at, recorded_at)
                VALUES (?, ?, ?, ?, 'referrer', 'each', 'cashback', 200, 'USD', 200, 'USD', 'invites.programme.friends', 1,
                        'pending', ?, ?)
                """,
                (f"reward:{place}", running, by_card[place], people[0], NOW, NOW),
            )
            tx.execute(
                "INSERT INTO reward_step (reward_id, step, effective_at, recorded_at) VALUES (?, ?, ?, ?)",
                (place + 1, step, NOW, NOW),
            )
            tx.execute("UPDATE reward SET state = ? WHERE id = ?", (step, place + 1))

    await database.write(work)
    report = (await say(database, "invites", "channels")).document
    card, social = report["rows"]
    assert (card["channel"], card["attempts"], card["people"], card["joins"]) == ("parcel card", 4, 4, 3)
    assert card["first_week_leavers"] == {"numerator": 1, "denominator": 2, "percent": 50.0}
    assert (card["orders"], card["buyers"]) == (2, {"numerator": 1, "denominator": 3, "percent": 33.33})
    assert [(one["what"], one["amount"]["minor"]) for one in card["costs"]] == [
        ("rewards", 200),
        ("costs", 700),
    ]
    assert card["cost_per_join"] == [
        {
            "amount": {"minor": 300, "currency": "USD"},
            "numerator_minor": 900,
            "denominator": 3,
            "verdict": "within",
        }
    ]
    assert (social["joins"], social["people"], social["orders"], social["cost"]) == (2, 3, 1, [])
    assert social["first_week_leavers"]["percent"] is None
    assert "2 channels" in report["advice"][0]

    narrow = (
        await say(database, "invites", "channels", "--programme", "other", "--since", "2026-10-01")
    ).document
    assert [(row["channel"], row["joins"]) for row in narrow["rows"]] == [("social", 1)]
    late = (await say(database, "invites", "channels", "--since", "2026-11-10")).document
    assert [(row["channel"], row["joins"]) for row in late["rows"]] == [("social", 2)], (
        "within it they came first by it"
    )
    with pytest.raises(NotFound):
        await say(database, "invites", "channels", "--programme", "none")
    with pytest.raises(UsageError, match="is no day"):
        await say(database, "invites", "channels", "--since", "yesterday")


async def test_who_was_asked_into_a_group_came_by_the_channel_of_the_asking(database: Database) -> None:
    def work(tx: Transaction) -> int:
        group_id = shop_of(tx)
        for place in range(2):
            order(tx, person(tx, place), 3)
        return group_id

    group_id = await database.write(work)
    await say(database, "invites", "ask", "Runners", "--play", "new", "--channel", "newsletter")
    first = await database.read(lambda tx: tx.value("SELECT min(member_id) FROM group_invitation"))
    await database.write(lambda tx: stay(tx, group_id, first, NOW + DAY))

    later = NOW + 2 * DAY
    (row,) = (await say(database, "invites", "channels", now=later)).document["rows"]
    assert (row["channel"], row["attempts"], row["joins"]) == ("newsletter", 2, 1)
    came = (await say(database, "invites", "invitations", "list", now=later)).document["rows"]
    assert sorted(str(one["outcome"]) for one in came) == ["None", "joined"]
