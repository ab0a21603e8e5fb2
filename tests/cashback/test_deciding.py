"""Deciding on lines: every way a line may go, four eyes, limits, two consoles, splits and undo."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from tests.cashback import earnings
from tests.cashback.earnings import balance, first_bad, pending, wallet
from tests.cashback.ledger_lines import (
    AMARA,
    KEPT,
    LIMIT,
    LIN,
    NOW,
    approved,
    do,
    done,
    later,
    lines_ledger,
    operator,
    ref,
    state,
    why,
)
from waconsole.cashback import service_deciding, store_deciding
from waconsole.cashback.deciding import FROM, KINDS, STAYS, Standing, begins, why_not
from waconsole.cashback.model import STATES
from waconsole.clock import DAY, HOUR
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.errors import Refused, Undone
from waconsole.members import store_merge
from waconsole.operators import authority, store_sign_in
from waconsole.operators import service as operators
from waconsole.operators.authority import Forbidden
from waconsole.policy import service as policy


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with lines_ledger() as found:
        yield found


def undo(tx: Transaction, name: str, *, now: int = NOW) -> tuple[str, int]:
    return operators.undo(tx, operator(tx, name), service_deciding.restores(name, now=now), now=now)


def standing(tx: Transaction, line_id: int = 1) -> Standing:
    return store_deciding.standing(tx, line_id)


@pytest.mark.parametrize(("kind", "of"), [*product([kind for kind in KINDS if kind != "undone"], STATES)])
def test_a_line_goes_only_where_its_state_lets_it(kind: str, of: str) -> None:
    stands = begins(1, 100, NOW)._replace(state=of, unpaid_minor=50, held=int(kind == "released"))

    if kind == "released" or of in FROM[kind]:
        assert why_not(stands, kind) == ""
    else:
        assert why_not(stands, kind) != ""


@pytest.mark.parametrize("kind", sorted(set(KINDS) - STAYS - {"undone", "proposed", "rejected", "exported"}))
def test_a_line_with_nothing_left_or_held_stays_where_it_is(kind: str) -> None:
    of = sorted(FROM[kind])[0]
    empty = begins(1, 0, NOW)._replace(state=of)

    held = empty._replace(held=1, open_minor=5, unpaid_minor=5)
    if kind in ("approved", "batched", "netted", "again"):
        assert "refunded" in why_not(empty, kind)
        assert "held" in why_not(held, kind)
    else:
        assert why_not(empty, kind) == ""


def test_a_proposal_and_another_operators_approval_put_money_into_the_wallet(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    assert (balance(tx, wallet(LIN)), pending(tx, wallet(LIN))) == (0, 3000 + 1500 + 900)

    done(tx, "zoe", "approve", 1)

    assert state(tx, 1) == "approved"
    assert (balance(tx, wallet(LIN)), pending(tx, wallet(LIN))) == (3000, 1500 + 900)
    row = tx.one("SELECT actor, approved_by, rule FROM transfer WHERE kind = 'post'")
    assert row is not None and tuple(row) == ("kim", "zoe", "cashback.scheme.seed")
    assert first_bad(tx) is None


def test_nobody_approves_what_they_proposed_or_what_is_theirs(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1, 3)

    assert "kim proposed this" in why(tx, "kim", "approve", 1)
    assert "their own money" in why(tx, "lee", "approve", 1)
    assert "their own money" in why(tx, "abe", "reject", 3)
    assert "Nobody has proposed it" in why(tx, "zoe", "approve", 2)


def test_a_merge_after_the_proposal_makes_a_line_ones_own(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1, 3)
    lin, amara = earnings.person(tx, LIN), earnings.person(tx, AMARA)
    store_merge.merge(tx, lin, amara, operator_id=operator(tx, "ann").id, now=NOW)

    assert "their own money" in why(tx, "abe", "approve", 1)
    assert "their own money" in why(tx, "lee", "approve", 3)


def test_a_moderator_proposes_and_an_ambassador_may_not(tx: Transaction) -> None:
    with pytest.raises(Forbidden, match="this is for an owner or moderator"):
        do(tx, "abe", "propose", 1)
    with pytest.raises(Forbidden):
        do(tx, "abe", "split", 1, amount="1.00 HKD")
    done(tx, "kim", "propose", 1)
    done(tx, "abe", "approve", 1)


def test_nothing_is_approved_before_its_return_window_ends(tx: Transaction) -> None:
    done(tx, "kim", "propose", 8)
    ends = earnings.at("2026-12-09")

    assert "return window ends 2026-12-09T00:00:00Z" in why(tx, "zoe", "approve", 8, now=ends - 1)
    done(tx, "zoe", "approve", 8, now=ends)


def test_a_limit_of_the_day_counts_what_stands_of_that_day_in_its_currency(tx: Transaction) -> None:
    zoe = operator(tx, "zoe")
    store_sign_in.add_limit(tx, zoe.id, "HKD", 4500, set_by=zoe.id, now=NOW)
    done(tx, "kim", "propose", 1, 2, 3, 4)
    done(tx, "zoe", "approve", 1, 2)

    assert "0.00 HKD of 45.00 HKD is left" in why(tx, "zoe", "approve", 3)
    done(tx, "zoe", "approve", 4)
    store_sign_in.add_limit(tx, zoe.id, "HKD", 6000, set_by=zoe.id, now=NOW)
    assert "15.00 HKD of 60.00 HKD is left" in why(tx, "zoe", "approve", 3)
    done(tx, "zoe", "approve", 3, now=NOW - NOW % DAY + DAY)


def test_an_undone_approval_gives_its_limit_back(tx: Transaction) -> None:
    zoe = operator(tx, "zoe")
    store_sign_in.add_limit(tx, zoe.id, "HKD", 3000, set_by=zoe.id, now=NOW)
    approved(tx, 1)
    undo(tx, "zoe")

    done(tx, "zoe", "approve", 1)
    assert first_bad(tx) is None


def test_without_a_limit_in_a_currency_nothing_is_approved_in_it(tx: Transaction) -> None:
    new = operators.add(tx, "new", "owner", now=NOW)
    store_sign_in.add_passphrase(tx, new.id, KEPT, set_by=new.id, now=NOW)
    done(tx, "kim", "propose", 1)

    assert "has no limit in HKD" in why(tx, "new", "approve", 1)


def test_who_comes_second_is_told_who_was_faster_and_finds_it_among_their_conflicts(tx: Transaction) -> None:
    approved(tx, 1)

    assert why(tx, "ann", "approve", 1) == "It was already approved by zoe at 2026-11-26T12:00:00Z."
    assert "already approved by zoe" in why(tx, "ann", "reject", 1)
    assert "already approved by zoe" in why(tx, "zoe", "approve", 1)

    mine = [(row["tried"], row["by"]) for row in store_deciding.conflicts(tx, operator(tx, "ann").id)]
    assert mine == [("reject", "zoe"), ("approve", "zoe")]
    assert store_deciding.conflicts(tx, operator(tx, "zoe").id) == []
    assert service_deciding.see_conflicts(tx, operator(tx, "ann"), now=NOW) == 2
    assert store_deciding.conflicts(tx) == []
    assert balance(tx, wallet(LIN)) == 3000


def test_lines_are_decided_on_one_by_one(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)

    outcome = do(tx, "zoe", "approve", 2, 1)
    assert (outcome.done, [one.line for one in outcome.refused]) == ([ref(tx, 1)], [ref(tx, 2)])
    unknown = service_deciding.decide(tx, operator(tx, "kim"), "propose", ["cb-nothing"], now=NOW)
    assert "no such line" in unknown.refused[0].reason


def test_a_rejection_says_why_and_releases_what_was_held(tx: Transaction) -> None:
    with pytest.raises(Refused, match="Say why"):
        do(tx, "zoe", "reject", 1, reason=" ")
    before = pending(tx, wallet(LIN))
    done(tx, "zoe", "reject", 1, reason="a friend's order")

    assert state(tx, 1) == "rejected"
    assert pending(tx, wallet(LIN)) == before - 3000
    assert store_deciding.decisions(tx, 1)[0]["words"] == "a friend's order"
    assert undo(tx, "zoe") == ("reject cashback", 1)
    assert (state(tx, 1), standing(tx).round, pending(tx, wallet(LIN))) == ("accrued", 2, before)
    approved(tx, 1)
    assert first_bad(tx) is None


def test_a_held_line_waits_until_it_is_released(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    done(tx, "lee", "hold", 1)

    assert "held: release it" in why(tx, "zoe", "approve", 1)
    assert "held already" in why(tx, "zoe", "hold", 1)
    done(tx, "ann", "ask", 1)
    done(tx, "kim", "release", 1)
    assert "not held" in why(tx, "kim", "release", 1)
    done(tx, "zoe", "approve", 1)
    done(tx, "kim", "hold", 1)
    assert (state(tx, 1), standing(tx).held) == ("approved", 1)


def test_an_approval_is_undone_by_reversing_it_and_holding_it_anew(tx: Transaction) -> None:
    approved(tx, 1, 2)

    assert undo(tx, "zoe") == ("approve cashback", 2)

    assert (state(tx, 1), standing(tx).round, balance(tx, wallet(LIN))) == ("proposed", 2, 0)
    assert pending(tx, wallet(LIN)) == 3000 + 1500 + 900
    with pytest.raises(Undone, match="nothing to undo"):
        undo(tx, "zoe")
    assert undo(tx, "kim") == ("propose cashback", 2)
    assert (state(tx, 1), standing(tx).proposed_by) == ("accrued", None)
    approved(tx, 1)
    assert first_bad(tx) is None


def test_what_changed_since_or_nobody_is_named_for_is_not_undone(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "approve", 1)
    with pytest.raises(Undone, match="changed again"):
        undo(tx, "kim")
    nobody = service_deciding.restores(None, now=NOW)
    with pytest.raises(Refused, match="Name who decides"):
        operators.undo(tx, operator(tx, "zoe"), nobody, now=NOW)


def test_a_split_approves_a_part_and_the_rest_is_proposed_and_decided_on_later(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    assert "no part of the 30.00 HKD" in why(tx, "zoe", "split", 1, amount="30.00 HKD")
    done(tx, "zoe", "split", 1, amount="10.00 HKD")
    assert (state(tx, 1), standing(tx).open_minor, standing(tx).unpaid_minor) == ("approved", 2000, 1000)
    assert balance(tx, wallet(LIN)) == 1000

    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "approve", 1)

    assert (state(tx, 1), standing(tx).open_minor, standing(tx).unpaid_minor) == ("approved", 0, 3000)
    assert balance(tx, wallet(LIN)) == 3000
    assert first_bad(tx) is None
    assert "already approved" in why(tx, "kim", "propose", 1)


def test_the_rest_of_a_split_can_be_rejected_or_refunded_and_the_part_stands(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "split", 1, amount="10.00 HKD")
    earnings.refund(tx, "A1", "300.00")
    earnings.catch_up(tx)
    assert (standing(tx).open_minor, standing(tx).unpaid_minor) == (1100, 1000)

    done(tx, "ann", "propose", 1)
    done(tx, "zoe", "reject", 1)

    assert (state(tx, 1), standing(tx).unpaid_minor, standing(tx).rejected_minor) == ("approved", 1000, 1100)
    assert undo(tx, "zoe") == ("reject cashback", 1)
    assert (state(tx, 1), standing(tx).open_minor) == ("proposed", 1100)
    done(tx, "zoe", "approve", 1)
    assert (balance(tx, wallet(LIN)), standing(tx).unpaid_minor) == (2100, 2100)
    assert first_bad(tx) is None


def test_a_split_is_undone_as_a_whole(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    done(tx, "zoe", "split", 1, amount="10.00 HKD")
    undo(tx, "zoe")

    assert (state(tx, 1), standing(tx).open_minor, balance(tx, wallet(LIN))) == ("proposed", 3000, 0)
    done(tx, "zoe", "approve", 1)
    assert (balance(tx, wallet(LIN)), first_bad(tx)) == (3000, None)


def test_refunds_lessen_what_is_approved_and_what_is_in_the_wallet(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    earnings.refund(tx, "A1", "100.00")
    earnings.catch_up(tx)
    done(tx, "zoe", "approve", 1)
    assert balance(tx, wallet(LIN)) == 2700

    earnings.refund(tx, "A1", "200.00", name="second")
    earnings.catch_up(tx)
    assert (balance(tx, wallet(LIN)), standing(tx).unpaid_minor, state(tx, 1)) == (2100, 2100, "approved")
    undo(tx, "zoe")
    assert (standing(tx).open_minor, balance(tx, wallet(LIN))) == (2100, 0)
    earnings.refund(tx, "A1", "700.00", name="third")
    earnings.catch_up(tx)
    assert "refunded" in why(tx, "zoe", "approve", 1)
    done(tx, "zoe", "reject", 1)
    assert first_bad(tx) is None


def test_in_solo_mode_a_proposal_cools_off_and_its_approval_is_stamped() -> None:
    with earnings.shop_ledger() as tx:
        owner = earnings.ann(tx)
        store_sign_in.add_passphrase(tx, owner.id, KEPT, set_by=owner.id, now=NOW - 90 * DAY)
        store_sign_in.add_limit(tx, owner.id, "HKD", LIMIT, set_by=owner.id, now=NOW)
        earnings.scheme(tx)
        earnings.ambassador(tx, LIN)
        earnings.order(tx, "A1", LIN, "2026-10-01", "1000.00 HKD")
        earnings.catch_up(tx)
        done(tx, "ann", "propose", 1)
        assert "ann proposed this" in why(tx, "ann", "approve", 1, now=later(3))

        said = {"on": True, "cooling_off_hours": 24, "second": True}
        policy.set_version(
            tx, "operators.solo", said, says="solo", reason="alone", valid_from=0, set_by=owner, now=NOW
        )
        assert authority.solo(tx, now=NOW + 24 * HOUR - 1) is None
        assert "ann proposed this" in why(tx, "ann", "approve", 1, now=NOW + 23 * HOUR)
        done(tx, "ann", "approve", 1, now=NOW + 24 * HOUR)

        row = tx.one("SELECT actor, approved_by FROM transfer WHERE kind = 'post'")
        assert row is not None and tuple(row) == ("solo:ann", "ann")
        assert (standing(tx).solo, first_bad(tx)) == (1, None)
        undo(tx, "ann", now=later(2))
        assert standing(tx).solo == 0


def test_a_copied_ledger_approves_nothing_until_an_owner_adopts_it(tx: Transaction) -> None:
    done(tx, "kim", "propose", 1)
    facts.set_fact(tx, "adoption", "pending")

    with pytest.raises(Forbidden, match="waconsole adopt"):
        do(tx, "zoe", "approve", 1)
