"""How people are identified and how their numbers are shown."""

from __future__ import annotations

import pytest

from waconsole.members.model import e164, folded, looks_like_phone, masked


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("+33 6 39 98 12 17", None, "+33639981217"),
        ("0033-6-39.98(12)17", None, "+33639981217"),
        ("\u202a+33\u00a06\u00a039\u00a098\u00a012\u00a017\u202c", None, "+33639981217"),
        ("06 39 98 12 17", "FR", "+33639981217"),
        ("+1 (555) 010-0199", None, "+15550100199"),
        ("\uff0b\uff18\uff11 70 0000 1234", None, "+817000001234"),
        ("+971 \u0665\u0660 123 4567", None, "+971501234567"),
        ("06 39 98 12 17", None, None),
        ("12", "FR", None),
        ("Inès", "FR", None),
        ("+", None, None),
        ("", None, None),
        ("+33 6 + 7", None, None),
        ("tel:+33-639-981-217", None, "+33639981217"),
        ("+33639981217x", None, None),
        ("+33639981217 ext 3", None, None),
        ("+33639981217;+33639981218", None, None),
    ],
)
def test_numbers_are_read_in_any_spelling(text: str, region: str | None, expected: str | None) -> None:
    assert e164(text, region) == expected


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+33639981242", "+33 •• •• •• 42"),
        ("+15550100199", "+1 •• •• •• 99"),
        ("+886912345678", "+886 •• •• •• 78"),
        ("+4915112345678", "+49 •• •• •• 78"),
    ],
)
def test_a_shared_screen_shows_country_and_two_digits(phone: str, shown: str) -> None:
    assert masked(phone) == shown


def test_names_and_numbers_are_told_apart() -> None:
    assert looks_like_phone("+33 6 39 98 12 17")
    assert not looks_like_phone("Inès 2")
    assert not looks_like_phone("2024")


def test_comparison_ignores_case_width_and_spaces() -> None:
    assert folded("  Ｍamans   LYON ") == folded("mamans lyon")
