"""What is counted of people that speaks for them: households, offices, old customers, clean orders, time between. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from waconsole.clock import SECOND
from waconsole.fraud.model import Counted
from waconsole.fraud.people import ADDRESS, DEVICE, PAYMENT, Case
from waconsole.fraud.signals import members, ordered, seconds
from waconsole.fraud.sweeping import invites
from waconsole.query.weigh import Exact

DAY_SECONDS: Final = 86_400
ORDERING_MIN: Final = 2  # of a household: one who orders for all shows no days apart


def household(case: Case) -> Counted:
    """On how many days they ordered, where all give one address and more than one ordered."""
    if not any(len(people) == len(case.people) for people in case.bearers(ADDRESS)):
        return Counted(0)
    if sum(bool(case.of(who).orders) for who in case.people) < ORDERING_MIN:
        return Counted(0)
    days = {one.at // DAY_SECONDS for who in case.people for one in case.of(who).orders}
    says = f"{len(case.people)} of one address who order apart"
    return Counted(len(days), 1, lambda: (says, members(case.people, "the same address")))


def office(case: Case, most: Exact) -> Counted:
    """The most of one address with handles and devices of their own, where at most so many give it."""
    alike_by = {who for what in (PAYMENT, DEVICE) for people in case.bearers(what) for who in people}
    own: list[int] = []
    for people in case.bearers(ADDRESS):
        if len(people) <= most:
            own = max(own, [who for who in people if who not in alike_by], key=len)
    says = f"{len(own)} of one address with handles and devices of their own"
    return Counted(len(own), len(case.people), lambda: (says, members(own, "own device")))


def old(case: Case, after: Exact) -> Counted:
    """Whose first order lies long ago and was kept."""
    span = seconds(after)
    firsts = [one.orders[0] for who in case.people if (one := case.of(who)).orders]
    rows = [one for one in firsts if case.now - one.at >= span and not one.is_returned]
    says = f"{len(rows)} have bought here for more than {span // DAY_SECONDS} days"
    return Counted(len(rows), 1, lambda: (says, [ordered(one) for one in rows]))


def clean(case: Case) -> Counted:
    """Who ordered, where nobody sent anything back."""
    buyers = [who for who in case.people if case.of(who).orders]
    if any(one.returned for who in buyers for one in case.of(who).orders):
        return Counted(0, len(case.people))
    says = f"{len(buyers)} ordered and sent nothing back"
    return Counted(
        len(buyers), len(case.people), lambda: (says, [ordered(case.of(who).orders[0]) for who in buyers])
    )


def spread(case: Case) -> Counted:
    """How long the middle half of the attempts took, in microseconds."""
    at = np.sort(case.edges.invited[case.places])
    if not len(at):
        return Counted(0)
    days = int(at[-1] - at[0]) // DAY_SECONDS
    middle = int(at[3 * len(at) // 4] - at[len(at) // 4])
    return Counted(
        middle * SECOND, 1, lambda: (f"the invites lie over {days} days", invites(case.edges, case.places))
    )
