"""Cashback as it is paid out, typed: batches, their export, the provider's results."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from waconsole.cashback import (
    payout_templates,
    reconciling,
    service_exporting,
    service_paying,
    service_reconciling,
    store_batches,
)
from waconsole.cashback.paying import BatchRow, ExportRow
from waconsole.cashback.service_reconciling import Reconciled
from waconsole.clock import iso
from waconsole.command import (
    EXIT_DONE,
    EXIT_PARTLY,
    EXIT_REFUSED,
    Answer,
    Argument,
    Command,
    Invocation,
    listed,
)
from waconsole.database import failures
from waconsole.database.connection import Database, Transaction
from waconsole.errors import Refused
from waconsole.money import Money, currency_of
from waconsole.operators import authority
from waconsole.text import safe

ROWS_PER_TRANSACTION: Final = 20


def _figures(row: BatchRow) -> dict[str, Any]:
    return {
        "batch": row.ref,
        "count": row.payout_count,
        "sum": row.sum_minor,
        "sha256": row.sha256,
        "currency": row.currency,
        "total": str(Money(row.sum_minor, row.currency)),
    }


async def _batch(database: Database, call: Invocation) -> Answer:
    currency = currency_of(call.values["currency"])

    def work(tx: Transaction) -> service_paying.Batched:
        actor = authority.deciding(tx, call.operator, now=call.now)
        return service_paying.batch(tx, actor, currency, now=call.now)

    made = await database.write(work)
    row = made.row
    document = _figures(row) | {
        "netted": [{"line": line, "amount_minor": minor} for line, minor in made.netted.items()],
        "left_out": [{"line": one.line, "reason": one.reason} for one in made.left_out],
    }
    lines = [
        safe(
            f"{row.ref}: {row.payout_count} payouts, {Money(row.sum_minor, row.currency)}, SHA-256 {row.sha256}"
        )
    ]
    lines += [
        safe(f"{line}: {Money(minor, row.currency)} is netted: it was refunded after it was paid")
        for line, minor in made.netted.items()
    ]
    lines += [safe(f"{one.line} stays out: {one.reason}") for one in made.left_out]
    return Answer(document, tuple(lines))


async def _batches(database: Database, call: Invocation) -> Answer:
    if call.values["batch"] is not None:
        return await _show(database, call.values["batch"])
    rows = await database.read(store_batches.batches)
    for row in rows:
        row["sum"] = row.pop("sum_minor")
        row["total"] = str(Money(row["sum"], row["currency"]))
        row["made_at"] = iso(row["made_at"])
    document = listed(rows, call.limit)
    lines = tuple(
        safe(
            f"{row['batch']}  {row['total']} in {row['count']} payouts  by {row['made_by']} at {row['made_at']}"
            f"  {_how_far(row)}"
        )
        for row in document["rows"]
    )
    return Answer(document, lines or ("No batches yet: `waconsole cashback batch` makes one.",))


def _how_far(row: dict[str, Any]) -> str:
    return f"{row['open']} without a result" if row["exports"] else "not exported"


async def _show(database: Database, ref: str) -> Answer:
    def work(tx: Transaction) -> tuple[BatchRow, list[dict[str, Any]], list[dict[str, Any]]]:
        row = service_paying.named(tx, ref)
        lines = [
            {
                "line": one["line"],
                "payee": one["phone"],
                "amount": str(Money(one["amount_minor"], row.currency)),
                "amount_minor": one["amount_minor"],
                "netted_minor": one["netted_minor"],
                "reference": one["reference"],
                "state": one["state"] if one["batch_id"] == row.id else one["result"] or "elsewhere",
                "result": one["result"],
            }
            for one in store_batches.lines_of(tx, row.id)
        ]
        exports = [
            {**dict(one), "exported_at": iso(one["exported_at"])}
            for one in store_batches.exports_of(tx, row.id)
        ]
        return row, lines, exports

    row, rows, exports = await database.read(work)
    document = _figures(row) | {"made_at": iso(row.made_at), "rows": rows, "exports": exports}
    lines = [
        safe(
            f"{row.ref}: {row.payout_count} payouts, {Money(row.sum_minor, row.currency)}, SHA-256 {row.sha256}"
        )
    ]
    lines += [
        safe(
            f"{one['line']}  {one['amount']}  {one['payee'] or 'erased'}  {one['reference']}  {one['state']}"
        )
        for one in rows
    ]
    lines += [
        safe(
            f"exported by {one['by']} at {one['exported_at']}{': ' + one['reason'] if one['reason'] else ''}"
        )
        for one in exports
    ]
    return Answer(document, tuple(lines))


async def _export(database: Database, call: Invocation) -> Answer:
    values = call.values
    file = Path(values["out"]).expanduser()
    if file.is_dir():
        raise Refused(f"{file} is a folder: name a file.")
    template = payout_templates.named(values["template"])

    def work(tx: Transaction) -> tuple[ExportRow, bytes]:
        actor = authority.deciding(tx, call.operator, now=call.now)
        return service_exporting.export(
            tx, actor, values["batch"], count=values["count"], sum_minor=values["sum"], file=file, now=call.now,
            again=values["again"] or "", template=template.name, render=template.render,
            needs_codes=template.needs_codes,
        )  # fmt: skip

    written = await service_exporting.export_to(database, file, work)
    document = {
        "file": str(file),
        "sha256": written.sha256,
        "batch": values["batch"],
        "again": written.place > 1,
    }
    return Answer(document, (safe(f"{file}: {written.payout_count} payouts, SHA-256 {written.sha256}"),))


async def _reconcile(database: Database, call: Invocation) -> Answer:
    file = Path(call.values["file"]).expanduser()
    try:
        if file.stat().st_size > reconciling.BYTES_MAX:
            raise Refused("A result file has at most 32 MiB.")
        content = file.read_bytes()
    except OSError as error:
        raise failures.os_in_words(error, file) from error
    rows = reconciling.read(content)
    whole = Reconciled(rows=len(rows))
    stroke: str | None = None
    for start in range(0, max(len(rows), 1), ROWS_PER_TRANSACTION):
        part = rows[start : start + ROWS_PER_TRANSACTION]

        def work(
            tx: Transaction, part: list[reconciling.Told] = part, stroke: str | None = stroke
        ) -> tuple[Reconciled, str | None]:
            actor = authority.deciding(tx, call.operator, now=call.now)
            return service_reconciling.reconcile(
                tx, actor, call.values["batch"], part, now=call.now, stroke=stroke
            )

        found, stroke = await database.write(work)
        for result, count in found.done.items():
            whole.done[result] += count
        whole.unchanged += found.unchanged
        whole.refused += found.refused
        whole.open = found.open
        call.progress(min(start + ROWS_PER_TRANSACTION, len(rows)), len(rows))
    return _reconciled(call.values["batch"], whole)


def _reconciled(batch: str, found: Reconciled) -> Answer:
    done = sum(found.done.values())
    document = {
        "batch": batch,
        "rows": found.rows,
        **found.done,
        "unchanged": found.unchanged,
        "refused": [one._asdict() for one in found.refused],
        "open": found.open,
    }
    counts = ", ".join(f"{count} {result}" for result, count in found.done.items())
    lines = [
        safe(
            f"{counts}, {found.unchanged} as they were, {len(found.refused)} refused; {found.open} without a result."
        )
    ]
    lines += [safe(f"row {one.row}, {one.line or 'no line'}: {one.reason}") for one in found.refused]
    nothing = not done and not found.unchanged
    code = EXIT_DONE if not found.refused else EXIT_REFUSED if nothing else EXIT_PARTLY
    return Answer(document, tuple(lines), code)


async def _templates(database: Database, call: Invocation) -> Answer:
    rows = [
        {"name": one.name or "plain", "says": one.says, "source": one.source}
        for one in payout_templates.all_of_them()
    ]
    document = listed(rows, call.limit)
    return Answer(document, tuple(safe(f"{row['name']}  {row['says']}") for row in document["rows"]))


_BATCH: Final = Argument("batch", "the batch's name")

COMMANDS: Final[list[Command]] = [
    Command(("cashback", "batch"), "Put what is approved into a sealed batch of payouts.", _batch, (
        Argument("--currency", "the currency, one for each batch", required=True, metavar="C"),
    )),
    Command(("cashback", "batches"), "Every batch, or what is in one.", _batches, (
        Argument("batch", "the batch's name", optional=True),
    ), writes=False),
    Command(("cashback", "export"), "Let a batch leave the house as a file, once you counted it.", _export, (
        _BATCH,
        Argument("--count", "how many payouts you counted", kind="integer", required=True, metavar="N"),
        Argument("--sum", "what they add up to, in minor units", kind="integer", required=True, metavar="MINOR"),
        Argument("--out", "the file to write", required=True, metavar="FILE"),
        Argument("--again", "why it is written a second time", metavar="REASON"),
        Argument("--template", "who it is for; `cashback templates` names them", metavar="NAME"),
    )),
    Command(("cashback", "reconcile"), "Take in what a provider says became of a batch.", _reconcile, (
        _BATCH, Argument("file", "CSV with the columns line, result, reference"),
    )),
    Command(("cashback", "templates"), "The forms a batch can be exported in.", _templates, writes=False),
]  # fmt: skip
