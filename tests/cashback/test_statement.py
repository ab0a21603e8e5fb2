"""Statements: they equal the books to the minor unit, and as HTML no word from outside can do anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cashback import earnings
from tests.cashback.earnings import balance, wallet
from tests.cashback.ledger_lines import (
    AMARA,
    CURRENCIES,
    LIN,
    NOW,
    approved,
    done,
    lines_ledger,
    operator,
    ref,
)
from waconsole.cashback import (
    commands_statement,
    service_exporting,
    service_paying,
    service_reconciling,
    service_statement,
)
from waconsole.cashback.reconciling import Told
from waconsole.cashback.statement import SOLO, StatedLine, Statement, Total, as_text, totals
from waconsole.cashback.statement_html import as_html
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members import store_merge


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with lines_ledger() as found:
        yield found


def paid(tx: Transaction, currency: str, result: str, *line_ids: int) -> None:
    approved(tx, *line_ids)
    row = service_paying.batch(tx, operator(tx, "kim"), currency, now=NOW).row
    service_exporting.export(
        tx,
        operator(tx, "zoe"),
        row.ref,
        count=row.payout_count,
        sum_minor=row.sum_minor,
        file=Path("x"),
        now=NOW,
    )
    told = [Told(2, ref(tx, one), result, "", "", "") for one in line_ids]
    assert service_reconciling.reconcile(tx, operator(tx, "kim"), row.ref, told, now=NOW)[0].refused == []


def statement(tx: Transaction, who: str = LIN, period: str | None = None) -> Statement:
    return service_statement.statement(tx, who, period, now=NOW)


def total(tx: Transaction, currency: str, who: str = LIN) -> Total:
    return next(one for one in statement(tx, who).totals if one.currency == currency)


def due_by_the_books(tx: Transaction, currency: str, *phones: str) -> int:
    """What the books hold for somebody: in their wallet, on their clawback account, and pending of what is open."""
    stands = sum(
        balance(tx, wallet(phone, kind), currency) for phone in phones for kind in ("payable", "clawback")
    )
    open_ones = tx.value(
        """
        SELECT coalesce(sum(t.amount), 0) FROM open_transfer AS t JOIN account AS a ON a.id = t.credit_id
         WHERE t.purpose = 'cashback' AND t.currency = ? AND a.name IN (SELECT value FROM json_each(?))
        """,
        (currency, str([wallet(phone) for phone in phones]).replace("'", '"')),
    )
    reversed_open = tx.value(
        """
        SELECT coalesce(sum(l.amount_minor - s.open_minor), 0)
          FROM line_state AS s JOIN cashback_line AS l ON l.id = s.id
         WHERE s.state IN ('accrued', 'proposed') AND s.batch_id IS NULL AND s.open_minor > 0 AND l.currency = ?
           AND l.payee_id IN (SELECT member_id FROM alias WHERE kind = 'phone' AND value IN (SELECT value FROM json_each(?)))
        """,
        (currency, str(list(phones)).replace("'", '"')),
    )
    return int(stands + open_ones - reversed_open)


@pytest.mark.parametrize(("currency", "line", "order", "part"), [
    ("HKD", 1, "A1", "333.33"), ("JPY", 4, "A4", "12345"), ("KWD", 5, "A5", "11.115"), ("points", 6, "A6", "777"),
])  # fmt: skip
def test_a_statement_equals_the_books_to_the_minor_unit_whatever_happens(
    tx: Transaction, currency: str, line: int, order: str, part: str
) -> None:
    def agrees() -> None:
        assert total(tx, currency).due_minor == due_by_the_books(tx, currency, LIN)

    agrees()
    earnings.refund(tx, order, part)
    earnings.catch_up(tx)
    agrees()
    paid(tx, currency, "confirmed", line)
    agrees()
    earnings.refund(tx, order, part, name="again")
    earnings.catch_up(tx)
    agrees()
    found = total(tx, currency)
    assert found.due_minor <= 0 or currency == "HKD"
    assert found.paid_minor == balance(tx, "clearing:payout", currency) > 0


def test_rejected_lines_are_left_out_and_failed_payouts_are_due(tx: Transaction) -> None:
    done(tx, "zoe", "reject", 2)
    paid(tx, "HKD", "failed", 1)

    assert total(tx, "HKD") == Total("HKD", 3900, 0, 0)
    assert total(tx, "HKD").due_minor == due_by_the_books(tx, "HKD", LIN)
    assert [one.state for one in statement(tx).lines if one.currency == "HKD"] == ["failed", "accrued"]


def test_the_rejected_rest_of_a_split_is_left_out(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "split", 1, amount="10.00 HKD")
    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "reject", 1)

    assert total(tx, "HKD") == Total("HKD", 1000 + 1500 + 900, 0, 0)
    assert total(tx, "HKD").due_minor == due_by_the_books(tx, "HKD", LIN)


def test_what_is_netted_is_neither_paid_nor_due(tx: Transaction) -> None:
    paid(tx, "HKD", "confirmed", 1)
    earnings.refund(tx, "A1", "1000.00")
    earnings.catch_up(tx)
    said = statement(tx)
    assert (total(tx, "HKD").due_minor, said.clawback) == (1500 + 900 - 3000, (("HKD", -3000),))
    assert "To be netted from the next payout: 30.00 HKD" in "\n".join(as_text(said))

    approved(tx, 2)
    service_paying.batch(tx, operator(tx, "kim"), "HKD", now=NOW)

    assert total(tx, "HKD") == Total("HKD", 5400, 3000, 3000)
    assert total(tx, "HKD").due_minor == due_by_the_books(tx, "HKD", LIN)
    assert next(one for one in statement(tx).lines if one.line == ref(tx, 2)).netted_minor == 1500


def test_a_statement_is_of_a_person_under_all_their_rows(tx: Transaction) -> None:
    apart = total(tx, "HKD").earned_minor + total(tx, "HKD", AMARA).earned_minor
    lin, amara = earnings.person(tx, LIN), earnings.person(tx, AMARA)
    store_merge.merge(tx, lin, amara, operator_id=operator(tx, "ann").id, now=NOW)

    assert (total(tx, "HKD").earned_minor, total(tx, "HKD", AMARA).earned_minor) == (apart, apart)
    assert total(tx, "HKD").due_minor == due_by_the_books(tx, "HKD", LIN, AMARA)


def test_a_statement_of_a_month_holds_what_was_earned_in_it(tx: Transaction) -> None:
    assert [one.period for one in statement(tx, period="2026-11").lines] == ["2026-11"]
    assert statement(tx, period="2026-09").totals == []
    assert as_text(statement(tx, period="2026-09")) == ["Cashback for 2026-09", "Nothing yet."]
    with pytest.raises(Refused, match="no month"):
        statement(tx, period="2026-13")
    with pytest.raises(NotFound):
        statement(tx, "+85200000000")


def test_the_document_has_the_totals_of_every_currency(tx: Transaction) -> None:
    document = service_statement.as_document(statement(tx))

    assert [one["currency"] for one in document["totals"]] == sorted(CURRENCIES)
    assert document["totals"][0] == {
        "currency": "HKD", "earned_minor": 5400, "reversed_minor": 0, "paid_minor": 0, "due_minor": 5400,
    }  # fmt: skip
    assert len(document["lines"]) == 6


def stated(**said: object) -> StatedLine:
    line = StatedLine(
        "cb-1", "seed", 1, "2026-11", "A1", NOW, "confirmed", False, True, "KWD", 1234, 4, 1000, 230
    )
    return line._replace(**said)  # type: ignore[arg-type]


def test_html_escapes_every_word_and_fetches_nothing() -> None:
    nasty = '<script>alert("1")</script>\u202e[@click=app.quit]'
    page = as_html(Statement("m-1", LIN, nasty, None, (stated(order=nasty),), (("KWD", -5),), NOW))

    assert "<script" not in page.replace("&lt;script", "")
    assert "\u202e" not in page
    assert not re.search(r"\b(src|href|url)\s*[=(]", page)
    assert "default-src &#x27;none&#x27;" in page
    assert ("1.234" in page, "0.005 KWD will be netted" in page, SOLO in page) == (True, True, True)


def test_solo_approvals_are_stamped_in_words_and_long_statements_cut_in_a_message() -> None:
    said = Statement("m-1", LIN, "", "2026-11", tuple(stated(line=f"cb-{one}") for one in range(60)), (), NOW)

    text = as_text(said)
    assert text[2] == f"* {SOLO}"
    assert text[3] == "order A1: 1.234 KWD, 0.004 taken back, 0.230 netted, paid *"
    message = commands_statement.shortened(said).splitlines()
    assert (message[0], message[-1]) == ("Cashback for 2026-11", "and 33 more")


def test_totals_sum_up_by_currency() -> None:
    lines = [stated(), stated(currency="JPY", earned_minor=5), stated(reversed_minor=0)]

    assert totals(lines) == [Total("JPY", 5, 4, 1000), Total("KWD", 2468, 4, 2000)]
