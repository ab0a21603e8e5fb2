"""Chains: one brings one brings one, in haste, and nobody else. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LENGTH_MAX: Final = 10_000  # steps that are followed

Column = NDArray[np.int64]


def chains(
    referrers: Column, invitees: Column, invited: Column, *, people: int, seconds: int
) -> list[Column]:
    """The longest chains of at least `people`: for each the places of its edges, first step first.

    Nobody in a chain invited anybody outside of it, so that its last person invited nobody. Each step comes after the
    one before, at most `seconds` later. Of several attempts of one at another the earliest counts.
    """
    places = _only_invites(referrers, invitees, invited)
    if len(places) < people - 1:
        return []
    who, whom, at = referrers[places], invitees[places], invited[places]
    count = int(max(referrers.max(), invitees.max())) + 1
    step_of = np.full(count, -1, np.int64)
    step_of[who] = np.arange(len(places))
    following = step_of[whom]
    has_next = np.flatnonzero(following >= 0)
    wait = at[following[has_next]] - at[has_next]
    following[has_next[(wait < 0) | (wait > seconds)]] = -1
    invites = np.zeros(count, bool)
    invites[referrers[referrers != invitees]] = True
    return [places[path] for path in _paths(following, ~invites[whom], least=people - 1)]


def _only_invites(referrers: Column, invitees: Column, invited: Column) -> Column:
    """The place of the earliest attempt of everybody who invited one other and nobody else."""
    apart = np.flatnonzero(referrers != invitees)
    if not len(apart):
        return apart
    who, whom, at = referrers[apart], invitees[apart], invited[apart]
    count = int(who.max()) + 1
    anybody = np.zeros(count, np.int64)
    anybody[who] = whom
    many = np.zeros(count, bool)
    many[who[whom != anybody[who]]] = True
    kept = np.flatnonzero(~many[who])
    who, at, apart = who[kept], at[kept], apart[kept]
    earliest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(earliest, who, at)
    kept = np.flatnonzero(at == earliest[who])[::-1]
    place_of = np.full(count, -1, np.int64)
    place_of[who[kept]] = apart[kept]  # the last one written stands: of equals the first place
    return np.sort(place_of[place_of >= 0])


def _paths(following: Column, is_end: NDArray[np.bool_], *, least: int) -> list[Column]:
    """The longest walks along `following` that come to an end, of at least `least` edges."""
    length = is_end.astype(np.int64)
    steps = np.flatnonzero((following >= 0) & ~is_end)
    for _ in range(LENGTH_MAX):
        reached = length[following[steps]]
        known = reached > 0
        if not known.any():
            break
        length[steps[known]] = reached[known] + 1
        steps = steps[~known]
    goes_on = (length > 0) & (following >= 0) & ~is_end
    is_reached = np.zeros(len(following), bool)
    is_reached[following[goes_on]] = True
    found = []
    for head in np.flatnonzero((length >= least) & ~is_reached).tolist():
        path = [head]
        while not is_end[path[-1]]:
            path.append(int(following[path[-1]]))
        found.append(np.array(path, np.int64))
    return found
