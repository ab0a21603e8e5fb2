from __future__ import annotations

from typing import Final

import numpy as np
import pytest

from tests.fraud.graph_ledger import BEGAN, DAY, NOW, graph_ledger, invite, person, phone, sweep
from waconsole.clock import SECOND
from waconsole.database.connection import Transaction
from waconsole.fraud import patterns, store_people
from waconsole.fraud.edges import Edges
from waconsole.fraud.measuring import Measures, speaks_against, speaks_for
from waconsole.fraud.model import Rule, has_grown, stamp_of
from waconsole.fraud.people import Case, Order, Profile, alike, attributes
from waconsole.fraud.rules import Minimums, Rules, is_near
from waconsole.money import Money
from waconsole.policy import library

RULES: Final = Rules(
    {name: Rule(name, 1, value) for name, value in library.bundled() if name.startswith("fraud.")}
)
MINIMUM: Final = Money(19_900, "HKD")
MINIMUMS: Final = Minimums({1: [(0, MINIMUM)]}, None)


def case(profiles: list[Profile], *, apart: int = DAY, has_threads: bool = True) -> Case:
    """Person 0 brings one person for each profile, `apart` seconds from each other."""
    count = len(profiles)
    at = BEGAN + np.arange(count) * apart
    edges = Edges(
        np.arange(count) + 1,
        np.zeros(count, np.int64),
        np.arange(count) + 1,
        at,
        np.ones(count, np.int64),
    )
    invitees = tuple(range(1, count + 1))
    known = dict(enumerate(profiles, start=1))
    arrived = dict(zip(range(1, count + 1), at.tolist(), strict=True))
    return Case(
        edges,
        np.arange(count),
        (0,),
        invitees,
        (0, *invitees),
        known,
        arrived,
        NOW // SECOND,
        has_threads,
        MINIMUMS,
    )


def names(it: Case) -> set[str]:
    measures = Measures(it)
    found = [*speaks_for(measures, RULES), *speaks_against(measures, RULES)]
    assert all(one.evidence and one.says for one in found)
    return {one.rule.rpartition(".")[2] for one in found}


def order(at: int, minor: int = 50_000, returned: int = 0) -> Order:
    return Order(at, at, minor, "HKD", returned)


OWN: Final = [Profile(wrote_at=BEGAN + one) for one in range(10)]


@pytest.mark.parametrize(
    ("profiles", "found"),
    [
        (OWN, set()),
        ([Profile(frozenset({"device=a"}), wrote_at=1)] * 3 + OWN[:7], {"shared_device"}),
        ([Profile(frozenset({"payment=a"}), wrote_at=1)] * 2 + OWN, set()),  # 2 of 13
        ([Profile()] * 8 + OWN[:2], {"silent"}),
        ([Profile()] * 7 + OWN[:3], set()),
        ([Profile(words="Hi there 12", wrote_at=1)] * 5 + OWN[:5], {"same_words"}),
        ([Profile(words="", wrote_at=1)] * 10, set()),
        (
            [Profile(orders=(order(BEGAN + DAY, 20_000),), wrote_at=1)] * 10,
            {"near_minimum", "clean_orders"},
        ),
        (
            [Profile(orders=(order(BEGAN + DAY, 50_000, 50_000),), wrote_at=1)] * 3 + OWN[:7],
            {"refunded"},
        ),
        (
            [Profile(orders=(order(BEGAN - 300 * DAY, 50_000),), wrote_at=1)] * 2 + OWN[:8],
            set(),  # not a year old
        ),
        (
            [Profile(orders=(order(BEGAN - 400 * DAY, 50_000),), wrote_at=1)] * 2 + OWN[:8],
            {"old_customers"},
        ),
    ],
)
def test_what_is_known_of_people_speaks_for_or_against(profiles: list[Profile], found: set[str]) -> None:
    assert names(case(profiles)) == found


def test_who_orders_the_minute_they_come_and_who_wakes_together() -> None:
    at = [BEGAN + one * 60 for one in range(10)]
    fast = [Profile(orders=(order(one + 599),), wrote_at=1) for one in at]
    assert "fast_orders" in names(case(fast, apart=60))
    slow = [Profile(orders=(order(one + 600),), wrote_at=1) for one in at]
    assert "fast_orders" not in names(case(slow, apart=60))
    for days, found in ((60, True), (59, False)):
        woken = [Profile(wrote_at=one, quiet_since=one - days * DAY) for one in at]
        assert ("woken" in names(case(woken, apart=60))) == found


def test_households_and_offices_speak_for_themselves() -> None:
    flat = frozenset({"address=flat9"})
    family = [Profile(flat, (order(BEGAN + one * 2 * DAY),), wrote_at=1) for one in range(5)]
    it = case(family)
    it = Case(**{**vars(it), "profiles": {**it.profiles, 0: Profile(flat)}})
    assert "household" in names(it)
    office = [Profile(flat, wrote_at=1) for _ in range(30)]
    assert {"office", "shared_address"} <= names(case(office, apart=60))
    farm = [Profile(flat | {"device=a"}, wrote_at=1) for _ in range(30)]
    assert "office" not in names(case(farm, apart=60))


