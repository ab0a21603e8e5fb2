"""One message to many members: written in small chunks, visible all at once, the same again adds nothing.

A batch stands in its row from its first chunk on. Nobody sees or sends its messages until the last small transaction
opens it; one whose writer died is gone on with by asking the same again. They wait as `scheduled` and are queued a part at a
time (`service_waking`), so that a queue of a hundred thousand stands in no reply's way; whether each may leave is asked
when it is taken (`service_eligible`).
"""

from __future__ import annotations

import hashlib
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.outbox import store, store_batches
from waconsole.outbox.service import columns_of, must_be_sendable
from waconsole.whatsapp.content import Content, as_body, shown

MEMBERS_MAX: Final = 10_000_000
IDS_AT_ONCE: Final = 5_000
PIECE: Final = 50  # members written between two looks at the clock and at who waits
CHUNK_SECONDS: Final = 0.020  # a transaction ends once it took so long
PIECES_MAX: Final = 1_000


class Query(NamedTuple):
    """A query whose column `id` is the member's, and its parameters."""

    sql: str
    parameters: Mapping[str, Any] = {}


class Worded(Protocol):
    """One template with words for each member: `sample` is how it stands for all, `digest` tells it from others."""

    @property
    def sample(self) -> Content:
        """With whatever is the same for all of them, its template above all."""

    @property
    def digest(self) -> str:
        """What it says, places unfilled."""

    def rows(self, member_ids: Sequence[int]) -> Iterable[tuple[int, str, str, int | None]]:
        """(member, content as JSON, text as it is shown, not before) of each.

        Both texts are NFC and without NUL, and the second is not empty; None: as all of them.
        """


OpenThreads = Callable[[Transaction, int, Sequence[int]], None]
Said = Content | Callable[[int], Content]


