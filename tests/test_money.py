"""Amounts are read exactly, and what could mean two things is asked about."""

from __future__ import annotations

from fractions import Fraction

import pytest

from waconsole.errors import Refused
from waconsole.money import EXPONENTS, Money, currency_of, decimal, parse, parse_rate


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234.50", "EUR", 123450),
        ("1234,5", "EUR", 123450),
        ("1.234,50", "EUR", 123450),
        ("1,234.50", "USD", 123450),
        ("1.234.567", "EUR", 123456700),
        ("1 234,50 €", None, 123450),
        ("1\u202f234,50\u00a0€", "EUR", 123450),
        ("€12", None, 1200),
        ("EUR 12", "EUR", 1200),
        ("$12", "HKD", 1200),
        ("HK$ 12", None, 1200),
        ("12.00HKD", None, 1200),
        ("1'234.50", "CHF", 123450),
        ("12,34,567.00", "INR", 123456700),
        ("¥1,234", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("0,125", "KWD", 125),
        ("-5", "EUR", -500),
        ("(5.00)", "EUR", -500),
        ("−5", "EUR", -500),
        ("１２.５０", "EUR", 1250),
        ("٣٫٥", "KWD", 3500),
        ("100 points", None, 100),
        (".5", "EUR", 50),
    ],
)
def test_an_amount_is_read_exactly(text: str, currency: str | None, minor: int) -> None:
    assert parse(text, currency).minor == minor


@pytest.mark.parametrize(
    ("text", "currency", "words"),
    [
        ("12.345", "EUR", "more decimals than EUR, which has 2"),
        ("12.0", "JPY", "JPY, which has no decimals"),
        ("1,234", "EUR", "could be 1.234 or 1234"),
        ("12,345", "KWD", "could be 12.345 or 12345"),
        ("75折", "EUR", "what is paid or as what is taken off"),
        ("七五折", "EUR", "what is paid or as what is taken off"),
        ("3 %", "EUR", "is a rate"),
        ("$12", None, "write the currency's code"),
        ("12 EUR", "USD", "is not in USD"),
        ("12", None, "names no currency"),
        ("1e5", "EUR", "no currency"),
        ("NaN", "EUR", "no amount"),
        ("1.5.6", "EUR", "cannot be told apart"),
        ("", "EUR", "no amount"),
        ("9" * 20, "EUR", "too large"),
        ("9" * 100, "EUR", "not that long"),
    ],
)
def test_what_is_no_amount_is_refused_in_words(text: str, currency: str | None, words: str) -> None:
    with pytest.raises(Refused, match=words):
        parse(text, currency)


@pytest.mark.parametrize("text", ["3 %", "3%", "3", "0.03", "0,03", "٣ %", "3/100"])
def test_a_rate_is_read_in_every_spelling(text: str) -> None:
    assert parse_rate(text) == Fraction(3, 100)


@pytest.mark.parametrize("text", ["1", "75折", "-3", "three", "", "3/0", "3/100 %"])
def test_a_rate_that_could_be_two_is_asked_about(text: str) -> None:
    with pytest.raises(Refused):
        parse_rate(text)


def test_a_share_is_rounded_half_even() -> None:
    half = Fraction(1, 2)

    assert [Money(minor, "EUR").at_rate(half).minor for minor in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]
    assert Money(10**17 + 1, "JPY").at_rate(Fraction(3, 100)).minor == 3 * 10**15


def test_amounts_are_written_with_their_currencys_digits() -> None:
    amounts = [Money(-5, "EUR"), Money(1234, "KWD"), Money(15, "JPY"), Money(3, "points")]

    assert [str(money) for money in amounts] == ["-0.05 EUR", "1.234 KWD", "15 JPY", "3 points"]
    assert all(parse(decimal(1234567, code), code) == Money(1234567, code) for code in EXPONENTS)


def test_currencies_are_not_mixed() -> None:
    assert Money(5, "EUR") + Money(3, "EUR") - Money(1, "EUR") == Money(7, "EUR")
    with pytest.raises(Refused, match="different currencies"):
        Money(5, "EUR") + Money(3, "USD")


def test_a_currency_is_named_by_code_or_sign() -> None:
    assert [currency_of(it) for it in ("eur", "€", "HK$")] == ["EUR", "EUR", "HKD"]
    for text in ("$", "EURO", ""):
        with pytest.raises(Refused):
            currency_of(text)
