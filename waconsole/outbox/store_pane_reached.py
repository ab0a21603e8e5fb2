"""WhatsApp's word on messages, as lists show it: one word for each, whoever of a group it came from. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from waconsole.database.connection import Row, Transaction
from waconsole.outbox.outcome_words import Reached
from waconsole.text import ForeignText


def reached(tx: Transaction, wamids: Sequence[str]) -> dict[str, Reached]:
    """WhatsApp's word on each of these messages; what it has not spoken of is left out."""
    marks = ", ".join(f":wamid{place}" for place in range(len(wamids)))
    values = {f"wamid{place}": wamid for place, wamid in enumerate(wamids)}
    found: dict[str, list[Row]] = {}
    for row in tx.rows(
        f"""
        SELECT wamid, participant, rank, failed_at, error_code, error_detail FROM delivery
         WHERE wamid IN ({marks}) ORDER BY wamid, failed_at
        """,
        values,
    ):
        found.setdefault(row["wamid"], []).append(row)
    return {wamid: _reached(heard) for wamid, heard in found.items()}


def _reached(heard: Sequence[Row]) -> Reached:
    """One word out of the rows of one message: the furthest anybody has come, and how many with them."""
    first = heard[0]
    if len(heard) == 1 and not first["participant"] and first["failed_at"] is None:
        return Reached(first["rank"])
    each = [row for row in heard if row["participant"]]
    arrived = [row for row in heard if row["failed_at"] is None]
    rank = max((row["rank"] for row in arrived), default=0)
    lost = [row for row in heard if row["failed_at"] is not None]
    return Reached(
        rank=rank,
        readers=len(each),
        there=sum(row["rank"] >= rank for row in each if row["failed_at"] is None),
        failed=len(lost),
        error=lost[-1]["error_code"] if lost else None,
        detail=lost[-1]["error_detail"] if lost else ForeignText(""),
    )
