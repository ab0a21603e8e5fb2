"""Message search: the index, the first page at once, the exact count after. What matches is said in `words`.

A message has a `search_key`, `slot << 20 | sequence in that slot` of a day, so that an old chat imported today
stands in its place. It is the rowid of two contentless FTS5 tables:

* `search_word` holds words and pairs with their places: quoted text, runs, whole words. It answers beginnings too,
  but only after every hit.
* `search_beginning` holds the 2, 3 and 4 letter beginnings without places. It answers short beginnings exactly and
  at once, and longer ones as candidates, newest first, checked by `words.matches`.

FTS5 writes a part at each commit. They are merged by `merge_step` alone: call it in a transaction of its own after a
chunk of an import and after live commits, and in the end until it says False, after a large import `merge_whole` first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from waconsole.errors import Refused
from waconsole.inbox import words
from waconsole.inbox.words import Term

SLOT_BITS = 20
SLOT_MESSAGES_MAX = 1 << SLOT_BITS
SLOT_MICROSECONDS = 86_400 * 1_000_000
SLOT_MAX = 1 << 22
SLOTS_BEFORE = 8  # room for what spills out of the first of them
PAGE_ROWS_MAX = 1_000
CANDIDATES_PER_ROW_MAX = 3
WALKED_MAX = 2_000
MERGED_PAGES = 64
_TABLES = ("search_word", "search_beginning")
_COLUMNS = ("words", "beginnings")
_BEYOND = (1 << 63) - 1


class Tx(Protocol):
    """What is asked of a transaction."""

    def execute(self, sql: str, parameters: Any = ..., /) -> sqlite3.Cursor: ...
    def executemany(self, sql: str, rows: Iterable[Any], /) -> sqlite3.Cursor: ...


class Found(NamedTuple):
    """A message that was found. `sent_at` in microseconds UTC; `text` as it was sent, not safe to show."""

    id: int
    conversation_id: int
    sent_at: int
    kind: str
    text: str
    search_key: int
    in_order: bool
    spills: bool


def slot_of(sent_at: int) -> int:
    """The slot of a time in microseconds, as keys count it. Times before 1970 share its first slots."""
    return min(max(sent_at // SLOT_MICROSECONDS, SLOTS_BEFORE), SLOT_MAX)


def reserve_keys(tx: Tx, sent_ats: Sequence[int]) -> list[int]:
    """One search key for each message, in the order given, which must be the order their ids will rise in.

    A full slot spills into the one before it. Raises `Refused` when all slots before a time are full.
    """
    slots, keys = dict[int, list[int]](), list[int]()
    for sent_at in sent_ats:
        slot = slot_of(sent_at)
        state = slots.get(slot) or slots.setdefault(slot, _slot_state(tx, slot))
        while state[0] == SLOT_MESSAGES_MAX:
            state[3] = 1
            slot -= 1
            if slot < 0:
                raise Refused(
                    "More messages than can be told apart bear one date: check the dates of the file."
                )
            state = slots.get(slot) or slots.setdefault(slot, _slot_state(tx, slot))
            state[2] = 0
        keys.append(slot << SLOT_BITS | state[0])
        state[0] += 1
        if sent_at >= state[1]:
            state[1] = sent_at
        else:
            state[2] = 0
    tx.executemany(
        """
        INSERT INTO search_slot (slot, used, last_at, in_order, spills)
        VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (slot) DO UPDATE
           SET used = excluded.used, last_at = excluded.last_at, in_order = excluded.in_order, spills = excluded.spills
        """,
        [(slot, *state) for slot, state in slots.items()],
    )
    return keys


def _slot_state(tx: Tx, slot: int) -> list[int]:
    row = tx.execute(
        "SELECT used, last_at, in_order, spills FROM search_slot WHERE slot = ?", (slot,)
    ).fetchone()
    return list(row) if row else [0, -_BEYOND, 1, 0]


def index_messages(tx: Tx, rows: Sequence[tuple[int, str]]) -> None:
    """Let messages be found: (search key, text) each, rising keys are cheapest. Not for rows of kind `system`."""
    index_tokens(tx, [(key, words.tokens(text)) for key, text in rows])


def index_tokens(tx: Tx, rows: Sequence[tuple[int, tuple[str, str]]]) -> None:
    """As `index_messages`, of (search key, `words.tokens` of the text)."""
    for place, (table, column) in enumerate(zip(_TABLES, _COLUMNS, strict=True)):
        some = [(key, tokens[place]) for key, tokens in rows if tokens[place]]
        tx.executemany(f"INSERT INTO {table} (rowid, {column}) VALUES (?, ?)", some)


def unindex_messages(tx: Tx, rows: Sequence[tuple[int, str]]) -> None:
    """Let messages no longer be found: the same (search key, text) that were indexed, each only once."""
    for table, column, some in zip(_TABLES, _COLUMNS, _tokens(rows), strict=True):
        tx.executemany(f"INSERT INTO {table} ({table}, rowid, {column}) VALUES ('delete', ?, ?)", some)


def _tokens(rows: Sequence[tuple[int, str]]) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    made = [(key, *words.tokens(text)) for key, text in rows]
    return [(key, some) for key, some, _ in made if some], [(key, some) for key, _, some in made if some]


def merge_step(tx: Tx, *, pages: int = MERGED_PAGES) -> bool:
    """Merge about `pages` pages of the index; whether there is more to do. Cheap when there is nothing."""
    for table in _TABLES:
        # FTS5 says that it has nothing left to merge by changing fewer than two rows.
        before = tx.execute("SELECT total_changes()").fetchone()[0]
        tx.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', :pages)", {"pages": pages})
        if tx.execute("SELECT total_changes()").fetchone()[0] - before >= 2:
            return True
    return False


def merge_whole(tx: Tx) -> None:
    """Begin to merge all parts into one; the steps that follow finish it (about 4 us for each message indexed)."""
    for table in _TABLES:
        tx.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', -1)")


def match_sql(terms: tuple[Term, ...], *, name: str = "search") -> tuple[str, dict[str, object]]:
    """An SQL condition on `visible_message AS m` that is true where the terms match, and its parameter `name`."""
    table, match = _exact(terms)
    return f"m.search_key IN (SELECT rowid FROM {table} WHERE {table} MATCH :{name})", {name: match}


def count(tx: Tx, terms: tuple[Term, ...], *, conversation: int | None = None) -> int:
    """How many visible messages match, exactly. Takes as long as it takes: interrupt it by the connection."""
    if conversation is not None and _is_quiet(tx, conversation):
        return sum(1 for _ in _walked(tx, terms, conversation, None))
    table, match = _exact(terms)
    if conversation is None and not tx.execute("SELECT EXISTS (SELECT 1 FROM open_run)").fetchone()[0]:
        sql = f"SELECT count(*) FROM {table} WHERE {table} MATCH :match"
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
    below = _key_below(tx, before)
    candidates, exact = words.beginnings_expression(terms)
    if candidates and (exact or words.reads_beginnings(terms)):
        seen_max = -1 if exact else CANDIDATES_PER_ROW_MAX * limit
        hits = _hits(tx, "search_beginning", candidates, conversation, below, seen_max)
        page, seen = _newest(hits, limit, before, None if exact else terms)
        if seen != seen_max:
            return page
    hits = _hits(tx, "search_word", words.match_expression(terms), conversation, below, -1)
    return _newest(hits, limit, before, None)[0]


def _exact(terms: tuple[Term, ...]) -> tuple[str, str]:
    """The table and the query that answer exactly what `words.matches` does."""
    beginnings, exact = words.beginnings_expression(terms)
    return ("search_beginning", beginnings) if exact else ("search_word", words.match_expression(terms))


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


def _hits(
    tx: Tx, table: str, match: str, conversation: int | None, below: int, seen_max: int
) -> sqlite3.Cursor:
    """Messages of one query (columns of `Found`), newest key first, read as they are asked for."""
    where = "" if conversation is None else "AND m.conversation_id = :conversation"
    # CROSS JOIN: the index leads, so that reading can stop at a full page.
    return tx.execute(
        f"""
        SELECT m.id, m.conversation_id, m.sent_at, m.kind, m.text, m.search_key, s.in_order, s.spills
          FROM {table}
               CROSS JOIN visible_message AS m ON m.search_key = {table}.rowid
               CROSS JOIN search_slot AS s ON s.slot = {table}.rowid >> 20
         WHERE {table} MATCH :match AND {table}.rowid < :below {where}
         ORDER BY {table}.rowid DESC
         LIMIT :seen_max
        """,
        {"match": match, "below": below, "conversation": conversation, "seen_max": seen_max},
    )


def _newest(
    hits: sqlite3.Cursor, limit: int, before: tuple[int, int] | None, check: tuple[Term, ...] | None
) -> tuple[list[Found], int]:
    """The newest `limit` of the hits that pass the check, and how many were read.

    Whole slots are read and sorted (with those they spill into), except slots whose keys stand in order already.
    """
    page: list[Found] = []
    slot, start, seen, sorts, spills = -1, 0, 0, False, False
    newest_last = attrgetter("sent_at", "id")
    with closing(hits):
        for row in hits:
            seen += 1
            found = Found._make(row)
            if slot != found.search_key >> SLOT_BITS:
                if sorts and not spills:
                    page[start:] = sorted(page[start:], key=newest_last, reverse=True)
                if not spills:
                    start, sorts = len(page), False
                    if start >= limit:
                        break
                slot, spills = found.search_key >> SLOT_BITS, found.spills
                sorts = sorts or not found.in_order or spills
            elif not sorts and len(page) >= limit:
                break
            if (before is None or (found.sent_at, found.id) < before) and (
                check is None or words.matches(check, found.text)
            ):
                page.append(found)
    page[start:] = sorted(page[start:], key=newest_last, reverse=True)
    return page[:limit], seen


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
        SELECT id, conversation_id, sent_at, kind, text, search_key, 1, 0
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
