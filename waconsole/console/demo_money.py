"""A round of cashback without a screen: approve what was proposed, pay it, hear what became of it, verify the books.

The services behind the keys of the cashback pane; the provider's answer is written to a file and read from it.
"""

from __future__ import annotations

import asyncio
import csv
import io
from functools import partial
from pathlib import Path
from typing import NamedTuple

from waconsole import catalogue
from waconsole.cashback import (
    reconciling,
    service_deciding,
    service_exporting,
    service_paying,
    service_reconciling,
    store_lines,
)
from waconsole.cashback.model import CONFIRMED, PROPOSED, RETURNED
from waconsole.cashback.paying import BatchRow, ExportRow
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Permanent
from waconsole.ledger import service_verify
from waconsole.operators import authority


class Round(NamedTuple):
    """What a round came to, over all currencies: lines and payouts."""

    approved: int
    refused: int
    batches: int
    confirmed: int
    returned: int
    transfers: int

    @property
    def words(self) -> str:
        """It in a sentence."""
        return (
            f"Cashback: {self.approved} of {self.approved + self.refused} proposed lines approved, payouts in"
            f" {self.batches} currencies exported, {self.confirmed} confirmed and {self.returned} returned;"
            f" {self.transfers} transfers are what was sealed."
        )


async def pay(database: Database, operator: str, *, now: int) -> Round:
    """Decide on what is proposed as `operator`, pay it, and verify the books. Raises Permanent where nothing came of it."""
    outcome, currencies = await database.write(lambda tx: _approve(tx, operator, now=now))
    if not outcome.done:
        raise Permanent("No cashback line could be approved in the demo.")
    batches = [
        await database.write(partial(_batch, operator=operator, currency=one, now=now)) for one in currencies
    ]
    counts = {CONFIRMED: 0, RETURNED: 0}
    for row in batches:
        payouts = database.path.with_name(f"{row.ref}.csv")
        await _export(database, operator, row, payouts, now=now)
        results = payouts.with_suffix(".results.csv")
        await asyncio.to_thread(_answer, payouts, results)
        found = await _reconcile(database, operator, row, results, now=now)
        for result in counts:
            counts[result] += found.done[result]
    verified = await database.stream(lambda tx: service_verify.verify(tx, catalogue.sealed()))
    return Round(
        len(outcome.done), len(outcome.refused), len(batches), counts[CONFIRMED], counts[RETURNED], verified.transfer_seq
    )  # fmt: skip


def _approve(tx: Transaction, operator: str, *, now: int) -> tuple[service_deciding.Outcome, list[str]]:
    """What came of it, and the currencies of what was approved."""
    actor = authority.deciding(tx, operator, now=now)
    _, rows = store_lines.lines(tx, state=PROPOSED, payee_root_id=None, scheme_id=None, limit=None)
    outcome = service_deciding.decide(tx, actor, "approve", [row["line"] for row in rows], now=now)
    done = set(outcome.done)
    return outcome, sorted({row["currency"] for row in rows if row["line"] in done})


def _batch(tx: Transaction, *, operator: str, currency: str, now: int) -> BatchRow:
    return service_paying.batch(tx, authority.deciding(tx, operator, now=now), currency, now=now).row


async def _export(database: Database, operator: str, row: BatchRow, file: Path, *, now: int) -> None:
    def work(tx: Transaction) -> tuple[ExportRow, bytes]:
        actor = authority.deciding(tx, operator, now=now)
        return service_exporting.export(
            tx, actor, row.ref, count=row.payout_count, sum_minor=row.sum_minor, file=file, now=now
        )

    await service_exporting.export_to(database, file, work)


def _answer(payouts: Path, results: Path) -> None:
    """What a provider says of a file of payouts: the last one came back."""
    rows = list(csv.DictReader(io.StringIO(payouts.read_text(encoding="utf-8"))))
    said = [f"{row['line']},{CONFIRMED},{row['reference']}" for row in rows[:-1]]
    said += [f"{row['line']},{RETURNED},{row['reference']}" for row in rows[-1:]]
    results.write_text("\n".join(["line,result,reference", *said, ""]), encoding="utf-8")


async def _reconcile(
    database: Database, operator: str, row: BatchRow, results: Path, *, now: int
) -> service_reconciling.Reconciled:
    told = reconciling.read(await asyncio.to_thread(results.read_bytes))

    def work(tx: Transaction) -> service_reconciling.Reconciled:
        actor = authority.deciding(tx, operator, now=now)
        return service_reconciling.reconcile(tx, actor, row.ref, told, now=now)[0]

    return await database.write(work)
