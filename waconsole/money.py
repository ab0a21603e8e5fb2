"""Money: whole minor units of one currency, or points. No floats anywhere.

Amounts are read exactly as a shop's file or an operator writes them; what could mean two things is
refused with the question. The currencies and their digits are ISO 4217's (SIX list one, published
2025-05-12). They stand here and not in a library: the list is short, changes about once a year, and
the libraries that carry it bring locales or a country database along.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from waconsole.errors import Refused

POINTS: Final = "points"
DIGITS_MAX: Final = 18  # an amount fits into 64 bits
TEXT_CHARACTERS_MAX: Final = 64

_WITHOUT: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR: Final = "CLF UYW"
_TWO: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
    "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG "
    "HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE "
    "SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR "
    "ZMW ZWG"
)
EXPONENTS: Final[dict[str, int]] = {
    code: exponent
    for exponent, codes in ((0, _WITHOUT), (2, _TWO), (3, _THREE), (4, _FOUR))
    for code in codes.split()
} | {POINTS: 0}

# What is written for a currency. A sign that several share says nothing without the currency's code.
SIGNS: Final[dict[str, tuple[str, ...]]] = {
    "€": ("EUR",), "£": ("GBP", "EGP", "SYP", "LBP", "GIP", "FKP", "SHP", "SSP", "SDG"), "₩": ("KRW", "KPW"),
    "원": ("KRW",), "円": ("JPY",), "¥": ("JPY", "CNY"), "元": ("CNY", "TWD", "HKD", "MOP"), "₹": ("INR",),
    "₽": ("RUB",), "₺": ("TRY",), "₫": ("VND",), "₱": ("PHP",), "฿": ("THB",), "₪": ("ILS",), "₴": ("UAH",),
    "₦": ("NGN",), "zł": ("PLN",), "kč": ("CZK",), "ft": ("HUF",), "fr.": ("CHF",), "sfr.": ("CHF",),
    "kr": ("SEK", "NOK", "DKK", "ISK"), "r$": ("BRL",), "hk$": ("HKD",), "us$": ("USD",), "nt$": ("TWD",),
    "a$": ("AUD",), "au$": ("AUD",), "c$": ("CAD",), "ca$": ("CAD",), "s$": ("SGD",), "nz$": ("NZD",),
    "mx$": ("MXN",), "rm": ("MYR",), "rp": ("IDR",), "r": ("ZAR",), "pts": (POINTS,), "points": (POINTS,),
    "$": ("USD", "AUD", "CAD", "HKD", "SGD", "NZD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU", "BSD", "BBD", "BMD",
          "BZD", "BND", "KYD", "FJD", "GYD", "JMD", "LRD", "MOP", "NAD", "SBD", "SRD", "TTD", "XCD", "DOP", "CUP"),
}  # fmt: skip

_SPACES: Final = dict.fromkeys(map(ord, " \u00a0\u2009\u202f\u2007'’\u066c"), " ")
_SIGNS_OF_MINUS: Final = str.maketrans("−﹣－–", "----")
_MARKS: Final = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u200b\ufeff"))
_PARTS: Final = re.compile(r"([^\d.,\-+(]*)([-+(]?)([^\d.,\-+()]*)([\d.,][\d., ]*)(\)?)\s*(-?)\s*(.*)", re.S)
_DISCOUNT: Final = re.compile(r"\d[\d.,]*\s*折|[一二三四五六七八九]+\s*折")
_LAKHS: Final = re.compile(r"\d{1,2}(?:,\d\d)*,\d{3}")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount: `minor` whole minor units of `currency` (ISO 4217, or `points`)."""

    minor: int
    currency: str

    def __str__(self) -> str:
        """The amount with exactly its currency's digits, and the currency: `12.50 EUR`."""
        return f"{decimal(self.minor, self.currency)} {self.currency}"

    def __add__(self, other: Money) -> Money:
        """The sum; both are of one currency. Raises Refused."""
        return Money(self.minor + self._alike(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        """The difference; both are of one currency. Raises Refused."""
        return Money(self.minor - self._alike(other).minor, self.currency)

    def as_json(self) -> dict[str, int | str]:
        """`{"minor", "currency"}`: how money stands in JSON everywhere."""
        return {"minor": self.minor, "currency": self.currency}

    def at_rate(self, rate: Fraction) -> Money:
        """This times `rate`, half-even to the minor unit."""
        return Money(rounded(self.minor * rate), self.currency)

    def _alike(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise Refused(f"{self} and {other} are of different currencies: they cannot be added up.")
        return other


def rounded(value: Fraction) -> int:
    """`value` as a whole number, half-even (IEEE 754 roundTiesToEven)."""
    return round(value)


def exponent(currency: str) -> int:
    """How many decimals a currency has. Raises Refused for a code that is none."""
    found = EXPONENTS.get(currency)
    if found is None:
        raise Refused(f"{currency!r} is no currency: write its ISO 4217 code, like EUR.")
    return found


def currency_of(text: str) -> str:
    """The code that `text` (`eur`, `EUR`, `€`) names. Raises Refused, with the choice where a sign is shared."""
    word = unicodedata.normalize("NFKC", text.translate(_MARKS)).strip()
    if word.upper() in EXPONENTS:
        return word.upper()
    signs = SIGNS.get(word.casefold(), ())
    if len(signs) == 1:
        return signs[0]
    if signs:
        raise Refused(f"{text!r} stands for {', '.join(signs[:3])} and more: write the currency's code.")
    raise Refused(f"{text!r} is no currency: write its ISO 4217 code, like EUR.")


def decimal(minor: int, currency: str) -> str:
    """Minor units as a decimal number with exactly the currency's digits: `-0.05`."""
    digits = exponent(currency)
    if not digits:
        return str(minor)
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{'-' * (minor < 0)}{whole}.{rest:0{digits}}"


def parse(text: str, currency: str | None = None) -> Money:
    """Read an amount. `currency` is the one it must be of where the text names none, or another.

    Understood: `1234.50`, `1234,50`, `1.234,50`, `1,234.50`, `1 234,50`, `1'234.50`, `12,34,567.00`,
    a currency's code or sign before or after, `-5`, `(5)`. Raises Refused, in words, for what is no
    amount, could mean two, has more decimals than the currency, or is of another currency.
    """
    number, named = _split(text)
    code = _agreed(text, named, currency)
    digits = exponent(code)
    minus, whole, fraction = _number(text, number, digits)
    if len(fraction) > digits:
        has = "no decimals" if not digits else f"{digits} decimals"
        raise Refused(f"{text.strip()!r} has more decimals than {code}, which has {has}.")
    minor = int(whole + fraction.ljust(digits, "0"))
    return Money(-minor if minus else minor, code)


def _split(text: str) -> tuple[str, str]:
    """The number in `text` (with its minus), and what stands around it."""
    if len(text) > TEXT_CHARACTERS_MAX:
        raise Refused("An amount is not that long.")
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS).translate(_SIGNS_OF_MINUS)).strip()
    plain = plain.replace("\u066b", ".").translate(_SPACES)
    if _DISCOUNT.search(plain):
        raise Refused(
            f"{text.strip()!r} can be read as what is paid or as what is taken off: write an amount, or a rate like 25 %."
        )
    if "%" in plain or "٪" in plain or "‰" in plain:
        raise Refused(f"{text.strip()!r} is a rate, not an amount.")
    found = _PARTS.fullmatch(plain)
    if found is None:
        raise Refused(f"{text.strip()!r} is no amount.")
    before, sign, between, number, closing, trailing, after = found.groups()
    if (sign == "(") != (closing == ")") or (sign and trailing) or len(number) > 2 * DIGITS_MAX:
        raise Refused(f"{text.strip()!r} is no amount.")
    minus = sign in ("-", "(") or trailing == "-"
    ascii_number = "".join(str(unicodedata.digit(it)) if it.isdigit() else it for it in number.strip())
    named = " ".join(part for part in (before.strip(), between.strip(), after.strip()) if part)
    return ("-" if minus else "") + ascii_number, named


def _agreed(text: str, named: str, currency: str | None) -> str:
    if not named:
        if currency is None:
            raise Refused(f"{text.strip()!r} names no currency.")
        return currency
    if currency is not None:
        if named.upper() == currency.upper() or currency in SIGNS.get(named.casefold(), ()):
            return currency
        parts = named.split()
        if len(parts) > 1 and all(
            currency in (part.upper(), *SIGNS.get(part.casefold(), ())) for part in parts
        ):
            return currency
    code = currency_of(named)
    if currency is not None and code != currency:
        raise Refused(f"{text.strip()!r} is not in {currency}.")
    return code


def _number(text: str, number: str, digits: int) -> tuple[bool, str, str]:
    """Whether it is below zero, its whole digits, its decimals."""
    minus, body = number.startswith("-"), number.lstrip("-")
    unclear = Refused(f"{text.strip()!r} is no amount: its points and commas cannot be told apart.")
    points, commas = body.count("."), body.count(",")
    if points and commas:
        mark = "." if body.rfind(".") > body.rfind(",") else ","
        if body.count(mark) > 1:
            raise unclear
        whole, _, fraction = body.rpartition(mark)
        whole = _ungrouped(whole, "," if mark == "." else ".", unclear)
    elif points + commas > 1:
        whole, fraction = _ungrouped(body, "." if points else ",", unclear), ""
    elif points + commas == 1:
        whole, _, fraction = body.rpartition("." if points else ",")
        if commas and len(fraction) == 3 and whole.strip("0 "):
            if digits:
                raise Refused(
                    f"{text.strip()!r} could be {whole}.{fraction} or {whole}{fraction}: write it without a separator."
                )
            whole, fraction = whole + fraction, ""
        whole = _ungrouped(whole, "", unclear)
    else:
        whole, fraction = _ungrouped(body, "", unclear), ""
    if (fraction and not fraction.isdecimal()) or not (whole or fraction):
        raise unclear
    if len(whole.lstrip("0")) + len(fraction) > DIGITS_MAX:
        raise Refused(f"{text.strip()!r} is too large an amount.")
    return minus, whole or "0", fraction


def _ungrouped(whole: str, mark: str, unclear: Refused) -> str:
    """The digits of `whole`, whose thousands are parted by `mark` or by spaces."""
    if " " in whole:
        if mark and mark in whole:
            raise unclear
        mark = " "
    if not mark or mark not in whole:
        if whole and not whole.isdecimal():
            raise unclear
        return whole
    first, *rest = whole.split(mark)
    regular = 1 <= len(first) <= 3 and all(len(part) == 3 for part in rest)
    if not (regular or (mark == "," and _LAKHS.fullmatch(whole))) or not whole.replace(mark, "").isdecimal():
        raise unclear
    return whole.replace(mark, "")


def parse_rate(text: str) -> Fraction:
    """Read a share: `3 %`, `3`, `0.03`, `0,03` and `3/100`, as our own answers have it, are 3/100.

    A bare number below 1 is a share of one, above 1 a percentage. Raises Refused for a bare 1, for
    `75折` and for what is no number.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS)).replace("٪", "%").strip()
    if _DISCOUNT.search(plain):
        raise Refused(
            f"{text.strip()!r} can be read as what is paid or as what is taken off: write a rate like 25 %."
        )
    if re.fullmatch(r"[0-9]{1,9}/[1-9][0-9]{0,8}", plain):
        return Fraction(plain)
    percent = plain.endswith("%")
    body = plain.removesuffix("%").strip()
    if not re.fullmatch(r"\d{1,9}(?:[.,]\d{1,9})?", body):
        raise Refused(f"{text.strip()!r} is no rate: write it like 3 %.")
    value = Fraction("".join(str(unicodedata.digit(it)) if it.isdigit() else "." for it in body))
    if not percent and value == 1:
        raise Refused("1 could be 1 % or all of it: write 1 % or 100 %.")
    return value / 100 if percent or value > 1 else value
