"""What the tables cannot refuse to a file's owner, verification tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cashback import earnings
from tests.cashback.earnings import NOW, first_bad
from tests.cashback.ledger_lines import approved, done, lines_ledger, operator, ref
from waconsole import catalogue
from waconsole.cashback import deciding, service_exporting, service_paying, service_reconciling
from waconsole.cashback.paying import BatchLineRow, BatchRow, ExportRow, ResultRow
from waconsole.cashback.reconciling import Told
from waconsole.chain import service as chain
from waconsole.database.connection import Transaction
from waconsole.ledger.service_verify import verify


@pytest.fixture(scope="module")
def paid() -> Iterator[Transaction]:
    """Lines in many states, and a savepoint's worth of tampering at a time."""
    with lines_ledger() as tx:
        approved(tx, 1, 2, 3)
        done(tx, "kim", "propose", 7)
        done(tx, "zoe", "reject", 7)
        row = service_paying.batch(tx, operator(tx, "kim"), "HKD", now=NOW).row
        service_exporting.export(
            tx,
            operator(tx, "zoe"),
            row.ref,
            count=3,
            sum_minor=row.sum_minor,
            file=Path("x"),
            now=NOW,
            again="why",
        )
        told = [Told(2, ref(tx, 1), "confirmed", "R1", "", ""), Told(3, ref(tx, 2), "failed", "R2", "", "")]
        service_reconciling.reconcile(tx, operator(tx, "kim"), row.ref, told, now=NOW)
        earnings.refund(tx, "A1", "100.00")
        earnings.catch_up(tx)
        for trigger in tx.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
            tx.execute(f"DROP TRIGGER {trigger['name']}")
        yield tx


def test_what_was_decided_and_paid_is_sound(paid: Transaction) -> None:
    assert first_bad(paid) is None


def _columns(table: str, row: type, *besides: str) -> list[tuple[str, str]]:
    return [(table, name) for name in (*row._fields, *besides)]  # type: ignore[attr-defined]


COLUMNS = [
    *_columns("line_decision", deciding.DecisionRow),
    *_columns("line_state", deciding.Standing),
    *_columns("batch", BatchRow),
    *_columns("batch_line", BatchLineRow),
    *_columns("batch_export", ExportRow),
    *_columns("payout_result", ResultRow),
    ("batch_payee", "phone"),
    ("batch_payee", "salt"),
    ("decision_words", "words"),
]
TEXTS = frozenset(
    {"kind", "state_before", "words_hash", "state", "ref", "currency", "sha256", "reference", "payee_hash", "template", "result",
     "phone", "words"}
)  # fmt: skip


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=".".join)
def test_every_column_that_was_changed_is_told(paid: Transaction, table: str, column: str) -> None:
    last = paid.value(f"SELECT max(id) FROM {table}")
    if column in TEXTS:
        change = f"coalesce({column}, '') || 'x'"
    elif column == "salt":
        change = "randomblob(16)"
    else:
        change = f"coalesce({column}, 0) + 1000"
    paid.execute("PRAGMA ignore_check_constraints = ON")
    paid.execute("PRAGMA defer_foreign_keys = ON")
    paid.execute("SAVEPOINT tampered")
    try:
        paid.execute(f"UPDATE OR IGNORE {table} SET {column} = {change} WHERE id = {last}")
        found = first_bad(paid)
    finally:
        paid.execute("ROLLBACK TO tampered")
        paid.execute("RELEASE tampered")

    assert found is not None


@pytest.mark.parametrize(
    "table", ["line_decision", "line_state", "batch", "batch_line", "batch_export", "payout_result"]
)
def test_a_row_that_was_taken_out_is_told(paid: Transaction, table: str) -> None:
    paid.execute("PRAGMA defer_foreign_keys = ON")
    paid.execute("SAVEPOINT tampered")
    try:
        paid.execute(f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})")
        found = first_bad(paid)
    finally:
        paid.execute("ROLLBACK TO tampered")
        paid.execute("RELEASE tampered")

    assert found is not None


def test_a_payout_in_the_books_that_nobody_exported_is_told() -> None:
    with lines_ledger() as tx:
        from waconsole.ledger import service as ledger
        from waconsole.ledger.model import Wanted
        from waconsole.money import Money

        approved(tx, 1)
        ledger.pend(
            tx,
            Wanted(
                ref=f"payout:pb-none:{ref(tx, 1)}",
                debit=earnings.wallet(earnings.LIN),
                credit="clearing:payout",
                money=Money(100, "HKD"),
                purpose="payout",
                effective_at=NOW,
                actor="somebody",
                source=ref(tx, 1),
            ),
            now=NOW,
        )
        found = first_bad(tx)

    assert found is not None and found[0] == "transfer"


def test_only_what_was_touched_since_the_last_point_is_derived_again() -> None:
    with lines_ledger() as tx:
        approved(tx, 1)
        verified = verify(tx, catalogue.sealed())
        chain.keep_point(tx, link_seq=verified.link_seq, transfer_seq=verified.transfer_seq, now=NOW)
        done(tx, "kim", "propose", 2)
        assert verify(tx, catalogue.sealed(), since_last=True).since_seq == verified.transfer_seq
