"""Let a batch leave the house: counted by a checker, held in the books, written once.

The payouts are held (payable → clearing) in the transaction that writes the export down, before anybody sees the file. A
process that dies between leaves a batch that is exported and no file: exporting it again, with a reason, gives the same
bytes.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from waconsole.cashback import model, store_batches, store_deciding
from waconsole.cashback.deciding import DecisionRow
from waconsole.cashback.model import EXPORTED
from waconsole.cashback.paying import EXPORT, BatchRow, ExportRow, Payout, plain, sealed, sha256
from waconsole.cashback.service_deciding import REASON_LENGTH_MAX
from waconsole.cashback.service_decisions import Deciding, blank
from waconsole.cashback.service_paying import OBJECT, named, write_many
from waconsole.cashback.store_schemes import next_id
from waconsole.chain import service as chain
from waconsole.clock import SECOND
from waconsole.database import failures
from waconsole.database.connection import Database, Transaction
from waconsole.database.store_exports import note_export
from waconsole.errors import Refused
from waconsole.ledger import service as ledger
from waconsole.ledger.model import CLEARING_PAYOUT, PAYABLE, Wanted, member_account
from waconsole.ledger.service_record import MANY_MAX
from waconsole.money import Money
from waconsole.operators import authority
from waconsole.operators import service as operators
from waconsole.operators.store import Act, Operator

Render = Callable[[Sequence[Payout]], bytes]
PRIVATE: Final = 0o600


def export(
    tx: Transaction,
    actor: Operator,
    ref: str,
    *,
    count: int,
    sum_minor: int,
    file: Path,
    now: int,
    again: str = "",
    template: str = "",
    render: Render = plain,
    needs_codes: bool = False,
) -> tuple[ExportRow, bytes]:
    """Let a batch leave the house as `file`; answers what was written down, and the bytes to write.

    `count` and `sum_minor` are what the checker counted. The first export holds the money in the books until the provider's
    results come; each further one says why (`again`) and gives the same bytes. Raises Refused.
    """
    authority.authorize(tx, actor, "cashback.export", now=now)
    row = named(tx, ref)
    if (count, sum_minor) != (row.payout_count, row.sum_minor):
        raise Refused(
            "The batch holds another count or another sum: count its payouts and add them up again."
        )
    place = len(store_batches.exports_of(tx, row.id)) + 1
    if place > 1 and not again.strip():
        raise Refused(f"{ref} was exported already: say why it is written again with --again 'REASON'.")
    if len(again) > REASON_LENGTH_MAX:
        raise Refused(f"A reason has at most {REASON_LENGTH_MAX} signs.")
    if needs_codes:
        _draw_codes(tx, row.id)
    content = render(_payouts(tx, row))
    salt, hashed = store_deciding.draw_words(again)
    written = ExportRow(
        next_id(tx, "batch_export"),
        row.id,
        place,
        template,
        sha256(content),
        count,
        sum_minor,
        hashed,
        actor.id,
        now,
    )
    store_batches.add_export(tx, written, chain.append(tx, model.ROOM, EXPORT, written.id, sealed(written)))
    store_deciding.add_words(tx, EXPORT, written.id, salt, again)
    if place == 1:
        _hold(tx, actor, row, now=now)
    note_export(tx, "payout", str(file), now=now)
    act = Act(OBJECT, row.id, {}, {"batch": row.ref, "sha256": written.sha256, "place": place})
    operators.record(tx, actor, "export cashback", [act], now=now)
    return written, content


def _payouts(tx: Transaction, row: BatchRow) -> list[Payout]:
    found = [one for one in store_batches.payouts(tx, row) if one is not None]
    if len(found) != row.payout_count:
        raise Refused("Somebody in this batch was erased since: its file cannot be written any more.")
    if sha256(plain(found)) != row.sha256:
        raise Refused(f"{row.ref} does not hold any more what it was sealed with: run `waconsole verify`.")
    return found


def _hold(tx: Transaction, actor: Operator, row: BatchRow, *, now: int) -> None:
    """Hold every payout of a batch in the books until its result comes."""
    wanted: list[Wanted] = []
    decisions: list[DecisionRow] = []
    for one in store_batches.lines_of(tx, row.id):
        if not one["amount_minor"]:
            continue
        line = store_deciding.decidable(tx, one["line"])
        assert line is not None
        wanted.append(
            Wanted(
                ref=model.payout_ref(row.ref, line.ref),
                debit=member_account(line.wallet, PAYABLE),
                credit=CLEARING_PAYOUT,
                money=Money(one["amount_minor"], row.currency),
                purpose=model.PAYOUT,
                effective_at=now - now % SECOND,
                actor=actor.name,
                owner=actor.name,
                source=line.ref,
                rule=line.rule,
                rule_version=line.rule_version,
            )
        )
        decisions.append(
            blank(Deciding(tx, actor, line, now), EXPORTED)._replace(
                amount_minor=one["amount_minor"], batch_id=row.id
            )
        )
    for start in range(0, len(wanted), MANY_MAX):
        ledger.pend_many(tx, wanted[start : start + MANY_MAX], now=now)
    write_many(tx, decisions)


def _draw_codes(tx: Transaction, batch_id: int) -> None:
    codes = [(one, code()) for one in store_batches.without_code(tx, batch_id)]
    store_batches.add_codes(tx, codes)


_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
_CODE_LETTERS: Final = 20  # a hundred bits


def code() -> str:
    """A store credit's code that nobody guesses: XXXXX-XXXXX-XXXXX-XXXXX."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LETTERS))
    return "-".join(drawn[start : start + 5] for start in range(0, _CODE_LETTERS, 5))


async def export_to(
    database: Database, file: Path, work: Callable[[Transaction], tuple[ExportRow, bytes]]
) -> ExportRow:
    """Do `work` (an `export`) and write its bytes to `file`, whole and readable by us alone. Raises Refused.

    The bytes are on the disk before the transaction is committed, and under their name only after it.
    """
    with _whole_file(file) as put:

        def exporting(tx: Transaction) -> ExportRow:
            written, content = work(tx)
            put(content)
            return written

        return await database.write(exporting)


async def write_private(
    database: Database, file: Path, content: bytes, note: Callable[[Transaction], None]
) -> str:
    """Write `content` to `file`, whole and readable by us alone, and `note` it; answers its SHA-256. Raises Refused."""
    with _whole_file(file) as put:
        put(content)
        if not database.read_only:
            await database.write(note)
    return sha256(content)


@contextlib.contextmanager
def _whole_file(file: Path) -> Iterator[Callable[[bytes], None]]:
    """What is put stands on the disk at once, and under the file's name once all went well."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")

    def put(content: bytes) -> None:
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
            with open(descriptor, "wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
        except OSError as error:
            raise failures.os_in_words(error, file) from error

    try:
        yield put
        try:
            os.replace(part, file)
        except OSError as error:
            raise failures.os_in_words(error, file) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
