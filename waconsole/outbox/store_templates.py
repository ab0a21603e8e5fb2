"""Template rows: what WhatsApp has approved, and its latest word on each part of it.

Words come late and out of order. Each part (status, quality, category, components) keeps the instant of the
latest word about it, and an earlier one changes nothing. Statuses, categories and reasons stand as told.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final, Literal

from waconsole.database.connection import Row, Transaction
from waconsole.whatsapp.templates import TemplateSeen

TEMPLATES_MAX: Final = 100_000
# Statuses in which a template can be sent (pywa's list of them, 2026-08-12; platform documentation, "Templates").
USABLE: Final = frozenset({"APPROVED", "REINSTATED", "UNARCHIVED", "FLAGGED"})

Part = Literal["status", "quality", "category", "components"]

_COLUMNS: Final = (
    "id, waba_id, name, language, template_id, category, category_since, category_at, status, reason, status_at, quality,"
    " quality_at, parameter_format, components, components_at, stale, told_at, synced_at, deleted_at"
)


def template_row(tx: Transaction, waba_id: str, name: str, language: str) -> Row | None:
    """The row of one template of an account, or None; one that was deleted is a row with `deleted_at`.

    Columns: id, waba_id, name, language, template_id, category, category_since, status, reason, quality,
    parameter_format, components (JSON), told_at, synced_at, deleted_at, ... `USABLE` says which statuses can be sent.
    """
    return tx.one(
        f"SELECT {_COLUMNS} FROM template WHERE waba_id = :waba_id AND name = :name AND language = :language",
        {"waba_id": waba_id, "name": name, "language": language},
    )


def templates_named(tx: Transaction, name: str, waba_id: str = "") -> list[Row]:
    """Every language of a template that is not deleted, of one account or of all."""
    return tx.rows(
        f"""
        SELECT {_COLUMNS} FROM template
         WHERE name = :name AND deleted_at IS NULL AND (:waba_id = '' OR waba_id = :waba_id)
         ORDER BY language, id
         LIMIT :limit
        """,
        {"name": name, "waba_id": waba_id, "limit": TEMPLATES_MAX},
    )


def templates(tx: Transaction, *, deleted: bool = False) -> list[Row]:
    """Every template by name and language; deleted ones too where asked for."""
    return tx.rows(
        f"""
        SELECT {_COLUMNS} FROM template
         WHERE deleted_at IS NULL OR :deleted
         ORDER BY name, language, waba_id
         LIMIT :limit
        """,
        {"deleted": int(deleted), "limit": TEMPLATES_MAX},
    )


def hear(
    tx: Transaction,
    waba_id: str,
    name: str,
    language: str,
    part: Part,
    values: dict[str, str],
    *,
    at: int,
    template_id: str = "",
    is_listed: bool = False,
) -> tuple[dict[str, Any], bool]:
    """Take in WhatsApp's word of `at` on one part of a template, made when it is new.

    `values` are columns of that part (`status` and `reason`, `quality`, `category`; of `components` none: they
    are stale then). Of two events of one second the harder word counts, whichever came first; a list that was fetched
    (`is_listed`) outlives an event of the same instant. Answers what stood before ({} for a new one) and whether the word counted.
    """
    was = template_row(tx, waba_id, name, language)
    if was is None:
        _add(tx, waba_id, name, language)
    before: dict[str, Any] = {} if was is None else dict(was)
    known_at = before.get(f"{part}_at", 0)
    is_tie = at == known_at and not is_listed and part != "components"
    if before and (at < known_at or (is_tie and _weight(part, before[part]) > _weight(part, values[part]))):
        return before, False
    columns: dict[str, Any] = {**values, f"{part}_at": at}
    if part == "components":
        columns = {"stale": 1} if at > before.get("components_at", 0) else {}
    if part == "category" and before.get("category") not in (None, "", values["category"]):
        columns["category_since"] = at
    if part == "status":
        columns["deleted_at"] = at if values["status"] == "DELETED" else None
    if template_id:
        columns["template_id"] = template_id
    columns["told_at"] = max(at, before.get("told_at", 0))
    _set(tx, waba_id, name, language, columns)
    return before, True


def _weight(part: Part, word: str) -> tuple[int, str]:
    """How hard a word is: one that forbids sending outweighs one that allows it."""
    hard = {"status": word not in USABLE, "quality": word == "RED", "category": word == "MARKETING"}
    return int(hard.get(part, False)), word


def hear_listed(tx: Transaction, waba_id: str, one: TemplateSeen, *, at: int, now: int) -> bool:
    """Take in a template of a list that was fetched at `at`; True when something of it is new."""
    was = template_row(tx, waba_id, one.name, one.language)
    before = None if was is None else dict(was)
    if one.status is not None:
        words = {"status": one.status, "reason": one.reason or ""}
        hear(
            tx,
            waba_id,
            one.name,
            one.language,
            "status",
            words,
            at=at,
            template_id=one.template_id,
            is_listed=True,
        )
    if one.category is not None:
        hear(
            tx, waba_id, one.name, one.language, "category", {"category": one.category}, at=at, is_listed=True
        )
    if one.quality is not None:
        hear(tx, waba_id, one.name, one.language, "quality", {"quality": one.quality}, at=at, is_listed=True)
    if template_row(tx, waba_id, one.name, one.language) is None:
        _add(tx, waba_id, one.name, one.language)
    columns: dict[str, Any] = {"synced_at": now, "told_at": max(at, before["told_at"] if before else 0)}
    if one.parameter_format is not None:
        columns["parameter_format"] = one.parameter_format
    if one.components is not None and (before is None or at >= before["components_at"]):
        columns |= {"components": one.components, "components_at": at, "stale": 0}
    _set(tx, waba_id, one.name, one.language, columns)
    after = template_row(tx, waba_id, one.name, one.language)
    assert after is not None
    told = ("status", "reason", "category", "quality", "components", "parameter_format", "deleted_at")
    return before is None or any(before[key] != after[key] for key in told)


def mark_deleted(tx: Transaction, waba_id: str, name: str, language: str | None, *, at: int) -> int:
    """Write that a template (one language of it, or all) is no more; answers how many rows that were."""
    cursor = tx.execute(
        """
        UPDATE template
           SET deleted_at = :at, status = 'DELETED', status_at = :at, told_at = max(told_at, :at)
         WHERE waba_id = :waba_id AND name = :name AND (:language IS NULL OR language = :language)
           AND deleted_at IS NULL AND status_at <= :at
        """,
        {"waba_id": waba_id, "name": name, "language": language, "at": at},
    )
    return cursor.rowcount


def drop_missing(tx: Transaction, waba_id: str, present: Collection[tuple[str, str]], *, at: int) -> int:
    """Mark as deleted what a whole list, fetched at `at`, did not hold: (name, language) of what it did is `present`."""
    rows = tx.rows(
        """
        SELECT name, language FROM template
         WHERE waba_id = :waba_id AND deleted_at IS NULL AND status_at <= :at
         ORDER BY id LIMIT :limit
        """,
        {"waba_id": waba_id, "at": at, "limit": TEMPLATES_MAX},
    )
    missing = [
        (row["name"], row["language"]) for row in rows if (row["name"], row["language"]) not in present
    ]
    return sum(mark_deleted(tx, waba_id, name, language, at=at) for name, language in missing)


def _add(tx: Transaction, waba_id: str, name: str, language: str) -> None:
    tx.execute(
        "INSERT INTO template (waba_id, name, language) VALUES (:waba_id, :name, :language)",
        {"waba_id": waba_id, "name": name, "language": language},
    )


def _set(tx: Transaction, waba_id: str, name: str, language: str, columns: dict[str, Any]) -> None:
    if not columns:
        return
    words = ", ".join(f"{column} = :{column}" for column in columns)
    tx.execute(
        f"UPDATE template SET {words} WHERE waba_id = :in_waba AND name = :in_name AND language = :in_language",
        {**columns, "in_waba": waba_id, "in_name": name, "in_language": language},
    )


def waiting_with(tx: Transaction, waba_id: str, name: str, language: str) -> int:
    """How many messages wait to go out by a template."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM outgoing AS o JOIN number AS n ON n.id = o.number_id
             WHERE o.kind = 'template' AND o.template_name = :name AND o.template_language = :language
               AND o.state IN ('draft', 'scheduled', 'queued') AND (n.waba_id = :waba_id OR n.waba_id = '')
            """,
            {"waba_id": waba_id, "name": name, "language": language},
        )
    )


def template_by_id(tx: Transaction, waba_id: str, template_id: str) -> Row | None:
    """The template of an account that WhatsApp calls by that id, or None."""
    return tx.one(
        f"SELECT {_COLUMNS} FROM template WHERE waba_id = :waba_id AND template_id = :id AND :id <> '' LIMIT 1",
        {"waba_id": waba_id, "id": template_id},
    )


def held_with(
    tx: Transaction, waba_id: str, name: str, language: str, *, reason: str, limit: int
) -> list[int]:
    """Messages of a template that are held for that reason, the oldest first."""
    rows = tx.rows(
        """
        SELECT o.id FROM outgoing AS o JOIN number AS n ON n.id = o.number_id
         WHERE o.state = 'held' AND o.state_reason = :reason AND o.template_name = :name
           AND o.template_language = :language AND (n.waba_id = :waba_id OR n.waba_id = '')
         ORDER BY o.id LIMIT :limit
        """,
        {"waba_id": waba_id, "name": name, "language": language, "reason": reason, "limit": limit},
    )
    return [row["id"] for row in rows]


def components_of(row: Row) -> list[dict[str, Any]]:
    """The components of a template row."""
    found = json.loads(row["components"])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
