"""What the Sync pane shows: numbers, lanes, what is unknown or held, notices, templates, what came in. Reads only.

Everything of it is read in one snapshot and by the pane's own worker; what is listed by key (messages) is an id
here, and its row is fetched when it is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from waconsole.clock import MINUTE
from waconsole.database.connection import Row, Transaction
from waconsole.outbox import store_breakers, store_numbers, store_pacing, store_templates
from waconsole.sync import notice_rows
from waconsole.sync.store_pane_sync_log import Inward, inward, log
from waconsole.text import ForeignText

IDS_MAX: Final = 1_000_000
SOME_MAX: Final = 50
NOTICES_MAX: Final = 1_000
RECENT_ATTEMPTS_MAX: Final = 10_000  # more than any number sends in a minute
LANES: Final = ("replies", "service", "campaign")
FULL_LANE: Final = 1_000
HUMAN: Final = "human"
# Counted in the index alone; what a human hand sends is few and taken off.
_QUEUED: Final = """
    SELECT (SELECT count(*) FROM outgoing WHERE number_id = :number AND lane = :lane AND state = 'queued')
         - (SELECT count(*) FROM task AS t JOIN outgoing AS o ON o.id = t.outgoing_id
             WHERE t.state IN ('offered', 'copied') AND o.number_id = :number AND o.lane = :lane AND o.state = 'queued')
"""
_IN_LANE: Final = "FROM outgoing WHERE number_id = :number AND lane = :lane AND driver <> 'human'"


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
        inward=inward(tx, now=now),
        log=tuple(log(tx)) if with_log else (),
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
    sent, retries, heard = _sent_last_minute(tx, now=now), _retries(tx, now=now), _heard_through(tx)
    everything = store_breakers.breaker(tx, store_breakers.ALL, "")
    rules = store_pacing.rules(tx, now=now)
    names = dict(tx.execute("SELECT id, name FROM operator LIMIT 10000").fetchall())
    found = []
    for row in store_numbers.all_numbers(tx):
        if row["driver"] == HUMAN:
            continue
        state, reason, by, since = _stands(row, everything)
        pace, breaker = store_pacing.pace(tx, row["id"]), store_breakers.breaker(tx, "number", str(row["id"]))
        portfolio = store_pacing.portfolio(tx, row["portfolio"])
        first = now - rules.portfolio_span - rules.reach_span
        reached, _first = store_pacing.reached(
            tx, row["portfolio"], after=first, through=now + rules.reach_span
        )
        found.append(
            NumberSeen(
                id=row["id"], name=ForeignText(row["name"]), phone=row["phone"], driver=row["driver"], state=state,
                reason=ForeignText(reason), detail=ForeignText(breaker.detail), by=names.get(by), since=since,
                sent_last_minute=sent.get(row["id"], 0),
                per_second=row["per_second_max"] or (rules.shared_per_second if row["shared"] else rules.per_second),
                rest_until=pace.rest_until, slowed_at=pace.slowed_at, retry_at=retries.get(row["id"]),
                trying=breaker.state == store_breakers.TRYING, quality=row["quality"], reached=reached,
                reach_max=portfolio.limit_max if portfolio.is_told else rules.portfolio_first_max,
                heard_at=heard.get(row["id"]),
            )
        )  # fmt: skip
    return found


def _stands(number: Row, everything: store_breakers.Breaker) -> tuple[str, str, int | None, int | None]:
    """(state, reason, the operator who paused it, since when): as `numbers list` says it."""
    if number["paused_at"] is not None:
        return "paused", number["paused_reason"], number["paused_by"], number["paused_at"]
    if everything.state == store_breakers.PAUSED:
        return "paused", everything.reason, everything.operator_id, everything.since
    if number["stopped_reason"]:
        return "stopped", number["stopped_reason"], None, number["stopped_at"]
    return "ready", "", None, None


def _retries(tx: Transaction, *, now: int) -> dict[int, int]:
    """When a number that could not be reached is tried again, from what was tried last."""
    rows = tx.rows(
        """
        SELECT o.number_id, min(o.not_before) AS at
          FROM (SELECT outgoing_id, outcome FROM attempt ORDER BY id DESC LIMIT :recent) AS a
          JOIN outgoing AS o ON o.id = a.outgoing_id
         WHERE a.outcome = 'unsent' AND o.state = 'queued' AND o.not_before > :now
         GROUP BY o.number_id LIMIT :recent
        """,
        {"recent": SOME_MAX, "now": now},
    )
    return {row["number_id"]: row["at"] for row in rows}


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
    numbers = [row for row in store_numbers.all_numbers(tx) if row["driver"] != HUMAN]
    found = []
    for number in numbers:
        for lane in range(len(LANES)):
            here = {"number": number["id"], "lane": lane}
            queued = int(tx.value(_QUEUED, here))
            sending = int(tx.value(f"SELECT count(*) {_IN_LANE} AND state = 'sending'", here))
            if len(numbers) > 1 and not queued + sending:
                continue
            oldest = _oldest_at(tx, here, queued) if queued else None
            found.append(
                LaneSeen(
                    number["id"], lane, number["phone"], ForeignText(number["name"]), queued, sending, oldest
                )
            )
    return found


def _oldest_at(tx: Transaction, here: dict[str, int], queued: int) -> int | None:
    """Since when the oldest of a lane may leave. A full lane is walked from its oldest message, a short one read whole."""
    if queued > FULL_LANE:
        sql = f"SELECT coalesce(not_before, written_at) {_IN_LANE} AND state = 'queued' ORDER BY written_at, id LIMIT 1"
    else:
        sql = f"SELECT min(coalesce(not_before, written_at)) {_IN_LANE} AND state = 'queued'"
    value = tx.value(sql, here)
    return None if value is None else int(value)


def _counts(tx: Transaction) -> dict[str, int]:
    """How many messages are held, unknown, scheduled and failed; what is still being written is not among them."""
    found = {
        state: int(tx.value("SELECT count(*) FROM outgoing WHERE state = :state", {"state": state}))
        for state in ("held", "unknown", "failed")
    }
    scheduled = tx.value(
        """
        SELECT (SELECT count(*) FROM outgoing WHERE state = 'scheduled' AND batch_id = 0)
             + (SELECT count(*) FROM outgoing
                 WHERE state = 'scheduled' AND batch_id <> 0 AND batch_id NOT IN (SELECT id FROM unopened_batch))
        """
    )
    return found | {"scheduled": int(scheduled)}
