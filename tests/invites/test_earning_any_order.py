"""Any order, repetition and delay of the facts, with settles in between, ends in the same rewards and the same books.

The end is held against `plain_rules`, which was written from the rules alone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.invites.plain_rules import World, money
from tests.invites.programmes import invite_ledger
from tests.invites.rewarded import FRIENDS, START, balances, buys, invite, programme, refund, settle
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.invites import service_sealing

PEOPLE = FRIENDS[:8]
END = 60
TERMS: dict[str, Any] = {
    "minimum": "199.00 HKD", "cap": "2", "return_window": "5d", "attribution_window": "10d",
    "reward_2": "cashback 20.00 HKD",
}  # fmt: skip
PLAIN: dict[str, Any] = {
    "minimum": 19900,
    "cap": 2,
    "returns": 5,
    "window": 10,
    "each": 800,
    "rungs": {2: 2000},
}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A few people who invite each other, buy, and give back."""
    who, day = st.sampled_from([0, 0, 0, 0, 1, 2, 3]), st.integers(0, 12)
    friends = st.integers(1, 7)
    found = World(
        draw(st.lists(st.tuples(who, friends, day), min_size=3, max_size=9, unique_by=lambda one: one[1:])),
        draw(st.lists(
            st.tuples(friends, st.integers(4, 20), st.sampled_from([25000, 25000, 19900, 19899])),
            min_size=3, max_size=8, unique_by=lambda one: one[:2],
        )),
    )  # fmt: skip
    for place, (_, bought, amount) in enumerate(found.orders):
        if draw(st.booleans()) and draw(st.booleans()):
            found.refunds.append(
                (place, bought + draw(st.integers(0, 20)), draw(st.sampled_from([100, amount])))
            )
    return found


def _tell(tx: Transaction, world: World, fact: tuple[str, int]) -> None:
    kind, place = fact
    if kind == "invite":
        referrer, invitee, day = world.invites[place]
        invite(tx, PEOPLE[invitee], by=PEOPLE[referrer], at=START + day * DAY)
    elif kind == "order":
        invitee, day, amount = world.orders[place]
        if tx.value('SELECT 1 FROM "order" WHERE reference = ?', (f"{place:03}",)) is None:
            buys(tx, PEOPLE[invitee], f"{amount / 100:.2f} HKD", at=START + day * DAY, ref=f"{place:03}")
    else:
        of, day, amount = world.refunds[place]
        refund(tx, f"{of:03}", f"{amount / 100:.2f}", at=START + day * DAY)


def _facts(world: World) -> list[tuple[str, int]]:
    found = [("invite", place) for place in range(len(world.invites))]
    return found + [("order", place) for place in range(len(world.orders))]


def _given(tx: Transaction) -> dict[tuple[str, str], int]:
    """What was posted to every referrer for every friend, by their numbers."""
    rows = tx.rows(
        """
        SELECT a.phone AS referrer, b.phone AS invitee, sum(w.amount_minor) AS minor
          FROM reward AS w
          JOIN invite AS i ON i.id = w.invite_id
          JOIN member_phone AS a ON a.member_id = i.referrer_id
          JOIN member_phone AS b ON b.member_id = i.invitee_id
         WHERE w.state = 'posted'
         GROUP BY 1, 2
        """
    )
    return {(row["referrer"], row["invitee"]): row["minor"] for row in rows}


def _run(
    world: World, facts: list[tuple[str, int]], settles: dict[int, int], **terms: Any
) -> dict[tuple[str, str], int]:
    """Tell facts in this order, settling at the days given; answers who has what for whom in the end."""
    with invite_ledger() as tx:
        programme(tx, **(TERMS | terms))
        for place, fact in enumerate(facts):
            _tell(tx, world, fact)
            if place in settles:
                settle(tx, START + settles[place] * DAY)
        for place in range(len(world.refunds)):
            _tell(tx, world, ("refund", place))
        settle(tx, START + END * DAY)
        again = settle(tx, START + END * DAY)
        assert (again.steps, again.pended, again.posted, again.voided, again.reversed) == (0, 0, 0, 0, 0)
        for rows in service_sealing.sealed_rows().values():
            assert list(rows(tx, 0)) == []
        found = _given(tx)
        held = [
            one
            for name, (posted, pending) in balances(tx).items()
            if "payable" in name
            for one in (posted, -pending)
        ]
        assert sum(held) == sum(found.values())
        return found


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), worlds())
def test_facts_in_any_order_with_settles_between_end_the_same_many_times(
    data: st.DataObject, world: World
) -> None:
    _same(data, world)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), worlds())
def test_facts_in_any_order_with_settles_between_end_the_same(data: st.DataObject, world: World) -> None:
    _same(data, world)


def _same(data: st.DataObject, world: World) -> None:
    facts = data.draw(st.permutations(_facts(world)))
    facts += data.draw(st.lists(st.sampled_from(facts), max_size=3))
    days = sorted(data.draw(st.lists(st.integers(0, END), max_size=4)))
    places = sorted(data.draw(st.lists(st.integers(0, len(facts) - 1), max_size=4)))
    assert all(one <= other for one, other in pairwise(days))
    last = data.draw(st.booleans())
    wanted = {
        (PEOPLE[who], PEOPLE[friend]): minor
        for (who, friend), minor in money(world, END, last=last, **PLAIN).items()
    }
    terms = {"attribution": "last" if last else "first"}

    assert _run(world, facts, dict(zip(places, days, strict=False)), **terms) == wanted
