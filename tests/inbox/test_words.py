"""The documented rule of message search, by example."""

from __future__ import annotations

import pytest

from waconsole.errors import Refused
from waconsole.inbox import words
from waconsole.inbox.words import Term, fold, matches, terms, tokens


def found(search: str, text: str) -> bool:
    return matches(terms(search), text)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("ref", "Please REFUND me"),
        ("re", "a refund"),
        ("REFUND", "refund"),
        ("cafe", "Café"),
        ("café", "cafe"),
        ("cafe", "cafe\u0301"),
        ("lodz", "Łódź"),
        ("coeur", "mon cœur"),
        ("strasse", "Straße"),
        ("istanbul", "İSTANBUL"),
        ("ismir", "ısmir"),
        ("#123457", "order #123457 please"),
        ("1234", "order #123457"),
        ("don't", "I don’t know"),
        ("e-ma", "my E-Mail address"),
        ('"e mail"', "my E-Mail address"),
        ('"a refund"', "I want a refund."),
        ("“a refund”", "I want a refund."),
        ('"a refund', "I want a refund."),
        ("refund want", "I want a refund"),
        ("fish & chips", "chips and fish"),
        ("返品", "これを返品したいです"),
        ("返品したい", "これを返品したいです"),
        ("したい", "返品したいです"),
        ("환불", "전액환불요"),
        ("발货", "발货"),
        ("用", "iPhone用"),
        ("iphone用", "新しいiPhone用ケース"),
        ("iph", "新しいiPhone用ケース"),
        ("カード", "ｶｰﾄﾞ"),
        ("abc", "ＡＢＣ"),
        ("10月", "2024年10月5日"),
        ("мой", "МОЙ дом"),
        ("ελλ", "Ελλάδα"),
        ("σοφος", "ΣΟΦΟΣ"),
        ("नम", "नमस्ते"),
        ("नमस्ते", "नमस्ते दोस्त"),
        ("مرح", "مرحبا بكم"),
        ("می\u200cخواهم", "میخواهم"),
        ("สวัสดี", "คุณสวัสดีครับ"),
        ("co\u00adop", "coop"),
    ],
)
def test_a_search_finds_a_text(search: str, text: str) -> None:
    assert found(search, text)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("fund", "refund"),
        ('"ref"', "refund"),
        ('"refund want"', "I want a refund"),
        ('"want refund"', "I want a refund"),
        ("refund now", "refund later"),
        ("мои", "мой дом"),
        ("क्या", "कया"),
        ("返品", "返 品"),
        ("返品", "返、品"),
        ("返品したい", "返品 したい"),
        ("환불", "환 불"),
        ("iphone用", "iphone"),
        ("用iphone", "iphone用"),
        ("0月", "10月"),
        ("don't", "don travels"),
        ("e-ma", "e xma-il"),
    ],
)
def test_a_search_does_not_find_a_text(search: str, text: str) -> None:
    assert not found(search, text)


@pytest.mark.parametrize("search", ["a", "5", "ref a", "é", "#1"])
def test_a_word_that_is_too_short_is_refused_and_quotes_are_offered(search: str) -> None:
    with pytest.raises(Refused, match="too short to search for: type 2 letters or more"):
        terms(search)


@pytest.mark.parametrize("search", ["", "  ", "?!", "🎉", '""', '"', "#", "\u200d", "\u0301"])
def test_a_search_without_a_word_is_refused(search: str) -> None:
    with pytest.raises(Refused, match="There is no word to search for"):
        terms(search)


def test_a_search_that_is_too_long_is_refused() -> None:
    with pytest.raises(Refused, match="500 characters"):
        terms("x" * 501)
    with pytest.raises(Refused, match="16 words"):
        terms(" ".join(f"word{at}" for at in range(17)))


def test_a_term_said_twice_counts_once() -> None:
    assert terms("refund REFUND") == (Term(("refund",), open_ended=True),)


def test_words_are_compared_by_their_first_letters() -> None:
    long = "x" * words.WORD_LETTERS_MAX

    assert found(f'"{long}"', long + "tail")
    assert tokens(long + "tail")[0].split() == [long]


def test_tokens_are_words_in_order_pairs_of_runs_and_beginnings() -> None:
    in_order, beginnings = tokens("Order #12345 返品したい by 用")

    assert in_order.split() == ["order", "12345", "返品", "品し", "した", "たい", "い", "by", "用"]
    assert beginnings.split() == ["or", "ord", "orde", "by"]


def test_ascii_and_other_text_become_the_same_tokens() -> None:
    plain, other = tokens("Order #12345, don't!"), tokens("Ördér #12345, don’t!")

    assert [part.split() for part in plain] == [part.split() for part in other]


@pytest.mark.parametrize("text", ["", "?! 🎉", "\x00\x07\x1b[", "\ud800", "\u0301" * 300])
def test_a_text_without_words_has_no_tokens(text: str) -> None:
    assert tokens(text) == ("", "")


def test_folding_twice_is_folding_once() -> None:
    for text in ("Łódź", "İI ı", "ﬁ", "Σας", "ｶﾞ", "e\u0301\u0301", "\u0345", "ǅ", "㎏"):
        assert fold(fold(text)) == fold(text)


def test_remembered_words_stay_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "CACHED_WORDS_MAX", 10)
    for at in range(50):
        assert tokens(f"word{at}")[1].split() == ["wo", "wor", "word"]

    assert len(words._BEGINNINGS) <= 10
