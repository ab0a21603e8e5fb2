"""What cashback forgets of a person: the number that was paid, and words about their lines. Seals hold salted hashes of both."""

from __future__ import annotations

from typing import Final

from waconsole.clock import iso
from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces, marks

LISTED_MAX: Final = 1_000
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"
_LINES: Final = f"SELECT id FROM cashback_line WHERE payee_id {_AMONG}"


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget the person; lines, decisions and batches stay as they are."""
    _exported(tx, traces, erased)
    ids = {"ids": marks(traces.member_ids)}
    erased.count(
        "batch_payee",
        tx.execute(
            f"DELETE FROM batch_payee WHERE id IN (SELECT id FROM batch_line WHERE line_id IN ({_LINES}))",
            ids,
        ).rowcount,
    )
    count = tx.execute(
        f"""
        DELETE FROM decision_words
         WHERE (row_kind = 'decision' AND row_id IN (SELECT id FROM line_decision WHERE line_id IN ({_LINES})))
            OR (row_kind = 'result' AND row_id IN (SELECT r.id FROM payout_result AS r
                                                     JOIN batch_line AS b ON b.id = r.batch_line_id
                                                    WHERE b.line_id IN ({_LINES})))
        """,
        ids,
    ).rowcount
    named, wanted = traces.condition("words")
    also = [
        (row["id"],)
        for row in tx.execute(f"SELECT id, words FROM decision_words WHERE {named}", wanted)
        if traces.found_in(row["words"])
    ]
    tx.executemany("DELETE FROM decision_words WHERE id = ?", also)
    erased.count("decision_words", count + len(also))
    _sealed(tx, ids, erased)


def _sealed(tx: Transaction, ids: dict[str, str], erased: Erased) -> None:
    """Why an operator attributed or disputed something is sealed as it was typed."""
    for table, where in (
        ("attribution", f"buyer_id {_AMONG} OR referrer_id {_AMONG}"),
        ("dispute", f"line_id IN ({_LINES})"),
    ):
        rows = tx.rows(f'SELECT id FROM "{table}" WHERE {where} LIMIT {LISTED_MAX}', ids)
        erased.leave(
            table,
            len(rows),
            refs=[row["id"] for row in rows],
            says="reasons about them that are sealed, in an operator's own words",
        )


def _exported(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Payout files hold the number: which batches left the house with it, and when."""
    rows = tx.rows(
        f"""
        SELECT DISTINCT b.ref AS batch, e.exported_at
          FROM batch_export AS e
          JOIN batch AS b ON b.id = e.batch_id
          JOIN batch_line AS l ON l.batch_id = b.id
         WHERE l.line_id IN ({_LINES})
         ORDER BY e.exported_at LIMIT {LISTED_MAX}
        """,
        {"ids": marks(traces.member_ids)},
    )
    erased.leave(
        "payouts",
        len(rows),
        refs=[{"batch": row["batch"], "exported_at": iso(row["exported_at"])} for row in rows],
        says="payout files with their number",
    )
