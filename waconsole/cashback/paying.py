"""Payout batches as they are sealed, what is netted before, and the bytes of the plain export. Pure.

The bytes follow from the rows alone: the same batch is the same file, whenever and however often it is written. No cell
can be a formula: a line's name, a number in E.164 (a plus and digits), a currency's code, a decimal, a reference.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from waconsole.chain.seal import body_hash
from waconsole.errors import Refused
from waconsole.money import decimal

BATCH, BATCH_LINE, EXPORT, RESULT = "batch", "batch_line", "export", "result"
HEAD: Final = ("line", "payee", "currency", "amount", "reference")
REF_DIGITS: Final = 10
PLACE_DIGITS: Final = 5
LINES_MAX: Final = 5_000
_PHONE: Final = re.compile(r"\+[1-9]\d{4,14}")


class BatchRow(NamedTuple):
    """A sealed list of payouts; `payout_count` and `sum_minor` are of those that leave the house."""

    id: int
    ref: str
    currency: str
    line_count: int
    payout_count: int
    sum_minor: int
    sha256: str
    made_by: int
    made_at: int


class BatchLineRow(NamedTuple):
    """One line in a batch: what leaves the house for it, and what was netted before."""

    id: int
    batch_id: int
    line_id: int
    reference: str
    payee_hash: str
    amount_minor: int
    netted_minor: int


class ExportRow(NamedTuple):
    """A batch as it was written to a file: the figures the checker typed, the bytes' hash."""

    id: int
    batch_id: int
    place: int
    template: str
    sha256: str
    payout_count: int
    sum_minor: int
    words_hash: str | None
    operator_id: int
    exported_at: int


class ResultRow(NamedTuple):
    """What a provider said of a payout, and the decision that followed."""

    id: int
    batch_line_id: int
    decision_id: int
    result: str
    words_hash: str | None
    told_at: int


class Payout(NamedTuple):
    """One row of an export; `code` is a store credit's."""

    line: str
    payee: str
    currency: str
    amount_minor: int
    reference: str
    code: str = ""


def sealed(row: BatchRow | BatchLineRow | ExportRow | ResultRow) -> bytes:
    """The hash the chain seals of a row: everything it says."""
    return body_hash(row)


def batch_ref(currency: str, number: int, lines: Sequence[tuple[str, int]]) -> str:
    """The name of the `number`th batch, which pays these (line, minor units): made from the facts."""
    words = "\x1f".join([currency, str(number), *(f"{line}={minor}" for line, minor in lines)])
    return "pb-" + hashlib.sha256(words.encode()).hexdigest()[:REF_DIGITS]


def reference(batch: str, place: int) -> str:
    """What a payout is called towards a bank: letters, digits and hyphens, short enough for SEPA's 35."""
    return f"{batch}-{place:0{PLACE_DIGITS}}"


def checked_phone(phone: str | None) -> str:
    """A number money may be sent to. Raises Refused for none."""
    if phone is None or _PHONE.fullmatch(phone) is None:
        raise Refused("Its payee has no phone number: add one, or merge them with who has.")
    return phone


def plain(payouts: Sequence[Payout]) -> bytes:
    """The plain export: CSV, UTF-8, a line feed after each row."""
    rows = [HEAD, *((one.line, one.payee, one.currency, amount(one), one.reference) for one in payouts)]
    return "".join(f"{','.join(row)}\n" for row in rows).encode()


def amount(one: Payout) -> str:
    """An amount with exactly its currency's digits."""
    return decimal(one.amount_minor, one.currency)


def sha256(content: bytes) -> str:
    """The hash that is shown and sealed."""
    return hashlib.sha256(content).hexdigest()


def netted(unpaid: Sequence[int], lacks: Sequence[int]) -> list[list[tuple[int, int]]]:
    """For each line's unpaid amount, what of it goes to which clawback account: (place in `lacks`, minor units).

    In the order of the lines, as far as something is lacking.
    """
    left = list(lacks)
    found: list[list[tuple[int, int]]] = []
    for minor in unpaid:
        parts: list[tuple[int, int]] = []
        for place, lack in enumerate(left):
            part = min(minor - sum(taken for _, taken in parts), lack)
            if part > 0:
                parts.append((place, part))
                left[place] -= part
        found.append(parts)
    return found
