"""What the pane of outgoing messages lists: ids by tab, exact counts, rows by key, one in full. Reads only."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from waconsole.database.connection import Row, Transaction
from waconsole.errors import NotFound
from waconsole.outbox.outcome_words import Reached
from waconsole.outbox.store_pane_reached import reached
from waconsole.outbox.store_rows import RECIPIENT
from waconsole.text import ForeignText

IDS_AT_ONCE: Final = 5_000
LIST_MAX: Final = 10_000_000
TEXT_CHARACTERS_MAX: Final = 400
SHOWN_MAX: Final = 1_000
QUERY_SECONDS_MAX: Final = 10.0

WAITING: Final = ("draft", "scheduled", "queued", "sending", "held")
_LIST: Final = {
    "waiting": WAITING,
    "unknown": ("unknown",),
    "failed": ("failed", "refused", "expired"),
    "done": ("accepted", "cancelled", "closed"),
}
# Accepted, and then WhatsApp said that it reached nobody. Failures are few: they are read first.
_UNDELIVERED: Final = """
    SELECT u.id FROM delivery AS d CROSS JOIN outgoing AS u
     WHERE d.failed_at IS NOT NULL AND u.wamid = d.wamid AND u.state = 'accepted'
       AND NOT EXISTS (SELECT 1 FROM delivery WHERE wamid = d.wamid AND failed_at IS NULL)
"""
OLDEST_FIRST: Final = frozenset({"waiting", "unknown"})


def _tab(name: str) -> str:
    if name == "all":
        return "1 = 1"
    states = f"o.state IN ({', '.join(repr(state) for state in _LIST[name])})"
    if name == "failed":
        return f"({states} OR o.id IN ({_UNDELIVERED}))"
    return f"{states} AND o.id NOT IN ({_UNDELIVERED})" if name == "done" else states


TAB_CONDITIONS: Final = {name: _tab(name) for name in ("all", *_LIST)}


class OutgoingRow(NamedTuple):
    """One message to send; instants in microseconds UTC, names and texts raw.

    `outcome` and `detail` are of the newest attempt; `task` is how far a human hand has come.
    """

    id: int
    ref: str
    conversation_id: int
    message_id: int | None
    driver: str
    purpose: str
    state: str
    state_reason: ForeignText
    text: ForeignText
    written_at: int
    not_before: int | None
    window_until: int | None
    number: ForeignText
    phone: str | None
    bsuid: str | None
    name: ForeignText
    is_group: bool
    written_by: ForeignText | None
    wamid: str | None
    attempts: int
    outcome: str | None
    code: int | None
    detail: ForeignText
    task: str | None
    kind: str
    template: ForeignText
    reached: Reached


def _table(tx: Transaction) -> str:
    """Where rows are read that may be seen. Indices alone answer while no batch is being written."""
    return "visible_outgoing" if tx.one("SELECT id FROM unopened_batch LIMIT 1") else "outgoing"


def ids(
    tx: Transaction,
    tab: str,
    where: str,
    parameters: dict[str, Any],
    *,
    seconds_max: float = QUERY_SECONDS_MAX,
) -> array[int]:
    """The ids of a tab: what still waits stands oldest first, everything else newest first.

    `where` is SQL over `o` (outgoing) made by the query language. Raises Transient when it takes too long.
    """
    way = "ASC" if tab in OLDEST_FIRST else "DESC"
    found = array("q")
    with tx.limited(seconds_max):
        cursor = tx.execute(
            f"""
            SELECT o.id FROM {_table(tx)} AS o
             WHERE {TAB_CONDITIONS[tab]} AND ({where})
             ORDER BY o.written_at {way}, o.id {way}
             LIMIT {LIST_MAX}
            """,
            parameters,
        )
        while rows := cursor.fetchmany(IDS_AT_ONCE):
            found.extend(row[0] for row in rows)
    return found


def counts(tx: Transaction) -> dict[str, int]:
    """How many messages each tab has, exactly."""
    rows = tx.rows(f"SELECT state, count(*) AS count FROM {_table(tx)} GROUP BY state LIMIT 100")
    by_state = {row["state"]: int(row["count"]) for row in rows}
    undelivered = int(tx.value(f"SELECT count(DISTINCT id) FROM ({_UNDELIVERED}) AS lost"))
    found = {name: sum(by_state.get(state, 0) for state in states) for name, states in _LIST.items()}
    found["failed"] += undelivered
    found["done"] -= undelivered
    return found | {"all": sum(by_state.values())}


_ROW: Final = f"""
    SELECT o.id, o.ref, o.conversation_id, o.message_id, o.driver, o.purpose, o.state, o.state_reason,
           substr(o.text, 1, {TEXT_CHARACTERS_MAX}) AS text, o.written_at, o.not_before, c.window_until, n.name AS number,
           p.value AS phone, b.value AS bsuid, coalesce(g.name, m.name, '') AS name, c.group_id IS NOT NULL AS is_group,
           w.name AS written_by, o.wamid, coalesce(a.n, 0) AS attempts, a.outcome, a.code, coalesce(a.detail, '') AS detail,
           t.state AS task, o.kind, o.template_name || ' ' || o.template_language AS template
      FROM outgoing AS o
      JOIN number AS n ON n.id = o.number_id
      {RECIPIENT}
      LEFT JOIN member AS m ON m.id = r.root_id
      LEFT JOIN operator AS w ON w.id = o.operator_id
      LEFT JOIN task AS t ON t.outgoing_id = o.id
      LEFT JOIN attempt AS a ON a.outgoing_id = o.id AND a.n = (SELECT max(n) FROM attempt WHERE outgoing_id = o.id)
