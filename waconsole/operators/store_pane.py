"""What the act log shows: one line for each stroke, newest first. Reads only."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.database.connection import Row, Transaction

STROKES_MAX: Final = 100_000
ACTS_SHOWN_MAX: Final = 200
ROWS_AT_ONCE: Final = 500


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


def ids(tx: Transaction, tab: str, operator_id: int) -> array[int]:
    """The newest act of each stroke, newest first: of everybody, or (`mine`) of one operator."""
    where = "WHERE operator_id = :operator" if tab == "mine" else ""
    rows = tx.execute(
        f"SELECT max(id) FROM act {where} GROUP BY stroke ORDER BY 1 DESC LIMIT :limit",
        {"operator": operator_id, "limit": STROKES_MAX},
    )
    return array("q", (row[0] for row in rows))


def rows(tx: Transaction, wanted: Sequence[int]) -> list[StrokeRow]:
    """Strokes by the id of their newest act, in no order."""
    found = tx.rows(
        f"""
        SELECT a.id, a.stroke, o.name AS operator, a.verb, a.object_kind, a.object_id, a.decided_at, a.undoes,
               (SELECT count(*) FROM act AS s WHERE s.stroke = a.stroke) AS count,
               EXISTS (SELECT 1 FROM act AS u WHERE u.undoes = a.stroke) AS is_undone,
               CASE a.object_kind WHEN 'tag' THEN (SELECT name FROM visible_member WHERE id = a.object_id)
                                  WHEN 'group' THEN (SELECT name FROM visible_group WHERE id = a.object_id)
                                  WHEN 'merge' THEN (SELECT m.name FROM merge AS g JOIN member AS m ON m.id = g.member_id
                                                      WHERE g.id = a.object_id)
                                  WHEN 'split' THEN (SELECT name FROM member WHERE id = a.object_id)
                                  WHEN 'saved_view' THEN (SELECT name FROM saved_view WHERE id = a.object_id)
                                  WHEN 'saved_reply' THEN (SELECT name FROM saved_reply WHERE id = a.object_id)
                                  ELSE n.name END AS name,
               n.id AS conversation_id
          FROM act AS a
          JOIN operator AS o ON o.id = a.operator_id
          LEFT JOIN conversation_name AS n ON n.id = {_CONVERSATION}
         WHERE a.id IN ({", ".join("?" * len(wanted))})
        """,
        list(wanted),
    )
    return [_stroke(row) for row in found]


_CONVERSATION: Final = """
    CASE a.object_kind
         WHEN 'conversation' THEN a.object_id
         WHEN 'lease' THEN a.object_id
         WHEN 'work_item' THEN (SELECT conversation_id FROM visible_item WHERE id = a.object_id)
         WHEN 'message' THEN (SELECT conversation_id FROM visible_message WHERE id = a.object_id)
         WHEN 'note' THEN (SELECT conversation_id FROM note WHERE id = a.object_id)
         WHEN 'outgoing' THEN (SELECT conversation_id FROM outgoing WHERE id = a.object_id)
         WHEN 'task' THEN (SELECT g.conversation_id FROM task AS t JOIN outgoing AS g ON g.id = t.outgoing_id
                            WHERE t.id = a.object_id)
    END"""


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


def narrowed(tx: Transaction, among: Sequence[int], narrowing: str) -> array[int]:
    """Those of `among` whose verb, operator, object or its name has every word of `narrowing`."""
    words = narrowing.casefold().split()
    kept = array("q")
    for start in range(0, len(among), ROWS_AT_ONCE):
        part = among[start : start + ROWS_AT_ONCE]
        for row in sorted(rows(tx, part), key=lambda row: -row.id):
            text = f"{row.verb} {row.operator} {row.object_kind} {row.name}".casefold()
            if all(word in text for word in words):
                kept.append(row.id)
    return kept
