"""What this room forgets of a person: where they clicked. Orders, refunds and carts name nobody but their row."""

from __future__ import annotations

from typing import Final

from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Traces, marks

_AMONG: Final = "IN (SELECT value FROM json_each(:ids))"


def erase(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Forget the addresses of links, which may hold who clicked; that they clicked on what stays."""
    ids = {"ids": marks(traces.member_ids)}
    count = tx.execute(
        f"UPDATE OR IGNORE click SET url = '' WHERE url <> '' AND member_id {_AMONG}", ids
    ).rowcount
    count += tx.execute(f"DELETE FROM click WHERE url <> '' AND member_id {_AMONG}", ids).rowcount
    erased.count("click", count)
