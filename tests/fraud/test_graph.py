from __future__ import annotations

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waconsole.fraud import bursts, chains, clusters, graph
from waconsole.fraud.edges import Column

Pairs = list[tuple[int, int]]
SMALL = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40)


def column(values: list[int]) -> Column:
    return np.array(values, np.int64)


def columns(pairs: Pairs) -> tuple[Column, Column]:
    return column([one for one, _ in pairs]), column([other for _, other in pairs])


def rings_of(pairs: Pairs) -> list[list[int]]:
    return graph.rings(*columns(pairs))


def together(pairs: tuple[Column, Column], count: int) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for who, first in enumerate(clusters.smallest_in_reach(*pairs, count).tolist()):
        groups.setdefault(first, []).append(who)
    assert all(first == people[0] for first, people in groups.items())
    return sorted(people for people in groups.values() if len(people) > 1)


def strong(pairs: Pairs) -> list[list[int]]:
    parts = networkx.strongly_connected_components(networkx.DiGraph(pairs))
    return sorted(sorted(part) for part in parts if len(part) > 1)


@settings(max_examples=50, deadline=None)
@given(SMALL)
def test_rings_are_what_networkx_calls_strongly_connected(pairs: Pairs) -> None:
    assert rings_of(pairs) == strong(pairs)


@settings(max_examples=35, deadline=None)
@given(SMALL)
def test_clusters_are_what_networkx_calls_connected(pairs: Pairs) -> None:
    parts = networkx.connected_components(networkx.Graph(pairs))
    assert together(columns(pairs), 13) == sorted(sorted(part) for part in parts if len(part) > 1)


def test_a_large_part_is_taken_out_whole_and_the_rings_beside_it_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(graph, "CORE_SMALL_MAX", 20)
    dice = np.random.default_rng(3)
    pairs = [(int(one), int(other)) for one, other in dice.integers(0, 400, (900, 2))]
    pairs += [(500, 501), (501, 502), (502, 500), (502, 7), (600, 601), (601, 600)]
    assert rings_of(pairs) == strong(pairs)


def test_a_chain_as_long_as_the_community_is_no_ring_and_takes_no_time() -> None:
    long = [(one, one + 1) for one in range(8_000)]
    assert rings_of(long) == []
    assert rings_of([*long, (8_000, 0)]) == [list(range(8_001))]


def test_who_is_tied_to_the_first_bearer_of_a_key_hangs_together() -> None:
    people, keys = column([1, 2, 3, 4, 5, 6]), column([7, 0, 7, 8, 8, 0])
    ties = clusters.stars(people, keys)
    assert together(ties, 7) == [[1, 3], [4, 5]]


@settings(max_examples=35, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), max_size=40),
    st.integers(1, 5),
    st.integers(1, 30),
)
def test_haste_is_so_many_attempts_whose_last_is_before_the_span_is_over(
    attempts: Pairs, count: int, seconds: int
) -> None:
    who, at = columns(attempts)
    expected: dict[int, set[int]] = {}
    for one in set(who.tolist()):
        places = sorted(np.flatnonzero(who == one).tolist(), key=lambda place: (at[place], place))
        for first in range(len(places) - count + 1):
            span = places[first : first + count]
            if at[span[-1]] - at[span[0]] < seconds:
                expected.setdefault(one, set()).update(span)
    found = bursts.hasty(who, at, attempts=count, seconds=seconds)
    assert {one: set(places.tolist()) for one, places in found.items()} == expected


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([0, 3600, 7200, 10800], 1),
        ([0, 3600, 7201, 10800], 0),  # a step a second too late
        ([0, 3600, 7200], 0),  # four people
        ([3600, 0, 7200, 10800], 0),  # brought before they were brought
        ([0, 0, 0, 0, 0, 0], 1),
    ],
)
def test_a_chain_is_five_people_each_step_within_the_hour(steps: list[int], found: int) -> None:
    people = column(list(range(len(steps))))
    assert len(chains.chains(people, people + 1, column(steps), people=5, seconds=3600)) == found


def chained(pairs: Pairs, at: list[int], rings: list[list[int]] | None = None) -> list[list[int]]:
    who, whom = columns(pairs)
    found = chains.chains(who, whom, column(at), people=5, seconds=3600, rings=rings or [])
    return [[int(who[path[0]]), *whom[path].tolist()] for path in found]


def test_nobody_in_a_chain_invites_anybody_but_the_next_in_line() -> None:
    pairs, at = [(1, 2), (2, 3), (3, 4), (4, 5)], [0, 10, 20, 30]
    for aside in (1, 2, 3, 4):
        assert chained([*pairs, (aside, 9)], [*at, 40]) == [], aside
    assert chained([*pairs, (5, 9)], [*at, 40]) == [[1, 2, 3, 4, 5, 9]]  # going on makes it longer
    assert chained([*pairs, (5, 9)], [*at, 9_000]) == [[1, 2, 3, 4, 5]]  # too late to belong to it
    assert chained([*pairs, (5, 9), (5, 8)], [*at, 9_000, 9_000]) == []
    assert chained([(0, 1), *pairs], [5, *at]) == [[1, 2, 3, 4, 5]]


def test_what_goes_round_is_a_ring_and_no_chain() -> None:
    pairs = [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 1)]
    assert chained(pairs, [0, 10, 20, 30, 40, 50], [[1, 2, 3, 4, 5, 6]]) == []
    assert chained(pairs, [7] * 6) == []


def test_asking_the_same_person_again_is_no_other_invitee() -> None:
    who, whom = columns([(1, 2), (2, 3), (2, 3), (3, 4), (4, 5), (4, 4)])
    found = chains.chains(who, whom, column([0, 10, 9_000, 20, 30, 40]), people=5, seconds=3600)
    assert [path.tolist() for path in found] == [[0, 1, 3, 4]]


def test_nothing_is_found_in_nothing() -> None:
    nothing = column([])
    assert graph.rings(nothing, nothing) == []
    assert bursts.hasty(nothing, nothing, attempts=51, seconds=3600) == {}
    assert chains.chains(nothing, nothing, nothing, people=5, seconds=3600) == []
    assert bursts.most_within(nothing, 10) == (0, 0)
