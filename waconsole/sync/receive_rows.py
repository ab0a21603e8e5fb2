"""Rows of what came in: bodies and their items. Their only writer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waconsole.database.connection import Row, Transaction
from waconsole.sync.hooks_signed import TOPICS
from waconsole.text import stored

ITEMS_LISTED_MAX: Final = 100_000
REASON_CHARACTERS_MAX: Final = 2_000
RAW_CHARACTERS_MAX: Final = 3 << 20
LEFT: Final = ("quarantined", "trying", "kept")


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it came; `received_at` in microseconds UTC.

    `source` says who sent it: `webhook`, `gateway` or a shop (`shopify`, `woocommerce`, `generic`). A shop's
    `topic` is what it says the body is about, its `delivery` its own name for this delivery, where it has one.
    """

    content: bytes
    received_at: int
    source: str = "webhook"
    topic: str = ""
    delivery: str = ""

    @property
    def digest(self) -> str:
        """What it is: the same bytes of a shop about something else that we take are another body."""
        told = f"{self.source} {self.topic}\n".encode() if self.topic in TOPICS else b""
        return hashlib.sha256(told + self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item; `reason` is a sentence for the operator where it is not done.

    `attempts` counts this try too; `again_at` is when one that is `trying` is tried again.
    """

    key: str
    number: str
    kind: str
    state: str
    reason: str = ""
    raw: str = ""
    attempts: int = 1
    again_at: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A thing that came before, in whatever body, and what became of it."""

    id: int
    state: str
    reason: str
    attempts: int
    again_at: int | None


def keep_bodies(tx: Transaction, bodies: Sequence[Body]) -> int:
    """Store bodies; one that is here already is only counted. Answers how many are new."""
    new = 0
    for body in bodies:
        if body.delivery and _came_before(tx, body):
            continue
        new += tx.value(
            """
            INSERT INTO inbound (received_at, source, topic, delivery, body, digest, state)
            VALUES (:received_at, :source, :topic, :delivery, :body, :digest, 'waiting')
                ON CONFLICT (digest) DO UPDATE SET times = times + 1
            RETURNING times = 1
            """,
            {
                "received_at": body.received_at,
                "source": body.source,
                "topic": body.topic,
                "delivery": body.delivery,
                "body": body.content,
                "digest": body.digest,
            },
        )
    return new


def _came_before(tx: Transaction, body: Body) -> bool:
    """Count a delivery that its sender repeats under the name it had before."""
    cursor = tx.execute(
        "UPDATE inbound SET times = times + 1 WHERE source = :source AND delivery = :delivery AND delivery <> ''",
        {"source": body.source, "delivery": body.delivery},
    )
    return cursor.rowcount > 0


def waiting_bodies(tx: Transaction, *, limit: int) -> list[int]:
    """The ids of bodies that wait, the oldest first."""
    rows = tx.rows(
        "SELECT id FROM inbound WHERE state = 'waiting' ORDER BY id LIMIT :limit", {"limit": limit}
    )
    return [row["id"] for row in rows]


def waiting_count(tx: Transaction) -> int:
    """How many bodies wait to be taken apart."""
    return int(tx.value("SELECT count(*) FROM inbound WHERE state = 'waiting'"))


def last_received_at(tx: Transaction) -> int | None:
    """When the last body came, in microseconds UTC; None when none ever did."""
    value = tx.value("SELECT received_at FROM inbound ORDER BY id DESC LIMIT 1")
    return None if value is None else int(value)


def bodies(tx: Transaction, inbound_ids: Sequence[int]) -> list[tuple[int, bytes, str, str, str]]:
    """(id, body, digest, source, topic) of bodies, in the order of `inbound_ids`."""
    sql = "SELECT id, body, digest, source, topic FROM inbound WHERE id = :id"
    found = [tx.one(sql, {"id": inbound_id}) for inbound_id in inbound_ids]
    return [tuple(row) for row in found if row is not None]


def finish_body(tx: Transaction, inbound_id: int) -> None:
    """A body has been taken apart."""
    tx.execute(
        """
        UPDATE inbound
           SET state = 'done',
               faults = (SELECT count(*) FROM inbound_item WHERE inbound_id = :id AND state = 'quarantined')
         WHERE id = :id
        """,
        {"id": inbound_id},
    )


def empty_bodies(tx: Transaction, *, before: int, limit: int) -> int:
    """Empty the oldest bodies that came before an instant and of which nothing stands aside; answers how many."""
    return tx.execute(
        """
        UPDATE inbound SET body = x''
         WHERE id IN (SELECT b.id FROM inbound AS b
                       WHERE b.received_at < :before AND b.state = 'done' AND b.body <> x''
                         AND NOT EXISTS (SELECT 1 FROM inbound_item AS i WHERE i.inbound_id = b.id AND i.state <> 'done')
                       ORDER BY b.received_at LIMIT :limit)
        """,
        {"before": before, "limit": limit},
    ).rowcount


def empty_aside(tx: Transaction, *, before: int, limit: int) -> int:
    """Empty the oldest bodies of which something has stood aside since before an instant, and its own text with them."""
    found = tx.rows(
        """
        SELECT id FROM inbound
         WHERE received_at < :before AND state = 'done' AND body <> x''
           AND id NOT IN (SELECT inbound_id FROM inbound_item WHERE again_at IS NOT NULL)
         ORDER BY received_at LIMIT :limit
        """,
        {"before": before, "limit": limit},
    )
    ids = [{"id": row["id"]} for row in found]
    tx.executemany("UPDATE inbound_item SET raw = '' WHERE inbound_id = :id AND raw <> ''", ids)
    tx.executemany("UPDATE inbound SET body = x'' WHERE id = :id", ids)
    return len(ids)


def known(tx: Transaction, key: str) -> Known | None:
    """The thing of that key when it came before; of somebody who was erased since, it is known by its hash."""
    sql = "SELECT id, state, reason, attempts, again_at FROM inbound_item WHERE key IN (:key, :erased)"
    row = tx.one(sql, {"key": _kept_key(key), "erased": hashed_key(key)})
    return None if row is None else Known(*row)


def add_item(tx: Transaction, inbound_id: int, place: int, outcome: Outcome, *, now: int) -> None:
    """Write what became of an item of a body."""
    tx.execute(
        """
        INSERT INTO inbound_item (
            inbound_id, place, key, number, kind, state, reason, raw, attempts, again_at, handled_at
        )
        VALUES (:inbound_id, :place, :key, :number, :kind, :state, :reason, :raw, :attempts, :again_at, :now)
        """,
        {"inbound_id": inbound_id, "place": place, "now": now, **_columns(outcome)},
    )


def set_item(tx: Transaction, item_id: int, outcome: Outcome, *, now: int) -> None:
    """Write what became of an item that was tried again."""
    tx.execute(
        """
        UPDATE inbound_item
           SET kind = :kind, state = :state, reason = :reason, raw = :raw, attempts = :attempts,
               again_at = :again_at, handled_at = :now
         WHERE id = :id
        """,
        {"id": item_id, "now": now, **_columns(outcome)},
    )
    tx.execute(
        """
        UPDATE inbound
           SET faults = (SELECT count(*) FROM inbound_item WHERE inbound_id = inbound.id AND state = 'quarantined')
         WHERE id = (SELECT inbound_id FROM inbound_item WHERE id = :id)
        """,
        {"id": item_id},
    )


def hashed_key(key: str) -> str:
    """What stands for a key that no file takes, or that names somebody who was erased."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _kept_key(key: str) -> str:
    """A key as the ledger can hold it: what no file takes is hashed, so that no two become one."""
    return key if key.isprintable() else hashed_key(key)


def _columns(outcome: Outcome) -> dict[str, Any]:
    return {
        "key": _kept_key(outcome.key),
        "number": stored(outcome.number),
        "kind": stored(outcome.kind),
        "state": outcome.state,
        "reason": stored(outcome.reason[:REASON_CHARACTERS_MAX]),
        "raw": stored(outcome.raw[:RAW_CHARACTERS_MAX]),
        "attempts": outcome.attempts,
        "again_at": outcome.again_at,
    }


_ITEM: Final = """
    SELECT i.id, i.inbound_id, i.place, i.key, i.number, i.kind, i.state, i.attempts, i.reason, i.raw, i.handled_at,
           b.received_at, length(b.body) > 0 AS is_whole
      FROM inbound_item AS i
      JOIN inbound AS b ON b.id = i.inbound_id
"""


def items_left(tx: Transaction, *, states: Iterable[str] = LEFT) -> list[Row]:
    """Items that are not done, the newest first."""
    wanted = [state for state in LEFT if state in states]
    marks = ", ".join(f":state{place}" for place in range(len(wanted)))
    return tx.rows(
        f"{_ITEM} WHERE i.state IN ({marks}) ORDER BY i.id DESC LIMIT :limit",
        {**{f"state{place}": state for place, state in enumerate(wanted)}, "limit": ITEMS_LISTED_MAX},
    )


def item_by_id(tx: Transaction, item_id: int) -> Row | None:
    """One item with all that is known of it, or None."""
    return tx.one(f"{_ITEM} WHERE i.id = :id", {"id": item_id})


def counts(tx: Transaction) -> dict[str, int]:
    """How many items stand aside, by state, and how many bodies wait."""
    found = {
        row["state"]: row["items"]
        for row in tx.rows(
            "SELECT state, count(*) AS items FROM inbound_item WHERE state <> 'done' GROUP BY state LIMIT 10"
        )
    }
    return {state: found.get(state, 0) for state in LEFT} | {"waiting": waiting_count(tx)}
