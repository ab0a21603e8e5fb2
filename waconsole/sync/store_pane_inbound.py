"""What the pane of what stands aside lists: ids, counts, rows by key. Reads only."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from waconsole.database.connection import Transaction
from waconsole.text import ForeignText

LIST_MAX: Final = 1_000_000
RAW_CHARACTERS_MAX: Final = 400
_TABS: Final = {
    "all": "i.state <> 'done'",
    "quarantined": "i.state = 'quarantined'",
    "kept": "i.state = 'kept'",
}


class InboundRow(NamedTuple):
    """One thing that came in and is not done; instants in microseconds UTC, all texts raw, `raw` cut."""

    id: int
    inbound_id: int
    key: str
    number: ForeignText
    kind: ForeignText
    state: str
    attempts: int
    reason: ForeignText
    raw: ForeignText
    received_at: int


def ids(
    tx: Transaction, tab: str, within: str = "", parameters: Mapping[str, Any] | None = None
) -> array[int]:
    """The ids of a tab, the newest first; `within` is a SELECT of ids made by the query language."""
    condition = f"AND i.id IN ({within})" if within else ""
    rows = tx.rows(
        f"SELECT i.id FROM inbound_item AS i WHERE {_TABS[tab]} {condition} ORDER BY i.id DESC LIMIT {LIST_MAX}",
        dict(parameters or {}),
    )
    return array("q", [row[0] for row in rows])


def rows(tx: Transaction, wanted: Sequence[int]) -> list[InboundRow]:
    """Rows by key, in the order asked for; what is gone is left out."""
    marks = ", ".join(f":id{place}" for place in range(len(wanted)))
    found = {
        row["id"]: InboundRow._make(row)
        for row in tx.rows(
            f"""
            SELECT i.id, i.inbound_id, i.key, i.number, i.kind, i.state, i.attempts, i.reason,
                   substr(i.raw, 1, {RAW_CHARACTERS_MAX}) AS raw, b.received_at
              FROM inbound_item AS i JOIN inbound AS b ON b.id = i.inbound_id
             WHERE i.id IN ({marks})
            """,
            {f"id{place}": key for place, key in enumerate(wanted)},
        )
    }
    return [found[key] for key in wanted if key in found]


def raw(tx: Transaction, item_id: int) -> ForeignText:
    """An item as it came, whole; "" when it is gone."""
    return ForeignText(tx.value("SELECT raw FROM inbound_item WHERE id = :id", {"id": item_id}) or "")
