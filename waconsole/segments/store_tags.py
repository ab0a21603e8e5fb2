"""Rules of tags: versions that never change. The tags themselves are members' (`members.store_tags`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from waconsole.database.connection import Row, Transaction

RULES_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class TagRule:
    """One version of a tag's rule; '' ends it. Times in microseconds UTC."""

    id: int
    name: str
    version: int
    rule: str
    set_at: int


def _rule(row: Row) -> TagRule:
    return TagRule(row["id"], row["name"], row["version"], row["rule"], row["set_at"])


def latest(tx: Transaction, name: str) -> TagRule | None:
    """The last version of a tag's rule, whenever it counts from; one that ended it is a version too."""
    row = tx.one(
        "SELECT id, name, version, rule, set_at FROM tag_rule WHERE name = :name ORDER BY version DESC LIMIT 1",
        {"name": name},
    )
    return None if row is None else _rule(row)


def version_by_id(tx: Transaction, rule_id: int) -> TagRule | None:
    """The version of that id."""
    row = tx.one("SELECT id, name, version, rule, set_at FROM tag_rule WHERE id = :id", {"id": rule_id})
    return None if row is None else _rule(row)


def version(tx: Transaction, name: str, number: int) -> TagRule | None:
    """One version of a tag's rule."""
    row = tx.one(
        "SELECT id, name, version, rule, set_at FROM tag_rule WHERE name = :name AND version = :number",
        {"name": name, "number": number},
    )
    return None if row is None else _rule(row)


def in_force(tx: Transaction, *, now: int) -> list[TagRule]:
    """The rule in force at `now` of every tag that has had one, by tag; one that ended is there without a rule."""
    rows = tx.rows(
        """
        SELECT id, name, version, rule, set_at FROM tag_rule AS t
         WHERE version = (SELECT max(version) FROM tag_rule WHERE name = t.name AND set_at <= :now)
         ORDER BY name LIMIT :limit
        """,
        {"now": now, "limit": RULES_MAX},
    )
    return [_rule(row) for row in rows]


def is_any(tx: Transaction) -> bool:
    """Whether any tag has, or had, a rule."""
    return tx.value("SELECT 1 FROM tag_rule LIMIT 1") is not None


def add(tx: Transaction, name: str, number: int, rule: str, *, operator_id: int | None, now: int) -> int:
    """Write a version; it counts from `now`. Answers its id."""
    return tx.insert(
        """
        INSERT INTO tag_rule (name, version, rule, operator_id, set_at)
        VALUES (:name, :number, :rule, :operator_id, :now)
        """,
        {"name": name, "number": number, "rule": rule, "operator_id": operator_id, "now": now},
    )
