"""Batches, exports and results: what is paid once, netted before, brought back, and paid again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cashback import earnings
from tests.cashback.earnings import balance, first_bad, pending, wallet
from tests.cashback.ledger_lines import (
    AMARA,
    LIN,
    NOW,
    approved,
    done,
    lines_ledger,
    operator,
    ref,
    state,
    why,
)
from waconsole.cashback import (
    payout_templates,
    reconciling,
    service_deciding,
    service_exporting,
    service_paying,
    service_reconciling,
    store_batches,
    store_deciding,
)
from waconsole.cashback.paying import BatchRow, ExportRow, Payout, batch_ref, netted, plain
from waconsole.cashback.payout_templates import template_of
from waconsole.cashback.service_paying import Batched
from waconsole.cashback.service_reconciling import Reconciled
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused, Undone
from waconsole.operators import service as operators
from waconsole.operators.authority import Forbidden


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with lines_ledger() as found:
        yield found


def batch(tx: Transaction, currency: str = "HKD", name: str = "kim") -> Batched:
    return service_paying.batch(tx, operator(tx, name), currency, now=NOW)


def export(
    tx: Transaction, row: BatchRow, *, again: str = "", form: str | None = None, wrong: int = 0
) -> tuple[ExportRow, bytes]:
    template = payout_templates.named(form)
    return service_exporting.export(
        tx, operator(tx, "zoe"), row.ref, count=row.payout_count, sum_minor=row.sum_minor + wrong, file=Path("payouts.csv"),
        now=NOW, again=again, template=template.name, render=template.render, needs_codes=template.needs_codes,
    )  # fmt: skip


def exported(tx: Transaction, *line_ids: int) -> BatchRow:
    approved(tx, *line_ids)
    row = batch(tx).row
    export(tx, row)
    return row


def told(tx: Transaction, row: BatchRow, *said: tuple[int, str]) -> Reconciled:
    text = "line,result,reference\n" + "".join(f"{ref(tx, one)},{result},R{one}\n" for one, result in said)
    rows = reconciling.read(text.encode())
    return service_reconciling.reconcile(tx, operator(tx, "kim"), row.ref, rows, now=NOW)[0]


def reasons(found: Reconciled) -> list[str]:
    return [one.reason for one in found.refused]


def unpaid(tx: Transaction, line_id: int) -> int:
    return store_deciding.standing(tx, line_id).unpaid_minor


def test_a_batch_holds_what_is_approved_and_not_held_in_one_currency(tx: Transaction) -> None:
    approved(tx, 1, 2, 3, 4)
    done(tx, "kim", "propose", 7)
    done(tx, "kim", "hold", 2)

    made = batch(tx)

    assert (made.row.payout_count, made.row.sum_minor, made.row.currency) == (2, 9000, "HKD")
    assert [state(tx, one) for one in (1, 2, 3, 4, 7)] == [
        "batched",
        "approved",
        "batched",
        "approved",
        "proposed",
    ]
    with pytest.raises(Refused, match="Nothing in HKD is approved"):
        batch(tx)
    assert batch(tx, "JPY").row.sum_minor == 2700
    assert first_bad(tx) is None


def test_the_plain_export_is_the_sealed_bytes_in_the_order_of_the_lines(tx: Transaction) -> None:
    approved(tx, 1, 2, 3)
    row = batch(tx).row
    written, content = export(tx, row)

    lines = content.decode().splitlines()
    assert lines[0] == "line,payee,currency,amount,reference"
    assert [one.split(",")[0] for one in lines[1:]] == sorted(ref(tx, one) for one in (1, 2, 3))
    assert f"{ref(tx, 1)},{LIN},HKD,30.00,{row.ref}-0000" in content.decode()
    assert written.sha256 == row.sha256
    with pytest.raises(Refused, match="was exported already"):
        export(tx, row)
    assert export(tx, row, again="lost")[1] == content
    assert [one["reason"] for one in store_batches.exports_of(tx, row.id)] == [None, "lost"]


@pytest.mark.parametrize(
    ("line", "currency", "amount"), [(4, "JPY", "2700"), (5, "KWD", "3.333"), (6, "points", "120")]
)
def test_an_amount_has_exactly_its_currencys_digits(
    tx: Transaction, line: int, currency: str, amount: str
) -> None:
    approved(tx, line)
    content = export(tx, batch(tx, currency).row)[1].decode()

    assert content.splitlines()[1].split(",")[2:4] == [currency, amount]


def test_a_checker_counts_before_the_money_is_held(tx: Transaction) -> None:
    approved(tx, 1)
    row = batch(tx).row
    with pytest.raises(Refused, match="add them up again"):
        export(tx, row, wrong=1)
    assert (state(tx, 1), balance(tx, "clearing:payout")) == ("batched", 0)

    export(tx, row)

    assert (state(tx, 1), balance(tx, "clearing:payout"), pending(tx, "clearing:payout")) == (
        "exported",
        0,
        3000,
    )
    open_ones = tx.rows("SELECT purpose, owner, source FROM open_transfer WHERE purpose = 'payout'")
    assert [tuple(one) for one in open_ones] == [("payout", "zoe", ref(tx, 1))]
    assert first_bad(tx) is None


def test_a_batch_is_not_undone(tx: Transaction) -> None:
    approved(tx, 1)
    batch(tx)
    with pytest.raises(Undone, match="cannot be undone"):
        operators.undo(tx, operator(tx, "kim"), service_deciding.restores("kim", now=NOW), now=NOW)
    with pytest.raises(Undone, match="changed again"):
        operators.undo(tx, operator(tx, "zoe"), service_deciding.restores("zoe", now=NOW), now=NOW)


def test_results_confirm_payouts_or_bring_them_back_and_a_repeat_changes_nothing(tx: Transaction) -> None:
    row = exported(tx, 1, 2, 3)

    found = told(tx, row, (1, "confirmed"), (2, "failed"))
    assert (found.done, found.open) == ({"confirmed": 1, "failed": 1, "returned": 0}, 1)
    assert [state(tx, one) for one in (1, 2, 3)] == ["confirmed", "failed", "exported"]
    assert (balance(tx, "clearing:payout"), balance(tx, wallet(LIN))) == (3000, 1500)

    before = tx.value("SELECT count(*) FROM transfer")
    again = told(tx, row, (1, "confirmed"), (2, "failed"))
    assert (again.unchanged, again.refused, tx.value("SELECT count(*) FROM transfer")) == (2, [], before)
    assert first_bad(tx) is None


def test_what_was_confirmed_may_still_come_back_and_other_contradictions_are_told(tx: Transaction) -> None:
    row = exported(tx, 1, 2)
    told(tx, row, (1, "confirmed"), (2, "failed"))

    assert "was confirmed before" in reasons(told(tx, row, (1, "failed")))[0]
    assert "was failed before" in reasons(told(tx, row, (2, "confirmed")))[0]
    found = told(tx, row, (1, "returned"))
    assert (found.done["returned"], state(tx, 1)) == (1, "returned")
    assert (balance(tx, "clearing:payout"), balance(tx, wallet(LIN)), unpaid(tx, 1)) == (0, 4500, 3000)
    assert "was returned before" in reasons(told(tx, row, (1, "confirmed")))[0]
    assert first_bad(tx) is None


def test_what_came_back_is_paid_again_only_when_somebody_says_so(tx: Transaction) -> None:
    first = exported(tx, 1)
    told(tx, first, (1, "failed"))
    with pytest.raises(Refused, match="Nothing in HKD"):
        batch(tx)
    done(tx, "kim", "again", 1)
    second = batch(tx).row
    assert second.ref != first.ref
    export(tx, second)
    told(tx, second, (1, "confirmed"))

    assert (state(tx, 1), balance(tx, "clearing:payout"), balance(tx, wallet(LIN))) == ("confirmed", 3000, 0)
    assert told(tx, first, (1, "failed")).unchanged == 1
    assert "was failed before" in reasons(told(tx, first, (1, "confirmed")))[0]
    assert "confirmed: it cannot be paid again" in why(tx, "kim", "again", 1)
    assert first_bad(tx) is None


def test_rows_that_fit_no_payout_are_told_one_by_one(tx: Transaction) -> None:
    row = exported(tx, 1)
    approved(tx, 2)
    other = batch(tx).row
    text = (
        "result;line;amount;currency;reference\n"
        f"paid;{ref(tx, 1)};;;\nconfirmed;{ref(tx, 2)};;;\nconfirmed;cb-none;;;\nconfirmed;{ref(tx, 1)};29.00;;\n"
        f"confirmed;{ref(tx, 1)};;JPY;\nCONFIRMED;;30,00;hkd;{row.ref}-00001\nconfirmed;;30,00;hkd;{row.ref}-00001\n"
    )
    found = service_reconciling.reconcile(
        tx, operator(tx, "kim"), row.ref, reconciling.read(text.encode("utf-8-sig")), now=NOW
    )[0]

    assert [(one.row, one.reason.split(":")[0]) for one in found.refused] == [
        (2, "paid is no result"),
        (3, "It is in another batch"),
        (4, "There is no such payout in this batch."),
        (5, "30.00 HKD was to be paid, not 29.00 HKD."),
        (6, "It was paid in HKD, not in JPY."),
    ]
    assert (found.done["confirmed"], found.unchanged) == (1, 1)
    assert other.ref in found.refused[1].reason


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no column line and no column result"),
        (b"line,state\n", "no column result"),
        ("line,result\n".encode("utf-16"), "UTF-8"),
        (b"line,result\n\xff,x\n", "UTF-8"),
        (b'line,result\n"a,b\n', "no CSV"),
    ],
)
def test_a_file_that_is_no_result_file_is_refused_in_words(content: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        reconciling.read(content)


def test_identical_rows_of_a_result_file_are_one_fact() -> None:
    assert [one.number for one in reconciling.read(b"line,result\na,failed\n\na,failed\na,confirmed\n")] == [
        2,
        5,
    ]


def test_what_was_refunded_after_it_was_paid_is_netted_from_the_next_payout(tx: Transaction) -> None:
    row = exported(tx, 1)
    told(tx, row, (1, "confirmed"))
    earnings.refund(tx, "A1", "700.00")
    earnings.catch_up(tx)
    assert (balance(tx, wallet(LIN, "clawback")), balance(tx, wallet(LIN))) == (-2100, 0)

    approved(tx, 2, 3)
    made = batch(tx)

    assert made.netted == {ref(tx, 2): 1500}
    assert (made.row.line_count, made.row.payout_count, made.row.sum_minor) == (2, 1, 6000)
    assert (state(tx, 2), balance(tx, wallet(LIN, "clawback"))) == ("confirmed", -600)
    content = export(tx, made.row)[1].decode()
    assert (AMARA in content, LIN in content) == (True, False)
    assert first_bad(tx) is None


def test_netting_takes_a_part_and_the_rest_is_paid(tx: Transaction) -> None:
    row = exported(tx, 1)
    told(tx, row, (1, "confirmed"))
    earnings.refund(tx, "A1", "200.00")
    earnings.catch_up(tx)
    approved(tx, 2)

    made = batch(tx)

    assert (made.netted, made.row.sum_minor) == ({ref(tx, 2): 600}, 900)
    export(tx, made.row)
    told(tx, made.row, (2, "failed"))
    assert (unpaid(tx, 2), balance(tx, wallet(LIN)), balance(tx, wallet(LIN, "clawback"))) == (900, 900, 0)
    assert first_bad(tx) is None


def test_a_payout_that_comes_back_after_a_refund_pays_the_clawback_account_first(tx: Transaction) -> None:
    row = exported(tx, 1)
    earnings.refund(tx, "A1", "300.00")
    earnings.catch_up(tx)
    assert balance(tx, wallet(LIN, "clawback")) == -900

    told(tx, row, (1, "failed"))

    assert (unpaid(tx, 1), balance(tx, wallet(LIN)), balance(tx, wallet(LIN, "clawback"))) == (2100, 2100, 0)
    done(tx, "kim", "again", 1)
    assert batch(tx).row.sum_minor == 2100
    assert first_bad(tx) is None


def test_fully_refunded_lines_are_not_batched(tx: Transaction) -> None:
    approved(tx, 1, 2)
    earnings.refund(tx, "A1", "1000.00")
    earnings.catch_up(tx)

    assert (batch(tx).row.sum_minor, state(tx, 1)) == (1500, "approved")


def test_a_payee_without_a_number_stays_out_and_is_told(tx: Transaction) -> None:
    approved(tx, 1, 3)
    tx.execute("UPDATE alias SET seen_until = 1 WHERE kind = 'phone' AND value = ?", (AMARA,))

    made = batch(tx)

    assert (made.row.payout_count, [one.line for one in made.left_out]) == (1, [ref(tx, 3)])
    assert "no phone number" in made.left_out[0].reason


def test_an_erased_payee_leaves_a_sound_batch_that_is_not_written_any_more(tx: Transaction) -> None:
    row = exported(tx, 1)
    tx.execute("DELETE FROM batch_payee")
    tx.execute("DELETE FROM decision_words")

    with pytest.raises(Refused, match="was erased since"):
        export(tx, row, again="lost")
    assert first_bad(tx) is None


def test_who_may_make_and_export_batches(tx: Transaction) -> None:
    approved(tx, 1)
    with pytest.raises(Forbidden, match="owner or moderator"):
        batch(tx, name="abe")
    with pytest.raises(NotFound, match="There is no batch"):
        service_paying.named(tx, "pb-none")
    facts.set_fact(tx, "adoption", "pending")
    with pytest.raises(Forbidden, match="waconsole adopt"):
        batch(tx)


def test_a_form_for_a_provider_has_its_own_columns_and_hash(tx: Transaction) -> None:
    approved(tx, 1, 3)
    row = batch(tx).row
    export(tx, row)

    paypal, bank = export(tx, row, again="paypal", form="paypal"), export(tx, row, again="bank", form="bank")

    assert f"{LIN},30.00,HKD,{row.ref}-0000" in paypal[1].decode()
    assert bank[1].decode().startswith("Recipient;Amount;Currency;End-to-end reference;Purpose\n")
    assert f"{LIN};30,00;HKD;" in bank[1].decode()
    assert len({row.sha256, paypal[0].sha256, bank[0].sha256}) == 3
    assert first_bad(tx) is None


def test_store_credits_have_one_code_for_each_payout_that_stays(tx: Transaction) -> None:
    approved(tx, 1, 2, 3)
    row = batch(tx).row
    _, content = export(tx, row, form="credit")

    codes = [line.split(",")[0] for line in content.decode().splitlines()[1:]]
    assert len(set(codes)) == 3
    assert all(len(code.replace("-", "")) == 20 for code in codes)
    assert export(tx, row, again="lost", form="credit")[1] == content


def test_every_form_is_whole_and_names_its_source() -> None:
    payout = Payout("cb-1", LIN, "HKD", 1234, "pb-1-00001", "CODE")
    for one in payout_templates.all_of_them():
        rows = one.render([payout]).decode().splitlines()
        assert len(rows) == 1 + one.has_head
        assert one.says
        assert one.source
    with pytest.raises(NotFound, match="choose one of plain, bank"):
        payout_templates.named("nothing")
    with pytest.raises(Refused, match="like a formula"):
        template_of("x", {"says": "", "source": "", "column": [{"head": "a", "text": "=1+1"}]})
    with pytest.raises(Refused, match="a column holds one of"):
        template_of("x", {"says": "", "source": "", "column": [{"cell": "name"}]})
    with pytest.raises(Refused, match="at most 5,000 rows"):
        payout_templates.named("paypal").render([payout] * 5_001)


def test_a_batchs_name_and_bytes_follow_from_its_lines() -> None:
    payout = Payout("cb-1", LIN, "HKD", 1234, "pb-1-00001")

    assert (
        plain([payout]) == f"line,payee,currency,amount,reference\ncb-1,{LIN},HKD,12.34,pb-1-00001\n".encode()
    )
    assert batch_ref("HKD", 1, [("cb-1", 5)]) == batch_ref("HKD", 1, [("cb-1", 5)])
    assert (
        len(
            {
                batch_ref("HKD", 1, [("cb-1", 5)]),
                batch_ref("HKD", 2, [("cb-1", 5)]),
                batch_ref("HKD", 1, [("cb-1", 6)]),
            }
        )
        == 3
    )


@pytest.mark.parametrize(
    ("lines", "lacks", "wanted"),
    [
        ([100], [], [[]]),
        ([100], [30], [[(0, 30)]]),
        ([10, 100], [30], [[(0, 10)], [(0, 20)]]),
        ([50, 50], [20, 40], [[(0, 20), (1, 30)], [(1, 10)]]),
        ([5], [9], [[(0, 5)]]),
    ],
)
def test_netting_goes_line_by_line_as_far_as_something_lacks(
    lines: list[int], lacks: list[int], wanted: list[list[tuple[int, int]]]
) -> None:
    assert netted(lines, lacks) == wanted
