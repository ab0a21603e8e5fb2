"""Money moves once, within its limits, and what was paid out comes back from the clawback account."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from tests.ledger.books import NOW, books, fill, first_bad, wanted
from waconsole.chain import store as chain
from waconsole.clock import DAY, SECOND
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.ledger import export, service, service_reading, service_record, store, store_balances
from waconsole.ledger.cleared import is_late
from waconsole.ledger.model import CREDITS_UP_TO_DEBITS, clawback_of

AFTER: dict[str, Any] = {"effective_at": SECOND, "actor": "asha", "now": NOW}


def posted(tx: Transaction, name: str, currency: str = "points") -> int:
    """An account's balance; 0 for one that is not there."""
    account = store.account_id(tx, name, currency)
    return 0 if account is None else store_balances.balance(tx, account).posted


def test_the_same_id_with_the_same_body_is_there_and_with_another_is_refused() -> None:
    with books() as tx:
        first = service.post(tx, wanted("one", "budget:a", "member:m:points", 5), now=NOW)
        again = service.post(tx, wanted("one", "budget:a", "member:m:points", 5), now=NOW + DAY)
        assert (first.is_new, again) == (True, first.__class__(first.seq, False))
        with pytest.raises(Refused, match="something else"):
            service.post(tx, wanted("one", "budget:a", "member:m:points", 6), now=NOW)
        twice = [wanted("two", "budget:a", "member:m:points", 1)] * 2
        assert [it.is_new for it in service.post_many(tx, twice, now=NOW)] == [True, False]
        assert posted(tx, "member:m:points") == 6 and posted(tx, "budget:a") == -6


def test_all_or_nothing_also_for_a_caller_who_goes_on() -> None:
    with books() as tx:
        head = chain.head(tx)
        with pytest.raises(Refused, match="not enough"):
            service.post_many(
                tx,
                [wanted("one", "budget:a", "member:m:points", 5), wanted("two", "member:m:points", "x", 6)],
                now=NOW,
            )
        assert chain.head(tx) == head
        assert store.last_transfer(tx) == (0, 0)
        fill(tx, 2)
        assert first_bad(tx) is None


def test_a_part_is_posted_the_rest_released_and_it_ends_once() -> None:
    with books() as tx:
        service.post(tx, wanted("fund", "issuer", "member:m:payable", 100, currency="EUR"), now=NOW)
        pend = wanted("p", "member:m:payable", "clearing:payout", 80, currency="EUR")
        service.pend(tx, pend, now=NOW)
        with pytest.raises(Refused, match="not enough"):
            service.post(tx, wanted("x", "member:m:payable", "issuer", 21, currency="EUR"), now=NOW)
        service.settle(tx, "s", "p", amount_minor=30, **AFTER)
        assert posted(tx, "member:m:payable", "EUR") == 70
        service.settle(tx, "s", "p", amount_minor=30, **AFTER)
        for again in (service.void, service.settle):
            with pytest.raises(Refused, match="not an open pending"):
                again(tx, "other", "p", **AFTER)
        service.post(tx, wanted("x", "member:m:payable", "issuer", 70, currency="EUR"), now=NOW)
        assert first_bad(tx) is None


def test_an_expiry_is_a_row_written_when_due_and_nothing_is_posted_after_it() -> None:
    with books() as tx:
        fill(tx, 1)
        service.pend(tx, wanted("p", "member:0:points", "x", 5, expires_at=NOW + DAY), now=NOW)
        assert service.expire_due(tx, now=NOW + DAY - 1) == 0
        late: dict[str, Any] = {**AFTER, "now": NOW + DAY}
        with pytest.raises(Refused, match="too late"):
            service.settle(tx, "s", "p", **late)
        assert service.expire_due(tx, now=NOW + DAY) == 1
        assert service.expire_due(tx, now=NOW + 2 * DAY) == 0
        row = store.transfer_by_ref(tx, "expire:p")
        assert row is not None and (row.kind, row.effective_at) == ("expire", NOW + DAY)
        assert store_balances.balance(tx, row.debit_id).debits_pending == 0
        assert first_bad(tx) is None


