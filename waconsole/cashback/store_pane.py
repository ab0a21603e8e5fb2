"""What the cashback pane lists: lines by how they stand, or the payees whose lines are to be decided on. Reads only."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from waconsole.cashback.deciding import Standing
from waconsole.cashback.store_pane_beside import TO_DECIDE
from waconsole.database.connection import Transaction

LINES_MAX: Final = 10_000_000
PAYEES_MAX: Final = 100_000
AT_ONCE: Final = 500

TABS: Final[Mapping[str, str]] = {
    "all": "1",
    "proposed": TO_DECIDE,
    "accrued": "s.state = 'accrued' AND s.held = 0",
    "held": "s.held = 1",
    "approved": "s.state = 'approved' AND s.held = 0",
    "back": "s.state IN ('failed', 'returned') AND s.held = 0",
}


class LineView(NamedTuple):
    """One row of the list. `phone` is None where no number is known; amounts are minor units of `currency`."""

    id: int
    ref: str
    currency: str
    amount_minor: int
    state: str
    held: int
    open_minor: int
    reversed_minor: int
    decided_at: int
    matures_at: int
    scheme: str
    version: int
    reference: str | None
    period: str
    name: str
    phone: str | None
    is_own_order: int  # where the scheme pays for the orders of others too
    is_disputed: int


class PayeeView(NamedTuple):
    """All lines of one payee, scheme and currency that are to be decided on; `id` is the first line's."""

    id: int
    root_id: int
    scheme: str
    currency: str
    lines: int
    open_minor: int
    waits_since: int
    disputed: int
    name: str
    phone: str | None


class Decidable(NamedTuple):
    """A line as an act on many asks about it."""

    ref: str
    currency: str
    matures_at: int
    payee_id: int
    name: str
    standing: Standing


def ids(
    tx: Transaction, tab: str, within: str = "", parameters: Mapping[str, object] = MappingProxyType({})
) -> array[int]:
    """The lines of a tab, the one that was earned first first; of those alone that `within` selects."""
    narrowed = f"AND s.id IN ({within})" if within else ""
    order = "DESC" if tab == "all" else "ASC"
    rows = tx.execute(
        f"SELECT s.id FROM line_state AS s WHERE ({TABS[tab]}) {narrowed} ORDER BY s.id {order} LIMIT :limit",
        {**parameters, "limit": LINES_MAX},
    )
    return array("q", (row[0] for row in rows))


def counts(tx: Transaction) -> dict[str, int]:
    """How many lines stand in each tab: one look along an index."""
    found = dict.fromkeys(TABS, 0)
    for state, held, count in tx.execute("SELECT state, held, count(*) FROM line_state GROUP BY state, held"):
        found["all"] += count
        tab = "held" if held else "back" if state in ("failed", "returned") else state
        if tab in found:
            found[tab] += count
    return found


def rows(tx: Transaction, wanted: Sequence[int]) -> list[LineView]:
    """Rows by id, in no order."""
    found = tx.rows(
        f"""
        SELECT l.id, l.ref, l.currency, l.amount_minor, s.state, s.held, s.open_minor, s.reversed_minor, s.decided_at,
               l.matures_at, c.name AS scheme, l.rule_version AS version, o.reference, l.period, m.name, p.phone,
               coalesce(b.root_id = r.root_id, 0) AND coalesce(json_extract(l.inputs, '$.basis'), '') <> 'own'
               AS is_own_order,
               EXISTS (SELECT 1 FROM dispute AS d WHERE d.line_id = l.id) AS is_disputed
          FROM cashback_line AS l
          JOIN line_state AS s ON s.id = l.id
          JOIN scheme AS c ON c.id = l.scheme_id
          JOIN member_root AS r ON r.id = l.payee_id
          JOIN member AS m ON m.id = r.root_id
          LEFT JOIN member_phone AS p ON p.member_id = m.id
          LEFT JOIN "order" AS o ON o.id = l.order_id
          LEFT JOIN member_root AS b ON b.id = o.member_id
         WHERE l.id IN ({_places(wanted)})
        """,
        list(wanted),
    )
    return [LineView._make(row) for row in found]


