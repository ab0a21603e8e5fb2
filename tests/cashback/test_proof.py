"""Refunds after every state, and whatever else once went wrong: the books and every line's standing after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cashback import earnings
from tests.cashback.earnings import balance, first_bad, pending, wallet
from tests.cashback.ledger_lines import LIN, NOW, approved, do, done, lines_ledger, operator, ref, state
from waconsole.cashback import (
    service_deciding,
    service_evidence,
    service_exporting,
    service_paying,
    service_reconciling,
    service_statement,
    store_deciding,
)
from waconsole.cashback.reconciling import Told
from waconsole.database.connection import Transaction
from waconsole.errors import Undone
from waconsole.operators import service as operators


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with lines_ledger() as found:
        yield found


def refund(tx: Transaction, amount: str, *, name: str = "") -> None:
    """What goes back of line 1's order, taken in at once."""
    earnings.refund(tx, "A1", amount, name=name)
    earnings.catch_up(tx)


def batched(tx: Transaction) -> str:
    """Line 1, approved and in a batch."""
    if state(tx, 1) != "approved":
        approved(tx, 1)
    return service_paying.batch(tx, operator(tx, "kim"), "HKD", now=NOW).row.ref


def exported(tx: Transaction) -> str:
    """The same, and out of the house."""
    name = batched(tx)
    row = service_paying.named(tx, name)
    service_exporting.export(
        tx,
        operator(tx, "zoe"),
        name,
        count=row.payout_count,
        sum_minor=row.sum_minor,
        file=Path("out.csv"),
        now=NOW,
    )
    return name


def told(tx: Transaction, batch: str, result: str) -> None:
    """What the provider says of line 1."""
    rows = [Told(2, ref(tx, 1), result, "", "", "")]
    found, _ = service_reconciling.reconcile(tx, operator(tx, "kim"), batch, rows, now=NOW)
    assert found.done[result] == 1


def due(tx: Transaction, currency: str = "HKD") -> int:
    """What a statement says is still to come to whoever line 1 is paid to."""
    said = service_statement.statement(tx, LIN, now=NOW)
    return sum(one.due_minor for one in said.totals if one.currency == currency)


def _stands(tx: Transaction, kind: str) -> None:
    if kind == "approved":
        approved(tx, 1)
    elif kind == "batched":
        batched(tx)
    elif kind == "rejected":
        done(tx, "zoe", "reject", 1)
    elif kind == "exported":
        exported(tx)
    elif kind not in ("accrued", "proposed"):
        name = exported(tx)
        for result in kind.split(", "):
            told(tx, name, result)
    elif kind == "proposed":
        done(tx, "kim", "propose", 1)


# (state, what stands in the wallet, on the clawback account, at clearing, what is due) after a third was refunded, then all.
# Line 1 is 30.00 of LIN's 54.00 HKD.
AFTER = {
    "accrued": [(0, 0, 0, 4400), (0, 0, 0, 2400)],
    "proposed": [(0, 0, 0, 4400), (0, 0, 0, 2400)],
    "approved": [(2000, 0, 0, 4400), (0, 0, 0, 2400)],
    "rejected": [(0, 0, 0, 2400), (0, 0, 0, 2400)],
    "batched": [(3000, -1000, 0, 4400), (3000, -3000, 0, 2400)],
    "exported": [(3000, -1000, 0, 4400), (3000, -3000, 0, 2400)],
    "confirmed": [(0, -1000, 3000, 1400), (0, -3000, 3000, -600)],
    "failed": [(2000, 0, 0, 4400), (0, 0, 0, 2400)],
    "returned": [(2000, 0, 0, 4400), (0, 0, 0, 2400)],
    "confirmed, returned": [(2000, 0, 0, 4400), (0, 0, 0, 2400)],
}


@pytest.mark.parametrize("kind", AFTER)
def test_a_refund_after_any_state_is_taken_from_where_the_money_is(tx: Transaction, kind: str) -> None:
    _stands(tx, kind)
    found = []
    for number, amount in enumerate(("333.33", "666.67")):
        refund(tx, amount, name=f"F{number}")
        assert first_bad(tx) is None
        found.append(
            (balance(tx, wallet(LIN)), balance(tx, wallet(LIN, "clawback")), balance(tx, "clearing:payout"), due(tx))
        )  # fmt: skip

    assert found == AFTER[kind]
    assert pending(tx, wallet(LIN)) == 2400 + 3000 * (kind == "exported")


@pytest.mark.parametrize("result", ["failed", "returned"])
def test_money_that_comes_back_after_a_refund_pays_the_clawback_account_first(
    tx: Transaction, result: str
) -> None:
    name = exported(tx)
    refund(tx, "333.33")
    told(tx, name, result)

    assert (balance(tx, wallet(LIN)), balance(tx, wallet(LIN, "clawback")), due(tx)) == (2000, 0, 4400)
    assert first_bad(tx) is None


def test_what_was_rejected_of_a_split_line_is_refunded_by_nobody(tx: Transaction) -> None:
    """The rejected rest was nobody's: a refund of it made whoever was paid nothing owe it."""
    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "split", 1, amount="12.00 HKD")
    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "reject", 1)
    assert due(tx) == 2400 + 1200

    refund(tx, "1000.00")

    assert (balance(tx, wallet(LIN)), balance(tx, wallet(LIN, "clawback")), due(tx)) == (0, 0, 2400)
    assert store_deciding.standing(tx, 1).rejected_minor == 0
    assert first_bad(tx) is None


def test_undoing_a_rejection_holds_what_refunds_left_of_it_and_no_less(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "split", 1, amount="12.00 HKD")
    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "reject", 1)
    refund(tx, "500.00")  # 15.00: 12.00 from the wallet, 3.00 of what was rejected
    last = store_deciding.last_decision(tx, 1)
    assert last is not None and service_deciding.undo(tx, "zoe", 1, last, now=NOW)

    assert store_deciding.standing(tx, 1).open_minor == 1500
    assert (balance(tx, wallet(LIN)), due(tx)) == (0, 2400 + 1500)
    assert first_bad(tx) is None


def test_all_is_well_after_a_dispute_and_after_every_decision(tx: Transaction) -> None:
    service_evidence.dispute(tx, operator(tx, "ann"), ref(tx, 1), reason="not hers", now=NOW)
    assert first_bad(tx) is None
    for name, verb in (
        ("kim", "release"), ("kim", "propose"), ("kim", "ask"), ("kim", "release"), ("kim", "hold"),
        ("ann", "release"), ("zoe", "approve"),
    ):  # fmt: skip
        do(tx, name, verb, 1)
        assert first_bad(tx) is None, verb
    assert state(tx, 1) == "approved"


def test_a_dispute_cannot_be_undone_and_says_so(tx: Transaction) -> None:
    ann = operator(tx, "ann")
    service_evidence.dispute(tx, ann, ref(tx, 1), reason="not hers", now=NOW)

    with pytest.raises(Undone, match="“dispute cashback” cannot be undone"):
        operators.undo(tx, ann, service_deciding.restores("ann", now=NOW), now=NOW)