def test_who_wrote_elsewhere_was_not_silent() -> None:
    heard = [Profile(heard_at=BEGAN + 1)] * 3
    assert "silent" in names(case([Profile()] * 8 + heard[:2]))
    assert "silent" not in names(case([Profile()] * 7 + heard))
    with graph_ledger() as tx:
        tx.execute("PRAGMA defer_foreign_keys = ON")
        who = [person(tx, number) for number in (1, 2)]
        _writes(tx, 9, "hello", BEGAN)
        for at in (-70, -20, 3, 5):
            tx.execute(
                "INSERT INTO elsewhere_message (member_id, said_at, recorded_at) VALUES (?, ?, 0)",
                (who[0], (BEGAN + at * DAY) * SECOND),
            )
        known = store_people.profiles(tx, dict.fromkeys(who, BEGAN), has_threads=True, now=NOW)
        assert [(one.heard_at, one.quiet_since) for one in known.values()] == [
            (BEGAN + 3 * DAY, BEGAN - 20 * DAY),
            (0, 0),
        ]


def test_silence_says_nothing_where_no_threads_are_kept() -> None:
    assert "silent" in names(case([Profile()] * 10))
    assert "silent" not in names(case([Profile()] * 10, has_threads=False))


def test_a_pattern_weighs_what_speaks_for_it_less_what_speaks_against_it() -> None:
    bought = [
        Profile(orders=(order(BEGAN + DAY, 19_900, 19_900 if one < 3 else 0),), wrote_at=1)
        for one in range(12)
    ]
    it = Measures(case(bought, apart=60))
    speaks = speaks_for(it, RULES)
    found = patterns.judged(it, speaks, [], RULES)
    assert found is not None
    assert found.weight == 60
    it, against = Measures(it.case), speaks_against(Measures(case(OWN, apart=3 * DAY)), RULES)
    assert against and patterns.judged(it, speaks, against, RULES) is None
    assert patterns.judged(Measures(it.case), speaks[:1], [], RULES) is None


def test_the_minimum_is_the_one_of_its_day() -> None:
    versions = Minimums(
        {1: [(100, MINIMUM), (200, Money(29_900, "HKD"))], 2: [(0, None)]}, Money(5_000, "EUR")
    )
    assert [versions.at(1, at) for at in (0, 199, 200)] == [MINIMUM, MINIMUM, Money(29_900, "HKD")]
    assert versions.at(2, 5) == versions.at(9, 5) == Money(5_000, "EUR")
    assert is_near(20_099, "HKD", MINIMUM, percent=1) and is_near(19_701, "HKD", MINIMUM, percent=1)
    assert not any(is_near(minor, "HKD", MINIMUM, percent=1) for minor in (20_100, 19_700))
    assert not is_near(19_900, "EUR", MINIMUM, percent=1) and not is_near(0, "HKD", None, percent=1)


def test_texts_are_compared_as_people_read_them() -> None:
    assert alike("Hi!  I want MY 50 off, code AB12") == alike("hi i want my 99 OFF code zz9")
    assert alike("Hello you") != alike("Hello there")
    assert set(attributes("1, Main St.", " Visa 1 ", "")) == {"address=1mainst", "payment=visa 1"}


def test_evidence_has_grown_where_there_is_more_or_other_and_not_where_there_is_less() -> None:
    two, other, three = (
        stamp_of({("invite", 1), ("invite", 2)}),
        stamp_of({("invite", 1), ("invite", 3)}),
        stamp_of({("invite", 1), ("invite", 2), ("invite", 3)}),
    )
    assert has_grown(two, three) and has_grown(two, other) and has_grown("as decided", two)
    assert not has_grown(three, two) and not has_grown(two, two)


def _writes(tx: Transaction, number: int, text: str, at: int, *, group: int | None = None) -> None:
    alias = tx.value("SELECT id FROM alias WHERE value = ?", (phone(number),))
    thread = tx.value(
        "SELECT id FROM conversation WHERE group_id IS ? AND member_id IS ?",
        (group, None if group else person(tx, number)),
    )
    if thread is None:
        thread = tx.insert(
            "INSERT INTO conversation (ref, number_id, member_id, group_id) VALUES (?, 1, ?, ?)",
            (f"c-{number}-{group}", None if group else person(tx, number), group),
        )
    tx.execute(
        """
        INSERT INTO message (conversation_id, alias_id, direction, kind, text, sent_at, origin)
        VALUES (?, ?, 'in', 'text', ?, ?, 'live')
        """,
        (thread, alias, text, at * SECOND),
    )


def test_first_words_and_codes_in_groups_are_read_from_threads() -> None:
    with graph_ledger() as tx:
        tx.execute("PRAGMA defer_foreign_keys = ON")
        for one in range(22):
            invite(tx, 1, 10 + one, BEGAN + one * 60)
            _writes(tx, 10 + one, f"I come for gift {one}", BEGAN + one * 60 + 5)
        for trigger in tx.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'code'"):
            tx.execute(f"DROP TRIGGER {trigger['name']}")
        tx.execute(
            "INSERT INTO code (code, programme_id, member_id, made_at) VALUES ('AMARA7', 1, ?, 0)",
            (person(tx, 1),),
        )
        _writes(tx, 1, "Take amara7, all of you", BEGAN, group=1)
        (item,) = sweep(tx)
        assert item["kind"] == "pattern"
        assert {one["rule"].rpartition(".")[2] for one in item["signals"]} == {
            "burst",
            "same_words",
            "public_code",
        }


def test_invites_that_lie_far_apart_speak_against_haste() -> None:
    assert names(case(OWN, apart=2 * DAY)) == {"spread_times"}
    assert names(case(OWN, apart=60)) == set()
