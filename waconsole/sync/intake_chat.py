"""Import a chat export into its group: in chunks under one run, seen by nobody until it is whole.

The file is read and triaged beside the writer, which writes the chunk before. A killed
import leaves an open run: the same import resumes it, `doctor --sweep` takes it out.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Final

from waconsole.clock import DAY
from waconsole.database import runs
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, Transient
from waconsole.groups import store as groups
from waconsole.groups.model import group_ref
from waconsole.groups.store import Group
from waconsole.inbox import search
from waconsole.inbox import store_conversations as conversations
from waconsole.inbox import store_messages as messages
from waconsole.inbox.chat_export import Export, open_export
from waconsole.inbox.chat_survey import Survey
from waconsole.outbox import store as outbox
from waconsole.policy import store as policy
from waconsole.sync.chat_chunks import CHUNK_LINES, Chunk, ChunkReader, Drawing, look
from waconsole.sync.chat_people import People
from waconsole.sync.chat_reader import ApartReader, Reader, apart_reader
from waconsole.sync.chat_rows import Totals, Writing, count_chunk, write_chunk
from waconsole.sync.media_files import MediaStore
from waconsole.sync.sweep import sweep_run

UNPLACED_SHOWN_MAX: Final = 1_000_000
MERGE_STEPS_MAX: Final = 100_000
MERGED_WHOLE_FROM: Final = 50_000


@dataclass(frozen=True, slots=True)
class ChatImport:
    """What is imported, and how its clock and names are read."""

    path: Path
    group: str
    zone: tzinfo
    me: str = ""
    date_order: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it. `unplaced` are (line, text) that belong to no message."""

    group: str
    group_ref: str
    totals: Totals
    members: int
    unplaced: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Talk:
    """How an import speaks while it works: sentences, progress (done, of), and whether to stop."""

    say: Callable[[str], None]
    progress: Callable[[int, int], None]
    cancelled: Callable[[], bool]


async def import_chat(database: Database, wanted: ChatImport, talk: Talk, *, now: int) -> Imported:
    """Import one export. Raises Refused for a file that is none, Transient when it was stopped."""
    with open_export(wanted.path) as export:
        if wanted.dry_run:
            found, _ = await asyncio.to_thread(look, export, date_order=wanted.date_order)
            return await _try_out(database, wanted, export, found, talk, now=now)
        apart = await asyncio.to_thread(apart_reader, export)
        try:
            return await _import(database, wanted, export, apart, talk, now=now)
        finally:
            if apart is not None:
                apart.close()


async def _import(
    database: Database, wanted: ChatImport, export: Export, apart: ApartReader | None, talk: Talk, *, now: int
) -> Imported:
    """From the first look to the seal; `apart` is the process that reads, if the export is large."""
    found, digest = await asyncio.to_thread(look, export, date_order=wanted.date_order)
    identity = _identity(wanted, digest)
    await _sweep_dead(database, wanted.group, identity, talk, now=now)
    writing = await database.write(lambda tx: _begin(tx, database.path, wanted, export, identity, now=now))
    drawing = await database.read(lambda tx: _drawing(tx, wanted, now=now))
    try:
        if apart is not None:
            await asyncio.to_thread(apart.ask, found, wanted.zone, drawing, CHUNK_LINES)
        reader = apart or ChunkReader(export, found, wanted.zone, drawing, CHUNK_LINES)
        await _write_all(database, writing, reader, found, talk, now=now)
    except BaseException:
        await database.write(lambda tx: runs.release(tx, writing.run_id))
        raise
    await database.write(lambda tx: _seal(tx, writing, now=now))
    await _tidy(database, writing.totals.rows)
    return await database.read(lambda tx: _result(tx, wanted, writing))


def _identity(wanted: ChatImport, digest: str) -> str:
    """The same file read in the same way: what a resumed run must agree on."""
    parts = (digest, wanted.me, str(wanted.zone), wanted.date_order or "")
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


