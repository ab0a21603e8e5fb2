"""Cutting and padding on cluster boundaries."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waconsole.kit.cells import NARROW, WIDE, clusters, cut, fit, width

FRANCE = "\U0001f1eb\U0001f1f7"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("text", "cells", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 4, "abc…"),
        ("王小明", 5, "王小…"),
        ("王小明", 4, "王…"),
        (FRANCE * 3, 4, FRANCE + "…"),
        (FAMILY * 3, 3, FAMILY + "…"),
        (FAMILY * 3, 2, "…"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("❤\ufe0f❤\ufe0f", 3, "❤\ufe0f…"),
        ("स\u094dतेन", 2, "…"),
        ("x", 0, ""),
        ("xy", 1, "…"),
    ],
)
def test_a_cut_never_falls_inside_a_cluster(text: str, cells: int, expected: str) -> None:
    assert cut(text, cells) == expected


def test_numbers_stand_right_and_words_left() -> None:
    assert fit("18", 5, "right") == "   18"
    assert fit("王", 5) == "王   "


@pytest.mark.parametrize(("letters", "cells"), [(NARROW, 1), (WIDE, 2)])
def test_letters_that_stand_alone_are_clusters_of_their_own(letters: str, cells: int) -> None:
    alone = re.compile(f"[{letters}]")
    for character in filter(alone.match, map(chr, range(0xD800))):
        assert width(character) == cells, hex(ord(character))
        assert clusters("a" + character + "a") == [("a", 1), (character, cells), ("a", 1)]
        assert unicodedata.category(character)[0] != "M"


def test_the_short_way_and_the_long_way_cut_alike() -> None:
    for text in ("Grüße an 王小明, morgen um 9", "Et c’est quand – jeudi ?", "다음 주에 만나요 ok"):
        for cells in range(1, 40):
            long_way = cut(text + "\u0301", cells).replace("\u0301", "")
            assert cut(text, cells) == long_way


@given(st.text(st.sampled_from("aé王🇫🇷👍🏽\u200d\ufe0f\u0301्स한"), max_size=40), st.integers(1, 30))
def test_what_fits_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert "".join(cluster for cluster, _ in clusters(text)) == text
    assert width(fit(text, cells)) == cells


def test_a_very_long_text_is_cut_without_being_walked() -> None:
    assert width(cut("王" * 65_536, 40)) == 39
    assert width(cut("e" + "\u0301" * 65_536, 40)) <= 40
