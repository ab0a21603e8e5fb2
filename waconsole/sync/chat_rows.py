"""From a chunk of an export to rows: what is new, under which ids, with which work items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final, TypeVar, cast

from waconsole.clock import HOUR
from waconsole.database import runs
from waconsole.database.connection import Transaction
from waconsole.inbox import search, store_files, store_items, store_messages
from waconsole.inbox.model import item_ref
from waconsole.inbox.store_files import MediaRow
from waconsole.inbox.store_items import ItemRow
from waconsole.inbox.store_messages import MessageRow
from waconsole.sync.chat_chunks import Chunk
from waconsole.sync.chat_people import People
from waconsole.sync.media_files import MediaStore
from waconsole.text import stored

PART_LINES: Final = 250
EVIDENCE_CHARACTERS_MAX: Final = 200

Identity = tuple[int, int | None, str, str, int]
Value = TypeVar("Value")


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

    def take(self, chunk: Chunk, start: int, stop: int) -> None:
        """Count lines of the file, whether the ledger had them or not."""
        kinds, ats = chunk.kinds[start:stop], chunk.ats[start:stop]
        if not ats:
            return
        system = kinds.count("system")
        self.system += system
        self.media += kinds.count("media")
        self.messages += len(kinds) - system
        first_at, last_at = min(ats), max(ats)
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


def write_chunk(tx: Transaction, writing: Writing, chunk: Chunk, start: int, *, now: int) -> int:
    """Write a chunk from line `start` on; answers where it stopped because another writer waits."""
    place = start
    while place < len(chunk.ats):
        stop = min(place + PART_LINES, len(chunk.ats))
        _write_part(tx, writing, chunk, place, stop)
        place = stop
        if tx.somebody_waits():
            break
    if place >= len(chunk.ats) and chunk.unplaced:
        writing.totals.unplaced += len(chunk.unplaced)
        runs.add_rejects(
            tx, writing.run_id, [(line, "unplaced", stored(text)) for line, text in chunk.unplaced]
        )
    runs.pulse(tx, writing.run_id, now=now, summary={"line": chunk.lines[place - 1] if place else 0})
    return place


def count_chunk(tx: Transaction, writing: Writing, chunk: Chunk) -> None:
    """As `write_chunk`, for a dry run: counts what would be new and writes nothing."""
    writing.totals.take(chunk, 0, len(chunk.ats))
    for start in range(0, len(chunk.ats), PART_LINES):
        stop = min(start + PART_LINES, len(chunk.ats))
        aliases = (
            [_known_alias(tx, writing, chunk, place) for place in range(start, stop)] if writing.span else []
        )
        fresh = _new_places(tx, writing, chunk, start, stop, aliases)
        writing.totals.new += sum(place not in chunk.notices for place in fresh)
    writing.totals.unplaced += len(chunk.unplaced)


def _write_part(tx: Transaction, writing: Writing, chunk: Chunk, start: int, stop: int) -> None:
    writing.totals.take(chunk, start, stop)
    aliases = writing.people.wrote(tx, chunk, start, stop)
    fresh = _new_places(tx, writing, chunk, start, stop, aliases)
    if not fresh:
        return
    first_id = store_messages.next_message_id(tx)
    names = aliases if len(fresh) == len(aliases) else [aliases[place - start] for place in fresh]
    _add_messages(tx, writing, chunk, fresh, names, first_id)
    ids = {place: first_id + nth for nth, place in enumerate(fresh) if place in chunk.marked}
    if ids:
        _add_media(tx, writing, chunk, ids)
        _add_items(tx, writing, chunk, ids)


def _add_messages(
    tx: Transaction,
    writing: Writing,
    chunk: Chunk,
    fresh: Sequence[int],
    aliases: Sequence[int | None],
    first_id: int,
) -> None:
    """Write the message rows at these places, and let them be found."""
    ats, directions = _pick(chunk.ats, fresh), _pick(chunk.directions, fresh)
    notices = [""] * len(fresh)
    if "none" in directions:
        notices = [chunk.notices[place][0].kind if place in chunk.notices else "" for place in fresh]
    keys = search.reserve_keys(tx, ats)
    rows = zip(
        range(first_id, first_id + len(fresh)), repeat(writing.conversation_id), aliases, directions,
        _pick(chunk.kinds, fresh), _pick(chunk.texts, fresh), _pick(chunk.edited, fresh), notices, ats, keys,
        repeat("import"), repeat(writing.run_id),
    )  # fmt: skip
    store_messages.add_messages(tx, cast("list[MessageRow]", list(rows)))  # plain tuples are bound sooner
    search.index_tokens(tx, list(zip(keys, _pick(chunk.tokens, fresh), strict=True)))
    writing.totals.rows += len(fresh)
    writing.totals.new += len(fresh) - directions.count("none")


def _add_media(tx: Transaction, writing: Writing, chunk: Chunk, ids: dict[int, int]) -> None:
    """Write the files and the poll votes of messages, whose ids stand by their place in the chunk."""
    files: list[MediaRow] = []
    votes: list[tuple[int, str, int]] = []
    for place, message_id in ids.items():
        if place in chunk.files:
            kind, name = chunk.files[place]
            sha256, size = writing.media.keep(name) if name else (None, None)
            files.append(MediaRow(message_id, kind or "unknown", stored(name), sha256, size))
        elif chunk.kinds[place] == "poll":
            votes += [
                (message_id, choice, count) for choice, count in poll_choices(chunk.texts[place]).items()
            ]
    if files:
        store_files.add_media(tx, files)
    if votes:
        store_messages.add_poll_votes(tx, votes)


def _add_items(tx: Transaction, writing: Writing, chunk: Chunk, ids: dict[int, int]) -> None:
    """Write the work items drawn out of messages, whose ids stand by their place in the chunk."""
    items: list[ItemRow] = []
    for place, message_id in ids.items():
        drawn = chunk.drawn.get(place)
        if drawn is None:
            continue
        at, sender, text = chunk.ats[place], chunk.senders[place], chunk.texts[place]
        ref = item_ref(writing.conversation_ref, at, sender, text, drawn.kind, chunk.lines[place])
        items.append(
            ItemRow(
                ref, writing.conversation_id, message_id, drawn.kind, drawn.rule_id, drawn.rule_version,
                drawn.evidence[:EVIDENCE_CHARACTERS_MAX], at, at + writing.answer_target * HOUR, "import",
                writing.run_id,
            )
        )  # fmt: skip
    if items:
        store_items.add_items(tx, items)


def _new_places(
    tx: Transaction, writing: Writing, chunk: Chunk, start: int, stop: int, aliases: Sequence[int | None]
) -> Sequence[int]:
    """The places in the chunk, from `start` to `stop`, of the lines that the ledger lacks.

    Of each (time, sender, text) the ledger keeps the larger of the file's count and its own, so
    the k-th line of a kind is new when the ledger has fewer than k.
    """
    everywhere = range(start, stop)
    if writing.span is None:
        return everywhere
    first, last = writing.span
    inside = [at for at in chunk.ats[start:stop] if first <= at <= last]
    if not inside:
        return everywhere
    known: Counter[Identity] = Counter(
        (row["sent_at"], row["alias_id"], row["kind"], row["text"], row["edited"])
        for row in store_messages.messages_between(tx, writing.conversation_id, min(inside), max(inside))
    )
    fresh: list[int] = []
    for place, alias in zip(everywhere, aliases, strict=True):
        at = chunk.ats[place]
        if not first <= at <= last:
            fresh.append(place)
            continue
        identity = (at, alias, chunk.kinds[place], chunk.texts[place], chunk.edited[place])
        digest = hash(identity)
        writing.occurrences[digest] += 1
        if writing.occurrences[digest] > known[identity]:
            fresh.append(place)
    return fresh


def _known_alias(tx: Transaction, writing: Writing, chunk: Chunk, place: int) -> int | None:
    """The alias of a line's sender if the ledger has it (a dry run makes none)."""
    said = chunk.notices.get(place)
    name = said[0].actor if said else chunk.senders[place]
    return writing.people.known_alias(tx, name) if name else None


def _pick(column: list[Value], places: Sequence[int]) -> list[Value]:
    """The values of a column at rising places, which mostly stand side by side."""
    if places[-1] - places[0] == len(places) - 1:
        return column[places[0] : places[-1] + 1]
    return [column[place] for place in places]


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
