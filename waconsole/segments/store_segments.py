"""Saved segments: a name, and versions that never change. Members are named by ref in a list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.database.connection import Row, Transaction

SEGMENTS_MAX: Final = 100_000
VERSIONS_MAX: Final = 100_000
LISTED_MAX: Final = 10_000_000
NO_CURRENCY: Final = "XXX"  # ISO 4217's code for none: where nobody ordered, nothing is counted in any


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a segment: its rule, or for a list the refs of its members; times in microseconds UTC."""

    segment_id: int
    ref: str
    name: str
    folded: str
    version: int
    rule: str
    members: tuple[str, ...]
    owner: str
    purpose: str
    review_on: str
    saved_at: int
    is_dropped: bool
    report: str = ""

    @property
    def report_document(self) -> Any:
        """What an imported list found and what not; None for a rule."""
        return json.loads(self.report) if self.report else None

    @property
    def is_list(self) -> bool:
        """Whether members were named one by one."""
        return not self.rule and not self.is_dropped


def _version(row: Row) -> Version:
    members = tuple(json.loads(row["members"])) if row["members"] else ()
    return Version(
        row["segment_id"], row["ref"], row["name"], row["folded"], row["version"], row["rule"], members, row["owner"], row["purpose"],
        row["review_on"], row["saved_at"], bool(row["is_dropped"]), row["report"],
    )  # fmt: skip


def version_of(tx: Transaction, folded: str, *, now: int) -> Version | None:
    """The version in force at `now` of the segment of that folded name; a dropped one is a version too."""
    row = tx.one(
        """
        SELECT * FROM saved_segment
         WHERE folded = :folded AND saved_at <= :now
         ORDER BY version DESC LIMIT 1
        """,
        {"folded": folded, "now": now},
    )
    return None if row is None else _version(row)


def versions(tx: Transaction, folded: str) -> list[Version]:
    """Every version of a segment, the first one first."""
    rows = tx.rows(
        "SELECT * FROM saved_segment WHERE folded = :folded ORDER BY version LIMIT :limit",
        {"folded": folded, "limit": VERSIONS_MAX},
    )
    return [_version(row) for row in rows]


def in_force(tx: Transaction, *, now: int) -> list[Version]:
    """The version in force at `now` of every segment that is not dropped, by name."""
    rows = tx.rows(
        """
        SELECT * FROM saved_segment AS s
         WHERE s.version = (SELECT max(v.version) FROM segment_version AS v
                             WHERE v.segment_id = s.segment_id AND v.saved_at <= :now)
           AND s.is_dropped = 0
         ORDER BY s.folded LIMIT :limit
        """,
        {"now": now, "limit": SEGMENTS_MAX},
    )
    return [_version(row) for row in rows]


def latest_of(tx: Transaction, folded: str) -> Version | None:
    """The last version of a segment, whenever it counts from."""
    row = tx.one(
        "SELECT * FROM saved_segment WHERE folded = :folded ORDER BY version DESC LIMIT 1", {"folded": folded}
    )
    return None if row is None else _version(row)


def latest_by_id(tx: Transaction, segment_id: int) -> Version | None:
    """The last version of the segment of that id."""
    row = tx.one(
        "SELECT * FROM saved_segment WHERE segment_id = :id ORDER BY version DESC LIMIT 1", {"id": segment_id}
    )
    return None if row is None else _version(row)


def listed_ids(tx: Transaction, refs: Sequence[str]) -> list[int]:
    """The members of these refs, each person once, in ascending order; nobody who was erased."""
    rows = tx.execute(
        """
        SELECT DISTINCT r.root_id
          FROM json_each(:refs) AS wanted
         CROSS JOIN member AS m ON m.ref = wanted.value
         CROSS JOIN member_root AS r ON r.id = m.id
          JOIN visible_member AS p ON p.id = r.root_id
         WHERE r.root_id NOT IN (SELECT id FROM erased_member)
         ORDER BY r.root_id
        """,
        {"refs": json.dumps(list(refs))},
    )
    return [int(row[0]) for row in rows]


