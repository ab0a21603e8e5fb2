"""What is counted of people who may be in something together: what speaks for a suspicion. Pure.

Each function counts one field of a case (`fields_case` says what it means) and knows how to tell of it, with evidence;
from when on it counts, and how much, is for the rules of policy to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from waconsole.clock import SECOND
from waconsole.fraud import bursts, chains
from waconsole.fraud.model import NO_VALUE, Counted, Evidence
from waconsole.fraud.people import ADDRESS, DEVICE, PAYMENT, Case, Order, alike
from waconsole.fraud.rules import is_near
from waconsole.fraud.sweeping import invites
from waconsole.money import Money
from waconsole.query.weigh import Exact

ALONE_PEOPLE_MIN: Final = 2  # of a chain: one invite


def members(people: Iterable[int], says: str) -> list[Evidence]:
    """People as evidence."""
    return [Evidence("member", who, 0, says) for who in people]


def ordered(order: Order) -> Evidence:
    """An order as evidence, with what of it was sent back."""
    back = f", {Money(order.returned, order.currency)} of it sent back" if order.returned else ""
    return Evidence(
        "order", order.id, order.at * SECOND, f"ordered {Money(order.minor, order.currency)}{back}"
    )


def seconds(span: Exact) -> int:
    """A span of the query language in whole seconds."""
    return int(span // SECOND)


def shared(what: str) -> Callable[[Case], Counted]:
    """Who shares something of this sort with another of them."""
    article = "an" if what == ADDRESS else "a"

    def counted(case: Case) -> Counted:
        people = sorted({who for bearers in case.bearers(what) for who in bearers})
        return Counted(
            len(people),
            len(case.people),
            lambda: (f"{len(people)} share {article} {what}", members(people, f"the same {what}")),
        )

    return counted


def sharing(case: Case) -> Counted:
    """The most who share one thing; one where nobody shares, and somebody bears something."""
    groups = [people for what in (ADDRESS, PAYMENT, DEVICE) for people in case.bearers(what)]
    most = max(groups, key=len, default=[])
    if not most:
        return Counted(int(any(case.of(who).shared for who in case.people)))
    return Counted(len(most), 1, lambda: (f"{len(most)} bear the same", members(most, "bears the same")))


def burst(case: Case, within: Exact) -> Counted:
    """The most attempts of one of them within a span."""
    most, first, span = 0, 0, seconds(within)
    best = case.places[:0]
    for who in case.referrers:
        places = case.places[case.edges.referrers[case.places] == who]
        places = places[np.argsort(case.edges.invited[places], kind="stable")]
        count, begins = bursts.most_within(case.edges.invited[places], span)
        if count > most:
            most, first, best = count, begins, places
    return Counted(
        most,
        1,
        lambda: (f"{most} attempts within {span // 60} min", invites(case.edges, best[first : first + most])),
    )


def fast(case: Case, within: Exact) -> Counted:
    """Who ordered soon after they came."""
    span, orders = seconds(within), []
    for who, at in case.first_arrivals.items():
        order = next((one for one in case.of(who).orders if one.at >= at), None)
        if order is not None and order.at - at < span:
            orders.append(order)
    return Counted(
        len(orders),
        len(case.invitees),
        lambda: (f"{len(orders)} ordered within {span // 60} min", [ordered(one) for one in orders]),
    )


def silent(case: Case, after: Exact) -> Counted:
    """Who never wrote, here or elsewhere, though they came long ago; no value where no threads are kept."""
    if not case.has_threads:
        return NO_VALUE
    span = seconds(after)
    people = [
        who
        for who, at in case.first_arrivals.items()
        if case.now - at >= span and not ((one := case.of(who)).wrote_at or one.heard_at)
    ]
    return Counted(
        len(people),
        len(case.invitees),
        lambda: (
            f"{len(people)} of {len(case.invitees)} invitees never wrote",
            members(people, "never wrote"),
        ),
    )


def same_words(case: Case) -> Counted:
    """Who began with the words that most of them began with."""
    texts = {who: alike(case.of(who).words) for who in case.invitees}
    common = Counter(text for text in texts.values() if text).most_common(1)
    if not common:
        return Counted(0, len(case.invitees))
    people = [who for who, text in texts.items() if text == common[0][0]]
    return Counted(
        len(people),
        len(case.invitees),
        lambda: (
            f"{len(people)} began with the same words",
            [_wrote(case, who, "the same first words") for who in people],
        ),
    )


def _wrote(case: Case, who: int, says: str) -> Evidence:
    return Evidence("message", case.of(who).message, case.of(who).wrote_at * SECOND, says)


def woken(case: Case, after: Exact, within: Exact) -> Counted:
    """Who was silent for long and wrote again together with others."""
    quiet = seconds(after)
    woke = sorted(
        (one.wrote_at, who)
        for who in case.invitees
        if (one := case.of(who)).wrote_at and one.quiet_since and one.wrote_at - one.quiet_since >= quiet
    )
    times = np.array([at for at, _ in woke], np.int64)
    count, first = bursts.most_within(times, seconds(within))
    return Counted(
        count,
        len(case.invitees),
        lambda: (
            f"{count} who were silent for long wrote again together",
            [_wrote(case, who, "wrote again") for _, who in woke[first : first + count]],
        ),
    )


def codes(case: Case) -> Counted:
    """Messages in groups that show a referrer's code; no value where no threads are kept."""
    if not case.has_threads:
        return NO_VALUE
    rows = [
        Evidence("message", row, at, "a code in a group")
        for who in case.referrers
        for row, at in case.codes(who)
    ]
    return Counted(len(rows), 1, lambda: (f"{len(rows)} messages in groups show a code", rows))


