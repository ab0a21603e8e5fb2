"""From a chunk of an export to rows: what is new, under which ids, with which work items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from waconsole.clock import HOUR
from waconsole.database import runs
from waconsole.database.connection import Transaction
from waconsole.inbox import search, store_items, store_messages
from waconsole.inbox.chat_read import ChatLine
from waconsole.inbox.model import item_ref
from waconsole.inbox.store_items import ItemRow
from waconsole.inbox.store_messages import MediaRow, MessageRow
from waconsole.sync.chat_chunks import Chunk
from waconsole.sync.chat_people import People
from waconsole.sync.media_files import MediaStore
from waconsole.text import stored

PART_LINES: Final = 250
EVIDENCE_CHARACTERS_MAX: Final = 200

Identity = tuple[int, int | None, str, str, int]


@dataclass(slots=True)
class Totals:
    """What an import has counted so far; `new` and `rows` are what it added to the ledger."""

    messages: int = 0
    system: int = 0
    media: int = 0
    new: int = 0
    rows: int = 0
    unplaced: int = 0
    first_at: int | None = None
    last_at: int | None = None

    def take(self, lines: Sequence[ChatLine]) -> None:
        """Count lines of the file, whether the ledger had them or not."""
        if not lines:
            return
        kinds = Counter([line.kind for line in lines])
        self.system += kinds["system"]
        self.media += kinds["media"]
        self.messages += len(lines) - kinds["system"]
        first_at, last_at = min(line.at for line in lines), max(line.at for line in lines)
        self.first_at = first_at if self.first_at is None else min(self.first_at, first_at)
        self.last_at = last_at if self.last_at is None else max(self.last_at, last_at)


@dataclass(slots=True)
class Writing:
    """Where the rows of one import go, and what it remembers from chunk to chunk."""

    run_id: int
    conversation_id: int
    conversation_ref: str
    answer_target: int
    people: People
    media: MediaStore
    me: str
    span: tuple[int, int] | None
    totals: Totals = field(default_factory=Totals)
    occurrences: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class _Rows:
    """The rows of one part of a chunk."""

    messages: list[MessageRow] = field(default_factory=list)
    media: list[MediaRow] = field(default_factory=list)
    items: list[ItemRow] = field(default_factory=list)
    votes: list[tuple[int, str, int]] = field(default_factory=list)
    searched: list[tuple[int, tuple[str, str]]] = field(default_factory=list)


def write_chunk(tx: Transaction, writing: Writing, chunk: Chunk, start: int, *, now: int) -> int:
    """Write a chunk from line `start` on; answers where it stopped because another writer waits."""
    place = start
    while place < len(chunk.lines):
        stop = min(place + PART_LINES, len(chunk.lines))
        _write_part(tx, writing, chunk, place, stop)
        place = stop
        if tx.somebody_waits():
            break
    if place >= len(chunk.lines) and chunk.unplaced:
        writing.totals.unplaced += len(chunk.unplaced)
        runs.add_rejects(
            tx, writing.run_id, [(part.line, "unplaced", stored(part.text)) for part in chunk.unplaced]
        )
    runs.pulse(tx, writing.run_id, now=now, summary={"line": chunk.lines[place - 1].line if place else 0})
    return place


def count_chunk(tx: Transaction, writing: Writing, chunk: Chunk) -> None:
    """As `write_chunk`, for a dry run: counts what would be new and writes nothing."""
    writing.totals.take(chunk.lines)
    for start in range(0, len(chunk.lines), PART_LINES):
        lines = chunk.lines[start : start + PART_LINES]
        aliases = [_known_alias(tx, writing, line) for line in lines] if writing.span else []
        for place in _new_places(tx, writing, chunk, start, lines, aliases):
            writing.totals.new += chunk.lines[place].kind != "system"
    writing.totals.unplaced += len(chunk.unplaced)


def _write_part(tx: Transaction, writing: Writing, chunk: Chunk, start: int, stop: int) -> None:
    lines = chunk.lines[start:stop]
    writing.totals.take(lines)
    aliases = writing.people.wrote(tx, lines)
    fresh = _new_places(tx, writing, chunk, start, lines, aliases)
    if not fresh:
        return
    keys = search.reserve_keys(tx, [chunk.lines[place].at for place in fresh])
    rows = _Rows()
    next_id = store_messages.next_message_id(tx)
    for message_id, (place, key) in enumerate(zip(fresh, keys, strict=True), next_id):
        _add_row(writing, rows, chunk, place, message_id, aliases[place - start], key)
    writing.totals.rows += len(fresh)
    store_messages.add_messages(tx, rows.messages)
    search.index_tokens(tx, rows.searched)
    if rows.media:
        store_messages.add_media(tx, rows.media)
    if rows.items:
        store_items.add_items(tx, rows.items)
    if rows.votes:
        store_messages.add_poll_votes(tx, rows.votes)


def _new_places(
    tx: Transaction,
    writing: Writing,
    chunk: Chunk,
    start: int,
    lines: Sequence[ChatLine],
    aliases: Sequence[int | None],
) -> Sequence[int]:
    """The places in the chunk of the lines that the ledger lacks; `lines` stand in it from `start` on.

    Of each (time, sender, text) the ledger keeps the larger of the file's count and its own, so
    the k-th line of a kind is new when the ledger has fewer than k.
    """
    everywhere = range(start, start + len(lines))
    if writing.span is None:
        return everywhere
    first, last = writing.span
    inside = [line.at for line in lines if first <= line.at <= last]
    if not inside:
        return everywhere
    known: Counter[Identity] = Counter(
        (row["sent_at"], row["alias_id"], row["kind"], row["text"], row["edited"])
        for row in store_messages.messages_between(tx, writing.conversation_id, min(inside), max(inside))
    )
    fresh: list[int] = []
    for place, line, alias in zip(everywhere, lines, aliases, strict=True):
        if not first <= line.at <= last:
            fresh.append(place)
            continue
        identity = (line.at, alias, line.kind, chunk.texts[place], int(line.edited))
        digest = hash(identity)
        writing.occurrences[digest] += 1
        if writing.occurrences[digest] > known[identity]:
            fresh.append(place)
    return fresh


def _known_alias(tx: Transaction, writing: Writing, line: ChatLine) -> int | None:
    """The alias of a line's sender if the ledger has it (a dry run makes none)."""
    name = line.notice.actor if line.notice else line.sender
    return writing.people.known_alias(tx, name) if name else None


