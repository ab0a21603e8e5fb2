"""Message search: the index and what it answers exactly. What matches is said in `words`, pages in `search_page`.

A message has a `search_key`, `slot << 20 | sequence in that slot` of a day, so that an old chat imported today
stands in its place. It is the rowid of two contentless FTS5 tables:

* `search_word` holds words and pairs with their places: quoted text, runs, whole words. It answers beginnings too,
  but only after every hit.
* `search_beginning` holds the 2, 3 and 4 letter beginnings without places. It answers short beginnings exactly and
  at once, and longer ones as candidates, newest first, checked by `words.matches`.

A day's keys rise with time only when its messages came in that order, and chats are imported one after the other. So
`search_time` keeps, beside each run of keys, when in the day each of them stands, to two seconds.

FTS5 writes a part at each commit. They are merged by `merge_step` alone: call it in a transaction of its own after a
chunk of an import and after live commits, and in the end until it says False, after a large import `merge_whole` first.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from waconsole.errors import Refused
from waconsole.inbox import words
from waconsole.inbox.words import Term

SLOT_BITS = 20
SLOT_MESSAGES_MAX = 1 << SLOT_BITS
SLOT_MICROSECONDS = 86_400 * 1_000_000
SLOT_MAX = 1 << 22
SLOTS_BEFORE = 8  # room for what spills out of the first of them
MARK_MICROSECONDS = 2 * 1_000_000
MARK_MAX = SLOT_MICROSECONDS // MARK_MICROSECONDS - 1
MARK_RUNS_MAX = 32
JOINED_SLOTS = 32
MERGED_PAGES = 64
FEW_HITS = 32_768
NEWEST_HITS = 8_192
WALKED_WHOLE_MAX = 100_000
_TABLES = ("search_word", "search_beginning")
_COLUMNS = ("words", "beginnings")
_EARLIEST = -(1 << 63) + 1


class Tx(Protocol):
    """What is asked of a transaction."""

    def execute(self, sql: str, parameters: Any = ..., /) -> sqlite3.Cursor: ...
    def executemany(self, sql: str, rows: Iterable[Any], /) -> sqlite3.Cursor: ...


def slot_of(sent_at: int) -> int:
    """The slot of a time in microseconds, as keys count it. Times before 1970 share its first slots."""
    return min(max(sent_at // SLOT_MICROSECONDS, SLOTS_BEFORE), SLOT_MAX)


def mark_of(sent_at: int, slot: int) -> int:
    """When in its slot a time stands, in steps of two seconds; what stands outside is put at its nearer end."""
    return min(max((sent_at - slot * SLOT_MICROSECONDS) // MARK_MICROSECONDS, 0), MARK_MAX)


def reserve_keys(tx: Tx, sent_ats: Sequence[int]) -> list[int]:
    """One search key for each message, in the order given, which must be the order their ids will rise in.

    A full slot spills into the one before it. Raises `Refused` when all slots before a time are full.
    """
    slots, keys = dict[int, list[int]](), list[int]()
    runs: dict[int, tuple[int, array[int]]] = {}
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
        run = runs.get(slot) or runs.setdefault(slot, (keys[-1], array("H")))
        run[1].append(mark_of(sent_at, slot))
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
    tx.executemany(
        "INSERT INTO search_time (first_key, marks) VALUES (?, ?)",
        [(first_key, _little_endian(marks).tobytes()) for first_key, marks in runs.values()],
    )
    return keys


def marks(tx: Tx, slot: int, used: int) -> array[int] | None:
    """The mark of each key of a slot by its sequence; None when they are not known for all `used` of them."""
    runs = tx.execute(
        "SELECT marks FROM search_time WHERE first_key >= ? AND first_key < ? ORDER BY first_key",
        (slot << SLOT_BITS, (slot + 1) << SLOT_BITS),
    )
    found = array("H", b"".join(row[0] for row in runs))
    return _little_endian(found) if len(found) == used else None


def join_marks(tx: Tx) -> bool:
    """Keep the marks of some days that were filled in many steps in one row each; whether there may be more such days."""
    crowded = tx.execute(
        f"SELECT first_key >> {SLOT_BITS} AS slot FROM search_time GROUP BY slot HAVING count(*) > :runs LIMIT :slots",
        {"runs": MARK_RUNS_MAX, "slots": JOINED_SLOTS},
    ).fetchall()
    for (slot,) in crowded:
        bounds = {"start": slot << SLOT_BITS, "stop": (slot + 1) << SLOT_BITS}
        runs = tx.execute(
            "SELECT first_key, marks FROM search_time WHERE first_key >= :start AND first_key < :stop ORDER BY first_key",
            bounds,
        ).fetchall()
        tx.execute("DELETE FROM search_time WHERE first_key >= :start AND first_key < :stop", bounds)
        tx.execute(
            "INSERT INTO search_time (first_key, marks) VALUES (:first_key, :marks)",
            {"first_key": runs[0][0], "marks": b"".join(run[1] for run in runs)},
        )
    return len(crowded) == JOINED_SLOTS


def _little_endian(marks: array[int]) -> array[int]:
    if sys.byteorder == "big":
        marks.byteswap()
    return marks


def _slot_state(tx: Tx, slot: int) -> list[int]:
    row = tx.execute(
        "SELECT used, last_at, in_order, spills FROM search_slot WHERE slot = ?", (slot,)
    ).fetchone()
    return list(row) if row else [0, _EARLIEST, 1, 0]


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
    table, match = exact_query(terms)
    return f"m.search_key IN (SELECT rowid FROM {table} WHERE {table} MATCH :{name})", {name: match}


def conversations_sql(terms: tuple[Term, ...], *, name: str = "search") -> tuple[str, dict[str, object]]:
    """An SQL condition on `visible_conversation AS c` that is true where a message matches, and its parameter `name`.

    Asking for the conversation of every hit costs more than a microsecond each. Of many hits the newest are asked
    first: a word that common was said in nearly every conversation of late. Those it was not are read themselves
    while they are small; only otherwise every hit is asked after all.
    """
    table, match = exact_query(terms)
    hits = f"SELECT rowid FROM {table} WHERE {table} MATCH :{name}"

    def said_in(keys: str) -> str:
        return (
            f"SELECT m.conversation_id FROM ({keys}) AS hit CROSS JOIN visible_message AS m "
            "ON m.search_key = hit.rowid"
        )

    newest = said_in(f"{hits} ORDER BY rowid DESC LIMIT {NEWEST_HITS}")
    others = f"SELECT coalesce(sum(message_count), 0) FROM conversation WHERE id NOT IN ({newest})"
    one = f"SELECT 1 FROM visible_message AS m WHERE m.conversation_id = c.id AND +m.search_key IN ({hits})"
    condition = f"""CASE
        WHEN (SELECT count(*) FROM ({hits} LIMIT {FEW_HITS + 1})) <= {FEW_HITS} THEN c.id IN ({said_in(hits)})
        WHEN c.id IN ({newest}) THEN 1
        WHEN ({others}) <= {WALKED_WHOLE_MAX} THEN EXISTS ({one})
        ELSE c.id IN ({said_in(hits)})
    END"""
    return condition, {name: match}


def exact_query(terms: tuple[Term, ...]) -> tuple[str, str]:
    """The table and the query that answer exactly what `words.matches` does."""
    beginnings, exact = words.beginnings_expression(terms)
    return ("search_beginning", beginnings) if exact else ("search_word", words.match_expression(terms))
