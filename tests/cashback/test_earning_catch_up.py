"""Orders earn once, whoever they belong to and whenever that comes to be known."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.cashback.earnings import (
    AMARA,
    BETO,
    LIN,
    NOW,
    Line,
    ambassador,
    amounts,
    ann,
    at,
    balance,
    catch_up,
    group,
    import_run,
    line_ref,
    lines,
    order,
    pending,
    person,
    refund,
    reversed_of,
    scheme,
    shop_ledger,
    wallet,
)
from waconsole.cashback import service_earning, service_schemes
from waconsole.clock import DAY
from waconsole.database import runs
from waconsole.errors import NotFound, Refused
from waconsole.groups import store as groups
from waconsole.groups.store import Stint
from waconsole.ledger import service as ledger
from waconsole.members import store_merge
from waconsole.money import Money


def test_an_order_earns_once_and_the_budget_holds_it() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        order(tx, "A1", LIN, "2026-10-03T09:00:00Z", "333.00 HKD")
        order(tx, "A2", AMARA, "2026-10-03T09:00:00Z", "100.00 HKD")

        first, second = catch_up(tx), catch_up(tx)

        assert lines(tx) == [Line("A1", "9.99 HKD", LIN, "seed", 1)]
        assert (first.lines, second.lines) == (1, 0)
        held = ledger.transfer(tx, f"cashback:{line_ref(tx)}:accrual:1")
        assert (held.kind, held.amount, held.source, held.owner) == ("pending", 999, "A1", "ann")
        assert (held.rule, held.rule_version) == ("cashback.scheme.seed", 1)
        assert (held.effective_at, balance(tx, wallet(LIN)), pending(tx, wallet(LIN))) == (
            at("2026-10-03T09:00:00Z"), 0, 999,
        )  # fmt: skip


def test_every_currency_keeps_its_own_digits() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        for reference, total in (
            ("H", "16.50 HKD"),
            ("J", "1050 JPY"),
            ("K", "10.500 KWD"),
            ("P", "117 points"),
        ):
            order(tx, reference, LIN, "2026-10-03", total)

        catch_up(tx)

        assert amounts(tx) == {"H": "0.50 HKD", "J": "32 JPY", "K": "0.315 KWD", "P": "4 points"}


def test_a_cap_is_used_up_by_time_then_reference_and_the_crossing_line_is_cut() -> None:
    with shop_ledger() as tx:
        scheme(tx, cap="12.00 HKD")
        ambassador(tx, LIN)
        order(tx, "C", LIN, "2026-10-09", "100.00 HKD")
        order(tx, "B", LIN, "2026-10-05", "100.00 HKD")
        order(tx, "A", LIN, "2026-10-05", "333.00 HKD")
        order(tx, "yen", LIN, "2026-10-06", "10000 JPY")
        order(tx, "next", LIN, "2026-11-01", "100.00 HKD")

        catch_up(tx)

        assert [(one.order, one.amount) for one in lines(tx)] == [
            ("A", "9.99 HKD"), ("B", "2.01 HKD"), ("yen", "300 JPY"), ("C", "0.00 HKD"), ("next", "3.00 HKD"),
        ]  # fmt: skip
        assert pending(tx, wallet(LIN)) == 999 + 201 + 300


def test_a_reversal_does_not_open_the_cap_again() -> None:
    with shop_ledger() as tx:
        scheme(tx, cap="3.00 HKD")
        ambassador(tx, LIN)
        order(tx, "A", LIN, "2026-10-05", "100.00 HKD")
        catch_up(tx)
        refund(tx, "A", "100.00")
        catch_up(tx)
        order(tx, "B", LIN, "2026-10-06", "100.00 HKD")
        catch_up(tx)

        assert (amounts(tx), reversed_of(tx)) == ({"A": "3.00 HKD", "B": "0.00 HKD"}, 300)


@pytest.mark.parametrize("together", [True, False])
def test_imports_use_up_a_cap_one_after_the_other_whenever_it_catches_up(together: bool) -> None:
    with shop_ledger() as tx:
        scheme(tx, cap="3.00 HKD")
        ambassador(tx, LIN)
        order(tx, "late", LIN, "2026-10-09", "100.00 HKD", run=import_run(tx, "one", sealed_at=NOW - 2))
        if not together:
            catch_up(tx)
        order(tx, "early", LIN, "2026-10-01", "100.00 HKD", run=import_run(tx, "two", sealed_at=NOW - 1))
        catch_up(tx)

        assert amounts(tx) == {"late": "3.00 HKD", "early": "0.00 HKD"}


def test_orders_of_an_open_import_are_found_once_it_is_sealed_though_newer_ones_came_between() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        run = import_run(tx, "orders", sealed_at=None)
        order(tx, "waits", LIN, "2026-10-01", "100.00 HKD", run=run)
        order(tx, "live", LIN, "2026-10-02", "200.00 HKD")
        catch_up(tx)
        assert amounts(tx) == {"live": "6.00 HKD"}

        runs.seal(tx, run, now=NOW, summary={})
        catch_up(tx)

        assert amounts(tx) == {"live": "6.00 HKD", "waits": "3.00 HKD"}


def test_an_order_of_a_time_to_come_waits_for_it() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        order(tx, "A", LIN, "2026-11-26T13:00:00Z", "100.00 HKD")
        assert catch_up(tx).lines == 0

        assert catch_up(tx, now=NOW + DAY).lines == 1


def test_an_ambassador_of_the_past_earns_what_was_ordered_since_and_nothing_before_or_after() -> None:
    with shop_ledger() as tx:
        scheme(tx, ends_at=at("2026-11-01"))
        for reference, day in (
            ("before", "2026-09-30T23:59:59Z"),
            ("in", "2026-10-01"),
            ("after", "2026-11-01"),
        ):
            order(tx, reference, LIN, day, "100.00 HKD")
        catch_up(tx)

        ambassador(tx, LIN, since="2026-10-01")
        catch_up(tx)

        assert amounts(tx) == {"in": "3.00 HKD"}


def test_whoever_ended_earns_nothing_from_then_on() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        service_schemes.end_ambassador(tx, ann(tx), LIN, "seed", ends_at=at("2026-10-05"), now=NOW)
        order(tx, "in", LIN, "2026-10-04", "100.00 HKD")
        order(tx, "after", LIN, "2026-10-05", "100.00 HKD")
        catch_up(tx)

        assert amounts(tx) == {"in": "3.00 HKD"}
        with pytest.raises(Refused, match="ended already"):
            service_schemes.end_ambassador(tx, ann(tx), LIN, "seed", ends_at=NOW, now=NOW)


def test_who_turns_out_to_be_the_ambassador_brings_their_orders_along() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        order(tx, "A", AMARA, "2026-10-04", "100.00 HKD")
        assert catch_up(tx).lines == 0

        store_merge.merge(tx, person(tx, AMARA), person(tx, LIN), operator_id=1, now=NOW)
        catch_up(tx)

        assert lines(tx) == [Line("A", "3.00 HKD", LIN, "seed", 1)]


def test_a_cap_counts_over_both_rows_of_one_person() -> None:
    with shop_ledger() as tx:
        scheme(tx, cap="4.00 HKD")
        ambassador(tx, LIN)
        ambassador(tx, AMARA)
        order(tx, "A", LIN, "2026-10-01", "100.00 HKD")
        catch_up(tx)
        store_merge.merge(tx, person(tx, AMARA), person(tx, LIN), operator_id=1, now=NOW)
        order(tx, "B", AMARA, "2026-10-02", "100.00 HKD")
        catch_up(tx)

        assert amounts(tx) == {"A": "3.00 HKD", "B": "1.00 HKD"}


def test_a_group_s_orders_are_those_of_who_was_in_it_then() -> None:
    with shop_ledger() as tx:
        scheme(tx, basis="group")
        skin = group(tx, "skin", amara=("2026-02-01", "2026-03-01"), lin=("2026-01-01", None))
        ambassador(tx, LIN, group_id=skin)
        for reference, who, day in (
            ("early", AMARA, "2026-01-31T23:59:59Z"), ("first", AMARA, "2026-02-01"), ("left", AMARA, "2026-03-01"),
            ("own", LIN, "2026-02-02"), ("stranger", BETO, "2026-02-02"),
        ):  # fmt: skip
            order(tx, reference, who, day, "100.00 HKD")
        catch_up(tx)

        assert sorted(amounts(tx), key=str) == ["first", "own"]
        assert {one.payee for one in lines(tx)} == {LIN}


def test_a_membership_learnt_later_brings_the_orders_of_that_time_along() -> None:
    with shop_ledger() as tx:
        scheme(tx, basis="group")
        skin = group(tx, "skin", amara=("2026-06-01", None))
        ambassador(tx, LIN, group_id=skin)
        order(tx, "A", AMARA, "2026-03-01", "100.00 HKD")
        order(tx, "B", BETO, "2026-03-01", "100.00 HKD")
        assert catch_up(tx).lines == 0

        stints = [
            Stint(person(tx, AMARA), at("2026-02-01"), None),
            Stint(person(tx, BETO), at("2026-02-01"), None),
        ]
        groups.add_stints(tx, skin, stints, origin="import")
        catch_up(tx)

        assert sorted(amounts(tx), key=str) == ["A", "B"]


def test_an_order_in_two_groups_of_one_scheme_is_whose_group_was_joined_first() -> None:
    with shop_ledger() as tx:
        scheme(tx, basis="group")
        scheme(tx, "other", basis="group")
        first = group(tx, "first", beto=("2026-01-01", None))
        second = group(tx, "second", beto=("2026-02-01", None))
        ambassador(tx, AMARA, group_id=second)
        ambassador(tx, LIN, group_id=first)
        ambassador(tx, AMARA, "other", group_id=first)
        order(tx, "A", BETO, "2026-03-01", "100.00 HKD")
        catch_up(tx)

        assert {(one.scheme, one.payee) for one in lines(tx)} == {("seed", LIN), ("other", AMARA)}


def test_two_ambassadors_of_one_group_are_told_apart_by_who_was_added_first() -> None:
    with shop_ledger() as tx:
        scheme(tx, basis="group")
        skin = group(tx, "skin", beto=("2026-01-01", None))
        for who in (AMARA, LIN):
            ambassador(tx, who, group_id=skin)
        order(tx, "A", BETO, "2026-03-01", "100.00 HKD")
        catch_up(tx)

        assert [one.payee for one in lines(tx)] == [AMARA]


def test_referred_orders_are_the_ambassador_s_from_the_day_that_was_said() -> None:
    with shop_ledger() as tx:
        scheme(tx, basis="referred")
        for who in (LIN, AMARA):
            ambassador(tx, who)
        for reference, day in (
            ("A", "2026-02-01"),
            ("B", "2026-03-01"),
            ("C", "2026-04-01"),
            ("D", "2026-05-01"),
        ):
            order(tx, reference, BETO, day, "100.00 HKD")
        catch_up(tx)
        assert lines(tx) == []

        def say(to: str | None, day: str) -> None:
            service_schemes.attribute(
                tx, ann(tx), BETO, to, reason="she says so", valid_from=at(day), now=NOW
            )

        say(LIN, "2026-02-15")
        say(None, "2026-03-15")
        say(AMARA, "2026-04-15")
        catch_up(tx)

        assert [(one.order, one.payee) for one in lines(tx)] == [("B", LIN), ("D", AMARA)]


def test_new_terms_count_from_their_day_and_leave_what_was_earned() -> None:
    with shop_ledger() as tx:
        assert scheme(tx).is_new and not scheme(tx).is_new
        ambassador(tx, LIN)
        order(tx, "A", LIN, "2026-10-01", "100.00 HKD")
        catch_up(tx)
        assert scheme(tx, rate=Fraction(5, 100), starts_at=at("2026-09-01")).version == 2
        order(tx, "B", LIN, "2026-08-31", "100.00 HKD")
        order(tx, "C", LIN, "2026-10-02", "100.00 HKD")
        catch_up(tx)

        assert {one.order: (one.amount, one.version) for one in lines(tx)} == {
            "A": ("3.00 HKD", 1), "B": ("3.00 HKD", 1), "C": ("5.00 HKD", 2),
        }  # fmt: skip


def test_a_credit_is_earned_for_each_whole_month_once() -> None:
    with shop_ledger() as tx:
        scheme(tx, rate=None, credit="50 points")
        ambassador(tx, LIN, since="2026-08-15")
        order(tx, "A", LIN, "2026-10-01", "100.00 HKD")

        assert (catch_up(tx).lines, catch_up(tx).lines) == (2, 0)  # September and October

        assert lines(tx) == [Line(None, "50 points", LIN, "seed", 1)] * 2
        assert catch_up(tx, now=at("2026-12-01")).lines == 1


def test_a_budget_is_never_overdrawn_and_what_it_left_is_earned_once_it_is_raised() -> None:
    with shop_ledger() as tx:
        scheme(tx, budget="5.00 HKD")
        ambassador(tx, LIN)
        order(tx, "A", LIN, "2026-10-01", "100.00 HKD")
        order(tx, "B", LIN, "2026-10-02", "100.00 HKD")
        order(tx, "C", LIN, "2026-10-03", "10.00 HKD")  # there is enough for it, but it is not its turn
        assert catch_up(tx).over == {"seed"}
        assert amounts(tx) == {"A": "3.00 HKD"}
        with pytest.raises(Refused, match="has earned more than"):
            scheme(tx, budget="2.00 HKD")

        scheme(tx, budget="8.00 HKD")

        assert catch_up(tx).over == set()
        assert amounts(tx) == {"A": "3.00 HKD", "B": "3.00 HKD", "C": "0.30 HKD"}
        assert balance(tx, "budget:seed") == 800


def test_a_refund_that_was_there_before_the_line_is_taken_back_at_once() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        order(tx, "A", LIN, "2026-10-01", "100.00 HKD")
        refund(tx, "A", "25.00")
        catch_up(tx)
        ambassador(tx, LIN)

        done = catch_up(tx)

        assert (done.lines, done.reversals, amounts(tx), reversed_of(tx)) == (1, 1, {"A": "3.00 HKD"}, 75)


def test_what_was_written_before_it_was_killed_is_not_written_again() -> None:
    with shop_ledger() as tx:
        scheme(tx, cap="7.00 HKD")
        ambassador(tx, LIN)
        for number in range(4):
            order(tx, f"A{number}", LIN, f"2026-10-0{number + 1}", "100.00 HKD")
        found = service_earning.look(tx, now=NOW)
        service_earning.accrue(tx, found.orders[:2], service_earning.Accrued(), now=NOW)  # and no further

        assert (catch_up(tx).lines, catch_up(tx).lines) == (2, 0)
        assert list(amounts(tx).values()) == ["3.00 HKD", "3.00 HKD", "1.00 HKD", "0.00 HKD"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"phone": "+85200000000"}, "No member is known as"),
        ({"name": "none"}, "There is no scheme none: there is grp, seed"),
        ({"name": "grp"}, "pays on the orders of a group: name it with --group"),
        ({"since": "2026-02-01"}, "have been an ambassador of seed since 2026-01-01T00:00:00Z already"),
    ],
)
def test_an_ambassador_who_cannot_be_is_refused_in_words(said: dict[str, Any], sentence: str) -> None:
    with shop_ledger() as tx:
        scheme(tx, "grp", basis="group")
        scheme(tx)
        ambassador(tx, LIN)
        plain = {"phone": LIN, "name": "seed", "since": "2026-01-01"} | said
        with pytest.raises((Refused, NotFound), match=sentence):
            service_schemes.add_ambassador(
                tx, ann(tx), plain["phone"], plain["name"], None, valid_from=at(plain["since"]), now=NOW
            )


def test_the_same_ambassador_again_changes_nothing_and_an_earlier_day_adds_the_past() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        first = ambassador(tx, LIN, since="2026-06-01")
        assert ambassador(tx, LIN, since="2026-06-01") == first
        ambassador(tx, LIN, since="2026-02-01")
        order(tx, "A", LIN, "2026-03-01", "100.00 HKD")
        order(tx, "B", LIN, "2026-07-01", "100.00 HKD")
        catch_up(tx)

        assert amounts(tx) == {"A": "3.00 HKD", "B": "3.00 HKD"}


def test_a_budget_cannot_be_given_once_something_was_earned_without() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        order(tx, "A", LIN, "2026-10-01", "100.00 HKD")
        catch_up(tx)

        with pytest.raises(Refused, match="earned without a budget already"):
            scheme(tx, budget=Money(500, "HKD"))


def test_an_order_too_large_for_the_books_holds_up_nobody_else() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        order(tx, "huge", LIN, "2026-10-01", "9999999999999999.00 HKD")
        order(tx, "A", LIN, "2026-10-02", "100.00 HKD")

        assert catch_up(tx).beyond == {"huge"}
        assert amounts(tx) == {"A": "3.00 HKD"}
