"""Saved views: queries kept under a name, shared or an operator's own, in the order of their tabs."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound

VIEWS_MAX: Final = 1000
CHANGEABLE: Final = ("name", "query", "place", "dropped")


@dataclass(frozen=True, slots=True)
class SavedView:
    """A query under a name; `operator_id` None: everybody has it. Places count from 1, apart for shared and own ones."""

    id: int
    subject: str
    operator_id: int | None
    name: str
    query: str
    place: int

    @property
    def is_shared(self) -> bool:
        """Whether everybody has it."""
        return self.operator_id is None


_VIEW: Final = "SELECT id, subject, operator_id, name, query, place FROM saved_view"


def _view(row: Row) -> SavedView:
    return SavedView(**dict(row))


def folded(name: str) -> str:
    """A name for comparison: NFKC and case folded, spaces squeezed."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def views_of(tx: Transaction, subject: str | None, operator_id: int | None) -> list[SavedView]:
    """The views an operator sees of a subject (None: of all): the shared ones first, each in the order of its place."""
    rows = tx.rows(
        f"""
        {_VIEW}
         WHERE dropped = 0 AND (:subject IS NULL OR subject = :subject)
           AND (operator_id IS NULL OR operator_id = :operator_id)
         ORDER BY subject, operator_id IS NOT NULL, place, id
         LIMIT :limit
        """,
        {"subject": subject, "operator_id": operator_id, "limit": VIEWS_MAX},
    )
    return [_view(row) for row in rows]


def of_owner(tx: Transaction, subject: str, operator_id: int | None) -> list[SavedView]:
    """The shared views of a subject (None), or those of one operator alone, in the order of their places."""
    rows = tx.rows(
        f"""
        {_VIEW}
         WHERE dropped = 0 AND subject = :subject AND operator_id IS :operator_id
         ORDER BY place, id
         LIMIT :limit
        """,
        {"subject": subject, "operator_id": operator_id, "limit": VIEWS_MAX},
    )
    return [_view(row) for row in rows]


def add_view(
    tx: Transaction, *, subject: str, operator_id: int | None, name: str, query: str, place: int, now: int
) -> int:
    """Write a view and answer its id."""
    return tx.insert(
        """
        INSERT INTO saved_view (subject, operator_id, name, folded, query, place, saved_at)
        VALUES (:subject, :operator_id, :name, :folded, :query, :place, :now)
        """,
        {
            "subject": subject,
            "operator_id": operator_id,
            "name": name,
            "folded": folded(name),
            "query": query,
            "place": place,
            "now": now,
        },
    )


def columns(tx: Transaction, view_id: int) -> dict[str, Any]:
    """The changeable columns of a view, for the act log. Raises NotFound."""
    row = tx.one(f"SELECT {', '.join(CHANGEABLE)} FROM saved_view WHERE id = :id", {"id": view_id})
    if row is None:
        raise NotFound("That view is not in this ledger.")
    return dict(row)


def change(tx: Transaction, view_id: int, values: dict[str, Any]) -> None:
    """Set changeable columns of a view."""
    assert set(values) <= set(CHANGEABLE)
    known = {**columns(tx, view_id), **values}
    tx.execute(
        """
        UPDATE saved_view
           SET name = :name, folded = :folded, query = :query, place = :place, dropped = :dropped
         WHERE id = :id
        """,
        {**known, "folded": folded(known["name"]), "id": view_id},
    )


def name_is_taken(tx: Transaction, view_id: int, name: str) -> bool:
    """Whether whoever sees this view sees another one of that name beside it."""
    return bool(
        tx.value(
            """
            SELECT count(*)
              FROM saved_view AS v
              JOIN saved_view AS o ON o.subject = v.subject AND o.dropped = 0 AND o.id <> v.id AND o.folded = :folded
             WHERE v.id = :id
               AND (v.operator_id IS NULL OR o.operator_id IS NULL OR o.operator_id = v.operator_id)
            """,
            {"id": view_id, "folded": folded(name)},
        )
    )
