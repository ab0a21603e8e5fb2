"""What the invites pane reads: its lists and numbers, what may be asked of invites, what is told of a row, and its sheets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from tests.invites.pane_ledger import BACK, CAME, EARNED, HELD, invited
from tests.invites.programmes import invite_ledger, who
from tests.invites.rewarded import NOW, REFERRER
from tests.kit.screens import RAW_CONTROLS
from waconsole.database.connection import Transaction
from waconsole.invites import (
    pane_detail,
    pane_head,
    pane_lists,
    pane_many,
    pane_records,
    pane_rows,
    service_codes,
    service_words,
    store_pane,
    store_pane_beside,
)
from waconsole.invites.fields_pane import SUBJECT, vocabulary
from waconsole.invites.kinds import CHANNEL, CODE, INVITE, PROGRAMME, kind_of
from waconsole.invites.pane_detail import Eye, told
from waconsole.invites.pane_lines import hung
from waconsole.invites.pane_lists import Things
from waconsole.invites.pane_rows import COLUMNS, ProgrammeView, View
from waconsole.invites.store_pane import CodeView, InviteView
from waconsole.kit.cells import width
from waconsole.kit.columns import GUTTER_CELLS, lay_out
from waconsole.operators.pane_language import Within
from waconsole.query.compile import check, compile_query, ids_sql

EYE = Eye(NOW, UTC, False, Path("/nowhere"))


@contextmanager
def ledger() -> Iterator[tuple[Transaction, dict[str, str]]]:
    with invite_ledger() as tx:
        yield tx, invited(tx, attribution_window="none")


def within(query: str) -> Within:
    compiled = compile_query(query, SUBJECT.name, vocabulary(), now=NOW, operator_id=1)
    return Within(ids_sql(compiled, SUBJECT), compiled.parameters)


def listed(tx: Transaction, tab: str, query: str = "") -> list[View]:
    """The rows of a tab, as the pane would list them."""
    narrowing = None
    if query:
        sql, parameters = within(query)
        narrowing = Within(store_pane.of_invites(kind_of(tab), sql), parameters)
    found = pane_lists.listed(tx, tab, narrowing, {}, now=NOW)
    views = {one.id: one for one in pane_lists.views(tx, found.held, found.ids)}
    return [views[key] for key in found.ids]


def friends(views: list[View]) -> list[str | None]:
    return [one.invitee_phone for one in views if isinstance(one, InviteView)]


def words(tx: Transaction, one: View, eye: Eye = EYE) -> str:
    """What is told of a row, as one text."""
    return "\n".join("".join(cell.text for cell in line) for line in told(tx, one, eye).lines)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state:earned", [EARNED]),
        ("state:held", [HELD]),
        ("state:joined", [CAME]),
        ("state:refused or state:open", [BACK]),
        ("programme:SPRING", [BACK, CAME, HELD, EARNED]),
        ("programme:other", []),
        (f'referrer:"{REFERRER}" invitee:"{CAME}"', [CAME]),
        ('referrer:"lin c."', [BACK, CAME, HELD, EARNED]),
        ("channel:x -state:refused", [CAME]),
        ("reason:window", [HELD]),
        ("confidence:exact channel:order_page", [EARNED]),
        ("is:disputed", []),
        ("is:came is:late", []),
        ("is:review or is:frozen or is:voided", []),
        ("due>2d", [HELD]),
        ("due<2d state:held", []),
        ("reward>=8 HKD", [HELD, EARNED]),
        ("reward>=28 HKD", [HELD]),
        ("reward>=8 USD", []),
        ("age>30d channel:x", [BACK, CAME]),
        ("evil", [EARNED]),
        ("code:nothing", []),
    ],
)
def test_invites_are_asked_for_in_their_own_words(query: str, found: list[str]) -> None:
    assert check(query, SUBJECT.name, vocabulary()) == []
    with ledger() as (tx, _refs):
        assert friends(listed(tx, "all", query)) == found


def test_each_tab_lists_what_it_counts_and_follows_the_invites_a_query_finds() -> None:
    with ledger() as (tx, _refs):
        counts = store_pane.counts(tx)
        for tab in (
            "programmes",
            "all",
            "held",
            "way",
            "earned",
            "coupons",
            "refused",
            "codes",
            "proofs",
            "invitations",
        ):
            assert len(listed(tx, tab)) == counts[tab], tab

        assert friends(listed(tx, "way")) == [CAME]
        assert [
            one.name for one in listed(tx, "programmes", "state:held") if isinstance(one, ProgrammeView)
        ] == ["spring"]
        assert listed(tx, "programmes", "state:issued") == [] == listed(tx, "codes", "state:held")
        assert [
            pane_records.record(one, NOW)["channel"] for one in listed(tx, "channels", "state:earned")
        ] == ["order_page"]
        assert len(listed(tx, "channels")) == 3


def test_what_is_due_next_is_held_first_and_what_is_late_is_said() -> None:
    with ledger() as (tx, _refs):
        (held,) = listed(tx, "held")
        assert isinstance(held, InviteView) and held.due_at is not None
        assert store_pane_beside.next_due(tx, now=NOW) == (held.due_at, 0)
        assert store_pane_beside.next_due(tx, now=held.due_at) == (None, 1)
        assert friends(listed(tx, "all", "is:late")) == []

        head = pane_head.read(tx, "ann", now=held.due_at, read_only=False)
        left, _right = pane_head.pieces(head, store_pane.counts(tx), None, UTC)
        assert ["".join(cell.text for cell in one.cells) for one in left] == [
            "held 1", "28.00 HKD", "◷ 1 late: `:invites settle`",
        ]  # fmt: skip
        assert pane_head.read(tx, None, now=NOW, read_only=False).why_not
        assert pane_head.read(tx, "nobody", now=NOW, read_only=False).why_not


def test_an_invite_is_told_with_its_steps_its_order_and_what_moved() -> None:
    with ledger() as (tx, _refs):
        by_friend = {one.invitee_phone: one for one in listed(tx, "all") if isinstance(one, InviteView)}
        said = words(tx, by_friend[EARNED])
        assert "order      A1 · 250.00 HKD · 02 Sep 2026 00:00" in said
        assert "came → qualifies  invites.programme.spring v1" in said
        assert "each: 8.00 HKD, paid" in said
        assert "posted reward:" in said
        assert "evil" in said and REFERRER not in said and EARNED not in said
        assert RAW_CONTROLS.search(said.replace("\n", "")) is None
        assert REFERRER in words(tx, by_friend[EARNED], EYE._replace(is_revealed=True))

        assert "‖ held: return window, decided on from" in words(tx, by_friend[HELD])
        assert "rung 2: 20.00 HKD, held" in words(tx, by_friend[HELD])
        assert "0.00 HKD after refunds" in words(tx, by_friend[BACK])
        assert "earns nothing now" in words(tx, by_friend[CAME])
        seq = store_pane_beside.last_transfer(tx, by_friend[EARNED].id)
        assert tx.value("SELECT kind FROM transfer WHERE seq = ?", (seq,)) == "post"


def test_a_dispute_is_told_and_so_is_that_it_ended() -> None:
    with ledger() as (tx, refs):
        service_words.dispute(tx, who(tx), refs[CAME], reason="Ana says it was her", now=NOW)
        (one,) = listed(tx, "all", "is:disputed")
        assert "disputed: Ana says it was her (ann," in words(tx, one)
        service_words.correct(tx, who(tx), refs[CAME], REFERRER, reason="The friend said so", now=NOW)
        (one,) = listed(tx, "all", f'invitee:"{CAME}"')
        assert "disputed (no longer): Ana says it was her" in words(tx, one)
        assert "corrected: The friend said so" in words(tx, one)


def test_a_programme_is_told_with_a_live_count_for_each_rung() -> None:
    with ledger() as (tx, _refs):
        (one,) = listed(tx, "programmes")
        said = words(tx, one)
        assert "each  cashback 8.00 HKD  people 1, given 1, held 1" in said
        assert "2  cashback 20.00 HKD  people 1, given 0, held 1" in said
        assert "budget     364.00 HKD of 400.00 HKD left" in said
        assert "worst case 100.00 HKD: 100.00 HKD each, 1 taking part" in said
        assert "v1 activated by ann" in said


def test_a_code_is_told_with_what_is_shared_until_it_is_revoked() -> None:
    with ledger() as (tx, _refs):
        place, own = listed(tx, "codes")
        assert isinstance(own, CodeView) and isinstance(place, CodeView)
        assert (own.channel, place.channel) == ("", "order_page")
        assert own.code in words(tx, own) and "https://wa.me/" in words(tx, own)
        assert "leads to nobody" in words(tx, own)

        service_codes.revoke(tx, who(tx), own.code, reason="Lost", now=NOW)
        assert {
            pane_rows.code_state(one, NOW) for one in listed(tx, "codes") if isinstance(one, CodeView)
        } == {"revoked"}
        assert "revoked, 26 Nov 2026 12:00: Lost" in words(tx, listed(tx, "codes")[0])


def test_a_channel_is_told_with_what_each_share_is_of() -> None:
    with ledger() as (tx, _refs):
        said = {
            one.row["channel"]: words(tx, one)
            for one in listed(tx, "channels")
            if isinstance(one, pane_rows.ChannelView)
        }
        assert "came       1 of 1 (100.0 %)" in said["order_page"]
        assert "a join     8.00 HKD = 8.00 HKD over 1" in said["order_page"]
        assert "target     1.50 USD to 3.00 USD a join" in said["x"]
        assert store_pane_beside.channel_keys(tx).keys() == said.keys()


@pytest.mark.parametrize("cells", [40, 64, 80, 120, 160])
def test_every_row_fits_its_columns_and_what_is_told_its_width(cells: int) -> None:
    with ledger() as (tx, _refs):
        for tab in ("programmes", "all", "codes", "channels"):
            views = listed(tx, tab)
            columns = COLUMNS[kind_of(tab)]
            assert sum(one.width + one.gap for one in lay_out(columns, cells - GUTTER_CELLS)) <= cells
            for one in views:
                row = pane_rows.row(one, NOW, UTC, is_revealed=False)
                assert len(row.cells) == len(columns)
                for line in hung(told(tx, one, EYE).lines, cells):
                    assert sum(width(cell.text) for cell in line) <= cells + len(line)
                assert pane_records.record(one, NOW)["text"]


def test_a_sheet_says_the_money_who_is_left_out_and_how_it_is_taken_back() -> None:
    with ledger() as (tx, _refs):
        every: list[Any] = listed(tx, "all")
        shown = pane_many.proposal("dispute", every, 2, "They knew us before", is_revealed=False)
        assert (shown.count, shown.things, shown.excluded) == (4, "invites", ((2, "decided already"),))
        assert ("money", "36.00 HKD") in shown.figures
        assert "one by one" in shown.undo and REFERRER not in shown.first

        codes = pane_many.proposal("revoke", listed(tx, "codes")[:1], 0, "Lost", is_revealed=False)
        assert (codes.things, codes.count) == ("code", 1) and "Undo takes it back" in codes.undo

        (programme,) = listed(tx, "programmes")
        assert isinstance(programme, ProgrammeView)
        over = pane_many.activation(programme._replace(version_state="draft"), "a lot", True, ["dear"])
        assert any("another owner activates it" in text for _name, text in over.figures)
        assert ("under way", "2") in pane_many.ending(programme, "Enough").figures


def test_an_empty_tab_teaches_one_thing() -> None:
    counts = {"all": 0, "joins": 2}
    said = {tab: " ".join(pane_lists.teaches(tab, counts)) for tab, _title in pane_lists.TABS}
    assert "`:invites programme create NAME" in said["programmes"]
    assert "`:import invites FILE`" in said["all"]
    assert "`:invites code MEMBER" in said["codes"]
    assert "2 people ask to come in." in said["joins"] and "`:joins`" in said["joins"]
    assert "1 person asks" in pane_lists.teaches("joins", {"joins": 1})[0]
    assert len({*said.values()}) == 7  # tabs of invites say the same


def test_what_is_listed_knows_what_it_is() -> None:
    assert [kind_of(tab) for tab in ("programmes", "all", "codes", "channels", "view:3")] == [
        PROGRAMME, INVITE, CODE, CHANNEL, INVITE,
    ]  # fmt: skip
    with ledger() as (tx, _refs):
        assert pane_lists.views(tx, Things(CODE), [1]) != pane_lists.views(tx, Things(INVITE), [1])
        assert pane_detail.reward_word("pending") == "held"
