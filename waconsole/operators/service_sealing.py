"""What this room has sealed, for `verify`: every row by its seal, and none beside them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from waconsole.chain.seal import Unsound
from waconsole.chain.service import split
from waconsole.chain.service_verify import Sealed, SealedRow
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.operators import store_seals, store_sign_in
from waconsole.operators.sealing import (
    ACT,
    ADOPTION,
    COLUMNS,
    PASSPHRASE,
    PENDING,
    ROOM,
    Value,
    acts_hash,
    is_whole,
    rows_hash,
)


def seal_standing(tx: Transaction) -> None:
    """Seal what stood before this room sealed anything. Needs the ledger's installation id.

    Only once: what is unsealed later was written around the program, and `verify` tells of it.
    """
    if not store_seals.has_seals(tx):
        store_seals.seal_all(tx)


def sealed() -> Sealed:
    """The sealed rows of this room."""
    return {**{(ROOM, kind): partial(_rows, kind=kind) for kind in COLUMNS}, (ROOM, ACT): _acts}


def _rows(tx: Transaction, after: int, *, kind: str) -> Iterator[SealedRow]:
    place = store_seals.last_sealed(tx, kind, after)
    rows = store_seals.rows_after(tx, kind, place)
    for link, seal, first, last in store_seals.seals_after(tx, kind, after):
        run = _run(rows, kind, seal=seal, expected=place + 1, first=first, last=last)
        place = last
        yield SealedRow(link, last, rows_hash(run))
    _check_nothing_left(tx, rows, kind)
    if kind == ADOPTION:
        _check_adopted(tx)


def _check_adopted(tx: Transaction) -> None:
    """A copy of a ledger with passphrases waits for an owner, or one has adopted it. Raises Unsound."""
    installation = facts.fact(tx, facts.INSTALLATION)
    first = store_seals.first_key(tx, PASSPHRASE)
    if first is None or installation is None or split(first)[0] == installation:
        return
    if facts.fact(tx, ADOPTION) == PENDING or store_sign_in.is_adopted(tx, installation):
        return
    raise Unsound(
        "ledger_fact", None, "This ledger is a copy that no owner adopted, and it does not wait for one."
    )


def _acts(tx: Transaction, after: int) -> Iterator[SealedRow]:
    place = store_seals.last_sealed(tx, ACT, after)
    rows = store_seals.acts_after(tx, place)
    for link, seal, first, last in store_seals.act_seals_after(tx, after):
        run = _run(rows, ACT, seal=seal, expected=place + 1, first=first, last=last)
        place = last
        for row in run:
            if not is_whole(row):
                raise Unsound(
                    ACT, _id(row), f"The words of act {_id(row)} are neither there nor erased as they should."
                )
        yield SealedRow(link, last, acts_hash(run))
    _check_nothing_left(tx, rows, ACT)


def _run(
    rows: Iterator[tuple[Value, ...]], kind: str, *, seal: int, expected: int, first: int, last: int
) -> list[tuple[Value, ...]]:
    """The rows a seal covers, each there. Raises Unsound."""
    if first != expected:
        raise Unsound(kind, first, f"Seal {seal} of {kind} does not begin where the one before ended.")
    run: list[tuple[Value, ...]] = []
    for wanted in range(first, last + 1):
        row = next(rows, None)
        if row is None or row[0] != wanted:
            raise Unsound(kind, wanted, f"Row {wanted} of {kind}, which seal {seal} covers, is gone.")
        run.append(row)
    return run


def _check_nothing_left(tx: Transaction, rows: Iterator[tuple[Value, ...]], kind: str) -> None:
    left = next(rows, None)
    if left is not None and store_seals.is_installed(tx):
        raise Unsound(kind, _id(left), f"Row {_id(left)} of {kind} was never sealed.")


def _id(row: tuple[Value, ...]) -> int | None:
    return row[0] if isinstance(row[0], int) else None
