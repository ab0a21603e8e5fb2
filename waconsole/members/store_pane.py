"""What the members pane lists: ids of a narrowing, rows by key, the card of one. Reads only."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from waconsole.database.connection import Row, Transaction
from waconsole.members.model import folded

MEMBERS_MAX: Final = 10_000_000
NAMED_MAX: Final = 100

TABS: Final = {
    "all": "1",
    "named_alike": """m.folded <> '' AND m.folded IN
        (SELECT folded FROM visible_member WHERE folded <> '' GROUP BY folded HAVING count(*) > 1)""",
    "tagged": "m.id IN (SELECT member_id FROM tag)",
    "stopped": "m.id IN (SELECT member_id FROM consent_in_force WHERE state = 'stop')",
}


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One row of the list; names raw. `tags` and `groups` hold at most `NAMED_MAX` names."""

    id: int
    ref: str
    name: str
    phone: str | None
    language: str
    consent: str | None
    namesakes: int
    tags: tuple[str, ...]
    groups: tuple[str, ...]


def ids(
    tx: Transaction, tab: str, within: str = "", parameters: Mapping[str, object] = MappingProxyType({})
) -> array[int]:
    """The ids of a tab, by name; of those alone that `within` selects, SQL that the query language made."""
    narrowed = f"AND m.id IN ({within})" if within else ""
    rows = tx.execute(
        f"""
        SELECT m.id
          FROM visible_member AS m
         WHERE ({TABS[tab]}) {narrowed}
         ORDER BY m.folded = '', m.folded, m.id
         LIMIT :limit
        """,
        {**parameters, "limit": MEMBERS_MAX},
    )
    return array("q", (row[0] for row in rows))


def counts(tx: Transaction) -> dict[str, int]:
    """How many members stand in each tab."""
    return {
        tab: int(tx.value(f"SELECT count(*) FROM visible_member AS m WHERE {where}"))
        for tab, where in TABS.items()
    }


def rows(tx: Transaction, wanted: Sequence[int]) -> list[MemberRow]:
    """Rows by key, in no order; ids that are gone are left out."""
    marks = ", ".join("?" * len(wanted))
    tags = _named(tx, f"SELECT member_id, name FROM tag WHERE member_id IN ({marks}) ORDER BY name", wanted)
    groups = _named(
        tx,
        f"""
        SELECT p.member_id, g.name
          FROM present_membership AS p
          JOIN visible_group AS g ON g.id = p.group_id
         WHERE p.member_id IN ({marks})
         ORDER BY g.folded
        """,
        wanted,
    )
    found = tx.rows(
        f"""
        SELECT m.id, m.ref, m.name, m.language,
               (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone,
               (SELECT state FROM consent_in_force WHERE member_id = m.id AND purpose = 'marketing') AS consent,
               (SELECT count(*) - 1 FROM member AS o
                 WHERE o.folded = m.folded AND m.folded <> '' AND o.merged_into IS NULL) AS namesakes
          FROM visible_member AS m
         WHERE m.id IN ({marks})
        """,
        list(wanted),
    )
    return [_row(row, tags, groups) for row in found]


def _row(row: Row, tags: dict[int, list[str]], groups: dict[int, list[str]]) -> MemberRow:
    columns = dict(row)
    columns["namesakes"] = max(0, columns["namesakes"])
    key = row["id"]
    return MemberRow(
        **columns, tags=tuple(tags.get(key, ())[:NAMED_MAX]), groups=tuple(groups.get(key, ())[:NAMED_MAX])
    )


def _named(tx: Transaction, sql: str, wanted: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for member_id, name in tx.execute(sql, list(wanted)):
        found.setdefault(member_id, []).append(name)
    return found


def tag_names(tx: Transaction) -> list[str]:
    """Every tag in use, for completion."""
    return [row[0] for row in tx.rows("SELECT DISTINCT name FROM tag ORDER BY name LIMIT 1000")]


def beginning_with(tx: Transaction, text: str, *, limit: int) -> list[tuple[int, str, str | None]]:
    """(id, name, phone) of members of whom a name or the number begins with `text`; read by index."""
    begun = folded(text)
    if not begun:
        return []
    found = tx.rows(
        """
        SELECT m.id, m.name,
               (SELECT phone FROM member_phone WHERE member_id = m.id) AS phone
          FROM visible_member AS m
         WHERE m.id IN (SELECT id FROM member
                         WHERE folded <> '' AND folded >= :begun AND folded < :beyond LIMIT :limit)
            OR m.id IN (SELECT member_id FROM alias WHERE folded >= :begun AND folded < :beyond LIMIT :limit)
         ORDER BY m.folded
         LIMIT :limit
        """,
        {"begun": begun, "beyond": begun + "\U0010ffff", "limit": limit},
    )
    return [(row["id"], row["name"], row["phone"]) for row in found]
