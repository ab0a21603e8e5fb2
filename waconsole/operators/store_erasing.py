"""Erasures, and what this room forgets of a person: the words of acts on them, and views that name them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces
from waconsole.operators.sealing import ERASED, words_hash
from waconsole.operators.store import Act, Operator, add_acts

VERB: Final = "erase"
ERASURE: Final = "erasure"
UNDONE_MAX: Final = 1_000


def begin(
    tx: Transaction, operator: Operator, *, member_id: int, member_ref: str, stroke: str, now: int
) -> int:
    """Open an erasure with its act; answers its id. It must be closed by `close` in the same transaction."""
    erasure_id = int(tx.value("SELECT coalesce(max(id), 0) + 1 FROM erasure"))
    act = Act(ERASURE, erasure_id, {}, {"member": member_ref})
    add_acts(tx, operator, [act], stroke=stroke, verb=VERB, now=now)
    return tx.insert(
        """
        INSERT INTO erasure (id, member_id, operator_id, state, erased_at)
        VALUES (:id, :member_id, :operator_id, 'open', :now)
        """,
        {"id": erasure_id, "member_id": member_id, "operator_id": operator.id, "now": now},
    )


def close(tx: Transaction, erasure_id: int, files: list[str]) -> None:
    """Everything is taken out; the file is still to be written anew, and these copies of files to be taken away."""
    tx.execute(
        "UPDATE erasure SET state = 'erased', files = :files WHERE id = :id",
        {"id": erasure_id, "files": json.dumps(files)},
    )


def undone(tx: Transaction) -> dict[int, list[str]]:
    """Erasures whose file is still to be written anew, with the copies of files to take away."""
    rows = tx.rows(
        "SELECT id, files FROM erasure WHERE state = 'erased' ORDER BY id LIMIT :limit",
        {"limit": UNDONE_MAX},
    )
    return {row["id"]: json.loads(row["files"]) for row in rows}


def finish(tx: Transaction, erasure_ids: list[int], *, now: int) -> None:
    """Nothing of these is left anywhere."""
    tx.executemany(
        "UPDATE erasure SET state = 'done', files = '[]', done_at = ? WHERE id = ? AND state = 'erased'",
        [(now, key) for key in erasure_ids],
    )


def erased_before(tx: Transaction, member_id: int) -> Mapping[str, Any] | None:
    """(id, erased_at, done_at) of the last erasure of a row, or None."""
    row = tx.one(
        "SELECT id, erased_at, done_at FROM erasure WHERE member_id = :id ORDER BY id DESC LIMIT 1",
        {"id": member_id},
    )
    return None if row is None else dict(row)


def operators_who_are(tx: Transaction, traces: Traces) -> list[str]:
    """Names of the operators whom the person is: the link stays, it holds no words."""
    rows = tx.rows(
        """
        SELECT name FROM known_operator
         WHERE member_id IN (SELECT value FROM json_each(:ids)) ORDER BY id LIMIT :limit
        """,
        {"ids": json.dumps(traces.member_ids), "limit": UNDONE_MAX},
    )
    return [row["name"] for row in rows]


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Let the words of acts give way to their hash, on whatever was erased and wherever they name the person."""
    _views(tx, traces, erased)
    named, wanted = traces.condition("a.before || ' ' || a.after")
    rows = tx.execute(
        f"""
        SELECT a.id, a.object_kind, a.object_id, a.before, a.after, a.salt
          FROM act AS a
         WHERE a.words_hash IS NULL AND (a.before || a.after) <> '{{}}{{}}'
           AND ({named} OR (a.object_kind, a.object_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:objects)))
        """,
        {
            **wanted,
            "objects": json.dumps([[kind, key] for kind, ids in erased.objects.items() for key in ids]),
        },
    ).fetchall()
    gone = [
        (words_hash(row["salt"], row["before"], row["after"]), ERASED, ERASED, row["id"])
        for row in rows
        if row["object_id"] in erased.objects.get(row["object_kind"], ())
        or traces.found_in(row["before"])
        or traces.found_in(row["after"])
    ]
    tx.executemany(
        "UPDATE act SET words_hash = ?, salt = NULL, before = ?, after = ? WHERE id = ? AND words_hash IS NULL",
        gone,
    )
    erased.count("act", len(gone))


def _views(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """A view that asks for the person is dropped: what it asked for is nobody any more."""
    named, wanted = traces.condition("name || ' ' || query")
    ids = [
        row["id"]
        for row in tx.execute(f"SELECT id, name, query FROM saved_view WHERE {named}", wanted)
        if traces.found_in(row["name"]) or traces.found_in(row["query"])
    ]
    tx.executemany(
        """
        UPDATE saved_view SET name = 'erased', folded = 'erased ' || id, query = 'is:erased', dropped = 1
         WHERE id = ?
        """,
        [(key,) for key in ids],
    )
    erased.count("saved_view", len(ids))
    erased.touched("saved_view", ids)