def test_reversals_come_in_parts_and_never_above_what_was_moved() -> None:
    with books() as tx:
        service.post(tx, wanted("one", "budget:a", "member:m:points", 100), now=NOW)
        service.reverse(tx, "r1", "one", amount_minor=30, **AFTER)
        service.reverse(tx, "r1", "one", amount_minor=30, **AFTER)
        with pytest.raises(Refused, match="70 points of one is left"):
            service.reverse(tx, "r2", "one", amount_minor=71, **AFTER)
        service.reverse(tx, "r3", "one", **AFTER)
        with pytest.raises(Refused, match="left to reverse"):
            service.reverse(tx, "r4", "one", **AFTER)
        with pytest.raises(Refused, match="nothing to reverse"):
            service.reverse(tx, "r5", "r1", **AFTER)
        assert posted(tx, "member:m:points") == 0 == posted(tx, "budget:a")
        assert first_bad(tx) is None


def test_what_was_paid_out_comes_from_the_clawback_account_which_may_be_paid_back() -> None:
    with books() as tx:
        earn = wanted("earn", "budget:a", "member:m:payable", 100, currency="HKD")
        service.post(tx, earn, now=NOW)
        service.pend(tx, wanted("pay", "member:m:payable", "clearing:payout", 90, currency="HKD"), now=NOW)
        service.settle(tx, "paid", "pay", **AFTER)
        for _ in range(2):
            service.reverse(tx, "refund", "earn", amount_minor=60, **AFTER)
        assert posted(tx, "member:m:payable", "HKD") == 0
        assert posted(tx, "member:m:clawback", "HKD") == -50
        service.post(tx, wanted("more", "budget:a", "member:m:payable", 30, currency="HKD"), now=NOW)
        service.post(tx, wanted("net", "member:m:payable", "member:m:clawback", 30, currency="HKD"), now=NOW)
        assert posted(tx, "member:m:payable", "HKD") == 0
        assert posted(tx, "member:m:clawback", "HKD") == -20
        assert first_bad(tx) is None
        with pytest.raises(Refused, match="no member's wallet"):
            clawback_of("budget:a")


def test_a_budget_is_not_overrun_by_what_is_pending() -> None:
    with books() as tx:
        service_record.open_account(tx, "cap", "points", now=NOW, limit_rule=CREDITS_UP_TO_DEBITS)
        service.post(tx, wanted("fund", "cap", "x", 10), now=NOW)
        service.pend(tx, wanted("p", "x", "cap", 8), now=NOW)
        with pytest.raises(Refused, match="over what"):
            service.post(tx, wanted("q", "x", "cap", 3), now=NOW)
        service.post(tx, wanted("q", "x", "cap", 2), now=NOW)


def test_a_closed_account_takes_nothing_but_a_reversal() -> None:
    with books() as tx:
        service.post(tx, wanted("one", "a", "b", 5), now=NOW)
        with pytest.raises(Refused, match="nothing stands"):
            service_record.close_account(tx, "b", "points", actor="asha", reason="", now=NOW)
        service.post(tx, wanted("two", "b", "c", 5), now=NOW)
        service_record.close_account(tx, "b", "points", actor="asha", reason="gone", now=NOW)
        with pytest.raises(Refused, match="closed"):
            service.post(tx, wanted("three", "a", "b", 5), now=NOW)
        service.reverse(tx, "back", "two", **AFTER)
        with pytest.raises(NotFound):
            service_record.close_account(tx, "b", "EUR", actor="asha", reason="", now=NOW)
        assert first_bad(tx) is None


def test_a_balance_is_known_now_by_record_and_by_event() -> None:
    with books() as tx:
        for day, minor in ((1, 10), (5, 20), (3, 40)):
            one = wanted(f"t{day}", "issuer", "w", minor, effective_at=day * DAY)
            service.post(tx, one, now=NOW + (10 + minor) * DAY)
        account = service_record.account_named(tx, "w", "points")
        by_record = [
            store_balances.balance_recorded(tx, account, at=NOW + day * DAY).posted
            for day in (0, 20, 29, 30, 49, 50, 99)
        ]
        assert by_record == [0, 10, 10, 30, 30, 70, 70]
        assert [store_balances.balance_effective(tx, account, at=day * DAY) for day in range(7)] == [
            *(0, 10, 10, 50, 50, 70, 70)
        ]
        (row,) = service_reading.balances(tx, "w", at=3 * DAY, by_event=True)
        assert row["balance_minor"] == 50
        lines = service_reading.statement(tx, "w", None)
        assert [line["balance_minor"] for line in lines] == [10, 30, 70]
        assert {line["side"] for line in lines} == {"credit"}


