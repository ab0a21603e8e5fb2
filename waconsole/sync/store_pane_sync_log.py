"""What came in, and the last attempts and bodies, as the Sync pane shows them. Reads only."""

from __future__ import annotations

from typing import Final, NamedTuple

from waconsole.clock import DAY
from waconsole.database.connection import Row, Transaction
from waconsole.sync import receive_rows
from waconsole.text import ForeignText

SOME_MAX: Final = 50
LOG_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 200


class Inward(NamedTuple):
    """How what comes in stands: bodies since midnight UTC, what waits, what stands aside, what was refused."""

    today: int
    last_at: int | None
    waiting: int
    waiting_since: int | None
    quarantined: int
    kept: int
    refused_today: int
    refused_for: ForeignText
    refused_at: int | None


def inward(tx: Transaction, *, now: int) -> Inward:
    """How what comes in stands at `now`."""
    counts = receive_rows.counts(tx)
    last = tx.one("SELECT received_at FROM inbound ORDER BY id DESC LIMIT 1")
    # Ids are dense and rows never deleted: the last of yesterday says how many came today.
    today = tx.value(
        """
        SELECT coalesce((SELECT max(id) FROM inbound), 0)
             - coalesce((SELECT id FROM inbound WHERE received_at < :midnight ORDER BY id DESC LIMIT 1), 0)
        """,
        {"midnight": now - now % DAY},
    )
    refused = tx.rows(
        "SELECT reason, times, last_at FROM inbound_refusal WHERE day = :day ORDER BY last_at DESC LIMIT :limit",
        {"day": now // DAY, "limit": SOME_MAX},
    )
    return Inward(
        today=int(today),
        last_at=None if last is None else last["received_at"],
        waiting=counts["waiting"],
        waiting_since=tx.value("SELECT min(received_at) FROM inbound WHERE state = 'waiting'"),
        quarantined=counts["quarantined"],
        kept=counts["kept"],
        refused_today=sum(row["times"] for row in refused),
        refused_for=ForeignText(refused[0]["reason"] if refused else ""),
        refused_at=refused[0]["last_at"] if refused else None,
    )


def log(tx: Transaction) -> list[Row]:
    """The last attempts and bodies, newest first; `way` is `out` or `in`.

    Of an attempt: outcome, code, detail, the message's id and text; of a body: state, how much of it stands aside
    (`code`), its first kind (`detail`), how many bytes.
    """
    return tx.rows(
        f"""
        SELECT * FROM (
            SELECT 'out' AS way, a.id, a.started_at AS at, a.outcome AS state, a.code, a.detail, a.n AS times,
                   a.outgoing_id, substr(o.text, 1, {TEXT_CHARACTERS_MAX}) AS text,
                   coalesce(a.ended_at, a.started_at) - a.started_at AS took
              FROM (SELECT id, outgoing_id, n, started_at, ended_at, outcome, code, detail FROM attempt
                     ORDER BY id DESC LIMIT :limit) AS a
              JOIN outgoing AS o ON o.id = a.outgoing_id
            UNION ALL
            SELECT 'in', b.id, b.received_at, b.state, b.faults,
                   coalesce((SELECT i.kind FROM inbound_item AS i WHERE i.inbound_id = b.id ORDER BY i.place LIMIT 1), ''),
                   b.times, NULL, b.source, (SELECT count(*) FROM inbound_item AS i WHERE i.inbound_id = b.id)
              FROM (SELECT id, received_at, state, faults, times, source FROM inbound ORDER BY id DESC LIMIT :limit) AS b
        ) AS latest
         ORDER BY at DESC, id DESC LIMIT :limit
        """,
        {"limit": LOG_MAX},
    )
