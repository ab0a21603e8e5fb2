"""What of a number may be tried now: by lane, and within one in turn by campaign. Reads only.

Every look follows the index `outgoing_lane`: what else waits is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

from waconsole.database.connection import Transaction
from waconsole.outbox.pace import WAIT_MAX
from waconsole.outbox.store_attempts import WAITING, Waiting

LANES: Final = (0, 1, 2)
REPLIES: Final = 0  # lanes
CAMPAIGNS: Final = 2
GROUPS_MAX: Final = 200  # campaigns of one lane that are looked at in turn
HELD_MAX: Final = 100_000

_OF_GROUP: Final = """
     WHERE o.state = 'queued' AND o.number_id = :number_id AND o.lane = :lane AND o.campaign = :campaign
       AND o.driver <> 'human'
"""
# Of a conversation only its first waiting message of a campaign (or of none), nothing while a lane before it waits, and
# none while one is on its way. Two campaigns do not wait for each other; what is paused blocks nobody.
_FIRST: Final = """
       AND NOT EXISTS (SELECT 1 FROM outgoing AS e
                        WHERE e.conversation_id = o.conversation_id AND e.number_id = o.number_id AND e.id <> o.id
                          AND e.state IN ('queued', 'sending')
                          AND (e.state = 'sending'
                               OR (e.lane = o.lane AND e.campaign = o.campaign AND e.id < o.id)
                               OR (e.lane < o.lane
                                   AND (e.campaign = ''
                                        OR e.campaign NOT IN (SELECT key FROM breaker
                                                               WHERE scope = 'campaign' AND state = 'paused')))))
"""
# A message that waits longer than WAIT_MAX met a clock that has been set back since: that counts as past.
_DUE: Final = (
    "o.not_before <= :now",
    "o.not_before IS NULL",
    "o.not_before > :now + :wait_max",
)


def campaigns_waiting(tx: Transaction, number_id: int, lane: int) -> list[str]:
    """The campaigns of a lane that something waits for, by name; "" stands for what is of none."""
    found: list[str] = []
    values: dict[str, object] = {"number_id": number_id, "lane": lane, "campaign": None}
    for _ in range(GROUPS_MAX):
        beyond = "AND campaign > :campaign" if found else ""
        campaign = tx.value(
            f"""
            SELECT campaign FROM outgoing
             WHERE state = 'queued' AND number_id = :number_id AND lane = :lane {beyond}
             ORDER BY campaign LIMIT 1
            """,
            values,
        )
        if campaign is None:
            break
        found.append(str(campaign))
        values["campaign"] = campaign
    return found


def due_ids(tx: Transaction, number_id: int, lane: int, campaign: str, *, now: int, limit: int) -> list[int]:
    """The messages of one campaign in one lane that may be tried now, in order."""
    values = {"number_id": number_id, "lane": lane, "campaign": campaign, "now": now, "wait_max": WAIT_MAX}
    found: list[int] = []
    for when in _DUE:
        if len(found) < limit:
            rows = tx.rows(
                f"""
                SELECT o.id FROM outgoing AS o {_OF_GROUP} AND {when} {_FIRST}
                 ORDER BY o.not_before, o.id LIMIT :limit
                """,
                {**values, "limit": limit - len(found)},
            )
            found += [row["id"] for row in rows]
    return found


def due(
    tx: Transaction, number_id: int, lane: int, *, now: int, limit: int, after: str, without: Collection[str]
) -> list[int]:
    """At most `limit` messages of a lane: one of each campaign in turn, beginning after the campaign `after`.

    Campaigns in `without` are passed over.
    """
    waiting = [it for it in campaigns_waiting(tx, number_id, lane) if it not in without]
    turns = [it for it in waiting if it > after] + [it for it in waiting if it <= after]
    each = -(-limit // len(turns)) if turns else 0
    lines: dict[str, list[int]] = {}
    for campaign in turns:
        if len(lines) < limit and (line := due_ids(tx, number_id, lane, campaign, now=now, limit=each)):
            lines[campaign] = line
    if sum(map(len, lines.values())) < limit and any(len(line) == each for line in lines.values()):
        # Some had less than their part: the others share it.
        lines = {it: due_ids(tx, number_id, lane, it, now=now, limit=limit) for it in lines}
    found = [line[place] for place in range(limit) for line in lines.values() if place < len(line)]
    return found[:limit]


def next_due_at(tx: Transaction, number_id: int, lane: int, *, without: Collection[str]) -> int | None:
    """The earliest instant that the first message of a conversation waits for (0: none); None: nothing is queued."""
    earliest: int | None = None
    for campaign in campaigns_waiting(tx, number_id, lane):
        if campaign in without:
            continue
        value = tx.value(
            f"""
            SELECT coalesce(o.not_before, 0) FROM outgoing AS o {_OF_GROUP} {_FIRST}
             ORDER BY o.not_before LIMIT 1
            """,
            {"number_id": number_id, "lane": lane, "campaign": campaign},
        )
        if value is not None and (earliest is None or value < earliest):
            earliest = int(value)
        if earliest == 0:
            break
    return earliest


def waiting_rows(tx: Transaction, outgoing_ids: Collection[int]) -> list[Waiting]:
    """These messages with all that says what is sent to whom, in the order asked for."""
    rows = tx.rows(
        f"{WAITING} WHERE o.id IN (SELECT value FROM json_each(:ids)) LIMIT :limit",
        {"ids": json.dumps(list(outgoing_ids)), "limit": len(outgoing_ids)},
    )
    found = {row["id"]: Waiting(**dict(row)) for row in rows}
    return [found[one] for one in outgoing_ids if one in found]


def is_anything_queued(tx: Transaction, number_id: int) -> bool:
    """Whether something waits on a number, whenever it may be tried."""
    return (
        tx.value(
            "SELECT 1 FROM outgoing WHERE state = 'queued' AND number_id = :id AND driver <> 'human' LIMIT 1",
            {"id": number_id},
        )
        is not None
    )


def held_of_campaign(tx: Transaction, campaign: str, reason: str) -> list[int]:
    """What a campaign's pause holds, by id, in order."""
    rows = tx.rows(
        """
        SELECT id FROM outgoing
         WHERE state = 'held' AND state_reason = :reason AND campaign = :campaign ORDER BY id LIMIT :limit
        """,
        {"reason": reason, "campaign": campaign, "limit": HELD_MAX},
    )
    return [row["id"] for row in rows]
