"""Erase a person: every room forgets them in one transaction, then the file is written anew.

The first step is all or nothing. What is left after it (copies of files, the index's old parts, free pages, the log) is
gone on with by the next who opens the ledger, should this process die; each part of that may be done twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from waconsole.cashback import store_erasing as cashback
from waconsole.clock import iso
from waconsole.database import runs
from waconsole.database import store_erasing as imports
from waconsole.database.connection import Database, Transaction
from waconsole.database.rewriting import rewrite
from waconsole.database.store_exports import exports
from waconsole.database.traces import Erased, Traces
from waconsole.errors import Refused, WaconsoleError
from waconsole.fraud import store_erasing as desk
from waconsole.groups import store_erasing as groups
from waconsole.inbox import search
from waconsole.inbox import store_erasing as inbox
from waconsole.invites import store_arrivals as arrivals
from waconsole.invites import store_erasing as invites
from waconsole.invites import store_proofs as proofs
from waconsole.ledger import store_erasing as books
from waconsole.members import store as members
from waconsole.members import store_erasing as people
from waconsole.operators import authority
from waconsole.operators import store_erasing as operators
from waconsole.outbox import store_erasing as outbox
from waconsole.segments import store_erasing as segments
from waconsole.shop import store_erasing as shop
from waconsole.sync import store_erasing as inward
from waconsole.whatsapp.files import delete_copies, folder_of

ACT: Final = "member.erase"
STEPS_MAX: Final = 1_000_000
READ: Final = "Another program still reads the ledger as it was, so its log was not cut: end that one."
KEPT_LISTED_MAX: Final = 1_000
# What other people wrote is told by its own room, with where it stands.
_TOLD: Final = frozenset({"message.text", "outgoing.text", "outgoing.body", "export_run.file"})


@dataclass(frozen=True)
class Outcome:
    """What came of an erasure: the pseudonym, rows by table, files, what was not reached, what is owed, who acts here."""

    ref: str
    rows: Mapping[str, int]
    files: int
    not_reached: list[dict[str, Any]]
    owed: list[dict[str, object]] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)
    pending: str = ""


class _Tried(Exception):
    """Carries the outcome of a dry run out of its transaction, which is rolled back."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("dry run")
        self.outcome = outcome


async def erase(
    database: Database, who: str, *, operator: str | None, now: int, dry_run: bool = False
) -> Outcome:
    """Erase the person whom `who` names. Raises Refused, NotFound; then nothing is changed.

    The outcome's `pending` says why the file could not be cleaned yet; empty: nothing of them is left in it.
    """

    def work(tx: Transaction) -> Outcome:
        outcome = _erase(tx, database.path, who, operator, now=now)
        if dry_run:
            raise _Tried(outcome)
        return outcome

    if not dry_run:  # what came in and waits is first taken apart, so that others' parts of it are kept
        with contextlib.suppress(WaconsoleError):
            from waconsole.sync.process import process_waiting  # the shapes of webhooks load with it

            await process_waiting(database, clock=lambda: now)
    try:
        outcome = await database.write(work)
    except _Tried as tried:
        return tried.outcome
    try:
        pending = "" if await clean(database, now=now) else READ
    except WaconsoleError as error:
        pending = f"The file was not written anew: {error}"
    return replace(outcome, pending=pending)


