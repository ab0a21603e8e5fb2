"""Sealed columns in the ledger: runs, their chunks, and the marks that say what they no longer hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.segments.columns import PIECE_ROWS, Numbers, body_of, kind_of, narrow, numbers_of

RUNS_MAX: Final = 1_000
TOUCHED_MAX: Final = 1_000_000
CHUNKS_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a fact is sealed, and how often rows that were there were changed or taken out."""

    through_id: int = 0
    changes: int = 0


class Sealed(NamedTuple):
    """A chunk of a part in a run: how many numbers of a column it holds, and the lowest and highest of them."""

    run_id: int
    part: int
    chunk: int
    rows: int
    low: int
    high: int


class Body(NamedTuple):
    """Where a chunk's numbers lie, and of which kind they are."""

    id: int
    kind: str


class Run(NamedTuple):
    """A sealing: the rows from one id to another, as many as counted."""

    id: int
    fact: str
    first_id: int
    last_id: int
    rows: int


def marks(tx: Transaction) -> dict[str, Mark]:
    """The mark of each fact that has one."""
    return {
        row["fact"]: Mark(row["through_id"], row["changes"])
        for row in tx.execute("SELECT fact, through_id, changes FROM column_mark")
    }


def open_import_runs(tx: Transaction) -> frozenset[int]:
    """The import runs whose rows count for nobody yet."""
    return frozenset(row["id"] for row in tx.execute("SELECT id FROM open_run"))


def runs(tx: Transaction, fact: str) -> list[Run]:
    """The sealed runs of a fact, oldest first."""
    return [
        Run(*row)
        for row in tx.rows(
            """
            SELECT id, fact, first_id, last_id, rows FROM column_run
             WHERE fact = :fact AND state = 'sealed' ORDER BY id LIMIT :limit
            """,
            {"fact": fact, "limit": RUNS_MAX},
        )
    ]


def chunks(tx: Transaction, fact: str, column: str) -> list[Sealed]:
    """What the sealed runs of a fact hold, by one of its columns; the chunks of a part in a run follow each other in time."""
    return [
        Sealed(*row)
        for row in tx.rows(
            """
            SELECT s.run_id, s.part, s.chunk, s.rows, s.low, s.high
              FROM column_run AS r
             CROSS JOIN column_segment AS s ON s.run_id = r.id AND s.column = :column
             WHERE r.fact = :fact AND r.state = 'sealed'
             ORDER BY s.run_id, s.part, s.chunk
             LIMIT :limit
            """,
            {"fact": fact, "column": column, "limit": CHUNKS_MAX},
        )
    ]


def bodies(tx: Transaction, fact: str, column: str) -> dict[tuple[int, int, int], Body]:
    """Where the chunks of a column lie, by run, part and chunk. It holds until the next commit: row ids come again."""
    return {
        (row["run_id"], row["part"], row["chunk"]): Body(row["id"], row["kind"])
        for row in tx.rows(
            """
            SELECT s.run_id, s.part, s.chunk, s.id, s.kind
              FROM column_run AS r
             CROSS JOIN column_segment AS s ON s.run_id = r.id AND s.column = :column
             WHERE r.fact = :fact AND r.state = 'sealed'
             LIMIT :limit
            """,
            {"fact": fact, "column": column, "limit": CHUNKS_MAX},
        )
    }


def numbers(tx: Transaction, body: Body) -> Numbers:
    """What a chunk holds. It is read without a statement: it is copied once less."""
    with tx._connection.blobopen("column_segment", "body", body.id, readonly=True) as blob:
        return numbers_of(body.kind, blob.read())


def touched(tx: Transaction, fact: str) -> list[int]:
    """Sealed rows that were changed or taken out since."""
    return [
        row["row_id"]
        for row in tx.rows(
            "SELECT row_id FROM column_touched WHERE fact = :fact LIMIT :limit",
            {"fact": fact, "limit": TOUCHED_MAX},
        )
    ]


def begin_run(tx: Transaction, fact: str, *, first_id: int, last_id: int, rows: int, now: int) -> int:
    """Begin a sealing that counts for nobody yet."""
    return tx.insert(
        """
        INSERT INTO column_run (fact, state, first_id, last_id, rows, made_at)
        VALUES (:fact, 'open', :first_id, :last_id, :rows, :now)
        """,
        {"fact": fact, "first_id": first_id, "last_id": last_id, "rows": rows, "now": now},
    )


def add_chunk(tx: Transaction, run_id: int, part: int, name: str, chunk: int, numbers: Numbers) -> int:
    """Write a column of some rows of a part, at most `PIECE_ROWS`; answers how many bytes that was."""
    assert 0 < numbers.size <= PIECE_ROWS
    least = narrow(numbers)
    tx.execute(
        """
        INSERT INTO column_segment (run_id, part, column, chunk, kind, rows, low, high, body)
        VALUES (:run, :part, :column, :chunk, :kind, :rows, :low, :high, :body)
        """,
        {
            "run": run_id,
            "part": part,
            "column": name,
            "chunk": chunk,
            "kind": kind_of(least),
            "rows": int(least.size),
            "low": int(least.min()),
            "high": int(least.max()),
            "body": body_of(least),
        },
    )
    return least.nbytes


def seal_run(tx: Transaction, run_id: int, fact: str, *, through_id: int, instead: bool) -> None:
    """Let a run count from now on; `instead` of all runs before it, so that nothing of them is touched any more."""
    if instead:
        tx.execute(
            "UPDATE column_run SET state = 'gone' WHERE fact = :fact AND state = 'sealed'", {"fact": fact}
        )
        tx.execute("DELETE FROM column_touched WHERE fact = :fact", {"fact": fact})
    tx.execute("UPDATE column_run SET state = 'sealed' WHERE id = :id", {"id": run_id})
    tx.execute(
        """
        INSERT INTO column_mark (fact, through_id) VALUES (:fact, :through_id)
            ON CONFLICT (fact) DO UPDATE SET through_id = excluded.through_id
        """,
        {"fact": fact, "through_id": through_id},
    )


def give_up_run(tx: Transaction, run_id: int) -> None:
    """Let a run never count: what it holds was changed while it was written."""
    tx.execute("UPDATE column_run SET state = 'gone' WHERE id = :id", {"id": run_id})


def dead_runs(tx: Transaction, *, open_before: int) -> list[int]:
    """Runs that were replaced, or that a process left open at an instant before this one."""
    return [
        row["id"]
        for row in tx.rows(
            """
            SELECT id FROM column_run
             WHERE state = 'gone' OR (state = 'open' AND made_at < :before) ORDER BY id LIMIT :limit
            """,
            {"before": open_before, "limit": RUNS_MAX},
        )
    ]


def remove_some(tx: Transaction, run_id: int, *, limit: int) -> bool:
    """Take out up to `limit` chunks of a run, and the run itself once it has none; whether it is gone."""
    tx.execute(
        """
        DELETE FROM column_segment WHERE id IN (
            SELECT id FROM column_segment WHERE run_id = :run LIMIT :limit)
        """,
        {"run": run_id, "limit": limit},
    )
    if tx.value("SELECT 1 FROM column_segment WHERE run_id = :run LIMIT 1", {"run": run_id}):
        return False
    tx.execute("DELETE FROM column_run WHERE id = :run", {"run": run_id})
    return True
