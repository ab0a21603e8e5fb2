"""Reading a plain row of an orders file in two microseconds.

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
COLUMNS: Final = (
    "reference", "phone", "ordered_at", "currency", "total", "coupon", "category", "product", "quantity", "unit_price",
)  # fmt: skip


def quick_orders(reader: Reader) -> Reading:
    """A reader of order rows; the slow one itself where the file's columns are not our ten."""
    plan = reader.plan
    if plan.shop or plan.words or any(len(plan.places.get(name, ())) != 1 for name in COLUMNS):
        return reader.reading()
    slow, now = reader.reading(), reader.now
    midnight, read_phone = reader.dates.midnight, reader.phones.e164
    ref_, phone_, at_, currency_, total_, coupon_, category_, product_, quantity_, price_ = (
        plan.places[name][0] for name in COLUMNS
    )
    times = {
        f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z": second * SECOND for second in range(86_400)
    }
    phones: dict[str, str] = {}
    words: dict[str, str] = {}
    currencies: dict[str, tuple[str, int]] = {}

    def learn_phone(spelled: str) -> str:
        """The number a cell spells. Raises KeyError where the row's own reader must say what is wrong."""
        phone = read_phone(spelled)
        if phone is None:
            raise KeyError(spelled)
        if len(phones) > KEPT_MAX:
            phones.clear()
        phones[spelled] = phone
        return phone

    def learn(cells: list[str]) -> None:
        """Remember how a row that was read is spelled."""
        if len(words) > KEPT_MAX:
            words.clear()
        for name, place in (("coupon", coupon_), ("category", category_), ("product", product_)):
            words[cells[place]] = reader.word(cells, name)
        if cells[currency_].strip():
            code = currency_of(cells[currency_])
            currencies[cells[currency_]] = code, exponent(code)

    def read(line: int, cells: list[str]) -> OrderFact:
        try:
            reference, moment, total, price, units = (
                cells[ref_], cells[at_], cells[total_], cells[price_], cells[quantity_],
            )  # fmt: skip
            spelled = cells[phone_]
            phone = phones.get(spelled) or learn_phone(spelled)
            currency, digits = currencies[cells[currency_]]
            item = words[cells[category_]], words[cells[product_]], words[cells[coupon_]]
            at = midnight(moment[:10]) + times[moment[10:]]
            total_minor, price_minor = minor(total, digits), minor(price, digits)
            if (
                at <= now
                and units.isascii()
                and units.isdigit()
                and 0 < (quantity := int(units)) < 1_000_000
                and reference.isascii()
                and reference.isprintable()
                and 0 < len(reference) <= REFERENCE_CHARACTERS_MAX
                and reference.strip() == reference
            ):
                return OrderFact(
                    line, cells, reference, phone, at, currency, total_minor, ((*item, quantity, price_minor),)
                )
        except (KeyError, ValueError):
            pass
        fact = slow(line, cells)
        assert isinstance(fact, OrderFact)
        with contextlib.suppress(Refused):  # a currency that stands for the whole file
            learn(cells)
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
