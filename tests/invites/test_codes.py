"""Codes: drawn by chance, and no slip of the finger makes one of another."""

from __future__ import annotations

import itertools
import random
import secrets

import pytest

from waconsole.errors import Refused
from waconsole.invites import codes, share
from waconsole.invites.codes import ALPHABET, LENGTH, draw, is_code, near, normalised


def some(count: int, seed: int = 7) -> list[str]:
    chance = random.Random(seed)
    return [draw(chance.choice) for _ in range(count)]


def test_a_code_is_seven_signs_without_vowels_and_look_alikes() -> None:
    assert (LENGTH, len(ALPHABET), len(set(ALPHABET))) == (7, 23, 23)
    for alike in ("0OQ", "1IL", "2Z", "5S", "8B", "UV"):
        assert sum(sign in ALPHABET for sign in alike) <= 1
    assert not set("AEIOU") & set(ALPHABET)
    found = some(500)
    assert len(set(found)) == 500
    for code in found:
        assert is_code(code)
        assert 2 <= sum(sign.isdigit() for sign in code) <= 5


def test_every_wrong_sign_and_every_change_of_places_is_seen() -> None:
    for code in some(60):
        for place, sign in itertools.product(range(LENGTH), ALPHABET):
            if sign != code[place]:
                assert not is_code(code[:place] + sign + code[place + 1 :])
        for first, second in itertools.combinations(range(LENGTH), 2):
            signs = list(code)
            signs[first], signs[second] = signs[second], signs[first]
            assert "".join(signs) == code or not is_code("".join(signs))


def test_it_holds_for_every_pair_of_places_and_signs_not_only_for_some() -> None:
    # A wrong sign: weight x difference is never 0 modulo a prime. Changed places: the weights differ.
    assert all(codes.MODULUS % one for one in range(2, codes.MODULUS))
    assert len(set(codes._WEIGHTS)) == LENGTH
    assert 0 not in codes._WEIGHTS


def test_what_one_slip_makes_is_led_back() -> None:
    for code in some(40):
        assert code in near(code[:3] + code[4] + code[3] + code[5:]) or code[3] == code[4]
        assert code in near("?" + code[1:])
        assert code in near(code[:2] + code[3:])
        assert code in near(code[:2] + "7" + code[2:])
        assert all(is_code(one) for one in near(code[:6]))


@pytest.mark.parametrize(
    "written",
    [
        "k7m-3p9q",
        "K7M 3P9Q",
        "ｋ７ｍ３ｐ９ｑ",
        "𝐊𝟕𝐌𝟑𝐏𝟗𝐐",
        "Ⓚ⑦Ⓜ③Ⓟ⑨Ⓠ",
        "К7М3Р9Q",
        "k٧m٣p٩q",
        "K̇7M3P9Q",
        "K7️⃣M3️⃣P9️⃣Q",
        "\u202eK7M3P9Q",
    ],
)
def test_a_sign_is_itself_in_every_spelling(written: str) -> None:
    assert normalised(written) == "K7M3P9?"


def test_look_alikes_stand_for_the_sign_there_is() -> None:
    assert normalised("szb SZB") == "528528"
    assert normalised("0Oo 1Il") == "??????"
    assert normalised("\n🎉, 日本語 !") == ""


def test_a_draw_that_never_ends_is_refused() -> None:
    with pytest.raises(Refused, match="try again"):
        draw(lambda _: "2")
    assert is_code(draw(secrets.choice))


def test_a_place_has_one_sign_that_can_be_read_and_texts_keep_the_code() -> None:
    share.check_suffix({"value": "P"})
    for sign in ("E", "O", "PC", "", "?", "-"):
        with pytest.raises(Refused, match="one sign"):
            share.check_suffix({"value": sign})
    share.check_words({"first": "hi {code}", "plain": "{link}", "says": "…"})
    for words in ({"first": "hi"}, {"plain": "hi"}, {"share": "I like {brand}"}):
        with pytest.raises(Refused, match=r"holds? \{"):
            share.check_words(words)
