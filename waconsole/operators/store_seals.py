"""The seals of the operators' room: a row is sealed first and written then, as the database demands it.

A ledger that is only being built has no installation id and no key: its rows are sealed together when it gets one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.operators.sealing import ACT, ACT_COLUMNS, COLUMNS, ROOM, Value, acts_hash, rows_hash

RUN_MAX: Final = 10_000

Seal = tuple[int, int, int, int]  # (link, seal's id, first row, last row)


def next_id(tx: Transaction, kind: str) -> int:
    """The id the next row of `kind` will have."""
    return int(tx.value(f"SELECT coalesce(max(id), 0) + 1 FROM {kind}"))


def seal_row(tx: Transaction, kind: str, row: Sequence[Value]) -> None:
    """Seal a row of `kind` (its columns as `COLUMNS` has them, its id first) that is about to be written."""
    if is_installed(tx):
        _seal_rows(tx, kind, [row])


def _seal_rows(tx: Transaction, kind: str, rows: Sequence[Sequence[Value]]) -> None:
    from waconsole.chain import service as chain  # the first frame reads, and seals nothing

    first, last = _id(rows[0]), _id(rows[-1])
    seq = chain.append(tx, ROOM, kind, last, rows_hash(rows))
    tx.execute(
        """
        INSERT INTO operator_seal (id, row_kind, first_id, last_id, chain_seq)
        VALUES ((SELECT coalesce(max(id), 0) + 1 FROM operator_seal), :kind, :first, :last, :seq)
        """,
        {"kind": kind, "first": first, "last": last, "seq": seq},
    )


def seal_acts(tx: Transaction, rows: Sequence[Sequence[Value]]) -> None:
    """Seal acts (as `ACT_COLUMNS` has them) that are about to be written: one link for all of them."""
    from waconsole.chain import service as chain  # the first frame reads, and seals nothing

    first, last = _id(rows[0]), _id(rows[-1])
    seq = chain.append(tx, ROOM, ACT, last, acts_hash(rows))
    tx.execute(
        """
        INSERT INTO act_seal (id, first_id, last_id, chain_seq)
        VALUES ((SELECT coalesce(max(id), 0) + 1 FROM act_seal), ?, ?, ?)
        """,
        (first, last, seq),
    )


def _id(row: Sequence[Value]) -> int:
    assert isinstance(row[0], int)
    return row[0]


def is_installed(tx: Transaction) -> bool:
    """Whether this ledger has an installation id, so that what is written is sealed at once."""
    return facts.fact(tx, facts.INSTALLATION) is not None


def has_seals(tx: Transaction) -> bool:
    """Whether anything of this room was ever sealed."""
    return (
        tx.value("SELECT 1 FROM operator_seal LIMIT 1") is not None
        or tx.value("SELECT 1 FROM act_seal LIMIT 1") is not None
    )


def seal_all(tx: Transaction) -> None:
    """Seal everything that stands: once, when a ledger becomes an installation or comes from an older waconsole."""
    for kind in COLUMNS:
        for run in _runs(rows_after(tx, kind, 0)):
            _seal_rows(tx, kind, run)
    for run in _runs(acts_after(tx, 0)):
        seal_acts(tx, run)


def _runs(rows: Iterator[tuple[Value, ...]]) -> Iterator[list[tuple[Value, ...]]]:
    run: list[tuple[Value, ...]] = []
    for row in rows:
        run.append(row)
        if len(run) == RUN_MAX:
            yield run
            run = []
    if run:
        yield run


def rows_after(tx: Transaction, kind: str, row_id: int) -> Iterator[tuple[Value, ...]]:
    """Every row of `kind` after a row, in order, as it is read."""
    return _read(tx, f"SELECT {', '.join(COLUMNS[kind])} FROM {kind} WHERE id > ? ORDER BY id", row_id)


def acts_after(tx: Transaction, row_id: int) -> Iterator[tuple[Value, ...]]:
    """Every act after a row, in order, as it is read."""
    columns = ", ".join(f'"{one}"' for one in ACT_COLUMNS)
    return _read(tx, f"SELECT {columns} FROM act WHERE id > ? ORDER BY id", row_id)


def seals_after(tx: Transaction, kind: str, link_seq: int) -> Iterator[Seal]:
    """The seals of `kind` after a link, in order."""
    sql = "SELECT chain_seq, id, first_id, last_id FROM operator_seal WHERE chain_seq > ? AND row_kind = ? ORDER BY id"
    cursor = tx.execute(sql, (link_seq, kind))
    cursor.row_factory = None
    return iter(cursor)


def act_seals_after(tx: Transaction, link_seq: int) -> Iterator[Seal]:
    """The seals of acts after a link, in order."""
    cursor = tx.execute(
        "SELECT chain_seq, id, first_id, last_id FROM act_seal WHERE chain_seq > ? ORDER BY id", (link_seq,)
    )
    cursor.row_factory = None
    return iter(cursor)


def first_key(tx: Transaction, kind: str) -> str | None:
    """The id of the key that sealed the first row of `kind`, or None."""
    found = tx.value(
        """
        SELECT l.key_id FROM operator_seal AS s JOIN chain_link AS l ON l.seq = s.chain_seq
         WHERE s.row_kind = :kind ORDER BY s.id LIMIT 1
        """,
        {"kind": kind},
    )
    return None if found is None else str(found)


def last_sealed(tx: Transaction, kind: str, link_seq: int) -> int:
    """The last row of `kind` that a link up to `link_seq` seals; 0 for none."""
    if kind == ACT:
        sql = "SELECT coalesce(max(last_id), 0) FROM act_seal WHERE chain_seq <= :seq"
    else:
        sql = (
            "SELECT coalesce(max(last_id), 0) FROM operator_seal WHERE row_kind = :kind AND chain_seq <= :seq"
        )
    return int(tx.value(sql, {"kind": kind, "seq": link_seq}))


def _read(tx: Transaction, sql: str, after: int) -> Iterator[tuple[Value, ...]]:
    cursor = tx.execute(sql, (after,))
    cursor.row_factory = None
    return iter(cursor)
