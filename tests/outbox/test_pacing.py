"""The arithmetic of the pace, by clocks made by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import Final

import pytest

from tests.conftest import NOW
from waconsole.clock import DAY, HOUR, SECOND
from waconsole.outbox.pace import WAIT_MAX
from waconsole.outbox.pacing import (
    REST_MAX,
    Rate,
    Rules,
    is_resting,
    pair_after,
    pair_punished,
    pair_wait,
    rate_of,
    rules_of,
    span_of,
)
from waconsole.policy import library

RULES: Final[Rules] = rules_of(
    {name.removeprefix("sending."): value for name, value in library.bundled() if name.startswith("sending.")}
)


def _rate(
    *, driver: str = "cloud", told: int | None = None, is_shared: bool = False, slowed_at: int = 0
) -> Rate:
    return rate_of(RULES, driver=driver, told=told, is_shared=is_shared, slowed_at=slowed_at, now=NOW)


def test_every_figure_of_meta_says_its_page_and_date() -> None:
    says = dict(library.bundled())
    for name in ("throughput", "pair", "portfolio"):
        assert "Meta" in says[f"sending.{name}"]["says"]
        assert any(year in says[f"sending.{name}"]["says"] for year in ("2025-", "2026-"))


@pytest.mark.parametrize(
    ("told", "is_shared", "per_second"),
    [(None, False, 80), (None, True, 20), (1000, False, 1000), (5, True, 5)],
)
def test_a_number_never_leaves_more_than_its_rate_in_any_second(
    told: int | None, is_shared: bool, per_second: int
) -> None:
    rate, dice = _rate(told=told, is_shared=is_shared), random.Random(7)
    now, free_at, left = NOW, 0, []
    while now < NOW + 5 * SECOND:
        slots = rate.slots(free_at, now, dice.randrange(1, 11), 0.0)
        if slots:
            free_at = rate.after(slots[-1], 0.0)
            left += slots
        now += dice.randrange(1, 30_000)

    most = max(sum(at <= one < at + SECOND for one in left) for at in left)
    assert most <= per_second + 1  # both ends of the second
    if per_second <= 100:
        assert len(left) >= 4.9 * per_second  # and it is used up
    assert all(later > earlier for earlier, later in pairwise(left))


def test_two_processes_share_one_rate() -> None:
    rate, free_at, left = _rate(), 0, []
    for turn in range(40):
        slots = rate.slots(free_at, NOW + turn * 50_000, 10, 0.0)  # whoever asks
        free_at = rate.after(slots[-1], 0.0) if slots else free_at
        left += slots
    assert len(left) == len(set(left))
    assert max(sum(at <= one < at + SECOND for one in left) for at in left) <= 81


def test_a_message_after_a_rest_leaves_at_once() -> None:
    assert _rate().slots(NOW - HOUR, NOW, 1, 0.0) == [NOW]


def test_a_clock_that_was_set_back_stops_nobody() -> None:
    rate = _rate()
    assert rate.slots(NOW + DAY, NOW, 1, 0.0) == [NOW]
    assert rate.opens_at(NOW + DAY, NOW) <= NOW
    assert pair_wait(RULES, NOW + DAY, NOW) == 0
    assert pair_after(RULES, NOW + DAY, NOW) == NOW + RULES.pair_span
    assert not is_resting(NOW + DAY, NOW)
    assert is_resting(NOW + REST_MAX, NOW)


def test_told_that_it_is_too_fast_a_number_goes_at_half_its_rate_for_a_minute() -> None:
    assert _rate(slowed_at=NOW - 59 * SECOND).every == 2 * _rate().every
    assert _rate(slowed_at=NOW - 60 * SECOND).every == _rate().every
    assert _rate(slowed_at=NOW + 1).every == _rate().every  # a clock that was set back


def test_a_linked_phone_rests_between_two_messages() -> None:
    rate = _rate(driver="gateway")
    for chance, seconds in ((0.0, 30), (0.5, 45), (1.0, 60)):
        assert rate.slots(0, NOW, 10, chance) == [NOW]
        free_at = rate.after(NOW, chance)
        assert free_at == NOW + seconds * SECOND
        assert rate.slots(free_at, free_at - 1, 10, chance) == []
        assert rate.slots(free_at, free_at, 10, chance) == [free_at]


def test_an_operator_answers_one_person_in_a_burst_and_then_slower() -> None:
    now, free_at, left = NOW, 0, []
    for _ in range(60):
        wait = pair_wait(RULES, free_at, now)
        now += wait
        left.append(now)
        free_at = pair_after(RULES, free_at, now)

    assert left[:45] == [NOW] * 45  # borrowed from the future
    assert [later - earlier for earlier, later in pairwise(left[44:])] == [6 * SECOND] * 15


def test_what_was_borrowed_is_paid_back_in_time() -> None:
    free_at = 0
    for _ in range(45):
        free_at = pair_after(RULES, free_at, NOW)
    assert pair_wait(RULES, free_at, NOW) == 6 * SECOND
    assert pair_wait(RULES, free_at, NOW + 60 * SECOND) == 0
    later = NOW + 270 * SECOND
    assert pair_after(RULES, free_at, later) == later + 6 * SECOND  # all of it


@pytest.mark.parametrize("seconds", [1, 4, 16, 64, 256, 1024])
def test_a_pair_that_was_refused_waits_and_then_has_nothing_to_borrow(seconds: int) -> None:
    free_at = pair_punished(RULES, seconds * SECOND, NOW)

    assert pair_wait(RULES, free_at, NOW) == seconds * SECOND <= WAIT_MAX
    then = NOW + seconds * SECOND
    assert pair_wait(RULES, free_at, then) == 0
    assert pair_wait(RULES, pair_after(RULES, free_at, then), then) == 6 * SECOND


def test_a_person_is_counted_in_the_span_they_were_reached_in() -> None:
    assert span_of(RULES, NOW + 1) == span_of(RULES, NOW) <= NOW
    assert span_of(RULES, NOW + RULES.reach_span) == span_of(RULES, NOW) + RULES.reach_span
    assert span_of(replace(RULES, reach_span=HOUR), NOW) % HOUR == 0
