from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.segments.columns_against_rows import by_rows, laid_in_pieces, question
from tests.segments.crowds import NOW, Crowd, empty_ledger
from waconsole.clock import DAY
from waconsole.database.connection import Transaction
from waconsole.segments import service_columns_sealing as sealing
from waconsole.segments.aggregates import Timeline
from waconsole.segments.aggregates_by_person import (
    THEIR_AT,
    THEIR_ROWS,
    ByPerson,
    Piece,
    laid_by_person,
    total_of,
)
from waconsole.segments.aggregates_kept import Kept
from waconsole.segments.aggregates_strips import Strip
from waconsole.segments.columns import AT, MEMBER, Numbers
from waconsole.segments.service_columns import Columns

SIZE, TOTAL, CHUNK = 9, "total", 70


def _numbers(of: dict[str, Numbers], name: str) -> Numbers:
    return of[name]


def _whole(laid: Sequence[dict[str, Numbers]], moved: tuple[Numbers, Numbers] | None) -> ByPerson:
    pieces, first = [], 0
    for one in laid:
        totals = {TOTAL: one[total_of(TOTAL)]}
        at = one[THEIR_AT]
        span = (int(at.min()), int(at.max()))
        pieces.append(Piece(first, one[THEIR_ROWS], at, span, partial(_numbers, totals)))
        first += one[THEIR_ROWS].size
    return ByPerson(sum(one.size for one in pieces), lambda: pieces, (TOTAL,), moved)


def _strips(columns: dict[str, Numbers], roots: Numbers) -> list[Strip]:
    return [
        Strip(
            columns[AT][start : start + CHUNK],
            roots[columns[MEMBER][start : start + CHUNK]],
            partial(_numbers, {TOTAL: columns[TOTAL][start : start + CHUNK]}),
        )
        for start in range(0, columns[AT].size, CHUNK)
    ]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, SIZE - 1), st.integers(0, 60), st.integers(0, 10**9)),
        min_size=1,
        max_size=300,
    ),
    st.lists(st.tuples(st.integers(-1, 61), st.integers(-1, 61)), min_size=1, max_size=5),
    st.booleans(),
)
def test_a_window_read_by_person_comes_to_what_its_rows_come_to(
    rows: list[tuple[int, int, int]], windows: list[tuple[int, int]], is_merged: bool
) -> None:
    rows.sort(key=lambda one: one[1])
    member, at, total = (np.array(side, np.int64) for side in zip(*rows, strict=True))
    columns: dict[str, Numbers] = {MEMBER: member.astype(np.int32), AT: at.astype(np.int32), TOTAL: total}
    roots = np.arange(SIZE, dtype=np.int32)
    if is_merged:
        roots[[2, 7]] = 3
    moved = (np.array([2, 7]), np.array([3, 3])) if is_merged else None
    rows_max = int(np.bincount(member).max()) + 60
    laid = laid_by_person(columns, (TOTAL,), rows_max=rows_max, persons_per_row=1000)
    assert laid
    by_time = Timeline(_strips(columns, roots), SIZE, Kept(SIZE))
    strips, whole = _strips(columns, roots), _whole(laid, moved)
    for strip in strips:
        strip.whole = whole
    by_person = Timeline(strips, SIZE, Kept(SIZE))
    for since, until in windows:
        places = by_time.places(since, until)

        assert by_person.counts(places).tolist() == by_time.counts(places).tolist()
        assert by_person.sums(TOTAL, places).tolist() == by_time.sums(TOTAL, places).tolist()
        assert by_person.any(places).tolist() == by_time.any(places).tolist()
        assert by_person.latest(places).tolist() == by_time.latest(places).tolist()


def test_who_has_more_than_a_byte_holds_is_counted_all_the_same() -> None:
    at = np.arange(700, dtype=np.int32)
    who = np.where(at < 600, 1, 2).astype(np.int32)
    timeline = Timeline([Strip(at, who, partial(_numbers, {}))], 3, Kept(3))

    assert timeline.counts(timeline.places(0, 699)).tolist() == [0, 600, 100]
    assert timeline.counts(timeline.places(0, 300)).tolist() == [0, 301, 0]
    assert timeline.counts(timeline.places(255, 698)).tolist() == [0, 345, 99]


