"""What the act log shows: one line for each stroke, newest first. Reads only."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from waconsole.database.connection import Row, Transaction
from waconsole.operators.act_names import CONVERSATION, NAME

STROKES_MAX: Final = 100_000
ACTS_SHOWN_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class StrokeRow:
    """What one key press or command did. `id` is its newest act; `name` is what its first object is called, raw."""

    id: int
    stroke: str
    operator: str
    verb: str
    count: int
    object_kind: str
    object_id: int
    decided_at: int
    undoes: str | None
    is_undone: bool
    name: str
    conversation_id: int | None


def ids(
    tx: Transaction,
    tab: str,
    operator_id: int,
    within: str = "",
    parameters: Mapping[str, object] = MappingProxyType({}),
) -> array[int]:
    """The newest act of each stroke, newest first: of everybody, or (`mine`) of one operator.

    Of those alone that `within` selects, SQL that the query language made.
    """
    where = "WHERE operator_id = :operator" if tab == "mine" else ""
    strokes = f"SELECT max(id) AS id FROM act {where} GROUP BY stroke"
    narrowed = f"WHERE s.id IN ({within})" if within else ""
    rows = tx.execute(
        f"SELECT s.id FROM ({strokes}) AS s {narrowed} ORDER BY s.id DESC LIMIT :limit",
        {**parameters, "operator": operator_id, "limit": STROKES_MAX},
    )
    return array("q", (row[0] for row in rows))


def rows(tx: Transaction, wanted: Sequence[int]) -> list[StrokeRow]:
    """Strokes by the id of their newest act, in no order."""
    found = tx.rows(
        f"""
        SELECT a.id, a.stroke, o.name AS operator, a.verb, a.object_kind, a.object_id, a.decided_at, a.undoes,
               (SELECT count(*) FROM act AS s WHERE s.stroke = a.stroke) AS count,
               EXISTS (SELECT 1 FROM act AS u WHERE u.undoes = a.stroke) AS is_undone,
               {NAME.format(conversation="n.name")} AS name,
               n.id AS conversation_id
          FROM act AS a
          JOIN operator AS o ON o.id = a.operator_id
          LEFT JOIN conversation_name AS n ON n.id = {CONVERSATION}
         WHERE a.id IN ({", ".join("?" * len(wanted))})
        """,
        list(wanted),
    )
    return [_stroke(row) for row in found]


def _stroke(row: Row) -> StrokeRow:
    columns = dict(row)
    return StrokeRow(**{**columns, "is_undone": bool(columns["is_undone"]), "name": columns["name"] or ""})


def changes(tx: Transaction, stroke: str) -> list[dict[str, Any]]:
    """The first `ACTS_SHOWN_MAX` acts of a stroke: object, before, after, rule."""
    found = tx.rows(
        """
        SELECT object_kind, object_id, before, after, rule, rule_version
          FROM act WHERE stroke = :stroke ORDER BY id LIMIT :limit
        """,
        {"stroke": stroke, "limit": ACTS_SHOWN_MAX},
    )
    return [
        {**dict(row), "before": json.loads(row["before"]), "after": json.loads(row["after"])} for row in found
    ]