def refs_of_phones(tx: Transaction, phones: Sequence[str]) -> dict[str, str]:
    """The refs of whom these numbers, in E.164, belong to."""
    rows = tx.rows(
        """
        SELECT a.value AS phone, m.ref
          FROM json_each(:phones) AS wanted
         CROSS JOIN alias AS a ON a.kind = 'phone' AND a.value = wanted.value AND a.group_id = 0
         CROSS JOIN member_root AS r ON r.id = a.member_id
         CROSS JOIN visible_member AS m ON m.id = r.root_id
         LIMIT :limit
        """,
        {"phones": json.dumps(list(phones)), "limit": LISTED_MAX},
    )
    return {row["phone"]: row["ref"] for row in rows}


def known_refs(tx: Transaction, refs: Sequence[str]) -> dict[str, str]:
    """The refs of the people these refs stand for now."""
    rows = tx.rows(
        """
        SELECT m.ref AS said, p.ref
          FROM json_each(:refs) AS wanted
         CROSS JOIN member AS m ON m.ref = wanted.value
         CROSS JOIN member_root AS r ON r.id = m.id
         CROSS JOIN visible_member AS p ON p.id = r.root_id
         LIMIT :limit
        """,
        {"refs": json.dumps(list(refs)), "limit": LISTED_MAX},
    )
    return {row["said"]: row["ref"] for row in rows}


def add_segment(tx: Transaction, *, ref: str, name: str, folded: str, now: int) -> int:
    """Write a segment's name; answers its id."""
    return tx.insert(
        "INSERT INTO segment (ref, name, folded, added_at) VALUES (:ref, :name, :folded, :now)",
        {"ref": ref, "name": name, "folded": folded, "now": now},
    )


def add_version(
    tx: Transaction,
    segment_id: int,
    version: int,
    *,
    rule: str = "",
    members: Sequence[str] = (),
    owner: str = "",
    purpose: str = "",
    review_on: str = "",
    operator_id: int | None,
    is_dropped: bool = False,
    report: str = "",
    now: int,
) -> int:
    """Write a version; it counts from `now`. Answers its id."""
    return tx.insert(
        """
        INSERT INTO segment_version (segment_id, version, rule, members, owner, purpose, review_on, operator_id, saved_at,
                                     is_dropped, report)
        VALUES (:segment_id, :version, :rule, :members, :owner, :purpose, :review_on, :operator_id, :now, :is_dropped,
                :report)
        """,
        {
            "segment_id": segment_id, "version": version, "rule": rule,
            "members": json.dumps(list(members)) if members else "", "owner": owner, "purpose": purpose,
            "review_on": review_on, "operator_id": operator_id, "now": now, "is_dropped": int(is_dropped),
            "report": report,
        },
    )  # fmt: skip


def population(tx: Transaction) -> int:
    """How many members there are to be asked about."""
    return int(
        tx.value("SELECT count(*) FROM visible_member AS p WHERE p.id NOT IN (SELECT id FROM erased_member)")
    )


def only_currency(tx: Transaction, *, now: int) -> str:
    """The one currency that orders up to `now` are in; "" where there are several."""
    first = tx.value("SELECT currency FROM visible_order WHERE ordered_at <= :now LIMIT 1", {"now": now})
    if first is None:
        return NO_CURRENCY
    other = tx.value(
        "SELECT 1 FROM visible_order WHERE currency <> :first AND ordered_at <= :now LIMIT 1",
        {"first": first, "now": now},
    )
    return "" if other else str(first)


def people(tx: Transaction, ids: Sequence[int]) -> list[Row]:
    """(id, member, phone, name, language, timezone) of members by id, in that order."""
    return tx.rows(
        """
        SELECT m.id, m.ref AS member, (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone, m.name,
               m.language, m.timezone
          FROM json_each(:ids) AS wanted
         CROSS JOIN member AS m ON m.id = wanted.value
         ORDER BY wanted.key
         LIMIT :limit
        """,
        {"ids": json.dumps(list(ids)), "limit": LISTED_MAX},
    )


def ids_of(tx: Transaction, sql: str, parameters: dict[str, object]) -> list[int]:
    """The ids a rule's statement answers."""
    return [int(row[0]) for row in tx.execute(sql, parameters)]
