"""Reading a plain row of an orders file in a few microseconds.

Most rows of most files are plain: a known spelling of phone, currency and words, `12.50`,
`2026-11-20T09:12:00Z`. Those are put together from what was read before; every other row goes to the
reader that knows it all (`shop_rows`), which also says what is wrong. Tests hold the two equal.
"""

from __future__ import annotations

import contextlib
from typing import Final

from waconsole.clock import SECOND
from waconsole.errors import Refused
from waconsole.money import currency_of, exponent
from waconsole.sync.shop_rows import REFERENCE_CHARACTERS_MAX, OrderFact, Reader, Reading

KEPT_MAX: Final = 200_000
DIGITS_MAX: Final = 12
QUANTITY_DIGITS_MAX: Final = 6
COLUMNS: Final = (
    "reference", "phone", "ordered_at", "currency", "total", "coupon", "category", "product", "quantity", "unit_price",
)  # fmt: skip
WORDS: Final = ("coupon", "category", "product")


class Spellings:
    """What cells were read as before."""

    def __init__(self, reader: Reader) -> None:
        """Nothing is known before `learn`, but the time of day, which is always written alike."""
        self.reader = reader
        self.phones: dict[str, str] = {}
        self.words: dict[str, str] = {}
        self.currencies: dict[str, tuple[str, int]] = {}
        self.times = {
            f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z": second * SECOND
            for second in range(86_400)
        }

    def phone(self, spelled: str) -> str:
        """The number a new cell spells. Raises KeyError where the row's own reader must say what is wrong."""
        phone = self.reader.phones.e164(spelled)
        if phone is None:
            raise KeyError(spelled)
        if len(self.phones) > KEPT_MAX:
            self.phones.clear()
        self.phones[spelled] = phone
        return phone

    def learn(self, cells: list[str]) -> None:
        """Remember how a row that was read is spelled. Raises Refused where its currency is not its own."""
        places = self.reader.plan.places
        if len(self.words) > KEPT_MAX:
            self.words.clear()
        for name in WORDS:
            self.words[cells[places[name][0]]] = self.reader.word(cells, name)
        spelled = cells[places["currency"][0]]
        code = currency_of(spelled)
        self.currencies[spelled] = code, exponent(code)


def quick_orders(reader: Reader) -> Reading:
    """A reader of order rows; the slow one itself where the file's columns are not our ten."""
    plan = reader.plan
    if plan.shop or plan.words or any(len(plan.places.get(name, ())) != 1 for name in COLUMNS):
        return reader.reading()
    slow, now, midnight = reader.reading(), reader.now, reader.dates.midnight
    spellings = Spellings(reader)
    phones, words, currencies, times = (
        spellings.phones, spellings.words, spellings.currencies, spellings.times,
    )  # fmt: skip
    ref_, phone_, at_, currency_, total_, coupon_, category_, product_, quantity_, price_ = (
        plan.places[name][0] for name in COLUMNS
    )

    def read(line: int, cells: list[str]) -> OrderFact:
        try:
            reference, moment, units, spelled = cells[ref_], cells[at_], cells[quantity_], cells[phone_]
            phone = phones.get(spelled) or spellings.phone(spelled)
            currency, digits = currencies[cells[currency_]]
            at = midnight(moment[:10]) + times[moment[10:]]
            total, price = minor(cells[total_], digits), minor(cells[price_], digits)
            category, product, coupon = words[cells[category_]], words[cells[product_]], words[cells[coupon_]]
            if (
                at <= now
                and units.isascii()
                and units.isdigit()
                and len(units) <= QUANTITY_DIGITS_MAX
                and (quantity := int(units)) > 0
                and reference.isascii()
                and reference.isprintable()
                and 0 < len(reference) <= REFERENCE_CHARACTERS_MAX
                and reference.strip() == reference
            ):
                item = (category, product, coupon, quantity, price)
                return OrderFact(line, cells, reference, phone, at, currency, total, (item,))
        except (KeyError, ValueError):
            pass
        fact = slow(line, cells)
        assert isinstance(fact, OrderFact)
        with contextlib.suppress(Refused):
            spellings.learn(cells)
        return fact

    return read


def minor(text: str, digits: int) -> int:
    """`12.50` in minor units. Raises ValueError for every other spelling."""
    if not text.isascii() or len(text) > DIGITS_MAX:
        raise ValueError(text)
    if digits:
        whole, _, fraction = text.partition(".")
        if len(fraction) == digits and fraction.isdigit() and whole.isdigit():
            return int(whole + fraction)
    elif text.isdigit():
        return int(text)
    raise ValueError(text)
