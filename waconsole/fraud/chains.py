"""Chains: one brings one brings one, in haste, and nobody else. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

LENGTH_MAX: Final = 10_000  # steps that are followed

Column = NDArray[np.int64]


def chains(
    referrers: Column,
    invitees: Column,
    invited: Column,
    *,
    people: int,
    seconds: int,
    rings: Sequence[Sequence[int]] = (),
) -> list[Column]:
    """The longest chains of at least `people`: for each the places of its edges, first step first.

    Nobody in a chain invited anybody but the next in line, or, at its end, one more, too late to belong to it. Each
    step comes after the one before, at most `seconds` later. Of several attempts of one at another the earliest counts.
    Whoever is in one of the `rings` is there already.
    """
    if not len(referrers):
        return []
    count = int(max(referrers.max(), invitees.max())) + 1
    left_out = np.zeros(count, bool)
    for part in rings:
        left_out[np.asarray(part)] = True
    places = _only_invites(referrers, invitees, invited, left_out)
    if len(places) < people - 1:
        return []
    who, whom, at = referrers[places], invitees[places], invited[places]
    step_of = np.full(count, -1, np.int64)
    step_of[who] = np.arange(len(places))
    following = step_of[whom]
    has_next = np.flatnonzero(following >= 0)
    wait = at[following[has_next]] - at[has_next]
    following[has_next[(wait < 0) | (wait > seconds)]] = -1
    return [places[path] for path in _paths(following, least=people - 1)]


def _only_invites(
    referrers: Column, invitees: Column, invited: Column, left_out: NDArray[np.bool_]
) -> Column:
    """The place of the earliest attempt of everybody who invited one other, who in turn invited one at most.

    `left_out` says of each person whether they are passed over; whoever invited more is, too.
    """
    apart = np.flatnonzero(referrers != invitees)
    who, whom, at = referrers[apart], invitees[apart], invited[apart]
    count = len(left_out)
    anybody = np.zeros(count, np.int64)
    anybody[who] = whom
    passed = left_out.copy()
    passed[who[whom != anybody[who]]] = True
    kept = np.flatnonzero(~(passed[who] | passed[whom]))
    who, at, apart = who[kept], at[kept], apart[kept]
    earliest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(earliest, who, at)
    kept = np.flatnonzero(at == earliest[who])[::-1]
    place_of = np.full(count, -1, np.int64)
    place_of[who[kept]] = apart[kept]  # the last one written stands: of equals the first place
    return np.sort(place_of[place_of >= 0])


def _paths(following: Column, *, least: int) -> list[Column]:
    """The longest walks along `following` (-1: it ends here), of at least `least` edges; what goes round has no end."""
    length = (following < 0).astype(np.int64)
    steps = np.flatnonzero(following >= 0)
    for _ in range(LENGTH_MAX):
        reached = length[following[steps]]
        known = reached > 0
        if not known.any():
            break
        length[steps[known]] = reached[known] + 1
        steps = steps[~known]
    is_reached = np.zeros(len(following), bool)
    is_reached[following[following >= 0]] = True
    found = []
    for head in np.flatnonzero((length >= least) & ~is_reached).tolist():
        path = [head]
        while following[path[-1]] >= 0:
            path.append(int(following[path[-1]]))
        found.append(np.array(path, np.int64))
    return found
