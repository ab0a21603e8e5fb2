"""Take out the rows of import runs that were never finished. Nobody has ever seen them."""

from __future__ import annotations

import contextlib
from typing import Final

from waconsole.database import runs
from waconsole.database.connection import Database, Transaction
from waconsole.groups import store as groups
from waconsole.inbox import search
from waconsole.inbox import store_conversations as conversations
from waconsole.inbox import store_elsewhere as said
from waconsole.inbox import store_items as items
from waconsole.inbox import store_messages as messages
from waconsole.invites import store_invites as invites
from waconsole.members import store as members
from waconsole.outbox import store_elsewhere as pushes
from waconsole.shop import store as orders
from waconsole.shop import store_facts, store_refunds
from waconsole.sync.media_files import folder_of

SWEPT_AT_ONCE: Final = 250
FACTS_AT_ONCE: Final = 1000
SHOP_KINDS: Final = (
    "orders",
    "refunds",
    "products",
    "clicks",
    "carts",
    "costs",
    "invites",
    "pushes",
    "inbound",
)
MEMBERS_AT_ONCE: Final = 500


async def sweep_dead_runs(database: Database, *, now: int) -> list[str]:
    """Sweep every open run whose worker is gone; answers their refs."""
    swept: list[str] = []
    for run in await database.read(runs.open_runs):
        if not runs.is_alive(run, now=now):
            await sweep_run(database, run, now=now)
            swept.append(run.ref)
    return swept


async def sweep_run(database: Database, run: runs.Run, *, now: int) -> None:
    """Take out one run in short transactions; interrupted, it can be swept again."""
    if run.kind in SHOP_KINDS:
        while await database.write(lambda tx: _sweep_facts(tx, run)):
            pass
    while True:
        removed = await database.write(lambda tx: _sweep_messages(tx, run.id))
        for sha256 in removed[1]:
            with contextlib.suppress(OSError):
                (folder_of(database.path) / sha256).unlink(missing_ok=True)
        if not removed[0]:
            break

    def finish(tx: Transaction) -> bool:
        conversations.remove_run(tx, run.id)
        groups.remove_run(tx, run.id)
        if members.remove_run(tx, run.id, limit=MEMBERS_AT_ONCE):
            return False
        runs.mark_swept(tx, run.id, now=now)
        return True

    while not await database.write(finish):
        pass


def _sweep_facts(tx: Transaction, run: runs.Run) -> int:
    """Take out some of what a shop's file told; answers how many rows."""
    if run.kind == "orders":
        return orders.remove_run(tx, run.id, limit=FACTS_AT_ONCE)
    if run.kind == "refunds":
        return store_refunds.remove_run(tx, run.id, limit=FACTS_AT_ONCE)
    if run.kind == "invites":
        return invites.remove_run(tx, run.id, limit=FACTS_AT_ONCE)
    if run.kind == "pushes":
        return pushes.remove_run(tx, run.id, limit=FACTS_AT_ONCE)
    if run.kind == "inbound":
        return said.remove_run(tx, run.id, limit=FACTS_AT_ONCE)
    return store_facts.remove_run(tx, run.id, limit=FACTS_AT_ONCE)


def _sweep_messages(tx: Transaction, run_id: int) -> tuple[int, list[str]]:
    """Take out some messages of a run; answers how many, and the copies nobody needs any more."""
    rows = messages.rows_of_run(tx, run_id, above=0, limit=SWEPT_AT_ONCE)
    ids = [row["id"] for row in rows]
    search.unindex_messages(
        tx, [(row["search_key"], row["text"]) for row in rows if row["text"] and row["kind"] != "system"]
    )
    items.remove_run(tx, ids)
    orphaned = messages.copies_only_of(tx, ids)
    messages.remove_messages(tx, ids)
    return len(ids), orphaned
