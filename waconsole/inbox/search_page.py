"""Pages of a search: the newest messages that match, at once, and how many there are in all.

The index answers keys by day, newest first. Where a day's keys do not rise with time they are put in order by their
marks (`search_time`), so that only the rows of the page are read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from operator import attrgetter, neg
from typing import NamedTuple

from waconsole.inbox import words
from waconsole.inbox.search import (
    MARK_MAX,
    SLOT_BITS,
    Tx,
    exact_query,
    mark_of,
    marks,
    slot_of,
)
from waconsole.inbox.words import Term

PAGE_ROWS_MAX = 1_000
CANDIDATES_PER_ROW_MAX = 3
WALKED_MAX = 2_000
KEYS_AT_FIRST = 256
KEYS_AT_ONCE_MAX = 4_096
ROWS_AT_ONCE = 256
_BEYOND = (1 << 63) - 1
_NEWEST = attrgetter("sent_at", "id")


class Found(NamedTuple):
    """A message that was found. `sent_at` in microseconds UTC; `text` as it was sent, not safe to show."""

    id: int
    conversation_id: int
    sent_at: int
    kind: str
    text: str
    search_key: int


class _Wanted(NamedTuple):
    """What a page is to hold: `check` is the rule the rows must pass where the index only offers candidates."""

    limit: int
    conversation: int | None
    before: tuple[int, int] | None
    check: tuple[Term, ...] | None
    read_max: int | None


def count(tx: Tx, terms: tuple[Term, ...], *, conversation: int | None = None) -> int:
    """How many visible messages match, exactly. Takes as long as it takes: interrupt it by the connection."""
    if conversation is not None and _is_quiet(tx, conversation):
        return sum(1 for _ in _walked(tx, terms, conversation, None))
    table, match = exact_query(terms)
    if conversation is None and not tx.execute("SELECT EXISTS (SELECT 1 FROM open_run)").fetchone()[0]:
        # Nobody sees a message of ours that was cancelled. They are few: their keys are looked up in the index.
        sql = f"""
            SELECT (SELECT count(*) FROM {table} WHERE {table} MATCH :match)
                 - (SELECT count(*) FROM {table}
                     WHERE {table} MATCH :match
                       AND rowid IN (SELECT m.search_key FROM outgoing AS o JOIN message AS m ON m.id = o.message_id
                                      WHERE o.state = 'cancelled'))
            """
    else:
        sql = f"""
            SELECT count(*)
              FROM {table} CROSS JOIN visible_message AS m ON m.search_key = {table}.rowid
             WHERE {table} MATCH :match AND (:conversation IS NULL OR m.conversation_id = :conversation)
            """
    found: int = tx.execute(sql, {"match": match, "conversation": conversation}).fetchone()[0]
    return found


def first_page(
    tx: Tx,
    terms: tuple[Term, ...],
    *,
    limit: int = 50,
    conversation: int | None = None,
    before: tuple[int, int] | None = None,
) -> list[Found]:
    """The newest visible messages that match, by (sent_at, id) falling; at most `limit`.

    `before` is the (sent_at, id) of the last row of a page: the next page starts after it.
    """
    limit = min(limit, PAGE_ROWS_MAX)
    if conversation is not None and _is_quiet(tx, conversation):
        return list(islice(_walked(tx, terms, conversation, before), limit))
    candidates, exact = words.beginnings_expression(terms)
    if candidates and (exact or words.reads_beginnings(terms)):
        read_max = None if exact else CANDIDATES_PER_ROW_MAX * limit
        wanted = _Wanted(limit, conversation, before, None if exact else terms, read_max)
        page = _page(tx, "search_beginning", candidates, wanted)
        if page is not None:
            return page
    wanted = _Wanted(limit, conversation, before, None, None)
    return _page(tx, "search_word", words.match_expression(terms), wanted) or []


def _page(tx: Tx, table: str, match: str, wanted: _Wanted) -> list[Found] | None:
    """The page of one query of the index; None when more than `read_max` rows would have to be read."""
    page: list[Found] = []
    read = 0
    for keys in _bundles(tx, table, match, wanted):
        if len(page) >= wanted.limit:
            break
        if wanted.read_max is not None and read >= wanted.read_max:
            return None
        read += len(keys)
        rows = [row for row in _rows(tx, keys, wanted.conversation) if _belongs(row, wanted)]
        page += sorted(rows, key=_NEWEST, reverse=True)
    return page[: wanted.limit]


def _belongs(row: Found, wanted: _Wanted) -> bool:
    return (wanted.before is None or (row.sent_at, row.id) < wanted.before) and (
        wanted.check is None or words.matches(wanted.check, row.text)
    )


def _bundles(tx: Tx, table: str, match: str, wanted: _Wanted) -> Iterator[list[int]]:
    """Keys in bundles: every message of a bundle is newer than all of the bundles after it."""
    hits = _Hits(tx, table, match)
    below, size = _key_below(tx, wanted.before), KEYS_AT_FIRST
    spilled: list[int] = []
    while keys := hits.newest(below, size):
        below, size = (keys[-1] if len(keys) == size else 0), min(4 * size, KEYS_AT_ONCE_MAX)
        start = 0
        while start < len(keys):
            slot = keys[start] >> SLOT_BITS
            stop = bisect_right(keys, -(slot << SLOT_BITS), lo=start, key=neg)
            day, start = keys[start:stop], stop
            used, in_order, spills = tx.execute(
                "SELECT used, in_order, spills FROM search_slot WHERE slot = ?", (slot,)
            ).fetchone()
            if stop == len(keys) and below and not (in_order and not spills and not spilled):
                day += hits.rest_of(slot, below)
                below = slot << SLOT_BITS
            if spilled or spills:
                spilled += day
                if not spills:
                    yield spilled
                    spilled = []
            elif in_order:
                yield from (day[at : at + wanted.limit] for at in range(0, len(day), wanted.limit))
            else:
                yield from _by_time(tx, slot, used, day, wanted)
    if spilled:
        yield spilled


class _Hits:
    """The keys of one query of the index. They come as one text: a row each takes thrice as long."""

    def __init__(self, tx: Tx, table: str, match: str) -> None:
        self._tx, self._match = tx, match
        self._sql = f"SELECT rowid AS key FROM {table} WHERE {table} MATCH :match AND rowid < :below"

    def newest(self, below: int, size: int) -> list[int]:
        """At most `size` keys below one, falling."""
        return self._read(f"{self._sql} ORDER BY rowid DESC LIMIT :size", below=below, size=size)

    def rest_of(self, slot: int, below: int) -> list[int]:
        """All keys of a slot below one, falling."""
        return self._read(f"{self._sql} AND rowid >= :start", below=below, start=slot << SLOT_BITS)

    def _read(self, sql: str, **parameters: int) -> list[int]:
        (text,) = self._tx.execute(
            f"SELECT group_concat(key) FROM ({sql})", {"match": self._match, **parameters}
        ).fetchone()
        return sorted(map(int, text.split(",")), reverse=True) if text else []


def _by_time(tx: Tx, slot: int, used: int, keys: list[int], wanted: _Wanted) -> Iterator[list[int]]:
    """The keys of a day whose messages came in another order; a mark is never divided between two bundles."""
    known = marks(tx, slot, used) if len(keys) > wanted.limit else None
    if known is None:
        yield keys
        return
    start = slot << SLOT_BITS
    their = [known[key - start] for key in keys]
    newer = MARK_MAX + 1
    if wanted.before is not None:
        newer = mark_of(wanted.before[0], slot) + 1
    falling = sorted((mark for mark in their if mark < newer), reverse=True)
    while falling:
        oldest = falling[min(wanted.limit, len(falling)) - 1]
        yield [key for key, mark in zip(keys, their, strict=True) if oldest <= mark < newer]
        falling = falling[bisect_right(falling, -oldest, key=neg) :]
        newer = oldest


def _rows(tx: Tx, keys: Sequence[int], conversation: int | None) -> list[Found]:
    """The visible messages of these keys."""
    where = "" if conversation is None else f"AND conversation_id = {int(conversation)}"
    found: list[Found] = []
    for start in range(0, len(keys), ROWS_AT_ONCE):
        some = keys[start : start + ROWS_AT_ONCE]
        rows = tx.execute(
            f"""
            SELECT id, conversation_id, sent_at, kind, text, search_key
              FROM visible_message
             WHERE search_key IN ({", ".join("?" * len(some))}) {where}
            """,
            some,
        )
        found += map(Found._make, rows)
    return found


def _key_below(tx: Tx, before: tuple[int, int] | None) -> int:
    """The lowest key that is surely not after `before`."""
    if before is None:
        return _BEYOND
    sent_at, message_id = before
    row = tx.execute(
        """
        SELECT m.search_key
          FROM message AS m JOIN search_slot AS s ON s.slot = m.search_key >> 20
         WHERE m.id = :id AND s.in_order = 1 AND s.spills = 0
        """,
        {"id": message_id},
    ).fetchone()
    return row[0] if row else (slot_of(sent_at) + 1) << SLOT_BITS


def _is_quiet(tx: Tx, conversation: int) -> bool:
    """Whether a conversation is sooner searched by reading its own rows."""
    few = tx.execute(
        "SELECT count(*) FROM (SELECT 1 FROM message WHERE conversation_id = :conversation LIMIT :few)",
        {"conversation": conversation, "few": WALKED_MAX + 1},
    ).fetchone()[0]
    return bool(few <= WALKED_MAX)


def _walked(
    tx: Tx, terms: tuple[Term, ...], conversation: int, before: tuple[int, int] | None
) -> Iterator[Found]:
    sent_at, message_id = before or (_BEYOND, _BEYOND)
    rows = tx.execute(
        """
        SELECT id, conversation_id, sent_at, kind, text, search_key
          FROM visible_message
         WHERE conversation_id = :conversation AND kind <> 'system' AND (sent_at, id) < (:at, :id)
         ORDER BY sent_at DESC, id DESC
        """,
        {"conversation": conversation, "at": sent_at, "id": message_id},
    )
    with closing(rows):
        for row in rows:
            if words.matches(terms, row[4]):
                yield Found(*row)
