"""Stays in a group follow from comings and goings by event time, in whatever order they are told."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from waconsole.groups.stays import JOINED, LEFT, WROTE, Happened, Stay, stays

EVENTS = st.lists(
    st.builds(Happened, st.sampled_from([JOINED, LEFT, WROTE]), st.integers(0, 30)), max_size=12, unique=True
)


def test_coming_going_and_coming_back_are_two_stays() -> None:
    told = [Happened(LEFT, 20), Happened(JOINED, 30), Happened(WROTE, 15), Happened(JOINED, 10, "link")]

    assert stays(told) == [Stay(10, 20, "link"), Stay(30, None)]


def test_who_is_first_seen_going_was_there_at_that_instant() -> None:
    assert stays([Happened(LEFT, 20)]) == [Stay(20, 20)]


def test_a_coming_told_after_they_wrote_says_how_they_came() -> None:
    assert stays([Happened(WROTE, 9), Happened(JOINED, 10, "link")]) == [Stay(9, None, "link")]


@given(EVENTS, st.randoms())
def test_the_order_of_telling_does_not_count(told: list[Happened], lucky: object) -> None:
    shuffled = list(told)
    lucky.shuffle(shuffled)  # type: ignore[attr-defined]

    assert stays(shuffled) == stays(told)


@given(EVENTS)
def test_stays_follow_each_other_and_only_the_last_is_open(told: list[Happened]) -> None:
    found = stays(told)

    for before, after in pairwise(found):
        assert before.left_at is not None and before.joined_at <= before.left_at <= after.joined_at