def _erase(tx: Transaction, path: Path, who: str, operator: str | None, *, now: int) -> Outcome:
    actor = authority.deciding(tx, operator, now=now)
    authority.authorize(tx, actor, ACT, now=now)
    for run in runs.open_runs(tx):
        if runs.is_alive(run, now=now):
            raise Refused(f"{run.source} is being imported and may hold them: erase when that is done.")
    member = members.member_named(tx, who)
    if people.is_erased(tx, member.id):
        before = operators.erased_before(tx, member.id)
        when = f" on {iso(before['erased_at'])}" if before else ""
        raise Refused(f"{member.ref} was erased{when}: nothing is left to erase.")
    traces = people.traces_of(tx, member.id)
    erased = Erased()
    namesakes = people.namesakes(tx, traces)
    erased.leave(
        "namesakes", len(namesakes), refs=namesakes,
        says="other members of the same name: merge them first, or erase them too, if they are the same person",
    )  # fmt: skip
    erasure_id = operators.begin(
        tx, actor, member_id=traces.root_id, member_ref=traces.ref, stroke=secrets.token_hex(8), now=now
    )
    stops = [at for at in (people.stopped_since(tx, traces), outbox.stopped_since(tx, traces)) if at]
    stand_in, alias_ids = people.stand_in(tx, traces)
    wamids = inbox.erase(tx, traces, erased, stand_in=stand_in, alias_ids=alias_ids)
    groups.erase(tx, traces, erased, alias_ids=alias_ids)
    proofs.erase(tx, traces, erased)
    arrivals.erase(tx, traces, erased)
    outbox.erase(tx, traces, erased, threads=sorted(erased.objects.get("conversation", ())), wamids=wamids)
    inward.erase(tx, traces, erased)
    shop.erase(tx, traces, erased)
    invites.erase(tx, traces, erased)
    books.erase(tx, traces, erased)
    cashback.erase(tx, traces, erased)
    desk.erase(tx, traces, erased)
    segments.erase(tx, traces, erased)
    people.erase(tx, traces, erased, stopped_at=max(stops, default=None), now=now)
    imports.erase(tx, traces, erased)
    operators.erase(tx, traces, erased)
    _look(tx, traces, erased)
    _outside(tx, path, traces, erased)
    operators.close(tx, erasure_id, erased.files)
    return Outcome(
        traces.ref, dict(sorted(erased.rows.items())), len(erased.files), erased.left, books.owed(tx, traces),
        operators.operators_who_are(tx, traces),
    )  # fmt: skip


def _look(tx: Transaction, traces: Traces, erased: Erased) -> None:
    """Look through every table once more: what still names them is told, whatever room it is of."""
    for place, ids in imports.mentions(tx, traces, passed_over=_TOLD).items():
        erased.leave(place, len(ids), refs=ids, says="rows that are sealed or somebody else's and name them")


def _outside(tx: Transaction, path: Path, traces: Traces, erased: Erased) -> None:
    """What no ledger reaches: files written out of it before, the ledgers a restore put aside, WhatsApp, the phones."""
    written = exports(tx)
    erased.leave("exports", len(written), refs=written, says="files written out of this ledger before")
    aside = [str(one) for one in sorted(path.parent.glob(f"{path.stem}-before-*{path.suffix}"))]
    erased.leave("kept ledgers", len(aside), refs=aside, says="ledgers that a restore put aside")
    erased.leave(
        "unnoted files", 1,
        says="backups, exports and rejects that were not noted: files somebody copied, or wrote with an older waconsole",
    )  # fmt: skip
    erased.leave("WhatsApp", 1, says="WhatsApp's servers and the phones: there it is deleted by who has them")


async def clean(database: Database, *, now: int) -> bool:
    """Go on with every erasure whose traces are still in the file; whether nothing of them is left.

    Raises Refused where the disk has no room for a second copy of the ledger.
    """
    undone = await database.read(operators.undone)
    if not undone:
        return True
    folder = folder_of(database.path)
    copies = {one for files in undone.values() for one in files}
    for sha256 in copies - await database.read(lambda tx: inbox.copies_in_use(tx, copies)):
        delete_copies(folder, sha256)
    await database.write(search.merge_whole)
    for _ in range(STEPS_MAX):
        if not await database.write(search.merge_step):
            break
    ids = sorted(undone)
    if not await asyncio.to_thread(
        rewrite, database.path, is_wanted=lambda tx: not undone.keys().isdisjoint(operators.undone(tx))
    ):
        return False
    await database.write(lambda tx: operators.finish(tx, ids, now=now))
    return True
