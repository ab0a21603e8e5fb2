"""Windows and moments: both ends belong, hours and days are exact, names of days begin at local midnight."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from waconsole.clock import DAY, HOUR, SECOND, iso, parse_iso
from waconsole.query.values import EARLIEST, moment_of, window_of

PARIS = ZoneInfo("Europe/Paris")
NOW = parse_iso("2026-03-29T10:00:00Z") + 999_999  # a Sunday, the day on which Paris puts its clocks on


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("1h", "2026-03-29T09:00:00Z"),
        ("1d", "2026-03-28T10:00:00Z"),
        ("30d", "2026-02-27T10:00:00Z"),
        ("0d", "2026-03-29T10:00:00Z"),
        ("today", "2026-03-28T23:00:00Z"),
        ("this_week", "2026-03-22T23:00:00Z"),
        ("This_Month", "2026-02-28T23:00:00Z"),
        ("since 2026-03-01", "2026-02-28T23:00:00Z"),
        ("since   2026-04-01", "2026-03-31T22:00:00Z"),
    ],
)
def test_a_window_ends_now_and_begins_where_it_says(text: str, start: str) -> None:
    window = window_of(text)

    assert window is not None
    assert [iso(at) for at in window.bounds(NOW, PARIS)] == [start, "2026-03-29T10:00:00Z"]


def test_ever_has_no_beginning() -> None:
    window = window_of("ever")

    assert window is not None
    assert window.bounds(NOW, PARIS) == (EARLIEST, NOW - 999_999)


@pytest.mark.parametrize(
    "text", ["7", "7x", "2w", "7m", "since", "since 2026-02-30", "since 1026-02-03", "-7d", "yesterday", ""]
)
def test_what_is_no_window(text: str) -> None:
    assert window_of(text) is None


@pytest.mark.parametrize(
    ("text", "start", "stop"),
    [
        ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("today", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("yesterday", "2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z"),
        ("today-7d", "2026-03-21T23:00:00Z", "2026-03-22T23:00:00Z"),
        ("today+7d"[:5] + "-1w", "2026-03-21T23:00:00Z", "2026-03-22T23:00:00Z"),
        ("this_week", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("this_month", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
        ("now-2h", "2026-03-29T08:00:00Z", "2026-03-29T08:00:01Z"),
        ("today-2h", "2026-03-28T21:00:00Z", "2026-03-28T21:00:01Z"),
        ("2026-03-29T10:00", "2026-03-29T08:00:00Z", "2026-03-29T08:00:01Z"),
        ("2026-03-29T10:00:05Z", "2026-03-29T10:00:05Z", "2026-03-29T10:00:06Z"),
    ],
)
def test_a_moment_is_as_long_as_it_is(text: str, start: str, stop: str) -> None:
    moment = moment_of(text)

    assert moment is not None
    assert [iso(at) for at in moment.bounds(NOW, PARIS)] == [start, stop]


@pytest.mark.parametrize(
    "text", ["2026-02-30", "0001-01-01", "9999-12-31", "today-999999d", "tomorrow", "20:30"]
)
def test_what_is_no_moment(text: str) -> None:
    assert moment_of(text) is None


def test_days_of_a_window_are_not_of_the_calendar() -> None:
    window = window_of("1d")

    assert window is not None
    start, end = window.bounds(NOW, PARIS)
    assert end - start == DAY == 24 * HOUR
    assert start % SECOND == 0
