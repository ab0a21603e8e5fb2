"""What is said for and against a line, and who is a candidate, each with its figure and what it is held against."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.cashback.earnings import (
    AMARA,
    BETO,
    LIN,
    NOW,
    ambassador,
    ann,
    at,
    catch_up,
    group,
    line_ref,
    lines,
    order,
    person,
    refund,
    scheme,
    shop_ledger,
)
from waconsole.cashback import evidence, service_evidence, service_listing
from waconsole.cashback.evidence import AGAINST, FOR, NOTE, Bounds, Facts, Share, median, weighed
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.errors import Refused
from waconsole.policy import library

BOUNDS = Bounds(months=3, refund_factor=Fraction(2), refund_sample_min=10, shared_groups=1, paid_before=1)


def facts(**said: Any) -> Facts:
    """Of a line with nothing against it."""
    plain: dict[str, Any] = {
        "now": NOW, "matures_at": NOW, "ordered_at": NOW - 30 * DAY, "here_since": NOW - 90 * DAY, "is_own_order": False,
        "is_credit": False, "shared_groups": 1, "paid_before": 1, "other_ambassadors": 0, "before_cap_minor": 300,
        "amount_minor": 300, "share": Share(2, 20), "median": Fraction(1, 20), "payees": 5, "disputes": 0,
    }  # fmt: skip
    return Facts(**(plain | said))


def speaks(**said: Any) -> dict[str, str]:
    """What each piece of evidence says of a line: for, against, a note."""
    return {one.name: one.speaks for one in weighed(facts(**said), BOUNDS)}


PLAIN = {"return_window": FOR, "months_here": FOR, "refunds": FOR, "paid_before": FOR}


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, PLAIN),
        ({"matures_at": NOW + 1}, PLAIN | {"return_window": AGAINST}),
        ({"here_since": NOW - 90 * DAY + 1}, PLAIN | {"months_here": AGAINST}),
        ({"here_since": None}, PLAIN | {"months_here": AGAINST}),
        ({"share": Share(3, 20)}, PLAIN | {"refunds": AGAINST}),  # 15 % against twice 5 %
        ({"share": Share(9, 9)}, PLAIN | {"refunds": NOTE}),  # too few
        ({"median": None}, PLAIN | {"refunds": NOTE}),
        ({"paid_before": 0}, PLAIN | {"paid_before": AGAINST}),
        ({"shared_groups": 2}, PLAIN | {"shared_groups": AGAINST}),
        ({"is_own_order": True, "shared_groups": 2}, PLAIN | {"own_order": NOTE}),
        ({"other_ambassadors": 1}, PLAIN | {"attribution": NOTE}),
        ({"amount_minor": 299}, PLAIN | {"cap": NOTE}),
        ({"disputes": 1}, PLAIN | {"disputed": AGAINST}),
    ],
)
def test_a_figure_speaks_by_what_it_is_held_against(said: dict[str, Any], wanted: dict[str, str]) -> None:
    assert speaks(**said) == wanted


def test_a_month_s_credit_has_no_orders_to_speak_of() -> None:
    assert speaks(is_credit=True) == {"return_window": FOR, "months_here": FOR, "paid_before": FOR}


def test_the_median_is_over_those_with_enough_orders() -> None:
    shares = [Share(1, 10), Share(0, 10), Share(3, 10), Share(9, 9)]

    assert median(shares, 10) == (Fraction(1, 10), 3)
    assert median(shares[:2], 10) == (Fraction(1, 20), 2)
    assert median([], 10) == (None, 0)
    assert evidence.share_words(Fraction(13, 200)) == "6.5 %"


def test_a_line_is_told_with_what_is_known_of_buyer_and_payee() -> None:
    with shop_ledger() as tx:
        library.seed(tx, now=NOW)
        scheme(tx, basis="group")
        skin = group(tx, "skin", amara=("2026-02-01", None), lin=("2026-01-01", None))
        for name in ("one", "two"):
            group(tx, name, amara=("2026-02-01", None), lin=("2026-01-01", None))
        group(tx, "past", amara=("2026-01-01", "2026-02-01"), lin=("2026-01-01", None))
        ambassador(tx, LIN, group_id=skin)
        for number in range(10):
            order(tx, f"A{number}", AMARA, "2026-03-01", "100.00 HKD")
        refund(tx, "A3", "1.00")
        catch_up(tx)

        said = {one.name: one for one in service_evidence.evidence(tx, line_ref(tx), now=NOW)}

        assert (said["shared_groups"].value, said["shared_groups"].speaks) == ("2", AGAINST)
        assert (said["refunds"].value, said["refunds"].n, said["refunds"].speaks) == ("10.0 %", 10, FOR)
        assert (said["months_here"].value, said["paid_before"].speaks) == ("10", AGAINST)


def test_a_dispute_stands_on_the_line_with_its_reason() -> None:
    with shop_ledger() as tx:
        scheme(tx)
        ambassador(tx, LIN)
        order(tx, "A", LIN, "2026-10-01", "100.00 HKD")
        catch_up(tx)
        with pytest.raises(Refused, match="has a reason"):
            service_evidence.dispute(tx, ann(tx), line_ref(tx), reason=" ", now=NOW)
        service_evidence.dispute(tx, ann(tx), line_ref(tx), reason="he bought it for her", now=NOW)

        said = [(one["by"], one["reason"]) for one in service_listing.line(tx, line_ref(tx))["disputes"]]
        assert said == [("ann", "he bought it for her")]


def wrote(tx: Transaction, phone: str, days: int, times: int) -> None:
    """Somebody wrote so often on each of the last days."""
    member = person(tx, phone)
    alias = tx.value("SELECT id FROM alias WHERE member_id = ?", (member,))
    for day in range(days):
        for _ in range(times):
            tx.execute(
                """
                INSERT INTO message (conversation_id, alias_id, direction, kind, text, sent_at, origin)
                VALUES (1, ?, 'in', 'text', 'x', ?, 'import')
                """,
                (alias, NOW - day * DAY),
            )


def test_candidates_are_those_who_meet_every_criterion_and_are_no_ambassadors() -> None:
    with shop_ledger() as tx:
        library.seed(tx, now=NOW)
        tx.execute("PRAGMA defer_foreign_keys = ON")
        scheme(tx)
        for who, days, times in ((LIN, 5, 2), (AMARA, 5, 3), (BETO, 4, 9), ("+85291110001", 5, 2)):
            wrote(tx, who, days, times)
        for number, who in enumerate((LIN, AMARA, BETO)):
            order(tx, f"A{number}", who, "2026-10-01", "100.00 HKD")
        ambassador(tx, AMARA)

        found = service_evidence.candidates(tx, group_id=None, now=NOW)

        assert [(row["phone"], row["days"], row["criteria"]) for row in found] == [
            (LIN, 30, [
                {"name": "messages", "value": 10, "comparator": ">=", "threshold": 10},
                {"name": "active_days", "value": 5, "comparator": ">=", "threshold": 5},
                {"name": "orders", "value": 1, "comparator": ">=", "threshold": 1},
            ]),
        ]  # fmt: skip


def test_attributions_are_listed_with_who_said_them_and_why() -> None:
    from waconsole.cashback import service_schemes

    with shop_ledger() as tx:
        for who in (LIN, BETO):
            person(tx, who)
        for to, day in ((LIN, "2026-02-01"), (None, "2026-03-01")):
            service_schemes.attribute(tx, ann(tx), BETO, to, reason="said so", valid_from=at(day), now=NOW)

        said = [(row["referrer"], row["from"], row["by"]) for row in service_listing.attributions(tx, BETO)]
        assert said == [(LIN, "2026-02-01T00:00:00Z", "ann"), (None, "2026-03-01T00:00:00Z", "ann")]
        assert lines(tx) == []
