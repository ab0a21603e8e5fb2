"""A provider's result file, read row by row, and what each result means for a payout. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from waconsole.cashback.model import CONFIRMED, EXPORTED, FAILED, RETURNED
from waconsole.errors import Refused

RESULTS: Final = (CONFIRMED, FAILED, RETURNED)
ROWS_MAX: Final = 100_000
BYTES_MAX: Final = 32 * 1024 * 1024
CELL_CHARACTERS_MAX: Final = 500
_NEEDED: Final = ("line", "result")
_KNOWN: Final[tuple[str, ...]] = ("line", "result", "reference", "amount", "currency")
_SEPARATORS: Final = ",;\t"


class Told(NamedTuple):
    """One row of a result file: its line number there, and what it says."""

    number: int
    line: str
    result: str
    reference: str
    amount: str
    currency: str


def read(content: bytes) -> list[Told]:
    """The rows of a result file: CSV with the columns `line` and `result`, and where there are any `reference`, `amount`
    and `currency`, in any order.

    Two identical rows are one fact. Raises Refused, in words, for a file that is none.
    """
    if len(content) > BYTES_MAX:
        raise Refused("A result file has at most 32 MiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("The result file is not in UTF-8: save it as CSV UTF-8.") from None
    if "\0" in text:
        raise Refused("The result file is not in UTF-8: save it as CSV UTF-8.")
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise Refused(f"The result file is no CSV: {error}.") from None
    if len(rows) > ROWS_MAX + 1:
        raise Refused(f"A result file has at most {ROWS_MAX:,} rows.")
    names = [cell.strip().casefold() for cell in rows[0]] if rows else []
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise Refused(f"The result file has no column {' and no column '.join(missing)}.")
    places = {name: names.index(name) for name in _KNOWN if name in names}
    found: dict[tuple[str, ...], Told] = {}
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row):
            said = tuple(_cell(row, places, name) for name in _KNOWN)
            line, result, reference, amount, currency = said
            one = Told(number, line, result.casefold(), reference, amount, currency)
            found.setdefault(said, one)
    return list(found.values())


def _cell(row: Sequence[str], places: Mapping[str, int], name: str) -> str:
    place = places.get(name)
    return "" if place is None or place >= len(row) else row[place].strip()[:CELL_CHARACTERS_MAX]


def contradicts(state: str, known: str | None, result: str) -> str:
    """Why a result cannot follow what is known of a payout, or nothing where it can.

    `state` is the line's, `known` what the provider said of this payout before. What was confirmed may still come back.
    """
    if result not in RESULTS:
        return f"{result or 'nothing'} is no result: it is {', '.join(RESULTS[:-1])} or {RESULTS[-1]}."
    if known is None:
        return "" if state == EXPORTED else f"It is {state}: it was not exported in this batch."
    if known == CONFIRMED and result == RETURNED and state == CONFIRMED:
        return ""
    if known == CONFIRMED:
        return "It was confirmed before: if the money came back, its result is returned."
    return f"It was {known} before, and the money is back: ask the provider, and pay it again with `cashback again`."
