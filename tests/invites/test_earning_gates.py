"""What the review desk says of an invite, and what becomes of the others meanwhile. Pure."""

from __future__ import annotations

from typing import Any

from tests.invites.rewarded import START, TERMS
from waconsole.clock import DAY
from waconsole.invites.earning import decide
from waconsole.invites.settling import PEND, POST, arrows, moves
from waconsole.invites.terms import JOINED_GROUP, Version, terms_of
from waconsole.invites.verdict import Attempt, Event, Facts, Gates, Verdict

LATE = START + 100 * DAY
ANN = 100  # who invites


def _attempts(count: int) -> list[Attempt]:
    return [Attempt(place, f"iv-{place:02}", ANN, place, START, START) for place in range(1, count + 1)]


def _facts(count: int, gates: Gates, *, paid: frozenset[int] = frozenset(), **terms: Any) -> Facts:
    version = Version(
        1, 0, 0, terms_of(TERMS | {key.replace("_", ".", 1): said for key, said in terms.items()})
    )
    events = {
        place: [Event(START + place * DAY, f"O-{place}", order_id=place, currency="HKD", gross_minor=25000)]
        for place in range(1, count + 1)
    }
    return Facts([version], events, gates, paid=paid)


def _said(found: list[Verdict]) -> list[tuple[str, str, str]]:
    return [(one.state, one.reason, one.gate) for one in found]


def test_an_open_item_holds_its_invite_and_a_rung_that_counts_it() -> None:
    gates = Gates({1: ("held", "")})

    found = decide(_attempts(2), _facts(2, gates, reward_2="cashback 20.00 HKD"), now=LATE)

    assert _said(found) == [("held", "review open", "fraud"), ("earned", "", "earns")]
    assert [(given.slot, given.waits) for given in found[1].gives] == [("each", ""), ("2", "review open")]


def test_what_is_released_pays_exactly_what_would_have_been_paid() -> None:
    frozen = decide(_attempts(3), _facts(3, Gates(members={ANN: "frozen"})), now=LATE)
    released = decide(_attempts(3), _facts(3, Gates()), now=LATE)

    assert {one.state for one in frozen} == {"held"} and {one.reason for one in frozen} == {"frozen"}
    assert [[given[:4] for given in one.gives] for one in frozen] == [
        [given[:4] for given in one.gives] for one in released
    ]


def test_a_void_frees_its_place_for_the_one_beyond_the_cap() -> None:
    gates = Gates({3: ("void", "ring")})

    found = decide(_attempts(11), _facts(11, gates), now=LATE)

    assert _said(found)[2] == ("refused", "ring", "fraud")
    assert found[10].state == "earned" and found[10].place == 10


def test_who_is_blocked_earns_nothing_more_and_keeps_what_was_paid() -> None:
    gates = Gates(members={ANN: "blocked"})

    found = decide(_attempts(2), _facts(2, gates, paid=frozenset({1})), now=LATE)

    assert _said(found) == [("earned", "", "earns"), ("refused", "blocked", "fraud")]


def test_an_item_on_what_was_paid_already_takes_nothing_back_until_it_is_decided() -> None:
    paid = frozenset({1})
    held = decide(_attempts(1), _facts(1, Gates({1: ("held", "")}), paid=paid), now=LATE)
    void = decide(_attempts(1), _facts(1, Gates({1: ("void", "mule")}), paid=paid), now=LATE)

    assert _said(held) == [("earned", "", "earns")]
    assert _said(void) == [("refused", "mule", "fraud")]


def test_a_friend_who_is_frozen_waits_for_their_own_part_alone() -> None:
    facts = _facts(1, Gates(members={1: "frozen"}), invitee_each="cashback 5.00 HKD")

    (found,) = decide(_attempts(1), facts, now=LATE)

    assert [(given.side, given.waits) for given in found.gives] == [("referrer", ""), ("invitee", "frozen")]
    assert [move.what for move in moves(found, ())] == [PEND, POST, PEND]


def test_who_joined_a_group_counts_where_the_programme_says_so() -> None:
    version = Version(1, 0, 0, terms_of(TERMS | {"counted_action": "joined_group"}))
    events = {
        1: [Event(START + DAY, "", JOINED_GROUP)],
        2: [Event(START + DAY, "O", currency="HKD", gross_minor=90000)],
    }

    found = decide(_attempts(2), Facts([version], events), now=LATE)

    assert [one.state for one in found] == ["earned", "joined"]


def test_what_was_earned_keeps_the_version_it_was_earned_under() -> None:
    before = Version(1, 0, 0, terms_of(TERMS))
    after = Version(2, START, LATE, terms_of(TERMS | {"minimum": "900.00 HKD"}))
    events = {place: [Event(START + DAY, "O", currency="HKD", gross_minor=25000)] for place in (1, 2)}

    found = decide(_attempts(2), Facts([before, after], events, pinned={1: 1}), now=LATE)

    assert _said(found) == [("earned", "", "earns"), ("refused", "minimum", "earns")]


def test_every_arrow_between_two_states_is_a_step() -> None:
    assert arrows("open", "earned") == [
        ("open", "joined"),
        ("joined", "qualified"),
        ("qualified", "held"),
        ("held", "earned"),
    ]
    assert arrows("held", "issued") == [("held", "earned"), ("earned", "issued")]
    assert arrows("earned", "reversed") == [("earned", "reversed")]
