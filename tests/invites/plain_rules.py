"""What invites earn, written a second time from the rules' own words, without looking at how the house does it.

What each referrer has for each friend in the end is all it answers. Days are whole numbers, amounts cents.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class World:
    """All the facts, in any order: (referrer, invitee, day), (invitee, day, amount), (order's place, day, amount)."""

    invites: list[tuple[int, int, int]] = field(default_factory=list)
    orders: list[tuple[int, int, int]] = field(default_factory=list)
    refunds: list[tuple[int, int, int]] = field(default_factory=list)
    voids: set[int] = field(default_factory=set)  # places of invites the desk voided


def first_order(world: World, invitee: int, since: int) -> int | None:
    """The place of the earliest order at or after a day."""
    later = [place for place, (who, day, _) in enumerate(world.orders) if who == invitee and day >= since]
    return min(later, key=lambda place: (world.orders[place][1], f"{place:03}"), default=None)


def counted(world: World, today: int, *, minimum: int, window: int, last: bool) -> list[tuple[int, int, int]]:
    """(day of the order, its place, referrer) of everybody who counts, whoever has a place."""
    found = []
    for invitee in {one[1] for one in world.invites}:
        real = [
            (day, place)
            for place, (referrer, who, day) in enumerate(world.invites)
            if who == invitee and referrer != invitee and day <= today
        ]
        if not real:
            continue
        invited, place = min(real)
        order = first_order(world, invitee, invited)
        if order is None:
            continue
        _, bought, amount = world.orders[order]
        if last:
            invited, place = max(one for one in real if one[0] <= bought)
        gone = sum(minor for of, day, minor in world.refunds if of == order and day <= today)
        counts = bought <= today and bought - invited <= window and place not in world.voids
        if counts and amount >= minimum and amount - gone >= minimum:
            found.append((bought, order, world.invites[place][0]))
    return sorted(found, key=lambda one: (one[0], f"{one[1]:03}"))


def money(
    world: World,
    today: int,
    *,
    minimum: int,
    window: int,
    returns: int,
    cap: int,
    each: int,
    rungs: dict[int, int],
    last: bool = False,
) -> dict[tuple[int, int], int]:
    """What every referrer was given for every friend by today, when nothing is under review."""
    has: dict[tuple[int, int], int] = {}
    took: dict[int, int] = {}
    for bought, order, referrer in counted(world, today, minimum=minimum, window=window, last=last):
        number = took[referrer] = took.get(referrer, 0) + 1
        if number <= cap and today - bought >= returns:
            has[referrer, world.orders[order][0]] = each + rungs.get(number, 0)
    return has