def _add_row(
    writing: Writing, rows: _Rows, chunk: Chunk, place: int, message_id: int, alias: int | None, key: int
) -> None:
    line, text, notice = chunk.lines[place], chunk.texts[place], chunk.lines[place].notice
    mine = line.mine or (bool(writing.me) and line.sender == writing.me)
    rows.messages.append(
        MessageRow(
            message_id, writing.conversation_id, alias, "none" if notice else "out" if mine else "in", line.kind,
            text, int(line.edited), notice.kind if notice else "", line.at, key, "import", writing.run_id,
        )
    )  # fmt: skip
    if notice is None:
        writing.totals.new += 1
        rows.searched.append((key, chunk.tokens[place]))
    if line.kind == "media":
        sha256, size = writing.media.keep(line.media_name) if line.media_name else (None, None)
        rows.media.append(
            MediaRow(message_id, line.media_kind or "unknown", stored(line.media_name), sha256, size)
        )
    elif line.kind == "poll":
        rows.votes += [(message_id, choice, votes) for choice, votes in poll_choices(line.text).items()]
    drawn = chunk.drawn.get(place)
    if drawn is not None:
        ref = item_ref(writing.conversation_ref, line.at, line.sender, text, drawn.kind, line.line)
        rows.items.append(
            ItemRow(
                ref, writing.conversation_id, message_id, drawn.kind, drawn.rule_id, drawn.rule_version,
                drawn.evidence[:EVIDENCE_CHARACTERS_MAX], line.at, line.at + writing.answer_target * HOUR, "import",
                writing.run_id,
            )
        )  # fmt: skip


def poll_choices(text: str) -> dict[str, int]:
    """The choices of an exported poll and how many votes each has: lines that end in `(3 votes)`."""
    found: dict[str, int] = {}
    for line in text.split("\n")[1:]:
        choice, opened, rest = line.rpartition("(")
        digits = "".join(character for character in rest if character.isdigit())
        if opened and rest.rstrip().endswith(")") and digits:
            name = choice.partition(": ")[2].strip() or choice.strip()
            found[stored(name)] = int(digits[:9])
    return found
