"""A refund takes its part back of a line, by what money stands where, and never more than was earned."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cashback.earnings import (
    LIN,
    NOW,
    ambassador,
    at,
    balance,
    catch_up,
    line_ref,
    order,
    pending,
    post,
    refund,
    reversed_of,
    scheme,
    set_state,
    shop_ledger,
    wallet,
)
from waconsole.cashback import model, store_lines
from waconsole.database.connection import Transaction
from waconsole.ledger import service as ledger
from waconsole.ledger.model import Wanted
from waconsole.money import Money

EARNED = 300


def earned(tx: Transaction) -> None:
    """One line of 3.00 HKD on an order of 100.00 HKD."""
    scheme(tx)
    ambassador(tx, LIN)
    order(tx, "A", LIN, "2026-10-01", "100.00 HKD")
    catch_up(tx)


def paid_out(tx: Transaction, *, confirmed: bool) -> None:
    """The books as after an export, and after the bank confirmed it."""
    money = Money(EARNED, "HKD")
    out = Wanted(
        ref="payout:1", debit=wallet(LIN), credit="clearing:payout", money=money, purpose="payout",
        effective_at=NOW, actor="ann",
    )  # fmt: skip
    ledger.pend(tx, out, now=NOW)
    if confirmed:
        ledger.settle(tx, "paid:1", "payout:1", effective_at=NOW, actor="bank", now=NOW)


@pytest.mark.parametrize("state", [model.ACCRUED, model.PROPOSED])
def test_before_approval_a_part_moves_nothing_and_the_whole_releases_what_is_held(state: str) -> None:
    with shop_ledger() as tx:
        earned(tx)
        set_state(tx, 1, state)
        refund(tx, "A", "50.00", name="one")
        catch_up(tx)
        assert (reversed_of(tx), pending(tx, wallet(LIN))) == (150, 300)

        refund(tx, "A", "50.00", name="two")
        catch_up(tx)

        assert (reversed_of(tx), pending(tx, wallet(LIN)), balance(tx, wallet(LIN))) == (300, 0, 0)
        void = ledger.transfer(tx, model.void_ref(line_ref(tx), 1))
        assert (void.kind, void.effective_at, void.reason) == ("void", at("2026-11-20"), "wholly refunded")


def test_after_approval_the_transfer_is_reversed_in_part_under_the_version_that_earned_it() -> None:
    with shop_ledger() as tx:
        earned(tx)
        post(tx)
        scheme(tx, rate=Fraction(50, 100))
        refund(tx, "A", "33.33")
        catch_up(tx)

        assert (reversed_of(tx), balance(tx, wallet(LIN)), balance(tx, "budget:seed")) == (100, 200, -200)
        back = ledger.transfer(tx, f"cashback:{line_ref(tx)}:reversal:1")
        assert (back.kind, back.amount, back.rule_version) == ("reversal", 100, 1)
        assert back.effective_at == at("2026-11-20")


@pytest.mark.parametrize("state", [model.BATCHED, model.EXPORTED, model.CONFIRMED])
def test_what_a_batch_holds_or_was_paid_out_is_taken_from_the_clawback_account(state: str) -> None:
    with shop_ledger() as tx:
        earned(tx)
        post(tx, state=state)
        if state != model.BATCHED:
            paid_out(tx, confirmed=state == model.CONFIRMED)
        refund(tx, "A", "100.00")
        catch_up(tx)

        assert balance(tx, wallet(LIN, "clawback")) == -300
        assert balance(tx, wallet(LIN)) == (0 if state == model.CONFIRMED else 300)
        assert balance(tx, "budget:seed") == 0


@pytest.mark.parametrize("state", [model.FAILED, model.RETURNED])
def test_what_came_back_unpaid_is_taken_from_the_wallet(state: str) -> None:
    with shop_ledger() as tx:
        earned(tx)
        post(tx, state=state)
        refund(tx, "A", "100.00")
        catch_up(tx)

        assert (balance(tx, wallet(LIN)), balance(tx, wallet(LIN, "clawback"))) == (0, 0)


def test_a_refund_after_a_rejection_is_written_and_moves_nothing() -> None:
    with shop_ledger() as tx:
        earned(tx)
        ref = line_ref(tx)
        ledger.void(
            tx, model.void_ref(ref, 1), model.accrual_ref(ref, 1), effective_at=NOW, actor="ann", now=NOW
        )
        set_state(tx, 1, model.REJECTED)
        refund(tx, "A", "100.00")
        catch_up(tx)

        assert (reversed_of(tx), balance(tx, wallet(LIN)), balance(tx, "budget:seed")) == (300, 0, 0)


def test_a_refund_that_waited_for_its_order_or_came_twice_counts_once() -> None:
    with shop_ledger() as tx:
        earned(tx)
        waits = tx.insert(
            """
            INSERT INTO refund (reference, refunded_at, amount, line, origin, recorded_at)
            VALUES ('A', 1, '10.00', 2, 'import', 1)
            """
        )
        refund(tx, "A", "20.00")
        assert (catch_up(tx).reversals, reversed_of(tx)) == (1, 60)

        tx.execute("UPDATE refund SET order_id = 1, amount_minor = 1000 WHERE id = ?", (waits,))

        assert (catch_up(tx).reversals, catch_up(tx).reversals, reversed_of(tx)) == (1, 0, 90)


def test_a_line_cut_by_a_cap_is_reversed_in_proportion_to_what_it_got() -> None:
    with shop_ledger() as tx:
        scheme(tx, cap="1.00 HKD")
        ambassador(tx, LIN)
        order(tx, "A", LIN, "2026-10-01", "100.00 HKD")
        order(tx, "B", LIN, "2026-10-02", "100.00 HKD")
        refund(tx, "A", "50.00")
        refund(tx, "B", "50.00")
        catch_up(tx)

        assert (reversed_of(tx, 1), reversed_of(tx, 2)) == (50, 0)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4000), st.booleans()), min_size=1, max_size=6),
    st.sampled_from([model.APPROVED, model.CONFIRMED]),
    st.integers(0, 6),
)
def test_refunds_of_any_size_in_any_turn_end_where_one_of_their_sum_ends(
    parts: list[tuple[int, bool]], state: str, approved_after: int
) -> None:
    total, refunded = 10_000, 0
    with shop_ledger() as tx:
        earned(tx)
        for place, (wished, looks) in enumerate(parts):
            if place == approved_after and reversed_of(tx) < EARNED:
                catch_up(tx)
                post(tx, state=state)
            part = min(wished, total - refunded)
            if part:
                refunded += part
                refund(tx, "A", f"{part / 100:.2f}", name=str(place))
            if looks:
                catch_up(tx)
        catch_up(tx)

        wanted = round(Fraction(EARNED * refunded, total))
        assert reversed_of(tx) == wanted
        standing = balance(tx, wallet(LIN)) + balance(tx, wallet(LIN, "clawback"))
        is_posted = store_lines.standing(tx, 1)[0] == state
        assert standing == (EARNED - wanted if is_posted else 0) == -balance(tx, "budget:seed")
        assert pending(tx, wallet(LIN)) == (0 if is_posted or wanted == EARNED else EARNED)
