"""What is kept as columns: facts, their columns, and numbers as bytes. Pure.

A column is one number of every row: the member row it came under, whole seconds, an amount, a word's number. Rows
are the truth; a column that does not hold what a row says would be wrong, so a number that does not fit is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from waconsole.clock import SECOND

Numbers = NDArray[Any]

BASE: Final = 946_684_800
"""Seconds are counted from 2000: 32 bits then reach from 1932 to 2068."""
FIRST, LAST = -(1 << 31) + 1, (1 << 31) - 1
KINDS: Final = ("i1", "i2", "i4", "i8")
_DTYPES: Final = {kind: np.dtype(f"<{kind}") for kind in KINDS}
CHUNK_ROWS: Final = 65_536
"""So many rows of a part follow each other in time in one piece: a short window reads the last of them."""
PIECE_ROWS: Final = 262_144
"""So many at most in order of person."""

ROW, MEMBER, AT = "row", "member", "at"
NO_WORD: Final = 0
UNPRICED: Final = -1


class Unfit(Exception):
    """A row holds what its column cannot: the fact is read by SQL alone."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A kind of row that is kept in columns.

    `part` is the kind of word whose rows lie together (a category, a currency), '' for none. `extras` are the columns
    beside row, member and instant: `time`, `number` or the kind of word each holds. Where `by_person` is something, a
    run's rows are sealed in order of person as well, with the running totals of those columns; of a
    run that has no number of the column `once` twice, that is written down.
    """

    name: str
    part: str = ""
    extras: tuple[tuple[str, str], ...] = ()
    by_person: tuple[str, ...] | None = None
    once: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """All of its columns by name, in the order in which rows are read."""
        return (ROW, MEMBER, AT, *(name for name, _ in self.extras))


ORDER: Final = Fact("order", "currency", (("total", "number"),), by_person=("total",))
LINE: Final = Fact(
    "line",
    "category",
    (
        ("order", "number"),
        ("product", "product"),
        ("quantity", "number"),
        ("price", "number"),
        ("currency", "currency"),
    ),
)
COUPON: Final = Fact("coupon", "", (("order", "number"),), once="order")
"""Lines with a coupon, once more: by themselves they are few columns in one order of time."""
REFUND: Final = Fact("refund", "currency", (("ordered", "time"), ("amount", "number")))
CLICK: Final = Fact("click", "category", (("product", "product"),))
CART: Final = Fact("cart", "state", ())
INVITE: Final = Fact("invite", "", (("invitee", "number"),))
PUSH: Final = Fact("push", "purpose")
CONSENT: Final = Fact("consent", "consent")
HEARD: Final = Fact("heard")
MESSAGE: Final = Fact("message")
"""Its member is the alias it was written under: an alias may turn out to be another's."""
FACTS: Final[dict[str, Fact]] = {
    one.name: one for one in (ORDER, LINE, COUPON, REFUND, CLICK, CART, INVITE, PUSH, CONSENT, HEARD, MESSAGE)
}
PERSON: Final = Fact("member", "", (("language", "language"), ("zone", "zone")))
"""Members themselves; their instant is nothing."""

WORD_KINDS: Final = frozenset(
    {"category", "product", "currency", "state", "purpose", "consent", "language", "zone"}
)


def seconds(instant: int) -> int:
    """An instant in microseconds as seconds of a column, rounded down."""
    return instant // SECOND - BASE


def bounded(second: int) -> int:
    """A second that a column could hold, to look for the place of one that it could not."""
    return min(max(second, FIRST), LAST)


def times(instants: Sequence[int] | Numbers) -> Numbers:
    """Instants in microseconds as seconds of a column. Raises Unfit for one before 1932, or between two seconds."""
    whole = np.asarray(instants, np.int64)
    found = whole // SECOND - BASE
    if found.size and (found.min() < FIRST or found.max() > LAST or (whole % SECOND).any()):
        raise Unfit
    return found.astype(np.int32)


def narrow(numbers: Numbers) -> Numbers:
    """The same numbers in as few bytes as hold them, four for members and seconds."""
    if not numbers.size:
        return numbers.astype(np.int32)
    low, high = int(numbers.min()), int(numbers.max())
    for kind in KINDS:
        span = np.iinfo(kind)
        if span.min <= low and high <= span.max:
            return numbers.astype(kind)
    raise Unfit


def kind_of(numbers: Numbers) -> str:
    """How the numbers are written: `i4`."""
    return numbers.dtype.str[1:]


def body_of(numbers: Numbers) -> bytes:
    """The numbers as bytes, the low byte first."""
    return numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).tobytes()


def numbers_of(kind: str, body: bytes) -> Numbers:
    """The numbers that `body_of` wrote. Raises ValueError for another kind or a torn body."""
    dtype = _DTYPES.get(kind)
    if dtype is None:
        raise ValueError(kind)
    return np.frombuffer(body, dtype)