def test_the_books_grow_in_order_whatever_the_clock_does() -> None:
    with books() as tx:
        service.post(tx, wanted("one", "a", "b", 5), now=NOW)
        service.post(tx, wanted("two", "a", "b", 5), now=NOW - DAY)
        assert store.last_transfer(tx) == (2, NOW)


def test_words_about_a_transfer_can_be_erased_and_it_stays_provable() -> None:
    with books() as tx:
        service.post(tx, wanted("one", "a", "member:m:points", 5, memo="called Asha"), now=NOW)
        service.post(tx, wanted("two", "a", "b", 5, memo="stays"), now=NOW)
        assert store.memo(tx, 1) == "called Asha"
        assert store.erase_memos(tx, service_record.account_named(tx, "member:m:points", "points")) == 1
        assert (store.memo(tx, 1), store.memo(tx, 2)) == ("", "stays")
        assert first_bad(tx) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"debit": "b"},
        {"minor": 0},
        {"minor": -1},
        {"ref": ""},
        {"ref": "x" * 201},
        {"purpose": ""},
        {"actor": ""},
        {"approved_by": "asha"},
        {"currency": "XYZ"},
        {"minor": 2**53},
    ],
    ids=str,
)
def test_what_is_no_transfer_is_refused_in_words(wrong: dict[str, object]) -> None:
    said: dict[str, object] = {"ref": "one", "debit": "a", "credit": "b", "minor": 5, **wrong}
    with books() as tx, pytest.raises(Refused):
        service.post(tx, wanted(**said), now=NOW)  # type: ignore[arg-type]


def test_linked_rows_share_a_journal() -> None:
    with books() as tx:
        service.pend(tx, wanted("p", "a", "b", 5), now=NOW)
        service.settle(tx, "s", "p", **AFTER)
        service.reverse(tx, "r", "s", **AFTER)
        assert [it.kind for it in store.transfers_of_journal(tx, "p", limit=10)] == [
            *("pending", "post", "reversal")
        ]


def test_the_trial_balance_balances_in_every_currency() -> None:
    with books() as tx:
        fill(tx, 5)
        service.post(tx, wanted("k", "a", "b", 1234, currency="KWD"), now=NOW)
        service.pend(tx, wanted("p", "member:1:points", "x", 3), now=NOW)
        rows = service_reading.trial(tx)
        assert all(debits == credits for debits, credits in service_reading.sums(rows).values())
        assert {row["account"]: row["pending_minor"] for row in rows}["x"] == 3


def test_an_export_is_no_formula_and_beancount_balances() -> None:
    with books() as tx:
        service.post(
            tx, wanted("=one", "issuer", "budget:a_b", 5, reason='=cmd|"x"', currency="KWD"), now=NOW
        )
        service.post(tx, wanted("two", "budget:a-b", "budget:a_b", 7, currency="KWD"), now=NOW)
        service.pend(tx, wanted("p", "issuer", "x", 5), now=NOW)
        head, first, *_ = service_reading.exported(tx, "csv")
        assert head.startswith("seq,transfer,kind")
        assert "'=one" in first and '"\'=cmd|""x"""' in first and ",0.005,5," in first
        text = service_reading.exported(tx, "beancount")
        assert "1970-01-01 open Equity:A-b:KWD KWD" in text and "1970-01-01 open Equity:A-b:KWD-2 KWD" in text
        assert sum(" * " in line for line in text) == 2
        assert "  Equity:Issuer:KWD  0.005 KWD" in text and "  Equity:A-b:KWD  -0.005 KWD" in text
    assert [export.guarded(cell) for cell in ("-1", "+a", "@x", "\tx", "＝1", "a=1")] == [
        *("'-1", "'+a", "'@x", "'\tx", "'＝1", "a=1")
    ]


def test_a_pending_one_is_late_after_its_days() -> None:
    days = {"payout": 7, "other": 30}
    assert not is_late("payout", NOW, days, now=NOW + 7 * DAY)
    assert is_late("payout", NOW, days, now=NOW + 7 * DAY + 1)
    assert not is_late("gift", NOW, days, now=NOW + 30 * DAY)


def test_totals_beyond_what_can_be_counted_are_refused_not_rounded() -> None:
    with books() as tx:
        most = 2**53 - 1
        with pytest.raises((Refused, sqlite3.Error)):
            for place in range(1100):
                service.post(tx, wanted(f"t{place}", "a", "b", most), now=NOW)
        assert posted(tx, "b") % most == 0
