"""What a scheme would have paid under other terms: decided again order by order, nothing written."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.cashback.earnings import (
    AMARA,
    BETO,
    LIN,
    NOW,
    ambassador,
    at,
    catch_up,
    group,
    order,
    scheme,
    shop_ledger,
)
from waconsole import catalogue
from waconsole.cashback.lines import credit_line_ref, order_line_ref
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.errors import NotFound, Refused
from waconsole.members.model import ref_of
from waconsole.policy.service_replaying import Replayed, replay

POLICY = "cashback.scheme.seed"


def tried(tx: Transaction, *words: str, begins: str = "2026-10-01", ends: str = "2026-11-01") -> Replayed:
    """Replay a period, which writes nothing."""
    before = tx._connection.total_changes
    found = replay(
        tx, POLICY, words, catalogue.replayers(), catalogue.checks(), begins=at(begins), ends=at(ends)
    )[1]
    assert tx._connection.total_changes == before
    return found


def changes(found: Replayed) -> dict[str, tuple[int, int]]:
    """Each line that would change, and how."""
    return {one.who: (one.before_minor, one.after_minor) for one in found.money}


def line(reference: str) -> str:
    return order_line_ref("seed", reference)


def test_the_same_terms_change_nothing() -> None:
    with shop_ledger() as tx:
        scheme(tx, cap="10.00 HKD")
        ambassador(tx, LIN)
        for number in range(4):
            order(tx, f"A{number}", LIN, f"2026-10-0{number + 1}", "150.00 HKD")
        catch_up(tx)
        assert tried(tx, "rate=3 %") == Replayed(seen=4)


def test_another_rate_changes_each_line_of_the_period_and_no_other() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        for reference, day in (
            ("A1", "2026-09-30"),
            ("A2", "2026-10-01"),
            ("A3", "2026-10-31"),
            ("A4", "2026-11-01"),
        ):
            order(tx, reference, LIN, day, "333.00 HKD")
        catch_up(tx)
        found = tried(tx, "rate=4 %")
        assert changes(found) == {line("A2"): (999, 1332), line("A3"): (999, 1332)}
        (member,) = found.members
        assert (member.who, member.currency, member.before_minor, member.after_minor) == (
            ref_of("phone", LIN), "HKD", 1998, 2664,
        )  # fmt: skip
        assert (found.seen, found.groups) == (2, ())


def test_a_rate_is_tried_for_all_of_the_period_though_the_version_in_force_began_within_it() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        scheme(tx, rate=Fraction(1, 20), starts_at=at("2026-10-16"))
        ambassador(tx, LIN)
        order(tx, "A1", LIN, "2026-10-02", "100.00 HKD")
        order(tx, "A2", LIN, "2026-10-20", "100.00 HKD")
        catch_up(tx)
        assert changes(tried(tx, "rate=10 %")) == {line("A1"): (300, 1000), line("A2"): (500, 1000)}
        assert changes(tried(tx, "rate=10 %", "from=2026-10-19")) == {
            line("A1"): (300, 0), line("A2"): (500, 1000),
        }  # fmt: skip


def test_a_cap_is_used_up_in_turn_and_by_what_came_before_the_period_in_its_month() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        for reference, day in (
            ("A1", "2026-10-02"),
            ("A2", "2026-10-20"),
            ("A3", "2026-10-21"),
            ("A4", "2026-11-02"),
        ):
            order(tx, reference, LIN, day, "100.00 HKD")
        catch_up(tx)
        found = tried(tx, "cap=7.00 HKD", begins="2026-10-01", ends="2026-12-01")
        assert changes(found) == {line("A3"): (300, 100)}
        late = tried(tx, "cap=2.00 HKD", begins="2026-10-10", ends="2026-11-01")
        assert changes(late) == {line("A2"): (300, 0), line("A3"): (300, 0)}, "A1 used up the new cap alone"


def test_another_basis_earns_for_others_and_groups_are_named() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        oils = group(tx, "oils", amara=("2026-01-01", None), beto=("2026-10-10", None))
        ambassador(tx, LIN, group_id=oils)
        order(tx, "A1", LIN, "2026-10-02", "100.00 HKD")
        order(tx, "B1", AMARA, "2026-10-03", "200.00 HKD")
        order(tx, "C1", BETO, "2026-10-04", "400.00 HKD")
        order(tx, "C2", BETO, "2026-10-11", "400.00 HKD")
        catch_up(tx)
        found = tried(tx, "basis=group")
        assert changes(found) == {line("A1"): (300, 0), line("B1"): (0, 600), line("C2"): (0, 1200)}
        assert [(one.who, one.before_minor, one.after_minor) for one in found.groups] == [
            ("g-oils", 300, 1800)
        ]


def test_a_monthly_credit_is_decided_month_by_month() -> None:
    with shop_ledger() as tx:
        scheme(tx, rate=None, credit="50.00 HKD")
        ambassador(tx, LIN, since="2026-09-15")
        catch_up(tx)
        found = tried(tx, "credit=60 HKD", begins="2026-09-01", ends="2026-11-01")
        assert changes(found) == {credit_line_ref("seed", ref_of("phone", LIN), "2026-10"): (5000, 6000)}


def test_a_line_that_was_accrued_otherwise_is_told_as_it_was() -> None:
    """Two imports use up a cap in their own turn: what stands is what counts as before."""
    with shop_ledger() as tx:
        scheme(tx, cap="5.00 HKD")
        ambassador(tx, LIN)
        order(tx, "A2", LIN, "2026-10-02", "100.00 HKD")
        catch_up(tx)
        order(tx, "A1", LIN, "2026-10-01", "100.00 HKD")
        catch_up(tx, now=NOW + DAY)
        assert (
            changes(tried(tx, "cap=none")) == {line("A2"): (300, 300)} or changes(tried(tx, "cap=none")) == {}
        )


def test_terms_nobody_can_mean_and_schemes_that_are_none_are_refused() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        with pytest.raises(Refused, match="more than 0 %"):
            tried(tx, "rate=0 %")
        with pytest.raises(NotFound, match="no policy called"):
            replay(tx, "cashback.scheme.none", ["rate=1 %"], catalogue.replayers(), {}, begins=0, ends=1)