async def _write_all(
    database: Database, writing: Writing, reader: Reader, found: Survey, talk: Talk, *, now: int
) -> None:
    """Read a chunk, write it, read the next: a process of its own reads on meanwhile.

    A thread does not: Python runs one thread at a time, and would make the writer wait at every row.
    """
    while (chunk := await asyncio.to_thread(reader.next_chunk)) is not None:
        if talk.cancelled():
            raise Transient(
                f"Stopped at line {chunk.last_line:,} and nothing is shown of it: import the same file again to"
                " go on, or `waconsole doctor --sweep` to take it out."
            )
        await _write_one(database, writing, chunk, now=now)
        talk.progress(chunk.last_line, found.lines)


async def _write_one(database: Database, writing: Writing, chunk: Chunk, *, now: int) -> None:
    """Write one chunk, giving way to other writers between its parts."""
    place = 0
    while True:
        place = await database.write(lambda tx, start=place: write_chunk(tx, writing, chunk, start, now=now))  # type: ignore[misc]
        await database.write(search.merge_step)
        if place >= len(chunk.ats):
            return


async def _tidy(database: Database, added: int) -> None:
    """Merge what the chunks left in the search index, in steps that let others in between.

    After a large import all of it is merged into one part: smaller, and quicker to search.
    """
    if added >= MERGED_WHOLE_FROM and added >= await database.read(messages.next_message_id) // 4:
        await database.write(search.merge_whole)
    for step in (search.join_marks, search.merge_step):
        for _ in range(MERGE_STEPS_MAX):
            if not await database.write(step):
                break


async def _sweep_dead(database: Database, group: str, identity: str, talk: Talk, *, now: int) -> None:
    """Another import of this group that died is taken out; one that lives is not disturbed."""

    def open_run(tx: Transaction) -> runs.Run | None:
        known = groups.group_by_name(tx, group)
        return runs.open_run_of(tx, known.ref if known else group_ref(group))

    run = await database.read(open_run)
    if run is None:
        return
    if runs.is_alive(run, now=now):
        raise Refused(
            f"Another import into {group} is running (since {run.source}): wait for it, or stop it."
        )
    if run.sha256 != identity:
        talk.say(f"An import of {run.source} into {group} was never finished: taking it out first.")
        await sweep_run(database, run, now=now)
    else:
        talk.say(f"Going on with the import of {run.source} that was interrupted.")


def _begin(
    tx: Transaction, ledger: Path, wanted: ChatImport, export: Export, identity: str, *, now: int
) -> Writing:
    """Open the run (or take the interrupted one over), with its group and conversation."""
    group = groups.group_by_name(tx, wanted.group)
    target = group.ref if group else group_ref(wanted.group)
    run = runs.open_run_of(tx, target)
    totals = Totals()
    if run is not None:
        runs.take_over(tx, run.id, now=now)
        run_id = run.id
    else:
        run_id = runs.begin(tx, kind="chat", target=target, source=wanted.path.name, sha256=identity, now=now)
    group_id = group.id if group else groups.add_group(
        tx, ref=target, name=wanted.group, driver="human", origin="import", now=now, run_id=run_id
    )  # fmt: skip
    conversation_id = conversations.conversation_of_group(tx, group_id)
    history_days = policy.in_force(tx, "inbox.owed_history", now=now)[0]["days"]
    if conversation_id is None:
        conversation_id = conversations.add_group_conversation(
            tx, number_id=outbox.hand_number_id(tx), group_id=group_id, group_ref=target,
            read_through_at=now - history_days * DAY - 1, run_id=run_id,
        )  # fmt: skip
    if run is not None:
        totals.rows, totals.new = messages.count_of_run(tx, run_id, conversation_id)
    return Writing(
        totals=totals,
        run_id=run_id,
        conversation_id=conversation_id,
        conversation_ref=f"c-group-{target}",
        answer_target=policy.in_force(tx, "inbox.answer_target", now=now)[0]["hours"],
        people=People(group_id=group_id, group_ref=target, run_id=run_id, now=now, me=wanted.me),
        media=MediaStore(ledger, export),
        me=wanted.me,
        span=messages.span_of(tx, conversation_id),
    )