"""
_IS_GROUP: Final = OutgoingRow._fields.index("is_group")


def rows(tx: Transaction, wanted: Sequence[int]) -> list[OutgoingRow]:
    """Rows by key, in the order asked for; what is gone is left out."""
    if not wanted:
        return []
    marks = ", ".join(f":id{place}" for place in range(len(wanted)))
    values = {f"id{place}": key for place, key in enumerate(wanted)}
    found = tx.rows(f"{_ROW} WHERE o.id IN ({marks})", values)
    heard = reached(tx, [row["wamid"] for row in found if row["wamid"] is not None])
    by_id = {row["id"]: _row(row, heard.get(row["wamid"], Reached())) for row in found}
    return [by_id[key] for key in wanted if key in by_id]


def _row(row: Row, its: Reached) -> OutgoingRow:
    """A row whose columns stand in the order of the fields: by place, because this is every line painted."""
    values = [*row, its]
    values[_IS_GROUP] = bool(values[_IS_GROUP])
    return OutgoingRow._make(values)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides which acts are for a message, and how a sheet names it."""

    id: int
    state: str
    driver: str
    phone: str | None
    name: ForeignText
    text: ForeignText


def standings(tx: Transaction, wanted: Sequence[int]) -> list[Standing]:
    """The standing of messages, in the order asked for; what is gone is left out."""
    found: list[Standing] = []
    for start in range(0, len(wanted), IDS_AT_ONCE):
        part = rows(tx, wanted[start : start + IDS_AT_ONCE])
        found += [Standing(one.id, one.state, one.driver, one.phone, one.name, one.text) for one in part]
    return found


@dataclass(frozen=True, slots=True)
class OutgoingDetail:
    """A message with `text` whole and raw. `attempts` and `deliveries` hold the newest `SHOWN_MAX`.

    An attempt: n, opaque, owner, started_at, ended_at, outcome, code, detail, trace, wamid. A
    delivery: participant, status, sent_at, delivered_at, read_at, played_at, failed_at, error_code,
    error_detail. Instants in microseconds UTC.
    """

    row: OutgoingRow
    text: ForeignText
    attempts: tuple[Row, ...]
    deliveries: tuple[Row, ...]


def detail(tx: Transaction, outgoing_id: int) -> OutgoingDetail:
    """Everything about one message. Raises NotFound."""
    found = rows(tx, [outgoing_id])
    if not found:
        raise NotFound("That outgoing message is not in this ledger.")
    attempts = tx.rows(
        """
        SELECT n, opaque, owner, started_at, ended_at, outcome, code, detail, trace, wamid
          FROM attempt WHERE outgoing_id = :id ORDER BY n DESC LIMIT :limit
        """,
        {"id": outgoing_id, "limit": SHOWN_MAX},
    )
    deliveries = tx.rows(
        """
        SELECT participant, status, sent_at, delivered_at, read_at, played_at, failed_at, error_code, error_detail
          FROM delivery WHERE wamid = :wamid ORDER BY participant LIMIT :limit
        """,
        {"wamid": found[0].wamid, "limit": SHOWN_MAX},
    )
    text = tx.value("SELECT text FROM outgoing WHERE id = :id", {"id": outgoing_id})
    return OutgoingDetail(found[0], ForeignText(text), tuple(reversed(attempts)), tuple(deliveries))
