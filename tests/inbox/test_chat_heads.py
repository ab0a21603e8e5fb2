"""Heads of chat lines: shapes, clocks, zones, and what only looks like a head."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from waconsole.inbox.chat_clock import hour_of
from waconsole.inbox.chat_read import ChatLine, Unplaced, read_chat
from waconsole.inbox.chat_survey import survey


def parsed(*lines: str, zone: tzinfo = UTC) -> list[ChatLine | Unplaced]:
    """The lines of a chat."""
    return list(read_chat(lines, survey(lines), zone))


def wall(found: ChatLine | Unplaced, zone: tzinfo = UTC) -> str:
    """The clock on the wall at a message."""
    assert isinstance(found, ChatLine)
    return f"{datetime.fromtimestamp(found.at / 1e6, zone):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("[28.03.25, 21:29:05] ", "2025-03-28 21:29:05"),
        ("\u200e[28/03/2025, 9:29:05\u202fPM] ", "2025-03-28 21:29:05"),
        ("\ufeff[28/03/2025 21:29:05] ", "2025-03-28 21:29:05"),
        ("[2025-03-28, 9:29:05 p.m.] ", "2025-03-28 21:29:05"),
        ("28/3/2025, 9:29\u202fp.\u00a0m. - ", "2025-03-28 21:29:00"),
        ("28/03/2025, 12:00 am - ", "2025-03-28 00:00:00"),
        ("28/03/2025, 12:00 PM - ", "2025-03-28 12:00:00"),
        ("28/03/2025 21.29 - ", "2025-03-28 21:29:00"),
        ("28.3.2025 klo 21.29 - ".replace("klo ", ""), "2025-03-28 21:29:00"),
        ("28/03/2025 à 21:29 - ", "2025-03-28 21:29:00"),
        ("28/03/2025 às 21:29 - ", "2025-03-28 21:29:00"),
        ("28.03.25 um 21:29 - ", "2025-03-28 21:29:00"),
        ("21:29, 28/03/2025 - ", "2025-03-28 21:29:00"),
        ("[9:29:05 PM, 28/3/2025] ", "2025-03-28 21:29:05"),
        ("2025. 3. 28. 오후 9:29 - ", "2025-03-28 21:29:00"),
        ("2025년 3월 28일 오전 12:29 - ", "2025-03-28 00:29:00"),
        ("2025/3/28 21:29 - ", "2025-03-28 21:29:00"),
        ("2025/3/28 午後9:29 - ", "2025-03-28 21:29:00"),
        ("2025年3月28日 晚上9:29 - ", "2025-03-28 21:29:00"),
        ("[2025/3/28 凌晨12:29:05] ", "2025-03-28 00:29:05"),
        ("[٢٨\u200f/٣\u200f/٢٠٢٥، ٩:٢٩:٠٥ م] ", "2025-03-28 21:29:05"),
        ("۲۸/۳/۲۰۲۵، ۲۱:۲۹ - ", "2025-03-28 21:29:00"),
        ("२८/३/२०२५, ९:२९ अपराह्न - ", "2025-03-28 21:29:00"),
        ("２８/３/２０２５, ２１:２９ - ", "2025-03-28 21:29:00"),
        ("2025-03-28 21 h 29 - ", "2025-03-28 21:29:00"),
    ],
)
def test_a_head_is_understood_in_the_shape_phones_write(head: str, expected: str) -> None:
    (found,) = parsed(f"{head}Ana: hello")

    assert wall(found) == expected
    assert isinstance(found, ChatLine)
    assert (found.sender, found.text, found.kind) == ("Ana", "hello", "text")


@pytest.mark.parametrize(
    ("hour", "period", "expected"),
    [
        (12, "AM", 0),
        (12, "p. m.", 12),
        (1, "p.\u00a0m.", 13),
        (0, "午後", 12),
        (11, "오전", 11),
        (12, "凌晨", 0),
        (5, "凌晨", 5),
        (7, "早上", 7),
        (11, "上午", 11),
        (12, "中午", 12),
        (1, "中午", 13),
        (6, "下午", 18),
        (11, "晚上", 23),
        (12, "晚上", 0),
        (21, "晚上", 21),
        (9, "", 9),
        (24, "", None),
        (9, "Ana", None),
    ],
)
def test_the_part_of_the_day_makes_the_hour(hour: int, period: str, expected: int | None) -> None:
    assert hour_of(hour, period) == expected


def test_text_that_looks_like_a_head_of_another_shape_stays_in_its_message() -> None:
    pasted = (
        "[28.03.25, 21:29:05] Eve: copied from an iPhone",
        "28/03/2025 21:29 - Eve: another comma",
        "12:30 - meeting: ok",
        "28/03/2025, 9:29 PM - Eve: another clock",
        "99/99/2025, 21:29 - Eve: no date",
        "29/03/2025, 21:75 - Eve: no time",
    )

    (found, last) = parsed("28/03/2025, 21:30 - Ana: look", *pasted, "29/03/2025, 08:00 - Bob: thanks")

    assert isinstance(found, ChatLine)
    assert found.text == "\n".join(("look", *pasted))
    assert wall(last) == "2025-03-29 08:00:00"


def test_the_clock_of_the_file_is_read_in_the_zone_also_across_summer_time() -> None:
    paris = ZoneInfo("Europe/Paris")

    before, after, twice = parsed(
        "30/03/2025, 01:59 - Ana: winter",
        "30/03/2025, 03:00 - Ana: summer",
        "26/10/2025, 02:30 - Ana: this hour comes twice",
        zone=paris,
    )

    assert wall(before) == "2025-03-30 00:59:00"
    assert wall(after) == "2025-03-30 01:00:00"
    assert wall(twice) == "2025-10-26 00:30:00"


def test_a_phone_that_writes_the_part_of_the_day_only_sometimes_is_still_read() -> None:
    lines = [f"2026/5/{day} 08:46 - Ana: hello" for day in range(1, 20)]
    lines += [f"2026/6/{day} 下午1:54 - Bob: hello" for day in range(1, 20)]

    found = parsed(*lines)

    assert len(found) == len(lines)
    assert wall(found[-1]) == "2026-06-19 13:54:00"


def test_lines_before_the_first_head_are_unplaced_with_their_numbers() -> None:
    found = parsed("From: Ana", "", "28/03/2025, 21:30 - Ana: look")

    assert found[0] == Unplaced(1, "From: Ana")
    assert isinstance(found[1], ChatLine)
    assert found[1].line == 3
