from __future__ import annotations

from fractions import Fraction
from functools import partial
from operator import eq, ge, gt, le, lt, ne

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waconsole.segments import rfm
from waconsole.segments.aggregates import Timeline
from waconsole.segments.aggregates_kept import Kept
from waconsole.segments.aggregates_strips import Strip, nothing
from waconsole.segments.columns import (
    BASE,
    FIRST,
    LAST,
    Numbers,
    Unfit,
    body_of,
    kind_of,
    narrow,
    numbers_of,
    times,
)
from waconsole.segments.evaluate_exact import _ratio, _whole
from waconsole.segments.evaluate_rfm import scores
from waconsole.segments.masks import count, flags_of, ids_of, of_ids, packed

BY_SIGN = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "!=": ne}
FRACTIONS = st.fractions(min_value=0, max_value=10**12, max_denominator=10**9)
SIGNS = st.sampled_from(list(BY_SIGN))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-(10**15), 10**15), st.integers(1, 10**9)), min_size=1), SIGNS, FRACTIONS
)
def test_a_ratio_is_compared_exactly_however_large_it_is(
    pairs: list[tuple[int, int]], sign: str, threshold: Fraction
) -> None:
    value, per = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    wanted = [BY_SIGN[sign](Fraction(one, by), threshold) for one, by in pairs]

    assert _ratio(value, per, sign, threshold).tolist() == wanted


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-(10**15), 10**15), min_size=1), SIGNS, FRACTIONS)
def test_a_whole_number_is_compared_exactly_with_a_fraction(
    values: list[int], sign: str, threshold: Fraction
) -> None:
    wanted = [BY_SIGN[sign](one, threshold) for one in values]

    assert _whole(np.array(values, np.int64), sign, threshold).tolist() == wanted


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 6), st.integers(-(10**12), 10**12)), min_size=1, max_size=60))
def test_scores_are_those_of_exact_ranks(values: list[int]) -> None:
    wanted = [rfm.score(sum(other < one for other in values), len(values)) for one in values]
    everybody = np.ones(len(values), np.bool_)

    assert scores(np.array(values, np.int64), everybody).tolist() == wanted


def _numbered(size: int, _: str) -> Numbers:
    return np.arange(size)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_window_made_of_its_neighbour_counts_what_it_counts_by_itself(data: st.DataObject) -> None:
    ats = data.draw(st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=30), min_size=1, max_size=3))
    strips = [
        Strip(
            np.array(sorted(at), np.int32),
            np.array([place % 5 for place in range(len(at))], np.int32),
            partial(_numbered, len(at)),
        )
        for at in ats
    ]
    timeline = Timeline(strips, 5, Kept(5))
    for _ in range(6):
        since, until = data.draw(st.integers(-1, 51)), data.draw(st.integers(-1, 51))
        fresh = Timeline(strips, 5, Kept(5))
        places = timeline.places(since, until)
        assert timeline.counts(places).tolist() == fresh.counts(places).tolist()
        assert timeline.sums("n", places).tolist() == fresh.sums("n", places).tolist()
        rows = sum(since <= one <= until for at in ats for one in at)
        assert timeline.counts(places).sum() == rows == timeline.row_count(places)


def test_sums_stay_exact_where_a_float_would_not_be() -> None:
    who, large = np.array([1, 1, 2], np.int32), np.array([2**53, 1, 7], np.int64)
    timeline = Timeline([Strip(np.zeros(3, np.int32), who, lambda _: large)], 3, Kept(3))

    assert timeline.sums("n", timeline.places(0, 0)).tolist() == [0, 2**53 + 1, 7]


def test_what_is_kept_is_bounded() -> None:
    kept = Kept(1_000_000)
    for place in range(40):
        kept.keep(place, np.zeros(1_000_000, np.int64))

    assert kept.byte_count <= 24 * 8 * 1_000_000
    assert kept.of(0) is None
    assert kept.of(39) is not None


@pytest.mark.parametrize("size", [1, 63, 64, 65, 1000])
def test_bits_and_truth_values_are_the_same(size: int) -> None:
    flags = np.arange(size) % 3 == 1
    bits = packed(flags)

    assert flags_of(bits, size).tolist() == flags.tolist()
    assert ids_of(bits).tolist() == np.flatnonzero(flags).tolist()
    assert count(bits) == int(flags.sum())
    assert of_ids(np.array([-1, 0, size, size + 7]), size).tolist() == of_ids(np.array([0]), size).tolist()
    assert count(~bits & packed(np.ones(size, np.bool_))) == size - int(flags.sum())


@pytest.mark.parametrize("numbers", [[0], [-128, 127], [-129], [40_000], [2**31], [-(2**63), 2**63 - 1]])
def test_numbers_come_back_from_the_bytes_they_became(numbers: list[int]) -> None:
    least = narrow(np.array(numbers, np.int64))

    assert numbers_of(kind_of(least), body_of(least)).tolist() == numbers


def test_an_instant_beyond_what_a_column_holds_is_refused() -> None:
    assert times([(FIRST + BASE) * 10**6, (LAST + BASE) * 10**6]).tolist() == [FIRST, LAST]
    for second in (FIRST - 1, LAST + 1):
        with pytest.raises(Unfit):
            times([(second + BASE) * 10**6])
    with pytest.raises(KeyError):
        nothing("total")
