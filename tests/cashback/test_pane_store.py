"""What the cashback pane reads: its lists and numbers, what may be asked of lines, who may decide, the plan of a sheet."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from tests.cashback import earnings
from tests.cashback.earnings import AMARA, LIN, NOW
from tests.cashback.ledger_lines import approved, do, done, later, lines_ledger, operator, ref
from waconsole.cashback import pane_detail, pane_head, pane_many, store_pane, store_pane_beside
from waconsole.cashback.fields import SUBJECT, vocabulary
from waconsole.cashback.pane_many import TOGGLE, Deed, Me
from waconsole.database import facts
from waconsole.database.connection import Transaction
from waconsole.kit.cells import width
from waconsole.operators import authority
from waconsole.policy import library
from waconsole.query.compile import compile_query, ids_sql


def asked(tx: Transaction, query: str, *, name: str = "zoe") -> list[int]:
    """The lines a query matches, in the order of their rows."""
    words = vocabulary()
    compiled = compile_query(query, SUBJECT.name, words, now=NOW, operator_id=operator(tx, name).id)
    return sorted(row[0] for row in tx.rows(ids_sql(compiled, SUBJECT), compiled.parameters))


def mixed(tx: Transaction) -> None:
    """1 and 2 proposed, 3 held, 4 approved, 5 rejected, 6 proposed; 7 is earned, 8 may come back."""
    done(tx, "kim", "propose", 1, 2, 3, 5, 6)
    done(tx, "kim", "hold", 3)
    approved(tx, 4)
    done(tx, "zoe", "reject", 5, reason="Own order")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state:proposed", [1, 2, 3, 6]),
        ("is:held", [3]),
        ("is:ready", [7]),
        ("is:open -is:held", [1, 2, 6, 7, 8]),
        ("is:own_order", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("is:disputed", []),
        ("is:solo", []),
        ("is:reversed", []),
        (f'payee:"{AMARA}"', [3, 7]),
        ("scheme:seed state:approved", [4]),
        ("scheme:nothing", []),
        ("order:A4", [4]),
        ("batch:none", []),
        ("month:2026-11", [8]),
        ("amount>=15 HKD", [1, 2, 3]),
        ("amount<1 KWD", []),
        ("reversed>0 HKD", []),
        ("age<1h", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("A6", [6]),
    ],
)
def test_lines_are_asked_for_in_their_own_words(query: str, found: list[int]) -> None:
    with lines_ledger() as tx:
        mixed(tx)

        assert asked(tx, query) == found


def test_mine_is_what_i_proposed_and_what_is_paid_to_me() -> None:
    with lines_ledger() as tx:
        mixed(tx)

        assert asked(tx, "is:mine", name="kim") == [1, 2, 3, 4, 5, 6]
        assert asked(tx, "is:mine", name="abe") == [3, 7]
        assert asked(tx, "is:mine", name="zoe") == []


def test_each_tab_lists_what_it_counts() -> None:
    with lines_ledger() as tx:
        mixed(tx)
        counts = store_pane.counts(tx)

        assert {tab: len(store_pane.ids(tx, tab)) for tab in store_pane.TABS} == counts
        assert counts == {"all": 8, "proposed": 3, "accrued": 2, "held": 1, "approved": 1, "back": 0}
        assert list(store_pane.ids(tx, "all")) == [8, 7, 6, 5, 4, 3, 2, 1]


def test_a_payees_row_stands_for_all_of_theirs_that_are_to_be_decided_on() -> None:
    with lines_ledger() as tx:
        mixed(tx)
        found = store_pane.payees(tx)

        assert [(one.phone, one.currency, one.lines, one.open_minor) for one in found] == [
            (LIN, "HKD", 2, 4500),
            (LIN, "points", 1, 120),
        ]
        assert [list(store_pane.lines_of(tx, one)) for one in found] == [[1, 2], [6]]
        narrowed: dict[str, Any] = {"id": 2}
        [one] = store_pane.payees(tx, "SELECT :id", narrowed)
        assert list(store_pane.lines_of(tx, one, "SELECT :id", narrowed)) == [2]
        assert store_pane_beside.sums(tx) == [("HKD", 2, 4500), ("points", 1, 120)]
        assert store_pane_beside.to_pay(tx) == [("JPY", 1, 2700, ref(tx, 4), ref(tx, 4))]
        assert store_pane_beside.reasons(tx, "rejected") == ["Own order"]


def test_lists_are_read_along_an_index() -> None:
    with lines_ledger() as tx:
        for tab in ("proposed", "accrued", "approved"):
            plan = tx.rows(
                f"EXPLAIN QUERY PLAN SELECT s.id FROM line_state AS s WHERE {store_pane.TABS[tab]} ORDER BY s.id"
            )
            assert "COVERING INDEX line_state_listed" in plan[0]["detail"]
        plan = tx.rows("EXPLAIN QUERY PLAN SELECT state, held, count(*) FROM line_state GROUP BY state, held")
        assert "COVERING INDEX line_state_listed" in plan[0]["detail"]


def test_the_sheet_leaves_out_who_may_not_be_decided_on_and_says_why() -> None:
    with lines_ledger() as tx:
        mixed(tx)
        lines = store_pane.decidable(tx, [1, 2, 3, 4, 5, 6, 7, 8])
        kim = operator(tx, "kim")
        abe = operator(tx, "abe")

        by_kim = pane_many.plan("approve", lines, Me(kim.id), now=NOW)
        assert by_kim.lines == ()
        assert (3, "you proposed it: somebody else approves it") in by_kim.excluded

        members = store_pane_beside.members_of(tx, abe.id)
        by_abe = pane_many.plan("reject", lines, Me(abe.id, members), now=NOW, gone=1)
        assert [one.standing.id for one in by_abe.lines] == [1, 2, 6, 8]
        assert (2, "it is paid to you: somebody else decides on it") in by_abe.excluded
        assert (1, "no longer there") in by_abe.excluded

        sheet = pane_many.proposal(Deed("reject", "Twice"), by_abe, Me(abe.id, members), is_revealed=False)
        assert sheet.figures == (
            ("money", "54.00 HKD"),
            ("money", "120 points"),
            ("payees", "1"),
            ("reason", "Twice"),
        )
        assert sheet.count == 4
        assert sheet.first.startswith("30.00 HKD")


def test_a_line_in_its_return_window_is_left_out_until_it_is_over() -> None:
    with lines_ledger() as tx:
        done(tx, "kim", "propose", 8)
        lines = store_pane.decidable(tx, [8])

        assert pane_many.plan("approve", lines, Me(0), now=NOW).lines == ()
        assert len(pane_many.plan("approve", lines, Me(0), now=later(20)).lines) == 1


def test_a_hold_is_a_release_only_where_everything_is_held() -> None:
    with lines_ledger() as tx:
        mixed(tx)
        held, both = store_pane.decidable(tx, [3]), store_pane.decidable(tx, [3, 1])

        assert pane_many.settled(Deed(TOGGLE), held).verb == "release"
        assert pane_many.settled(Deed(TOGGLE), both).verb == "hold"
        assert pane_many.settled(Deed("approve"), held).verb == "approve"


def test_the_verdict_beside_a_line_is_what_approving_it_would_say() -> None:
    with lines_ledger() as tx:
        library.seed(tx, now=NOW)
        done(tx, "kim", "propose", *range(1, 9))
        for name in ("ann", "kim", "lee", "abe", "zoe"):
            for line in range(1, 9):
                said = pane_detail.seen(tx, line, name, now=NOW)
                outcome = do(tx, name, "approve", line)
                assert (said.verdict == "") == bool(outcome.done), (name, line, said.verdict)
                if outcome.done:
                    done(tx, name, "hold", line)
        nobody = pane_detail.seen(tx, 1, None, now=NOW)
        assert "Nobody is signed in" in nobody.verdict


def test_the_line_above_says_what_is_left_of_the_day_or_why_nothing_is_approved() -> None:
    with lines_ledger() as tx:
        mixed(tx)
        done(tx, "zoe", "approve", 1)

        head = pane_head.read(tx, "zoe", now=NOW)
        assert head.limits["HKD"] == (100_000, 97_000)
        assert head.limits["JPY"] == (100_000, 97_300)
        assert head.why_not == ""
        assert pane_head.read(tx, None, now=NOW).why_not == "nobody is signed in: `:sign-in NAME`"
        assert pane_head.read(tx, "zoe", now=NOW, read_only=True).why_not == "open for reading only"

        facts.set_fact(tx, authority.ADOPTION, authority.PENDING)
        assert "until an owner adopts it" in pane_head.read(tx, "zoe", now=NOW).why_not


def test_the_line_above_begins_with_the_currency_one_looks_at() -> None:
    head = pane_head.Head(sums=(("HKD", 2, 4500), ("JPY", 1, 700)), limits={"JPY": (1000, 0)}, is_known=True)

    left, right = pane_head.pieces(head, "seed", "JPY")

    assert [one.cells[0].text for one in left] == ["proposed 3", "700 JPY", "45.00 HKD"]
    assert [one.cells[0].text for one in right] == ["limit 0 of 1000 JPY left today"]
    assert "you have no limit in HKD" in pane_head.pieces(head, "seed", "HKD")[1][0].cells[0].text
    assert pane_head.pieces(pane_head.Head(), "", "") == ([], [])


def test_a_line_in_full_hangs_behind_its_heads_and_masks_what_is_written_about_it() -> None:
    with lines_ledger() as tx:
        library.seed(tx, now=NOW)
        done(tx, "kim", "propose", 1)
        done(tx, "zoe", "reject", 1, reason=f"wrong, see {LIN} \x1b[31m")
        earnings.refund(tx, "A2", "100.00 HKD")
        earnings.catch_up(tx)

        told = pane_detail.lines(pane_detail.seen(tx, 1, "ann", now=NOW), UTC, is_revealed=False)
        text = "\n".join("".join(cell.text for cell in line) for line in told)
        assert "rejected 30.00 HKD zoe" in text
        assert LIN not in text
        assert "\x1b" not in text
        broken = pane_detail.hung(told, 40)
        assert max(sum(width(cell.text) for cell in line) for line in broken) <= 40 or len(broken) > len(told)

        back = pane_detail.lines(pane_detail.seen(tx, 2, "ann", now=NOW), UTC, is_revealed=True)
        assert "refunds  3.00 HKD" in "\n".join("".join(cell.text for cell in line) for line in back)