def _drawing(tx: Transaction, wanted: ChatImport, *, now: int) -> Drawing:
    """The triage rules in force, and from which instant on items are drawn."""
    group = groups.group_by_name(tx, wanted.group)
    rules = [value for _, value, _ in policy.all_in_force(tx, "triage.", now=now)]
    days = policy.in_force(tx, "inbox.owed_history", now=now)[0]["days"]
    return Drawing(
        rules=json.dumps(rules, sort_keys=True),
        since=now - days * DAY,
        languages=(group.language,) if group and group.language else (),
        me=wanted.me,
    )


def _seal(tx: Transaction, writing: Writing, *, now: int) -> None:
    """Make the import visible, all at once, and bring the counters up to it."""
    totals, people = writing.totals, writing.people
    runs.seal(tx, writing.run_id, now=now, summary={
        "messages": totals.messages, "new": totals.new, "system": totals.system, "media": totals.media,
        "members": people.count,
    })  # fmt: skip
    days = policy.in_force(tx, "inbox.owed_history", now=now)[0]["days"]
    conversations.raise_read_mark(tx, writing.conversation_id, now - days * DAY - 1)
    conversations.refresh_unread(tx, writing.conversation_id)
    conversations.refresh_clocks(tx, writing.conversation_id)
    conversations.refresh_last(tx, writing.conversation_id, added=totals.rows)
    if totals.new:
        conversations.wake(tx, writing.conversation_id)
    groups.add_stints(tx, people.group_id, people.stints(), origin="import")
    if totals.last_at is not None:
        groups.mark_exported(tx, people.group_id, totals.last_at)


def _result(tx: Transaction, wanted: ChatImport, writing: Writing) -> Imported:
    group = groups.group_named(tx, wanted.group)
    unplaced = runs.rejects(tx, writing.run_id, limit=UNPLACED_SHOWN_MAX)
    return Imported(
        group.name, group.ref, writing.totals, writing.people.count, [(row[0], row[2]) for row in unplaced]
    )


async def _try_out(
    database: Database, wanted: ChatImport, export: Export, found: Survey, talk: Talk, *, now: int
) -> Imported:
    """Read the whole file and say what an import would do. Nothing is written."""
    group: Group | None = await database.read(lambda tx: groups.group_by_name(tx, wanted.group))
    conversation_id = (
        await database.read(lambda tx: conversations.conversation_of_group(tx, group.id)) if group else None
    )
    span = await database.read(lambda tx: messages.span_of(tx, conversation_id)) if conversation_id else None
    people = People(
        group_id=group.id if group else 0,
        group_ref=group.ref if group else "",
        run_id=0,
        now=now,
        me=wanted.me,
    )
    writing = Writing(
        run_id=0, conversation_id=conversation_id or 0, conversation_ref="", answer_target=0, people=people,
        media=MediaStore(database.path, export), me=wanted.me, span=span,
    )  # fmt: skip
    drawing = await database.read(lambda tx: _drawing(tx, wanted, now=now))
    reader = ChunkReader(export, found, wanted.zone, drawing, CHUNK_LINES)
    named: set[str] = set()
    unplaced: list[tuple[int, str]] = []
    while (chunk := await asyncio.to_thread(reader.next_chunk)) is not None:
        if talk.cancelled():
            raise Transient("Stopped: nothing was written.")
        part = chunk
        await database.read(lambda tx, part=part: count_chunk(tx, writing, part))  # type: ignore[misc]
        named.update(people.names(chunk))
        unplaced += chunk.unplaced
        talk.progress(chunk.last_line, found.lines)
    return Imported(wanted.group, group.ref if group else "", writing.totals, len(named), unplaced)