@pytest.mark.parametrize(
    ("member", "total"),
    [([1, 1], [-1, 1]), ([1, 1], [1 << 62, 1 << 62]), ([9, 9], [1, 1]), ([1] * 8, [1] * 8)],
    ids=str,
)
def test_rows_that_would_not_be_exact_or_quick_by_person_are_not_laid_out_so(
    member: list[int], total: list[int]
) -> None:
    columns: dict[str, Numbers] = {
        MEMBER: np.array(member, np.int32),
        AT: np.arange(len(member), dtype=np.int32),
        TOTAL: np.array(total, np.int64),
    }

    assert laid_by_person(columns, (TOTAL,), rows_max=8) == []


def test_an_order_that_is_changed_leaves_what_is_sealed_by_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sealing, "CHUNK_ROWS", 16)
    monkeypatch.setattr(sealing, "laid_by_person", laid_in_pieces)
    rules = (
        "orders(ever)>=2",
        "spend(365d)>100 HKD",
        "rfm_layer(365d)=loyal",
        "orders(90d)=0",
        "rfm_m(365d, currency=HKD)>=3",
    )
    with empty_ledger() as tx:
        crowd = Crowd(tx, 4)
        crowd.add_members(12)
        crowd.add_facts(160)
        crowd.seal_import()
        tx.execute("UPDATE member SET import_run_id = 0")
        sealing.seal_within(tx, now=NOW, rows_min=1)
        engine = Columns()
        for change in (
            'UPDATE "order" SET total_minor = total_minor * 3 WHERE id % 9 = 0',
            'UPDATE "order" SET member_id = 5 WHERE id % 13 = 0',
            "INSERT INTO merge (member_id, into_id, merged_at) VALUES (5, 6, 0)",
            "UPDATE member SET merged_into = 6 WHERE id = 5",
            'UPDATE "order" SET ordered_at = ordered_at - 86400000000 WHERE id % 11 = 0',
        ):
            tx.execute(change)
            anew = Columns()
            for rule in rules:
                asked = question(tx, rule)
                wanted = by_rows(tx, asked)

                assert engine.matches(tx, asked).ids() == anew.matches(tx, asked).ids() == wanted, change
        held = engine._facts._fact("order")
        assert any(
            strip.whole and strip.whole.without for number in held.parts for strip in held.strips(tx, number)
        )


def test_an_order_with_two_coupons_counts_once_whenever_they_came() -> None:
    def line(tx: Transaction, order: int, product: str) -> None:
        tx.execute(
            "INSERT INTO order_line (order_id, category, product, coupon, quantity) VALUES (?, '', ?, 'C', 1)",
            (order, product),
        )

    with empty_ledger() as tx:
        Crowd(tx, 1).add_members(3)
        tx.execute("UPDATE member SET import_run_id = 0")
        for place in (1, 2, 3, 4):
            tx.execute(
                'INSERT INTO "order" (id, reference, member_id, ordered_at, currency, total_minor, origin, recorded_at)'
                " VALUES (?, ?, ?, ?, 'HKD', 1, 'import', 0)",
                (place, f"R{place}", 1 + place % 2, NOW - DAY),
            )
        asked, seen = question(tx, "coupon_share(30d) = 50%"), []
        for order, product, is_sealed in (
            (1, "a", True),
            (2, "a", True),
            (2, "b", False),
            (3, "c", True),
            (3, "d", True),
        ):
            line(tx, order, product)
            if is_sealed:
                sealing.seal_within(tx, now=NOW, rows_min=1)
            engine = Columns()
            assert engine.matches(tx, asked).ids() == by_rows(tx, asked)
            seen.append(engine._facts._fact("coupon").is_once)

        assert seen == [True, True, False, False, False]
