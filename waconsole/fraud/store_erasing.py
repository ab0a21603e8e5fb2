"""What the desk forgets of a person: an operator's words about them, and what evidence says by name. Seals hold salted hashes."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces, marks

LISTED_MAX: Final = 1_000
_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"
_ITEMS: Final = f"SELECT review_id FROM review_person WHERE root_id {_AMONG}"


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget the person; items and decisions stay, about a pseudonym."""
    ids = {"ids": marks((traces.root_id, *traces.member_ids))}
    items = [row["review_id"] for row in tx.rows(f"SELECT DISTINCT review_id FROM ({_ITEMS})", ids)]
    words = tx.execute(
        f"DELETE FROM review_words WHERE id IN (SELECT id FROM review_decision WHERE review_id IN ({_ITEMS}))",
        ids,
    ).rowcount
    named, wanted = traces.condition("words")
    also = [
        (row["id"],)
        for row in tx.execute(f"SELECT id, words FROM review_words WHERE {named}", wanted)
        if traces.found_in(row["words"])
    ]
    tx.executemany("DELETE FROM review_words WHERE id = ?", also)
    erased.count("review_words", words + len(also))
    erased.count(
        "review_notice",
        tx.execute(
            f"UPDATE review_notice SET said = '' WHERE member_id {_AMONG} AND said <> ''", ids
        ).rowcount,
    )
    _evidence(tx, traces, erased)
    erased.leave(
        "reviews",
        len(items),
        refs=[row["ref"] for row in tx.rows(
            f"SELECT ref FROM review WHERE id IN ({_ITEMS}) ORDER BY id LIMIT {LISTED_MAX}", ids
        )],
        says="items of the review desk about their pseudonym, with what was decided",
    )  # fmt: skip


def _evidence(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Evidence that names them says their pseudonym instead; `verify` knows that somebody was erased."""
    named, wanted = traces.condition("evidence || says")
    rows = tx.rows(f"SELECT id, evidence, says FROM signal WHERE {named}", wanted)
    changed = [
        (traces.without(row["evidence"]), traces.without(row["says"]), row["id"])
        for row in rows
        if traces.found_in(row["evidence"]) or traces.found_in(row["says"])
    ]
    tx.executemany("UPDATE signal SET evidence = ?, says = ? WHERE id = ?", changed)
    erased.count("signal", len(changed))
