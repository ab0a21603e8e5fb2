"""A code is found in whatever a friend makes of the text: for sure, one slip away, or not at all."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.kit.screens import HOSTILE
from waconsole.invites import codes, share
from waconsole.invites.codes import ALPHABET, LENGTH, draw, is_code, near
from waconsole.invites.reading import Known, Reading, read

_CHANCE: Final = random.Random(11)
POOL: Final = [draw(_CHANCE.choice) for _ in range(400)]
CODE: Final = POOL[0]
PRESETS: Final = Path(__file__).parents[2] / "waconsole/policy/presets/codes.toml"


def among(known: Mapping[str, bool]) -> Known:
    def which(wanted: Collection[str]) -> Mapping[str, bool]:
        return {code: known[code] for code in wanted if code in known}

    return which


EVERY: Final = among(dict.fromkeys(POOL, True))


def test_a_code_is_read_out_of_the_first_words_of_nine_languages() -> None:
    texts = tomllib.loads(PRESETS.read_text(encoding="utf-8"))["invites.text"]
    assert sorted(texts) == ["de", "en", "es", "fr", "it", "ja", "ko", "pt", "zh"]
    for words in texts.values():
        text = share.first_words(words, CODE)
        assert read(text, EVERY) == Reading(CODE, "exact", "")
        assert read(share.first_words(words, f"{CODE}-P"), EVERY) == Reading(CODE, "exact", "", "P")
        assert read(share.first_words(words, CODE).upper(), EVERY).confidence == "exact"


@pytest.mark.parametrize(
    "text",
    [
        f"hi {CODE.lower()} !!", f"({CODE[:3]} {CODE[3:]})", f"{CODE[:3]}-{CODE[3:]}", " ".join(CODE), "🎉".join(CODE),
        "\u200b".join(CODE), f"코드는{CODE}입니다", f"紹介コードは{CODE}です", f"مرحبا، كود صديقي \u202b{CODE}\u202c شكرا",
        f"שלום! הקוד הוא {CODE}", f"Мой код: {CODE}.", f"“{CODE}”", f"*_{CODE}_*", f"```{CODE}```", f"ref={CODE}&x=1",
        f"mycode{CODE}thanks", f"{CODE}\n{CODE}", f"\x1b[31m{CODE}\x07", "".join(chr(ord(sign) + 0xFEE0) for sign in CODE),
        f"{HOSTILE} {CODE}", f"https://wa.me/?text={CODE}", f"+85291234567 {CODE}", f"{CODE} 20.50 HKD, order 12345678",
    ],
)  # fmt: skip
def test_a_code_is_read_in_any_dress(text: str) -> None:
    assert (read(text, EVERY).code, read(text, EVERY).confidence) == (CODE, "exact")


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "RHYTHM MYTHS", "+852 9123 4567", "order 2345678, 8887777", "🎉" * 50, HOSTILE, "\x00\x1b[0m", "7" * 9_000,
        "K " * 5_000, "日本語のみ", "\u202e" * 100, "2 3 4 5 6 7 8 9 C D F",
    ],
)  # fmt: skip
def test_what_holds_no_code_says_so(text: str) -> None:
    assert read(text, EVERY) == Reading()


def test_one_slip_is_repaired_and_only_to_a_code_in_force() -> None:
    slip = f"hi, {CODE[:2]}?{CODE[3:]}".replace("?", "O")
    assert read(slip, EVERY) == Reading(CODE, "repaired", "")
    assert read(slip, among({CODE: False})) == Reading()
    assert read(f"{CODE[1:]} please", EVERY) == Reading(CODE, "repaired", "")


def test_a_code_that_is_no_more_is_still_told_apart() -> None:
    assert read(CODE, among({CODE: False})) == Reading(CODE, "exact", "")


def test_a_code_that_never_was_is_unknown() -> None:
    assert read(f"my code is {CODE}", among({})) == Reading(CODE, "", "unknown")


def test_between_two_nothing_is_guessed() -> None:
    assert read(f"{POOL[0]} or {POOL[1]}", EVERY) == Reading(fault="several")
    assert read(f"{POOL[0]} or {POOL[1]}", among({POOL[0]: True, POOL[1]: False})).code == POOL[0]
    signs = CODE[:3] + CODE[4:]  # one sign was lost: seven codes are one slip away
    both = sorted(near(signs))[:2]
    assert read(signs, among(dict.fromkeys(both, True))) == Reading(fault="several")
    assert read(signs, among({both[0]: True, both[1]: False})) == Reading(both[0], "repaired", "")


def slipped(chance: random.Random, code: str) -> str:
    """A code after one slip of the finger."""
    place, sign = chance.randrange(LENGTH), chance.choice(ALPHABET + "OI01L _-🎉")
    kind = chance.randrange(4)
    if kind == 0:
        return code[:place] + sign + code[place + 1 :]
    if kind == 1:
        return code[:place] + code[place + 1 :]
    if kind == 2:
        return code[:place] + sign + code[place:]
    place = min(place, LENGTH - 2)
    return code[:place] + code[place + 1] + code[place] + code[place + 2 :]


@settings(max_examples=300, deadline=None)
@given(some.integers(min_value=0, max_value=2**32))
def test_no_single_slip_is_read_as_another_members_code_for_sure(seed: int) -> None:
    chance = random.Random(seed)
    code = chance.choice(POOL)
    text = slipped(chance, code)
    # The worst neighbours there can be: every code one slip away from what was written, and whatever stands in it.
    signs = codes.normalised(text)
    others = near(signs) | {signs[at : at + LENGTH] for at in range(3) if is_code(signs[at : at + LENGTH])}
    known = dict.fromkeys({code, *chance.sample(sorted(others), len(others) // 2)}, True)
    words = chance.choice(["", "hi ", "vitamin C ", "7 "]) + text + chance.choice(["", " thanks", " 8", " X"])

    found = read(words, among(known))

    assert found.confidence != "exact" or found.code == code


@settings(max_examples=100, deadline=None)
@given(some.text(max_size=200), some.text(max_size=200))
def test_any_text_around_it_leaves_a_code_or_makes_it_unsure(before: str, after: str) -> None:
    found = read(f"{before} {CODE} {after}", EVERY)
    assert found.code == CODE or found.fault == "several"
