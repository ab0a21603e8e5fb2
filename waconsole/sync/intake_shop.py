"""Import a shop's file: in chunks under one run, seen by nobody until it is whole.

A killed or stopped import leaves an open run that says how far it came: the same import goes on from
there, another one takes it out first. A trial is an import that is taken out instead of shown.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final, cast

from waconsole.database import runs
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused, Transient
from waconsole.sync import intake_refunds
from waconsole.sync.intake_chat import Talk
from waconsole.sync.intake_elsewhere import InboundWriter, PushWriter
from waconsole.sync.intake_facts import FactWriter
from waconsole.sync.intake_invites import InviteWriter
from waconsole.sync.intake_orders import OrderWriter
from waconsole.sync.intake_refunds import RefundWriter
from waconsole.sync.shop_columns import KINDS, Plan, plan
from waconsole.sync.shop_dates import Dates
from waconsole.sync.shop_file import ShopFile, look, written
from waconsole.sync.shop_parts import Part, Reject, Rows
from waconsole.sync.shop_phones import Phones
from waconsole.sync.shop_rows import Fact, Reader
from waconsole.sync.sweep import sweep_run

REJECTS_MAX: Final = 10_000_000
PREVIEW_ROWS: Final = 5
COLLECTED_AFTER: Final = 100_000  # objects: more than a chunk's


@dataclass(frozen=True, slots=True)
class ShopImport:
    """What is imported, and how it is read where the file does not say."""

    kind: str
    path: Path
    zone: tzinfo
    region: str | None = None
    currency: str = ""
    date_order: str | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False


@dataclass(slots=True)
class ShopImported:
    """What came of a file: `told` are sentences beside the figures, `file` is how it was read."""

    file: ShopFile
    plan: Plan
    rows: int = 0
    new: int = 0
    rejected: list[Reject] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def unchanged(self) -> int:
        """Rows that told nothing new."""
        return self.rows - self.new - len(self.rejected)


def read_plan(wanted: ShopImport, *, now: int) -> tuple[ShopFile, Plan, Reader]:
    """Look at a file and find its columns. Raises Refused."""
    about = KINDS[wanted.kind]
    optional = [name for name in about.columns if name not in about.required]
    file = look(wanted.path, encoding=wanted.encoding, optional=optional)
    found = plan(file, wanted.kind, wanted.mapping)
    dates = Dates(wanted.zone, wanted.date_order)
    return file, found, Reader(found, dates, Phones(wanted.region), now, wanted.currency)


def preview(wanted: ShopImport, *, now: int) -> tuple[Plan, list[dict[str, Any]], list[Reject]]:
    """The first rows as they would be understood; nothing is written."""
    file, found, reader = read_plan(wanted, now=now)
    reading = Rows(file, reader)
    part = next(iter(reading.chunk()), None)
    if part is None:
        return found, [], []
    shown = [_shown(fact) for fact in part.facts[:PREVIEW_ROWS]]
    return found, shown, part.rejects[:PREVIEW_ROWS]


def _shown(fact: Fact) -> dict[str, Any]:
    said = fact._asdict()
    del said["cells"]
    return said


async def import_shop(database: Database, wanted: ShopImport, talk: Talk, *, now: int) -> ShopImported:
    """Import one file. Raises Refused for a file that is none, Transient when it was stopped."""
    file, found, reader = await asyncio.to_thread(read_plan, wanted, now=now)
    if found.shop:
        talk.say(f"{file.path.name} is an order export of {found.shop}.")
    identity = _identity(wanted, file, found)
    await _clear(database, wanted, identity, talk, now=now)
    run = await database.write(lambda tx: _begin(tx, wanted, identity, now=now))
    result = ShopImported(file, found, run.summary.get("rows", 0), run.summary.get("new", 0))
    try:
        with unhurried_collection():
            await _write_all(
                database, wanted, Rows(file, reader, done=result.rows), run, result, talk, now=now
            )
    except Refused:
        await sweep_run(database, run, now=now)  # the file ends being one: nothing of it is kept
        raise
    except BaseException:
        await database.write(lambda tx: runs.release(tx, run.id))
        raise
    result.rejected = await database.read(lambda tx: runs.rejects(tx, run.id, limit=REJECTS_MAX))
    if wanted.dry_run:
        await sweep_run(database, run, now=now)
        return result
    result.told += await database.write(lambda tx: _seal(tx, run, result, now=now))
    await _settle_rest(database, wanted, result)
    return result


@contextmanager
def unhurried_collection() -> Iterator[None]:
    """Let Python look for circles of garbage rarely: rows make none, and looking takes a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTED_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _identity(wanted: ShopImport, file: ShopFile, found: Plan) -> str:
    """The same file read in the same way: what a resumed run must agree on."""
    options = (
        file.sha256, wanted.region, str(wanted.zone), wanted.currency, wanted.date_order, file.encoding,
        sorted(found.shown().items()), wanted.dry_run,
    )  # fmt: skip
    return hashlib.sha256(json.dumps(options).encode("utf-8", "replace")).hexdigest()


