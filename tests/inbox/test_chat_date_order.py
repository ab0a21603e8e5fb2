"""In which order the dates of an export stand: what decides, and when the file cannot."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from waconsole.errors import Refused
from waconsole.inbox.chat_read import ChatLine, read_chat
from waconsole.inbox.chat_survey import survey


def chat(*dates: str) -> list[str]:
    """An Android chat with one message on each date."""
    return [f"{date}, 21:00 - Ana: hello" for date in dates]


def first_day(lines: list[str], order: str | None = None) -> str:
    """The day of the first message."""
    found = next(iter(read_chat(lines, survey(lines, date_order=order), UTC)))
    assert isinstance(found, ChatLine)
    return datetime.fromtimestamp(found.at / 1e6, UTC).date().isoformat()


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["05/03/25", "28/03/25"], "dmy"),
        (["03/05/25", "03/28/25"], "mdy"),
        (["2025-03-05", "2025-03-28"], "ymd"),
        (["2025/3/5"], "ymd"),
        (["25. 3. 5.", "25. 3. 28."], "ymd"),
        (["2025. 3. 5."], "ymd"),
        (["2025년 3월 5일"], "ymd"),
        (["2025年3月5日"], "ymd"),
        (["05.03.2025", "28.03.2025"], "dmy"),
        (["5-3-2025", "28-3-2025"], "dmy"),
        (["٠٥/٠٣/٢٠٢٥", "٢٨/٠٣/٢٠٢٥"], "dmy"),
        (["०५/०३/२०२५", "२८/०३/२०२५"], "dmy"),
        (["０５/０３/２０２５", "２８/０３/２０２５"], "dmy"),
        (["25/3/28", "25/3/29", "25/4/1"], "ymd"),
    ],
)
def test_a_day_over_twelve_or_the_place_of_the_year_decides(dates: list[str], order: str) -> None:
    assert survey(chat(*dates)).order == order


def test_days_that_never_go_back_decide() -> None:

    assert survey(chat("05/03/25", "07/03/25", "02/04/25")).order == "dmy"
    assert survey(chat("03/05/25", "03/07/25", "04/02/25")).order == "mdy"


def test_dates_that_read_forwards_in_both_orders_are_refused_with_the_option_to_use() -> None:
    with pytest.raises(Refused, match=r"--date-order dmy"):
        survey(chat("01/02/25", "02/02/25", "03/02/25"))


def test_dates_that_go_back_in_both_orders_are_refused() -> None:
    with pytest.raises(Refused, match="--date-order"):
        survey(chat("05/06/25", "02/03/25", "07/08/25"))


def test_dates_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(Refused, match="--date-order"):
        survey(chat("28/03/25", "03/28/25"))


def test_one_quoted_head_does_not_overrule_a_whole_file() -> None:
    lines = chat(*[f"{day}/03/25" for day in range(13, 32)], *[f"{day}/04/25" for day in range(13, 30)])
    lines.insert(5, "03/28/25, 10:00 - Eve: a quoted message")

    found = [line for line in read_chat(lines, survey(lines), UTC) if isinstance(line, ChatLine)]

    assert len(found) == len(lines) - 1
    assert found[4].text == "hello\n03/28/25, 10:00 - Eve: a quoted message"


def test_when_both_orders_give_the_same_days_either_is_right() -> None:
    lines = chat("05.05.25", "05.05.25", "06.06.25")

    assert first_day(lines) == "2025-05-05"


def test_the_option_decides_what_the_file_does_not() -> None:
    lines = chat("01/02/25", "02/02/25")

    assert first_day(lines, "dmy") == "2025-02-01"
    assert first_day(lines, "mdy") == "2025-01-02"
    assert first_day(lines, "ymd") == "2001-02-25"


def test_an_option_that_the_dates_contradict_is_refused() -> None:
    with pytest.raises(Refused, match="mdy does not fit"):
        survey(chat("28/03/25", "29/03/25"), date_order="mdy")
    with pytest.raises(Refused, match="dmy does not fit"):
        survey(chat("2025-03-28"), date_order="dmy")
