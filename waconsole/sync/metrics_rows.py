"""How both roads stand, in figures for a monitor. Reads only; nothing of a member is among them."""

from __future__ import annotations

from typing import Any, Final

from waconsole.database.connection import Transaction
from waconsole.sync.metrics import Family

ROWS_MAX: Final = 10_000
LANES: Final = ("reply", "service", "campaign")


def families(tx: Transaction, *, now: int) -> list[Family]:
    """Every metric as it stands at `now`; ages in seconds."""
    return [
        Family("outgoing_waiting", "Outgoing messages that are not at an end, by number and state.", "gauge", _waiting(tx)),
        Family("outgoing_oldest_seconds", "Age of the oldest message that may leave, by lane.", "gauge", _oldest(tx, now)),
        Family("attempts_total", "Attempts to send since the ledger began.", "counter", [({}, _last_id(tx, "attempt"))]),
        Family("tasks_open", "Messages that wait for a human hand.", "gauge", [({}, _count(tx, "SELECT count(*) FROM task WHERE state IN ('offered', 'copied')"))]),
        Family("number_stopped", "1 while WhatsApp takes nothing from a number.", "gauge", _stopped(tx)),
        Family("inbound_bodies_total", "Bodies that were kept since the ledger began.", "counter", [({}, _last_id(tx, "inbound"))]),
        Family("inbound_waiting", "Bodies that wait to be taken apart.", "gauge", [({}, _count(tx, "SELECT count(*) FROM inbound WHERE state = 'waiting'"))]),
        Family("inbound_items_left", "Things that came in and stand aside, by state.", "gauge", _left(tx)),
        Family("inbound_last_seconds", "Age of the body that came last.", "gauge", _last_body(tx, now)),
        Family("shop_bodies_total", "Bodies of shops that were kept since the ledger began, by kind of shop.", "counter", _shops(tx)),
        Family("shop_last_seconds", "Age of the body that came last from a shop, by kind of shop.", "gauge", _shops_last(tx, now)),
        Family("inbound_refused_total", "What was sent to the receiver and not taken, by reason.", "counter", _refused(tx)),
    ]  # fmt: skip


def _count(tx: Transaction, sql: str) -> float:
    return float(tx.value(sql))


def _last_id(tx: Transaction, table: str) -> float:
    """Rows of these tables are never deleted and their ids dense: the last id is how many there were."""
    return float(tx.value(f"SELECT coalesce(max(id), 0) FROM {table}"))


def _samples(tx: Transaction, sql: str, **values: Any) -> list[tuple[dict[str, str], float]]:
    """Each row as a sample: its last column is the value, the others are labels."""
    found = []
    for row in tx.rows(f"{sql} LIMIT :limit", {**values, "limit": ROWS_MAX}):
        *names, value = row.keys()
        found.append(({name: str(row[name]) for name in names}, float(row[value])))
    return found


def _waiting(tx: Transaction) -> list[tuple[dict[str, str], float]]:
    return _samples(
        tx,
        """
        SELECT n.ref AS number, o.state AS state, count(*) AS messages
          FROM outgoing AS o JOIN number AS n ON n.id = o.number_id
         WHERE o.state IN ('draft', 'scheduled', 'queued', 'sending', 'held', 'unknown')
         GROUP BY n.ref, o.state ORDER BY n.ref, o.state
        """,
    )


def _oldest(tx: Transaction, now: int) -> list[tuple[dict[str, str], float]]:
    rows = tx.rows(
        """
        SELECT lane, min(coalesce(not_before, written_at)) AS since FROM outgoing
         WHERE state = 'queued' AND driver <> 'human' GROUP BY lane ORDER BY lane LIMIT :limit
        """,
        {"limit": ROWS_MAX},
    )
    return [({"lane": LANES[row["lane"]]}, max(now - row["since"], 0) / 1_000_000) for row in rows]


def _stopped(tx: Transaction) -> list[tuple[dict[str, str], float]]:
    return _samples(
        tx,
        "SELECT ref AS number, stopped_reason <> '' AS stopped FROM number WHERE driver <> 'human' ORDER BY ref",
    )


def _left(tx: Transaction) -> list[tuple[dict[str, str], float]]:
    return _samples(
        tx,
        "SELECT state, count(*) AS items FROM inbound_item WHERE state <> 'done' GROUP BY state ORDER BY state",
    )


def _last_body(tx: Transaction, now: int) -> list[tuple[dict[str, str], float]]:
    at = tx.value("SELECT received_at FROM inbound ORDER BY id DESC LIMIT 1")
    return [] if at is None else [({}, max(now - at, 0) / 1_000_000)]


def _shops(tx: Transaction) -> list[tuple[dict[str, str], float]]:
    return _samples(
        tx,
        """
        SELECT source AS shop, count(*) AS bodies FROM inbound
         WHERE source IN ('shopify', 'woocommerce', 'generic') GROUP BY source ORDER BY source
        """,
    )


def _shops_last(tx: Transaction, now: int) -> list[tuple[dict[str, str], float]]:
    return _samples(
        tx,
        """
        SELECT source AS shop, max(:now - max(received_at), 0) / 1000000.0 AS age FROM inbound
         WHERE source IN ('shopify', 'woocommerce', 'generic') GROUP BY source ORDER BY source
        """,
        now=now,
    )


def _refused(tx: Transaction) -> list[tuple[dict[str, str], float]]:
    return _samples(
        tx, "SELECT reason, sum(times) AS times FROM inbound_refusal GROUP BY reason ORDER BY reason"
    )