async def _clear(database: Database, wanted: ShopImport, identity: str, talk: Talk, *, now: int) -> None:
    """Another import of this kind that died is taken out; one that lives is not disturbed."""
    run = await database.read(lambda tx: runs.open_run_of(tx, wanted.kind))
    if run is None:
        return
    if runs.is_alive(run, now=now):
        raise Refused(
            f"Another import of {wanted.kind} is running (of {run.source}): wait for it, or stop it."
        )
    if run.sha256 != identity:
        talk.say(f"An import of {run.source} was never finished: taking it out first.")
        await sweep_run(database, run, now=now)
    else:
        talk.say(f"Going on with the import of {run.source} that was interrupted.")


def _begin(tx: Transaction, wanted: ShopImport, identity: str, *, now: int) -> runs.Run:
    """Open the run, or go on with the interrupted one."""
    run = runs.open_run_of(tx, wanted.kind)
    if run is not None:
        runs.go_on(tx, run.id, now=now)
        return run
    runs.begin(tx, kind=wanted.kind, target=wanted.kind, source=wanted.path.name, sha256=identity, now=now)
    begun = runs.open_run_of(tx, wanted.kind)
    assert begun is not None
    return begun


async def _write_all(
    database: Database,
    wanted: ShopImport,
    reading: Rows,
    run: runs.Run,
    result: ShopImported,
    talk: Talk,
    *,
    now: int,
) -> None:
    writer = _writer(wanted, run.id, now=now)

    def write(tx: Transaction, parts: Sequence[Part]) -> int:
        """Write parts until somebody waits; answers how many."""
        place = 0
        for part in parts:
            new, refused = cast("Any", writer).write(tx, part.facts)
            rejects = [
                *part.rejects,
                *(reading.reject(fact.line, fact.cells, reason) for fact, reason in refused),
            ]
            if rejects:
                runs.add_rejects(tx, run.id, rejects)
            result.rows, result.new = result.rows + part.rows, result.new + new
            place += 1
            if tx.somebody_waits():
                break
        runs.pulse(tx, run.id, now=now, summary={"rows": result.rows, "new": result.new})
        return place

    while parts := await asyncio.to_thread(reading.chunk):
        if talk.cancelled():
            raise Transient(
                f"Stopped after {result.rows:,} rows and nothing is shown of it: import the same file again to go on,"
                " or `waconsole doctor --sweep` to take it out."
            )
        talk.progress(parts[-1].last_line, max(reading.file.lines, parts[-1].last_line))
        start = 0
        while start < len(parts):
            start += await database.write(lambda tx, some=parts[start:]: write(tx, some))  # type: ignore[misc]


def _writer(
    wanted: ShopImport, run_id: int, *, now: int
) -> OrderWriter | RefundWriter | FactWriter | InviteWriter | PushWriter | InboundWriter:
    if wanted.kind == "orders":
        return OrderWriter(run_id=run_id, now=now)
    if wanted.kind == "refunds":
        return RefundWriter(run_id=run_id, now=now, dry=wanted.dry_run)
    if wanted.kind == "pushes":
        return PushWriter(run_id=run_id, now=now)
    if wanted.kind == "inbound":
        return InboundWriter(run_id=run_id, now=now, dry=wanted.dry_run)
    if wanted.kind == "invites":
        return InviteWriter(run_id=run_id, now=now)
    return FactWriter(wanted.kind, run_id=run_id, now=now)


def _seal(tx: Transaction, run: runs.Run, result: ShopImported, *, now: int) -> list[str]:
    """Make the import visible, all at once; the first refunds that waited for it are judged with it."""
    summary = {
        "rows": result.rows, "new": result.new, "unchanged": result.unchanged, "rejected": len(result.rejected),
    }  # fmt: skip
    runs.seal(tx, run.id, now=now, summary=summary)
    return intake_refunds.settle_all(tx)[1] if run.kind in ("orders", "refunds") else []


async def _settle_rest(database: Database, wanted: ShopImport, result: ShopImported) -> None:
    """Judge every other refund that waited, in steps that let others in between."""
    if wanted.kind not in ("orders", "refunds"):
        return
    for _ in itertools.repeat(None, intake_refunds.ROUNDS_MAX):
        count, told = await database.write(intake_refunds.settle_all)
        result.told += told
        if not count:
            return


def write_rejects(path: Path, result: ShopImported) -> None:
    """Write rejected rows as a file that can be corrected and imported again; the last column says why.

    Raises Refused when the file cannot be written or is the one that was read.
    """
    if path.exists() and path.samefile(result.file.path):
        raise Refused(f"{path} is the file that was imported: name another one for the rejects.")
    delimiter = result.file.delimiter or ","
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            path.chmod(0o600)
            out.write(written([*result.file.header, "reason"], delimiter) + "\n")
            for _, reason, text in result.rejected:
                out.write(f"{text}{delimiter}{written([reason], delimiter)}\n")
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from error
