"""Amounts and quantities before their order is known."""

from __future__ import annotations

import re
from typing import Final

from waconsole import money
from waconsole.errors import Refused

QUANTITY_MAX: Final = 1_000_000_000
NO_CURRENCY_YET: Final = ("EUR", "JPY", "KWD")  # two, no and three decimals
_WHOLE: Final = re.compile(r"\d{1,12}(?:[.,]0{1,6})?")


def whole_quantity(text: str) -> int:
    """A whole number of units above zero; `2.00` is 2. Raises Refused."""
    if text.isascii() and text.isdigit() and len(text) <= 9:
        found = int(text)
    elif _WHOLE.fullmatch(text):
        found = int(re.split("[.,]", text)[0])
    elif re.fullmatch(r"-\d+(?:[.,]\d+)?", text):
        found = 0
    else:
        raise Refused(f"quantity {text!r} is no whole number")
    if not 0 < found <= QUANTITY_MAX:
        raise Refused(f"quantity {text} is not above 0" if found <= 0 else f"quantity {text} is too large")
    return found


def try_amount(text: str) -> None:
    """Whether an amount could be one in some currency, and is above zero. Raises Refused."""
    faults: list[Refused] = []
    for currency in (None, *NO_CURRENCY_YET):
        try:
            found = money.parse(text, currency)
        except Refused as fault:
            faults.append(fault)
            continue
        if found.minor <= 0:
            raise Refused(f"amount {text} is not above 0")
        return
    raise faults[1]
