"""Builds the sample ledger: exports, contacts and the shop's files, through the same imports as any other file.

For one version of waconsole, one SQLite and one anchor the ledger is the same to the byte; it has no
installation id yet, which a copy gets when it is opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from waconsole import catalogue, clock
from waconsole.database.connection import Database, Transaction
from waconsole.database.engine import connect
from waconsole.groups import store as groups
from waconsole.groups.model import group_ref
from waconsole.inbox import store_conversations, store_items, store_saved_replies
from waconsole.operators import service as operators
from waconsole.operators import store as operator_rows
from waconsole.operators.store import Act
from waconsole.sync.intake_chat import ChatImport, Talk, import_chat
from waconsole.sync.intake_contacts import import_contacts
from waconsole.sync.intake_shop import ShopImport, import_shop

from .build import SampleExport, contacts_csv, exports, sample
from .shop import KINDS, ZONE, shop_csv

COLLEAGUE: Final = "Kim"
SETTLED_AFTER: Final = 26 * clock.HOUR


def build(path: Path, *, anchor: int) -> None:
    """Write the sample ledger to `path` (mode 0600), as it stands at `anchor` (microseconds UTC, a whole hour)."""
    with tempfile.TemporaryDirectory(prefix="waconsole-sample-") as folder:
        work = Path(folder)
        asyncio.run(_fill(work, anchor))
        path.unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(connect(work / "ledger.db", read_only=False)) as ledger:
            ledger.execute("VACUUM INTO ?", (str(path),))


async def _fill(work: Path, anchor: int) -> None:
    talk = Talk(lambda _: None, lambda _done, _of: None, lambda: False)
    contacts = work / "contacts.csv"
    contacts.write_text(contacts_csv(anchor), encoding="utf-8")
    async with catalogue.open_ledger(work / "ledger.db", now=anchor, installed=False) as database:
        await database.write(lambda tx: _operators(tx, anchor))
        await import_contacts(database, contacts, talk, region=None, zone=ZoneInfo(ZONE), now=anchor)
        for export in exports(anchor):
            await _import(database, work, export, talk, anchor)
        for kind in KINDS:
            file = work / f"{kind}.csv"
            file.write_text(shop_csv(kind, anchor), encoding="utf-8")
            await import_shop(database, ShopImport(kind, file, ZoneInfo(ZONE)), talk, now=anchor)
        await database.write(lambda tx: _settle(tx, anchor))


def _operators(tx: Transaction, anchor: int) -> None:
    operators.add(tx, sample()["operator"], "owner", now=anchor)
    operators.add(tx, COLLEAGUE, "moderator", now=anchor)
    owner = operators.acting(tx, sample()["operator"], now=anchor)
    for reply in sample()["saved_reply"]:
        store_saved_replies.add_reply(tx, **reply, operator_id=owner.id, now=anchor)


async def _import(database: Database, work: Path, export: SampleExport, talk: Talk, anchor: int) -> None:
    folder = work / export.group.slug
    folder.mkdir()
    file = folder / export.file_name
    with file.open("w", encoding="utf-8", newline="") as written:
        written.write(export.text)
    wanted = ChatImport(file, export.group.name, ZoneInfo(export.group.zone), me=sample()["me"])
    await database.write(lambda tx: _describe(tx, export, anchor))
    await import_chat(database, wanted, talk, now=anchor)


def _describe(tx: Transaction, export: SampleExport, anchor: int) -> None:
    """What the group is for, before its chat comes: the language tells which rules draw its items."""
    group = export.group
    known = groups.group_by_name(tx, group.name)
    group_id = known.id if known else groups.add_group(
        tx, ref=group_ref(group.name), name=group.name, driver="human", origin="import", now=anchor
    )  # fmt: skip
    groups.describe(
        tx, group_id, purpose=group.purpose, kpi=group.kpi, language=group.language, timezone=group.zone
    )


def _settle(tx: Transaction, anchor: int) -> None:
    """What is older than a day has been dealt with by the colleague, and read; the acts say so."""
    colleague = operators.acting(tx, COLLEAGUE, now=anchor)
    before = anchor - SETTLED_AFTER
    old = tx.rows(
        "SELECT id, rule, rule_version FROM work_item WHERE asked_at < :before ORDER BY id LIMIT 10000",
        {"before": before},
    )
    store_items.set_states(tx, [("done", item["id"]) for item in old])
    acts = [
        Act(
            "work_item",
            item["id"],
            {"state": "open"},
            {"state": "done"},
            rule=item["rule"],
            rule_version=item["rule_version"],
        )
        for item in old
    ]
    operator_rows.add_acts(tx, colleague, acts, stroke="sample", verb="done", now=anchor - clock.HOUR)
    for row in tx.rows("SELECT id FROM conversation ORDER BY id LIMIT 1000"):
        store_conversations.raise_read_mark(tx, row["id"], before)
        store_conversations.refresh_unread(tx, row["id"])
        store_conversations.refresh_clocks(tx, row["id"])