def refunded(case: Case) -> Counted:
    """Who sent all of an order back."""
    back = {
        who: rows
        for who in case.invitees
        if (rows := [one for one in case.of(who).orders if one.is_returned])
    }
    return Counted(
        len(back),
        len(case.invitees),
        lambda: (
            f"{len(back)} of {len(case.invitees)} invitees sent all of an order back",
            [ordered(one) for rows in back.values() for one in rows],
        ),
    )


def _singles(case: Case, within: Exact) -> list[Order]:
    """The one order of everybody who ordered once, near to the minimum of a programme they were invited under."""
    programmes = np.unique(case.edges.programmes[case.places]).tolist()
    found = []
    for who in case.invitees:
        orders = case.of(who).orders
        if len(orders) == 1 and any(
            is_near(
                orders[0].minor,
                orders[0].currency,
                case.minimums.at(programme, orders[0].at),
                percent=within,
            )
            for programme in programmes
        ):
            found.append(orders[0])
    return found


def _of_orders(case: Case, orders: list[Order], says: str) -> Counted:
    return Counted(
        len(orders),
        len(case.invitees),
        lambda: (
            f"{len(orders)} of {len(case.invitees)} invitees {says}",
            [ordered(one) for one in orders],
        ),
    )


def near_minimum(case: Case, within: Exact) -> Counted:
    """Who ordered once, just at the minimum."""
    orders = _singles(case, within)
    return _of_orders(case, orders, "ordered once, just at the minimum")


def mules(case: Case, within: Exact) -> Counted:
    """Who ordered once, just at the minimum, and sent all of it back."""
    orders = [one for one in _singles(case, within) if one.is_returned]
    return _of_orders(case, orders, "ordered once, at the minimum, and sent all of it back")


def ring(case: Case) -> Counted:
    """The largest ring that any of them stands in."""
    largest = max((case.ring_of.get(who, ()) for who in case.people), key=len, default=())
    inside = [who for who in case.people if who in set(largest)]
    return Counted(len(largest), 1, lambda: (f"in a ring of {len(largest)}", members(inside, "in the ring")))


def chain(case: Case, within: Exact) -> Counted:
    """The longest chain among their invites."""
    edges, places = case.edges, case.places
    people, ids = np.unique(
        np.concatenate([edges.referrers[places], edges.invitees[places]]), return_inverse=True
    )
    if len(people) < ALONE_PEOPLE_MIN:
        return Counted(0)
    found = chains.chains(
        ids[: len(places)],
        ids[len(places) :],
        edges.invited[places],
        people=ALONE_PEOPLE_MIN,
        seconds=seconds(within),
    )
    longest = max(found, key=len, default=places[:0])
    if not len(longest):
        return Counted(0)
    return Counted(
        len(longest) + 1,
        1,
        lambda: (f"a chain of {len(longest) + 1}", invites(edges, places[longest])),
    )


def selves(case: Case) -> Counted:
    """Invites of somebody to themselves."""
    own = case.places[case.edges.referrers[case.places] == case.edges.invitees[case.places]]
    return Counted(len(own), 1, lambda: (f"{len(own)} invites to oneself", invites(case.edges, own)))


def ordered_before(case: Case) -> Counted:
    """Invitees who had ordered before the first of these invites to them."""
    first: dict[int, int] = {}
    edges, places = case.edges, case.places
    for who, at in zip(edges.invitees[places].tolist(), edges.invited[places].tolist(), strict=True):
        first[who] = min(first.get(who, at), at)
    orders = [
        one.orders[0] for who, at in first.items() if (one := case.of(who)).orders and one.orders[0].at < at
    ]
    return Counted(
        len(orders), 1, lambda: (f"{len(orders)} had ordered before", [ordered(one) for one in orders])
    )
