"""What the Sync pane shows: numbers, lanes, what is unknown or held, notices, templates, what came in. Reads only.

Everything of it is read in one snapshot and by the pane's own worker; what is listed by key (messages) is an id
here, and its row is fetched when it is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from waconsole.clock import DAY, MINUTE
from waconsole.database.connection import Row, Transaction
from waconsole.outbox import store_breakers, store_numbers, store_numbers_rows, store_pacing, store_templates
from waconsole.outbox.store_pane_numbers import numbers as waiting_numbers
from waconsole.sync import notice_rows, receive_rows
from waconsole.text import ForeignText

IDS_MAX: Final = 1_000_000
SOME_MAX: Final = 50
NOTICES_MAX: Final = 1_000
LOG_MAX: Final = 200
RECENT_ATTEMPTS_MAX: Final = 10_000  # more than any number sends in a minute
LANES: Final = ("replies", "service", "campaign")
TEXT_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class NumberSeen:
    """A number of ours: how it stands (`state` ready, paused, stopped), how fast it sends, whom it reached.

    `trying` says that a breaker lets one message go first; instants in microseconds UTC, 0 or None: never.
    """

    id: int
    name: ForeignText
    phone: str | None
    driver: str
    state: str
    reason: ForeignText
    detail: ForeignText
    by: ForeignText | None
    since: int | None
    sent_last_minute: int
    per_second: int
    rest_until: int
    slowed_at: int
    retry_at: int | None
    trying: bool
    quality: str
    reached: int
    reach_max: int | None
    heard_at: int | None


class LaneSeen(NamedTuple):
    """What waits in one lane of a number."""

    number_id: int
    lane: int
    phone: str | None
    name: ForeignText
    queued: int
    sending: int
    oldest_at: int | None


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


@dataclass(frozen=True, slots=True)
class SyncSeen:
    """All of it, in one snapshot."""

    numbers: tuple[NumberSeen, ...]
    lanes: tuple[LaneSeen, ...]
    campaigns: tuple[Row, ...]
    notices: tuple[Row, ...]
    templates: tuple[Row, ...]
    counts: dict[str, int]
    tasks: int
    inward: Inward
    log: tuple[Row, ...]


def seen(tx: Transaction, *, now: int, with_log: bool) -> SyncSeen:
    """Read all of it; the log alone only where somebody looks at it."""
    return SyncSeen(
        numbers=tuple(_numbers(tx, now=now)),
        lanes=tuple(_lanes(tx)),
        campaigns=tuple(row for row in store_breakers.paused(tx) if row["scope"] == store_breakers.CAMPAIGN),
        notices=tuple(notice_rows.notices(tx, unseen=False, limit=NOTICES_MAX)),
        templates=tuple(store_templates.templates(tx)),
        counts=_counts(tx),
        tasks=int(tx.value("SELECT count(*) FROM task WHERE state IN ('offered', 'copied')")),
        inward=_inward(tx, now=now),
        log=tuple(_log(tx)) if with_log else (),
    )


def ids(tx: Transaction, state: str, *, limit: int = IDS_MAX) -> list[int]:
    """The messages in `state`, the oldest first."""
    rows = tx.rows(
        "SELECT id FROM outgoing WHERE state = :state ORDER BY written_at, id LIMIT :limit",
        {"state": state, "limit": limit},
    )
    return [row["id"] for row in rows]


def tried_at(tx: Transaction, outgoing_ids: list[int]) -> dict[int, int]:
    """When each of these messages was last tried."""
    marks = ", ".join(f":id{place}" for place in range(len(outgoing_ids)))
    rows = tx.rows(
        f"SELECT outgoing_id, max(started_at) AS at FROM attempt WHERE outgoing_id IN ({marks}) GROUP BY outgoing_id",
        {f"id{place}": key for place, key in enumerate(outgoing_ids)},
    )
    return {row["outgoing_id"]: row["at"] for row in rows}


def _numbers(tx: Transaction, *, now: int) -> list[NumberSeen]:
    sent = _sent_last_minute(tx, now=now)
    retries = {one.id: one.retry_at for one in waiting_numbers(tx)}
    listed = {row["number"]: row for row in store_numbers_rows.number_rows(tx, now=now)}
    heard = _heard_through(tx)
    found = []
    for row in store_numbers.all_numbers(tx):
        told = listed.get(row["ref"])
        if told is None:
            continue
        pace = store_pacing.pace(tx, row["id"])
        breaker = store_breakers.breaker(tx, store_breakers.NUMBER, str(row["id"]))
        everything = store_breakers.breaker(tx, store_breakers.ALL, "")
        found.append(
            NumberSeen(
                id=row["id"], name=ForeignText(row["name"]), phone=row["phone"], driver=row["driver"],
                state=told["state"], reason=ForeignText(told["reason"]), detail=ForeignText(breaker.detail),
                by=told["by"], since=row["paused_at"] or row["stopped_at"] or everything.since,
                sent_last_minute=sent.get(row["id"], 0), per_second=told["per_second"],
                rest_until=pace.rest_until, slowed_at=pace.slowed_at, retry_at=retries.get(row["id"]),
                trying=breaker.state == store_breakers.TRYING, quality=told["quality"],
                reached=told["reached"], reach_max=told["reach_max"], heard_at=heard.get(row["id"]),
            )
        )  # fmt: skip
    return found


def _sent_last_minute(tx: Transaction, *, now: int) -> dict[int, int]:
    rows = tx.rows(
        """
        SELECT o.number_id, count(*) AS times
          FROM attempt AS a JOIN outgoing AS o ON o.id = a.outgoing_id
         WHERE a.id > (SELECT coalesce(max(id), 0) FROM attempt) - :recent
           AND a.started_at > :since AND a.started_at <= :now AND a.outcome <> 'unsent'
         GROUP BY o.number_id LIMIT :limit
        """,
        {"recent": RECENT_ATTEMPTS_MAX, "since": now - MINUTE, "now": now, "limit": RECENT_ATTEMPTS_MAX},
    )
    return {row["number_id"]: row["times"] for row in rows}


def _heard_through(tx: Transaction) -> dict[int, int]:
    rows = tx.rows("SELECT number_id, through_at FROM gateway_mark LIMIT :limit", {"limit": SOME_MAX})
    return {row["number_id"]: row["through_at"] for row in rows}


def _lanes(tx: Transaction) -> list[LaneSeen]:
    """Three for each number; where there are several only those in which something waits."""
    numbers = [row for row in store_numbers.all_numbers(tx) if row["driver"] != store_numbers_rows.HUMAN]
    rows = tx.rows(
        """
        SELECT number_id, lane, sum(state <> 'sending') AS queued, sum(state = 'sending') AS sending,
               min(coalesce(not_before, written_at)) AS oldest_at
          FROM visible_outgoing
         WHERE state IN ('queued', 'sending') AND driver <> 'human'
         GROUP BY number_id, lane LIMIT :limit
        """,
        {"limit": IDS_MAX},
    )
    waiting = {(row["number_id"], row["lane"]): row for row in rows}
    found = []
    for number in numbers:
        for lane in range(len(LANES)):
            row = waiting.get((number["id"], lane))
            if row is None and len(numbers) > 1:
                continue
            counts = (0, 0, None) if row is None else (row["queued"], row["sending"], row["oldest_at"])
            found.append(LaneSeen(number["id"], lane, number["phone"], ForeignText(number["name"]), *counts))
    return found


def _counts(tx: Transaction) -> dict[str, int]:
    """How many messages are held, unknown, scheduled and failed since yesterday."""
    rows = tx.rows(
        """
        SELECT state, count(*) AS times FROM visible_outgoing
         WHERE state IN ('held', 'unknown', 'scheduled', 'failed') GROUP BY state LIMIT 10
        """
    )
    return dict.fromkeys(("held", "unknown", "scheduled", "failed"), 0) | {
        row["state"]: row["times"] for row in rows
    }


def _inward(tx: Transaction, *, now: int) -> Inward:
    counts = receive_rows.counts(tx)
    last = tx.one("SELECT received_at FROM inbound ORDER BY id DESC LIMIT 1")
    today = tx.value(
        """
        SELECT count(*) FROM inbound
         WHERE id > coalesce((SELECT max(id) FROM inbound WHERE received_at < :midnight), 0)
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


def _log(tx: Transaction) -> list[Row]:
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
              FROM (SELECT * FROM attempt ORDER BY id DESC LIMIT :limit) AS a
              JOIN outgoing AS o ON o.id = a.outgoing_id
            UNION ALL
            SELECT 'in', b.id, b.received_at, b.state, b.faults,
                   coalesce((SELECT i.kind FROM inbound_item AS i WHERE i.inbound_id = b.id ORDER BY i.place LIMIT 1), ''),
                   b.times, NULL, b.source, (SELECT count(*) FROM inbound_item AS i WHERE i.inbound_id = b.id)
              FROM (SELECT * FROM inbound ORDER BY id DESC LIMIT :limit) AS b
        ) AS latest
         ORDER BY at DESC, id DESC LIMIT :limit
        """,
        {"limit": LOG_MAX},
    )