def payees(
    tx: Transaction, within: str = "", parameters: Mapping[str, object] = MappingProxyType({})
) -> list[PayeeView]:
    """Whose lines are to be decided on, by scheme and currency; whose first line was earned first comes first."""
    narrowed = f"AND s.id IN ({within})" if within else ""
    found = tx.rows(
        f"""
        SELECT g.id, g.root_id, c.name AS scheme, g.currency, g.lines, g.open_minor, g.waits_since, g.disputed, m.name,
               p.phone
          FROM (SELECT min(s.id) AS id, r.root_id, l.scheme_id, l.currency, count(*) AS lines,
                       sum(s.open_minor) AS open_minor, min(s.decided_at) AS waits_since,
                       sum(EXISTS (SELECT 1 FROM dispute AS d WHERE d.line_id = s.id)) AS disputed
                  FROM line_state AS s
                  JOIN cashback_line AS l ON l.id = s.id
                  JOIN member_root AS r ON r.id = l.payee_id
                 WHERE {TO_DECIDE} {narrowed}
                 GROUP BY r.root_id, l.scheme_id, l.currency
                 ORDER BY min(s.id)
                 LIMIT :limit) AS g
          JOIN scheme AS c ON c.id = g.scheme_id
          JOIN member AS m ON m.id = g.root_id
          LEFT JOIN member_phone AS p ON p.member_id = g.root_id
         ORDER BY g.id
         LIMIT :limit
        """,
        {**parameters, "limit": PAYEES_MAX},
    )
    return [PayeeView._make(row) for row in found]


def keys(found: Sequence[PayeeView]) -> array[int]:
    """The ids of rows of `payees`, in order."""
    return array("q", (one.id for one in found))


def lines_of(
    tx: Transaction, one: PayeeView, within: str = "", parameters: Mapping[str, object] = MappingProxyType({})
) -> array[int]:
    """The lines that a row of `payees` stands for now."""
    narrowed = f"AND s.id IN ({within})" if within else ""
    found = tx.execute(
        f"""
        SELECT s.id
          FROM member_root AS r
         CROSS JOIN cashback_line AS l ON l.payee_id = r.id
          JOIN scheme AS c ON c.id = l.scheme_id
          JOIN line_state AS s ON s.id = l.id
         WHERE r.root_id = :root AND c.name = :scheme AND l.currency = :currency AND {TO_DECIDE} {narrowed}
         ORDER BY s.id
         LIMIT :limit
        """,
        {
            **parameters,
            "root": one.root_id,
            "scheme": one.scheme,
            "currency": one.currency,
            "limit": LINES_MAX,
        },
    )
    return array("q", (row[0] for row in found))


def decidable(tx: Transaction, wanted: Sequence[int]) -> list[Decidable]:
    """Lines by id as they stand, in the order of `wanted`; what is gone is left out."""
    standing = ", ".join(f"s.{name}" for name in Standing._fields)
    found: dict[int, Decidable] = {}
    for start in range(0, len(wanted), AT_ONCE):
        part = list(wanted[start : start + AT_ONCE])
        for row in tx.rows(
            f"""
            SELECT l.ref, l.currency, l.matures_at, r.root_id AS payee_id, m.name, {standing}
              FROM cashback_line AS l
              JOIN line_state AS s ON s.id = l.id
              JOIN member_root AS r ON r.id = l.payee_id
              JOIN member AS m ON m.id = r.root_id
             WHERE l.id IN ({_places(part)})
            """,
            part,
        ):
            said = tuple(row)
            found[row["id"]] = Decidable._make((*said[:5], Standing._make(said[5:])))
    return [found[one] for one in wanted if one in found]


def _places(wanted: Sequence[int]) -> str:
    return ", ".join("?" * len(wanted))