@dataclass(frozen=True, slots=True)
class Batched:
    """What came of it: `count` messages are in the batch, `added` of them were written now."""

    batch_id: int
    count: int
    added: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be said to all of them, and in whose name.

    `key` names the batch: the same key with the same content adds nothing, with another it is an error.
    `content` is one for all, a function of the member's id (its `digest` then says which), or one template `Worded`
    for each. Nothing of it leaves before `not_before`.
    """

    key: str
    number_id: int
    content: Said | Worded
    purpose: str
    campaign: str = ""
    operator_id: int | None = None
    rule: str = ""
    rule_version: int = 0
    expires_at: int | None = None
    driver: str = "cloud"
    digest: str = ""
    segment: str = ""
    not_before: int | None = None


async def enqueue_all(
    database: Database,
    members: Query | Iterable[int],
    wanted: Wanted,
    *,
    open_threads: OpenThreads,
    now: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Batched:
    """Queue a message for each of these members; nobody sees any of them before all are written.

    `members` is a query of members, or their ids.
    `open_threads(tx, number_id, member_ids)` sees to it that each has a conversation with the number. A
    run that ended half way (also by `cancelled`, which raises Refused) is gone on with by the next
    call with the same key. Raises Refused for another content under the same key.
    """
    ids = await _ids(database, members)
    digest = _digest(wanted)
    batch_id, opened = await database.write(lambda tx: _begin(tx, wanted, digest, now))
    before = await database.read(lambda tx: _count(tx, wanted.key))
    if opened:
        return Batched(batch_id, before, 0)
    writing = _Writing(wanted, batch_id, ids, open_threads, now)
    done = 0
    while done < len(ids):
        if cancelled():
            raise Refused(
                f"It was stopped after {done:,} of {len(ids):,}; nobody sees them. Ask the same again to go on."
            )
        done = await database.write(writing.chunk)
        progress(done, len(ids))
    await database.write(lambda tx: store_batches.open_batch(tx, batch_id, now=now))
    count = await database.read(lambda tx: _count(tx, wanted.key))
    return Batched(batch_id, count, count - before)


async def _ids(database: Database, members: Query | Iterable[int]) -> array[int]:
    """Whom it goes to, each once, in order of their ids."""
    if not isinstance(members, Query):
        return array("q", sorted(set(members)))
    sql, parameters = members

    def read(tx: Transaction) -> array[int]:
        found = array("q")
        cursor = tx.execute(
            f"SELECT DISTINCT id FROM ({sql}) AS wanted ORDER BY id LIMIT {MEMBERS_MAX}", parameters
        )
        while rows := cursor.fetchmany(IDS_AT_ONCE):
            found.extend(row[0] for row in rows)
        return found

    return await database.stream(read)


def _digest(wanted: Wanted) -> str:
    said = wanted.digest if callable(wanted.content) else _said(wanted.content)
    facts = "\x1f".join((said, wanted.purpose, wanted.campaign, str(wanted.number_id), wanted.driver))
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()


def _said(content: Content | Worded) -> str:
    return as_body(content) if isinstance(content, Content) else content.digest


def _begin(tx: Transaction, wanted: Wanted, digest: str, now: int) -> tuple[int, bool]:
    """(the batch of this key, whether it is open already)."""
    known = store_batches.batch_by_ref(tx, wanted.key)
    if known is None:
        if not callable(wanted.content):
            said = wanted.content if isinstance(wanted.content, Content) else wanted.content.sample
            must_be_sendable(shown(said))
        begun = store_batches.begin(
            tx, ref=wanted.key, number_id=wanted.number_id, purpose=wanted.purpose, campaign=wanted.campaign, content=digest,
            now=now, not_before=wanted.not_before,
        )  # fmt: skip
        return begun, False
    if known["withdrawn"]:
        raise Refused(f"{wanted.key} was withdrawn: choose another key.")
    if known["content"] != digest:
        raise Refused(f"{wanted.key} was queued with another content: choose another key.")
    return int(known["id"]), known["opened_at"] is not None


def _count(tx: Transaction, key: str) -> int:
    row = store_batches.batch_by_ref(tx, key)
    return 0 if row is None else int(row["row_count"])


class _Writing:
    """A batch that is being written, by this process and perhaps by another one: where it stands is in its row."""

    def __init__(
        self, wanted: Wanted, batch_id: int, ids: array[int], open_threads: OpenThreads, now: int
    ) -> None:
        self._wanted, self._batch_id, self._ids, self._open_threads = wanted, batch_id, ids, open_threads
        key = hashlib.sha256(wanted.key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self._fields: dict[str, Any] = {
            "ref": f"out-{key}",
            "number_id": wanted.number_id,
            "driver": wanted.driver,
            "purpose": wanted.purpose,
            "campaign": wanted.campaign,
            "segment": wanted.segment,
            "rule": wanted.rule,
            "rule_version": wanted.rule_version,
            "operator_id": wanted.operator_id,
            "expires_at": wanted.expires_at,
            "not_before": wanted.not_before,
            "batch_id": batch_id,
            "now": now,
        }
        if not callable(wanted.content):
            said = wanted.content if isinstance(wanted.content, Content) else wanted.content.sample
            self._fields |= columns_of(said)

    def chunk(self, tx: Transaction) -> int:
        """Write for a moment, or until somebody waits; answers for how many members it has been written."""
        ends = time.monotonic() + CHUNK_SECONDS
        if store_batches.is_withdrawn(tx, self._batch_id):
            raise Refused(f"{self._wanted.key} was withdrawn while it was queued: nobody sees it.")
        at = bisect_right(self._ids, store_batches.through(tx, self._batch_id))
        for _ in range(PIECES_MAX):
            part = self._ids[at : at + PIECE]
            if not part:
                break
            self._open_threads(tx, self._wanted.number_id, part)
            store_batches.went_on(tx, self._batch_id, through_id=part[-1], count=self._write(tx, part))
            at += len(part)
            if time.monotonic() >= ends or tx.somebody_waits():
                break
        return at

    def _write(self, tx: Transaction, member_ids: Sequence[int]) -> int:
        content = self._wanted.content
        if not callable(content):
            if isinstance(content, Content):
                return store.add_many(tx, self._fields, member_ids)
            return store.add_worded(tx, self._fields, content.rows(member_ids))
        written = 0
        for member_id in member_ids:
            said = content(member_id)
            must_be_sendable(shown(said))
            written += store.add_one_of_many(tx, {**self._fields, **columns_of(said)}, member_id)
        return written
